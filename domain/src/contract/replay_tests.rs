//! Claims in the log: clean, then tampered with.

use super::entries::*;
use super::fixtures::*;
use super::information::MAX_QUESTIONS;
use super::reference::ExternalReference;
use super::story::*;
use super::{Claim, ClaimStatus, Evidence};
use crate::actor::Role;
use crate::ids::ClaimId;
use crate::log::entry::EntryActor;
use crate::log::hash::sha256;

fn cousin() -> Vec<EntryActor> {
    by(COUSIN, SUBSIDIARY, Role::Supplier)
}

/// A claim of the subsidiary about what the supplier may have claimed.
fn of_the_subsidiary(n: u128) -> Claim {
    Claim {
        claimant: organisation(SUBSIDIARY),
        measure: measure_ref(),
        ..claim(n, "2.0")
    }
}

fn asked() -> InformationRequested {
    InformationRequested {
        claim: id(5),
        question: sha256(b"which sheets?"),
    }
}

fn answered(files: &[u8]) -> InformationGiven {
    let file = |byte: &u8| Evidence {
        sha256: sha256(&[*byte]),
        ..claim(5, "1.0").evidence[0].clone()
    };
    InformationGiven {
        claim: id(5),
        answer: sha256(b"these"),
        evidence: files.iter().map(file).collect(),
    }
}

#[test]
fn a_question_is_asked_and_answered_with_further_files() {
    let mut story = Story::new();
    story.submit(claim_under(5, 101, "6.0"));
    story.push(verifier(0), asked());
    story.push(reporter(), answered(&[1, 2]));
    let state = story.clean();
    let recorded = state.contracts.claim(id(5)).unwrap();
    assert_eq!(recorded.status, ClaimStatus::InVerification);
    assert_eq!(recorded.claim.evidence.len(), 3);
    let mut other = claim_under(6, 101, "1.0");
    other.evidence = answered(&[2]).evidence;
    let finding = story.refused(reporter(), ClaimSubmitted { claim: other });
    assert!(
        finding.found.contains(&id::<ClaimId>(5).to_string()),
        "{finding}"
    );
}

#[test]
fn questions_and_answers_out_of_turn_are_found() {
    let mut story = Story::new();
    story.submit(claim_under(5, 101, "6.0"));
    let early = story.refused(reporter(), answered(&[]));
    assert!(early.found.contains("submitted"), "{early}");
    story.refused(by(30, SUPPLIER, Role::Verifier), asked());
    story.push(verifier(0), asked());
    story.refused(verifier(0), asked());
    story.refused(cousin(), answered(&[]));
    let own = claim_under(5, 101, "6.0").evidence;
    let twice = InformationGiven {
        evidence: own,
        ..answered(&[])
    };
    let twice = story.refused(reporter(), twice);
    assert!(twice.found.contains("stands twice"), "{twice}");
}

#[test]
fn what_cannot_be_counted_is_counted_again_once_it_was_corrected() {
    let mut story = Story::new();
    let absurd = "900000000000000000.0";
    for n in 5..8 {
        story.submit(claim_under(n, 101, absurd));
        story.push(verifier(0), verified(n, absurd));
    }
    let mut state = story.clean();
    assert_eq!(state.contracts.verified_units(id(101)), i64::MAX);
    for n in 5..7 {
        let nothing = measure().quantity("0.0").unwrap();
        state.contracts.reduce(id(n), nothing).unwrap();
    }
    let left = state.contracts.verified_units(id(101));
    assert_eq!(left, 9_000_000_000_000_000_000);
}

#[test]
fn a_person_asks_about_a_claim_so_often_and_then_judges() {
    let mut story = Story::new();
    story.submit(claim_under(5, 101, "6.0"));
    for _ in 0..MAX_QUESTIONS {
        story.push(verifier(0), asked());
        story.push(reporter(), answered(&[]));
    }
    let once_more = story.refused(verifier(0), asked());
    assert!(once_more.found.contains("at most 5 times"), "{once_more}");
    story.push(verifier(1), asked());
    story.push(reporter(), answered(&[]));
    story.push(verifier(0), verified(5, "2.0"));
    story.clean();
}

