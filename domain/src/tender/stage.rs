//! The life of a tender as one table, and the decisions about time.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use crate::time::Time;

/// How far a tender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Bids are taken.
    Published,
    /// The deadline has passed. Nothing is written for it: it follows from the time ([`Stage::at`]).
    Closed,
    /// The bids are open.
    Opened,
    /// The panel has begun to mark or to agree.
    Evaluating,
    /// Every criterion that people judge has a consensus level.
    ConsensusSigned,
    /// The ranking was computed, or withheld with a reason.
    Ranked,
    /// One officer has proposed the award.
    AwardProposed,
    /// A second officer has approved it.
    Awarded,
    /// The contract of every award is signed.
    Contracted,
    /// The buyer gave it up.
    Cancelled,
}

/// What moves a tender on, or needs it to be at a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Submit or replace a bid.
    SubmitBid,
    /// Withdraw a bid.
    WithdrawBid,
    /// Open the bids.
    Open,
    /// Exclude a bid by a decision.
    ExcludeBid,
    /// Decide on a condition or exclusion ground without excluding.
    DecideAdmission,
    /// Finalise a mark.
    SealMark,
    /// Sign a part of the consensus that is not the last.
    SignPart,
    /// Sign the last part of the consensus.
    SignConsensus,
    /// Compute the ranking.
    Rank,
    /// Release a mark.
    ReleaseMark,
    /// Propose the award.
    ProposeAward,
    /// Approve the award.
    DecideAward,
    /// Sign the contract of an award that is not the last.
    SignPartContract,
    /// Sign the contract of the last award.
    SignContract,
    /// Give the tender up.
    Cancel,
}

use Stage::{
    AwardProposed, Awarded, Cancelled, Closed, ConsensusSigned, Contracted, Evaluating, Opened,
    Published, Ranked,
};

/// Every move that there is. A bid excluded after the consensus makes an older ranking void.
const TABLE: &[(Stage, Step, Stage)] = &[
    (Published, Step::SubmitBid, Published),
    (Published, Step::WithdrawBid, Published),
    (Published, Step::Cancel, Cancelled),
    (Closed, Step::Open, Opened),
    (Closed, Step::Cancel, Cancelled),
    (Opened, Step::ExcludeBid, Opened),
    (Opened, Step::DecideAdmission, Opened),
    (Opened, Step::SealMark, Evaluating),
    (Opened, Step::SignPart, Evaluating),
    (Opened, Step::SignConsensus, ConsensusSigned),
    (Opened, Step::Cancel, Cancelled),
    (Evaluating, Step::ExcludeBid, Evaluating),
    (Evaluating, Step::DecideAdmission, Evaluating),
    (Evaluating, Step::SealMark, Evaluating),
    (Evaluating, Step::SignPart, Evaluating),
    (Evaluating, Step::SignConsensus, ConsensusSigned),
    (Evaluating, Step::Cancel, Cancelled),
    (ConsensusSigned, Step::ExcludeBid, ConsensusSigned),
    (ConsensusSigned, Step::DecideAdmission, ConsensusSigned),
    (ConsensusSigned, Step::Rank, Ranked),
    (ConsensusSigned, Step::ReleaseMark, ConsensusSigned),
    (ConsensusSigned, Step::Cancel, Cancelled),
    (Ranked, Step::ExcludeBid, ConsensusSigned),
    (Ranked, Step::DecideAdmission, Ranked),
    (Ranked, Step::Rank, Ranked),
    (Ranked, Step::ReleaseMark, Ranked),
    (Ranked, Step::ProposeAward, AwardProposed),
    (Ranked, Step::Cancel, Cancelled),
    (AwardProposed, Step::ExcludeBid, ConsensusSigned),
    (AwardProposed, Step::DecideAdmission, AwardProposed),
    (AwardProposed, Step::ReleaseMark, AwardProposed),
    (AwardProposed, Step::DecideAward, Awarded),
    (AwardProposed, Step::Cancel, Cancelled),
    (Awarded, Step::ReleaseMark, Awarded),
    (Awarded, Step::SignPartContract, Awarded),
    (Awarded, Step::SignContract, Contracted),
    (Contracted, Step::ReleaseMark, Contracted),
];

