//! The counting rules, each by its own test.

use super::super::fixtures::{measure, period};
use super::*;

/// Employment in FTE-years, counted in hundredths.
fn employment(rules: Counting) -> Measure {
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

fn line(people: u32, fte: &str, from: &str, to: &str) -> Line {
    Line {
        people,
        fte: fte.parse().unwrap(),
        period: period(from, to),
        started: None,
    }
}

fn started(day: &str, mut line: Line) -> Line {
    line.started = Some(day.parse().unwrap());
    line
}

fn counted(measure: &Measure, lines: &[Line], from: &str, to: &str) -> String {
    let count = count(measure, lines, period(from, to), Share::WHOLE);
    count.unwrap().quantity.text()
}

#[test]
fn p5_ten_full_time_and_five_half_time_people_over_two_years_are_25_fte_years() {
    let measure = employment(Counting::default());
    let staff = |from, to| [line(10, "10", from, to), line(5, "2.5", from, to)];
    let (from, to) = ("2026-01-01", "2028-01-01");
    assert_eq!(counted(&measure, &staff(from, to), from, to), "25.00");
    // A claim stays inside one vintage, so the two years are two claims.
    for (from, to) in [("2026-01-01", "2027-01-01"), ("2027-01-01", "2028-01-01")] {
        assert_eq!(counted(&measure, &staff(from, to), from, to), "12.50");
    }
}

#[test]
fn a_disadvantaged_hire_counts_in_the_first_12_months_only() {
    let measure = employment(Counting {
        first_months: Some(12),
        ..Counting::default()
    });
    let (from, to) = ("2026-01-01", "2027-01-01");
    let year = || line(1, "1", from, to);
    let half = started("2025-07-02", year());
    // 182 of 365 days, from New Year to the first of July.
    assert_eq!(counted(&measure, &[half], from, to), "0.49");
    assert_eq!(
        counted(&measure, &[started("2026-01-01", year())], from, to),
        "1.00"
    );
    assert_eq!(
        counted(&measure, &[started("2024-12-31", year())], from, to),
        "0.00"
    );
    let unsaid = count(&measure, &[year()], period(from, to), Share::WHOLE);
    let expected = CountingError::Started {
        line: 0,
        months: 12,
    };
    assert_eq!(unsaid, Err(expected));
    let late = started("2026-01-02", year());
    let late = count(&measure, &[late], period(from, to), Share::WHOLE);
    assert_eq!(late, Err(CountingError::StartedLate(0)));
}

#[test]
fn a_part_of_a_year_counts_pro_rata_or_not_at_all_as_the_measure_says() {
    let (from, to) = ("2026-01-01", "2026-07-02");
    let half = [line(10, "10", from, to)];
    let pro_rata = employment(Counting::default());
    assert_eq!(counted(&pro_rata, &half, from, to), "4.98");
    let whole_only = employment(Counting {
        part_years: PartYears::WholeOnly,
        ..Counting::default()
    });
    assert_eq!(counted(&whole_only, &half, from, to), "0.00");
    let year = [line(10, "10", "2026-01-01", "2027-01-01")];
    assert_eq!(
        counted(&whole_only, &year, "2026-01-01", "2027-01-01"),
        "10.00"
    );
}

#[test]
fn people_are_counted_whole_however_long_they_stay() {
    let mut measure = employment(Counting::default());
    measure.counting.basis = Some(Basis::People);
    let (from, to) = ("2026-01-01", "2026-02-01");
    assert_eq!(
        counted(&measure, &[line(7, "3.5", from, to)], from, to),
        "7.00"
    );
}

#[test]
fn a_share_of_an_outcome_is_rounded_down() {
    let measure = employment(Counting::default());
    let (from, to) = ("2026-01-01", "2027-01-01");
    let third = "0.333333".parse().unwrap();
    let count = count(
        &measure,
        &[line(10, "10", from, to)],
        period(from, to),
        third,
    )
    .unwrap();
    assert_eq!((count.people, count.quantity.text().as_str()), (10, "3.33"));
}

#[test]
fn a_working_that_cannot_be_is_refused_by_its_line() {
    let measure = employment(Counting::default());
    let year = period("2026-01-01", "2027-01-01");
    let refused = |lines: &[Line]| count(&measure, lines, year, Share::WHOLE).unwrap_err();
    let good = || line(2, "2", "2026-01-01", "2027-01-01");
    assert_eq!(refused(&[]), CountingError::Lines(0));
    assert_eq!(refused(&vec![good(); 501]), CountingError::Lines(501));
    let more = line(2, "2.000000001", "2026-01-01", "2027-01-01");
    assert_eq!(refused(&[good(), more]), CountingError::People(1));
    assert_eq!(
        refused(&[line(0, "0", "2026-01-01", "2027-01-01")]),
        CountingError::People(0)
    );
    let outside = line(1, "1", "2025-12-31", "2027-01-01");
    assert_eq!(refused(&[outside]), CountingError::Period(0));
    let other = count(
        &super::super::fixtures::measure(),
        &[good()],
        year,
        Share::WHOLE,
    );
    assert!(matches!(other, Err(CountingError::NotPeople(_))));
}

#[test]
fn the_commitment_of_a_working_depends_on_salt_and_lines() {
    let lines = [line(2, "2", "2026-01-01", "2027-01-01")];
    let base = commit_working(&lines, [1; 32]).unwrap();
    assert_eq!(base, commit_working(&lines, [1; 32]).unwrap());
    assert_ne!(base, commit_working(&lines, [2; 32]).unwrap());
    assert_ne!(
        base,
        commit_working(&[line(3, "2", "2026-01-01", "2027-01-01")], [1; 32]).unwrap()
    );
}
