//! The award by two officers: one proposes the bid at rank 1, another approves, and the marks are released.

use commonweal_domain::actor::{Action, Actor, Facts, Role};
use commonweal_domain::ids::{BidId, Id, OrganisationId, PersonId, SealedId, TenderId};
use commonweal_domain::log::commitment::Opening;
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::scoring::ranking::Ranking;
use commonweal_domain::tender::entries::{AwardDecided, AwardProposed, MarkReleased};
use commonweal_domain::tender::stage::Step;
use commonweal_domain::tender::{Award, BidContent};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::column;
use crate::ranking::{sealed_content, standing_ranking};
use crate::store::bid;
use crate::store::evaluation::{award, mark};
use crate::store::organisation::role_grant;
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// The bid at rank 1 of the standing ranking, with the ranking's index.
async fn winner(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<(u64, BidId), AppError> {
    let Some((index, ranking)) = standing_ranking(connection, tender).await? else {
        return Err(AppError::refused("NO_RANKING", "compute the ranking first"));
    };
    let message = match &ranking {
        Ranking::Ranked(places) => match places.first() {
            Some(place) => return Ok((index, place.bid)),
            None => "no bid takes part: there is nothing to award, cancel the tender",
        },
        _ => {
            "the ranking is withheld because a rule has no value for a bid: exclude it or cancel the tender"
        }
    };
    Err(AppError::refused("NO_WINNER", message))
}

struct Propose {
    actor: Actor,
    tender: TenderId,
}

impl Command for Propose {
    const NAME: &'static str = "propose_award";
    type Out = BidId;

    async fn run(&self, tx: &mut Tx) -> Result<BidId, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::ProposeAward, &tender.facts()).await?;
        let stage = tender.after(Step::ProposeAward)?;
        let (ranking, bid) = winner(tx, &tender).await?;
        let row = bid::Entity::find_by_id(bid.uuid()).one(tx).await?;
        let row = row.ok_or_else(|| AppError::internal("a ranking of a bid that is not there"))?;
        let proposed_by = permit.actor.id;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.tender.to_string(),
            inputs_upto: None,
            body: AwardProposed {
                tender: self.tender,
                bid,
                ranking,
            }
            .into(),
        })?;
        award::Entity::insert(award::ActiveModel {
            tender_id: Set(self.tender.uuid()),
            bid_id: Set(bid.uuid()),
            supplier_id: Set(row.supplier_id),
            proposed_by: Set(proposed_by.uuid()),
            proposed_idx: Set(column(index)?),
            ..Default::default()
        })
        .exec_without_returning(tx)
        .await?;
        tender.store(tx, stage, |_| {}).await?;
        Ok(bid)
    }
}

struct Approve {
    actor: Actor,
    tender: TenderId,
}

impl Command for Approve {
    const NAME: &'static str = "approve_award";
    type Out = BidId;

    async fn run(&self, tx: &mut Tx) -> Result<BidId, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let proposal = award::Entity::find_by_id(tender.row.id).one(tx).await?;
        let first = proposal
            .as_ref()
            .map(|row| PersonId::from_uuid(row.proposed_by));
        let facts = Facts {
            earlier: first.as_slice(),
            ..tender.facts()
        };
        let permit = authorize(tx, &self.actor, Action::ApproveAward, &facts).await?;
        let stage = tender.after(Step::DecideAward)?;
        let proposal =
            proposal.ok_or_else(|| AppError::internal("a stage without its proposal"))?;
        let (ranking, bid) = winner(tx, &tender).await?;
        let approver = permit.actor;
        let index = tx.append(Draft {
            actors: vec![proposer(tx, &tender, &proposal).await?, approver.clone()],
            subject: self.tender.to_string(),
            inputs_upto: None,
            body: AwardDecided {
                tender: self.tender,
                bid,
                supplier: OrganisationId::from_uuid(proposal.supplier_id),
                ranking,
                proposal: u64::try_from(proposal.proposed_idx).map_err(AppError::internal)?,
            }
            .into(),
        })?;
        award::ActiveModel {
            tender_id: Set(tender.row.id),
            approved_by: Set(Some(approver.id.uuid())),
            decided_at: Set(Some(tx.at().micros())),
            decided_idx: Set(Some(column(index)?)),
            ..Default::default()
        }
        .update(tx)
        .await?;
        self.release_marks(tx, &approver).await?;
        tender.store(tx, stage, |_| {}).await?;
        Ok(bid)
    }
}

