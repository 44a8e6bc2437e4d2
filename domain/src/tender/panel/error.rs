//! Why a step of the panel cannot be taken.

use super::MAX_EVALUATORS;
use super::agreed::MAX_CHANGES;
use super::calibration::MAX_ANSWERS;
use crate::ids::{BidId, OrganisationId, PersonId};
use crate::tender::code::CriterionCode;

/// Why a step of the panel cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PanelError {
    /// There is a panel.
    #[error("the panel is assigned already: replace its members one by one")]
    Assigned,
    /// There is no panel.
    #[error("no panel is assigned: an officer assigns it first")]
    NotAssigned,
    /// The plan needs none.
    #[error("people judge no criterion of this plan: it needs no panel")]
    NothingToJudge,
    /// None, or too many.
    #[error("a panel has 1 to {MAX_EVALUATORS} evaluators, this has {0}")]
    Size(usize),
    /// An evaluator is named twice.
    #[error("{0} is named twice: name each evaluator once")]
    Twice(PersonId),
    /// A person without the role that the seat needs.
    #[error("{0} does not hold the role that this seat needs in the buyer: have it granted first")]
    Role(PersonId),
    /// The person does not sit on the panel.
    #[error("{0} does not sit on the panel")]
    NotAMember(PersonId),
    /// The successor sat on the panel before.
    #[error("{0} sits or sat on the panel: name someone new")]
    Sat(PersonId),
    /// The seat was filled or left empty before.
    #[error("{0} was replaced already")]
    Replaced(PersonId),
    /// A panel needs a chair.
    #[error("a panel needs a chair: name a successor")]
    ChairNeeded,
    /// A panel needs an evaluator.
    #[error("a panel needs an evaluator: name a successor")]
    EvaluatorNeeded,
    /// A successor would mark in the knowledge of the others' marks.
    #[error(
        "moderation has begun: whoever joins now could no longer mark alone, so name no successor"
    )]
    ModerationBegun,
    /// No declaration at all.
    #[error("declare about at least one bidder")]
    NothingDeclared,
    /// The organisation does not bid.
    #[error("{0} is no bidder of this tender: declare about those who bid")]
    NotABidder(OrganisationId),
    /// A declaration that says no more than the one before.
    #[error("the declaration about {0} stands: a conflict can be raised and not taken back")]
    NotRaised(OrganisationId),
    /// The member belongs to the bidder's group.
    #[error("the member holds a role in the group of {0}: that is a hard conflict, declare it")]
    Related(OrganisationId),
    /// No soft conflict waits.
    #[error("no soft conflict with {0} waits for a countersignature")]
    NotSoft(OrganisationId),
    /// The member countersigns the own conflict.
    #[error("nobody countersigns their own conflict: the chair or an officer does")]
    OwnConflict,
    /// No declaration, no access.
    #[error(
        "{0} may not see the bids: a declaration about every bidder comes first, and a soft conflict needs a countersignature"
    )]
    NotCleared(PersonId),
    /// The member leads the panel and does not mark.
    #[error("{0} leads the panel and does not mark")]
    DoesNotMark(PersonId),
    /// The member does not lead the panel.
    #[error("only the chair of this panel does that")]
    NotTheChair,
    /// There are prepared answers.
    #[error("the answers for calibration are prepared already: they are put in once")]
    Prepared,
    /// None, or too many.
    #[error("calibration has 1 to {MAX_ANSWERS} prepared answers, this has {0}")]
    Answers(usize),
    /// An amendment would change what prepared answers are marked by.
    #[error("answers are prepared for {0}: an amendment leaves its levels as they are")]
    AnswersPrepared(CriterionCode),
    /// There are none to mark.
    #[error("no answers are prepared for calibration in this tender: mark the bids")]
    NotPrepared,
    /// Not each of them, or others.
    #[error("calibration marks each of the {0} prepared answers once, all together")]
    AnswersNotMarked(usize),
    /// It is done.
    #[error("{0} has calibrated: marks for prepared answers do not change")]
    Calibrated(PersonId),
    /// Prepared answers come before bids.
    #[error("{0} has not calibrated: mark the prepared answers first, then the bids")]
    NotCalibrated(PersonId),
    /// The chair stated the mark missing.
    #[error("the chair stated the mark for {criterion} of {bid} missing: it can no longer be made")]
    Missing {
        /// The bid.
        bid: BidId,
        /// The criterion.
        criterion: CriterionCode,
    },
    /// Marks are neither final nor stated missing.
    #[error(
        "{marks} marks of {person} are neither final nor stated missing: wait for them, or state them missing with a reason"
    )]
    Unfinished {
        /// Whose marks.
        person: PersonId,
        /// How many.
        marks: usize,
    },
    /// Nobody marked at all.
    #[error("no evaluator has marked: a consensus needs marks that were made alone")]
    NoMarks,
    /// A reason compares bids.
    #[error(
        "the reason names {0}, another bid or bidder of the lot: a level is given against the criterion and not bid to bid, so say what this bid does"
    )]
    Compares(String),
    /// The level was changed too often.
    #[error("the level for {criterion} of {bid} was changed {MAX_CHANGES} times: sign what stands")]
    TooManyChanges {
        /// The bid.
        bid: BidId,
        /// The criterion.
        criterion: CriterionCode,
    },
    /// A level is missing.
    #[error("the panel has not agreed on {criterion} of {bid}: agree on a level first")]
    NotAgreed {
        /// The bid.
        bid: BidId,
        /// The criterion.
        criterion: CriterionCode,
    },
    /// A member has not signed off what stands.
    #[error("{0} has not signed off the consensus as it stands: every member does first")]
    NotSignedOff(PersonId),
}
