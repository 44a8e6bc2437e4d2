//! Changes before the deadline: amendments of the plan, a later deadline, and a supplier's confirmation of a bid that was
//! sealed before an amendment.

use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::catalogue::Catalogue;
use commonweal_domain::ids::{Id, OrganisationId, SealedId, TenderId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::commitment::SealedCommitment;
use commonweal_domain::tender::amendment::{AmendmentError, check_amendment, check_extension};
use commonweal_domain::tender::entries::{BidConfirmed, TenderAmended, TenderExtended};
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::register::{Confirmed, Fate, SealedEntry, SealedKind};
use commonweal_domain::tender::stage::Step;
use commonweal_domain::time::Time;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::bid::{anonymous, waiting};
use crate::error::AppError;
use crate::organisation::column;
use crate::panel::LoadedPanel;
use crate::policy::binding::{Binding, Justification};
use crate::reason::NewReason;
use crate::store::bid::sealed_bid;
use crate::store::columns::{hash, index};
use crate::store::tender::opening_approval;
use crate::store::{Command, Tx, Written};
use crate::tender::{LoadedTender, plan_error};

impl From<AmendmentError> for AppError {
    fn from(error: AmendmentError) -> Self {
        use AmendmentError as E;
        let (code, path) = match &error {
            E::Nothing => ("NOTHING_AMENDED", "plan"),
            E::Fixed { field } => {
                let path = format!("plan.{field}");
                return Self::refused_at("NOT_AMENDABLE", path, error);
            }
            E::Earlier { .. } | E::TooShort { .. } => ("DEADLINE", "plan.closes_at"),
            E::TooMany => ("TOO_MANY_AMENDMENTS", "plan"),
            E::NotLater { .. } | E::OutageOver { .. } => ("DEADLINE", "closes_at"),
            E::OpensEarly { .. } => ("DEADLINE", "opens_at"),
        };
        Self::refused_at(code, path, error)
    }
}

/// Input of [`App::amend_tender`].
#[derive(Debug, Clone)]
pub struct AmendTender {
    /// The tender.
    pub tender: TenderId,
    /// The plan as it shall be, whole.
    pub plan: Plan,
    /// Why the plan may be published though the answer of a clause is unknown.
    pub justifications: Vec<Justification>,
    /// Why it is amended.
    pub reason: String,
}

struct Amend {
    actor: Actor,
    tender: TenderId,
    plan: Plan,
    bytes: Vec<u8>,
    catalogue: Catalogue,
    binding: Binding,
    reason: NewReason,
}

impl Command for Amend {
    const NAME: &'static str = "amend_tender";
    type Out = u32;

    async fn run(&self, tx: &mut Tx) -> Result<u32, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::AmendTender, &tender.facts()).await?;
        let stage = tender.stage.at(&tender.plan, tx.at()).after(Step::Amend)?;
        let earlier = u32::try_from(tender.row.amendments).map_err(AppError::internal)?;
        let amendment = check_amendment(&tender.plan, &self.plan, earlier, tx.at())?;
        let panel = LoadedPanel::load(tx, &tender).await?.panel;
        panel.check_amendment(&tender.plan, &self.plan)?;
        let checked = self.plan.check(&self.catalogue, tx.at());
        checked.map_err(|error| plan_error(&error))?;
        self.binding.recheck(tx).await?;
        let number = earlier + 1;
        let body = TenderAmended {
            tender: self.tender,
            number,
            plan: self.plan.clone(),
            policies: self.binding.recorded.clone(),
            reason: self.reason.hash()?,
        };
        let actors = vec![permit.actor];
        let at_index = tender.append(tx, actors, Some(&self.reason), body).await?;
        self.binding.replace(tx, self.tender).await?;
        let at_index = column(at_index)?;
        let plan = &self.plan;
        tender
            .store(tx, stage, |row| {
                row.plan = Set(self.bytes.clone());
                row.closes_at = Set(plan.closes_at.micros());
                row.opens_at = Set(plan.opens_at.micros());
                row.inputs_idx = Set(at_index);
                row.amendments = Set(i64::from(number));
                if amendment.material {
                    row.material_idx = Set(Some(at_index));
                }
                if amendment.other_form {
                    row.form_idx = Set(Some(at_index));
                }
            })
            .await?;
        Ok(number)
    }
}

