//! Erasing what identifies people: names of natural persons, words, and workings. The log stays as it is.

use async_graphql::{Context, ID, InputObject, Object};
use commonweal_app::AppError;
use commonweal_domain::ids::OrganisationId;

use super::context::{actor, app, settle};
use super::node::parse_id;
use super::payload::payloads;
use super::scalars::Sha256;

/// Input of `erasePerson`.
#[derive(Debug, InputObject)]
pub struct ErasePersonInput {
    /// The organisation that is a natural person.
    organisation: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `eraseWords`.
#[derive(Debug, InputObject)]
pub struct EraseWordsInput {
    /// The salted hash that stands for the words in the log, such as `reason` of a verification or `words` of an inquiry.
    words: Sha256,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `eraseWorking`.
#[derive(Debug, InputObject)]
pub struct EraseWorkingInput {
    /// The claim.
    claim: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `erasePerson`, `eraseWords` and `eraseWorking`.
    ErasurePayload {
        /// Whether there was something to erase.
        erased: bool
    }
}

/// Mutations that erase, all by a registrar.
#[derive(Debug, Default)]
pub struct ErasureMutation;

#[Object]
impl ErasureMutation {
    /// Erases the name and salt of a natural person. The log stays as it is.
    async fn erase_person(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose name.")] input: ErasePersonInput,
    ) -> async_graphql::Result<ErasurePayload> {
        let id: OrganisationId = parse_id("organisation", &input.organisation)?;
        let done = app(context)?.erase_person(&actor(context), id).await;
        payload(done, input.client_mutation_id)
    }

    /// Erases words about a claim, a contract, credits or a challenge, with their salt: a reason, a note, a question, an
    /// answer. The log keeps their hash, which tells nothing any more.
    async fn erase_words(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which words.")] input: EraseWordsInput,
    ) -> async_graphql::Result<ErasurePayload> {
        let done = app(context)?
            .erase_words(&actor(context), input.words.0)
            .await;
        payload(done, input.client_mutation_id)
    }

    /// Erases the working behind a decided claim that is not challenged, as a registrar outside the claimant's group. The log
    /// keeps how many people it counts, and its hash.
    async fn erase_working(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which claim.")] input: EraseWorkingInput,
    ) -> async_graphql::Result<ErasurePayload> {
        let claim = parse_id("claim", &input.claim)?;
        let done = app(context)?.erase_working(&actor(context), claim).await;
        payload(done, input.client_mutation_id)
    }
}

fn payload(
    done: Result<bool, AppError>,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<ErasurePayload> {
    Ok(ErasurePayload::new(settle(done)?, client_mutation_id))
}
