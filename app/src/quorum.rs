//! The use-case of quorums: a registrar publishes what verification asks; and the draws that follow from it.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::amount::{Quantity, Share};
use commonweal_domain::catalogue::{Measure, MeasureRef};
use commonweal_domain::contract::entries::QuorumPublished;
use commonweal_domain::contract::quorum::draw::seed;
use commonweal_domain::contract::quorum::links::Links;
use commonweal_domain::contract::quorum::{
    FeePayer, InvalidQuorum, LowValue, MAX_LOW_VALUES, Quorum,
};
use commonweal_domain::ids::{CatalogueId, ClaimId, Id, OrganisationId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::tile::encode_hashes;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::organisation::column;
use crate::store::quorum::{self, claim_draw, published};
use crate::store::{Command, Tx, Written, claim, columns};

/// Input of [`App::publish_quorum`].
#[derive(Debug, Clone)]
pub struct PublishQuorum {
    /// How many verifiers judge a claim.
    pub verifiers: u8,
    /// From how many sectors they come at least.
    pub sectors: u8,
    /// How far apart what they accept may lie, as a part of what was claimed.
    pub tolerance: Share,
    /// How many days a verifier has.
    pub days: u16,
    /// Who pays.
    pub fee: FeePayer,
    /// Measures with the decimal text below which a buyer confirms alone.
    pub low_values: Vec<(MeasureRef, String)>,
    /// Which part of the claims that a buyer confirms is drawn for verification all the same.
    pub audit_share: Share,
}

struct Publish {
    actor: Actor,
    quorum: Quorum,
    links: Links,
}

impl Command for Publish {
    const NAME: &'static str = "publish_quorum";
    type Out = u32;

    async fn run(&self, tx: &mut Tx) -> Result<u32, AppError> {
        let permit = authorize(tx, &self.actor, Action::PublishQuorum, &Facts::default()).await?;
        let number = quorum::next_number(tx).await?;
        let registry = permit.actor.organisation;
        let commitment = self.links.commitment();
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: format!("quorum {number}"),
            inputs_upto: None,
            body: QuorumPublished {
                number,
                quorum: self.quorum.clone(),
                commitment,
            }
            .into(),
        })?;
        published::Entity::insert(published::ActiveModel {
            number: Set(i64::from(number)),
            terms: Set(serde_json::to_vec(&self.quorum).map_err(AppError::internal)?),
            organisation_id: Set(registry.uuid()),
            commitment: Set(commitment.as_bytes().to_vec()),
            secret: Set(self.links.secret().as_bytes().to_vec()),
            subtrees: Set(encode_hashes(self.links.subtrees())),
            at: Set(tx.at().micros()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(number)
    }
}

/// What the draws for a claim need. It never changes once the claim is submitted, so it is read before the transaction.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) number: u32,
    pub(crate) quorum: Quorum,
    pub(crate) registry: OrganisationId,
    /// Log index of the claim.
    pub(crate) submitted: u64,
    pub(crate) position: u64,
    pub(crate) link: Hash,
    pub(crate) seed: Hash,
    links: Links,
}

impl Prepared {
    /// What proves the link: a thousand hashes, made for an entry that is to stand.
    pub(crate) fn path(&self) -> Result<Vec<Hash>, AppError> {
        Ok(self.links.path(self.position)?)
    }
}

impl App {
    /// Publishes what verification asks of the claims that are submitted from now on, and answers its number.
    pub async fn publish_quorum(
        &self,
        actor: &Actor,
        input: PublishQuorum,
    ) -> Result<Written<u32>, AppError> {
        // Links are made for a registrar and for nobody else; the command decides once more.
        let facts = Facts::default();
        authorize(self.store.read(), actor, Action::PublishQuorum, &facts).await?;
        if input.low_values.len() > MAX_LOW_VALUES {
            return Err(InvalidQuorum::LowValues(input.low_values.len()).into());
        }
        let measures = self.measures(&input.low_values).await?;
        let mut low_value = Vec::with_capacity(input.low_values.len());
        for (at, ((reference, text), measure)) in input.low_values.iter().zip(&measures).enumerate()
        {
            let measure = measure.as_ref().ok_or(InvalidQuorum::LowValue(at))?;
            let below = Quantity::parse(text, measure.scale, measure.unit.clone());
            low_value.push(LowValue {
                measure: reference.clone(),
                below: below.map_err(|error| {
                    AppError::refused_at("QUANTITY", format!("lowValues.{at}.below"), error)
                })?,
            });
        }
        let quorum = Quorum {
            verifiers: input.verifiers,
            sectors: input.sectors,
            tolerance: input.tolerance,
            days: input.days,
            fee: input.fee,
            low_value,
            audit_share: input.audit_share,
        };
        let named = quorum.low_value.iter().map(|low| &low.measure);
        let named: Vec<_> = named.zip(measures.iter().flatten()).collect();
        quorum.check(|wanted| {
            let found = named.iter().find(|(reference, _)| *reference == wanted);
            found.map(|(_, measure)| *measure)
        })?;
        let secret = Hash(self.ids.rng().bytes());
        let links = tokio::task::spawn_blocking(move || Links::new(secret)).await;
        let command = Publish {
            actor: actor.clone(),
            quorum,
            links: links.map_err(AppError::internal)?,
        };
        self.store.write(None, command).await
    }

    /// The measures of some references, in their order, with one statement for all catalogues.
    async fn measures(
        &self,
        named: &[(MeasureRef, String)],
    ) -> Result<Vec<Option<Measure>>, AppError> {
        let mut ids: Vec<CatalogueId> = named.iter().map(|(named, _)| named.catalogue).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = self.read().catalogues_by_id(&ids).await?;
        let measure = |named: &MeasureRef| {
            let view = found.get(&named.catalogue)?;
            view.catalogue.measure(&named.code).cloned()
        };
        Ok(named.iter().map(|(named, _)| measure(named)).collect())
    }

    /// What the draws for a claim need; none where no quorum binds it.
    pub(crate) async fn prepared(&self, id: ClaimId) -> Result<Option<Prepared>, AppError> {
        let db = self.store.read();
        let row = claim::Entity::find_by_id(id.uuid()).one(db).await?;
        let row = row.ok_or_else(unknown_claim)?;
        let Some(bound) = quorum::in_force(db, row.entry_idx).await? else {
            return Ok(None);
        };
        let links = quorum::links(&bound)?;
        let known = claim_draw::Entity::find_by_id(id.uuid()).one(db).await?;
        let (position, link, seed) = if let Some(known) = known {
            (
                columns::index(known.position)?,
                columns::hash(&known.link)?,
                columns::hash(&known.seed)?,
            )
        } else {
            let position = claim::Entity::find()
                .filter(claim::Column::EntryIdx.gt(bound.entry_idx))
                .filter(claim::Column::EntryIdx.lte(row.entry_idx))
                .count(db)
                .await?;
            let recorded = claim::load(db, id).await?.ok_or_else(unknown_claim)?;
            let link = links.link(position)?;
            (position, link, seed(link, &recorded.claim.evidence))
        };
        Ok(Some(Prepared {
            number: u32::try_from(bound.number).map_err(AppError::internal)?,
            quorum: quorum::terms(&bound)?,
            registry: OrganisationId::from_uuid(bound.organisation_id),
            submitted: columns::index(row.entry_idx)?,
            position,
            link,
            seed,
            links,
        }))
    }
}