#[test]
fn a_claim_of_the_same_outcome_by_a_related_organisation_needs_an_exclusion() {
    let mut story = Story::founded();
    story.submit(claim(5, "6.0"));
    let again = ClaimSubmitted {
        claim: of_the_subsidiary(6),
    };
    let finding = story.refused(cousin(), again.clone());
    assert!(finding.found.contains("of the same group"), "{finding}");
    let exclusion = ExclusionLogged {
        earlier: id(5),
        claimant: organisation(SUBSIDIARY),
        reason: sha256(b"another team in another street"),
    };
    let unrelated = ExclusionLogged {
        claimant: organisation(FUND),
        ..exclusion.clone()
    };
    story.refused(registrar(), unrelated);
    story.refused(reporter(), exclusion.clone());
    story.push(registrar(), exclusion.clone());
    story.push(cousin(), again);
    story.clean();
    story.refused(registrar(), exclusion);
}

#[test]
fn a_withdrawn_claim_stands_in_nobodys_way() {
    let mut story = Story::founded();
    story.submit(claim(5, "6.0"));
    story.push(reporter(), ClaimWithdrawn { claim: id(5) });
    let claim = of_the_subsidiary(6);
    story.push(cousin(), ClaimSubmitted { claim });
    story.clean();
}

#[test]
fn a_narrower_place_does_not_slip_past_an_open_kpi() {
    let story = Story::new();
    for place in ["KR-11", "KR-11-110", "KR"] {
        let mut claim = claim(5, "6.0");
        claim.place = place.into();
        let finding = story.refused(reporter(), ClaimSubmitted { claim });
        assert!(finding.found.contains("claim it there"), "{finding}");
    }
    let mut elsewhere = claim(5, "6.0");
    elsewhere.place = "KR-26".into();
    let mut story = story;
    story.submit(elsewhere);
    story.clean();
}

#[test]
fn a_reference_is_used_once_in_the_whole_registry_and_its_shares_sum_to_one() {
    let referring = |n: u128, number: &str, share: &str| {
        let mut claim = claim(n, "2.0");
        claim.external_reference = Some(ExternalReference::new("GB-NTS", number).unwrap());
        claim.share = share.parse().unwrap();
        claim
    };
    let mut story = Story::founded();
    story.submit(referring(5, "INV-001", "0.6"));
    let of_another = |n, number, share| Claim {
        claimant: organisation(SUBSIDIARY),
        evidence: claim(5, "2.0").evidence,
        ..referring(n, number, share)
    };
    let over = of_another(6, "inv 001", "0.5");
    let finding = story.refused(cousin(), ClaimSubmitted { claim: over });
    assert!(finding.found.contains("0.6 of the outcome"), "{finding}");
    // The rest of the outcome, with the file that both have.
    let rest = of_another(6, "inv 001", "0.4");
    story.push(cousin(), ClaimSubmitted { claim: rest });
    let elsewhere = |n, number| Claim {
        place: "KR-26".into(),
        ..referring(n, number, "1")
    };
    story.submit(elsewhere(7, "INV-002"));
    let again = elsewhere(8, "INV002");
    let finding = story.refused(reporter(), ClaimSubmitted { claim: again });
    assert!(finding.found.contains("sum to at most 1"), "{finding}");
    // What ends gives back its own share and no other.
    story.push(reporter(), ClaimWithdrawn { claim: id(7) });
    story.submit(elsewhere(9, "INV 002"));
    story.push(cousin(), ClaimWithdrawn { claim: id(6) });
    let over = of_another(10, "INV-001", "0.41");
    let finding = story.refused(cousin(), ClaimSubmitted { claim: over });
    assert!(finding.found.contains("0.6 of the outcome"), "{finding}");
    let claim = of_another(10, "INV-001", "0.4");
    story.push(cousin(), ClaimSubmitted { claim });
    story.clean();
}

#[test]
fn a_rejected_claim_gives_its_reference_free_and_a_verified_one_never_does() {
    let referring = |n: u128| {
        let mut claim = claim_under(n, 101, "2.0");
        claim.external_reference = Some(ExternalReference::new("GB-NTS", "INV-001").unwrap());
        ClaimSubmitted { claim }
    };
    let mut story = Story::new();
    story.push(reporter(), referring(5));
    let rejected = ClaimRejected {
        claim: id(5),
        reason: sha256(b"the reference is another's"),
        verifications: vec![],
    };
    story.push(verifier(0), rejected);
    story.push(reporter(), referring(6));
    story.push(verifier(0), verified(6, "2.0"));
    let finding = story.refused(reporter(), referring(7));
    assert!(finding.found.contains("sum to at most 1"), "{finding}");
    story.clean();
}

