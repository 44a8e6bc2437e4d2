//! Organisations, roles and certifications.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::organisation as usecase;
use commonweal_app::read::Page;
use commonweal_app::read::organisation::{
    CertificationView, OrganisationFilter as Filter, OrganisationView,
};
use commonweal_domain::actor;
use commonweal_domain::ids::{CertificationId, OrganisationId};
use commonweal_domain::organisation::certification::{self, Certification as CertificationFact};
use commonweal_domain::organisation::{self as domain};

use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor as caller, app, loader, refuse, settle};
use super::node::{node_id, parse_id};
use super::payload::payloads;
use super::scalars::{BigInt, Date};

/// What an organisation is in law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::LegalForm")]
pub enum LegalForm {
    /// A legal person: named in the log.
    LegalPerson,
    /// A natural person who trades: the name can be erased.
    SoleTrader,
}

/// The sector that counts for the independence of verifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Sector")]
pub enum Sector {
    /// Public bodies.
    Public,
    /// Private firms.
    Private,
    /// Civil society.
    CivilSociety,
}

/// A role that a person holds in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "actor::Role")]
pub enum Role {
    /// Plans evaluations, opens bids, awards and explains.
    Officer,
    /// Leads the panel and signs its consensus.
    Chair,
    /// Marks bids.
    Evaluator,
    /// Bids, reports delivery and holds credits.
    Supplier,
    /// Checks claims against evidence.
    Verifier,
    /// Issues credits, keeps organisations and certifications.
    Registrar,
    /// Reads what is withheld from the public.
    Auditor,
    /// Runs the service.
    Operator,
}

/// The kind of a social economy organisation (SEO).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "certification::SeoKind")]
pub enum SeoKind {
    /// Certified under a social enterprise law.
    SocialEnterprise,
    /// On the way to that certification.
    PreliminarySocialEnterprise,
    /// A cooperative.
    Cooperative,
    /// A cooperative that serves the public and pays out no profit.
    SocialCooperative,
    /// An enterprise run by the people of a village or quarter.
    VillageEnterprise,
    /// An enterprise run by recipients of livelihood support.
    SelfRelianceEnterprise,
    /// A voluntary, community or social enterprise.
    Vcse,
    /// A sheltered workshop.
    ShelteredWorkshop,
    /// A public service mutual.
    Mutual,
}

/// An organisation that buys, supplies, verifies or pays.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Organisation {
    /// Opaque id.
    pub(crate) id: ID,
    /// What it is in law.
    legal_form: LegalForm,
    /// Its name; null when the name of a natural person was erased.
    name: Option<String>,
    /// Sector for the independence of verifiers.
    sector: Sector,
    /// Country or place code.
    place: String,
    /// Number in a public register.
    identifier: Option<String>,
    /// Log index of its registration.
    entry_index: BigInt,
    #[graphql(skip)]
    key: OrganisationId,
    #[graphql(skip)]
    group: OrganisationId,
}

impl From<OrganisationView> for Organisation {
    fn from(view: OrganisationView) -> Self {
        Self {
            id: node_id(view.id),
            legal_form: view.legal_form.into(),
            name: view.name,
            sector: view.sector.into(),
            place: view.place,
            identifier: view.identifier,
            entry_index: view.entry_index.into(),
            key: view.id,
            group: view.group,
        }
    }
}

#[ComplexObject]
impl Organisation {
    /// The organisation at the top of its beneficial-owner group; itself when it stands alone.
    async fn group(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        load(context, self.group).await
    }

    /// Its certifications as a social economy organisation, in the order of their recording.
    async fn certifications(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Vec<Certification>> {
        let loader = loader(context)?;
        let found = loader
            .load_one(super::loaders::CertificationsOf(self.key))
            .await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }
}

/// A dated certification as a social economy organisation.
#[derive(Debug, Clone, SimpleObject)]
pub struct Certification {
    /// Opaque id.
    id: ID,
    /// As what.
    kind: SeoKind,
    /// First day of validity.
    from: Date,
    /// First day after validity; null when the register names no end.
    to: Option<Date>,
    /// The register and its number, as the registrar looked it up.
    source: String,
    /// First day of an early end.
    revoked_from: Option<Date>,
    /// Log index of its recording.
    entry_index: BigInt,
}

impl From<CertificationView> for Certification {
    fn from(view: CertificationView) -> Self {
        Self {
            id: node_id(view.id),
            kind: view.kind.into(),
            from: Date(view.from),
            to: view.to.map(Date),
            source: view.source,
            revoked_from: view.revoked_from.map(Date),
            entry_index: view.entry_index.into(),
        }
    }
}

/// An organisation through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: OrganisationId,
) -> async_graphql::Result<Option<Organisation>> {
    let loader = loader(context)?;
    Ok(loader.load_one(id).await?.map(Into::into))
}

/// Which organisations are wanted.
#[derive(Debug, Default, InputObject)]
pub struct OrganisationFilter {
    /// Those with (or without) any certification on record.
    certified: Option<bool>,
    /// Those in which someone holds this role.
    role: Option<Role>,
    /// Those whose public name contains this text, at most 200 characters.
    #[graphql(validator(chars_max_length = 200))]
    name_contains: Option<String>,
}

/// Queries on organisations.
#[derive(Debug, Default)]
pub struct OrganisationQuery;

#[Object]
impl OrganisationQuery {
    /// One organisation.
    async fn organisation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Organisation>> {
        load(context, parse_id("id", &id)?).await
    }

