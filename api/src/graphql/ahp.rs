//! Weights from stakeholders' votes on pairs of criteria. Nothing is stored: an officer adopts weights by publishing them in
//! a plan.

use async_graphql::{Enum, InputObject, Object, SimpleObject};
use commonweal_domain::scoring::ahp as domain;
use commonweal_domain::tender::{CriterionCode, code::Weight};

use super::amounts::wrong;
use super::scalars::Decimal;

/// A vote on one pair of criteria.
#[derive(Debug, InputObject)]
pub struct PairVoteInput {
    /// The criterion that counts more.
    more: String,
    /// The criterion that counts less.
    less: String,
    /// By how much: 1 equal, 3 moderate, 5 strong, 7 very strong, 9 extreme, and the steps between.
    strength: u32,
}

/// The votes of one person or body, at most one on each pair.
#[derive(Debug, InputObject)]
pub struct BallotInput {
    /// The votes.
    #[graphql(validator(max_items = 45))]
    votes: Vec<PairVoteInput>,
}

/// A group of stakeholders with its ballots.
#[derive(Debug, InputObject)]
pub struct StakeholderGroupInput {
    /// Its name, unique among the groups.
    name: String,
    /// How much it counts beside the others in the combined weights, 1 to 1,000.
    #[graphql(default = 1)]
    voice: u32,
    /// 1 to 250 ballots. Each pair needs a vote on at least one of them.
    #[graphql(validator(max_items = 250))]
    ballots: Vec<BallotInput>,
}

/// Input of `ahpWeights`.
#[derive(Debug, InputObject)]
pub struct AhpWeightsInput {
    /// 2 to 10 codes of criteria that are children of one node.
    #[graphql(validator(max_items = 250))]
    criteria: Vec<String>,
    /// 1 to 50 groups.
    #[graphql(validator(max_items = 250))]
    groups: Vec<StakeholderGroupInput>,
    /// Decimal places of the weights, 0 to 4.
    #[graphql(default = 2)]
    places: u32,
}

/// The weight of a criterion in percent.
#[derive(Debug, Clone, SimpleObject)]
pub struct CriterionWeight {
    /// The criterion.
    criterion: String,
    /// Percent; the weights of a list sum to exactly 100.
    weight: Decimal,
}

/// What a group as a whole says of one pair: the geometric mean of its votes.
#[derive(Debug, Clone, SimpleObject)]
pub struct PairComparison {
    /// The criterion that counts more.
    more: String,
    /// The criterion that counts less.
    less: String,
    /// How many times as much, 1 or more.
    times: Decimal,
}

/// Three criteria whose votes contradict each other.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContradictingVotes {
    /// The three votes: the first two together say something else than the third.
    votes: Vec<PairComparison>,
    /// How many times the first two together differ from the third.
    factor: Decimal,
}

/// The weights of one group.
#[derive(Debug, Clone, SimpleObject)]
pub struct GroupWeights {
    /// The group.
    name: String,
    /// How much it counts beside the others.
    voice: u32,
    /// Its weights, in the order of the criteria.
    weights: Vec<CriterionWeight>,
    /// The consistency ratio: 0 where no votes contradict each other, about 1 for votes at random.
    consistency_ratio: Decimal,
    /// Whether the ratio is below the limit.
    consistent: bool,
    /// The three criteria whose votes contradict each other most; null where no votes do.
    most_inconsistent: Option<ContradictingVotes>,
}

/// Why there are no combined weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum NoWeightsReason {
    /// The votes of a group contradict each other too much: it votes again.
    Inconsistent,
}

/// Weights that stakeholders voted for, side by side, before an officer adopts any.
#[derive(Debug, Clone, SimpleObject)]
pub struct AhpWeights {
    /// The groups in the order asked.
    groups: Vec<GroupWeights>,
    /// The mean of the groups' published weights by voice, in the order of the criteria; null while a group is not consistent.
    combined: Option<Vec<CriterionWeight>>,
    /// Why there are no combined weights.
    no_combined: Option<NoWeightsReason>,
    /// The consistency ratio from which on a group votes again.
    ratio_limit: Decimal,
    /// The mean consistency index of random votes on so many criteria (T. L. Saaty 1980).
    random_index: Decimal,
}

