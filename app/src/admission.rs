//! Decisions on who may take part: for a bid, on a condition of participation or an exclusion ground of the plan.

use std::collections::{BTreeMap, BTreeSet};

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{BidId, Id, OrganisationId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::tender::admission::AdmissionError;
use commonweal_domain::tender::entries::AdmissionDecided;
use commonweal_domain::tender::reserved::RESERVED;
use commonweal_domain::tender::sealing::{answers, known};
use commonweal_domain::tender::stage::Step;
use commonweal_domain::tender::{AdmissionDecision, CriterionCode};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

use crate::App;
use crate::apart;
use crate::error::AppError;
use crate::exclusion::{check_eligible, load_bid, take_out, takes_part};
use crate::organisation::{column, from_word, word};
use crate::ranking::sealed_content;
use crate::reason::NewReason;
use crate::reservation::Reserved;
use crate::store::admission;
use crate::store::bid;
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// Input of [`App::decide_admission`].
#[derive(Debug, Clone)]
pub struct DecideAdmission {
    /// The bid.
    pub bid: BidId,
    /// The code of the condition or ground in the plan.
    pub code: CriterionCode,
    /// The decision.
    pub decision: AdmissionDecision,
    /// Why.
    pub reason: String,
}

impl From<AdmissionError> for AppError {
    fn from(error: AdmissionError) -> Self {
        let (code, field) = match &error {
            AdmissionError::Unknown(_) => ("UNKNOWN_CODE", "code"),
            AdmissionError::DoesNotFit { .. } => ("DECISION", "decision"),
            AdmissionError::NoSelfCleaning(_) => ("NO_SELF_CLEANING", "decision"),
        };
        Self::refused_at(code, field, error)
    }
}

struct Decide {
    actor: Actor,
    bid: BidId,
    code: CriterionCode,
    decision: AdmissionDecision,
    reason: NewReason,
}

impl Command for Decide {
    const NAME: &'static str = "decide_admission";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let (row, tender) = load_bid(tx, self.bid).await?;
        let permit = apart::permit(
            tx,
            tx.at(),
            &tender,
            &self.actor,
            Action::DecideAdmission,
            &[],
        )
        .await?;
        let excludes = self.decision.excludes();
        let stage = if excludes {
            tender.stage.can_exclude(&tender.plan)?
        } else {
            tender.after(Step::DecideAdmission)?
        };
        check_eligible(&row)?;
        let answers = answers(&sealed_content(&row)?).map_err(AppError::internal)?;
        let described = Some(answers.contains_key(&self.code));
        let (plan, decision) = (&tender.plan, self.decision);
        let ground = plan.decide_admission(&self.code, decision, described)?;
        let by = permit.actor.id;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.bid.to_string(),
            inputs_upto: None,
            body: AdmissionDecided {
                tender: tender.id,
                bid: self.bid,
                code: self.code.clone(),
                decision: self.decision,
                reason: self.reason.hash()?,
            }
            .into(),
        })?;
        let index = column(index)?;
        self.reason.insert(tx, tender.id).await?;
        admission::Entity::insert(admission::ActiveModel {
            bid_id: Set(row.id),
            entry_idx: Set(index),
            tender_id: Set(tender.row.id),
            code: Set(self.code.to_string()),
            decision: Set(word(self.decision)?),
            reason_id: Set(self.reason.id),
            decided_by: Set(by.uuid()),
        })
        .exec_without_returning(tx)
        .await?;
        if !excludes {
            return tender.store(tx, stage, |_| ()).await;
        }
        take_out(tx, tender, &row, stage, (ground, self.reason.id, index)).await
    }
}

/// Refuses to go on while a bid that takes part declares something on which nothing is decided, or comes from a supplier for
/// which the tender is not reserved by what the log knows.
pub(crate) async fn check_decided(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<(), AppError> {
    let admission = &tender.plan.admission;
    if admission.is_empty() && tender.plan.procurement.reservation.is_none() {
        return Ok(());
    }
    let bids = bid::Entity::find()
        .filter(bid::Column::TenderId.eq(tender.row.id))
        .order_by_asc(bid::Column::Id)
        .all(connection)
        .await?;
    let decisions = admission::Entity::find()
        .filter(admission::Column::TenderId.eq(tender.row.id))
        .order_by_asc(admission::Column::EntryIdx)
        .all(connection)
        .await?;
    let suppliers: BTreeSet<_> = bids.iter().map(|row| row.supplier_id).collect();
    let reserved = Reserved::load(connection, tender, &suppliers).await?;
    for row in &bids {
        if !takes_part(row)? {
            continue;
        }
        let mut decided = BTreeMap::new();
        for decision in decisions.iter().filter(|one| one.bid_id == row.id) {
            let code = decision.code.parse().map_err(AppError::internal)?;
            decided.insert(code, from_word(&decision.decision)?);
        }
        let content = known(&sealed_content(row)?).map_err(AppError::internal)?;
        let declarations = content.declarations.unwrap_or_default();
        if let Some(code) = admission.undecided(&declarations, &decided) {
            let message = format!(
                "the bid {} does not declare to be fit under {code}: decide on it before the ranking",
                BidId::from_uuid(row.id)
            );
            return Err(AppError::refused("ADMISSION_UNDECIDED", message));
        }
        let Some(reserved) = &reserved else { continue };
        let on_it = decided.keys().any(|code| code.as_str() == RESERVED);
        if !on_it && !reserved.admits(OrganisationId::from_uuid(row.supplier_id))? {
            let message = format!(
                "by what the log knows, the supplier of the bid {} is not one for which participation is reserved: decide on it under {RESERVED} before the ranking, met or not met",
                BidId::from_uuid(row.id)
            );
            return Err(AppError::refused("RESERVATION_UNDECIDED", message));
        }
    }
    Ok(())
}

impl App {
    /// Decides for a bid on a condition of participation or an exclusion ground of the plan. A decision that excludes makes a
    /// ranking or proposal made before void; a later decision takes the place of an earlier one.
    pub async fn decide_admission(
        &self,
        actor: &Actor,
        input: DecideAdmission,
    ) -> Result<Written<()>, AppError> {
        let command = Decide {
            actor: actor.clone(),
            bid: input.bid,
            code: input.code,
            decision: input.decision,
            reason: NewReason::new(&self.ids, "reason", input.reason)?,
        };
        self.store.write(None, command).await
    }
}