/// Input of [`App::extend_tender`].
#[derive(Debug, Clone)]
pub struct ExtendTender {
    /// The tender.
    pub tender: TenderId,
    /// The new deadline.
    pub closes_at: Time,
    /// The new opening time.
    pub opens_at: Time,
    /// Whether the service was out: then the deadline may have passed.
    pub outage: bool,
    /// Why.
    pub reason: String,
}

struct Extend {
    actor: Actor,
    input: ExtendTender,
    reason: NewReason,
}

impl Command for Extend {
    const NAME: &'static str = "extend_tender";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let input = &self.input;
        let tender = LoadedTender::load(tx, input.tender).await?;
        let permit = authorize(tx, &self.actor, Action::ExtendTender, &tender.facts()).await?;
        let step = if input.outage {
            Step::ExtendForOutage
        } else {
            Step::Extend
        };
        let stage = tender.stage.at(&tender.plan, tx.at()).after(step)?;
        let (closes_at, opens_at) = (input.closes_at, input.opens_at);
        check_extension(&tender.plan, closes_at, opens_at, input.outage, tx.at())?;
        let body = TenderExtended {
            tender: input.tender,
            closes_at,
            opens_at,
            outage: input.outage,
            reason: self.reason.hash()?,
        };
        let actors = vec![permit.actor];
        let at_index = tender.append(tx, actors, Some(&self.reason), body).await?;
        let plan = Plan {
            closes_at,
            opens_at,
            ..tender.plan.clone()
        };
        let bytes = canonical_blob(&plan).map_err(AppError::internal)?;
        let at_index = column(at_index)?;
        // Whoever approved the opening approved it of the bids that were there.
        opening_approval::Entity::delete_many()
            .filter(opening_approval::Column::TenderId.eq(input.tender.uuid()))
            .exec(tx)
            .await?;
        tender
            .store(tx, stage, |row| {
                row.plan = Set(bytes);
                row.closes_at = Set(closes_at.micros());
                row.opens_at = Set(opens_at.micros());
                row.inputs_idx = Set(at_index);
            })
            .await
    }
}

struct Confirm {
    actor: Actor,
    supplier: OrganisationId,
    sealed: SealedId,
    received_at: Time,
}

impl Command for Confirm {
    const NAME: &'static str = "confirm_bid";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let facts = Facts {
            organisation: Some(self.supplier),
            ..Facts::default()
        };
        authorize(tx, &self.actor, Action::ConfirmBid, &facts).await?;
        let row = waiting(tx, self.sealed, self.supplier).await?;
        let tender = LoadedTender::load(tx, TenderId::from_uuid(row.tender_id)).await?;
        tender.stage.can_confirm(&tender.plan, self.received_at)?;
        if tender
            .row
            .material_idx
            .is_none_or(|idx| idx < row.entry_idx)
        {
            let message = "the bid was sealed under the plan as it is: there is nothing to confirm";
            return Err(AppError::refused_at("NOTHING_TO_CONFIRM", "bid", message));
        }
        if tender.row.form_idx.is_some_and(|idx| idx > row.entry_idx) {
            let message = "an amendment changed what bids must say: replace the bid";
            return Err(AppError::refused_at("REPLACE_BID", "bid", message));
        }
        let received_at = self.received_at.min(tx.at());
        let confirmed = BidConfirmed {
            sealed: self.sealed,
            received_at,
        };
        let at_index = tx.append(anonymous(self.sealed, confirmed))?;
        sealed_bid::ActiveModel {
            id: Set(row.id),
            confirmed_at: Set(Some(received_at.micros())),
            confirmed_idx: Set(Some(column(at_index)?)),
            ..Default::default()
        }
        .update(tx)
        .await?;
        Ok(())
    }
}

