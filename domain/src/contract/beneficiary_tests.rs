//! Rows of people behind a claim.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use proptest::prelude::*;

use super::super::fixtures::{measure, period};
use super::*;
use crate::catalogue::Counting;

fn hires(rules: Counting) -> Measure {
    Measure {
        unit: "FTE-year".parse().unwrap(),
        scale: 2,
        counting: Counting {
            basis: Some(Basis::FteYears),
            ..rules
        },
        ..measure()
    }
}

fn row(person: u16, from: &str, to: &str) -> PersonDays {
    PersonDays {
        person: sha256(&person.to_be_bytes()),
        period: period(from, to),
        started: None,
        kind: None,
    }
}

fn year() -> Period {
    period("2026-01-01", "2027-01-01")
}

fn whole(person: u16) -> PersonDays {
    row(person, "2026-01-01", "2027-01-01")
}

fn refused(measure: &Measure, rows: &[PersonDays]) -> BeneficiaryError {
    check_rows(measure, year(), rows).unwrap_err()
}

#[test]
fn rows_name_different_people_or_other_days_of_one() {
    let measure = hires(Counting::default());
    let spring = row(1, "2026-01-01", "2026-04-01");
    let summer = row(1, "2026-04-01", "2026-07-01");
    let rows = [spring.clone(), summer, whole(2)];
    assert_eq!(check_rows(&measure, year(), &rows), Ok(2));
    let late = row(1, "2026-03-31", "2026-05-01");
    assert_eq!(
        refused(&measure, &[spring, late]),
        BeneficiaryError::Twice(1)
    );
    assert_eq!(refused(&measure, &[]), BeneficiaryError::Rows(0));
    let many: Vec<PersonDays> = (0..2_001).map(whole).collect();
    assert_eq!(refused(&measure, &many), BeneficiaryError::Rows(2_001));
    let outside = row(1, "2026-12-01", "2027-01-02");
    assert_eq!(refused(&measure, &[outside]), BeneficiaryError::Period(0));
    let hours = super::super::fixtures::measure();
    let no_people = refused(&hours, &[whole(1)]);
    assert!(matches!(no_people, BeneficiaryError::NotPeople(_)));
}

#[test]
fn a_measure_that_counts_people_names_each_in_one_row() {
    let mut measure = hires(Counting::default());
    measure.counting.basis = Some(Basis::People);
    let (spring, autumn) = (
        row(1, "2026-01-01", "2026-04-01"),
        row(1, "2026-09-01", "2026-10-01"),
    );
    assert_eq!(
        refused(&measure, &[spring, autumn]),
        BeneficiaryError::Twice(1)
    );
}

#[test]
fn first_12_months_only_and_from_the_earliest_day_of_employment() {
    let measure = hires(Counting {
        first_months: Some(12),
        ..Counting::default()
    });
    let of = |from: &str, to: &str, started: &str| PersonDays {
        started: Some(started.parse().unwrap()),
        ..row(1, from, to)
    };
    let (row, months) = (0, 12);
    assert_eq!(
        refused(&measure, &[whole(1)]),
        BeneficiaryError::Started { row, months }
    );
    let late = of("2026-01-01", "2026-07-01", "2026-01-02");
    assert_eq!(refused(&measure, &[late]), BeneficiaryError::StartedLate(0));
    let ending = |to: &str| of("2026-01-01", to, "2025-07-01");
    assert_eq!(check_rows(&measure, year(), &[ending("2026-07-01")]), Ok(1));
    assert_eq!(
        refused(&measure, &[ending("2026-07-02")]),
        BeneficiaryError::AfterFirstMonths { row, months }
    );
    let again = of("2026-09-01", "2026-12-01", "2026-09-01");
    assert_eq!(
        refused(&measure, &[ending("2026-07-01"), again]),
        BeneficiaryError::AfterFirstMonths { row: 1, months }
    );
}

