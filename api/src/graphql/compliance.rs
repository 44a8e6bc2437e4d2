//! The yearly compliance report of a buyer, the targets of places, and the reference tables.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::place_target::{MAX_ROWS, TargetView};
use commonweal_domain::catalogue::reference;
use commonweal_domain::fraction::Fraction;
use commonweal_domain::ids::{ClaimId, TenderId};
use commonweal_domain::policy::clause;
use commonweal_domain::policy::compliance as domain;

use super::amounts::{Money, Quantity, small};
use super::claim::Claim;
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, refuse};
use super::errors::Code;
use super::node::{node_id, parse_id};
use super::policy::{Confidence, PolicyAnswer};
use super::scalars::{BigInt, Date, Decimal};
use super::tender::{self, Tender};
use crate::catalogue_files;

/// A part as percent with at most six decimal places.
fn percent(part: Fraction) -> Option<Decimal> {
    let percent = part.times(Fraction::whole(100)).ok()?.round(6).ok()?;
    Some(Decimal(percent.normalize().to_string()))
}

fn plain(value: Fraction) -> Option<Decimal> {
    Some(Decimal(value.round(6).ok()?.normalize().to_string()))
}

/// Purchases of a year in one currency.
#[derive(Debug, Clone, SimpleObject)]
pub struct YearPurchases {
    /// Everything bought by awards.
    bought: Money,
    /// The part done by certified social economy organisations of any kind, in percent.
    from_seos: Option<Decimal>,
    /// The number of awards.
    awards: BigInt,
}

/// How a target of the year came out.
#[derive(Debug, Clone, SimpleObject)]
pub struct PurchaseTarget {
    /// Opaque id of the policy version.
    policy: ID,
    /// What people call the policy.
    policy_title: String,
    /// The clause.
    clause: String,
    /// Where the clause stands in the text.
    citation: String,
    /// The part that is wanted, 0 to 1.
    target: Decimal,
    /// The part that was bought, in percent; null where it cannot be told.
    share: Option<Decimal>,
    /// The points of the year, where years are scored.
    score: Option<Decimal>,
    /// Reached or not.
    answer: PolicyAnswer,
    /// The same in a sentence.
    sentence: String,
}

impl From<domain::TargetOutcome> for PurchaseTarget {
    fn from(outcome: domain::TargetOutcome) -> Self {
        Self {
            policy: node_id(outcome.policy),
            policy_title: outcome.policy_title,
            clause: outcome.clause.to_string(),
            citation: outcome.citation,
            target: Decimal(outcome.target.to_string()),
            share: outcome.share.and_then(percent),
            score: outcome.score.and_then(plain),
            answer: outcome.answer.into(),
            sentence: outcome.sentence,
        }
    }
}

/// The weight of social value that an award used.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct SocialWeight {
    /// Percent of all points; null where the plan does not name its social criteria.
    percent: Option<Decimal>,
    #[graphql(skip)]
    key: TenderId,
}

#[ComplexObject]
impl SocialWeight {
    /// The tender.
    async fn tender(&self, context: &Context<'_>) -> async_graphql::Result<Option<Tender>> {
        tender::load(context, self.key).await
    }
}

/// The compliance report of a buyer for a calendar year, from what the reader may see.
#[derive(Debug, Clone, SimpleObject)]
pub struct ComplianceReport {
    /// Purchases by currency.
    purchases: Vec<YearPurchases>,
    /// Awards whose price or participation is withheld from the reader: they are in no sum.
    withheld: BigInt,
    /// The weight of social value of each award.
    weights: Vec<SocialWeight>,
    /// How many awards were decided.
    awards: BigInt,
    /// How many of them have every reason of their panel on record.
    explained: BigInt,
    /// How many KPIs have a period that touches the year.
    kpis: BigInt,
    /// How many of these have a verified quantity.
    kpis_verified: BigInt,
    /// How many of these are delivered in full.
    kpis_reached: BigInt,
    /// The targets of the policies in force on the last day of the year.
    targets: Vec<PurchaseTarget>,
}

impl From<domain::ComplianceReport> for ComplianceReport {
    fn from(report: domain::ComplianceReport) -> Self {
        let purchases = |one: domain::Purchases| YearPurchases {
            bought: one.bought.into(),
            from_seos: percent(one.from_seos),
            awards: one.awards.into(),
        };
        let weight = |(key, percent): (TenderId, Option<Fraction>)| SocialWeight {
            percent: percent.and_then(plain),
            key,
        };
        Self {
            purchases: report.purchases.into_iter().map(purchases).collect(),
            withheld: report.withheld.into(),
            weights: report.weights.into_iter().map(weight).collect(),
            awards: report.awards.into(),
            explained: report.explained.into(),
            kpis: report.kpis.total.into(),
            kpis_verified: report.kpis.verified.into(),
            kpis_reached: report.kpis.reached.into(),
            targets: report.targets.into_iter().map(Into::into).collect(),
        }
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "clause::Direction")]
pub enum TargetDirection {
    /// More of it.
    More,
    /// Less of it.
    Less,
}

/// What was verified in one calendar year.
#[derive(Debug, Clone, SimpleObject)]
pub struct YearContribution {
    /// The year.
    year: i32,
    /// The quantity in the target's smallest units.
    units: BigInt,
}

