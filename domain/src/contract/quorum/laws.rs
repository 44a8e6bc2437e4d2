//! Laws of draws and of what follows from findings.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::fixtures::{ASSURER, BUYER, SUPPLIER, claim, id, measure, organisation};
use super::draw::*;
use super::duty::{Assignment, Leaving, decide_assignment, next_draw};
use super::judgement::*;
use super::tests::quorum;
use crate::amount::Share;
use crate::contract::status::ClaimStatus;
use crate::contract::verification::{ClaimFacts, Verification, lower_median};
use crate::ids::{OrganisationId, PersonId};
use crate::log::commitment::Salt;
use crate::log::hash::{Hash, sha256};
use crate::organisation::Sector;
use crate::time::Time;

const SECTORS: [Sector; 3] = [Sector::Public, Sector::Private, Sector::CivilSociety];

fn someone(n: u8, group: u8, sector: usize) -> Candidate {
    Candidate {
        person: id(u128::from(n)),
        organisation: organisation(u128::from(n).saturating_add(1000)),
        group: organisation(u128::from(group)),
        sector: SECTORS[sector % 3],
        late: false,
    }
}

fn seed_of(number: u64) -> Hash {
    sha256(&number.to_be_bytes())
}

fn people(candidates: &[Candidate]) -> Vec<PersonId> {
    candidates.iter().map(|one| one.person).collect()
}

fn fresh(total: usize, sectors: usize, before: &BTreeSet<PersonId>) -> Seats<'_> {
    Seats {
        total,
        sectors,
        taken: Vec::new(),
        before,
    }
}

/// Whether any choice of so many fills the seats, tried one by one.
fn possible(pool: &[Candidate], chosen: &mut Vec<Candidate>, seats: usize, sectors: usize) -> bool {
    if chosen.len() == seats {
        let found: BTreeSet<Sector> = chosen.iter().map(|one| one.sector).collect();
        return found.len() >= sectors;
    }
    let Some((first, rest)) = pool.split_first() else {
        return false;
    };
    if chosen.iter().all(|one| one.group != first.group) {
        chosen.push(*first);
        if possible(rest, chosen, seats, sectors) {
            return true;
        }
        chosen.pop();
    }
    possible(rest, chosen, seats, sectors)
}

