//! Every role over every row, and what the rows add.

use super::*;
use crate::ids::Id;
use uuid::Uuid;

fn organisation(n: u128) -> OrganisationId {
    OrganisationId::from_uuid(Uuid::from_u128(n))
}

fn person(n: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(n))
}

fn with(role: Role, at: OrganisationId) -> Actor {
    Actor::person(
        person(1),
        vec![Grant {
            organisation: at,
            role,
        }],
    )
}

/// The table again, by hand: every action with the roles that may do it, and where.
const EXPECTED: &[(Action, &[Role], bool)] = &[
    (Action::RegisterOrganisation, &[Registrar], false),
    (Action::GrantRole, &[Registrar], false),
    (Action::RevokeRole, &[Registrar], false),
    (Action::RecordCertification, &[Registrar], false),
    (Action::RevokeCertification, &[Registrar], false),
    (Action::PublishCatalogue, &[Registrar], false),
    (Action::PublishPolicy, &[Registrar], false),
    (Action::ErasePerson, &[Registrar], false),
    (Action::EraseWords, &[Registrar], false),
    (Action::EraseWorking, &[Registrar], false),
    (Action::RegisterProxyPack, &[Officer], true),
    (Action::SaveDraft, &[Officer], true),
    (Action::PublishTender, &[Officer], true),
    (Action::CancelTender, &[Officer], true),
    (Action::AmendTender, &[Officer], true),
    (Action::ExtendTender, &[Officer], true),
    (Action::AskQuestion, &[Supplier], true),
    (Action::AnswerQuestion, &[Officer], true),
    (Action::SubmitBid, &[Supplier], true),
    (Action::WithdrawBid, &[Supplier], true),
    (Action::AskConfirmation, &[Supplier], true),
    (Action::ConfirmShare, &[Supplier], true),
    (Action::WithdrawConfirmation, &[Supplier], true),
    (Action::ConfirmBid, &[Supplier], true),
    (Action::ApproveOpening, &[Officer], true),
    (Action::OpenTender, &[Officer], true),
    (Action::ExcludeBid, &[Officer], true),
    (Action::DecideAdmission, &[Officer], true),
    (Action::RequestExplanation, &[Officer], true),
    (Action::ExplainBid, &[Supplier], true),
    (Action::DecideAbnormal, &[Officer], true),
    (Action::AssignPanel, &[Officer], true),
    (Action::ReplaceMember, &[Officer], true),
    (Action::DeclareConflicts, &[Chair, Evaluator], true),
    (Action::CountersignConflict, &[Chair, Officer], true),
    (Action::PrepareCalibration, &[Chair, Officer], true),
    (Action::Calibrate, &[Evaluator], true),
    (Action::SaveMark, &[Evaluator], true),
    (Action::FinaliseMarks, &[Evaluator], true),
    (Action::ChangeMark, &[Evaluator], true),
    (Action::StateMarksMissing, &[Chair], true),
    (Action::BeginModeration, &[Chair], true),
    (Action::AgreeLevels, &[Chair, Evaluator], true),
    (Action::SignOffConsensus, &[Chair, Evaluator], true),
    (Action::SignConsensus, &[Chair], true),
    (Action::ApprovePriceOpening, &[Officer], true),
    (Action::OpenPrices, &[Officer], true),
    (Action::ComputeRanking, &[Officer], true),
    (Action::ProposeAward, &[Officer], true),
    (Action::ApproveAward, &[Officer], true),
    (Action::SendLetters, &[Officer], true),
    (Action::NotifyAward, &[Officer], true),
    (Action::SuspendStandstill, &[Officer], true),
    (Action::ResumeStandstill, &[Officer], true),
    (Action::AnnulAward, &[Officer], true),
    (Action::SignContract, &[Officer], true),
    (Action::VaryContract, &[Officer], true),
    (Action::RateKpi, &[Officer], true),
    (Action::UploadEvidence, &[Supplier], true),
    (Action::ReleaseEvidence, &[Supplier], true),
    (Action::EraseEvidence, &[Supplier], true),
    (Action::EraseEvidenceEarly, &[Registrar], false),
    (Action::SaveClaimDraft, &[Supplier], true),
    (Action::SubmitClaim, &[Supplier], true),
    (Action::WithdrawClaim, &[Supplier], true),
    (Action::RequestInformation, &[Verifier], false),
    (Action::GiveInformation, &[Supplier], true),
    (Action::LogExclusion, &[Registrar], false),
    (Action::EraseBeneficiaries, &[Registrar], false),
    (Action::VerifyClaim, &[Verifier], false),
    (Action::RejectClaim, &[Verifier], false),
    (Action::PublishQuorum, &[Registrar], false),
    (
        Action::AssignVerifiers,
        &[Officer, Registrar, Supplier, Verifier],
        false,
    ),
    (Action::LeaveAssignment, &[Verifier], false),
    (Action::DischargeVerifier, &[Registrar], false),
    (Action::ConfirmClaim, &[Officer], true),
    (Action::DefineClass, &[Registrar], false),
    (Action::IntendSurplus, &[Supplier], true),
    (Action::IssueCredits, &[Registrar], false),
    (Action::TransferCredits, &[Officer, Supplier], true),
    (Action::RetireCredits, &[Officer, Supplier], true),
    (Action::CancelCredits, &[Officer, Supplier], true),
    (Action::HoldCredits, &[Officer, Supplier], true),
    (Action::DeliverHold, &[Officer, Supplier], true),
    (Action::GiveUpHold, &[Officer, Supplier], true),
    (Action::ExpireHold, &[Officer, Registrar, Supplier], false),
    (Action::ReleaseBuffer, &[Registrar], false),
    (Action::ClearLiability, &[Officer, Supplier], true),
    (Action::RaiseChallenge, ANYONE, false),
    (Action::ReplyToChallenge, &[Supplier], true),
    (Action::RouteChallenge, &[Officer, Registrar], true),
    (Action::AcceptChallenge, &[Officer, Registrar], true),
    (Action::ResolveChallenge, &[Officer, Registrar], true),
    (Action::AppealChallenge, ANYONE, false),
    (Action::ProposeCorrection, &[Registrar], false),
    (Action::CarryOutDecision, &[Registrar], false),
    (Action::OpenProgramme, &[Officer], true),
    (Action::StateEntitlements, &[Officer], true),
    (Action::RecordPayment, &[Officer], true),
];

