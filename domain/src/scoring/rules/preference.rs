//! When a bonus or an uplift for social economy organisations applies.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::seo_participation::{Part, certified_share, parts};
use super::{Case, Fault, Gap};
use crate::amount::Share;
use crate::organisation::certification::SeoKind;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_error::PlanProblem;

/// Who is preferred: a bidder with a certification, or a bid whose work certified organisations do a part of. A
/// certification counts when it is valid on the plan's certification day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// The kinds of certification that count.
    pub kinds: Vec<SeoKind>,
    /// The least share of the work that certified organisations must do, such as 0.3; left out, the bidder itself must be
    /// certified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
}

impl Preference {
    pub(super) fn reads(&self) -> Option<BidField> {
        self.share.map(|_| BidField::Participations)
    }

    pub(super) fn check(&self, under: &str) -> Result<(), Fault> {
        let distinct: BTreeSet<SeoKind> = self.kinds.iter().copied().collect();
        if self.kinds.is_empty() || distinct.len() != self.kinds.len() {
            return Err(Fault::at(format!("{under}/kinds"), PlanProblem::List));
        }
        if self.share == Some(Share::NONE) {
            return Err(Fault::at(format!("{under}/share"), PlanProblem::ShareZero));
        }
        Ok(())
    }

    /// Whether it applies to the bid.
    pub(super) fn applies(&self, case: &Case<'_>) -> Result<bool, Gap> {
        match self.share {
            None => Ok(self.kinds.iter().any(|kind| {
                let pair = (case.entrant.supplier, *kind);
                case.facts.certified.contains(&pair)
            })),
            Some(least) => Ok(certified_share(&parts(case, &self.kinds)?)? >= least.fraction()?),
        }
    }

    /// What the decision was made from. None where a field is not known.
    pub(super) fn inputs(&self, case: &Case<'_>) -> Option<Vec<Input>> {
        let applies = self.applies(case).ok()?;
        let mut inputs = Vec::new();
        if let Some(least) = self.share {
            let parts = parts(case, &self.kinds).ok()?;
            inputs.extend(parts.iter().map(Part::input));
            inputs.push(Input::new("least certified share", least));
        }
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.as_str()).collect();
        let name = format!("preferred ({})", kinds.join(", "));
        inputs.push(Input::new(name, applies));
        Some(inputs)
    }
}