proptest! {
    #[test]
    fn a_draw_fills_the_seats_whenever_they_can_be_filled(
        number: u64,
        found in proptest::collection::vec((0_u8..6, 0_usize..3), 0..9),
        seats in 1_usize..5,
        sectors in 1_usize..4,
    ) {
        prop_assume!(sectors <= seats);
        let candidates: Vec<Candidate> = (0_u8..).zip(&found)
            .map(|(n, (group, sector))| someone(n, *group, *sector)).collect();
        let nobody = BTreeSet::new();
        let drawn = draw(seed_of(number), &candidates, &fresh(seats, sectors, &nobody));
        prop_assert_eq!(drawn.is_ok(), possible(&candidates, &mut Vec::new(), seats, sectors));
        if let Ok(drawn) = drawn {
            prop_assert_eq!(drawn.len(), seats);
            let groups: BTreeSet<OrganisationId> = drawn.iter().map(|one| one.group).collect();
            prop_assert_eq!(groups.len(), seats);
            let found: BTreeSet<Sector> = drawn.iter().map(|one| one.sector).collect();
            prop_assert!(found.len() >= sectors);
            // The same seed draws the same people, in whatever order they are listed.
            let mut turned = candidates.clone();
            turned.reverse();
            let again = draw(seed_of(number), &turned, &fresh(seats, sectors, &nobody)).unwrap();
            prop_assert_eq!(again, drawn);
        }
    }

    #[test]
    fn whoever_left_is_followed_by_the_next_and_nobody_else_moves(number: u64, gone in 0_usize..3) {
        let candidates: Vec<Candidate> = (0..12).map(|n| someone(n, n, usize::from(n))).collect();
        let nobody = BTreeSet::new();
        let first = draw(seed_of(number), &candidates, &fresh(3, 1, &nobody)).unwrap();
        let left = BTreeSet::from([first[gone].person]);
        let stay = first.iter().filter(|one| !left.contains(&one.person));
        let seats = Seats { taken: stay.map(|one| (one.group, one.sector)).collect(), ..fresh(3, 1, &left) };
        let next = draw(seed_of(number), &candidates, &seats).unwrap();
        prop_assert_eq!(next.len(), 1);
        // The fourth of one longer draw is whoever follows.
        let longer = draw(seed_of(number), &candidates, &fresh(4, 1, &nobody)).unwrap();
        prop_assert_eq!(next[0], longer[3]);
    }

    #[test]
    fn nobody_of_a_party_is_a_candidate_whoever_else_they_act_for(
        holdings in proptest::collection::vec((0_u8..20, 0_u8..6, any::<u8>()), 0..40),
    ) {
        let group = |n: u8| organisation(match n { 0 => SUPPLIER, 1 => BUYER, n => u128::from(n).saturating_add(100) });
        let claim = claim(5, "6.0");
        let facts = ClaimFacts {
            claim: &claim,
            status: ClaimStatus::Submitted,
            submitted_by: id(7),
            claimant_group: organisation(SUPPLIER),
            buyer_group: Some(organisation(BUYER)),
        };
        let enrolled = holdings.iter().map(|(person, of, granted)| Enrolled {
            person: id(u128::from(*person)),
            organisation: group(*of),
            group: group(*of),
            sector: Sector::Public,
            granted: u64::from(*granted),
        });
        let groups = |person: PersonId| -> Vec<OrganisationId> {
            holdings.iter().filter(|(n, ..)| id::<PersonId>(u128::from(*n)) == person).map(|(_, of, _)| group(*of)).collect()
        };
        let found = candidates(enrolled, &facts, 100, groups);
        for candidate in &found {
            prop_assert_ne!(candidate.person, id(7));
            for of in groups(candidate.person) {
                prop_assert!(of != organisation(SUPPLIER) && of != organisation(BUYER));
            }
        }
        let distinct: BTreeSet<PersonId> = found.iter().map(|one| one.person).collect();
        prop_assert_eq!(distinct.len(), found.len());
    }

    #[test]
    fn nobody_is_drawn_twice_for_a_claim_whatever_roles_they_hold_and_lose(
        number: u64,
        holdings in proptest::collection::vec((0_u8..6, 0_u8..12), 1..24),
        steps in proptest::collection::vec((0_u8..3, any::<usize>()), 1..16),
    ) {
        let claim = claim(5, "6.0");
        let facts = ClaimFacts {
            claim: &claim,
            status: ClaimStatus::InVerification,
            submitted_by: id(99),
            claimant_group: organisation(SUPPLIER),
            buyer_group: None,
        };
        let mut enrolled: Vec<Enrolled> = (0_u64..).zip(&holdings).map(|(granted, (person, of))| Enrolled {
            person: id(u128::from(*person)),
            organisation: organisation(u128::from(*of).saturating_add(100)),
            group: organisation(u128::from(*of).saturating_add(100)),
            sector: Sector::Public,
            granted,
        }).collect();
        let quorum = quorum(2, 1);
        let mut seats: Vec<Assignment> = Vec::new();
        for (step, at) in steps {
            let whom = at.checked_rem(enrolled.len()).unwrap_or(0);
            match step {
                0 if whom < enrolled.len() => { enrolled.remove(whom); }
                1 => for seat in seats.iter_mut().filter(|seat| seat.left.is_none()) {
                    seat.sealed = Some(seed_of(1));
                },
                _ => if let Some(seat) = seats.iter_mut().find(|seat| seat.sealed.is_none() && seat.left.is_none()) {
                    seat.left = Some(Leaving::Declined);
                },
            }
            let found = candidates(enrolled.iter().copied(), &facts, 100, |_| Vec::new());
            let Ok(third) = next_draw(&quorum, &seats) else { continue };
            let status = (ClaimStatus::InVerification, seed_of(number));
            if let Ok(drawn) = decide_assignment(&quorum, status, &found, &seats, third) {
                seats.extend(drawn.iter().map(|one| Assignment::new(one, third, Time::from_micros(0))));
            }
            let people: BTreeSet<PersonId> = seats.iter().map(|seat| seat.verifier).collect();
            prop_assert_eq!(people.len(), seats.len());
        }
    }

    #[test]
    fn the_lower_median_is_one_of_the_values_and_half_are_no_less(values in proptest::collection::vec(0_i64..1000, 1..10)) {
        let median = lower_median(values.clone()).unwrap();
        prop_assert!(values.contains(&median));
        let no_less = values.iter().filter(|value| **value >= median).count();
        let less = values.iter().filter(|value| **value < median).count();
        prop_assert!(no_less > less);
        prop_assert!(no_less.saturating_mul(2) > values.len());
        // No single verifier lifts it above what another accepted.
        prop_assert!(values.len() < 2 || values.iter().filter(|value| **value >= median).count() >= 2);
    }

    #[test]
    fn findings_disagree_exactly_when_they_lie_further_apart_than_the_tolerance(
        values in proptest::collection::vec(0_i64..=1000, 1..5),
        percent in 0_u32..=100,
    ) {
        let spread = values.iter().max().unwrap().saturating_sub(*values.iter().min().unwrap());
        let allowed = i64::from(percent).saturating_mul(10);
        prop_assert_eq!(disagree(&values, 1000, Share::percent(percent)), Some(spread > allowed));
    }

    #[test]
    fn a_conclusion_never_exceeds_the_claim_nor_the_most_that_was_accepted(
        found in proptest::collection::vec(0_i64..=60, 2..4),
        percent in 0_u32..=100,
    ) {
        let (assignments, findings) = judged(&found, 2);
        let mut quorum = quorum(2, 2);
        quorum.tolerance = Share::percent(percent);
        let claimed = measure().quantity("6.0").unwrap();
        match conclude(&quorum, (id(5), &claimed, ClaimStatus::InVerification), &assignments, &findings) {
            Ok(Conclusion::Verified(quantity)) => {
                prop_assert_eq!(Some(quantity.units()), lower_median(found.clone()));
                prop_assert!((1..=60).contains(&quantity.units()));
            }
            Ok(Conclusion::Rejected) => prop_assert_eq!(lower_median(found.clone()), Some(0)),
            Ok(Conclusion::Third) => prop_assert_eq!(found.len(), 2),
            Err(ConclusionError::NoDisagreement) => prop_assert_eq!(found.len(), 3),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

/// Verifiers who judged so, those from `regular` on as further opinions.
fn judged(found: &[i64], regular: usize) -> (Vec<Assignment>, Vec<Verification>) {
    let mut assignments = Vec::new();
    let mut findings = Vec::new();
    for (n, units) in found.iter().enumerate() {
        let number = u8::try_from(n).unwrap();
        let candidate = someone(number, number, n);
        let mut seat = Assignment::new(&candidate, n >= regular, Time::from_micros(0));
        let finding = Verification {
            verifier: seat.verifier,
            organisation: seat.organisation,
            accepted: measure()
                .quantity("6.0")
                .unwrap()
                .with_units(*units)
                .unwrap(),
            method: "ISAE 3000".into(),
            reason: sha256(b"why"),
            salt: Some(Salt([number; 32])),
        };
        seat.sealed = Some(seal(id(5), &finding, Salt([number; 32])).unwrap());
        assignments.push(seat);
        findings.push(finding);
    }
    (assignments, findings)
}

#[test]
fn each_eligible_verifier_is_drawn_about_equally_over_many_seeds() {
    let candidates: Vec<Candidate> = (0..8).map(|n| someone(n, n, 0)).collect();
    let nobody = BTreeSet::new();
    let mut times: BTreeMap<PersonId, u32> = BTreeMap::new();
    for number in 0..8_000 {
        let drawn = draw(seed_of(number), &candidates, &fresh(2, 1, &nobody)).unwrap();
        for person in people(&drawn) {
            let count = times.entry(person).or_default();
            *count = count.saturating_add(1);
        }
    }
    // 2 of 8 seats in 8,000 draws: 2,000 each, give or take five standard deviations of 39.
    assert_eq!(times.len(), 8);
    assert!(
        times.values().all(|count| (1_800..=2_200).contains(count)),
        "{times:?}"
    );
}

#[test]
fn within_a_sector_that_is_needed_everybody_has_the_same_chance() {
    let mut candidates: Vec<Candidate> = (0..6).map(|n| someone(n, n, 0)).collect();
    candidates.extend((6..8).map(|n| someone(n, n, 2)));
    let nobody = BTreeSet::new();
    let mut times: BTreeMap<PersonId, u32> = BTreeMap::new();
    for number in 0..6_000 {
        let drawn = draw(seed_of(number), &candidates, &fresh(2, 2, &nobody)).unwrap();
        for person in people(&drawn) {
            let count = times.entry(person).or_default();
            *count = count.saturating_add(1);
        }
    }
    for (n, candidate) in candidates.iter().enumerate() {
        let expected = if n < 6 { 1_000 } else { 3_000 };
        let found = times.get(&candidate.person).copied().unwrap_or(0);
        assert!(found.abs_diff(expected) < 250, "{n}: {found}");
    }
}

#[test]
fn an_audit_comes_as_often_as_was_published() {
    let share: Share = "0.2".parse().unwrap();
    let audited = (0..10_000_u64)
        .filter(|number| is_audited(seed_of(*number), share))
        .count();
    assert!((1_800..=2_200).contains(&audited), "{audited}");
    assert!((0..100).all(|number| is_audited(seed_of(number), Share::WHOLE)));
    assert!((0..100).all(|number| !is_audited(seed_of(number), Share::NONE)));
}

#[test]
fn whoever_became_a_verifier_after_the_claim_stands_behind_everybody_else() {
    let mut candidates: Vec<Candidate> = (0..3).map(|n| someone(n, n, 0)).collect();
    candidates.extend((3..20).map(|n| Candidate {
        late: true,
        ..someone(n, n, 0)
    }));
    let nobody = BTreeSet::new();
    for number in 0..200 {
        let drawn = draw(seed_of(number), &candidates, &fresh(3, 1, &nobody)).unwrap();
        assert!(drawn.iter().all(|one| !one.late));
    }
    let four = draw(seed_of(1), &candidates, &fresh(4, 1, &nobody)).unwrap();
    assert!(four[3].late);
}

#[test]
fn the_seed_depends_on_the_link_and_on_every_file_and_not_on_their_order() {
    let mut files = claim(5, "6.0").evidence;
    files.extend(claim(6, "6.0").evidence);
    let base = seed(seed_of(1), &files);
    files.reverse();
    assert_eq!(seed(seed_of(1), &files), base);
    assert_ne!(seed(seed_of(2), &files), base);
    files.pop();
    assert_ne!(seed(seed_of(1), &files), base);
}

#[test]
fn an_open_question_lapses_when_all_have_judged_and_a_claim_is_concluded_once() {
    let claimed = measure().quantity("6.0").unwrap();
    let mut quorum = quorum(3, 1);
    quorum.tolerance = Share::WHOLE;
    let conclude = |found: &[i64], status| {
        let (mut assignments, findings) = judged(found, 3);
        let last = assignments.last_mut().unwrap();
        last.unanswered = true;
        conclude(&quorum, (id(5), &claimed, status), &assignments, &findings)
    };
    let asked = ClaimStatus::InformationRequested;
    let accepted = claimed.with_units(58).unwrap();
    assert_eq!(
        conclude(&[60, 58, 0], asked),
        Ok(Conclusion::Verified(accepted))
    );
    assert_eq!(conclude(&[60, 0, 0], asked), Ok(Conclusion::Rejected));
    let late = conclude(&[60, 58, 1], asked);
    assert!(matches!(late, Err(ConclusionError::Unanswered(_))));
    for status in [
        ClaimStatus::Submitted,
        ClaimStatus::Verified,
        ClaimStatus::Withdrawn,
    ] {
        let wrong = conclude(&[60, 58, 0], status);
        assert!(matches!(wrong, Err(ConclusionError::Status(_))), "{status}");
    }
}

#[test]
fn a_finding_that_is_not_what_was_sealed_concludes_nothing() {
    let claimed = measure().quantity("6.0").unwrap();
    let (assignments, mut findings) = judged(&[60, 58], 2);
    let quorum = quorum(2, 2);
    let conclude = |seats: &[Assignment], findings: &[Verification]| {
        let claim = (id(5), &claimed, ClaimStatus::InVerification);
        conclude(&quorum, claim, seats, findings)
    };
    let short = conclude(&assignments, &findings[..1]);
    assert!(matches!(short, Err(ConclusionError::Missing { .. })));
    let mut one_sector = assignments.clone();
    one_sector[1].sector = one_sector[0].sector;
    let sectors = conclude(&one_sector, &findings);
    assert!(matches!(sectors, Err(ConclusionError::Sectors { .. })));
    let mut waiting = assignments.clone();
    waiting[1].unanswered = true;
    let unanswered = conclude(&waiting, &findings);
    assert!(matches!(unanswered, Err(ConclusionError::Unanswered(_))));
    findings[1].accepted = claimed.with_units(60).unwrap();
    let changed = conclude(&assignments, &findings);
    assert!(matches!(changed, Err(ConclusionError::NotSealed(_))));
    findings[1].organisation = organisation(ASSURER);
    assert!(conclude(&assignments, &findings).is_err());
}
