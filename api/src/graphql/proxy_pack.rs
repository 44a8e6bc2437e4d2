//! Proxy packs: money values of measures, private to the organisation that holds the licence.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_domain::ids::{CatalogueId, OrganisationId, ProxyPackId};
use commonweal_domain::scoring::proxy;
use commonweal_domain::scoring::proxy_pack as domain;

use super::amounts::{MoneyInput, small, wrong};
use super::catalogue::{self, Catalogue};
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, refuse, settle};
use super::node::{node_id, parse_id};
use super::payload::payloads;
use super::plan_money::{ProxyBasis, ProxyValue};
use super::scalars::Decimal;
use super::scoring_rule_input::parsed;

/// A proxy pack. Only officers of its organisation see it; a plan publishes the values that it uses.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ProxyPack {
    /// Opaque id.
    pub(crate) id: ID,
    /// Who holds the licence.
    organisation_id: ID,
    /// Its title and version.
    title: String,
    /// The licence under which the organisation holds it.
    licence: String,
    /// The currency of its values (ISO 4217).
    currency: String,
    /// Whether its values are gross or net of deadweight.
    basis: ProxyBasis,
    /// The values, each measure once.
    values: Vec<ProxyValue>,
    #[graphql(skip)]
    catalogue_id: CatalogueId,
}

#[ComplexObject]
impl ProxyPack {
    /// The catalogue whose measures it values.
    async fn catalogue(&self, context: &Context<'_>) -> async_graphql::Result<Option<Catalogue>> {
        catalogue::load(context, self.catalogue_id).await
    }
}

impl From<domain::ProxyPack> for ProxyPack {
    fn from(pack: domain::ProxyPack) -> Self {
        Self {
            id: node_id(pack.id),
            organisation_id: node_id(pack.organisation),
            title: pack.title,
            licence: pack.licence,
            currency: pack.currency.to_string(),
            basis: pack.basis.into(),
            values: pack.values.iter().map(Into::into).collect(),
            catalogue_id: pack.catalogue,
        }
    }
}

/// A pack that the caller may see.
pub(super) async fn load(
    context: &Context<'_>,
    id: ProxyPackId,
) -> async_graphql::Result<Option<domain::ProxyPack>> {
    let read = app(context)?.read();
    read.proxy_pack(&actor(context), id).await.map_err(refuse)
}

/// Queries on proxy packs.
#[derive(Debug, Default)]
pub struct ProxyPackQuery;

#[Object]
impl ProxyPackQuery {
    /// A proxy pack of an organisation in which the caller is an officer; null for everyone else.
    async fn proxy_pack(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<ProxyPack>> {
        let found = load(context, parse_id("id", &id)?).await?;
        Ok(found.map(Into::into))
    }

    /// The proxy packs of an organisation in the order of their registration; none for anyone but its officers.
    async fn proxy_packs(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The organisation.")] organisation: ID,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ProxyPack>> {
        let organisation: OrganisationId = parse_id("organisation", &organisation)?;
        let args = PageArgs::<ProxyPackId>::new(first, after.as_deref(), last, before.as_deref())?;
        let (read, actor) = (app(context)?.read(), actor(context));
        let rows = read
            .proxy_packs(&actor, organisation, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            let count = read.proxy_pack_count(&actor, organisation).await;
            Some(count.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.id, ProxyPack::from))
    }
}

/// What one unit of a measure is worth, and how the worth goes on.
#[derive(Debug, InputObject)]
pub struct ProxyValueInput {
    /// The code of a counted measure of the catalogue.
    measure: String,
    /// The value of one unit in the first year.
    proxy: MoneyInput,
    /// The part that would have happened anyway, 0 to 1; 0 where values are net of deadweight.
    #[graphql(default_with = "none()")]
    deadweight: Decimal,
    /// The part that others brought about, 0 to 1.
    #[graphql(default_with = "none()")]
    attribution: Decimal,
    /// The part that only moved from elsewhere, 0 to 1.
    #[graphql(default_with = "none()")]
    displacement: Decimal,
    /// The part that is lost each year from year 2, 0 to 1.
    #[graphql(default_with = "none()")]
    drop_off: Decimal,
    /// For how many years the impact lasts, 1 to 50.
    #[graphql(default = 1)]
    years: u32,
}

fn none() -> Decimal {
    Decimal("0".to_owned())
}

impl ProxyValueInput {
    fn parse(self, at: &str) -> async_graphql::Result<proxy::ProxyValue> {
        let field = |name: &str| format!("{at}.{name}");
        let measure = self.measure.parse();
        Ok(proxy::ProxyValue {
            measure: measure.map_err(|error| wrong(&field("measure"), &error))?,
            proxy: self.proxy.parse(&field("proxy"))?,
            deadweight: parsed(&field("deadweight"), &self.deadweight)?,
            attribution: parsed(&field("attribution"), &self.attribution)?,
            displacement: parsed(&field("displacement"), &self.displacement)?,
            drop_off: parsed(&field("dropOff"), &self.drop_off)?,
            years: small(&field("years"), self.years, "1 to 50")?,
        })
    }
}

/// Input of `registerProxyPack`.
#[derive(Debug, InputObject)]
pub struct RegisterProxyPackInput {
    /// Who holds the licence.
    organisation: ID,
    /// The measure catalogue whose measures it values.
    catalogue: ID,
    /// Its title and version.
    title: String,
    /// The licence under which the organisation holds it, and may publish the values that a plan uses.
    licence: String,
    /// The currency of its values (ISO 4217).
    currency: String,
    /// Whether its values are gross or net of deadweight.
    basis: ProxyBasis,
    /// The values, at most 250, each measure once.
    values: Vec<ProxyValueInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `registerProxyPack`.
    RegisterProxyPackPayload {
        /// The pack.
        proxy_pack: ProxyPack
    }
}

/// Mutations of proxy packs.
#[derive(Debug, Default)]
pub struct ProxyPackMutation;

#[Object]
impl ProxyPackMutation {
    /// Keeps a proxy pack for an organisation, in private: the log never has it. It never changes.
    async fn register_proxy_pack(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The pack.")] input: RegisterProxyPackInput,
    ) -> async_graphql::Result<RegisterProxyPackPayload> {
        let app = app(context)?;
        let currency = input.currency.parse();
        let values = input.values.into_iter().enumerate();
        let values = values.map(|(index, value)| value.parse(&format!("values.{index}")));
        let pack = domain::ProxyPack {
            id: app.new_id(),
            organisation: parse_id("organisation", &input.organisation)?,
            catalogue: parse_id("catalogue", &input.catalogue)?,
            title: input.title,
            licence: input.licence,
            currency: currency.map_err(|error| wrong("currency", &error))?,
            basis: input.basis.into(),
            values: values.collect::<async_graphql::Result<_>>()?,
        };
        let made = app.register_proxy_pack(&actor(context), pack).await;
        let (made, errors) = settle(made)?;
        let pack = match made {
            Some(id) => load(context, id).await?.map(Into::into),
            None => None,
        };
        Ok(RegisterProxyPackPayload::new(
            (pack, errors),
            input.client_mutation_id,
        ))
    }
}