#[test]
fn every_role_may_do_exactly_what_the_table_says() {
    assert_eq!(TABLE.len(), EXPECTED.len());
    let facts = Facts {
        organisation: Some(organisation(1)),
        ..Facts::default()
    };
    for (action, roles, own) in EXPECTED {
        for role in Role::ALL {
            let here = authorize(&with(role, organisation(1)), *action, &facts).is_ok();
            assert_eq!(here, roles.contains(&role), "{role} {action:?}");
            let elsewhere = authorize(&with(role, organisation(2)), *action, &facts).is_ok();
            assert_eq!(
                elsewhere,
                roles.contains(&role) && !own,
                "{role} elsewhere {action:?}"
            );
        }
        assert_eq!(
            authorize(&Actor::public(), *action, &facts),
            Err(Denied::NotSignedIn)
        );
    }
}

#[test]
fn the_second_step_needs_a_second_person() {
    let two = [
        (Action::OpenTender, Officer),
        (Action::OpenPrices, Officer),
        (Action::CountersignConflict, Chair),
        (Action::ProposeAward, Officer),
        (Action::ApproveAward, Officer),
        (Action::RequestInformation, Verifier),
        (Action::VerifyClaim, Verifier),
        (Action::RejectClaim, Verifier),
        (Action::DischargeVerifier, Registrar),
        (Action::ConfirmClaim, Officer),
        (Action::IssueCredits, Registrar),
        (Action::RouteChallenge, Officer),
        (Action::AcceptChallenge, Officer),
        (Action::ResolveChallenge, Officer),
        (Action::CarryOutDecision, Registrar),
    ];
    for (action, role) in two {
        let facts = Facts {
            organisation: Some(organisation(1)),
            earlier: &[person(1)],
            ..Facts::default()
        };
        let denied = authorize(&with(role, organisation(1)), action, &facts);
        assert_eq!(denied, Err(Denied::SamePerson), "{action:?}");
    }
}

