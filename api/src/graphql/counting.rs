//! Counting rules of measures, and the workings behind claims that count people.

use async_graphql::{Enum, InputObject, SimpleObject};
use commonweal_domain::amount::Number;
use commonweal_domain::catalogue as domain;
use commonweal_domain::contract::counting::Line;

use super::amounts::{Period, PeriodInput, wrong};
use super::scalars::{Date, Decimal};

/// How a quantity follows from people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Basis")]
pub enum CountingBasis {
    /// Full-time equivalents times years: ten full-time and five half-time people over two years are 25.
    FteYears,
    /// People, however long.
    People,
}

/// What happens to a part of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::PartYears")]
pub enum PartYears {
    /// It counts as the part that it is.
    ProRata,
    /// Whole calendar years count, parts do not.
    WholeOnly,
}

/// What of a delivery counts.
#[derive(Debug, Clone, SimpleObject)]
pub struct Counting {
    /// How the quantity follows from people; null for a measure that is not about people.
    basis: Option<CountingBasis>,
    /// A person counts in so many months from the first day of employment, and not after them.
    first_months: Option<i32>,
    /// What happens to a part of a year.
    part_years: PartYears,
    /// One person counts under one of the measures that have the same word here.
    one_kind: Option<String>,
    /// The kinds of which each person behind a claim has one, where the measure counts several.
    kinds: Vec<String>,
    /// Codes of measures under which the same person may be reported for the same days.
    reported_with: Vec<String>,
    /// Whether only what a contract caused counts.
    contract_only: bool,
    /// Kinds of evidence of which a claim needs every one.
    needs_evidence: Vec<String>,
    /// Measures that have the same word here count the same outcome.
    outcome: Option<String>,
}

impl From<domain::Counting> for Counting {
    fn from(rules: domain::Counting) -> Self {
        Self {
            basis: rules.basis.map(Into::into),
            first_months: rules.first_months.map(i32::from),
            part_years: rules.part_years.into(),
            one_kind: rules.one_kind,
            kinds: rules.kinds,
            reported_with: rules
                .reported_with
                .iter()
                .map(ToString::to_string)
                .collect(),
            contract_only: rules.contract_only,
            needs_evidence: rules.needs_evidence,
            outcome: rules.outcome,
        }
    }
}

/// What of a delivery counts. What is left out is no rule.
#[derive(Debug, Default, InputObject)]
pub struct CountingInput {
    /// How the quantity follows from people; none for a measure that is not about people.
    basis: Option<CountingBasis>,
    /// A person counts in so many months from the first day of employment, 1 to 120.
    first_months: Option<i32>,
    /// What happens to a part of a year; `PRO_RATA` when it is left out.
    part_years: Option<PartYears>,
    /// One person counts under one of the measures that have the same word here, such as `disadvantage`.
    one_kind: Option<String>,
    /// The kinds of which each person behind a claim has one, where the measure counts several; needs `oneKind`.
    #[graphql(default)]
    kinds: Vec<String>,
    /// Codes of measures under which the same person may be reported for the same days.
    #[graphql(default)]
    reported_with: Vec<String>,
    /// Whether only what a contract caused counts.
    #[graphql(default)]
    contract_only: bool,
    /// Kinds of evidence of which a claim needs every one.
    #[graphql(default)]
    needs_evidence: Vec<String>,
    /// Measures that have the same word here count the same outcome, in whichever catalogue they stand.
    outcome: Option<String>,
}

impl CountingInput {
    /// The rules as the domain knows them; the error names the field.
    pub(crate) fn parse(self, field: &str) -> async_graphql::Result<domain::Counting> {
        let months = self.first_months.map(u8::try_from).transpose();
        let codes = self.reported_with.iter().enumerate().map(|(at, code)| {
            let code = code.parse();
            code.map_err(|error| wrong(&format!("{field}.reportedWith.{at}"), &error))
        });
        Ok(domain::Counting {
            basis: self.basis.map(Into::into),
            first_months: months.map_err(|error| wrong(&format!("{field}.firstMonths"), &error))?,
            part_years: self.part_years.map(Into::into).unwrap_or_default(),
            one_kind: self.one_kind,
            kinds: self.kinds,
            reported_with: codes.collect::<async_graphql::Result<_>>()?,
            contract_only: self.contract_only,
            needs_evidence: self.needs_evidence,
            outcome: self.outcome,
        })
    }
}

/// People who worked alike: as many hours in the same days.
#[derive(Debug, Clone, SimpleObject)]
pub struct WorkingLine {
    /// How many people.
    people: u32,
    /// Full-time equivalents of all of them together.
    fte: Decimal,
    /// When they worked.
    period: Period,
    /// Their first day of employment, where the measure counts from it.
    started: Option<Date>,
}

impl From<Line> for WorkingLine {
    fn from(line: Line) -> Self {
        Self {
            people: line.people,
            fte: Decimal(line.fte.to_string()),
            period: line.period.into(),
            started: line.started.map(Date),
        }
    }
}

/// People who worked alike: as many hours in the same days. The lines stay out of the log.
#[derive(Debug, InputObject)]
pub struct WorkingLineInput {
    /// How many people.
    people: u32,
    /// Full-time equivalents of all of them together: of five half-time people 2.5.
    fte: Decimal,
    /// When they worked, inside the claim's period.
    period: PeriodInput,
    /// Their first day of employment, where the measure counts from it.
    started: Option<Date>,
}

impl WorkingLineInput {
    /// The line as the domain knows it; the error names the field.
    pub(crate) fn parse(&self, field: &str) -> async_graphql::Result<Line> {
        let fte = self.fte.0.parse::<Number>();
        Ok(Line {
            people: self.people,
            fte: fte.map_err(|error| wrong(&format!("{field}.fte"), &error))?,
            period: self.period.parse(&format!("{field}.period"))?,
            started: self.started.map(|day| day.0),
        })
    }
}
