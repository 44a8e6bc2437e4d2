//! Measure catalogues.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::catalogue::CatalogueView;
use commonweal_domain::catalogue as domain;
use commonweal_domain::ids::CatalogueId;

use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, loader, refuse, settle};
use super::counting::{Counting, CountingInput};
use super::node::{node_id, parse_id};
use super::payload::payloads;
use super::policy::Confidence;
use super::scalars::{BigInt, Decimal};

/// Whether a measure is counted or described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::MeasureKind")]
pub enum MeasureKind {
    /// Counted in a unit.
    Quantitative,
    /// Described in words and marked by people.
    Qualitative,
}

/// What is counted, in which unit, and how a claim of it is checked.
#[derive(Debug, Clone, SimpleObject)]
pub struct Measure {
    /// Code, unique in the catalogue.
    code: String,
    /// The theme to which its outcome belongs.
    theme: String,
    /// The outcome that it measures.
    outcome: String,
    /// What people call it.
    title: String,
    /// Counted or described.
    kind: MeasureKind,
    /// The unit.
    unit: String,
    /// Decimal places of the smallest unit; one credit is one smallest unit.
    scale: i32,
    /// Kinds of evidence, of which a claim carries at least one.
    evidence: Vec<String>,
    /// How a verifier checks it.
    verification_method: String,
    /// Whether surplus credits of it may change hands.
    transferable: bool,
    /// Part that would have happened anyway; null where it is not known, and outcomes outside contracts earn no credits.
    deadweight: Option<Decimal>,
    /// What of a delivery counts.
    counting: Counting,
    /// Where the measure is from.
    source: Option<String>,
    /// How sure it is.
    confidence: Option<Confidence>,
}

impl From<domain::Measure> for Measure {
    fn from(measure: domain::Measure) -> Self {
        Self {
            code: measure.code.to_string(),
            theme: measure.theme,
            outcome: measure.outcome,
            title: measure.title,
            kind: measure.kind.into(),
            unit: measure.unit.to_string(),
            scale: i32::from(measure.scale),
            evidence: measure.evidence,
            verification_method: measure.verification_method,
            transferable: measure.transferable,
            deadweight: measure.deadweight.map(|part| Decimal(part.to_string())),
            counting: measure.counting.into(),
            source: measure.source,
            confidence: measure.confidence.map(Into::into),
        }
    }
}

/// A version of a measure catalogue.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Catalogue {
    /// Opaque id.
    pub(crate) id: ID,
    /// The name under which its versions belong together.
    code: String,
    /// The version.
    version: String,
    /// What people call it.
    title: String,
    /// Where its facts come from.
    source: String,
    /// Log index of its publication.
    entry_index: BigInt,
    #[graphql(skip)]
    measures: Vec<domain::Measure>,
}

#[ComplexObject]
impl Catalogue {
    /// Its measures, in order.
    async fn measures(&self) -> Vec<Measure> {
        self.measures.iter().cloned().map(Into::into).collect()
    }
}

impl From<CatalogueView> for Catalogue {
    fn from(view: CatalogueView) -> Self {
        let catalogue = view.catalogue;
        Self {
            id: node_id(catalogue.id),
            code: catalogue.code,
            version: catalogue.version,
            title: catalogue.title,
            source: catalogue.source,
            entry_index: view.entry_index.into(),
            measures: catalogue.measures,
        }
    }
}

/// A catalogue through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: CatalogueId,
) -> async_graphql::Result<Option<Catalogue>> {
    let loader = loader(context)?;
    Ok(loader.load_one(id).await?.map(Into::into))
}

/// Queries on measure catalogues.
#[derive(Debug, Default)]
pub struct CatalogueQuery;

#[Object]
impl CatalogueQuery {
    /// One catalogue version.
    async fn catalogue(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Catalogue>> {
        load(context, parse_id("id", &id)?).await
    }

    /// Catalogue versions in the order of their publication.
    async fn catalogues(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Catalogue>> {
        let args = PageArgs::<CatalogueId>::new(first, after.as_deref(), last, before.as_deref())?;
        let read = app(context)?.read();
        let rows = read.catalogues(&Page::from(&args)).await.map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.catalogue_count().await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.catalogue.id, Catalogue::from))
    }
}

