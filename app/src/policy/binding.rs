//! A plan against the policies in force: what officers ask before publication, and what publication records.

use commonweal_domain::ids::{Id, OrganisationId, TenderId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::policy::procurement::Framework;
use commonweal_domain::policy::selection::is_place;
use commonweal_domain::policy::{
    Answer, Blocked, Check, ClauseCode, PlanView, PolicyCode, PolicyReport, RecordedCheck,
    TenderFacts, checks, checks_at_signing, decide, governing_day, state_low_prices,
};
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::time::Date;
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Published, published};
use crate::App;
use crate::error::AppError;
use crate::reason::NewReason;
use crate::store::Tx;
use crate::store::policy::{self, tender_policy};
use crate::tender::{LoadedTender, input_path};

/// An officer's justification of an unknown answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Justification {
    /// The policy.
    pub policy: PolicyCode,
    /// The clause whose answer is unknown.
    pub clause: ClauseCode,
    /// Why the tender may be published all the same.
    pub reason: String,
}

/// A check as it stands beside the log, with the id of its justification.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredCheck {
    pub(crate) check: Check,
    pub(crate) reason: Option<Uuid>,
}

/// What a publication carries of the policies that bind it.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    /// What the log records.
    pub(crate) recorded: Vec<RecordedCheck>,
    reasons: Vec<NewReason>,
    stored: Option<Vec<u8>>,
    /// Log index of the last policy that was looked at.
    last: Option<i64>,
}

impl Binding {
    /// Refuses to go on when a policy was published in between.
    pub(crate) async fn recheck(&self, tx: &Tx) -> Result<(), AppError> {
        let last: Option<i64> = policy::Entity::find()
            .select_only()
            .column(policy::Column::EntryIdx)
            .order_by_desc(policy::Column::EntryIdx)
            .into_tuple()
            .one(tx)
            .await?;
        if last == self.last {
            return Ok(());
        }
        let message = "a policy was published in this moment: check the plan again and publish it";
        Err(AppError::Conflict(message.to_owned()))
    }

    /// Stores the checks and the justifications of a tender that was inserted before.
    pub(crate) async fn insert(&self, tx: &Tx, tender: TenderId) -> Result<(), AppError> {
        for reason in &self.reasons {
            reason.insert(tx, tender).await?;
        }
        if let Some(checks) = &self.stored {
            tender_policy::Entity::insert(tender_policy::ActiveModel {
                tender_id: Set(tender.uuid()),
                checks: Set(checks.clone()),
            })
            .exec_without_returning(tx)
            .await?;
        }
        Ok(())
    }
}

impl Binding {
    /// Stores the checks of an amended plan in the place of earlier ones.
    pub(crate) async fn replace(&self, tx: &Tx, tender: TenderId) -> Result<(), AppError> {
        tender_policy::Entity::delete_by_id(tender.uuid())
            .exec(tx)
            .await?;
        self.insert(tx, tender).await
    }
}

/// Refuses a contract with fewer KPIs than a policy asks that bound the tender, or with too few assessments of them.
pub(crate) async fn check_signing(
    tx: &Tx,
    tender: &LoadedTender,
    kpis: usize,
) -> Result<(), AppError> {
    let stored = tender_policy::Entity::find_by_id(tender.row.id)
        .one(tx)
        .await?;
    let Some(row) = stored else {
        return Ok(());
    };
    let stored: Vec<StoredCheck> =
        serde_json::from_slice(&row.checks).map_err(AppError::internal)?;
    let bound = stored.iter().map(|stored| stored.check.policy).collect();
    let policies = published(tx).await?.policies;
    let checks = checks_at_signing(&policies, &bound, &tender.plan, kpis);
    let checks = checks.map_err(|error| AppError::refused_at("OUT_OF_RANGE", "tender", error))?;
    let not_met = |check: &&Check| check.judged.answer == Answer::NotMet;
    match checks.iter().find(not_met) {
        None => Ok(()),
        Some(check) => {
            let message = format!(
                "{check}: the contract takes over the commitments of the bid, {kpis} in number; annul the award if it cannot stand"
            );
            Err(AppError::refused_at("POLICY_NOT_MET", "tender", message))
        }
    }
}

