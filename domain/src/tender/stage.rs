//! The life of a tender as one table. Every arrow of it is an entry of the log; `stage_rules` adds what depends
//! on plan and time.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::stage_error::TenderError;

/// How far a tender is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Bids are taken.
    Published,
    /// The deadline has passed. Nothing is written for it: it follows from the time ([`Stage::at`]).
    Closed,
    /// The bids are open, with two envelopes all but their prices.
    Opened,
    /// The panel has begun to mark.
    Evaluating,
    /// The marks are final, and the panel agrees.
    Moderating,
    /// Every criterion that people judge has a consensus level.
    ConsensusSigned,
    /// The second envelopes, with the prices, are open.
    PricesOpened,
    /// The ranking was computed, or withheld with a reason.
    Ranked,
    /// One officer has proposed the award.
    AwardProposed,
    /// A second officer has approved it.
    Awarded,
    /// Every bidder has a letter with reasons.
    LettersSent,
    /// The award notice is out and the standstill runs, or has ended.
    Standstill,
    /// A challenge has suspended the standstill.
    Suspended,
    /// The contract of every award is signed.
    Contracted,
    /// The buyer gave it up.
    Cancelled,
    /// The award was annulled after the contract was signed.
    Annulled,
}

/// What moves a tender on, or needs it to be at a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Submit or replace a bid.
    SubmitBid,
    /// Withdraw a bid.
    WithdrawBid,
    /// Confirm a bid after an amendment.
    ConfirmBid,
    /// Change the plan.
    Amend,
    /// Move the deadline because the service was out.
    ExtendForOutage,
    /// Move the deadline for another reason.
    Extend,
    /// Ask a question.
    AskQuestion,
    /// Answer a question.
    AnswerQuestion,
    /// Open the bids.
    Open,
    /// Exclude a bid by a decision, while prices are closed or where there is one envelope.
    ExcludeBid,
    /// Decide on a condition or exclusion ground without excluding.
    DecideAdmission,
    /// Exclude a bid by a decision once the second envelopes are open.
    ExcludePricedBid,
    /// Ask a bidder to explain an abnormal bid.
    AskExplanation,
    /// Assign the panel.
    AssignPanel,
    /// Take a member from the panel.
    ReplaceMember,
    /// Put the answers for calibration in.
    PrepareCalibration,
    /// Mark the prepared answers.
    Calibrate,
    /// Declare a conflict, or countersign one.
    DeclareConflict,
    /// Finalise a mark.
    SealMark,
    /// Change a final mark.
    ChangeMark,
    /// State a mark missing.
    StateMissing,
    /// Begin moderation.
    BeginModeration,
    /// Agree on a level, or sign off what was agreed.
    Moderate,
    /// Sign a part of the consensus that is not the last.
    SignPart,
    /// Sign the last part of the consensus.
    SignConsensus,
    /// Open the second envelopes.
    OpenPrices,
    /// Compute the ranking.
    Rank,
    /// Release a mark.
    ReleaseMark,
    /// Propose the award.
    ProposeAward,
    /// Approve the award.
    DecideAward,
    /// Send every bidder a letter.
    SendLetters,
    /// Publish the award notice.
    Notify,
    /// Suspend the standstill.
    Suspend,
    /// Let the standstill run on.
    Resume,
    /// Sign the contract of an award that is not the last.
    SignPartContract,
    /// Sign the contract of the last award.
    SignContract,
    /// Annul an award before any contract.
    Annul,
    /// Annul an award with the contracts that were signed.
    AnnulSigned,
    /// Give the tender up.
    Cancel,
}

use Stage::{
    Annulled, AwardProposed, Awarded, Cancelled, Closed, ConsensusSigned, Contracted, Evaluating,
    LettersSent, Moderating, Opened, PricesOpened, Published, Ranked, Standstill, Suspended,
};