/// A measure of a new catalogue version.
#[derive(Debug, InputObject)]
pub struct MeasureInput {
    /// Code, unique in the catalogue: letters, digits, `-` and `.`.
    code: String,
    /// The theme to which its outcome belongs.
    theme: String,
    /// The outcome that it measures.
    outcome: String,
    /// What people call it.
    title: String,
    /// Counted or described.
    kind: MeasureKind,
    /// The unit.
    unit: String,
    /// Decimal places of the smallest unit, 0 to 6.
    scale: i32,
    /// Kinds of evidence, of which a claim carries at least one.
    evidence: Vec<String>,
    /// How a verifier checks it.
    verification_method: String,
    /// Whether surplus credits of it may change hands.
    transferable: bool,
    /// Part that would have happened anyway, 0 to 1, where it is known.
    deadweight: Option<Decimal>,
    /// What of a delivery counts; no rule when it is left out.
    counting: Option<CountingInput>,
    /// Where the measure is from.
    source: Option<String>,
    /// How sure it is.
    confidence: Option<Confidence>,
}

/// Input of `publishCatalogue`.
#[derive(Debug, InputObject)]
pub struct PublishCatalogueInput {
    /// The name under which its versions belong together.
    code: String,
    /// The version, never published before.
    version: String,
    /// What people call it.
    title: String,
    /// Where its facts come from.
    source: String,
    /// Its measures, at most 250.
    measures: Vec<MeasureInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `publishCatalogue`.
    PublishCataloguePayload {
        /// The catalogue version.
        catalogue: Catalogue
    }
}

/// Mutations of measure catalogues.
#[derive(Debug, Default)]
pub struct CatalogueMutation;

#[Object]
impl CatalogueMutation {
    /// Publishes a version of a measure catalogue, whole. It never changes.
    async fn publish_catalogue(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The catalogue.")] input: PublishCatalogueInput,
    ) -> async_graphql::Result<PublishCataloguePayload> {
        let app = app(context)?;
        let measures = input
            .measures
            .into_iter()
            .enumerate()
            .map(|(at, measure)| measure.parse(at));
        let catalogue = domain::Catalogue {
            id: app.new_id(),
            code: input.code,
            version: input.version,
            title: input.title,
            source: input.source,
            measures: measures.collect::<async_graphql::Result<_>>()?,
        };
        let (made, errors) = settle(app.publish_catalogue(&actor(context), catalogue).await)?;
        let catalogue = match made {
            Some(made) => load(context, made.out).await?,
            None => None,
        };
        Ok(PublishCataloguePayload::new(
            (catalogue, errors),
            input.client_mutation_id,
        ))
    }
}

impl MeasureInput {
    fn parse(self, at: usize) -> async_graphql::Result<domain::Measure> {
        let wrong = |field: &str, error: &dyn std::fmt::Display| {
            super::amounts::wrong(&format!("measures.{at}.{field}"), error)
        };
        Ok(domain::Measure {
            code: self.code.parse().map_err(|error| wrong("code", &error))?,
            theme: self.theme,
            outcome: self.outcome,
            title: self.title,
            kind: self.kind.into(),
            unit: self.unit.parse().map_err(|error| wrong("unit", &error))?,
            scale: u8::try_from(self.scale).map_err(|error| wrong("scale", &error))?,
            evidence: self.evidence,
            verification_method: self.verification_method,
            transferable: self.transferable,
            deadweight: self
                .deadweight
                .map(|part| part.0.parse())
                .transpose()
                .map_err(|error| wrong("deadweight", &error))?,
            counting: self
                .counting
                .unwrap_or_default()
                .parse(&format!("measures.{at}.counting"))?,
            source: self.source,
            confidence: self.confidence.map(Into::into),
        })
    }
}
