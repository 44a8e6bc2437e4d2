//! People behind claims: how suppliers make their hashes, what is public of them, their erasure, and the report of refusals.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::contract::beneficiary as domain;
use commonweal_domain::contract::erasure as erasing;
use commonweal_domain::contract::refusals::{Refusals, rule_words};
use commonweal_domain::ids::ClaimId;
use commonweal_domain::place::Place;
use commonweal_domain::time;
use serde::{Deserialize, Serialize};

use super::amounts::{Period, wrong};
use super::catalogue::Measure;
use super::claim_mutation::{ClaimPayload, payload};
use super::connection::{Connection, Cursor, Direction, PageArgs, wants_total_count};
use super::context::{actor, app, loader, refuse};
use super::credit_loaders::{self, ErasedOf};
use super::node::parse_id;
use super::scalars::{BigInt, Sha256};

/// The people behind a claim as the log has them. Their tokens are never published.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Beneficiaries {
    /// How many different people.
    people: u32,
    /// The root of a tree of their tokens, with a salt.
    root: Sha256,
    #[graphql(skip)]
    claim: ClaimId,
}

impl Beneficiaries {
    pub(super) fn new(claim: ClaimId, named: &domain::Beneficiaries) -> Self {
        Self {
            people: named.people,
            root: Sha256(named.root),
            claim,
        }
    }
}

#[ComplexObject]
impl Beneficiaries {
    /// Of whom the tokens were erased by an entry of the log.
    async fn erased(&self, context: &Context<'_>) -> async_graphql::Result<ErasedTokens> {
        let found = loader(context)?.load_one(ErasedOf(self.claim)).await?;
        Ok(match found {
            None | Some(0) => ErasedTokens::None,
            Some(erased) if erased < self.people => ErasedTokens::Some,
            Some(_) => ErasedTokens::All,
        })
    }
}

/// Of whom behind a claim the tokens were erased. Of how many is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ErasedTokens {
    /// Of nobody.
    None,
    /// Of some.
    Some,
    /// Of everyone.
    All,
}

/// How a supplier's machine makes hashes of people for this registry: `commonweal tokens` does it.
#[derive(Debug, Clone, SimpleObject)]
pub struct BeneficiaryScheme {
    /// What stands in the file.
    text: String,
    /// The origin of this registry's log.
    origin: String,
    /// The function: scrypt (RFC 7914), of 32 bytes.
    function: String,
    /// The binary logarithm of its cost.
    log_cost: i32,
    /// Its block size.
    block_size: u32,
    /// Its parallelism.
    parallelism: u32,
    /// Its salt, the same for every supplier, so that one person has one hash.
    salt: Sha256,
}

/// Why tokens are erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "erasing::ErasureGround")]
pub enum ErasureGround {
    /// The years for which they are kept are over.
    Retention,
    /// Somebody asked for it who may.
    Request,
}

/// Input of `eraseBeneficiaries`.
#[derive(Debug, InputObject)]
pub struct EraseBeneficiariesInput {
    /// The claim.
    claim: ID,
    /// One person, by the hash that `commonweal tokens` makes; everyone behind the claim when it is left out.
    person: Option<Sha256>,
    /// Why.
    ground: ErasureGround,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Mutations of people behind claims.
#[derive(Debug, Default)]
pub struct BeneficiaryMutation;

#[Object]
impl BeneficiaryMutation {
    /// Erases tokens of people behind a claim, as a registrar outside the claimant's group. The claim, what was verified of it and
    /// its credits stay as they are; whoever was erased is no longer told apart from others.
    async fn erase_beneficiaries(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose tokens, and why.")] input: EraseBeneficiariesInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let claim = parse_id("claim", &input.claim)?;
        let person = input.person.map(|hash| hash.0);
        let done = app(context)?
            .erase_beneficiaries(&actor(context), claim, person, input.ground.into())
            .await;
        payload(context, done, input.client_mutation_id).await
    }
}

/// How often a rule refused claims. Under measures that count people it is at least five times.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Refusal {
    /// The rule: the code that the claimant was told.
    rule: String,
    /// What it says.
    words: String,
    /// When: a month that is over, or the year.
    period: Period,
    /// The code of the measure; null for several together.
    measure_code: Option<String>,
    /// Where: the place of a KPI or a country; null for several together.
    place: Option<String>,
    /// How many claims were refused.
    refused: BigInt,
    #[graphql(skip)]
    of: Option<MeasureRef>,
}

