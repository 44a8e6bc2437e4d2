//! Programmes of outcome payers as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::ids::{ClaimId, Id, OrganisationId, ProgrammeId};
use commonweal_domain::programme::{Direction, Programme};
use commonweal_domain::time::{Date, Time};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

use super::{Page, Read};
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::columns;
use crate::store::programme::{
    self, counted, line, payment, programme_of, standing, standing_of, statement,
};
use crate::store::sum::{SumParts, joined, sum_high, sum_low};

/// The sum of the high or the low parts of a column.
type Part = Option<i64>;

/// A programme with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgrammeView {
    /// The terms.
    pub programme: Programme,
    /// Log index of its publication.
    pub entry_index: u64,
}

/// What a programme has counted, owes and has paid, over all organisations, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// The worth of all counted claims.
    pub outcome: i64,
    /// What is owed to date.
    pub owed: i64,
    /// What was paid to date, less what was returned.
    pub paid: i64,
}

/// A statement of entitlement without its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementView {
    /// Of which programme.
    pub programme: ProgrammeId,
    /// Counted from 1.
    pub number: i64,
    /// How many claims it counted, for the first time or again.
    pub claims: i64,
    /// What it added to what is owed, over all lines, in minor units.
    pub difference: i64,
    /// What it left of the budget, in minor units.
    pub left: i64,
    /// When.
    pub at: Time,
    /// Log index of the statement.
    pub entry_index: u64,
}

/// Where a statement left an organisation, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineView {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The worth of its counted claims to date.
    pub outcome: i64,
    /// What it is entitled to.
    pub entitled: i64,
    /// What it is owed to date.
    pub owed: i64,
    /// What the statement added.
    pub difference: i64,
}

/// What a claim counts for in a programme, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedView {
    /// The claim.
    pub claim: ClaimId,
    /// Number of the statement that counted it last.
    pub number: i64,
    /// Its worth.
    pub outcome: i64,
    /// What it earned.
    pub earned: i64,
}

/// Where an organisation stands in a programme now, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntitlementView {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The worth of its counted claims.
    pub outcome: i64,
    /// What it is entitled to.
    pub entitled: i64,
    /// What it is owed to date.
    pub owed: i64,
    /// What it was paid to date, less what it returned.
    pub paid: i64,
}

/// A payment that happened outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentView {
    /// Log index of the payment.
    pub entry_index: i64,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// With whom.
    pub organisation: OrganisationId,
    /// Which way.
    pub direction: Direction,
    /// How much, in minor units.
    pub minor: i64,
    /// The day of it.
    pub on: Date,
    /// The reference under which payer and payee find it.
    pub reference: String,
    /// When it was recorded.
    pub at: Time,
}