#[test]
fn a_new_version_of_a_catalogue_does_not_slip_past_the_old_one() {
    use crate::catalogue::{Catalogue, entries::CataloguePublished};
    let mut story = Story::new();
    let catalogue = |n: u128, code: &str| Catalogue {
        id: id(n),
        code: code.into(),
        version: "2026.2".into(),
        title: "Measures of a test".into(),
        source: "ours".into(),
        measures: vec![measure()],
    };
    story.push(
        registrar(),
        CataloguePublished {
            catalogue: catalogue(51, "test"),
        },
    );
    story.push(
        registrar(),
        CataloguePublished {
            catalogue: catalogue(52, "other"),
        },
    );
    let under = |catalogue: u128| {
        let mut claim = claim(5, "6.0");
        claim.measure.catalogue = id(catalogue);
        claim
    };
    let finding = story.refused(reporter(), ClaimSubmitted { claim: under(51) });
    assert!(finding.found.contains("claim it there"), "{finding}");
    story.submit(under(52));
    story.clean();
}

/// Contract 1 with quarterly periods and published thresholds.
fn quarterly() -> Story {
    use super::rating::Thresholds;
    use super::signing::Contract;
    let mut award = award("12.0");
    award.delivery.reporting_months = Some(3);
    award.delivery.thresholds = Some(Thresholds::example());
    let mut contract =
        Contract::from_award(id(1), &award, || id(101), |_| Some(measure())).unwrap();
    (contract.award, contract.participations) = (None, None);
    let mut story = Story::founded();
    story.push(officer(), ContractSigned { contract });
    story
}

fn rated(due: &str, delivered: &str, rating: super::rating::Rating) -> KpiRated {
    KpiRated {
        contract: id(1),
        kpi: id(101),
        period: period("2026-04-01", "2026-07-01"),
        due: measure().quantity(due).unwrap(),
        delivered: measure().quantity(delivered).unwrap(),
        rating,
        reason: None,
    }
}

fn verified(claim: u128, quantity: &str) -> ClaimVerified {
    let accepted = measure().quantity(quantity).unwrap();
    ClaimVerified {
        claim: id(claim),
        verified: accepted.clone(),
        verifications: vec![super::Verification {
            verifier: id(VERIFIERS[0].0),
            organisation: organisation(VERIFIERS[0].1),
            accepted,
            method: "ISAE 3000".into(),
            reason: sha256(b"agrees"),
            salt: None,
        }],
    }
}

#[test]
fn a_period_is_rated_from_own_delivery_by_the_published_thresholds() {
    use super::rating::Rating;
    let mut story = quarterly();
    // Delivered from March to May, so that it counts in the second quarter; 2.9 to 3.0 are due there.
    story.submit(claim_under(5, 101, "6.0"));
    story.push(verifier(0), verified(5, "2.8"));
    let due = story.clean().contracts.schedule(id(101))[1].due.text();
    story.push(officer(), rated(&due, "2.8", Rating::ApproachingTarget));
    let state = story.clean();
    let kept = state
        .contracts
        .ratings(id(101), "2026-04-01".parse().unwrap());
    assert_eq!(kept.len(), 1);
    let again = rated(&due, "2.8", Rating::ApproachingTarget);
    let again = story.refused(officer(), again);
    assert!(again.found.contains("rated so already"), "{again}");
}

#[test]
fn a_rating_follows_a_reversal_unless_it_was_given_for_a_reason() {
    use super::rating::Rating;
    let mut story = quarterly();
    story.submit(claim_under(5, 101, "6.0"));
    story.push(verifier(0), verified(5, "2.8"));
    let due = story.clean().contracts.schedule(id(101))[1].due.text();
    story.push(officer(), rated(&due, "2.8", Rating::ApproachingTarget));
    let from = "2026-04-01".parse().unwrap();
    let left = |story: &Story, quantity: &str| {
        let mut state = story.clean().contracts;
        state
            .reduce(id(5), measure().quantity(quantity).unwrap())
            .unwrap();
        let last = state.ratings(id(101), from).last().unwrap().clone();
        (last.rating, last.delivered)
    };
    assert_eq!(left(&story, "2.0"), (Rating::RequiresImprovement, 20));
    assert_eq!(left(&story, "0"), (Rating::Inadequate, 0));
    let mut excused = rated(&due, "2.8", Rating::Other);
    excused.reason = Some(sha256(b"a flood"));
    story.push(officer(), excused);
    assert_eq!(left(&story, "0"), (Rating::Other, 28));
}

