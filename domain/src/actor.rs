//! Who may do what: one table for every action.

mod people;

pub use people::{Actor, Grant, InvalidRole, Role};

use crate::ids::{OrganisationId, PersonId};
use crate::log::entry::EntryActor;

/// Everything that someone may do and that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each action is the mutation of the same name")]
pub enum Action {
    RegisterOrganisation,
    GrantRole,
    RevokeRole,
    RecordCertification,
    RevokeCertification,
    PublishCatalogue,
    PublishPolicy,
    ErasePerson,
    EraseWords,
    EraseWorking,
    RegisterProxyPack,
    SaveDraft,
    PublishTender,
    CancelTender,
    AmendTender,
    ExtendTender,
    AskQuestion,
    AnswerQuestion,
    SubmitBid,
    WithdrawBid,
    AskConfirmation,
    ConfirmShare,
    WithdrawConfirmation,
    ConfirmBid,
    ApproveOpening,
    OpenTender,
    ExcludeBid,
    DecideAdmission,
    RequestExplanation,
    ExplainBid,
    DecideAbnormal,
    AssignPanel,
    ReplaceMember,
    DeclareConflicts,
    CountersignConflict,
    PrepareCalibration,
    Calibrate,
    SaveMark,
    FinaliseMarks,
    ChangeMark,
    StateMarksMissing,
    BeginModeration,
    AgreeLevels,
    SignOffConsensus,
    SignConsensus,
    ApprovePriceOpening,
    OpenPrices,
    ComputeRanking,
    ProposeAward,
    ApproveAward,
    SendLetters,
    NotifyAward,
    SuspendStandstill,
    ResumeStandstill,
    AnnulAward,
    SignContract,
    VaryContract,
    RateKpi,
    UploadEvidence,
    ReleaseEvidence,
    EraseEvidence,
    EraseEvidenceEarly,
    SaveClaimDraft,
    SubmitClaim,
    WithdrawClaim,
    RequestInformation,
    GiveInformation,
    LogExclusion,
    EraseBeneficiaries,
    VerifyClaim,
    RejectClaim,
    PublishQuorum,
    AssignVerifiers,
    LeaveAssignment,
    DischargeVerifier,
    ConfirmClaim,
    DefineClass,
    IntendSurplus,
    IssueCredits,
    TransferCredits,
    RetireCredits,
    CancelCredits,
    HoldCredits,
    DeliverHold,
    GiveUpHold,
    ExpireHold,
    ReleaseBuffer,
    ClearLiability,
    RaiseChallenge,
    ReplyToChallenge,
    RouteChallenge,
    AcceptChallenge,
    ResolveChallenge,
    AppealChallenge,
    ProposeCorrection,
    CarryOutDecision,
    OpenProgramme,
    StateEntitlements,
    RecordPayment,
}

/// Where the role must be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the organisation for which the person acts.
    Own,
    /// In any organisation: the role itself is what counts.
    Any,
}

/// One row of the table.
#[derive(Clone, Copy)]
struct Rule {
    action: Action,
    roles: &'static [Role],
    place: Place,
    /// Nobody among [`Facts::earlier`] may do it: two people.
    two_people: bool,
    /// Nobody from an organisation among [`Facts::interested`] may do it.
    independent: bool,
}

const fn rule(action: Action, roles: &'static [Role], place: Place) -> Rule {
    Rule {
        action,
        roles,
        place,
        two_people: false,
        independent: false,
    }
}

const fn two_people(rule: Rule) -> Rule {
    Rule {
        two_people: true,
        ..rule
    }
}

const fn independent(rule: Rule) -> Rule {
    Rule {
        independent: true,
        ..rule
    }
}

use Place::{Any, Own};
use Role::{Auditor, Chair, Evaluator, Officer, Registrar, Supplier, Verifier};

/// Everyone whose roles stand in the log.
const ANYONE: &[Role] = &[
    Officer, Chair, Evaluator, Supplier, Verifier, Registrar, Auditor,
];

