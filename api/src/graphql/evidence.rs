//! Files of evidence: what an organisation has stored, to whom it is open, and its end. The files themselves go over
//! `/evidence/`.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::AppError;
use commonweal_app::evidence::ReleaseEvidence;
use commonweal_app::read::Page;
use commonweal_app::read::evidence::EvidenceFileView;
use commonweal_domain::ids::{EvidenceFileId, OrganisationId};
use commonweal_domain::log::hash::Hash;

use super::claim_mutation::{ClaimPayload, payload};
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, refuse, settle};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::payload::payloads;
use super::scalars::{BigInt, DateTime, Sha256};

/// A stored file of evidence, for people of the organisation that owns it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct EvidenceFile {
    /// Opaque id.
    id: ID,
    /// SHA-256 of its bytes: claims name it so.
    sha256: Sha256,
    /// Length in bytes.
    size: BigInt,
    /// Media type, as found in the bytes.
    media_type: String,
    /// Whether a claim or a draft stands on it. A file that nothing stands on is removed after a day.
    kept: bool,
    /// When it was stored first.
    uploaded_at: DateTime,
    #[graphql(skip)]
    to: Vec<OrganisationId>,
}

impl From<EvidenceFileView> for EvidenceFile {
    fn from(view: EvidenceFileView) -> Self {
        Self {
            id: node_id(view.id),
            sha256: Sha256(view.sha256),
            size: view.size.into(),
            media_type: view.media_type,
            kept: view.kept,
            uploaded_at: DateTime(view.uploaded_at),
            to: view.released_to,
        }
    }
}

#[ComplexObject]
impl EvidenceFile {
    /// The organisations to which it was released.
    async fn released_to(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Organisation>> {
        let loads = self.to.iter().map(|id| organisation::load(context, *id));
        let found = futures_util::future::try_join_all(loads).await?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// Queries on files of evidence.
#[derive(Debug, Default)]
pub struct EvidenceQuery;

#[Object]
impl EvidenceQuery {
    /// The files of an organisation, for its own people; for others there are none.
    async fn evidence_files(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose files.")] owner: ID,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<EvidenceFile>> {
        let owner = parse_id("owner", &owner)?;
        let args =
            PageArgs::<EvidenceFileId>::new(first, after.as_deref(), last, before.as_deref())?;
        let (read, actor) = (app(context)?.read(), actor(context));
        let rows = read
            .evidence_files(&actor, owner, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            let count = read.evidence_file_count(&actor, owner).await;
            Some(count.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.id, EvidenceFile::from))
    }
}

/// Input of `releaseEvidence` and `endEvidenceRelease`.
#[derive(Debug, InputObject)]
pub struct ReleaseEvidenceInput {
    /// Whose files.
    owner: ID,
    /// Which, by their hashes: 1 to 100.
    files: Vec<Sha256>,
    /// To whom: 1 to 50 organisations.
    to: Vec<ID>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

impl ReleaseEvidenceInput {
    fn parse(&self) -> async_graphql::Result<ReleaseEvidence> {
        let to = self.to.iter().enumerate();
        let to = to.map(|(at, id)| parse_id(&format!("to.{at}"), id));
        Ok(ReleaseEvidence {
            owner: parse_id("owner", &self.owner)?,
            files: hashes(&self.files),
            to: to.collect::<async_graphql::Result<_>>()?,
        })
    }
}

fn hashes(files: &[Sha256]) -> Vec<Hash> {
    files.iter().map(|file| file.0).collect()
}

/// Input of `eraseEvidence`.
#[derive(Debug, InputObject)]
pub struct EraseEvidenceInput {
    /// The claim behind which the files stand.
    claim: ID,
    /// Which, by their hashes: 1 to 100.
    files: Vec<Sha256>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `eraseEvidenceEarly`.
#[derive(Debug, InputObject)]
pub struct EraseEvidenceEarlyInput {
    /// The claim behind which the files stand.
    claim: ID,
    /// Which, by their hashes: 1 to 100.
    files: Vec<Sha256>,
    /// Why before their time. The words can be erased; the log holds their salted hash.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `releaseEvidence` and `endEvidenceRelease`.
    ReleasePayload {
        /// The organisation whose files they are.
        owner: Organisation
    }
}

/// Mutations of files of evidence.
#[derive(Debug, Default)]
pub struct EvidenceMutation;

#[Object]
impl EvidenceMutation {
    /// Opens files to people of named organisations, as a supplier of their owner. Nothing of it is public.
    async fn release_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which files, and to whom.")] input: ReleaseEvidenceInput,
    ) -> async_graphql::Result<ReleasePayload> {
        let release = input.parse()?;
        let owner = release.owner;
        let done = app(context)?
            .release_evidence(&actor(context), release)
            .await;
        released(context, owner, done, input.client_mutation_id).await
    }

    /// Closes files again to people of named organisations, as a supplier of their owner. What they have read they have read.
    async fn end_evidence_release(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which files, and to whom.")] input: ReleaseEvidenceInput,
    ) -> async_graphql::Result<ReleasePayload> {
        let release = input.parse()?;
        let owner = release.owner;
        let done = app(context)?
            .end_evidence_release(&actor(context), release)
            .await;
        released(context, owner, done, input.client_mutation_id).await
    }

    /// Erases files behind a decided claim, as its claimant, once their retention is over. The log keeps their hashes.
    async fn erase_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which files.")] input: EraseEvidenceInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let claim = parse_id("claim", &input.claim)?;
        let done = app(context)?
            .erase_evidence(&actor(context), claim, hashes(&input.files))
            .await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Erases files behind a decided claim before their time, as a registrar outside the claimant's group. The log keeps
    /// their hashes.
    async fn erase_evidence_early(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which files, and why.")] input: EraseEvidenceEarlyInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let claim = parse_id("claim", &input.claim)?;
        let files = hashes(&input.files);
        let done = app(context)?
            .erase_evidence_early(&actor(context), claim, files, &input.reason)
            .await;
        payload(context, done, input.client_mutation_id).await
    }
}

async fn released(
    context: &Context<'_>,
    owner: OrganisationId,
    done: Result<(), AppError>,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<ReleasePayload> {
    let (made, errors) = settle(done)?;
    let owner = match made {
        Some(()) => organisation::load(context, owner).await?,
        None => None,
    };
    Ok(ReleasePayload::new((owner, errors), client_mutation_id))
}