impl Read<'_> {
    /// Programmes by id, in one statement.
    pub async fn programmes_by_id(
        &self,
        ids: &[ProgrammeId],
    ) -> Result<HashMap<ProgrammeId, ProgrammeView>, AppError> {
        let rows = programme::Entity::find()
            .filter(programme::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = rows.iter().map(|row| {
            let view = view(row)?;
            Ok((view.programme.id, view))
        });
        views.collect()
    }

    /// A page of programmes in the order of their publication, of one payer or of all.
    pub async fn programmes(
        &self,
        payer: Option<OrganisationId>,
        page: &Page<ProgrammeId>,
    ) -> Result<Vec<ProgrammeView>, AppError> {
        let rows = page
            .of(of_payer(payer), programme::Column::Id, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        rows.iter().map(view).collect()
    }

    /// How many programmes there are, of one payer or of all.
    pub async fn programme_count(&self, payer: Option<OrganisationId>) -> Result<u64, AppError> {
        Ok(of_payer(payer).count(self.db).await?)
    }

    /// What some programmes have counted, owe and have paid, in one statement. One without a statement is missing.
    pub async fn programme_totals(
        &self,
        ids: &[ProgrammeId],
    ) -> Result<HashMap<ProgrammeId, Totals>, AppError> {
        use sea_orm::QuerySelect;
        let mut select = standing::Entity::find()
            .select_only()
            .column(standing::Column::ProgrammeId)
            .filter(standing::Column::ProgrammeId.is_in(columns::uuids(ids)))
            .group_by(standing::Column::ProgrammeId);
        for (column, names) in [
            (
                standing::Column::OutcomeMinor,
                ["outcome_high", "outcome_low"],
            ),
            (standing::Column::OwedMinor, ["owed_high", "owed_low"]),
            (standing::Column::PaidMinor, ["paid_high", "paid_low"]),
        ] {
            select = select.column_as(sum_high(column), names[0]);
            select = select.column_as(sum_low(column), names[1]);
        }
        let rows: Vec<(Uuid, Part, Part, Part, Part, Part, Part)> =
            select.into_tuple().all(self.db).await?;
        let totals =
            rows.into_iter()
                .map(|(id, worth, worth_low, owed, owed_low, paid, paid_low)| {
                    let parts: [SumParts; 3] =
                        [(worth, worth_low), (owed, owed_low), (paid, paid_low)];
                    let [outcome, owed, paid] = parts.map(joined);
                    let totals = Totals {
                        outcome: outcome?,
                        owed: owed?,
                        paid: paid?,
                    };
                    Ok((ProgrammeId::from_uuid(id), totals))
                });
        totals.collect()
    }

    /// A page of a programme's statements by number.
    pub async fn programme_statements(
        &self,
        id: ProgrammeId,
        page: &Page<i64>,
    ) -> Result<Vec<StatementView>, AppError> {
        let select = statement::Entity::find().filter(statement::Column::ProgrammeId.eq(id.uuid()));
        let rows = page
            .of(select, statement::Column::Number, Into::into)
            .all(self.db)
            .await?;
        rows.iter().map(statement_view).collect()
    }

    /// How many statements a programme has made.
    pub async fn programme_statement_count(&self, id: ProgrammeId) -> Result<u64, AppError> {
        let select = statement::Entity::find().filter(statement::Column::ProgrammeId.eq(id.uuid()));
        Ok(select.count(self.db).await?)
    }

    /// One statement of a programme.
    pub async fn programme_statement(
        &self,
        id: ProgrammeId,
        number: i64,
    ) -> Result<Option<StatementView>, AppError> {
        let row = statement::Entity::find_by_id((id.uuid(), number))
            .one(self.db)
            .await?;
        row.as_ref().map(statement_view).transpose()
    }

    /// A page of a statement's lines by organisation.
    pub async fn programme_lines(
        &self,
        (id, number): (ProgrammeId, i64),
        page: &Page<OrganisationId>,
    ) -> Result<Vec<LineView>, AppError> {
        let select = line::Entity::find()
            .filter(line::Column::ProgrammeId.eq(id.uuid()))
            .filter(line::Column::Number.eq(number));
        let rows = page
            .of(select, line::Column::OrganisationId, |id| id.uuid().into())
            .all(self.db)
            .await?;
        let line = |row: line::Model| LineView {
            organisation: OrganisationId::from_uuid(row.organisation_id),
            outcome: row.outcome_minor,
            entitled: row.entitled_minor,
            owed: row.owed_minor,
            difference: row.difference_minor,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// A page of what claims count for in a programme, by claim.
    pub async fn programme_claims(
        &self,
        id: ProgrammeId,
        page: &Page<ClaimId>,
    ) -> Result<Vec<CountedView>, AppError> {
        let select = counted::Entity::find().filter(counted::Column::ProgrammeId.eq(id.uuid()));
        let rows = page
            .of(select, counted::Column::ClaimId, |id| id.uuid().into())
            .all(self.db)
            .await?;
        let counted = |row: counted::Model| CountedView {
            claim: ClaimId::from_uuid(row.claim_id),
            number: row.number,
            outcome: row.outcome_minor,
            earned: row.earned_minor,
        };
        Ok(rows.into_iter().map(counted).collect())
    }

    /// A page of where organisations stand in a programme now.
    pub async fn entitlements(
        &self,
        terms: &Programme,
        page: &Page<OrganisationId>,
    ) -> Result<Vec<EntitlementView>, AppError> {
        let select =
            standing::Entity::find().filter(standing::Column::ProgrammeId.eq(terms.id.uuid()));
        let rows = page
            .of(select, standing::Column::OrganisationId, |id| {
                id.uuid().into()
            })
            .all(self.db)
            .await?;
        let entitlement = |row: standing::Model| EntitlementView {
            organisation: OrganisationId::from_uuid(row.organisation_id),
            outcome: row.outcome_minor,
            entitled: standing_of(&row).entitled(terms),
            owed: row.owed_minor,
            paid: row.paid_minor,
        };
        Ok(rows.into_iter().map(entitlement).collect())
    }

    /// A page of a programme's payments in the order of the log.
    pub async fn programme_payments(
        &self,
        id: ProgrammeId,
        page: &Page<i64>,
    ) -> Result<Vec<PaymentView>, AppError> {
        let select = payment::Entity::find().filter(payment::Column::ProgrammeId.eq(id.uuid()));
        let rows = page
            .of(select, payment::Column::EntryIdx, Into::into)
            .all(self.db)
            .await?;
        rows.into_iter().map(payment_view).collect()
    }

    /// One payment by its log index.
    pub async fn programme_payment(&self, index: u64) -> Result<Option<PaymentView>, AppError> {
        let index = i64::try_from(index).map_err(AppError::internal)?;
        let row = payment::Entity::find_by_id(index).one(self.db).await?;
        row.map(payment_view).transpose()
    }
}

fn of_payer(payer: Option<OrganisationId>) -> Select<programme::Entity> {
    let select = programme::Entity::find();
    match payer {
        Some(payer) => select.filter(programme::Column::PayerId.eq(payer.uuid())),
        None => select,
    }
}

fn view(row: &programme::Model) -> Result<ProgrammeView, AppError> {
    Ok(ProgrammeView {
        programme: programme_of(row)?,
        entry_index: columns::index(row.entry_idx)?,
    })
}

fn statement_view(row: &statement::Model) -> Result<StatementView, AppError> {
    Ok(StatementView {
        programme: ProgrammeId::from_uuid(row.programme_id),
        number: row.number,
        claims: row.claims,
        difference: row.difference_minor,
        left: row.left_minor,
        at: columns::time(row.at),
        entry_index: columns::index(row.entry_idx)?,
    })
}

fn payment_view(row: payment::Model) -> Result<PaymentView, AppError> {
    Ok(PaymentView {
        entry_index: row.entry_idx,
        programme: ProgrammeId::from_uuid(row.programme_id),
        organisation: OrganisationId::from_uuid(row.organisation_id),
        direction: from_word(&row.direction)?,
        minor: row.minor,
        on: row.on_day.parse().map_err(AppError::internal)?,
        reference: row.reference,
        at: columns::time(row.at),
    })
}
