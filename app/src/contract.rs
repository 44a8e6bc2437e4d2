//! The use-case of contracts: an officer signs what was awarded. The award's commitments become KPIs as they are; nobody
//! retypes them.

use std::collections::HashMap;

use commonweal_domain::actor::{self, Action, Actor};
use commonweal_domain::catalogue::{Measure, MeasureRef};
use commonweal_domain::contract::Contract;
use commonweal_domain::contract::entries::ContractSigned;
use commonweal_domain::contract::signing::{SigningError, decide_signing};
use commonweal_domain::ids::{ContractId, Id, TenderId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::tender::stage::Step;
use commonweal_domain::tender::{LotCode, LotRef};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::award::{awarded_lots, load_award};
use crate::error::AppError;
use crate::notice::standstill_end;
use crate::policy::binding::check_signing;
use crate::store::{Command, Tx, Written, contract};
use crate::tender::LoadedTender;

struct Sign {
    actor: Actor,
    tender: TenderId,
    lot: LotCode,
    /// Made from the award before the transaction; the decision compares it with the award again.
    contract: Contract,
    /// What the measure of each KPI counts.
    outcomes: Vec<String>,
    /// The measures of its KPIs, which never change.
    measures: HashMap<MeasureRef, Measure>,
}

impl Command for Sign {
    const NAME: &'static str = "sign_contract";
    type Out = ContractId;

    async fn run(&self, tx: &mut Tx) -> Result<ContractId, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::SignContract, &tender.facts()).await?;
        let award = load_award(tx, &tender, &self.lot).await?;
        let contracts = contract::Entity::find()
            .filter(contract::Column::TenderId.eq(self.tender.uuid()))
            .all(tx)
            .await?;
        let lot = Some(self.lot.as_str());
        let signed = contracts.iter().find(|row| row.lot.as_deref() == lot);
        let signed = signed.map(|row| ContractId::from_uuid(row.id));
        decide_signing(&self.contract, award.as_ref(), signed, |reference| {
            self.measures.get(reference)
        })?;
        check_signing(tx, &tender, self.contract.kpis.len()).await?;
        let awards = awarded_lots(tx, &tender).await?;
        let awards = usize::try_from(awards).map_err(AppError::internal)?;
        let step = Step::sign(contracts.len() + 1, awards);
        let ends_at = standstill_end(tx, &tender).await?;
        let stage = tender.stage.can_sign(step, ends_at, tx.at())?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.contract.id.to_string(),
            inputs_upto: None,
            body: ContractSigned {
                contract: self.contract.clone(),
            }
            .into(),
        })?;
        tender.note(tx, "contract.signed", index, None).await?;
        contract::insert(tx, &self.contract, &self.outcomes, tx.at(), index).await?;
        tender.store(tx, stage, |_| ()).await?;
        Ok(self.contract.id)
    }
}

impl App {
    /// Signs the contract of a lot whose award was decided; the lot may be left out where there is one. One award makes one
    /// contract.
    pub async fn sign_contract(
        &self,
        actor: &Actor,
        tender: TenderId,
        lot: Option<LotCode>,
    ) -> Result<Written<ContractId>, AppError> {
        let loaded = LoadedTender::load(self.store.read(), tender).await?;
        actor::authorize(actor, Action::SignContract, &loaded.facts())?;
        let lot = loaded.lot(lot.as_ref())?;
        let award = load_award(self.store.read(), &loaded, &lot).await?;
        let named = || LotRef {
            tender,
            lot: lot.clone(),
        };
        let award = award.ok_or_else(|| SigningError::NoAward(named()))?;
        let mut outcomes = Vec::with_capacity(award.commitments.len());
        let mut measures = HashMap::new();
        for commitment in &award.commitments {
            let named = &commitment.measure;
            let found = self.read().measure_with_outcome(named).await?;
            let (measure, outcome) = found.ok_or(SigningError::UnknownMeasure(named.clone()))?;
            outcomes.push(outcome);
            measures.insert(named.clone(), measure);
        }
        let measure = |reference: &MeasureRef| measures.get(reference).cloned();
        let contract = Contract::from_award(self.ids.new(), &award, || self.ids.new(), measure)?;
        let command = Sign {
            actor: actor.clone(),
            tender,
            lot,
            contract,
            outcomes,
            measures,
        };
        self.store.write(None, command).await
    }
}
