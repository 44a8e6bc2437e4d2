//! Claims of low value in the log: clean, then tampered with.

use super::ClaimStatus;
use super::Verification;
use super::entries::*;
use super::fixtures::*;
use super::quorum::tests::quorum;
use super::quorum::{LowValue, Quorum};
use super::quorum_replay_tests::{bound, finding, link, next, path};
use super::story::*;
use crate::actor::Role;
use crate::amount::Share;
use crate::log::hash::sha256;
use crate::organisation::entries::RoleGranted;

fn low(audit_share: Share) -> Quorum {
    Quorum {
        low_value: vec![LowValue {
            measure: measure_ref(),
            below: measure().quantity("7.0").unwrap(),
        }],
        audit_share,
        ..quorum(2, 2)
    }
}

fn confirmed(audited: bool) -> ClaimConfirmed {
    let officer = Drawn {
        verifier: id(OFFICER),
        organisation: organisation(BUYER),
    };
    ClaimConfirmed {
        claim: id(5),
        link: link(),
        path: path(),
        finding: Verification {
            salt: None,
            ..finding(officer, "6.0")
        },
        audited,
    }
}

#[test]
fn a_low_value_is_confirmed_by_the_buyer_alone() {
    let mut story = bound(low(Share::NONE));
    story.refused(verifier(0), confirmed(false));
    story.refused(officer(), confirmed(true));
    let mut wrong = confirmed(false);
    wrong.link = sha256(b"x");
    assert_eq!(story.refused(officer(), wrong).check, "link");
    let mut bent = confirmed(false);
    bent.path.swap(0, 1);
    assert_eq!(story.refused(officer(), bent).check, "link");
    story.push(officer(), confirmed(false));
    let state = story.clean();
    assert_eq!(
        state.contracts.claim(id(5)).unwrap().status,
        ClaimStatus::Verified
    );
    assert_eq!(state.contracts.quorums.confirmed_units(id(101)), 60);
    story.submit(super::Claim {
        evidence: claim(6, "1.0").evidence,
        ..claim_under(6, 101, "1.0")
    });
    let mut more = confirmed(false);
    more.claim = id(6);
    more.finding.accepted = measure().quantity("1.0").unwrap();
    let more = story.refused(officer(), more);
    assert!(more.found.contains("stay below"), "{more}");
}

#[test]
fn nobody_with_a_role_in_the_claimants_group_confirms_for_the_buyer() {
    let mut story = bound(low(Share::NONE));
    let joined = RoleGranted {
        person: id(OFFICER),
        organisation: organisation(SUBSIDIARY),
        role: Role::Supplier,
    };
    story.push(registrar(), joined);
    let own = story.refused(officer(), confirmed(false));
    assert_eq!(own.check, "confirmation");
    assert!(own.found.contains("the claimant's group"), "{own}");
}

#[test]
fn an_audited_confirmation_goes_to_the_verifiers() {
    let mut story = bound(low(Share::WHOLE));
    let spared = story.refused(officer(), confirmed(false));
    assert_eq!(spared.check, "audit");
    story.push(officer(), confirmed(true));
    story.refused(officer(), confirmed(true));
    let entry = next(&story, false);
    story.push(officer(), entry);
    let state = story.clean();
    let recorded = state.contracts.claim(id(5)).unwrap();
    assert_eq!(recorded.status, ClaimStatus::InVerification);
    assert_eq!(recorded.verified, None);
}
