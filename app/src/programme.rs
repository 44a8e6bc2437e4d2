//! Use-cases of programmes: an outcome payer publishes its terms, states what it owes by them, and records payments that
//! happened outside. No money is held for anyone.

mod due;

use std::collections::BTreeSet;

use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::amount::{Money, Share};
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::ids::{CatalogueId, Id, OrganisationId, ProgrammeId};
use commonweal_domain::log::canonical::canonical_blob;
use commonweal_domain::log::entry::Draft;
use commonweal_domain::organisation::certification::SeoKind;
use commonweal_domain::programme::entries::{ProgrammeOpened, ProgrammePaid, ProgrammeStated};
use commonweal_domain::programme::{
    Direction, InvalidProgramme, Payment, PaymentError, Programme, StatementError, StatementFacts,
    Valuation, decide_payment, decide_statement,
};
use commonweal_domain::time::{Date, Period};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::organisation::column;
use crate::store::programme::{self, payment, standing, standing_of, statement};
use crate::store::{Command, IdempotencyKey, Tx, Written};
use crate::text::place;

/// Input of [`App::open_programme`]; see [`Programme`].
#[derive(Debug, Clone, Serialize)]
pub struct OpenProgramme {
    /// Who pays.
    pub payer: OrganisationId,
    /// What people call it.
    pub title: String,
    /// The part of the recognised worth that is paid.
    pub rate: Share,
    /// The part of an outcome's worth to which the rate applies.
    pub recognised: Share,
    /// What one whole unit of each measure is worth.
    pub values: Vec<(MeasureRef, Money)>,
    /// The most that one organisation is entitled to.
    pub cap: Option<Money>,
    /// The most that all are owed together.
    pub budget: Money,
    /// When outcomes must have been delivered.
    pub period: Period,
    /// Where; everywhere when there is none.
    pub places: Vec<String>,
    /// As what organisations must be certified; anybody when there is none.
    pub kinds: Vec<SeoKind>,
    /// Whether outcomes count that answer a KPI.
    pub contracted: bool,
    /// The first days on which each statement may be made.
    pub statement_days: Vec<Date>,
}

/// Input of [`App::record_payment`]; see [`Payment`].
#[derive(Debug, Clone, Serialize)]
pub struct RecordPayment {
    /// Under which programme.
    pub programme: ProgrammeId,
    /// With whom.
    pub organisation: OrganisationId,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub amount: Money,
    /// The day of the payment.
    pub on: Date,
    /// The reference under which payer and payee find it.
    pub reference: String,
}

fn of_the_payer(payer: OrganisationId) -> Facts<'static> {
    Facts {
        organisation: Some(payer),
        ..Facts::default()
    }
}

struct Open {
    actor: Actor,
    programme: Programme,
    body: Vec<u8>,
}

impl Command for Open {
    const NAME: &'static str = "open_programme";
    type Out = ProgrammeId;

    async fn run(&self, tx: &mut Tx) -> Result<ProgrammeId, AppError> {
        let facts = of_the_payer(self.programme.payer);
        let permit = authorize(tx, &self.actor, Action::OpenProgramme, &facts).await?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.programme.id.to_string(),
            inputs_upto: None,
            body: ProgrammeOpened {
                programme: self.programme.clone(),
            }
            .into(),
        })?;
        programme::Entity::insert(programme::ActiveModel {
            id: Set(self.programme.id.uuid()),
            payer_id: Set(self.programme.payer.uuid()),
            body: Set(self.body.clone()),
            entry_idx: Set(column(index)?),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(self.programme.id)
    }
}

struct State {
    actor: Actor,
    programme: ProgrammeId,
}

impl Command for State {
    const NAME: &'static str = "state_entitlements";
    /// The number of the statement.
    type Out = u32;

    async fn run(&self, tx: &mut Tx) -> Result<u32, AppError> {
        let terms = programme::load(tx, self.programme).await?;
        let facts = of_the_payer(terms.payer);
        let permit = authorize(tx, &self.actor, Action::StateEntitlements, &facts).await?;
        let made = statement::Entity::find()
            .filter(statement::Column::ProgrammeId.eq(terms.id.uuid()))
            .count(tx)
            .await?;
        let mut standings = programme::standings(tx, terms.id).await?;
        let mut due = due::due(tx, &terms).await?;
        let number = u32::try_from(made).map_err(AppError::internal)?;
        let facts = StatementFacts {
            number: number.saturating_add(1),
            on: tx.at().date(),
            outcomes: &due.outcomes,
            before: &due.before,
            standings: &standings,
        };
        let made = decide_statement(&terms, facts)?;
        made.settle(&mut due.before, &mut standings);
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: terms.id.to_string(),
            inputs_upto: None,
            body: ProgrammeStated {
                statement: made.clone(),
            }
            .into(),
        })?;
        programme::insert_statement(tx, &made, &standings, index).await?;
        Ok(made.number)
    }
}

struct Pay {
    actor: Actor,
    payment: Payment,
}

impl Command for Pay {
    const NAME: &'static str = "record_payment";
    /// Log index of the payment.
    type Out = u64;