/// Who may do what. A test walks every role over every row.
const TABLE: &[Rule] = &[
    rule(Action::RegisterOrganisation, &[Registrar], Any),
    rule(Action::GrantRole, &[Registrar], Any),
    rule(Action::RevokeRole, &[Registrar], Any),
    rule(Action::RecordCertification, &[Registrar], Any),
    rule(Action::RevokeCertification, &[Registrar], Any),
    rule(Action::PublishCatalogue, &[Registrar], Any),
    rule(Action::PublishPolicy, &[Registrar], Any),
    rule(Action::ErasePerson, &[Registrar], Any),
    rule(Action::EraseWords, &[Registrar], Any),
    independent(rule(Action::EraseWorking, &[Registrar], Any)),
    rule(Action::RegisterProxyPack, &[Officer], Own),
    rule(Action::SaveDraft, &[Officer], Own),
    rule(Action::PublishTender, &[Officer], Own),
    rule(Action::CancelTender, &[Officer], Own),
    rule(Action::AmendTender, &[Officer], Own),
    rule(Action::ExtendTender, &[Officer], Own),
    rule(Action::AskQuestion, &[Supplier], Own),
    rule(Action::AnswerQuestion, &[Officer], Own),
    rule(Action::SubmitBid, &[Supplier], Own),
    rule(Action::WithdrawBid, &[Supplier], Own),
    rule(Action::AskConfirmation, &[Supplier], Own),
    rule(Action::ConfirmShare, &[Supplier], Own),
    rule(Action::WithdrawConfirmation, &[Supplier], Own),
    rule(Action::ConfirmBid, &[Supplier], Own),
    // From the opening on, nobody decides for the buyer who holds a role in the group of a bidder.
    independent(rule(Action::ApproveOpening, &[Officer], Own)),
    independent(two_people(rule(Action::OpenTender, &[Officer], Own))),
    independent(rule(Action::ExcludeBid, &[Officer], Own)),
    independent(rule(Action::DecideAdmission, &[Officer], Own)),
    independent(rule(Action::RequestExplanation, &[Officer], Own)),
    rule(Action::ExplainBid, &[Supplier], Own),
    independent(rule(Action::DecideAbnormal, &[Officer], Own)),
    independent(rule(Action::AssignPanel, &[Officer], Own)),
    independent(rule(Action::ReplaceMember, &[Officer], Own)),
    rule(Action::DeclareConflicts, &[Evaluator, Chair], Own),
    two_people(rule(Action::CountersignConflict, &[Chair, Officer], Own)),
    independent(rule(Action::PrepareCalibration, &[Officer, Chair], Own)),
    rule(Action::Calibrate, &[Evaluator], Own),
    rule(Action::SaveMark, &[Evaluator], Own),
    rule(Action::FinaliseMarks, &[Evaluator], Own),
    rule(Action::ChangeMark, &[Evaluator], Own),
    rule(Action::StateMarksMissing, &[Chair], Own),
    rule(Action::BeginModeration, &[Chair], Own),
    rule(Action::AgreeLevels, &[Chair, Evaluator], Own),
    rule(Action::SignOffConsensus, &[Evaluator, Chair], Own),
    rule(Action::SignConsensus, &[Chair], Own),
    independent(rule(Action::ApprovePriceOpening, &[Officer], Own)),
    independent(two_people(rule(Action::OpenPrices, &[Officer], Own))),
    independent(rule(Action::ComputeRanking, &[Officer], Own)),
    // The panel is the earlier step: nobody awards what they judged.
    independent(two_people(rule(Action::ProposeAward, &[Officer], Own))),
    independent(two_people(rule(Action::ApproveAward, &[Officer], Own))),
    independent(rule(Action::SendLetters, &[Officer], Own)),
    rule(Action::NotifyAward, &[Officer], Own),
    rule(Action::SuspendStandstill, &[Officer], Own),
    rule(Action::ResumeStandstill, &[Officer], Own),
    rule(Action::AnnulAward, &[Officer], Own),
    rule(Action::SignContract, &[Officer], Own),
    rule(Action::VaryContract, &[Officer], Own),
    rule(Action::RateKpi, &[Officer], Own),
    rule(Action::UploadEvidence, &[Supplier], Own),
    rule(Action::ReleaseEvidence, &[Supplier], Own),
    rule(Action::EraseEvidence, &[Supplier], Own),
    independent(rule(Action::EraseEvidenceEarly, &[Registrar], Any)),
    rule(Action::SaveClaimDraft, &[Supplier], Own),
    rule(Action::SubmitClaim, &[Supplier], Own),
    rule(Action::WithdrawClaim, &[Supplier], Own),
    independent(two_people(rule(
        Action::RequestInformation,
        &[Verifier],
        Any,
    ))),
    rule(Action::GiveInformation, &[Supplier], Own),
    independent(rule(Action::LogExclusion, &[Registrar], Any)),
    independent(rule(Action::EraseBeneficiaries, &[Registrar], Any)),
    independent(two_people(rule(Action::VerifyClaim, &[Verifier], Any))),
    independent(two_people(rule(Action::RejectClaim, &[Verifier], Any))),
    rule(Action::PublishQuorum, &[Registrar], Any),
    // The draw decides alone, so whoever is concerned may call for it.
    rule(
        Action::AssignVerifiers,
        &[Registrar, Supplier, Officer, Verifier],
        Any,
    ),
    rule(Action::LeaveAssignment, &[Verifier], Any),
    independent(two_people(rule(
        Action::DischargeVerifier,
        &[Registrar],
        Any,
    ))),
    // Of the buyer, and of no organisation of the claimant's group.
    independent(two_people(rule(Action::ConfirmClaim, &[Officer], Own))),
    rule(Action::DefineClass, &[Registrar], Any),
    rule(Action::IntendSurplus, &[Supplier], Own),
    // Whoever submitted or verified is the earlier step; nobody of the claimant's group issues to it.
    independent(two_people(rule(Action::IssueCredits, &[Registrar], Any))),
    rule(Action::TransferCredits, &[Supplier, Officer], Own),
    rule(Action::RetireCredits, &[Supplier, Officer], Own),
    rule(Action::CancelCredits, &[Supplier, Officer], Own),
    rule(Action::HoldCredits, &[Supplier, Officer], Own),
    rule(Action::DeliverHold, &[Supplier, Officer], Own),
    rule(Action::GiveUpHold, &[Supplier, Officer], Own),
    rule(Action::ExpireHold, &[Registrar, Supplier, Officer], Any),
    rule(Action::ReleaseBuffer, &[Registrar], Any),
    rule(Action::ClearLiability, &[Supplier, Officer], Own),
    // Anyone with a confirmed contact: whoever is signed in.
    rule(Action::RaiseChallenge, ANYONE, Any),
    rule(Action::ReplyToChallenge, &[Supplier], Own),
    independent(two_people(rule(
        Action::RouteChallenge,
        &[Registrar, Officer],
        Own,
    ))),
    independent(two_people(rule(
        Action::AcceptChallenge,
        &[Registrar, Officer],
        Own,
    ))),
    // The first decision is the earlier step of the appeal.
    independent(two_people(rule(
        Action::ResolveChallenge,
        &[Registrar, Officer],
        Own,
    ))),
    rule(Action::AppealChallenge, ANYONE, Any),
    independent(rule(Action::ProposeCorrection, &[Registrar], Any)),
    independent(two_people(rule(
        Action::CarryOutDecision,
        &[Registrar],
        Any,
    ))),
    // Of the outcome payer. What is stated follows from the terms, and anyone can recompute it.
    rule(Action::OpenProgramme, &[Officer], Own),
    rule(Action::StateEntitlements, &[Officer], Own),
    rule(Action::RecordPayment, &[Officer], Own),
];

