//! The mutations of the panel: marks, consensus, ranking.

use async_graphql::{Context, ID, InputObject, Object};
use commonweal_app::consensus::AgreedLevel;
use commonweal_app::evaluation as usecase;
use commonweal_domain::ids::{BidId, TenderId};

use super::amounts::wrong;
use super::context::{actor, app, loader, settle};
use super::evaluation::Mark;
use super::node::parse_id;
use super::payload::payloads;
use super::tender::{TenderPayload, settle_tender};
use super::tender_loaders::MarksOf;

/// Input of `saveMark`.
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

/// Input of `finaliseMarks` and `computeRanking`.
#[derive(Debug, InputObject)]
pub struct PanelInput {
    /// The tender.
    tender: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
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

/// Input of `signConsensus`.
#[derive(Debug, InputObject)]
pub struct SignConsensusInput {
    /// The tender.
    tender: ID,
    /// The levels. When the last one is in, the consensus is complete; a large panel signs in parts.
    levels: Vec<ConsensusMarkInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `saveMark`.
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
        let (bid, actor): (BidId, _) = (parse_id("bid", &input.bid)?, actor(context));
        let criterion = input
            .criterion
            .parse()
            .map_err(|error| wrong("criterion", &error))?;
        let command = usecase::SaveMark {
            bid,
            criterion,
            level: input.level,
            reason: input.reason,
        };
        let criterion = command.criterion.clone();
        let (done, errors) = settle(app(context)?.save_mark(&actor, command).await)?;
        let marks = loader(context)?
            .load_one(MarksOf(bid))
            .await?
            .unwrap_or_default();
        let own = marks
            .into_iter()
            .find(|mark| mark.criterion == criterion && Some(mark.evaluator) == actor.person_id());
        let mark = done.and(own).map(Into::into);
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

    /// Signs levels that the panel agreed on, as its chair, once every evaluator's marks are final.
    async fn sign_consensus(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The levels.")] input: SignConsensusInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let levels = input
            .levels
            .into_iter()
            .enumerate()
            .map(|(at, level)| level.parse(at));
        let levels = levels.collect::<async_graphql::Result<_>>()?;
        let done = app(context)?
            .sign_consensus(&actor(context), tender, levels)
            .await;
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
