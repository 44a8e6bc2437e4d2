//! Log entries of tenders, in the order of the process.

mod admission;
mod award;
mod confirmation;
mod marks;
mod opening;
mod publication;
mod ranking;
mod robustness;
mod sealed;

pub use admission::AdmissionDecided;
pub use award::{AwardDecided, AwardProposed};
pub use confirmation::{
    ConfirmationOpened, ConfirmationReplaced, ConfirmationSealed, ConfirmationWithdrawn,
    ConfirmationsSettled,
};
pub use marks::{BidConsensus, ConsensusMark, ConsensusSigned, MarkReleased, MarkSealed};
pub use opening::{BidExcluded, BidOpened, ExclusionGround, TenderOpened};
pub use publication::{TenderCancelled, TenderPublished};
pub use ranking::{LotResult, RankingComputed};
pub use robustness::RobustnessReported;
pub use sealed::{BidLate, BidReplaced, BidSealed, BidWithdrawn};
