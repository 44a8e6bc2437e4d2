//! Use-cases of contract performance: officers of the buyer vary what a contract asks for, and rate its periods.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::contract::entries::{ContractVaried, KpiRated};
use commonweal_domain::contract::performance::{
    RatingError, RatingFacts, decide_rating, expected, rate_again as decide_again,
};
use commonweal_domain::contract::rating::Rating;
use commonweal_domain::contract::schedule::vary;
use commonweal_domain::contract::state::Rated;
use commonweal_domain::contract::variation::{KpiChange, Version, decide_variation};
use commonweal_domain::contract::{Claim, Contract};
use commonweal_domain::ids::{ContractId, Id, KpiId, PersonId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Date;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::column;
use crate::remark::Remark;
use crate::store::delivery::{self, Beyond, rating, variation, version};
use crate::store::{Command, Tx, Written, contract};

/// Input of [`App::vary_contract`].
#[derive(Debug, Clone)]
pub struct VaryContract {
    /// The contract.
    pub contract: ContractId,
    /// What changes: the KPI, its new full-term quantity as decimal text in its unit, and the first day.
    pub changes: Vec<(KpiId, String, Date)>,
    /// Why, in words that can be erased.
    pub reason: String,
}

/// Input of [`App::rate_kpi`].
#[derive(Debug, Clone)]
pub struct RateKpi {
    /// The KPI.
    pub kpi: KpiId,
    /// The first day of the period.
    pub from: Date,
    /// How it went; what the published thresholds give when it is left out.
    pub rating: Option<Rating>,
    /// Why, in words that can be erased; `other` needs it.
    pub reason: Option<String>,
}

async fn load(tx: &Tx, id: ContractId) -> Result<Contract, AppError> {
    let found = contract::load(tx, id).await?;
    found.ok_or_else(|| {
        AppError::refused_at("UNKNOWN_CONTRACT", "contract", "there is no such contract")
    })
}

fn of_the_buyer(contract: &Contract) -> Facts<'_> {
    Facts {
        organisation: Some(contract.buyer),
        ..Facts::default()
    }
}

struct Vary {
    actor: Actor,
    input: VaryContract,
    reason: Remark,
}

impl Vary {
    fn changes(&self, contract: &Contract) -> Result<Vec<KpiChange>, AppError> {
        let change = |(at, (kpi, quantity, from)): (usize, &(KpiId, String, Date))| {
            let path = |field: &str| format!("changes.{at}.{field}");
            let unknown = "the contract has no such KPI";
            let signed = contract.kpi(*kpi);
            let signed =
                signed.ok_or_else(|| AppError::refused_at("UNKNOWN_KPI", path("kpi"), unknown))?;
            let unit = signed.quantity.unit().clone();
            let parsed =
                commonweal_domain::amount::Quantity::parse(quantity, signed.quantity.scale(), unit);
            Ok(KpiChange {
                kpi: *kpi,
                quantity: parsed
                    .map_err(|error| AppError::refused_at("QUANTITY", path("quantity"), error))?,
                from: *from,
            })
        };
        self.input.changes.iter().enumerate().map(change).collect()
    }
}

impl Command for Vary {
    const NAME: &'static str = "vary_contract";
    type Out = ContractId;