/// Why a step cannot be taken with a tender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenderError {
    /// After the deadline.
    #[error("the tender closed at {closes_at}: bids that arrive later are refused")]
    Closed {
        /// The deadline.
        closes_at: Time,
    },
    /// The tender was cancelled.
    #[error("the tender was cancelled: nothing more can be done with it")]
    Cancelled,
    /// Before the opening time.
    #[error("the bids can be opened after {closes_at}, from {opens_at} on")]
    NotYetOpen {
        /// The deadline.
        closes_at: Time,
        /// The earliest opening.
        opens_at: Time,
    },
    /// Another stage is needed.
    #[error("the tender is {stage}: it cannot {step} now")]
    WrongStage {
        /// Where it is.
        stage: Stage,
        /// What was tried.
        step: Step,
    },
}

impl Step {
    /// The step that signing one contract is, when `signed` of `awards` awards have theirs with it.
    #[must_use]
    pub fn sign(signed: usize, awards: usize) -> Self {
        if signed < awards {
            Self::SignPartContract
        } else {
            Self::SignContract
        }
    }
}

impl Stage {
    /// The stage at a time: a published tender is closed when the deadline lies before the time.
    #[must_use]
    pub fn at(self, plan: &Plan, now: Time) -> Self {
        if self == Published && now > plan.closes_at {
            Closed
        } else {
            self
        }
    }

    /// The stage after a step, by the table.
    pub fn after(self, step: Step) -> Result<Self, TenderError> {
        let found = TABLE
            .iter()
            .find(|(from, by, _)| (*from, *by) == (self, step));
        match found {
            Some((_, _, to)) => Ok(*to),
            None if self == Cancelled => Err(TenderError::Cancelled),
            None => Err(TenderError::WrongStage { stage: self, step }),
        }
    }

    /// Whether a bid whose last byte arrived at `received_at` may be submitted or replaced. What counts is the arrival and
    /// not when it is written.
    pub fn can_submit(self, plan: &Plan, received_at: Time) -> Result<(), TenderError> {
        self.before_deadline(plan, received_at, Step::SubmitBid)
    }

    /// Whether a bid may be withdrawn by a request that arrived at `received_at`.
    pub fn can_withdraw(self, plan: &Plan, received_at: Time) -> Result<(), TenderError> {
        self.before_deadline(plan, received_at, Step::WithdrawBid)
    }

    fn before_deadline(
        self,
        plan: &Plan,
        received_at: Time,
        step: Step,
    ) -> Result<(), TenderError> {
        if self == Cancelled {
            return Err(TenderError::Cancelled);
        }
        if received_at > plan.closes_at {
            return Err(TenderError::Closed {
                closes_at: plan.closes_at,
            });
        }
        self.after(step).map(|_| ())
    }

    /// Whether the bids may be opened at the log's time `now`: the deadline has passed and the opening time has come.
    pub fn can_open(self, plan: &Plan, now: Time) -> Result<Self, TenderError> {
        let due = now > plan.closes_at && now >= plan.opens_at;
        if self == Published && !due {
            return Err(TenderError::NotYetOpen {
                closes_at: plan.closes_at,
                opens_at: plan.opens_at,
            });
        }
        self.at(plan, now).after(Step::Open)
    }