/// The plan's field at fault, in the words of the input.
fn refused(blocked: &Blocked) -> AppError {
    let (code, path) = match blocked {
        Blocked::NotMet(_) => ("POLICY_NOT_MET", None),
        Blocked::Unknown(check) => {
            let path = check
                .judged
                .missing
                .map(|fact| input_path("plan", fact.path()));
            ("POLICY_UNKNOWN", path)
        }
        Blocked::NotEnabled(not_enabled) => (
            "POLICY_NOT_ENABLED",
            Some(input_path("plan", not_enabled.path())),
        ),
        Blocked::NothingToJustify(..) | Blocked::JustifiedTwice(..) => {
            ("JUSTIFICATION", Some("justifications".to_owned()))
        }
    };
    match path {
        Some(path) => AppError::refused_at(code, path, blocked),
        None => AppError::refused(code, blocked),
    }
}

impl App {
    /// What the policies in force say of a draft plan of a buyer.
    pub async fn policy_check(
        &self,
        buyer: OrganisationId,
        mut plan: Plan,
    ) -> Result<PolicyReport, AppError> {
        self.complete_plan(buyer, &mut plan).await?;
        let published = published(self.store.read()).await?;
        self.judge(&plan, &published).await
    }

    /// Fills in what a plan leaves out: the buyer's registered place, and where the price alone decides the parameters for
    /// abnormally low prices of the policy that binds it.
    pub(crate) async fn complete_plan(
        &self,
        buyer: OrganisationId,
        plan: &mut Plan,
    ) -> Result<(), AppError> {
        if plan.procurement.place.is_none() {
            let found = self.read().organisation(buyer).await?;
            plan.procurement.place = found.map(|view| view.place).filter(|place| is_place(place));
        }
        let commenced = self.governing_day(plan).await?;
        let published = published(self.store.read()).await?;
        state_low_prices(plan, &published.policies, commenced);
        Ok(())
    }

    /// The day that chooses the policies of a plan.
    async fn governing_day(&self, plan: &Plan) -> Result<Option<Date>, AppError> {
        let framework = match &plan.procurement.framework {
            Some(Framework::Tender(id)) => Some(self.framework(*id).await?),
            _ => None,
        };
        Ok(governing_day(plan, |_| framework.as_ref()))
    }

    async fn judge(&self, plan: &Plan, published: &Published) -> Result<PolicyReport, AppError> {
        let facts = TenderFacts {
            commencement: self.governing_day(plan).await?,
            procurement: &plan.procurement,
        };
        PlanView::new(plan)
            .and_then(|view| checks(&published.policies, &view, &facts))
            .map_err(|error| AppError::refused_at("OUT_OF_RANGE", "plan", error))
    }

    /// The plan of a framework agreement that was tendered here.
    async fn framework(&self, id: TenderId) -> Result<Plan, AppError> {
        match LoadedTender::load(self.store.read(), id).await {
            Ok(tender) => Ok(tender.plan),
            Err(AppError::NotFound(_)) => {
                let message = "no such tender: name the framework agreement's tender, or its reference elsewhere";
                let path = "plan.procurement.framework.tender";
                Err(AppError::refused_at("UNKNOWN_TENDER", path, message))
            }
            Err(error) => Err(error),
        }
    }

    /// Checks a plan that is to be published: every clause met, or unknown with a justification.
    pub(crate) async fn bind(
        &self,
        plan: &Plan,
        justifications: Vec<Justification>,
    ) -> Result<Binding, AppError> {
        let published = published(self.store.read()).await?;
        let report = self.judge(plan, &published).await?;
        let justified: Vec<_> = justifications
            .iter()
            .map(|given| (given.policy.clone(), given.clause.clone()))
            .collect();
        decide(&report, &justified).map_err(|blocked| refused(&blocked))?;
        let mut binding = Binding {
            recorded: Vec::new(),
            reasons: Vec::new(),
            stored: None,
            last: published.last,
        };
        let mut stored = Vec::new();
        for check in report.checks {
            let mut recorded = RecordedCheck::of(&check);
            let own = |given: &&Justification| {
                given.policy == check.policy_code && given.clause == check.clause
            };
            let mut reason = None;
            if let (Answer::Unknown, Some(given)) =
                (check.judged.answer, justifications.iter().find(own))
            {
                let new = NewReason::new(&self.ids, "justifications", given.reason.clone())?;
                recorded.justification = Some(new.hash()?);
                reason = Some(new.id);
                binding.reasons.push(new);
            }
            binding.recorded.push(recorded);
            stored.push(StoredCheck { check, reason });
        }
        if !stored.is_empty() {
            binding.stored = Some(canonical_blob(&stored).map_err(AppError::internal)?);
        }
        Ok(binding)
    }
}
