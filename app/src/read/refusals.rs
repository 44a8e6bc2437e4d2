//! The public report of refused claims.

use commonweal_domain::contract::refusals::{Refusals, report};
use commonweal_domain::time::{Date, Period};
use uuid::Uuid;

use super::Read;
use crate::error::AppError;
use crate::store::{claim_refusal, columns};

impl Read<'_> {
    /// How often each rule refused claims in a calendar year, as far as it may be shown on a day, in a fixed order.
    pub async fn refusals(&self, year: i16, today: Date) -> Result<Vec<Refusals>, AppError> {
        let rows = claim_refusal::of_year(self.db, year).await?;
        let months: Vec<Refusals> = rows.iter().map(cell).collect::<Result<_, AppError>>()?;
        Ok(report(months, today))
    }
}

fn cell(row: &claim_refusal::Model) -> Result<Refusals, AppError> {
    let first: Date = format!("{}-01", row.month)
        .parse()
        .map_err(AppError::internal)?;
    let next = first.months_after(1);
    let next = next.ok_or_else(|| AppError::internal("a month without end"))?;
    let all = row.catalogue_id == Uuid::nil();
    let measure = || columns::measure(row.catalogue_id, &row.measure_code);
    let place = || columns::place(&row.place);
    Ok(Refusals {
        rule: row.rule.clone(),
        people: row.people,
        period: Period::new(first, next).map_err(AppError::internal)?,
        measure: (!all).then(measure).transpose()?,
        place: (!all).then(place).transpose()?,
        refused: u64::try_from(row.refused).map_err(AppError::internal)?,
    })
}