    async fn run(&self, tx: &mut Tx) -> Result<u64, AppError> {
        let paid = &self.payment;
        let terms = programme::load(tx, paid.programme).await?;
        let facts = of_the_payer(terms.payer);
        let permit = authorize(tx, &self.actor, Action::RecordPayment, &facts).await?;
        let key = (paid.programme.uuid(), paid.organisation.uuid());
        let stands = standing::Entity::find_by_id(key).one(tx).await?;
        let known = payment::Entity::find()
            .filter(payment::Column::ProgrammeId.eq(paid.programme.uuid()))
            .filter(payment::Column::Reference.eq(paid.reference.as_str()))
            .count(tx)
            .await?;
        let after = decide_payment(
            paid,
            terms.budget.currency(),
            stands.as_ref().map(standing_of),
            known > 0,
            tx.at().date(),
        )?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: paid.programme.to_string(),
            inputs_upto: None,
            body: ProgrammePaid {
                payment: paid.clone(),
            }
            .into(),
        })?;
        payment::Entity::insert(payment::ActiveModel {
            entry_idx: Set(column(index)?),
            programme_id: Set(paid.programme.uuid()),
            organisation_id: Set(paid.organisation.uuid()),
            direction: Set(paid.direction.as_str().to_owned()),
            minor: Set(paid.amount.minor()),
            on_day: Set(paid.on.to_string()),
            reference: Set(paid.reference.clone()),
            at: Set(tx.at().micros()),
        })
        .exec_without_returning(tx)
        .await?;
        standing::Entity::update(standing::ActiveModel {
            programme_id: Set(paid.programme.uuid()),
            organisation_id: Set(paid.organisation.uuid()),
            paid_minor: Set(after),
            ..Default::default()
        })
        .exec(tx)
        .await?;
        Ok(index)
    }
}

impl App {
    /// Publishes the terms of a programme. With the same key and body it happens once.
    pub async fn open_programme(
        &self,
        actor: &Actor,
        key: &str,
        input: OpenProgramme,
    ) -> Result<Written<ProgrammeId>, AppError> {
        actor::authorize(actor, Action::OpenProgramme, &of_the_payer(input.payer))?;
        let key = IdempotencyKey::of_body(input.payer, key, &input)?;
        let places = input.places.iter().enumerate();
        let places = places.map(|(at, code)| place(&format!("places.{at}"), code));
        let values = input.values.into_iter();
        let programme = Programme {
            id: self.ids.new(),
            payer: input.payer,
            title: input.title,
            rate: input.rate,
            recognised: input.recognised,
            values: values
                .map(|(measure, value)| Valuation { measure, value })
                .collect(),
            cap: input.cap,
            budget: input.budget,
            period: input.period,
            places: places.collect::<Result<_, _>>()?,
            kinds: input.kinds,
            contracted: input.contracted,
            statement_days: input.statement_days,
        };
        self.check_terms(&programme).await?;
        let command = Open {
            actor: actor.clone(),
            body: canonical_blob(&programme).map_err(AppError::internal)?,
            programme,
        };
        self.store.write(Some(key), command).await
    }

    async fn check_terms(&self, programme: &Programme) -> Result<(), AppError> {
        let catalogues: BTreeSet<CatalogueId> = programme
            .values
            .iter()
            .map(|valuation| valuation.measure.catalogue)
            .collect();
        let catalogues: Vec<CatalogueId> = catalogues.into_iter().collect();
        let known = self.read().catalogues_by_id(&catalogues).await?;
        Ok(programme.check(|measure| {
            let view = known.get(&measure.catalogue)?;
            view.catalogue.measure(&measure.code)
        })?)
    }

    /// States what a programme owes by its terms; answers the number of the statement. With the same key it happens once.
    pub async fn state_entitlements(
        &self,
        actor: &Actor,
        key: &str,
        id: ProgrammeId,
    ) -> Result<Written<u32>, AppError> {
        let terms = programme::load(self.store.read(), id).await?;
        actor::authorize(actor, Action::StateEntitlements, &of_the_payer(terms.payer))?;
        let key = IdempotencyKey::of_body(terms.payer, key, &id)?;
        let command = State {
            actor: actor.clone(),
            programme: id,
        };
        self.store.write(Some(key), command).await
    }

    /// Records a payment that happened outside; answers its log index. With the same key and body it happens once.
    pub async fn record_payment(
        &self,
        actor: &Actor,
        key: &str,
        input: RecordPayment,
    ) -> Result<Written<u64>, AppError> {
        let terms = programme::load(self.store.read(), input.programme).await?;
        actor::authorize(actor, Action::RecordPayment, &of_the_payer(terms.payer))?;
        let key = IdempotencyKey::of_body(terms.payer, key, &input)?;
        let command = Pay {
            actor: actor.clone(),
            payment: Payment {
                programme: input.programme,
                organisation: input.organisation,
                direction: input.direction,
                amount: input.amount,
                on: input.on,
                reference: input.reference,
            },
        };
        self.store.write(Some(key), command).await
    }
}

impl From<InvalidProgramme> for AppError {
    fn from(error: InvalidProgramme) -> Self {
        Self::refused_at("PROGRAMME", error.field(), error)
    }
}

impl From<StatementError> for AppError {
    fn from(error: StatementError) -> Self {
        let code = match &error {
            StatementError::NotYet { .. } => "NOT_YET",
            StatementError::Nothing => "NOTHING_TO_STATE",
            StatementError::TooMuch { .. } | StatementError::Arithmetic(_) => "TOO_LARGE",
        };
        Self::refused_at(code, "programme", error)
    }
}

impl From<PaymentError> for AppError {
    fn from(error: PaymentError) -> Self {
        let code = match &error {
            PaymentError::Text(_) => "TEXT",
            PaymentError::NotPositive(_) | PaymentError::Currency { .. } => "AMOUNT",
            PaymentError::NoLine(_) => "NOTHING_STATED",
            PaymentError::TooMuch { .. } => "MORE_THAN_OWED",
            PaymentError::Future { .. } => "NOT_YET",
            PaymentError::Again(_) => "PAID_BEFORE",
        };
        Self::refused_at(code, error.field(), error)
    }
}
