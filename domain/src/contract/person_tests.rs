//! One person behind two claims, rule by rule.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use proptest::prelude::*;

use super::super::fixtures::{organisation, period};
use super::*;
use crate::log::hash::sha256;

fn counts(measure: &str, rules: Counting) -> Counts {
    Counts {
        catalogue: "work".to_owned(),
        measure: measure.parse().unwrap(),
        outcome: format!("work/{measure}"),
        rules: Counting {
            basis: Some(Basis::FteYears),
            ..rules
        },
        group: organisation(3),
        share_of: None,
    }
}

fn one_kind() -> Counting {
    Counting {
        one_kind: Some("disadvantage".to_owned()),
        ..Counting::default()
    }
}

fn stake(from: &str, to: &str, kind: &str) -> Stake {
    Stake {
        person: sha256(b"somebody"),
        period: period(from, to),
        started: None,
        kind: Some(sha256(kind.as_bytes())),
    }
}

fn spring(kind: &str) -> Stake {
    stake("2026-01-01", "2026-04-01", kind)
}

fn autumn(kind: &str) -> Stake {
    stake("2026-09-01", "2026-12-01", kind)
}

#[test]
fn a_person_has_one_disadvantage_kind_whenever_and_wherever() {
    let (long, disabled) = (counts("JOB-1", one_kind()), counts("JOB-2", one_kind()));
    let other_group = Counts {
        group: organisation(9),
        ..disabled.clone()
    };
    for second in [&disabled, &other_group] {
        let found = clash((&long, &spring("long")), (second, &autumn("disabled")));
        assert_eq!(found, Some(Clash::TwoKinds));
    }
    let later = clash((&long, &spring("long")), (&long, &autumn("long")));
    assert_eq!(later, None, "the same kind in other days");
    let unrelated = counts("SKL-1", Counting::default());
    let training = clash((&long, &spring("long")), (&unrelated, &autumn("other")));
    assert_eq!(training, None, "a measure that is no kind of disadvantage");
}

#[test]
fn the_same_days_count_once_unless_the_catalogue_lets_both_measures_report_them() {
    let job = counts("JOB-1", Counting::default());
    let training = counts("SKL-1", Counting::default());
    let both = |a: &Counts, b: &Counts| clash((a, &spring("a")), (b, &spring("a")));
    assert_eq!(both(&job, &job), Some(Clash::SameDays));
    assert_eq!(both(&job, &training), Some(Clash::SameDays));
    let open = counts(
        "SKL-1",
        Counting {
            reported_with: vec!["JOB-1".parse().unwrap()],
            ..Counting::default()
        },
    );
    assert_eq!(both(&job, &open), None);
    assert_eq!(both(&open, &job), None);
    let elsewhere = Counts {
        catalogue: "other".to_owned(),
        ..job.clone()
    };
    assert_eq!(both(&elsewhere, &open), Some(Clash::SameDays));
    let days = clash((&job, &spring("a")), (&training, &autumn("a")));
    assert_eq!(days, None);
}

#[test]
fn a_measure_that_counts_people_counts_each_once_a_year() {
    let mut people = counts("ADV-1", Counting::default());
    people.rules.basis = Some(Basis::People);
    let twice = clash((&people, &spring("a")), (&people, &autumn("a")));
    assert_eq!(twice, Some(Clash::SameYear));
    let next_year = stake("2027-01-01", "2027-02-01", "a");
    assert_eq!(clash((&people, &spring("a")), (&people, &next_year)), None);
}

#[test]
fn the_first_12_months_begin_once_however_often_the_group_employs_somebody() {
    let rules = Counting {
        first_months: Some(12),
        ..Counting::default()
    };
    let hire = counts("JOB-1", rules);
    let of = |from: &str, to: &str, started: &str| Stake {
        started: Some(started.parse().unwrap()),
        ..stake(from, to, "a")
    };
    let first = of("2026-01-01", "2027-01-01", "2026-01-01");
    let again = of("2027-03-01", "2027-06-01", "2027-03-01");
    let found = clash((&hire, &first), (&hire, &again));
    assert_eq!(found, Some(Clash::AfterFirstMonths));
    let elsewhere = Counts {
        group: organisation(9),
        ..hire.clone()
    };
    assert_eq!(clash((&hire, &first), (&elsewhere, &again)), None);
    let inside = of("2026-01-01", "2026-06-01", "2026-01-01");
    let rest = of("2026-08-01", "2027-01-01", "2026-08-01");
    assert_eq!(clash((&hire, &inside), (&hire, &rest)), None);
}

#[test]
fn shares_of_one_outcome_are_about_the_same_people() {
    let share = |of: Option<&str>| Counts {
        share_of: of.map(str::to_owned),
        ..counts("JOB-1", Counting::default())
    };
    let both = |a: &Counts, b: &Counts| clash((a, &spring("a")), (b, &spring("a")));
    assert_eq!(both(&share(Some("nts:1")), &share(Some("nts:1"))), None);
    let apart = [
        (Some("nts:1"), Some("nts:2")),
        (Some("nts:1"), None),
        (None, None),
    ];
    for (a, b) in apart {
        assert_eq!(both(&share(a), &share(b)), Some(Clash::SameDays));
    }
}

prop_compose! {
    fn any_counts()(
        measure in 0..3_usize, people: bool, kinds: bool, months in prop::option::of(1..24_u8),
        with in prop::option::of(0..3_usize), group in 3..5_u128, share in prop::option::of(0..2_u8),
    ) -> Counts {
        let codes = ["JOB-1", "JOB-2", "SKL-1"];
        let mut made = counts(codes[measure], Counting {
            one_kind: kinds.then(|| "disadvantage".to_owned()),
            first_months: months.filter(|_| !people),
            reported_with: with.map(|n| codes[n].parse().unwrap()).into_iter().collect(),
            ..Counting::default()
        });
        made.rules.basis = Some(if people { Basis::People } else { Basis::FteYears });
        made.group = organisation(group);
        made.share_of = share.map(|n| n.to_string());
        made
    }
}

prop_compose! {
    fn any_stake()(person in 0..2_u8, month in 1..12_u8, length in 1..3_u8, kind in 0..2_u8, started in 1..12_u8) -> Stake {
        let to = (month + length).min(12);
        let (from, to) = (format!("2026-{month:02}-01"), format!("2026-{to:02}-02"));
        Stake {
            person: sha256(&[person]),
            period: period(&from, &to),
            started: Some(format!("2025-{started:02}-01").parse().unwrap()),
            kind: Some(sha256(&[kind])),
        }
    }
}

proptest! {
    #[test]
    fn who_came_first_makes_no_difference(a in any_counts(), x in any_stake(), b in any_counts(), y in any_stake()) {
        prop_assert_eq!(clash((&a, &x), (&b, &y)), clash((&b, &y), (&a, &x)));
    }

    #[test]
    fn two_people_never_clash(a in any_counts(), x in any_stake(), b in any_counts(), y in any_stake()) {
        prop_assume!(x.person != y.person);
        prop_assert_eq!(clash((&a, &x), (&b, &y)), None);
    }

    #[test]
    fn a_person_never_counts_twice_for_a_day_of_one_measure(a in any_counts(), x in any_stake()) {
        prop_assume!(a.share_of.is_none());
        prop_assert!(clash((&a, &x), (&a, &x)).is_some());
    }
}