impl AhpWeightsInput {
    fn parse(self) -> async_graphql::Result<domain::Question> {
        let groups = self.groups.into_iter().enumerate();
        Ok(domain::Question {
            criteria: self
                .criteria
                .iter()
                .enumerate()
                .map(|(at, text)| code(&format!("criteria.{at}"), text))
                .collect::<Result<_, _>>()?,
            groups: groups
                .map(|(at, group)| group.parse(&format!("groups.{at}")))
                .collect::<Result<_, _>>()?,
            places: u8::try_from(self.places).unwrap_or(u8::MAX),
        })
    }
}

impl StakeholderGroupInput {
    fn parse(self, path: &str) -> async_graphql::Result<domain::Group> {
        let mut ballots = Vec::new();
        for (ballot_at, ballot) in self.ballots.into_iter().enumerate() {
            let mut votes = Vec::new();
            for (at, vote) in ballot.votes.into_iter().enumerate() {
                let path = format!("{path}.ballots.{ballot_at}.votes.{at}");
                votes.push(domain::Vote {
                    more: code(&format!("{path}.more"), &vote.more)?,
                    less: code(&format!("{path}.less"), &vote.less)?,
                    strength: u8::try_from(vote.strength).unwrap_or(u8::MAX),
                });
            }
            ballots.push(domain::Ballot { votes });
        }
        Ok(domain::Group {
            name: self.name,
            voice: self.voice,
            ballots,
        })
    }
}

fn code(path: &str, text: &str) -> async_graphql::Result<CriterionCode> {
    text.parse().map_err(|error| wrong(path, &error))
}

fn weights(criteria: &[CriterionCode], weights: &[Weight]) -> Vec<CriterionWeight> {
    let weight = |(criterion, weight): (&CriterionCode, &Weight)| CriterionWeight {
        criterion: criterion.to_string(),
        weight: Decimal(weight.to_string()),
    };
    criteria.iter().zip(weights).map(weight).collect()
}

impl From<domain::Triple> for ContradictingVotes {
    fn from(triple: domain::Triple) -> Self {
        let vote = |vote: domain::Comparison| PairComparison {
            more: vote.more.to_string(),
            less: vote.less.to_string(),
            times: Decimal(vote.times.to_string()),
        };
        Self {
            votes: triple.votes.into_iter().map(vote).collect(),
            factor: Decimal(triple.factor.to_string()),
        }
    }
}

impl AhpWeights {
    fn new(criteria: &[CriterionCode], told: domain::Weighing) -> Self {
        let group = |group: domain::GroupWeights| GroupWeights {
            weights: weights(criteria, &group.weights),
            name: group.name,
            voice: group.voice,
            consistency_ratio: Decimal(group.ratio.to_string()),
            consistent: group.consistent,
            most_inconsistent: group.worst.map(Into::into),
        };
        let last = criteria.len().saturating_sub(1);
        let random = domain::RANDOM_INDEX.get(last).unwrap_or(&"0");
        Self {
            groups: told.groups.into_iter().map(group).collect(),
            no_combined: told
                .combined
                .is_none()
                .then_some(NoWeightsReason::Inconsistent),
            combined: told.combined.map(|list| weights(criteria, &list)),
            ratio_limit: Decimal(domain::RATIO_LIMIT.to_string()),
            random_index: Decimal((*random).to_owned()),
        }
    }
}

/// Queries on weights.
#[derive(Debug, Default)]
pub struct AhpQuery;

#[Object]
impl AhpQuery {
    /// Makes weights of stakeholders' votes on pairs of criteria, by the analytic hierarchy process. A pair without a vote is
    /// an error that names it. Nothing is stored.
    #[expect(clippy::unused_async, reason = "every resolver is asynchronous")]
    async fn ahp_weights(
        &self,
        #[graphql(desc = "The criteria and each group's ballots.")] input: AhpWeightsInput,
    ) -> async_graphql::Result<AhpWeights> {
        let question = input.parse()?;
        let refused = |error: domain::AhpError| wrong(&error.path(), &error);
        let told = domain::weigh(&question).map_err(refused)?;
        Ok(AhpWeights::new(&question.criteria, told))
    }
}