    async fn run(&self, tx: &mut Tx) -> Result<ContractId, AppError> {
        let id = self.input.contract;
        let contract = load(tx, id).await?;
        let facts = of_the_buyer(&contract);
        let permit = authorize(tx, &self.actor, Action::VaryContract, &facts).await?;
        let by = permit.actor.id;
        let changes = self.changes(&contract)?;
        let before = variation::Entity::find()
            .filter(variation::Column::ContractId.eq(id.uuid()))
            .count(tx)
            .await?;
        let before = u32::try_from(before).map_err(AppError::internal)?;
        let number = before.saturating_add(1);
        let kpis: Vec<KpiId> = contract.kpis.iter().map(|kpi| kpi.id).collect();
        let known = delivery::beyond(tx, &kpis).await?;
        let mut last: Vec<(KpiId, Version)> = Vec::new();
        for kpi in &contract.kpis {
            let versions = known.get(&kpi.id).map(|beyond| beyond.versions(kpi));
            let newest = versions
                .transpose()?
                .and_then(|mut versions| versions.pop());
            last.extend(newest.map(|version| (kpi.id, version)));
        }
        let annulled = contract::annulled_on(tx, id).await?.is_some();
        let of = |kpi| {
            last.iter()
                .find(|(id, _)| *id == kpi)
                .map(|(_, version)| version)
        };
        decide_variation(&contract, annulled, (before, number), &changes, of, tx.at())?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: id.to_string(),
            inputs_upto: None,
            body: ContractVaried {
                contract: id,
                number,
                reason: self.reason.hash,
                changes: changes.clone(),
            }
            .into(),
        })?;
        variation::Entity::insert(variation::ActiveModel {
            contract_id: Set(id.uuid()),
            number: Set(i64::from(number)),
            reason: Set(self.reason.hash.as_bytes().to_vec()),
            varied_by: Set(by.uuid()),
            at: Set(tx.at().micros()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        for change in &changes {
            let beyond = known.get(&change.kpi);
            store_change(tx, &contract, change, number, beyond).await?;
        }
        self.reason.keep(tx).await?;
        Ok(id)
    }
}

async fn store_change(
    tx: &Tx,
    contract: &Contract,
    change: &KpiChange,
    number: u32,
    beyond: Option<&Beyond>,
) -> Result<(), AppError> {
    let found = contract.kpi(change.kpi).zip(beyond);
    let (kpi, beyond) = found.ok_or_else(|| AppError::internal("a KPI without versions"))?;
    version::Entity::insert(version::ActiveModel {
        kpi_id: Set(change.kpi.uuid()),
        number: Set(i64::from(number)),
        units: Set(change.quantity.units()),
        from_day: Set(change.from.to_string()),
    })
    .exec_without_returning(tx)
    .await?;
    let varied = vary(&beyond.schedule(kpi)?, &change.quantity, change.from);
    let varied = varied.map_err(|error| AppError::refused("TOO_LARGE", error))?;
    delivery::insert_schedule(tx, change.kpi, &varied).await
}

struct Rate {
    actor: Actor,
    contract: ContractId,
    input: RateKpi,
    reason: Option<Remark>,
}

impl Command for Rate {
    const NAME: &'static str = "rate_kpi";
    type Out = KpiId;

    async fn run(&self, tx: &mut Tx) -> Result<KpiId, AppError> {
        let contract = load(tx, self.contract).await?;
        let facts = of_the_buyer(&contract);
        let permit = authorize(tx, &self.actor, Action::RateKpi, &facts).await?;
        let by = permit.actor.id;
        let id = self.input.kpi;
        let kpi = contract.kpi(id).ok_or_else(unknown_kpi)?;
        let schedule = match delivery::beyond(tx, &[id]).await?.get(&id) {
            Some(beyond) => beyond.schedule(kpi)?,
            None => Vec::new(),
        };
        let due = schedule
            .iter()
            .find(|due| due.period.from() == self.input.from);
        let Some(due) = due else {
            return Err(RatingError::UnknownPeriod.into());
        };
        let last = delivery::last_rating(tx, id, self.input.from).await?;
        let facts = RatingFacts {
            due: Some(due.due.units()),
            delivered: delivery::delivered_units(tx, id, due.period).await?,
            thresholds: kpi.terms.thresholds,
            last: last.as_ref(),
            at: tx.at(),
        };
        let rating = match self.input.rating {
            Some(rating) => rating,
            None => expected(&facts)
                .map_err(AppError::internal)?
                .ok_or(RatingError::NoThresholds)?,
        };
        let rated = decide_rating(due.period, (rating, self.reason.is_some()), &facts)?;
        let delivered = kpi.quantity.with_units(rated.delivered);
        let reason = self.reason.as_ref().map(|reason| reason.hash);
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: id.to_string(),
            inputs_upto: None,
            body: KpiRated {
                contract: self.contract,
                kpi: id,
                period: due.period,
                due: due.due.clone(),
                delivered: delivered.map_err(AppError::internal)?,
                rating,
                reason,
            }
            .into(),
        })?;
        let period = (id, self.input.from);
        insert_rating(tx, period, &rated, reason, (by, index)).await?;
        if let Some(reason) = &self.reason {
            reason.keep(tx).await?;
        }
        Ok(id)
    }
}