/// What the decision depends on beside the actor.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// The organisation for which the person acts: the buyer of the tender, the holder of the account ...
    pub organisation: Option<OrganisationId>,
    /// People who took the earlier step of a two-person rule.
    pub earlier: &'a [PersonId],
    /// Organisations whose own interest is at stake, with all of their group.
    pub interested: &'a [OrganisationId],
    /// Organisations in which the person holds a role, also outside the scope of the token.
    pub roles_in: &'a [OrganisationId],
}

/// Why an action is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("sign in first: this needs an API token")]
    NotSignedIn,
    /// The role is missing where it is needed.
    #[error("this needs the role {} in the organisation concerned", one_of(.roles))]
    Role {
        /// Each of them is enough.
        roles: &'static [Role],
    },
    /// The role is missing everywhere.
    #[error("this needs the role {}", one_of(.roles))]
    RoleAnywhere {
        /// Each of them is enough.
        roles: &'static [Role],
    },
    /// The same person took the earlier step.
    #[error("this needs a second person: whoever took the earlier step cannot take this one")]
    SamePerson,
    /// The person belongs to an organisation whose interest is at stake.
    #[error(
        "this needs someone independent: no organisation of the parties or of their groups may decide here"
    )]
    NotIndependent,
}

/// Roles as people say them.
fn one_of(roles: &[Role]) -> String {
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// The decision that a person may act, which entries record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// The person in the role in which they act.
    pub actor: EntryActor,
}

/// Decides whether the actor may do the action, by the table alone.
pub fn authorize(actor: &Actor, action: Action, facts: &Facts<'_>) -> Result<Permit, Denied> {
    let person = actor.person_id().ok_or(Denied::NotSignedIn)?;
    let rule = TABLE.iter().find(|rule| rule.action == action);
    let unheard_of = Denied::RoleAnywhere {
        roles: &[Role::Operator],
    };
    let rule = rule.ok_or(unheard_of)?;
    let roles = rule.roles;
    let may = |grant: &&Grant| {
        roles.contains(&grant.role)
            && (rule.place == Any || Some(grant.organisation) == facts.organisation)
    };
    let candidates: Vec<&Grant> = actor.grants().iter().filter(may).collect();
    if candidates.is_empty() {
        return Err(match rule.place {
            Own => Denied::Role { roles },
            Any => Denied::RoleAnywhere { roles },
        });
    }
    if rule.two_people && facts.earlier.contains(&person) {
        return Err(Denied::SamePerson);
    }
    let mut own = actor.grants().iter().map(|grant| &grant.organisation);
    let biased = rule.independent
        && (own.any(|organisation| facts.interested.contains(organisation))
            || facts
                .roles_in
                .iter()
                .any(|organisation| facts.interested.contains(organisation)));
    match candidates.first() {
        Some(grant) if !biased => Ok(Permit {
            actor: EntryActor {
                role: grant.role,
                id: person,
                organisation: grant.organisation,
            },
        }),
        _ => Err(Denied::NotIndependent),
    }
}

#[cfg(test)]
mod tests;