#[test]
fn whoever_decides_on_bids_or_claims_belongs_to_no_party_whatever_the_scope_of_the_token() {
    let independent = [
        Action::ApproveOpening,
        Action::OpenTender,
        Action::ExcludeBid,
        Action::DecideAdmission,
        Action::RequestExplanation,
        Action::DecideAbnormal,
        Action::AssignPanel,
        Action::ReplaceMember,
        Action::PrepareCalibration,
        Action::SendLetters,
        Action::ApprovePriceOpening,
        Action::OpenPrices,
        Action::ComputeRanking,
        Action::ProposeAward,
        Action::ApproveAward,
        Action::EraseEvidenceEarly,
        Action::RequestInformation,
        Action::EraseBeneficiaries,
        Action::EraseWorking,
        Action::VerifyClaim,
        Action::RejectClaim,
        Action::LogExclusion,
        Action::DischargeVerifier,
        Action::ConfirmClaim,
        Action::IssueCredits,
        Action::ProposeCorrection,
        Action::CarryOutDecision,
        Action::RouteChallenge,
        Action::AcceptChallenge,
        Action::ResolveChallenge,
    ];
    let facts = Facts {
        organisation: Some(organisation(1)),
        interested: &[organisation(2)],
        roles_in: &[organisation(2)],
        ..Facts::default()
    };
    for (action, roles, _) in EXPECTED {
        let denied = authorize(&with(roles[0], organisation(1)), *action, &facts);
        assert_eq!(
            denied == Err(Denied::NotIndependent),
            independent.contains(action),
            "{action:?}"
        );
    }
}

#[test]
fn a_verifier_of_a_party_cannot_decide_its_claim_even_through_another_grant() {
    let verifier = Actor::person(
        person(1),
        vec![
            Grant {
                organisation: organisation(5),
                role: Verifier,
            },
            Grant {
                organisation: organisation(2),
                role: Supplier,
            },
        ],
    );
    let facts = Facts {
        interested: &[organisation(2)],
        ..Facts::default()
    };
    let denied = authorize(&verifier, Action::VerifyClaim, &facts);
    assert_eq!(denied, Err(Denied::NotIndependent));
}

#[test]
fn the_permit_names_the_role_and_place_for_the_log() {
    let facts = Facts {
        organisation: Some(organisation(1)),
        ..Facts::default()
    };
    let permit = authorize(
        &with(Officer, organisation(1)),
        Action::PublishTender,
        &facts,
    )
    .unwrap();
    assert_eq!(permit.actor.role, Officer);
    assert_eq!(permit.actor.organisation, organisation(1));
}

#[test]
fn a_refusal_names_every_role_that_is_enough_and_where() {
    let facts = Facts {
        organisation: Some(organisation(1)),
        ..Facts::default()
    };
    let says = |action| {
        let denied = authorize(&with(Auditor, organisation(2)), action, &facts);
        denied.unwrap_err().to_string()
    };
    assert_eq!(
        says(Action::AssignVerifiers),
        "this needs the role registrar, supplier, officer or verifier"
    );
    assert_eq!(
        says(Action::TransferCredits),
        "this needs the role supplier or officer in the organisation concerned"
    );
    assert_eq!(says(Action::DefineClass), "this needs the role registrar");
}