#[test]
fn a_tampered_rating_is_found() {
    use super::rating::Rating;
    let mut story = quarterly();
    story.submit(claim_under(5, 101, "6.0"));
    story.push(verifier(0), verified(5, "2.8"));
    let due = story.clean().contracts.schedule(id(101))[1].due.text();
    let flattering = story.refused(officer(), rated(&due, "2.8", Rating::Good));
    assert!(
        flattering.found.contains("by the published thresholds"),
        "{flattering}"
    );
    let more = story.refused(officer(), rated(&due, "3.1", Rating::ApproachingTarget));
    assert_eq!(more.check, "delivery");
    story.refused(reporter(), rated(&due, "2.8", Rating::ApproachingTarget));
    let mut unknown = rated(&due, "2.8", Rating::ApproachingTarget);
    unknown.period = period("2026-04-01", "2026-06-01");
    story.refused(officer(), unknown);
    story.refused(officer(), rated(&due, "2.8", Rating::Other));
}

#[test]
fn a_variation_is_numbered_and_an_increase_lies_ahead() {
    use super::variation::KpiChange;
    let mut story = quarterly();
    let vary = |number, quantity: &str, from: &str| ContractVaried {
        contract: id(1),
        number,
        reason: sha256(b"two more streets"),
        changes: vec![KpiChange {
            kpi: id(101),
            quantity: measure().quantity(quantity).unwrap(),
            from: from.parse().unwrap(),
        }],
    };
    story.refused(officer(), vary(2, "20.0", "2026-10-01"));
    story.refused(officer(), vary(1, "20.0", "2026-09-01"));
    story.refused(reporter(), vary(1, "20.0", "2026-10-01"));
    story.push(officer(), vary(1, "20.0", "2026-10-01"));
    let state = story.clean();
    assert_eq!(
        state
            .contracts
            .binding_units(id(101), "2026-09-30".parse().unwrap()),
        120
    );
    assert_eq!(
        state
            .contracts
            .binding_units(id(101), "2026-10-01".parse().unwrap()),
        200
    );
    let due: i64 = state
        .contracts
        .schedule(id(101))
        .iter()
        .map(|part| part.due.units())
        .sum();
    assert_eq!(due, 200);
    story.push(officer(), vary(2, "9.0", "2026-11-01"));
    let later = story.clean();
    assert_eq!(
        later
            .contracts
            .binding_units(id(101), "2026-12-31".parse().unwrap()),
        200
    );
}

#[test]
fn evidence_is_erased_by_a_registrar_for_a_reason_and_its_hash_still_stands_in_the_way() {
    let mut story = Story::new();
    story.submit(claim_under(5, 101, "6.0"));
    let file = claim_under(5, 101, "6.0").evidence[0].sha256;
    let early = EvidenceErased {
        claim: id(5),
        files: vec![file],
        reason: Some(sha256(b"a court orders it")),
    };
    let open = story.refused(registrar(), early.clone());
    assert!(open.found.contains("until it is decided"), "{open}");
    story.push(reporter(), ClaimWithdrawn { claim: id(5) });
    story.refused(reporter(), early.clone());
    let own = EvidenceErased {
        reason: None,
        ..early.clone()
    };
    let kept = story.refused(reporter(), own.clone());
    assert!(kept.found.contains("kept until 2032-06-01"), "{kept}");
    let strange = EvidenceErased {
        files: vec![sha256(b"strange")],
        ..early.clone()
    };
    story.refused(registrar(), strange);
    story.push(registrar(), early.clone());
    story.clean();
    story.refused(registrar(), early);
    // The file is gone, the fact that it stood behind a claim is not: nothing else in the log has changed.
    story.refused(cousin(), own);
}

#[test]
fn a_file_that_was_erased_behind_one_claim_is_gone_behind_the_others_of_its_owner() {
    let mut story = Story::founded();
    let file = claim(5, "6.0").evidence;
    let naming = |n: u128| Claim {
        evidence: file.clone(),
        ..claim(n, "6.0")
    };
    for n in [5, 6] {
        story.submit(naming(n));
        story.push(reporter(), ClaimWithdrawn { claim: id(n) });
    }
    let erased = |n: u128| EvidenceErased {
        claim: id(n),
        files: vec![file[0].sha256],
        reason: Some(sha256(b"a court orders it")),
    };
    story.push(registrar(), erased(6));
    let again = story.refused(registrar(), erased(5));
    assert!(again.found.contains("was erased before"), "{again}");
    // Whoever has a copy stores it anew.
    story.submit(naming(7));
    story.push(reporter(), ClaimWithdrawn { claim: id(7) });
    story.push(registrar(), erased(7));
    story.clean();
}
