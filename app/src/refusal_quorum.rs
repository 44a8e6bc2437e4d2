//! Refusals of quorums and of drawn verifiers as typed errors that name the input field.

use commonweal_domain::contract::quorum::InvalidQuorum;
use commonweal_domain::contract::quorum::duty::DutyError;
use commonweal_domain::contract::quorum::judgement::ConclusionError;
use commonweal_domain::contract::quorum::links::LinkError;
use commonweal_domain::contract::quorum::low_value::ConfirmationError;
use commonweal_domain::contract::verification::WithdrawalError;

use crate::error::AppError;
use crate::refusal::text;

impl From<InvalidQuorum> for AppError {
    fn from(error: InvalidQuorum) -> Self {
        use InvalidQuorum as E;
        let path = match &error {
            E::Verifiers(_) => "verifiers".to_owned(),
            E::Sectors { .. } => "sectors".to_owned(),
            E::Days(_) => "days".to_owned(),
            E::LowValues(_) => "lowValues".to_owned(),
            E::LowValue(at) => format!("lowValues.{at}"),
        };
        Self::refused_at("QUORUM", path, error)
    }
}

impl From<LinkError> for AppError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::UsedUp => Self::refused_at("LINKS_USED_UP", "claim", error),
            LinkError::NotALink { .. } | LinkError::Damaged => Self::internal(error),
        }
    }
}

impl From<DutyError> for AppError {
    fn from(error: DutyError) -> Self {
        use DutyError as E;
        let (code, path) = match &error {
            E::Status(_) => ("CLAIM_STATUS", "claim"),
            E::NoSeat => ("NO_SEAT", "claim"),
            E::TooFew(_) => ("TOO_FEW_VERIFIERS", "claim"),
            E::NotDrawn(_) => return Self::Forbidden(error.to_string()),
            E::Judged(_) => ("JUDGED", "claim"),
            E::NotBegun => ("NOT_BEGUN", "claim"),
            E::Begun => ("BEGUN", "claim"),
            E::NotOverdue(_) => ("NOT_OVERDUE", "verifier"),
            E::Waiting => ("WAITS_FOR_ANSWER", "claim"),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<ConclusionError> for AppError {
    fn from(error: ConclusionError) -> Self {
        use ConclusionError as E;
        match &error {
            E::Accepted { .. } => Self::refused_at("ACCEPTED", "accepted", error),
            E::Status(_) => Self::refused_at("CLAIM_STATUS", "claim", error),
            E::Text(error) => text(error),
            E::Arithmetic => Self::refused("AMOUNT_TOO_LARGE", error),
            E::Missing { .. }
            | E::Sectors { .. }
            | E::NotSealed(_)
            | E::Unanswered(_)
            | E::NoDisagreement => Self::internal(error),
        }
    }
}

impl From<ConfirmationError> for AppError {
    fn from(error: ConfirmationError) -> Self {
        use ConfirmationError as E;
        let code = match error {
            E::Finding(error) => return error.into(),
            E::Status(_) => "CLAIM_STATUS",
            E::Drawn => "DRAWN",
            E::NoBuyer => "NO_BUYER",
            E::NoLowValue => "NO_LOW_VALUE",
            E::TooMuch { .. } => "NOT_A_LOW_VALUE",
        };
        Self::refused_at(code, "claim", error)
    }
}

impl From<WithdrawalError> for AppError {
    fn from(error: WithdrawalError) -> Self {
        let code = match error {
            WithdrawalError::Status(_) => "CLAIM_STATUS",
            WithdrawalError::Drawn => "VERIFIERS_DRAWN",
        };
        Self::refused_at(code, "claim", error)
    }
}
