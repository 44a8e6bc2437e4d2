//! The mutations of marks, the signed consensus and the ranking.

use async_graphql::{Context, ID, InputObject, Object};
use commonweal_app::consensus::AgreedLevel;
use commonweal_app::evaluation as usecase;
use commonweal_domain::ids::TenderId;

use super::amounts::wrong;
use super::context::{actor, app, loader, settle};
use super::evaluation::Mark;
use super::node::parse_id;
use super::payload::payloads;
use super::tender::{TenderPayload, settle_tender};
use super::tender_loaders::MarksOf;

/// Input of `saveMark` and `changeMark`.
#[derive(Debug, InputObject)]
pub struct SaveMarkInput {
    /// The bid.
    bid: ID,
    /// A criterion that the panel judges.
    criterion: String,
    /// The level, in the points of the criterion's table.
    level: u32,
    /// Why.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `finaliseMarks`, `beginModeration`, `signConsensus` and `computeRanking`.
#[derive(Debug, InputObject)]
pub struct PanelInput {
    /// The tender.
    pub(super) tender: ID,
    /// Comes back in the answer.
    pub(super) client_mutation_id: Option<String>,
}

/// A level that the panel agreed on.
#[derive(Debug, InputObject)]
pub struct ConsensusMarkInput {
    /// The bid.
    bid: ID,
    /// The criterion.
    criterion: String,
    /// The level, in the points of the criterion's table.
    level: u32,
    /// Why. The log gets a salted hash of it.
    reason: String,
}

impl ConsensusMarkInput {
    fn parse(self, at: usize) -> async_graphql::Result<AgreedLevel> {
        let criterion = self.criterion.parse();
        Ok(AgreedLevel {
            bid: parse_id(&format!("levels.{at}.bid"), &self.bid)?,
            criterion: criterion
                .map_err(|error| wrong(&format!("levels.{at}.criterion"), &error))?,
            level: self.level,
            reason: self.reason,
        })
    }
}

/// Parses levels; an error names the one at fault.
pub(super) fn parse_levels(
    levels: Vec<ConsensusMarkInput>,
) -> async_graphql::Result<Vec<AgreedLevel>> {
    let levels = levels.into_iter().enumerate();
    levels.map(|(at, level)| level.parse(at)).collect()
}

impl SaveMarkInput {
    fn parse(&self) -> async_graphql::Result<usecase::SaveMark> {
        let criterion = self.criterion.parse();
        Ok(usecase::SaveMark {
            bid: parse_id("bid", &self.bid)?,
            criterion: criterion.map_err(|error| wrong("criterion", &error))?,
            level: self.level,
            reason: self.reason.clone(),
        })
    }
}

/// The caller's own mark as it is now, when it was made.
async fn own_mark<T>(
    context: &Context<'_>,
    command: &usecase::SaveMark,
    done: Option<T>,
) -> async_graphql::Result<Option<Mark>> {
    let marks = loader(context)?.load_one(MarksOf(command.bid)).await?;
    let person = actor(context).person_id();
    let own = marks
        .unwrap_or_default()
        .into_iter()
        .find(|mark| mark.criterion == command.criterion && Some(mark.evaluator) == person);
    Ok(done.and(own).map(Into::into))
}

payloads! {
    /// Answer of `saveMark` and `changeMark`.
    MarkPayload {
        /// The mark.
        mark: Mark
    }
    /// Answer of `finaliseMarks`.
    FinaliseMarksPayload {
        /// How many marks are final now.
        finalised: i32
    }
}

/// Mutations of the panel.
#[derive(Debug, Default)]
pub struct EvaluationMutation;

#[Object]
impl EvaluationMutation {
    /// Saves your mark for a bid and criterion. Nobody else sees it, and it can be changed until it is final.
    async fn save_mark(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mark.")] input: SaveMarkInput,
    ) -> async_graphql::Result<MarkPayload> {
        let command = input.parse()?;
        let done = app(context)?
            .save_mark(&actor(context), command.clone())
            .await;
        let (done, errors) = settle(done)?;
        let mark = own_mark(context, &command, done).await?;
        Ok(MarkPayload::new((mark, errors), input.client_mutation_id))
    }

    /// Changes a final mark of yours before the consensus is signed; the reason says why. The former mark is kept, and both
    /// are released with the award.
    async fn change_mark(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mark.")] input: SaveMarkInput,
    ) -> async_graphql::Result<MarkPayload> {
        let command = input.parse()?;
        let done = app(context)?
            .change_mark(&actor(context), command.clone())
            .await;
        let (done, errors) = settle(done)?;
        let mark = own_mark(context, &command, done).await?;
        Ok(MarkPayload::new((mark, errors), input.client_mutation_id))
    }

    /// Makes all your marks for a tender final. The log gets commitments that tell nothing until the award.
    async fn finalise_marks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: PanelInput,
    ) -> async_graphql::Result<FinaliseMarksPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?.finalise_marks(&actor(context), tender).await;
        let (made, errors) = settle(done)?;
        let count = made.map(|made| i32::try_from(made.out).unwrap_or(i32::MAX));
        Ok(FinaliseMarksPayload::new(
            (count, errors),
            input.client_mutation_id,
        ))
    }

    /// Signs the consensus, as the chair, once every other member has signed it off as it stands.
    async fn sign_consensus(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: PanelInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?.sign_consensus(&actor(context), tender).await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Computes the ranking of every lot from the plan, the bids and the consensus, or says why it is withheld.
    async fn compute_ranking(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tender.")] input: PanelInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let done = app(context)?.compute_ranking(&actor(context), tender).await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }
}
