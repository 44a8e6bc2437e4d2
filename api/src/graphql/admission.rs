//! Who may take part: conditions of participation and exclusion grounds in the plan, and the decisions on them.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::admission as usecase;
use commonweal_app::read::bid::AdmissionView;
use commonweal_domain::tender::admission as domain;

use super::amounts::wrong;
use super::bid;
use super::bid_input::BidPayload;
use super::context::{actor, app, settle};
use super::node::parse_id;
use super::scalars::BigInt;

/// Whether the law excludes, or lets the buyer decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::GroundKind")]
pub enum GroundKind {
    /// The law excludes the supplier, unless its self-cleaning is accepted.
    Mandatory,
    /// The buyer may exclude the supplier.
    Discretionary,
}

/// What an officer decides for a bid on a condition or ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AdmissionDecision")]
pub enum AdmissionDecisionKind {
    /// The supplier meets the condition.
    Met,
    /// The supplier does not meet the condition: the bid is excluded.
    NotMet,
    /// The ground does not apply to the supplier.
    Clear,
    /// The ground applies, and the supplier's self-cleaning is accepted.
    SelfCleaningAccepted,
    /// The ground applies, and the buyer does not exclude for it; only for discretionary ones.
    NotExcluded,
    /// The ground applies: the bid is excluded.
    Excluded,
}

/// A condition of participation.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "ConditionInput")]
pub struct Condition {
    /// Code, unique in the plan: 1 to 30 letters, digits, `-` or `.`. Each bid declares on it.
    code: String,
    /// What a supplier must meet, as a sentence.
    statement: String,
    /// The evidence that is asked for.
    evidence: String,
    /// Why it is proportionate to the contract.
    proportionate: String,
}

/// An exclusion ground that the plan states.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "StatedGroundInput")]
pub struct StatedGround {
    /// Code, unique in the plan: 1 to 30 letters, digits, `-` or `.`. Each bid declares on it.
    code: String,
    /// Mandatory or discretionary.
    kind: GroundKind,
    /// What the ground is, as a sentence.
    statement: String,
    /// Where the law says so, as text.
    citation: String,
}

/// Everything that a plan says about who may take part.
#[derive(Debug, Clone, Default, SimpleObject, InputObject)]
#[graphql(input_name = "AdmissionInput")]
pub struct Admission {
    /// Conditions of participation, at most 30.
    #[graphql(default)]
    conditions: Vec<Condition>,
    /// Exclusion grounds, at most 30.
    #[graphql(default)]
    grounds: Vec<StatedGround>,
}

impl From<&domain::Admission> for Admission {
    fn from(admission: &domain::Admission) -> Self {
        let condition = |one: &domain::Condition| Condition {
            code: one.code.to_string(),
            statement: one.statement.clone(),
            evidence: one.evidence.clone(),
            proportionate: one.proportionate.clone(),
        };
        let ground = |one: &domain::StatedGround| StatedGround {
            code: one.code.to_string(),
            kind: one.kind.into(),
            statement: one.statement.clone(),
            citation: one.citation.clone(),
        };
        Self {
            conditions: admission.conditions.iter().map(condition).collect(),
            grounds: admission.grounds.iter().map(ground).collect(),
        }
    }
}

impl Admission {
    pub(crate) fn parse(self, at: &str) -> async_graphql::Result<domain::Admission> {
        let code = |list: &str, index: usize, text: &str| {
            let field = format!("{at}.{list}.{index}.code");
            text.parse().map_err(|error| wrong(&field, &error))
        };
        let conditions = self.conditions.into_iter().enumerate().map(|(index, one)| {
            Ok(domain::Condition {
                code: code("conditions", index, &one.code)?,
                statement: one.statement,
                evidence: one.evidence,
                proportionate: one.proportionate,
            })
        });
        let grounds = self.grounds.into_iter().enumerate().map(|(index, one)| {
            Ok(domain::StatedGround {
                code: code("grounds", index, &one.code)?,
                kind: one.kind.into(),
                statement: one.statement,
                citation: one.citation,
            })
        });
        Ok(domain::Admission {
            conditions: conditions.collect::<async_graphql::Result<_>>()?,
            grounds: grounds.collect::<async_graphql::Result<_>>()?,
        })
    }
}

/// The standing decision for a bid on a condition or ground.
#[derive(Debug, Clone, SimpleObject)]
pub struct AdmissionDecision {
    /// The code of the condition or ground in the plan, or `RESERVED` for the reservation of the tender.
    code: String,
    /// The decision.
    decision: AdmissionDecisionKind,
    /// Why; null for the public, and when the text was erased.
    reason: Option<String>,
    /// Log index of the decision.
    entry_index: BigInt,
}

impl From<AdmissionView> for AdmissionDecision {
    fn from(view: AdmissionView) -> Self {
        Self {
            code: view.code.to_string(),
            decision: view.decision.into(),
            reason: view.reason,
            entry_index: view.entry_index.into(),
        }
    }
}

/// Input of `decideAdmission`.
#[derive(Debug, InputObject)]
pub struct DecideAdmissionInput {
    /// The bid.
    bid: ID,
    /// The code of a condition or ground of the plan, or `RESERVED` for the reservation of the tender.
    code: String,
    /// The decision.
    decision: AdmissionDecisionKind,
    /// Why. The log gets a salted hash of it.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Mutations on who may take part.
#[derive(Debug, Default)]
pub struct AdmissionMutation;

#[Object]
impl AdmissionMutation {
    /// Decides for an opened bid on a condition of participation, an exclusion ground or the reservation of the tender. What a
    /// bid admits must be decided before the ranking, and so must a bid whose supplier the reservation does not cover by what
    /// the log knows. A decision that excludes makes a ranking or proposal made before void; a later decision takes the
    /// place of an earlier one.
    async fn decide_admission(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The decision.")] input: DecideAdmissionInput,
    ) -> async_graphql::Result<BidPayload> {
        let id = parse_id("bid", &input.bid)?;
        let code = input.code.parse();
        let command = usecase::DecideAdmission {
            bid: id,
            code: code.map_err(|error| wrong("code", &error))?,
            decision: input.decision.into(),
            reason: input.reason,
        };
        let done = app(context)?
            .decide_admission(&actor(context), command)
            .await;
        let (made, errors) = settle(done)?;
        let bid = match made {
            Some(_) => bid::load(context, id).await?,
            None => None,
        };
        Ok(BidPayload::new((bid, errors), input.client_mutation_id))
    }
}
