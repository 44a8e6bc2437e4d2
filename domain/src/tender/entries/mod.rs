//! Log entries of tenders, in the order of the process.

mod abnormal;
mod admission;
mod award;
mod calibration;
mod changes;
mod confirmation;
mod marks;
mod moderation;
mod noise;
mod opening;
mod panel;
mod prices;
mod publication;
mod ranking;
mod robustness;
mod sealed;
mod standstill;

pub use abnormal::{AbnormalDecided, ExplanationGiven, ExplanationRequested};
pub use admission::AdmissionDecided;
pub use award::{AwardDecided, AwardProposed};
pub use calibration::{
    CalibrationPrepared, CalibrationReleased, CalibrationSealed, PreparedAnswer, SealedReference,
};
pub use changes::{BidConfirmed, QuestionAnswered, TenderAmended, TenderExtended};
pub use confirmation::{
    ConfirmationOpened, ConfirmationReplaced, ConfirmationSealed, ConfirmationWithdrawn,
    ConfirmationsSettled,
};
pub use marks::{MarkReleased, MarkReplaced, MarkSealed};
pub use moderation::{
    BidConsensus, ConsensusMark, ConsensusSigned, ConsensusSignedOff, EarlierLevel, MarkMissing,
    MissingMarks, ModerationStarted,
};
pub use noise::NoiseReported;
pub use opening::{BidExcluded, BidOpened, ExclusionGround, TenderOpened};
pub use panel::{
    ConflictCountersigned, ConflictDeclared, Declaration, PanelAssigned, PanelReplaced,
};
pub use prices::{BidPriceOpened, PricesOpened};
pub use publication::{TenderCancelled, TenderPublished};
pub use ranking::{LotResult, RankingComputed};
pub use robustness::RobustnessReported;
pub use sealed::{BidLate, BidReplaced, BidSealed, BidWithdrawn};
pub use standstill::{
    AwardAnnulled, AwardNotified, Letter, LettersSent, StandstillResumed, StandstillSuspended,
};