impl From<Refusals> for Refusal {
    fn from(cell: Refusals) -> Self {
        Self {
            words: rule_words(&cell.rule).unwrap_or_default().to_owned(),
            period: cell.period.into(),
            measure_code: cell
                .measure
                .as_ref()
                .map(|measure| measure.code.to_string()),
            place: cell.place.map(|place| place.to_string()),
            refused: cell.refused.into(),
            of: cell.measure,
            rule: cell.rule,
        }
    }
}

#[ComplexObject]
impl Refusal {
    /// The measure; null for several together.
    async fn measure(&self, context: &Context<'_>) -> async_graphql::Result<Option<Measure>> {
        let Some(reference) = &self.of else {
            return Ok(None);
        };
        let found = credit_loaders::measure(context, reference).await?;
        Ok(found.map(Into::into))
    }
}

/// Where a line stands in the report, which is in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct RefusalKey(time::Period, String, Option<MeasureRef>, Option<Place>);

impl Cursor for RefusalKey {
    const KIND: &'static str = "refusal";
}

impl RefusalKey {
    fn of(cell: &Refusals) -> Self {
        Self(
            cell.period,
            cell.rule.clone(),
            cell.measure.clone(),
            cell.place.clone(),
        )
    }
}

/// The wanted part of the report, with one line more where there is more.
fn page(mut lines: Vec<Refusals>, args: &PageArgs<RefusalKey>) -> Vec<Refusals> {
    lines.retain(|line| {
        let key = RefusalKey::of(line);
        args.after.as_ref().is_none_or(|after| key > *after)
            && args.before.as_ref().is_none_or(|before| key < *before)
    });
    if args.direction == Direction::Backward {
        lines.reverse();
    }
    let size = usize::try_from(args.size).unwrap_or(usize::MAX);
    lines.truncate(size.saturating_add(1));
    lines
}

/// Queries on people behind claims, and on claims that were refused.
#[derive(Debug, Default)]
pub struct BeneficiaryQuery;

#[Object]
impl BeneficiaryQuery {
    /// How suppliers make hashes of people for this registry.
    #[expect(clippy::unused_async, reason = "async-graphql asks for it")]
    async fn beneficiary_scheme(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<BeneficiaryScheme> {
        let key = app(context)?.beneficiary_key().map_err(refuse)?;
        Ok(BeneficiaryScheme {
            text: key.scheme(),
            origin: key.origin().to_owned(),
            function: "scrypt".to_owned(),
            log_cost: i32::from(domain::LOG_COST),
            block_size: domain::BLOCK_SIZE,
            parallelism: domain::PARALLELISM,
            salt: Sha256(domain::salt(key.origin())),
        })
    }

    /// How often which rule refused claims in a calendar year, by month, measure and place. Months are shown once they are over.
    /// Under measures that count people, what is fewer than five gets a coarser place and period, and waits at last.
    async fn refusals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The calendar year, such as 2026.")] year: i32,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Refusal>> {
        let args = PageArgs::<RefusalKey>::new(first, after.as_deref(), last, before.as_deref())?;
        let year = i16::try_from(year)
            .ok()
            .filter(|year| (2000..=9999).contains(year));
        let year = year.ok_or_else(|| wrong("year", &"expected a calendar year, 2000 to 9999"))?;
        let app = app(context)?;
        let lines = app.read().refusals(year, app.now().date()).await;
        let lines = lines.map_err(refuse)?;
        let total =
            wants_total_count(context).then(|| u64::try_from(lines.len()).unwrap_or(u64::MAX));
        let lines = page(lines, &args);
        Ok(args.connection(lines, total, RefusalKey::of, Refusal::from))
    }
}