#[test]
fn one_kind_of_each_person_and_one_that_the_measure_has() {
    let measure = hires(Counting {
        one_kind: Some("disadvantage".into()),
        kinds: vec!["disabled".into(), "long_unemployed".into()],
        ..Counting::default()
    });
    let of = |kind: Option<&str>, from: &str, to: &str| PersonDays {
        kind: kind.map(str::to_owned),
        ..row(1, from, to)
    };
    let spring = |kind| of(kind, "2026-01-01", "2026-04-01");
    for kind in [None, Some("left_handed")] {
        let error = refused(&measure, &[spring(kind)]);
        assert!(
            error.to_string().ends_with("disabled, long_unemployed"),
            "{error}"
        );
    }
    let autumn = of(Some("long_unemployed"), "2026-09-01", "2026-12-01");
    assert_eq!(
        refused(&measure, &[spring(Some("disabled")), autumn]),
        BeneficiaryError::TwoKinds(1)
    );
    let none = hires(Counting::default());
    let unasked = refused(&none, &[spring(Some("disabled"))]);
    assert!(unasked.to_string().contains("no kinds"), "{unasked}");
}

#[test]
fn the_people_named_are_those_of_the_working_and_enough_for_the_quantity() {
    let measure = hires(Counting::default());
    let rows = [whole(1), row(2, "2026-01-01", "2026-07-02")];
    let fits = |quantity: &str, counted, share: &str| {
        let quantity = measure.quantity(quantity).unwrap();
        check_fit(&measure, &rows, counted, &quantity, share.parse().unwrap())
    };
    // 1 and 182 of 365 days.
    assert_eq!(fits("1.49", 2, "1"), Ok(()));
    assert!(matches!(
        fits("1.50", 2, "1"),
        Err(BeneficiaryError::More { .. })
    ));
    assert_eq!(fits("0.74", 2, "0.5"), Ok(()));
    assert!(fits("0.75", 2, "0.5").is_err());
    let (rows, people) = (2, 3);
    assert_eq!(
        fits("1.00", 3, "1"),
        Err(BeneficiaryError::NotTheWorking { rows, people })
    );
}

#[test]
fn the_root_depends_on_every_row_and_the_salt_and_not_on_the_order() {
    let root = |rows: &[PersonDays], salt: u8| commit_people(rows, [salt; 32]).unwrap();
    let rows = [whole(1), whole(2), whole(3)];
    let base = root(&rows, 1);
    let turned: Vec<PersonDays> = rows.iter().rev().cloned().collect();
    assert_eq!(root(&turned, 1), base);
    assert_ne!(root(&rows, 2), base);
    assert_ne!(root(&rows[..2], 1), base);
    let shorter = [whole(1), whole(2), row(3, "2026-01-01", "2026-12-31")];
    assert_ne!(root(&shorter, 1), base);
}

#[test]
fn a_file_says_for_which_registry_it_was_made() {
    let text = format!(
        r#"{{"scheme":"{}","people":[{{"person":"{}","period":{{"from":"2026-01-01","to":"2026-02-01"}}}}]}}"#,
        scheme("city.example/log"),
        sha256(b"x")
    );
    let file: BeneficiaryFile = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&file).unwrap(), text);
    assert_ne!(scheme("city.example/log"), scheme("town.example/log"));
    assert_ne!(salt("city.example/log"), salt("town.example/log"));
}

proptest! {
    #[test]
    fn no_rows_fit_more_than_a_year_for_each_person(people in 1..30_u16, units in 1..4_000_i64) {
        let measure = hires(Counting::default());
        let rows: Vec<PersonDays> = (0..people).map(whole).collect();
        let claimed = Quantity::from_units(units, 2, measure.unit.clone()).unwrap();
        let fits = check_fit(&measure, &rows, u32::from(people), &claimed, Share::WHOLE).is_ok();
        prop_assert_eq!(fits, units <= i64::from(people) * 100);
    }
}
