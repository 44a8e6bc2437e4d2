//! The people behind a claim: a supplier's file becomes tokens, which are compared with those of every other claim.

use std::collections::HashMap;

use commonweal_domain::amount::{Quantity, Share};
use commonweal_domain::catalogue::{Catalogue, Measure};
use commonweal_domain::contract::beneficiary::{
    Beneficiaries, BeneficiaryError, BeneficiaryFile, PersonDays, check_fit, check_rows,
    commit_people,
};
use commonweal_domain::contract::person::{Counts, Stake, clash};
use commonweal_domain::contract::{Claim, Counted};
use commonweal_domain::ids::{CatalogueId, ClaimId, Id, OrganisationId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Period;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::App;
use crate::error::AppError;
use crate::store::beneficiary;
use crate::store::claim_rules::{exclusion, shared_key};
use crate::store::{Tx, catalogue, claim, organisation};

/// The people behind a claim, by their tokens.
pub(crate) struct Named {
    /// What the log holds.
    pub(crate) public: Beneficiaries,
    stakes: Vec<Stake>,
    salt: [u8; 32],
}

/// What a claim says of itself that its people must fit.
pub(crate) struct Fit<'a> {
    pub(crate) measure: &'a Measure,
    pub(crate) outcome: &'a str,
    pub(crate) period: Period,
    pub(crate) quantity: &'a Quantity,
    pub(crate) share: Share,
    pub(crate) counted: Option<&'a Counted>,
}

impl App {
    /// Reads a supplier's file and makes tokens of its people.
    pub(crate) fn named(&self, text: &str, fit: &Fit<'_>) -> Result<Named, AppError> {
        let key = self.beneficiary_key()?;
        let file: BeneficiaryFile =
            serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        if file.scheme != key.scheme() {
            let expected = key.scheme();
            return Err(BeneficiaryError::Scheme { expected }.into());
        }
        let people = check_rows(fit.measure, fit.period, &file.people)?;
        let counted = fit.counted.map_or(0, |counted| counted.people);
        check_fit(fit.measure, &file.people, counted, fit.quantity, fit.share)?;
        let one_kind = fit.measure.counting.one_kind.is_some();
        let stake = |row: &PersonDays| {
            let person = key.token(row.person)?;
            let kind = row.kind.as_deref().unwrap_or(fit.outcome);
            Ok(Stake {
                person,
                period: row.period,
                started: row.started,
                kind: one_kind.then(|| key.kind(person, kind)).transpose()?,
            })
        };
        let stakes: Vec<Stake> = file
            .people
            .iter()
            .map(stake)
            .collect::<Result<_, AppError>>()?;
        let salt = self.ids.rng().bytes();
        let rows: Vec<PersonDays> = stakes.iter().map(row).collect();
        let root = commit_people(&rows, salt).map_err(AppError::internal)?;
        Ok(Named {
            public: Beneficiaries { people, root },
            stakes,
            salt,
        })
    }
}

/// A row as the root commits to it: with tokens in the place of hashes, and of the kind what stands for it.
fn row(stake: &Stake) -> PersonDays {
    PersonDays {
        person: stake.person,
        period: stake.period,
        started: stake.started,
        kind: stake.kind.map(|kind| kind.to_string()),
    }
}

fn unreadable(error: &serde_json::Error) -> AppError {
    AppError::refused_at(
        "BENEFICIARIES",
        "beneficiaries",
        format!(
            "`beneficiaries` is not a file of `commonweal tokens`: {error}: submit the text that the command prints, unchanged"
        ),
    )
}

impl From<BeneficiaryError> for AppError {
    fn from(error: BeneficiaryError) -> Self {
        let path = match &error {
            BeneficiaryError::More { .. } => "quantity",
            _ => "beneficiaries",
        };
        Self::refused_at("BENEFICIARIES", path, error)
    }
}

impl Named {
    /// Keeps them beside the claim.
    pub(crate) async fn keep(&self, tx: &Tx, claim: ClaimId) -> Result<(), AppError> {
        beneficiary::insert(tx, claim, &self.stakes, self.salt).await
    }

