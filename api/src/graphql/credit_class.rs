//! Classes of credits: measure, place and vintage year.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::credit::{ClassFilter as Filter, ClassView};
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::ids::ClassId;

use super::amounts::{Quantity, wrong};
use super::catalogue::Measure;
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{app, loader, refuse};
use super::credit_loaders;
use super::node::{node_id, parse_id};
use super::scalars::{BigInt, Decimal};

/// A class of credits. Credits of one class are worth the same to a buyer.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Class {
    /// Opaque id.
    pub(super) id: ID,
    /// The code of its measure.
    measure_code: String,
    /// Where: a country or place code.
    place: String,
    /// The calendar year of delivery.
    vintage: i32,
    /// What one credit is: the smallest unit of the measure.
    one: Quantity,
    /// Part of the units entering circulation that is kept back against reversals, 0 to 1.
    buffer_share: Decimal,
    /// The most surplus that may be traded, as a part of the KPI, 0 to 1.
    tradable_share: Decimal,
    /// The most of a KPI that may be covered with bought credits, 0 to 1.
    substitution_share: Decimal,
    /// How many years after the vintage the buffer is kept.
    buffer_years: i32,
    /// The most units that one beneficial-owner group may hold after a transfer; null means no limit.
    holding_limit: Option<BigInt>,
    /// Whether units may change hands.
    transferable: bool,
    /// Log index of its definition.
    entry_index: BigInt,
    #[graphql(skip)]
    reference: MeasureRef,
}

impl From<ClassView> for Class {
    fn from(view: ClassView) -> Self {
        let class = view.class;
        Self {
            id: node_id(class.id),
            measure_code: class.measure.code.to_string(),
            place: class.place.to_string(),
            vintage: i32::from(class.vintage),
            one: (&view.one).into(),
            buffer_share: Decimal(class.buffer_share.to_string()),
            tradable_share: Decimal(class.tradable_share.to_string()),
            substitution_share: Decimal(class.substitution_share.to_string()),
            buffer_years: i32::from(class.buffer_years),
            holding_limit: class.holding_limit_units.map(BigInt),
            transferable: class.transferable,
            entry_index: view.entry_index.into(),
            reference: class.measure,
        }
    }
}

#[ComplexObject]
impl Class {
    /// What one unit is an outcome of.
    async fn measure(&self, context: &Context<'_>) -> async_graphql::Result<Option<Measure>> {
        let found = credit_loaders::measure(context, &self.reference).await?;
        Ok(found.map(Into::into))
    }
}

/// A class through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: ClassId,
) -> async_graphql::Result<Option<Class>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Which classes are wanted.
#[derive(Debug, Default, InputObject)]
pub struct ClassFilter {
    /// Those at this place.
    place: Option<String>,
    /// Those of this year.
    vintage: Option<i32>,
    /// Those of the measure with this code, in any catalogue version.
    measure_code: Option<String>,
}

impl ClassFilter {
    fn parse(self) -> async_graphql::Result<Filter> {
        let vintage = self
            .vintage
            .map(|year| parse_vintage("filter.vintage", year));
        Ok(Filter {
            place: self.place,
            vintage: vintage.transpose()?,
            measure_code: self.measure_code,
        })
    }
}

/// A calendar year as the domain knows it; the error names the field.
pub(crate) fn parse_vintage(field: &str, year: i32) -> async_graphql::Result<i16> {
    i16::try_from(year).map_err(|error| wrong(field, &error))
}

/// Queries on classes.
#[derive(Debug, Default)]
pub struct ClassQuery;

#[Object]
impl ClassQuery {
    /// One class of credits.
    async fn class(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Class>> {
        load(context, parse_id("id", &id)?).await
    }

    /// Classes of credits in the order of their definition.
    async fn classes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which classes.")] filter: Option<ClassFilter>,
    ) -> async_graphql::Result<Connection<Class>> {
        let args = PageArgs::<ClassId>::new(first, after.as_deref(), last, before.as_deref())?;
        let filter = filter.unwrap_or_default().parse()?;
        let read = app(context)?.read();
        let rows = read
            .classes(&filter, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.class_count(&filter).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.class.id, Class::from))
    }
}
