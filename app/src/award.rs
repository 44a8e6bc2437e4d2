//! The award by two officers: one proposes for each lot the bid to which it was allocated, another approves, and the marks
//! are released.

use commonweal_domain::actor::{Action, Actor, Role};
use commonweal_domain::ids::{BidId, Id, OrganisationId, PersonId, TenderId};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::tender::award::{AwardError, LotAward, Winner, check_award};
use commonweal_domain::tender::confirmation::{binding, confirmed};
use commonweal_domain::tender::entries::{AwardDecided, AwardProposed, MarkReleased};
use commonweal_domain::tender::stage::Step;
use commonweal_domain::tender::{Award, BidContent, BidField, ConfirmedShare, LotCode};
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
};

use crate::App;
use crate::abnormal::check_settled_bids;
use crate::apart;
use crate::calibration::release_calibrations;
use crate::error::AppError;
use crate::noise;
use crate::organisation::column;
use crate::panel::panel_people;
use crate::ranking::{sealed_content, standing_allocation};
use crate::robustness::flags;
use crate::sealed_mark::unreleased_marks;
use crate::store::bid;
use crate::store::confirmation::shown_shares;
use crate::store::evaluation::award;
use crate::store::organisation::role_grant;
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// Who wins each lot by the standing ranking, in the order of the plan, with the ranking's index.
async fn winners(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<(u64, Vec<LotAward>), AppError> {
    let Some((index, allocation)) = standing_allocation(connection, tender).await? else {
        return Err(AppError::refused("NO_RANKING", "compute the ranking first"));
    };
    let won = allocation.iter().flatten().filter_map(|lot| lot.bid);
    let rows = bid::Entity::find()
        .filter(bid::Column::Id.is_in(won.map(Id::uuid)))
        .all(connection)
        .await?;
    let winner = |bid: BidId| {
        let row = rows.iter().find(|row| row.id == bid.uuid());
        let row = row.ok_or_else(|| AppError::internal("a ranking of a bid that is not there"))?;
        let supplier = OrganisationId::from_uuid(row.supplier_id);
        Ok::<_, AppError>(Winner { bid, supplier })
    };
    let mut awards = Vec::new();
    for lot in allocation.iter().flatten() {
        awards.push(LotAward {
            lot: lot.lot.clone(),
            winner: lot.bid.map(winner).transpose()?,
        });
    }
    match check_award(allocation.as_deref(), &awards) {
        Ok(()) => Ok((index, awards)),
        Err(error @ (AwardError::RankingWithheld | AwardError::NoBid)) => {
            Err(AppError::refused("NO_WINNER", error))
        }
        Err(error) => Err(AppError::internal(error)),
    }
}

struct Propose {
    actor: Actor,
    tender: TenderId,
}

impl Command for Propose {
    const NAME: &'static str = "propose_award";
    type Out = Vec<LotAward>;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<LotAward>, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let judged = panel_people(tx, self.tender).await?;
        let permit = apart::permit(
            tx,
            tx.at(),
            &tender,
            &self.actor,
            Action::ProposeAward,
            &judged,
        )
        .await?;
        let stage = tender.after(Step::ProposeAward)?;
        let (ranking, lots) = winners(tx, &tender).await?;
        let won = lots.iter().filter_map(|award| award.winner);
        let won: Vec<BidId> = won.map(|winner| winner.bid).collect();
        check_settled_bids(tx, &won, &flags(tx, self.tender, ranking).await?).await?;
        let proposed_by = permit.actor.id;
        let proposed = AwardProposed {
            tender: self.tender,
            lots: lots.clone(),
            ranking,
        };
        let actors = vec![permit.actor];
        let index = tender.append(tx, actors, None, proposed).await?;
        let index = column(index)?;
        let row = |award: &LotAward| award::ActiveModel {
            tender_id: Set(self.tender.uuid()),
            lot: Set(award.lot.to_string()),
            bid_id: Set(award.winner.map(|winner| winner.bid.uuid())),
            supplier_id: Set(award.winner.map(|winner| winner.supplier.uuid())),
            proposed_by: Set(proposed_by.uuid()),
            proposed_idx: Set(index),
            ..Default::default()
        };
        award::Entity::insert_many(lots.iter().map(row))
            .exec_without_returning(tx)
            .await?;
        tender.store(tx, stage, |_| {}).await?;
        Ok(lots)
    }
}

struct Approve {
    actor: Actor,
    tender: TenderId,
}

