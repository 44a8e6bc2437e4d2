//! The use-case of issuing: the credits of one verified claim, once, by a registrar who took no earlier step. And before
//! it, the supplier's word that it means to trade surplus.

use std::collections::{BTreeSet, HashMap};

use commonweal_domain::actor::{self, Action, Actor, Facts, Role};
use commonweal_domain::amount::Share;
use commonweal_domain::contract::{Claim, Kpi, KpiRef};
use commonweal_domain::credit::entries::SurplusIntended;
use commonweal_domain::credit::issue::{IssueError, IssueFacts, decide_issue};
use commonweal_domain::credit::terms::{KpiAccount, KpiStanding, Terms};
use commonweal_domain::ids::{
    BatchId, ClaimId, ContractId, Id, KpiId, OrganisationId, PersonId, RetirementId,
};
use commonweal_domain::log::entry::Draft;
use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;

use crate::App;
use crate::account::liable;
use crate::authorization::authorize;
use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::group;
use crate::organisation::column;
use crate::rng::Ids;
use crate::store::credit_left::surplus_intent;
use crate::store::{
    Command, IdempotencyKey, Tx, Written, beneficiary, challenge, claim, contract, credit,
    credit_left, delivery, moves,
};

struct Issue {
    actor: Actor,
    claim: ClaimId,
    /// Of the measure, which never changes; none where it is not known.
    deadweight: Option<Share>,
    /// What the measure counts.
    outcome: String,
    batch: BatchId,
    ids: Ids,
}

impl Command for Issue {
    const NAME: &'static str = "issue_credits";
    type Out = BatchId;

    async fn run(&self, tx: &mut Tx) -> Result<BatchId, AppError> {
        let recorded = claim::load(tx, self.claim)
            .await?
            .ok_or_else(unknown_claim)?;
        let earlier: Vec<PersonId> = std::iter::once(recorded.submitted_by)
            .chain(recorded.verifiers.iter().copied())
            .collect();
        let claim = &recorded.claim;
        let claimant = group::known_group(tx, claim.claimant).await?;
        let theirs = group::members(tx, &[claimant]).await?;
        let facts = Facts {
            earlier: &earlier,
            interested: &theirs,
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::IssueCredits, &facts).await?;
        let by = permit.actor.id;
        let vintage = claim.vintage().map_err(AppError::internal)?;
        let key = (claim.measure.clone(), claim.place.clone(), vintage);
        let class = credit::class_with(tx, &key).await?.ok_or_else(|| {
            let (measure, place, _) = &key;
            AppError::refused_at(
                "NO_CLASS",
                "claim",
                format!(
                    "there is no class of `{}` at {place} in {vintage}: define it first",
                    measure.code
                ),
            )
        })?;
        let frozen = challenge::frozen(tx, &BTreeSet::from([claim.id.uuid()])).await?;
        let facts = IssueFacts {
            claim,
            verified: recorded.verified.as_ref(),
            issued: credit::batch_of(tx, self.claim).await?,
            class: &class,
            terms: &self.terms(tx, claim).await?,
            challenged: frozen.into_values().min(),
            liable: liable(tx, claimant).await?,
            elsewhere: beneficiary::issued_elsewhere(tx, self.claim, class.id).await?,
            registrar: by,
            related: group::groups_of(tx, by).await?.contains(&claimant),
            earlier: &earlier,
        };
        let issued = match decide_issue(self.batch, || self.ids.new::<RetirementId>(), &facts) {
            // The credits of a claim are issued once: a second request gets the batch of the first.
            Err(IssueError::AlreadyIssued { batch }) => return Ok(batch),
            decided => decided?,
        };
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.batch.to_string(),
            inputs_upto: None,
            body: issued.clone().into(),
        })?;
        let kpi = claim.answers.map(|answers| answers.kpi);
        credit::insert_batch(tx, &issued, kpi, by, tx.at(), index).await?;
        Ok(self.batch)
    }
}

impl Issue {
    async fn terms(&self, tx: &Tx, claim: &Claim) -> Result<Terms, AppError> {
        let Some(answers) = claim.answers else {
            return Ok(Terms::Outside {
                deadweight: self.deadweight,
                kpis: asked_of_group(tx, claim, &self.outcome).await?,
            });
        };
        let missing = || AppError::internal(format!("the claim {} answers no KPI", claim.id));
        let signed = contract::load(tx, answers.contract)
            .await?
            .ok_or_else(missing)?;
        let kpis: Vec<&Kpi> = signed.kpis.iter().collect();
        let accounts = Accounts::load(tx, &kpis).await?;
        let kpis = kpis.into_iter().map(|kpi| {
            let matches = kpi.id == answers.kpi || kpi.asks_for(claim);
            accounts.standing((signed.id, signed.buyer), kpi, matches)
        });
        Ok(Terms::Contract {
            named: answers.kpi,
            surplus_tradable: signed.surplus_tradable,
            intended_on: credit_left::intended_on(tx, answers.kpi).await?,
            kpis: kpis.collect(),
        })
    }
}

/// What KPIs bind to today, and what credits have done for them.
pub(crate) struct Accounts {
    binding: HashMap<KpiId, i64>,
    accounts: HashMap<KpiId, KpiAccount>,
}