/// The bids that wait: those that count under the plan as it is, and those that were sealed before its last material
/// amendment and not confirmed after it.
pub(crate) fn by_standing(
    rows: &[sealed_bid::Model],
    tender: &LoadedTender,
) -> Result<(Vec<SealedId>, Vec<SealedId>), AppError> {
    let (mut standing, mut unconfirmed) = (Vec::new(), Vec::new());
    for row in rows.iter().filter(|row| row.state == "waiting") {
        let id = SealedId::from_uuid(row.id);
        if stands(row, tender)? {
            standing.push(id);
        } else {
            unconfirmed.push(id);
        }
    }
    Ok((standing, unconfirmed))
}

/// Whether a waiting bid counts under the plan as its last material amendment left it: the rule of
/// [`SealedEntry::stands`] on a row.
pub(crate) fn stands(row: &sealed_bid::Model, tender: &LoadedTender) -> Result<bool, AppError> {
    let confirmed = row.confirmed_idx.zip(row.confirmed_at);
    let confirmed = confirmed.map(|(at_index, received_at)| {
        Ok::<_, AppError>(Confirmed {
            index: index(at_index)?,
            received_at: Time::from_micros(received_at),
        })
    });
    let entry = SealedEntry {
        kind: SealedKind::Bid,
        commitment: SealedCommitment(hash(&row.commitment)?),
        index: index(row.entry_idx)?,
        at: Time::from_micros(row.received_at),
        fate: Fate::Waiting,
        confirmed: confirmed.transpose()?,
        replaces: None,
    };
    let material = tender.row.material_idx.map(index).transpose()?;
    Ok(entry.stands(material, tender.plan.closes_at))
}

impl App {
    /// Amends the plan of a tender before its deadline. Answers the number of the amendment. Where it changes more than
    /// times, bids sealed before it must be confirmed or replaced.
    pub async fn amend_tender(
        &self,
        actor: &Actor,
        input: AmendTender,
    ) -> Result<Written<u32>, AppError> {
        let AmendTender {
            tender, mut plan, ..
        } = input;
        let catalogue = self.catalogue_of(&plan).await?;
        let loaded = LoadedTender::load(self.store.read(), tender).await?;
        actor::authorize(actor, Action::AmendTender, &loaded.facts())?;
        self.complete_plan(loaded.buyer, &mut plan).await?;
        let checked = plan.check(&catalogue, self.now());
        checked.map_err(|error| plan_error(&error))?;
        let command = Amend {
            actor: actor.clone(),
            tender,
            binding: self.bind(&plan, input.justifications).await?,
            bytes: canonical_blob(&plan).map_err(AppError::internal)?,
            plan,
            catalogue,
            reason: NewReason::new(&self.ids, "reason", input.reason)?,
        };
        self.store.write(None, command).await
    }

    /// Moves the deadline of a tender to a later time, after an outage even when it has passed.
    pub async fn extend_tender(
        &self,
        actor: &Actor,
        input: ExtendTender,
    ) -> Result<Written<()>, AppError> {
        let command = Extend {
            actor: actor.clone(),
            reason: NewReason::new(&self.ids, "reason", input.reason.clone())?,
            input,
        };
        self.store.write(None, command).await
    }

    /// Confirms a bid that was sealed before an amendment, until the deadline.
    pub async fn confirm_bid(
        &self,
        actor: &Actor,
        supplier: OrganisationId,
        sealed: SealedId,
        received_at: Time,
    ) -> Result<Written<()>, AppError> {
        let command = Confirm {
            actor: actor.clone(),
            supplier,
            sealed,
            received_at,
        };
        self.store.write(None, command).await
    }
}
