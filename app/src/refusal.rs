//! Refusals of contracts and claims as typed errors that name the input field.

use commonweal_domain::contract::claim::InvalidClaim;
use commonweal_domain::contract::counting::CountingError;
use commonweal_domain::contract::exclusion::ExclusionError;
use commonweal_domain::contract::information::{AnswerError, RequestError};
use commonweal_domain::contract::performance::RatingError;
use commonweal_domain::contract::signing::SigningError;
use commonweal_domain::contract::small_cells::SmallCell;
use commonweal_domain::contract::submission::SubmissionError;
use commonweal_domain::contract::text::InvalidText;
use commonweal_domain::contract::variation::VariationError;
use commonweal_domain::contract::verification::VerificationError;

use crate::error::AppError;

impl From<SigningError> for AppError {
    fn from(error: SigningError) -> Self {
        use SigningError as E;
        let (code, path) = match &error {
            E::NoAward(_) => ("NO_AWARD", "tender"),
            E::AlreadySigned(_) => ("ALREADY_SIGNED", "tender"),
            E::NotTheAward { .. } => ("NOT_THE_AWARD", "tender"),
            E::OneParty => ("ONE_PARTY", "tender"),
            E::NoAwardToOblige => ("OBLIGATION", "tender"),
            E::KpiTwice(_)
            | E::UnknownMeasure(_)
            | E::Quantity(_)
            | E::Place(_)
            | E::Schedule(_)
            | E::Amount(_) => ("KPI", "tender"),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<SubmissionError> for AppError {
    fn from(error: SubmissionError) -> Self {
        use SubmissionError as E;
        let (code, path) = match &error {
            E::Form(error) => return form(error),
            E::UnknownMeasure(_) => ("UNKNOWN_MEASURE", "outcome.outsideContracts.measure"),
            E::UnknownContract(_) | E::UnknownKpi(_) => ("UNKNOWN_KPI", "outcome.kpi"),
            E::Annulled { .. } => ("ANNULLED", "period"),
            E::NotTheSupplier { .. } => ("NOT_THE_SUPPLIER", "claimant"),
            E::NotTheKpi { field, .. } => ("NOT_THE_KPI", *field),
            E::NotDeliveredYet { .. } => ("NOT_DELIVERED_YET", "period"),
            E::SameEvidence { .. } => ("SAME_EVIDENCE", "evidence"),
            E::SameReference { .. } => ("SAME_REFERENCE", "externalReference"),
            E::SameOutcome { .. } => ("SAME_OUTCOME", "outcome"),
            E::SamePerson { .. } => ("SAME_PERSON", "beneficiaries"),
            E::MoreThanCounted { .. } => ("MORE_THAN_COUNTED", "quantity"),
            E::OpenKpi { .. } => ("OPEN_KPI", "outcome"),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<InvalidClaim> for AppError {
    fn from(error: InvalidClaim) -> Self {
        form(&error)
    }
}

fn form(error: &InvalidClaim) -> AppError {
    use InvalidClaim as E;
    let (code, path) = match error {
        E::Text(error) => return text(error),
        E::TwoVintages(_) => ("TWO_VINTAGES", "period"),
        E::Nothing => ("NOTHING_CLAIMED", "quantity"),
        E::NotCounted(_) => ("NOT_COUNTED", "outcome"),
        E::WrongUnit { .. } => ("WRONG_UNIT", "quantity"),
        E::EvidenceCount(_) => ("EVIDENCE_COUNT", "evidence"),
        E::EvidenceSize(_) => ("EVIDENCE_SIZE", "evidence"),
        E::EvidenceTwice(_) => ("EVIDENCE_TWICE", "evidence"),
        E::EvidenceKind(_) => ("EVIDENCE_KIND", "evidence"),
        E::EvidenceNeeded(_) => ("EVIDENCE_NEEDED", "evidence"),
        E::NoShare => ("SHARE", "share"),
        E::ShareOfWhat => ("SHARE_OF_WHAT", "externalReference"),
        E::NeedsWorking(_) => ("NEEDS_WORKING", "working"),
        E::NoPeople(_) => ("NO_PEOPLE", "working"),
        E::FewPeople(_) => ("FEW_PEOPLE", "working"),
        E::NeedsBeneficiaries(_) => ("NEEDS_BENEFICIARIES", "beneficiaries"),
        E::MorePeople { .. } => ("BENEFICIARIES", "beneficiaries"),
        E::ContractOnly(_) => ("CONTRACT_ONLY", "outcome"),
    };
    AppError::refused_at(code, path, error)
}

/// The domain names fields as they stand in entries, people type them as the interface has them.
pub(crate) fn text(error: &InvalidText) -> AppError {
    let path = match error.field {
        "procurement_reference" => "procurementReference",
        "evidence.media_type" => "evidence.mediaType",
        field => field,
    };
    AppError::refused_at("TEXT", path, error)
}

impl From<VariationError> for AppError {
    fn from(error: VariationError) -> Self {
        use VariationError as E;
        let (code, path) = match &error {
            E::Number { .. } => ("VARIATION_NUMBER", "contract".to_owned()),
            E::Changes(_) => ("CHANGES", "changes".to_owned()),
            E::Annulled => ("ANNULLED", "contract".to_owned()),
            E::UnknownKpi(at) => ("UNKNOWN_KPI", format!("changes.{at}.kpi")),
            E::Quantity { at, .. } => ("QUANTITY", format!("changes.{at}.quantity")),
            E::Outside(at) => ("OUTSIDE_KPI", format!("changes.{at}.from")),
            E::BeforeLast { at, .. } => ("BEFORE_LAST_VERSION", format!("changes.{at}.from")),
            E::TooEarly { at, .. } => ("TOO_EARLY", format!("changes.{at}.from")),
            E::Amount(_) => ("TOO_LARGE", "changes".to_owned()),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<RatingError> for AppError {
    fn from(error: RatingError) -> Self {
        use RatingError as E;
        let (code, path) = match &error {
            E::UnknownPeriod => ("UNKNOWN_PERIOD", "from"),
            E::NotOver { .. } => ("NOT_OVER", "from"),
            E::NoThresholds => ("NO_THRESHOLDS", "rating"),
            E::NotByThresholds { .. } => ("NOT_BY_THRESHOLDS", "rating"),
            E::NeedsReason => ("NEEDS_REASON", "reason"),
            E::Unchanged => ("UNCHANGED", "from"),
            E::Arithmetic(_) => ("TOO_LARGE", "kpi"),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<CountingError> for AppError {
    fn from(error: CountingError) -> Self {
        use CountingError as E;
        let path = match &error {
            E::Lines(_) | E::NotPeople(_) => "working".to_owned(),
            E::People(at) => format!("working.{at}.people"),
            E::Period(at) => format!("working.{at}.period"),
            E::Started { line: at, .. } | E::StartedLate(at) => format!("working.{at}.started"),
            E::Amount(_) => "quantity".to_owned(),
        };
        Self::refused_at("WORKING", path, error)
    }
}

impl From<RequestError> for AppError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Verifier(error) => error.into(),
            RequestError::Overdue(_) => Self::refused_at("OVERDUE", "claim", error),
            RequestError::TooMany => Self::refused_at("TOO_MANY_QUESTIONS", "question", error),
        }
    }
}

impl From<AnswerError> for AppError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Status(error) => Self::refused_at("CLAIM_STATUS", "claim", error),
            AnswerError::Evidence(error) => error.into(),
        }
    }
}

impl From<ExclusionError> for AppError {
    fn from(error: ExclusionError) -> Self {
        use ExclusionError as E;
        let (code, path) = match &error {
            E::NotLive(_) => ("CLAIM_STATUS", "earlier"),
            E::SameClaimant(_) => ("SAME_CLAIMANT", "claimant"),
            E::NotRelated(_) => ("NOT_RELATED", "claimant"),
            E::Logged(_) => ("ALREADY_LOGGED", "claimant"),
            E::NotIndependent => return Self::Forbidden(error.to_string()),
        };
        Self::refused_at(code, path, error)
    }
}

impl From<SmallCell> for AppError {
    fn from(error: SmallCell) -> Self {
        Self::refused_at("FEW_PEOPLE", "accepted", error)
    }
}

impl From<VerificationError> for AppError {
    fn from(error: VerificationError) -> Self {
        use VerificationError as E;
        match &error {
            E::Status(_) => Self::refused_at("CLAIM_STATUS", "claim", error),
            E::Accepted { .. } => Self::refused_at("ACCEPTED", "accepted", error),
            E::Text(error) => text(error),
            E::Nobody | E::Twice(_) => Self::refused("VERIFIERS", error),
            E::Submitter(_) | E::NotIndependent { .. } => Self::Forbidden(error.to_string()),
        }
    }
}