/// Every move that there is. A bid excluded after the consensus makes an older ranking void; an award annulled before the
/// contract leaves the ranking, so that another award can follow.
const TABLE: &[(Stage, Step, Stage)] = &[
    (Published, Step::SubmitBid, Published),
    (Published, Step::WithdrawBid, Published),
    (Published, Step::ConfirmBid, Published),
    (Published, Step::Amend, Published),
    (Published, Step::Extend, Published),
    (Published, Step::ExtendForOutage, Published),
    (Published, Step::AskQuestion, Published),
    (Published, Step::AnswerQuestion, Published),
    (Published, Step::AssignPanel, Published),
    (Published, Step::ReplaceMember, Published),
    (Published, Step::PrepareCalibration, Published),
    (Published, Step::Cancel, Cancelled),
    (Closed, Step::ExtendForOutage, Published),
    (Closed, Step::AssignPanel, Closed),
    (Closed, Step::ReplaceMember, Closed),
    (Closed, Step::PrepareCalibration, Closed),
    (Closed, Step::Open, Opened),
    (Closed, Step::Cancel, Cancelled),
    (Opened, Step::ExcludeBid, Opened),
    (Opened, Step::DecideAdmission, Opened),
    (Opened, Step::AskExplanation, Opened),
    (Opened, Step::AssignPanel, Opened),
    (Opened, Step::ReplaceMember, Opened),
    (Opened, Step::PrepareCalibration, Opened),
    // Evaluating begins with the first declaration: a stage that changed with the first final mark would tell of it.
    (Opened, Step::DeclareConflict, Evaluating),
    // Nobody is cleared yet: the panel's own rules refuse, and say why.
    (Opened, Step::SealMark, Opened),
    (Opened, Step::StateMissing, Opened),
    (Opened, Step::Cancel, Cancelled),
    (Evaluating, Step::ExcludeBid, Evaluating),
    (Evaluating, Step::DecideAdmission, Evaluating),
    (Evaluating, Step::AskExplanation, Evaluating),
    (Evaluating, Step::SealMark, Evaluating),
    (Evaluating, Step::ReplaceMember, Evaluating),
    (Evaluating, Step::Calibrate, Evaluating),
    (Evaluating, Step::DeclareConflict, Evaluating),
    (Evaluating, Step::ChangeMark, Evaluating),
    (Evaluating, Step::StateMissing, Evaluating),
    (Evaluating, Step::BeginModeration, Moderating),
    (Evaluating, Step::Cancel, Cancelled),
    (Moderating, Step::ExcludeBid, Moderating),
    (Moderating, Step::DecideAdmission, Moderating),
    (Moderating, Step::AskExplanation, Moderating),
    (Moderating, Step::ReplaceMember, Moderating),
    (Moderating, Step::DeclareConflict, Moderating),
    (Moderating, Step::ChangeMark, Moderating),
    (Moderating, Step::Moderate, Moderating),
    (Moderating, Step::SignPart, Moderating),
    (Moderating, Step::SignConsensus, ConsensusSigned),
    (Moderating, Step::Cancel, Cancelled),
    (ConsensusSigned, Step::ExcludeBid, ConsensusSigned),
    (ConsensusSigned, Step::DecideAdmission, ConsensusSigned),
    (ConsensusSigned, Step::AskExplanation, ConsensusSigned),
    (ConsensusSigned, Step::OpenPrices, PricesOpened),
    (ConsensusSigned, Step::Rank, Ranked),
    (ConsensusSigned, Step::ReleaseMark, ConsensusSigned),
    (ConsensusSigned, Step::Cancel, Cancelled),
    (PricesOpened, Step::ExcludePricedBid, PricesOpened),
    (PricesOpened, Step::DecideAdmission, PricesOpened),
    (PricesOpened, Step::AskExplanation, PricesOpened),
    (PricesOpened, Step::Rank, Ranked),
    (PricesOpened, Step::ReleaseMark, PricesOpened),
    (PricesOpened, Step::Cancel, Cancelled),
    (Ranked, Step::ExcludeBid, ConsensusSigned),
    (Ranked, Step::DecideAdmission, Ranked),
    (Ranked, Step::ExcludePricedBid, PricesOpened),
    (Ranked, Step::AskExplanation, Ranked),
    (Ranked, Step::Rank, Ranked),
    (Ranked, Step::ReleaseMark, Ranked),
    (Ranked, Step::ProposeAward, AwardProposed),
    (Ranked, Step::Cancel, Cancelled),
    (AwardProposed, Step::ExcludeBid, ConsensusSigned),
    (AwardProposed, Step::DecideAdmission, AwardProposed),
    (AwardProposed, Step::ExcludePricedBid, PricesOpened),
    (AwardProposed, Step::ReleaseMark, AwardProposed),
    (AwardProposed, Step::DecideAward, Awarded),
    (AwardProposed, Step::Cancel, Cancelled),
    (Awarded, Step::ReleaseMark, Awarded),
    (Awarded, Step::SendLetters, LettersSent),
    (Awarded, Step::Annul, Ranked),
    (Awarded, Step::Cancel, Cancelled),
    (LettersSent, Step::ReleaseMark, LettersSent),
    (LettersSent, Step::Notify, Standstill),
    (LettersSent, Step::Annul, Ranked),
    (LettersSent, Step::Cancel, Cancelled),
    (Standstill, Step::ReleaseMark, Standstill),
    (Standstill, Step::Suspend, Suspended),
    (Standstill, Step::SignPartContract, Standstill),
    (Standstill, Step::SignContract, Contracted),
    (Standstill, Step::AnnulSigned, Annulled),
    (Standstill, Step::Annul, Ranked),
    (Standstill, Step::Cancel, Cancelled),
    (Suspended, Step::ReleaseMark, Suspended),
    (Suspended, Step::Resume, Standstill),
    (Suspended, Step::Annul, Ranked),
    (Suspended, Step::AnnulSigned, Annulled),
    (Suspended, Step::Cancel, Cancelled),
    (Contracted, Step::ReleaseMark, Contracted),
    (Contracted, Step::AnnulSigned, Annulled),
];

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

    /// What the people of the tender do next at this stage, as a sentence for whoever tried something else.
    pub fn next(self) -> &'static str {
        match self {
            Published => "bids are taken until the deadline",
            Closed => "approve the opening and open the bids",
            Opened => "assign the panel, declare conflicts and mark, or exclude a bid",
            Evaluating => "make every mark final or state it missing, then begin moderation",
            Moderating => {
                "agree on every level, let every member sign off, then sign the consensus"
            }
            ConsensusSigned => "open the prices where there are two envelopes, then rank",
            PricesOpened => "compute the ranking",
            Ranked => "propose the award",
            AwardProposed => "let another officer approve the award",
            Awarded => "send every bidder a letter with reasons",
            LettersSent => "publish the award notice",
            Standstill => "sign the contract when the standstill has ended",
            Suspended => "resume the standstill when the challenge is settled, or annul the award",
            Contracted => "follow the contract's KPIs",
            Cancelled | Annulled => "nothing more can be done with it: publish a new tender",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Published => "published",
            Closed => "closed",
            Opened => "opened",
            Evaluating => "being evaluated",
            Moderating => "being moderated",
            ConsensusSigned => "at consensus",
            PricesOpened => "open with its prices",
            Ranked => "ranked",
            AwardProposed => "proposed for award",
            Awarded => "awarded",
            LettersSent => "awarded with its letters sent",
            Standstill => "in standstill",
            Suspended => "suspended by a challenge",
            Contracted => "contracted",
            Cancelled => "cancelled",
            Annulled => "annulled",
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SubmitBid => "take bids",
            Self::WithdrawBid => "give bids back",
            Self::ConfirmBid => "take confirmations of bids",
            Self::Amend => "be amended",
            Self::Extend | Self::ExtendForOutage => "be extended",
            Self::AskQuestion => "take questions",
            Self::AnswerQuestion => "answer questions",
            Self::Open => "be opened",
            Self::DecideAdmission => "take a decision on who may take part",
            Self::ExcludeBid | Self::ExcludePricedBid => "exclude a bid",
            Self::AskExplanation => "ask for an explanation",
            Self::AssignPanel => "take a panel",
            Self::ReplaceMember => "change its panel",
            Self::PrepareCalibration => "take answers for calibration",
            Self::Calibrate => "take marks for prepared answers",
            Self::DeclareConflict => "take declarations",
            Self::SealMark => "take marks",
            Self::ChangeMark => "take changed marks",
            Self::StateMissing => "miss marks",
            Self::BeginModeration => "go to moderation",
            Self::Moderate => "be moderated",
            Self::SignPart | Self::SignConsensus => "take a consensus",
            Self::OpenPrices => "have its prices opened",
            Self::Rank => "be ranked",
            Self::ReleaseMark => "release marks",
            Self::ProposeAward => "be proposed for award",
            Self::DecideAward => "be awarded",
            Self::SendLetters => "send letters",
            Self::Notify => "publish an award notice",
            Self::Suspend => "be suspended",
            Self::Resume => "run its standstill on",
            Self::SignPartContract | Self::SignContract => "be contracted",
            Self::Annul | Self::AnnulSigned => "have an award annulled",
            Self::Cancel => "be cancelled",
        })
    }
}
