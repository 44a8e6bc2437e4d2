//! Refusals of credits as typed errors that name the input field.

use commonweal_domain::credit::buffer::BufferError;
use commonweal_domain::credit::class::ClassError;
use commonweal_domain::credit::hold::HoldError;
use commonweal_domain::credit::issue::IssueError;
use commonweal_domain::credit::movement::MovementError;
use commonweal_domain::credit::reduction::ReductionError;
use commonweal_domain::credit::split::SplitError;
use commonweal_domain::credit::substitution::SubstitutionError;

use crate::error::AppError;
use crate::refusal::text;

impl From<ClassError> for AppError {
    fn from(error: ClassError) -> Self {
        use ClassError as E;
        let (code, path) = match &error {
            E::UnknownMeasure(_) => ("UNKNOWN_MEASURE", "measure"),
            E::NotCounted(_) => ("NOT_COUNTED", "measure"),
            E::Scale { .. } => ("SCALE", "measure"),
            E::Vintage(_) => ("VINTAGE", "vintage"),
            E::NotTransferable(_) => ("NOT_TRANSFERABLE", "transferable"),
            E::Buffer => ("BUFFER", "bufferShare"),
            E::Limit(_) => ("HOLDING_LIMIT", "holdingLimit"),
            E::Exists(_) => ("CLASS_EXISTS", "measure"),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<IssueError> for AppError {
    fn from(error: IssueError) -> Self {
        use IssueError as E;
        let (code, path) = match &error {
            E::NotVerified(_) => ("NOT_VERIFIED", "claim"),
            E::AlreadyIssued { .. } => ("ALREADY_ISSUED", "claim"),
            E::WrongClass { .. } => ("WRONG_CLASS", "claim"),
            E::Nothing => ("NOTHING_TO_ISSUE", "claim"),
            E::Challenged(_) => ("CHALLENGED", "claim"),
            E::Liable(_) => ("LIABLE", "claim"),
            E::Elsewhere(_) => ("ISSUED_ELSEWHERE", "claim"),
            E::SamePerson(_) | E::NotIndependent(_) => return Self::Forbidden(error.to_string()),
            E::Split(SplitError::DeadweightUnknown) => ("DEADWEIGHT_UNKNOWN", "claim"),
            E::Split(_) | E::Serials(_) => ("TOO_LARGE", "claim"),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<MovementError> for AppError {
    fn from(error: MovementError) -> Self {
        use MovementError as E;
        let (code, path) = match &error {
            E::Text(error) => return text(error),
            E::Units(_) => ("UNITS", "units"),
            E::Insufficient { .. } => ("INSUFFICIENT_BALANCE", "units"),
            E::NotTransferable(_) => ("NOT_TRANSFERABLE", "batch"),
            E::SameHolder(_) => ("SAME_HOLDER", "to"),
            E::NotOneGroup => ("NOT_ONE_GROUP", "reason"),
            E::OneGroup => ("ONE_GROUP", "reason"),
            E::ProcurementReference => ("PROCUREMENT_REFERENCE", "procurementReference"),
            E::Frozen(_) => ("FROZEN", "batch"),
            E::Liable(_) => ("LIABLE", "from"),
            E::HoldingLimit { .. } => ("HOLDING_LIMIT", "units"),
            E::TooEarly { .. } => ("TOO_EARLY", "period"),
            E::Serials(_) => return Self::internal(error.to_string()),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<HoldError> for AppError {
    fn from(error: HoldError) -> Self {
        use HoldError as E;
        let (code, path) = match error {
            E::Movement(error) => return error.into(),
            E::Expiry(_) => ("EXPIRY", "expiresAt"),
            E::NotOpen(_) => ("HOLD_NOT_OPEN", "hold"),
            E::Expired(_) => ("HOLD_EXPIRED", "hold"),
            E::NotExpired(_) => ("HOLD_NOT_EXPIRED", "hold"),
            E::HeldForAnother(_) => ("HELD_FOR_ANOTHER", "to"),
            E::NotYours(_) => return Self::Forbidden(error.to_string()),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<SubstitutionError> for AppError {
    fn from(error: SubstitutionError) -> Self {
        use SubstitutionError as E;
        let (code, path) = match &error {
            E::NotTheSupplier { .. } => ("NOT_THE_SUPPLIER", "holder"),
            E::NotTheBuyer(_) => ("NOT_THE_BUYER", "beneficiary"),
            E::AnotherOutcome(_) => ("ANOTHER_OUTCOME", "batch"),
            E::NotShort { .. } => ("NOT_SHORT", "units"),
            E::TooMuch { .. } => ("TOO_MUCH_COVER", "units"),
            E::Arithmetic(_) => ("TOO_LARGE", "units"),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<BufferError> for AppError {
    fn from(error: BufferError) -> Self {
        use BufferError as E;
        let code = match &error {
            E::Empty(_) => "NO_BUFFER",
            E::TooEarly(_) => "BUFFER_KEPT",
            E::Challenged(_) => "CHALLENGED",
            E::Liable(_) => "LIABLE",
        };
        Self::refused_at(code, "batch", error)
    }
}

impl From<ReductionError> for AppError {
    fn from(error: ReductionError) -> Self {
        use ReductionError as E;
        match &error {
            E::SamePerson(_) => Self::Forbidden(error.to_string()),
            E::Unit { .. } => Self::refused_at("QUANTITY", "verified", error),
            E::Arithmetic(_) => Self::refused("AMOUNT_TOO_LARGE", error),
            E::Uncovered | E::Serials(_) => Self::internal(error.to_string()),
        }
    }
}