    /// Organisations in the order in which they joined.
    async fn organisations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which organisations.")] filter: Option<OrganisationFilter>,
    ) -> async_graphql::Result<Connection<Organisation>> {
        let args =
            PageArgs::<OrganisationId>::new(first, after.as_deref(), last, before.as_deref())?;
        let filter = filter.unwrap_or_default();
        let filter = Filter {
            certified: filter.certified,
            role: filter.role.map(Into::into),
            name_contains: filter.name_contains,
        };
        let read = app(context)?.read();
        let rows = read
            .organisations(&filter, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.organisation_count(&filter).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.id, Organisation::from))
    }
}

/// Input of `registerOrganisation`.
#[derive(Debug, InputObject)]
pub struct RegisterOrganisationInput {
    /// What it is in law.
    legal_form: LegalForm,
    /// Its name.
    name: String,
    /// Sector for the independence of verifiers.
    sector: Sector,
    /// Top of its beneficial-owner group; leave out when it stands alone.
    group: Option<ID>,
    /// Country or place code, such as `KR-11`.
    place: String,
    /// Number in a public register; legal persons only.
    identifier: Option<String>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `grantRole` and `revokeRole`.
#[derive(Debug, InputObject)]
pub struct RoleInput {
    /// The person's pseudonym.
    person: ID,
    /// Where the role is held.
    organisation: ID,
    /// The role.
    role: Role,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `recordCertification`.
#[derive(Debug, InputObject)]
pub struct RecordCertificationInput {
    /// Who is certified.
    organisation: ID,
    /// As what.
    kind: SeoKind,
    /// First day of validity.
    from: Date,
    /// First day after validity; leave out when the register names no end.
    to: Option<Date>,
    /// The register and its number.
    source: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `revokeCertification`.
#[derive(Debug, InputObject)]
pub struct RevokeCertificationInput {
    /// The certification.
    certification: ID,
    /// First day on which it is no longer valid.
    from: Date,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `registerOrganisation`.
    RegisterOrganisationPayload {
        /// The organisation.
        organisation: Organisation
    }
    /// Answer of `grantRole` and `revokeRole`.
    RolePayload {
        /// The organisation in which the role is held.
        organisation: Organisation
    }
    /// Answer of `recordCertification` and `revokeCertification`.
    CertificationPayload {
        /// The certification's id.
        certification: ID
    }
}

/// Mutations of organisations, all by a registrar.
#[derive(Debug, Default)]
pub struct OrganisationMutation;

#[Object]
impl OrganisationMutation {
    /// Registers an organisation.
    async fn register_organisation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to register.")] input: RegisterOrganisationInput,
    ) -> async_graphql::Result<RegisterOrganisationPayload> {
        let group = input
            .group
            .as_ref()
            .map(|id| parse_id("group", id))
            .transpose()?;
        let command = usecase::RegisterOrganisation {
            legal_form: input.legal_form.into(),
            name: input.name,
            sector: input.sector.into(),
            group,
            place: input.place,
            identifier: input.identifier,
        };
        let done = app(context)?
            .register_organisation(&caller(context), None, command)
            .await;
        let (made, errors) = settle(done)?;
        let organisation = match made {
            Some(made) => load(context, made.out).await?,
            None => None,
        };
        Ok(RegisterOrganisationPayload::new(
            (organisation, errors),
            input.client_mutation_id,
        ))
    }

    /// Grants a role to a person.
    async fn grant_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which role to whom.")] input: RoleInput,
    ) -> async_graphql::Result<RolePayload> {
        let command = role_command(&input)?;
        let done = app(context)?.grant_role(&caller(context), command).await;
        role_payload(context, input, done.map(|_| ())).await
    }

    /// Takes a role from a person; tokens lose it at once.
    async fn revoke_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which role from whom.")] input: RoleInput,
    ) -> async_graphql::Result<RolePayload> {
        let command = role_command(&input)?;
        let done = app(context)?.revoke_role(&caller(context), command).await;
        role_payload(context, input, done.map(|_| ())).await
    }

    /// Records a certification as a social economy organisation.
    async fn record_certification(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What the register says.")] input: RecordCertificationInput,
    ) -> async_graphql::Result<CertificationPayload> {
        let app = app(context)?;
        let fact = CertificationFact {
            id: app.new_id::<CertificationId>(),
            organisation: parse_id("organisation", &input.organisation)?,
            kind: input.kind.into(),
            from: input.from.0,
            to: input.to.map(|date| date.0),
            source: input.source,
        };
        let (made, errors) = settle(app.record_certification(&caller(context), fact).await)?;
        let id = made.map(|made| node_id(made.out));
        Ok(CertificationPayload::new(
            (id, errors),
            input.client_mutation_id,
        ))
    }

    /// Ends a certification early.
    async fn revoke_certification(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which, and from when.")] input: RevokeCertificationInput,
    ) -> async_graphql::Result<CertificationPayload> {
        let id = parse_id("certification", &input.certification)?;
        let done = app(context)?
            .revoke_certification(&caller(context), id, input.from.0)
            .await;
        let (made, errors) = settle(done)?;
        let id = made.map(|made| node_id(made.out));
        Ok(CertificationPayload::new(
            (id, errors),
            input.client_mutation_id,
        ))
    }
}

fn role_command(input: &RoleInput) -> async_graphql::Result<usecase::RoleInput> {
    Ok(usecase::RoleInput {
        person: parse_id("person", &input.person)?,
        organisation: parse_id("organisation", &input.organisation)?,
        role: input.role.into(),
    })
}

async fn role_payload(
    context: &Context<'_>,
    input: RoleInput,
    done: Result<(), commonweal_app::AppError>,
) -> async_graphql::Result<RolePayload> {
    let (made, errors) = settle(done)?;
    let organisation = match made {
        Some(()) => load(context, parse_id("organisation", &input.organisation)?).await?,
        None => None,
    };
    Ok(RolePayload::new(
        (organisation, errors),
        input.client_mutation_id,
    ))
}