    /// Whether the ranking may be computed: after the consensus, or right after the opening where nothing is judged.
    pub fn can_rank(self, plan: &Plan) -> Result<Self, TenderError> {
        let leaves = plan.leaves().unwrap_or_default();
        let nothing_judged = leaves.iter().all(|leaf| leaf.rule.judged().is_none());
        if self == Opened && nothing_judged {
            return ConsensusSigned.after(Step::Rank);
        }
        self.after(Step::Rank)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Published => "published",
            Closed => "closed",
            Opened => "opened",
            Evaluating => "being evaluated",
            ConsensusSigned => "at consensus",
            Ranked => "ranked",
            AwardProposed => "proposed for award",
            Awarded => "awarded",
            Contracted => "contracted",
            Cancelled => "cancelled",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SubmitBid => "take bids",
            Self::WithdrawBid => "give bids back",
            Self::Open => "be opened",
            Self::ExcludeBid => "exclude a bid",
            Self::DecideAdmission => "take a decision on who may take part",
            Self::SealMark => "take marks",
            Self::SignPart | Self::SignConsensus => "take a consensus",
            Self::Rank => "be ranked",
            Self::ReleaseMark => "release marks",
            Self::ProposeAward => "be proposed for award",
            Self::DecideAward => "be awarded",
            Self::SignPartContract | Self::SignContract => "be contracted",
            Self::Cancel => "be cancelled",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::{at, full_plan, leaf, linear, plan};

    #[test]
    fn a_bid_counts_by_its_arrival_up_to_the_deadline_itself() {
        let plan = full_plan();
        let on_time = plan.closes_at;
        let late = on_time.plus_micros(1);
        assert_eq!(Published.can_submit(&plan, on_time), Ok(()));
        let closed = TenderError::Closed {
            closes_at: plan.closes_at,
        };
        assert_eq!(Published.can_submit(&plan, late), Err(closed));
        assert_eq!(Published.can_withdraw(&plan, late), Err(closed));
        assert_eq!(Opened.can_submit(&plan, late), Err(closed));
        assert!(matches!(
            Opened.can_submit(&plan, on_time),
            Err(TenderError::WrongStage { .. })
        ));
    }

    #[test]
    fn a_cancelled_tender_takes_no_step() {
        let plan = full_plan();
        let early = at("2026-06-01T00:00:00Z");
        let cancelled = Err(TenderError::Cancelled);
        assert_eq!(Cancelled.can_submit(&plan, early), cancelled);
        assert_eq!(
            Cancelled.can_open(&plan, plan.opens_at).map(|_| ()),
            cancelled
        );
        assert_eq!(Cancelled.after(Step::Cancel).map(|_| ()), cancelled);
    }

    #[test]
    fn bids_open_after_the_deadline_and_not_before_the_opening_time() {
        let mut plan = full_plan();
        assert!(matches!(
            Published.can_open(&plan, plan.closes_at.plus_micros(1)),
            Err(TenderError::NotYetOpen { .. })
        ));
        assert_eq!(Published.can_open(&plan, plan.opens_at), Ok(Opened));
        assert!(Opened.can_open(&plan, plan.opens_at).is_err(), "once");
        plan.opens_at = plan.closes_at;
        assert!(Published.can_open(&plan, plan.closes_at).is_err());
        assert_eq!(
            Published.can_open(&plan, plan.closes_at.plus_micros(1)),
            Ok(Opened)
        );
    }

    #[test]
    fn the_way_to_a_contract_is_one_line_through_the_table() {
        let steps = [
            Step::Open,
            Step::SealMark,
            Step::SignPart,
            Step::SignConsensus,
            Step::Rank,
            Step::ProposeAward,
            Step::DecideAward,
            Step::SignContract,
        ];
        let end = steps.into_iter().try_fold(Closed, Stage::after);
        assert_eq!(end, Ok(Contracted));
        assert!(ConsensusSigned.after(Step::ProposeAward).is_err());
        assert!(Ranked.after(Step::DecideAward).is_err());
        assert!(Awarded.after(Step::Cancel).is_err());
        assert_eq!(AwardProposed.after(Step::ExcludeBid), Ok(ConsensusSigned));
        assert_eq!(Awarded.after(Step::sign(1, 2)), Ok(Awarded));
        assert_eq!(Awarded.after(Step::sign(2, 2)), Ok(Contracted));
    }

    #[test]
    fn a_plan_that_nobody_judges_is_ranked_after_the_opening() {
        let priced = plan(vec![leaf("PRICE", "100", linear("2", "1"))]);
        assert_eq!(Opened.can_rank(&priced), Ok(Ranked));
        assert!(Opened.can_rank(&full_plan()).is_err());
        assert_eq!(ConsensusSigned.can_rank(&full_plan()), Ok(Ranked));
    }
}
