//! The use-case of retirement: units are claimed for ever, with serials and a certificate.

use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::credit::movement::{RetirementRequest, decide_retirement};
use commonweal_domain::credit::substitution::{SubstitutionFacts, decide_substitution};
use commonweal_domain::credit::{Batch, Class};
use commonweal_domain::ids::{BatchId, ContractId, Id, KpiId, OrganisationId, RetirementId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::time::Period;
use sea_orm::EntityTrait;
use serde::Serialize;

use crate::App;
use crate::account::units_as_text;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::issue::Accounts;
use crate::moves::{Asked, Books, Move, Moved, RETIRE};
use crate::remark::Remark;
use crate::store::{Command, IdempotencyKey, Tx, Written, contract, credit, credit_left};
use crate::text::place;

/// Input of [`App::retire_credits`].
#[derive(Debug, Clone, Serialize)]
pub struct RetireCredits {
    /// Which batch.
    pub batch: BatchId,
    /// Whose units.
    pub holder: OrganisationId,
    /// How many smallest units.
    #[serde(serialize_with = "units_as_text")]
    pub units: i64,
    /// The organisation that may say that the outcome is its own.
    pub beneficiary: OrganisationId,
    /// Where it says so: a country or place code.
    pub jurisdiction: String,
    /// For when it says so, such as a financial year.
    pub period: Period,
    /// The KPI that the units cover, of a contract of the holder that is short and whose documents allow it.
    pub covers: Option<KpiId>,
    /// Why, in words that can be erased.
    pub note: Option<String>,
}

/// A retirement as cover for a KPI, which is decided with its contract.
struct Cover {
    actor: Actor,
    id: RetirementId,
    kpi: KpiId,
    input: RetireCredits,
    note: Option<Remark>,
}

impl Command for Cover {
    const NAME: &'static str = RETIRE;
    type Out = RetirementId;

    async fn run(&self, tx: &mut Tx) -> Result<RetirementId, AppError> {
        let input = &self.input;
        let facts = Facts {
            organisation: Some(input.holder),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::RetireCredits, &facts).await?;
        let asked = Asked {
            named: Some(input.beneficiary),
            ..Asked::of(input.batch, input.holder)
        };
        let books = Books::one(tx, asked).await?;
        let (batch, class) = books.batch(tx.staged(), input.batch)?;
        if books.party(input.beneficiary).is_none() {
            return Err(AppError::refused_at(
                "UNKNOWN_ORGANISATION",
                "beneficiary",
                "the beneficiary is not registered: a retirement names a registered organisation",
            ));
        }
        let request = RetirementRequest {
            id: self.id,
            holder: input.holder,
            units: input.units,
            beneficiary: input.beneficiary,
            jurisdiction: place("jurisdiction", &input.jurisdiction)?,
            period: input.period,
            note: self.note.as_ref().map(|note| note.hash),
            covers: Some(self.kpi),
        };
        let free = books.free(tx.staged(), &batch, input.holder);
        let body = decide_retirement(request, &batch, class, free)?;
        self.check_cover(tx, &batch, class).await?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: input.batch.to_string(),
            inputs_upto: None,
            body: body.clone().into(),
        })?;
        let holder = Some(input.holder);
        credit::insert_retirement(tx, input.batch, holder, &body.retirement, tx.at(), index)
            .await?;
        credit_left::change_kpi(tx, self.kpi, |account| {
            credit_left::plus(&mut account.covered_units, input.units)
        })
        .await?;
        if let Some(note) = &self.note {
            note.keep(tx).await?;
        }
        Ok(self.id)
    }
}

impl Cover {
    /// Bought cover must be allowed by the contract and the class.
    async fn check_cover(&self, tx: &Tx, batch: &Batch, class: &Class) -> Result<(), AppError> {
        let id = self.kpi;
        let unknown = || {
            AppError::refused_at(
                "UNKNOWN_KPI",
                "covers",
                "there is no such KPI: use the id of a KPI of a signed contract",
            )
        };
        let row = contract::kpi::Entity::find_by_id(id.uuid()).one(tx).await?;
        let signed = ContractId::from_uuid(row.ok_or_else(unknown)?.contract_id);
        let signed = contract::load(tx, signed).await?.ok_or_else(unknown)?;
        let kpi = signed.kpi(id).ok_or_else(unknown)?;
        let accounts = Accounts::load(tx, &[kpi]).await?;
        let facts = SubstitutionFacts {
            kpi,
            standing: accounts.standing((signed.id, signed.buyer), kpi, true),
            supplier: signed.supplier,
            published: signed.substitution_share,
            holder: self.input.holder,
            beneficiary: self.input.beneficiary,
        };
        decide_substitution(self.input.units, batch, class, &facts)?;
        Ok(())
    }
}

impl App {
    /// Retires units for ever. With the same key and body it happens once.
    pub async fn retire_credits(
        &self,
        actor: &Actor,
        key: &str,
        input: RetireCredits,
    ) -> Result<Written<RetirementId>, AppError> {
        let Some(kpi) = input.covers else {
            let answer = self.move_one(actor, key, &Move::Retire(input)).await?;
            return answer.only(|moved| match moved {
                Moved::Retirement(id) => Some(id),
                _ => None,
            });
        };
        let facts = Facts {
            organisation: Some(input.holder),
            ..Facts::default()
        };
        actor::authorize(actor, Action::RetireCredits, &facts)?;
        let key = IdempotencyKey::of_body(input.holder, key, &input)?;
        let command = Cover {
            actor: actor.clone(),
            id: self.ids.new(),
            kpi,
            note: Remark::optional(self, "note", input.note.as_deref())?,
            input,
        };
        self.store.write(Some(key), command).await
    }
}
