//! The mutations of a panel: who judges, with what interests, and from marks to what the panel agrees on.

use async_graphql::{Context, ID, InputObject, Object};
use commonweal_app::conflict::{CountersignConflict, DeclareConflict};
use commonweal_app::panel::ReplaceMember;
use commonweal_domain::ids::{PersonId, TenderId};

use super::context::{actor, app, settle};
use super::evaluation_input::{ConsensusMarkInput, PanelInput, parse_levels};
use super::node::parse_id;
use super::panel::Conflict;
use super::payload::payloads;
use super::scalars::Sha256;
use super::tender::{TenderPayload, settle_tender};

/// Input of `assignPanel`.
#[derive(Debug, InputObject)]
pub struct AssignPanelInput {
    /// The tender.
    tender: ID,
    /// Who leads the panel: a person with the role chair in the buyer.
    chair: ID,
    /// Who marks: people with the role evaluator in the buyer. The chair may be among them.
    #[graphql(validator(max_items = 50))]
    evaluators: Vec<ID>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `replaceMember`.
#[derive(Debug, InputObject)]
pub struct ReplaceMemberInput {
    /// The tender.
    tender: ID,
    /// Who leaves, or left for a hard conflict.
    member: ID,
    /// Who takes the seat; nobody when it stays empty.
    successor: Option<ID>,
    /// Why. The log gets a salted hash of it.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// A declaration about one bidder.
#[derive(Debug, InputObject)]
pub struct ConflictDeclarationInput {
    /// The bidder.
    bidder: ID,
    /// What interest there is.
    conflict: Conflict,
    /// What it is; none where there is no conflict. The log gets a salted hash of it.
    words: Option<String>,
}

/// Input of `declareConflicts`.
#[derive(Debug, InputObject)]
pub struct DeclareConflictsInput {
    /// The tender.
    tender: ID,
    /// One for each bidder. A conflict can be raised later and not taken back.
    #[graphql(validator(max_items = 250))]
    declarations: Vec<ConflictDeclarationInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `countersignConflict`.
#[derive(Debug, InputObject)]
pub struct CountersignConflictInput {
    /// The tender.
    tender: ID,
    /// Who declared the soft conflict.
    member: ID,
    /// About which bidder.
    bidder: ID,
    /// Why it may be accepted. The log gets a salted hash of it.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `stateMarksMissing`.
#[derive(Debug, InputObject)]
pub struct StateMarksMissingInput {
    /// The tender.
    tender: ID,
    /// Whose marks will not come.
    member: ID,
    /// Why. The log gets a salted hash of it.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `agreeLevels`.
#[derive(Debug, InputObject)]
pub struct AgreeLevelsInput {
    /// The tender.
    tender: ID,
    /// The levels, each with its reason.
    #[graphql(validator(max_items = 250))]
    levels: Vec<ConsensusMarkInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `signOffConsensus`.
#[derive(Debug, InputObject)]
pub struct SignOffConsensusInput {
    /// The tender.
    tender: ID,
    /// The hash of what you read, as `panel.agreed` shows it: if a level has changed since, nothing is signed. Without it,
    /// what stands is signed off.
    agreed: Option<Sha256>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `declareConflicts`.
    DeclareConflictsPayload {
        /// Whether you may see the bids now.
        cleared: bool
    }
    /// Answer of `stateMarksMissing`.
    MissingMarksPayload {
        /// How many marks are stated missing.
        missing: i32
    }
}

/// Mutations of the panel.
#[derive(Debug, Default)]
pub struct PanelMutation;

#[Object]
impl PanelMutation {
    /// Assigns the panel of a tender, as an officer, once and before anyone has marked.
    async fn assign_panel(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who judges.")] input: AssignPanelInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let chair = parse_id("chair", &input.chair)?;
        let evaluators = input.evaluators.iter().enumerate();
        let evaluators = evaluators.map(|(at, id)| parse_id(&format!("evaluators.{at}"), id));
        let evaluators = evaluators.collect::<async_graphql::Result<_>>()?;
        let done = app(context)?
            .assign_panel(&actor(context), tender, chair, evaluators)
            .await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Takes a member from the panel with a reason, as an officer, or fills a seat that a hard conflict left empty.
    async fn replace_member(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who leaves, and who comes.")] input: ReplaceMemberInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let successor = input.successor.as_ref();
        let command = ReplaceMember {
            tender,
            member: parse_id("member", &input.member)?,
            successor: successor.map(|id| parse_id("successor", id)).transpose()?,
            reason: input.reason,
        };
        let done = app(context)?.replace_member(&actor(context), command).await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Declares what interests you have in bidders. Before you have declared about each of them you see no bid; a hard
    /// conflict takes you from the panel, and a soft one needs a countersignature.
    async fn declare_conflicts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The declarations.")] input: DeclareConflictsInput,
    ) -> async_graphql::Result<DeclareConflictsPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let declarations = input.declarations.into_iter().enumerate().map(|(at, one)| {
            Ok(DeclareConflict {
                bidder: parse_id(&format!("declarations.{at}.bidder"), &one.bidder)?,
                conflict: one.conflict.into(),
                words: one.words,
            })
        });
        let declarations = declarations.collect::<async_graphql::Result<_>>()?;
        let done = app(context)?
            .declare_conflicts(&actor(context), tender, declarations)
            .await;
        let (made, errors) = settle(done)?;
        Ok(DeclareConflictsPayload::new(
            (made.map(|made| made.out), errors),
            input.client_mutation_id,
        ))
    }

    /// Accepts the soft conflict of another member with a reason, as the chair or an officer.
    async fn countersign_conflict(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which conflict, and why.")] input: CountersignConflictInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let command = CountersignConflict {
            tender,
            member: parse_id("member", &input.member)?,
            bidder: parse_id("bidder", &input.bidder)?,
            reason: input.reason,
        };
        let done = app(context)?
            .countersign_conflict(&actor(context), command)
            .await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// States every mark of a member that is not final as missing, with a reason, as the chair.
    async fn state_marks_missing(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose marks, and why.")] input: StateMarksMissingInput,
    ) -> async_graphql::Result<MissingMarksPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let member: PersonId = parse_id("member", &input.member)?;
        let done = app(context)?
            .state_marks_missing(&actor(context), tender, member, input.reason)
            .await;
        let (made, errors) = settle(done)?;
        let missing = made.map(|made| i32::try_from(made.out).unwrap_or(i32::MAX));
        Ok(MissingMarksPayload::new(
            (missing, errors),
            input.client_mutation_id,
        ))
    }

    /// Begins moderation, as the chair, once every mark is final or stated missing. From now on the members see each
    /// other's marks.
    async fn begin_moderation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: PanelInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?
            .begin_moderation(&actor(context), tender)
            .await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Sets levels that the panel agrees on, each with a reason. What a level was before stays in its history, and earlier
    /// sign-offs no longer count.
    async fn agree_levels(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The levels.")] input: AgreeLevelsInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let levels = parse_levels(input.levels)?;
        let done = app(context)?
            .agree_levels(&actor(context), tender, levels)
            .await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Signs off what the panel agreed on, as a member of it.
    async fn sign_off_consensus(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is signed off.")] input: SignOffConsensusInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let agreed = input.agreed.map(|hash| hash.0);
        let done = app(context)?
            .sign_off_consensus(&actor(context), tender, agreed)
            .await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }
}