    /// The earliest claim that counts one of them in a way that excludes this claim, unless an exclusion parts the two.
    pub(crate) async fn counted_by(
        &self,
        tx: &Tx,
        own: &Claim,
        group: OrganisationId,
    ) -> Result<Option<ClaimId>, AppError> {
        let people = self.stakes.iter().map(|stake| stake.person);
        let rows = beneficiary::rows_of(tx, own.id, people).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut stakes: HashMap<Uuid, Vec<Stake>> = HashMap::new();
        for row in &rows {
            let stakes = stakes.entry(row.claim_id).or_default();
            stakes.push(beneficiary::stake_of(row)?);
        }
        let mut mine: HashMap<Hash, Vec<&Stake>> = HashMap::new();
        for stake in &self.stakes {
            mine.entry(stake.person).or_default().push(stake);
        }
        let excluded = Query::select()
            .column(exclusion::Column::EarlierId)
            .from(exclusion::Entity)
            .and_where(exclusion::Column::ClaimantId.eq(own.claimant.uuid()))
            .to_owned();
        let claims = claim::Entity::find()
            .filter(claim::Column::Id.is_in(stakes.keys().copied()))
            .filter(claim::Column::Id.not_in_subquery(excluded))
            .order_by_asc(claim::Column::EntryIdx)
            .all(tx)
            .await?;
        let world = World::load(tx, own, group, &claims).await?;
        let own = world.counts(own, group)?;
        for row in &claims {
            let group = world.group(row.claimant_id)?;
            let theirs = world.counts(&claim::claim_of(row, &[])?, group)?;
            let mut found = stakes.get(&row.id).into_iter().flatten().flat_map(|stake| {
                let mine = mine.get(&stake.person).into_iter().flatten();
                mine.map(move |mine| (*mine, stake))
            });
            if found.any(|(mine, stake)| clash((&own, mine), (&theirs, stake)).is_some()) {
                return Ok(Some(ClaimId::from_uuid(row.id)));
            }
        }
        Ok(None)
    }
}

/// The catalogues and groups of some claims.
struct World {
    catalogues: HashMap<CatalogueId, Catalogue>,
    groups: HashMap<Uuid, OrganisationId>,
}

impl World {
    async fn load(
        tx: &Tx,
        own: &Claim,
        group: OrganisationId,
        others: &[claim::Model],
    ) -> Result<Self, AppError> {
        let catalogues = others.iter().map(|row| row.catalogue_id);
        let catalogues = catalogues.chain([own.measure.catalogue.uuid()]);
        let catalogues = catalogue::Entity::find()
            .filter(catalogue::Column::Id.is_in(catalogues))
            .all(tx)
            .await?;
        let claimants = others.iter().map(|row| row.claimant_id);
        let claimants = organisation::Entity::find()
            .filter(organisation::Column::Id.is_in(claimants))
            .all(tx)
            .await?;
        let read = |row: catalogue::Model| {
            let body = serde_json::from_slice(&row.body).map_err(AppError::internal)?;
            Ok((CatalogueId::from_uuid(row.id), body))
        };
        let groups = claimants
            .into_iter()
            .map(|row| (row.id, OrganisationId::from_uuid(row.group_id)));
        Ok(Self {
            catalogues: catalogues
                .into_iter()
                .map(read)
                .collect::<Result<_, AppError>>()?,
            groups: groups.chain([(own.claimant.uuid(), group)]).collect(),
        })
    }

    fn group(&self, claimant: Uuid) -> Result<OrganisationId, AppError> {
        let found = self.groups.get(&claimant).copied();
        found.ok_or_else(|| AppError::internal("a claim without its claimant"))
    }

    fn counts(&self, claim: &Claim, group: OrganisationId) -> Result<Counts, AppError> {
        let gone = || AppError::internal("a claim without its measure");
        let catalogue = self
            .catalogues
            .get(&claim.measure.catalogue)
            .ok_or_else(gone)?;
        let measure = catalogue.measure(&claim.measure.code).ok_or_else(gone)?;
        Ok(Counts {
            catalogue: catalogue.code.clone(),
            measure: measure.code.clone(),
            rules: measure.counting.clone(),
            outcome: catalogue.outcome_of(measure),
            group,
            share_of: shared_key(claim),
        })
    }
}
