//! Scoring rules that a plan may not use: prices scored against other bids' prices (as Portugal forbids since 2008), or
//! the mere size of a promised quantity (the UK's models ask for a judgement in words).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, input};
use crate::policy::plan_view::LeafView;
use crate::policy::problem::{PolicyProblem, distinct};

/// A sort of rule that is forbidden.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ForbiddenRule {
    /// A price mark that changes with other bids.
    BidRelativePrice,
    /// Any mark that changes with other bids.
    BidRelative,
    /// A mark by the size of promised quantities.
    PledgeSize,
}

impl ForbiddenRule {
    fn is_broken_by(self, leaf: &LeafView<'_>) -> bool {
        match self {
            Self::BidRelativePrice => leaf.is_price() && leaf.rule.depends_on_other_bids(),
            Self::BidRelative => leaf.rule.depends_on_other_bids(),
            Self::PledgeSize => leaf.scores_pledges(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::BidRelativePrice => "scores a price against other bids",
            Self::BidRelative => "scores a bid against other bids",
            Self::PledgeSize => "scores the size of a pledge",
        }
    }
}

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoringRulesForbidden {
    /// What is forbidden.
    pub rules: Vec<ForbiddenRule>,
    /// Only criteria that carry social value are looked at.
    #[serde(default)]
    pub social_only: bool,
}

impl ClauseKind for ScoringRulesForbidden {
    fn valid(&self) -> Result<(), PolicyProblem> {
        distinct("rules", &self.rules)
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        // A pledge counts as social value even where the plan does not name the criterion so.
        let looked_at =
            |leaf: &&LeafView<'_>| !self.social_only || leaf.social || leaf.scores_pledges();
        let found = case.plan.leaves().filter(looked_at).find_map(|leaf| {
            let rule = self.rules.iter().find(|rule| rule.is_broken_by(leaf))?;
            Some((leaf, *rule))
        });
        Ok(Some(match found {
            None => Judged::of(
                true,
                Vec::new(),
                "no criterion uses a forbidden scoring rule",
            ),
            Some((leaf, rule)) => {
                let inputs = vec![
                    input("criterion", leaf.code),
                    input("scoring rule", leaf.rule.id()),
                ];
                let sentence = format!("the criterion {} {}", leaf.code, rule.words());
                Judged::of(false, inputs, sentence)
            }
        }))
    }
}