/// The proposer as an actor of the decision, who must still hold the role.
async fn proposer(
    tx: &Tx,
    tender: &LoadedTender,
    proposal: &award::Model,
) -> Result<EntryActor, AppError> {
    let key = (
        proposal.proposed_by,
        tender.row.buyer_id,
        Role::Officer.as_str().to_owned(),
    );
    if role_grant::Entity::find_by_id(key).one(tx).await?.is_none() {
        let message = "the officer who proposed the award no longer holds the role: cancel the tender or grant it again";
        return Err(AppError::refused("PROPOSER_GONE", message));
    }
    Ok(EntryActor {
        role: Role::Officer,
        id: PersonId::from_uuid(proposal.proposed_by),
        organisation: tender.buyer,
    })
}

impl Approve {
    /// Shows every mark that was sealed, all but its reason.
    async fn release_marks(&self, tx: &mut Tx, approver: &EntryActor) -> Result<(), AppError> {
        let marks = mark::Entity::find()
            .filter(mark::Column::TenderId.eq(self.tender.uuid()))
            .filter(mark::Column::ReleasedIdx.is_null())
            .order_by_asc(mark::Column::SealedIdx)
            .all(tx)
            .await?;
        for row in marks {
            let (Some(sealed), Some(opening)) = (row.sealed_id, &row.opening) else {
                continue;
            };
            let opening: Opening = serde_json::from_slice(opening).map_err(AppError::internal)?;
            let index = tx.append(Draft {
                actors: vec![approver.clone()],
                subject: self.tender.to_string(),
                inputs_upto: None,
                body: MarkReleased {
                    tender: self.tender,
                    sealed: SealedId::from_uuid(sealed),
                    opening,
                }
                .into(),
            })?;
            mark::ActiveModel {
                bid_id: Set(row.bid_id),
                criterion: Set(row.criterion),
                evaluator_id: Set(row.evaluator_id),
                released_idx: Set(Some(column(index)?)),
                ..Default::default()
            }
            .update(tx)
            .await?;
        }
        Ok(())
    }
}

/// The award of a tender as a contract takes it over, once it is decided.
pub(crate) async fn load_award(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<Option<Award>, AppError> {
    let found = award::Entity::find_by_id(tender.row.id)
        .one(connection)
        .await?;
    let decided = found.and_then(|row| Some((row.approved_by?, row.decided_idx?, row)));
    let Some((approved_by, index, row)) = decided else {
        return Ok(None);
    };
    let bid = bid::Entity::find_by_id(row.bid_id).one(connection).await?;
    let bid = bid.ok_or_else(|| AppError::internal("an award of a bid that is not there"))?;
    let content = BidContent::unseal(&sealed_content(&bid)?)
        .map_err(AppError::internal)?
        .2;
    let disclosure = &tender.plan.disclosure;
    let shown = |field| disclosure.in_log(field);
    Ok(Some(Award {
        tender: tender.id,
        buyer: tender.buyer,
        supplier: OrganisationId::from_uuid(row.supplier_id),
        bid: BidId::from_uuid(row.bid_id),
        price: Some(content.price).filter(|_| shown(commonweal_domain::tender::BidField::Price)),
        commitments: content.commitments,
        surplus_tradable: tender.plan.surplus_tradable,
        decided_by: [row.proposed_by, approved_by]
            .map(PersonId::from_uuid)
            .to_vec(),
        index: u64::try_from(index).map_err(AppError::internal)?,
    }))
}

impl App {
    /// Proposes to award the bid at rank 1. Answers which.
    pub async fn propose_award(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<BidId>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Propose { actor, tender }).await
    }

    /// Approves a proposed award, as another officer, and releases the marks. Answers which bid won.
    pub async fn approve_award(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<BidId>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Approve { actor, tender }).await
    }
}
