//! Annulment of an award. Before the contract another award can follow from the same ranking; after it the contract ends,
//! and its KPIs can be claimed for what was delivered before.

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{ContractId, Id, TenderId};
use commonweal_domain::tender::Lot;
use commonweal_domain::tender::entries::AwardAnnulled;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::App;
use crate::authorization::authorize;
use crate::award::decided_index;
use crate::error::AppError;
use crate::organisation::column;
use crate::reason::NewReason;
use crate::store::contract::{self, annulment};
use crate::store::evaluation::award;
use crate::store::process::standstill;
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

struct Annul {
    actor: Actor,
    tender: TenderId,
    reason: NewReason,
}

impl Command for Annul {
    const NAME: &'static str = "annul_award";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = authorize(tx, &self.actor, Action::AnnulAward, &tender.facts()).await?;
        let signed = contract::Entity::find()
            .filter(contract::Column::TenderId.eq(self.tender.uuid()))
            .all(tx)
            .await?;
        let stage = tender.stage.can_annul(signed.len())?;
        let award = decided_index(tx, &tender).await?;
        let award = award.ok_or_else(|| AppError::internal("a stage without its award"))?;
        let ended = in_order(&tender, &signed);
        let body = AwardAnnulled {
            tender: self.tender,
            award,
            contracts: ended.clone(),
            reason: self.reason.hash()?,
        };
        let actors = vec![permit.actor];
        let index = tender.append(tx, actors, Some(&self.reason), body).await?;
        if signed.is_empty() {
            award::Entity::delete_many()
                .filter(award::Column::TenderId.eq(tender.row.id))
                .exec(tx)
                .await?;
        }
        end_contracts(tx, &ended, column(index)?).await?;
        standstill::Entity::delete_by_id(tender.row.id)
            .exec(tx)
            .await?;
        tender.store(tx, stage, |_| {}).await
    }
}

/// The contracts of a tender in the order of the plan's lots.
fn in_order(tender: &LoadedTender, signed: &[contract::Model]) -> Vec<ContractId> {
    let lots = tender.plan.lots.iter();
    let of_lot = |lot: &Lot| {
        let code = lot.code.as_str();
        signed.iter().find(|row| row.lot.as_deref() == Some(code))
    };
    lots.filter_map(of_lot)
        .map(|row| ContractId::from_uuid(row.id))
        .collect()
}

async fn end_contracts(tx: &Tx, contracts: &[ContractId], index: i64) -> Result<(), AppError> {
    for id in contracts {
        annulment::Entity::insert(annulment::ActiveModel {
            contract_id: Set(id.uuid()),
            annulled_on: Set(tx.at().date().to_string()),
            entry_idx: Set(index),
        })
        .exec_without_returning(tx)
        .await?;
    }
    Ok(())
}

impl App {
    /// Annuls the award of a tender, before its contract or after it.
    pub async fn annul_award(
        &self,
        actor: &Actor,
        tender: TenderId,
        reason: String,
    ) -> Result<Written<()>, AppError> {
        let command = Annul {
            actor: actor.clone(),
            tender,
            reason: NewReason::new(&self.ids, "reason", reason)?,
        };
        self.store.write(None, command).await
    }
}