/// An outcome that a place wants to reach, and what verified claims have contributed where and when it was delivered.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlaceTarget {
    /// Opaque id of the policy version that states it.
    policy: ID,
    /// What people call the policy.
    policy_title: String,
    /// The clause.
    clause: String,
    /// What people call the outcome.
    title: String,
    /// Where.
    place: String,
    /// Which way is better.
    direction: TargetDirection,
    /// What there was before; null where it is not known.
    baseline: Option<Quantity>,
    /// The change that is wanted.
    change: Option<Quantity>,
    /// The first day that counts.
    from: Option<Date>,
    /// The first day that no longer counts.
    to: Option<Date>,
    /// What contracts promise that counts, summed after every variation; null where nothing is promised.
    promised: Option<Quantity>,
    /// The verified quantities that count, summed; null where none does.
    contributed: Option<Quantity>,
    /// The part of the wanted change that is contributed, in percent.
    contributed_percent: Option<Decimal>,
    /// How many claims count.
    claims: BigInt,
    /// The sum of each calendar year.
    years: Vec<YearContribution>,
    /// Where the target is from.
    source: String,
}

impl From<TargetView> for PlaceTarget {
    fn from(view: TargetView) -> Self {
        let (target, progress) = (view.target, view.progress);
        let year = |(year, units): (i16, i64)| YearContribution {
            year: year.into(),
            units: BigInt(units),
        };
        Self {
            policy: node_id(view.policy),
            policy_title: view.policy_title,
            clause: view.clause,
            title: target.title,
            place: target.place,
            direction: target.direction.into(),
            baseline: target.baseline.as_ref().map(Into::into),
            change: target.change.as_ref().map(Into::into),
            from: target.from.map(Date),
            to: target.to.map(Date),
            promised: progress.promised.as_ref().map(Into::into),
            contributed: progress.contributed.as_ref().map(Into::into),
            contributed_percent: progress.part_of_change.and_then(percent),
            claims: progress.claims.into(),
            years: progress.years.into_iter().map(year).collect(),
            source: view.source,
        }
    }
}

/// A fact of a reference table.
#[derive(Debug, Clone, SimpleObject)]
pub struct ReferenceFact {
    /// Its name in the table.
    code: String,
    /// What is so.
    text: String,
    /// A figure, where the fact is one.
    value: Option<String>,
    /// The figure's unit.
    unit: Option<String>,
    /// Where it is from.
    source: String,
    /// How sure it is.
    confidence: Confidence,
}

/// A grade of a reference table.
#[derive(Debug, Clone, SimpleObject)]
pub struct ReferenceGrade {
    /// Its name.
    name: String,
    /// The fewest points; null where they are not known.
    from: Option<Decimal>,
    /// Where it is from.
    source: String,
    /// How sure it is.
    confidence: Confidence,
}

/// Facts and grades that ship beside the measure catalogues.
#[derive(Debug, Clone, SimpleObject)]
pub struct ReferenceTable {
    /// Its name.
    code: String,
    /// Its version.
    version: String,
    /// What people call it.
    title: String,
    /// Where it is from, taken together.
    source: String,
    /// Grades, from the best down.
    grades: Vec<ReferenceGrade>,
    /// Facts.
    facts: Vec<ReferenceFact>,
}

impl From<reference::Reference> for ReferenceTable {
    fn from(table: reference::Reference) -> Self {
        let fact = |fact: reference::Fact| ReferenceFact {
            code: fact.code,
            text: fact.text,
            value: fact.value,
            unit: fact.unit,
            source: fact.source,
            confidence: fact.confidence.into(),
        };
        let grade = |grade: reference::Grade| ReferenceGrade {
            name: grade.name,
            from: grade.from.map(Decimal),
            source: grade.source,
            confidence: grade.confidence.into(),
        };
        Self {
            code: table.code,
            version: table.version,
            title: table.title,
            source: table.source,
            grades: table.grades.into_iter().map(grade).collect(),
            facts: table.facts.into_iter().map(fact).collect(),
        }
    }
}

/// Queries on what policies want of buyers and places.
#[derive(Debug, Default)]
pub struct ComplianceQuery;

#[Object]
impl ComplianceQuery {
    /// The compliance report of a buyer for a calendar year.
    async fn compliance_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The buyer's opaque id.")] buyer: ID,
        #[graphql(desc = "The calendar year, 2000 to 2999.")] year: i32,
    ) -> async_graphql::Result<ComplianceReport> {
        let buyer = parse_id("buyer", &buyer)?;
        let year = small("year", year, "2000 to 2999")?;
        let read = app(context)?.read();
        let report = read.compliance_report(&actor(context), buyer, year).await;
        Ok(report.map_err(refuse)?.into())
    }

    /// The targets of a place and of the places within it, with what verified claims have contributed.
    async fn place_targets(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A country or a place within it, such as `GB-SLF`.")] place: String,
    ) -> async_graphql::Result<Vec<PlaceTarget>> {
        let targets = app(context)?
            .read()
            .place_targets(&place, MAX_ROWS)
            .await
            .map_err(refuse)?;
        Ok(targets.into_iter().map(Into::into).collect())
    }

    /// The verified claims that count towards a target of a place, each once, in the order of their submission.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn place_target_claims(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The policy version that states the target.")] policy: ID,
        #[graphql(desc = "The code of its clause.")] clause: String,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Claim>> {
        let args = PageArgs::<ClaimId>::new(first, after.as_deref(), last, before.as_deref())?;
        let target = (parse_id("policy", &policy)?, clause.as_str());
        let read = app(context)?.read();
        let rows = read.contributions(target, &Page::from(&args)).await;
        let rows = rows.map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.contribution_count(target).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.claim.id, Claim::from))
    }

    /// Reference tables that ship with the server: grades of indices, conventions of calculations, facts on policies.
    #[expect(clippy::unused_async, reason = "async-graphql asks for it")]
    async fn references(&self) -> async_graphql::Result<Vec<ReferenceTable>> {
        let tables = catalogue_files::references()
            .map_err(|error| Code::InternalServerError.error(error.to_string()))?;
        Ok(tables.into_iter().map(Into::into).collect())
    }
}