impl Accounts {
    pub(crate) async fn load(tx: &Tx, kpis: &[&Kpi]) -> Result<Self, AppError> {
        let ids: Vec<KpiId> = kpis.iter().map(|kpi| kpi.id).collect();
        Ok(Self {
            binding: delivery::binding(tx, kpis, tx.at().date()).await?,
            accounts: credit_left::kpi_accounts(tx, &ids).await?,
        })
    }

    /// Of a KPI of a contract with a buyer.
    pub(crate) fn standing(
        &self,
        (contract, buyer): (ContractId, OrganisationId),
        kpi: &Kpi,
        matches: bool,
    ) -> KpiStanding {
        let binding = self.binding.get(&kpi.id).copied();
        KpiStanding {
            contract,
            kpi: kpi.id,
            buyer,
            quantity_units: binding.unwrap_or(kpi.quantity.units()),
            account: self.accounts.get(&kpi.id).copied().unwrap_or_default(),
            matches,
        }
    }
}

/// KPIs of the claimant's group that ask for the outcome of a claim outside contracts, in the order of their contracts.
async fn asked_of_group(
    tx: &Tx,
    claim: &Claim,
    outcome: &str,
) -> Result<Vec<KpiStanding>, AppError> {
    let group = group::known_group(tx, claim.claimant).await?;
    let suppliers = group::members(tx, &[group]).await?;
    let from = claim.period.from();
    let asked = contract::asking_for(tx, outcome, &claim.place, from, &suppliers).await?;
    let asked = asked.into_iter().filter(|(_, _, kpi)| kpi.matches(claim));
    let asked: Vec<(ContractId, Kpi)> = asked.map(|(signed, _, kpi)| (signed, kpi)).collect();
    let kpis: Vec<&Kpi> = asked.iter().map(|(_, kpi)| kpi).collect();
    let accounts = Accounts::load(tx, &kpis).await?;
    let contracts = asked.iter().map(|(id, _)| id.uuid()).collect();
    let contracts = moves::by_id::<contract::Entity>(tx, &contracts).await?;
    let buyers = contracts.iter().map(|row| (row.id, row.buyer_id));
    let buyers: HashMap<Uuid, Uuid> = buyers.collect();
    let standing = |(id, kpi): &(ContractId, Kpi)| {
        let buyer = buyers.get(&id.uuid()).copied();
        let buyer = buyer.ok_or_else(|| AppError::internal("a KPI without its contract"))?;
        let signed = (*id, OrganisationId::from_uuid(buyer));
        Ok(accounts.standing(signed, kpi, true))
    };
    asked.iter().map(standing).collect()
}

struct Intend {
    actor: Actor,
    kpi: KpiId,
}

impl Command for Intend {
    const NAME: &'static str = "intend_surplus";
    type Out = KpiId;

    async fn run(&self, tx: &mut Tx) -> Result<KpiId, AppError> {
        let unknown = || {
            AppError::refused_at(
                "UNKNOWN_KPI",
                "kpi",
                "there is no such KPI: use the id of a KPI of a signed contract",
            )
        };
        let row = contract::kpi::Entity::find_by_id(self.kpi.uuid())
            .one(tx)
            .await?;
        let id = ContractId::from_uuid(row.ok_or_else(unknown)?.contract_id);
        let signed = contract::load(tx, id).await?.ok_or_else(unknown)?;
        let facts = Facts {
            organisation: Some(signed.supplier),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::IntendSurplus, &facts).await?;
        if credit_left::intended_on(tx, self.kpi).await?.is_some() {
            return Err(AppError::refused_at(
                "INTENT_EXISTS",
                "kpi",
                "the intent to trade surplus of this KPI is registered already",
            ));
        }
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.kpi.to_string(),
            inputs_upto: None,
            body: SurplusIntended {
                kpi: KpiRef {
                    contract: id,
                    kpi: self.kpi,
                },
            }
            .into(),
        })?;
        surplus_intent::Entity::insert(surplus_intent::ActiveModel {
            kpi_id: Set(self.kpi.uuid()),
            on_day: Set(tx.at().date().to_string()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(self.kpi)
    }
}

impl App {
    /// Issues the credits of a verified claim. A second request for the claim, with whatever key, answers the same batch.
    pub async fn issue_credits(
        &self,
        actor: &Actor,
        key: &str,
        claim: ClaimId,
    ) -> Result<Written<BatchId>, AppError> {
        actor::authorize(actor, Action::IssueCredits, &Facts::default())?;
        // The table lets registrars alone through.
        let registry = actor.organisations(Role::Registrar).next();
        let registry = registry.ok_or(AppError::Unauthenticated)?;
        let recorded = claim::load(self.store.read(), claim)
            .await?
            .ok_or_else(unknown_claim)?;
        let found = self
            .read()
            .measure_with_outcome(&recorded.claim.measure)
            .await?;
        let (measure, outcome) =
            found.ok_or_else(|| AppError::internal("the claim's measure is gone"))?;
        let key = IdempotencyKey::of_body(registry, key, &claim)?;
        let command = Issue {
            actor: actor.clone(),
            claim,
            deadweight: measure.deadweight,
            outcome,
            batch: self.ids.new(),
            ids: self.ids.clone(),
        };
        self.store.write(Some(key), command).await
    }

    /// Registers that a KPI's supplier means to deliver more than it asks for and to trade it. Only activity that begins on a
    /// later day counts.
    pub async fn intend_surplus(
        &self,
        actor: &Actor,
        kpi: KpiId,
    ) -> Result<Written<KpiId>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Intend { actor, kpi }).await
    }
}