impl Command for Approve {
    const NAME: &'static str = "approve_award";
    type Out = Vec<LotAward>;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<LotAward>, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        // Every lot was proposed at once, by one officer.
        let proposal = award::Entity::find()
            .filter(award::Column::TenderId.eq(tender.row.id))
            .one(tx)
            .await?;
        let mut earlier = panel_people(tx, self.tender).await?;
        let first = proposal.as_ref();
        earlier.extend(first.map(|row| PersonId::from_uuid(row.proposed_by)));
        let permit = apart::permit(
            tx,
            tx.at(),
            &tender,
            &self.actor,
            Action::ApproveAward,
            &earlier,
        )
        .await?;
        let stage = tender.after(Step::DecideAward)?;
        let proposal =
            proposal.ok_or_else(|| AppError::internal("a stage without its proposal"))?;
        let (ranking, lots) = winners(tx, &tender).await?;
        let approver = permit.actor;
        let decided = AwardDecided {
            tender: self.tender,
            lots: lots.clone(),
            ranking,
            proposal: u64::try_from(proposal.proposed_idx).map_err(AppError::internal)?,
        };
        let actors = vec![proposer(tx, &tender, &proposal).await?, approver.clone()];
        let index = tender.append(tx, actors, None, decided).await?;
        award::Entity::update_many()
            .set(award::ActiveModel {
                approved_by: Set(Some(approver.id.uuid())),
                decided_at: Set(Some(tx.at().micros())),
                decided_idx: Set(Some(column(index)?)),
                ..Default::default()
            })
            .filter(award::Column::TenderId.eq(tender.row.id))
            .exec(tx)
            .await?;
        release_calibrations(tx, self.tender, &approver).await?;
        self.release_marks(tx, &approver).await?;
        noise::report(tx, self.tender, ranking, &approver).await?;
        tender.store(tx, stage, |_| {}).await?;
        Ok(lots)
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
    /// Shows every mark that was sealed, all but its reason, the former ones before those that replaced them.
    async fn release_marks(&self, tx: &mut Tx, approver: &EntryActor) -> Result<(), AppError> {
        for sealed in unreleased_marks(tx, self.tender).await? {
            let opening = serde_json::from_slice(&sealed.opening).map_err(AppError::internal)?;
            let index = tx.append(Draft {
                actors: vec![approver.clone()],
                subject: self.tender.to_string(),
                inputs_upto: None,
                body: MarkReleased {
                    tender: self.tender,
                    sealed: sealed.id,
                    opening,
                }
                .into(),
            })?;
            sealed.note_release(tx, column(index)?).await?;
        }
        Ok(())
    }
}

/// The award of a lot as a contract takes it over, once it is decided and somebody won.
pub(crate) async fn load_award(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
    lot: &LotCode,
) -> Result<Option<Award>, AppError> {
    let found = award::Entity::find_by_id((tender.row.id, lot.to_string()))
        .one(connection)
        .await?;
    let decided = found.and_then(|row| {
        let people = [row.proposed_by, row.approved_by?];
        Some((people, row.decided_at?, row.decided_idx?, row.bid_id?))
    });
    let Some((people, at, index, bid)) = decided else {
        return Ok(None);
    };
    let bid = bid::Entity::find_by_id(bid).one(connection).await?;
    let bid = bid.ok_or_else(|| AppError::internal("an award of a bid that is not there"))?;
    let content = BidContent::unseal(&sealed_content(&bid)?)
        .map_err(AppError::internal)?
        .2;
    let supplier = OrganisationId::from_uuid(bid.supplier_id);
    let shares = shown_shares(connection, [tender.row.id]).await?;
    let shares: Vec<ConfirmedShare> = shares.into_iter().map(|(_, share)| share).collect();
    let confirmed = confirmed(supplier, lot, &content.participations, &shares);
    let participations = binding(supplier, &content.participations, &confirmed);
    let disclosure = &tender.plan.disclosure;
    let shown = |field| disclosure.in_log(field);
    Ok(Some(Award {
        tender: tender.id,
        lot: lot.clone(),
        buyer: tender.buyer,
        supplier,
        bid: BidId::from_uuid(bid.id),
        price: Some(content.price).filter(|_| shown(BidField::Price)),
        commitments: content.commitments,
        participations: Some(participations).filter(|_| shown(BidField::Participations)),
        surplus_tradable: tender.plan.surplus_tradable,
        substitution_share: tender.plan.substitution_share,
        delivery: tender.plan.delivery.clone(),
        decided_by: people.map(PersonId::from_uuid).to_vec(),
        decided_on: Time::from_micros(at).date(),
        index: u64::try_from(index).map_err(AppError::internal)?,
    }))
}

/// Index of the entry that decided the award of a tender, once it is decided.
pub(crate) async fn decided_index(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<Option<u64>, AppError> {
    let row = award::Entity::find()
        .filter(award::Column::TenderId.eq(tender.row.id))
        .one(connection)
        .await?;
    let index = row.and_then(|row| row.decided_idx);
    index
        .map(|index| u64::try_from(index).map_err(AppError::internal))
        .transpose()
}

/// How many lots of a tender somebody won.
pub(crate) async fn awarded_lots(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<u64, AppError> {
    Ok(award::Entity::find()
        .filter(award::Column::TenderId.eq(tender.row.id))
        .filter(award::Column::BidId.is_not_null())
        .count(connection)
        .await?)
}

impl App {
    /// Proposes to award each lot to the bid to which the standing ranking allocated it. Answers which.
    pub async fn propose_award(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<Vec<LotAward>>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Propose { actor, tender }).await
    }

    /// Approves a proposed award, as another officer, and releases the marks. Answers which bids won.
    pub async fn approve_award(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<Vec<LotAward>>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Approve { actor, tender }).await
    }
}