async fn insert_rating(
    tx: &Tx,
    (kpi, from): (KpiId, Date),
    rated: &Rated,
    reason: Option<Hash>,
    (by, index): (PersonId, u64),
) -> Result<(), AppError> {
    rating::Entity::insert(rating::ActiveModel {
        kpi_id: Set(kpi.uuid()),
        from_day: Set(from.to_string()),
        entry_idx: Set(column(index)?),
        rating: Set(rated.rating.as_str().to_owned()),
        due_units: Set(rated.due),
        delivered_units: Set(rated.delivered),
        reason: Set(reason.map(|hash| hash.as_bytes().to_vec())),
        rated_by: Set(by.uuid()),
        at: Set(tx.at().micros()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// The rating of the period in which a claim's last day lies follows a correction or reversal of the claim; it stands in the
/// entry at `index`.
pub(crate) async fn rate_again(
    tx: &Tx,
    claim: &Claim,
    by: PersonId,
    index: u64,
) -> Result<(), AppError> {
    let Some(answers) = claim.answers else {
        return Ok(());
    };
    let contract = load(tx, answers.contract).await?;
    let kpi = contract.kpi(answers.kpi).ok_or_else(unknown_kpi)?;
    let schedule = match delivery::beyond(tx, &[kpi.id]).await?.get(&kpi.id) {
        Some(beyond) => beyond.schedule(kpi)?,
        None => Vec::new(),
    };
    let ends = claim.period.to();
    let part = schedule
        .iter()
        .find(|part| part.period.from() < ends && ends <= part.period.to());
    let Some(period) = part.map(|part| part.period) else {
        return Ok(());
    };
    let last = delivery::last_rating(tx, kpi.id, period.from()).await?;
    let delivered = delivery::delivered_units(tx, kpi.id, period).await?;
    let again =
        decide_again(last.as_ref(), delivered, kpi.terms.thresholds).map_err(AppError::internal)?;
    match again {
        Some(rated) => insert_rating(tx, (kpi.id, period.from()), &rated, None, (by, index)).await,
        None => Ok(()),
    }
}

fn unknown_kpi() -> AppError {
    AppError::refused_at(
        "UNKNOWN_KPI",
        "kpi",
        "there is no such KPI: use the id that its contract shows",
    )
}

impl App {
    /// Varies a contract, as an officer of its buyer: numbered, reasoned, and never backwards.
    pub async fn vary_contract(
        &self,
        actor: &Actor,
        input: VaryContract,
    ) -> Result<Written<ContractId>, AppError> {
        let command = Vary {
            actor: actor.clone(),
            reason: Remark::new(self, "reason", &input.reason)?,
            input,
        };
        self.store.write(None, command).await
    }

    /// Rates a period of a KPI, as an officer of its buyer, by the published thresholds or for a stated reason.
    pub async fn rate_kpi(
        &self,
        actor: &Actor,
        input: RateKpi,
    ) -> Result<Written<KpiId>, AppError> {
        let row = contract::kpi::Entity::find_by_id(input.kpi.uuid())
            .one(self.store.read())
            .await?
            .ok_or_else(unknown_kpi)?;
        let command = Rate {
            actor: actor.clone(),
            contract: ContractId::from_uuid(row.contract_id),
            reason: Remark::optional(self, "reason", input.reason.as_deref())?,
            input,
        };
        self.store.write(None, command).await
    }
}
