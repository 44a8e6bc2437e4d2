//! The public report of refused claims: how often each rule refused one, by measure, place and month.
//!
//! What was refused under a measure that counts people is shown from five refusals on; smaller numbers get a coarser place,
//! period and measure, and wait at last. Only times that are over are shown, so that nothing can be told from a number that grows.

use std::collections::BTreeMap;

use super::counting::MIN_PEOPLE;
use crate::catalogue::MeasureRef;
use crate::place::Place;
use crate::time::{Date, Period};

/// The rules whose refusals are reported, with what each says. Inputs that could not be read at all are not among them.
pub const RULES: &[(&str, &str)] = &[
    (
        "ANNULLED",
        "the award of the contract was annulled before the delivery",
    ),
    (
        "BENEFICIARIES",
        "the people named were not as the measure counts them",
    ),
    ("CONTRACT_ONLY", "only what a contract caused counts"),
    (
        "EVIDENCE_KIND",
        "no evidence was of a kind that the measure asks for",
    ),
    (
        "EVIDENCE_NEEDED",
        "a kind of evidence was missing that every claim of the measure needs",
    ),
    (
        "FEW_PEOPLE",
        "the figure would have described fewer than five people",
    ),
    (
        "MORE_THAN_COUNTED",
        "more was claimed than the people and days came to",
    ),
    (
        "NEEDS_BENEFICIARIES",
        "the people behind it were not named by tokens",
    ),
    ("NEEDS_WORKING", "nothing said who worked how much"),
    ("NOT_DELIVERED_YET", "the delivery was not over"),
    (
        "NOT_THE_KPI",
        "measure, place or days were not those of the KPI",
    ),
    (
        "NOT_THE_SUPPLIER",
        "the claimant was not the contract's supplier",
    ),
    ("OPEN_KPI", "a KPI still asked for the outcome"),
    ("SAME_EVIDENCE", "a file stood behind another claim"),
    (
        "SAME_OUTCOME",
        "an organisation of the same group had claimed it",
    ),
    ("SAME_PERSON", "someone behind it was counted already"),
    ("SAME_REFERENCE", "its external reference was used"),
    (
        "TOO_MANY_REFUSALS",
        "the claimant had been refused too often for people counted already",
    ),
    ("TWO_VINTAGES", "it touched two calendar years"),
    ("WORKING", "its working was not as the measure counts"),
];

/// How often a claimant may be refused in a month for people who are counted already, before its claims that name people wait for
/// the next: whoever knows a person's number could find out by trial who is claimed.
pub const MAX_SAME_PERSON: i64 = 20;

/// What a reported rule says; none for a rule that is not reported.
pub fn rule_words(code: &str) -> Option<&'static str> {
    let found = RULES.iter().find(|(rule, _)| *rule == code);
    found.map(|(_, words)| *words)
}

/// Refusals by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// A rule of [`RULES`].
    pub rule: String,
    /// Whether the measure counts people.
    pub people: bool,
    /// When: a month, or a year.
    pub period: Period,
    /// Of which measure; none for several.
    pub measure: Option<MeasureRef>,
    /// Where; none for several countries.
    pub place: Option<Place>,
    /// How many claims were refused.
    pub refused: u64,
}

/// In the order of the report.
type Key = (Period, String, Option<MeasureRef>, Option<Place>);

/// The report of what is known of months: what may be shown on a day, in a fixed order.
pub fn report(months: Vec<Refusals>, today: Date) -> Vec<Refusals> {
    let over = months.into_iter().filter(|cell| cell.period.to() <= today);
    let (mut small, mut shown): (Vec<Refusals>, Vec<Refusals>) = over.partition(|cell| cell.people);
    let coarser: [fn(&mut Refusals); 5] = [
        |_| (),
        |cell| cell.place = cell.place.as_ref().map(country),
        |cell| cell.period = year(cell.period),
        |cell| cell.measure = None,
        |cell| cell.place = None,
    ];
    for widen in coarser {
        let mut sums: BTreeMap<Key, Refusals> = BTreeMap::new();
        for mut cell in small {
            widen(&mut cell);
            let key = key(&cell);
            match sums.get_mut(&key) {
                Some(sum) => sum.refused = sum.refused.saturating_add(cell.refused),
                None => {
                    sums.insert(key, cell);
                }
            }
        }
        let enough =
            |cell: &Refusals| cell.refused >= u64::from(MIN_PEOPLE) && cell.period.to() <= today;
        let (enough, few) = sums.into_values().partition(enough);
        shown.extend::<Vec<Refusals>>(enough);
        small = few;
    }
    shown.sort_by_key(key);
    shown
}

fn key(cell: &Refusals) -> Key {
    (
        cell.period,
        cell.rule.clone(),
        cell.measure.clone(),
        cell.place.clone(),
    )
}

/// The country of a place.
pub fn country(place: &Place) -> Place {
    let outer = place.with_outer();
    let widest = outer.iter().min_by_key(|place| place.as_str().len());
    widest.cloned().unwrap_or_else(|| place.clone())
}

/// The calendar year of a month.
fn year(month: Period) -> Period {
    let year = i32::from(month.from().year());
    let day = |year: i32| format!("{year:04}-01-01").parse::<Date>();
    let whole = day(year).ok().zip(day(year.saturating_add(1)).ok());
    let whole = whole.and_then(|(from, to)| Period::new(from, to).ok());
    whole.unwrap_or(month)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

    use proptest::prelude::*;

    use super::super::fixtures::{measure_ref, period};
    use super::*;

    fn cell(month: u8, place: &str, refused: u64, people: bool) -> Refusals {
        let to = if month == 12 {
            "2027-01-01".to_owned()
        } else {
            format!("2026-{:02}-01", month + 1)
        };
        Refusals {
            rule: "SAME_PERSON".to_owned(),
            people,
            period: period(&format!("2026-{month:02}-01"), &to),
            measure: Some(measure_ref()),
            place: Some(place.into()),
            refused,
        }
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn refusals_that_are_not_about_people_are_shown_when_their_month_is_over() {
        let only = || vec![cell(3, "KR-11", 1, false)];
        assert_eq!(report(only(), day("2026-03-31")), []);
        assert_eq!(report(only(), day("2026-04-01")), only());
    }

    #[test]
    fn fewer_than_five_refusals_about_people_get_a_coarser_place_then_period_or_wait() {
        let district = cell(3, "KR-11-110", 4, true);
        let wait = report(vec![district.clone()], day("2027-06-01"));
        assert_eq!(wait, [], "four of a year are too few");
        let next = cell(3, "KR-26", 1, true);
        let country = report(vec![district.clone(), next.clone()], day("2026-04-01"));
        assert_eq!(country, [cell(3, "KR", 5, true)]);
        let months = vec![district, cell(7, "KR-11-110", 1, true)];
        assert_eq!(report(months.clone(), day("2026-12-31")), []);
        let year = Refusals {
            period: period("2026-01-01", "2027-01-01"),
            ..cell(3, "KR", 5, true)
        };
        assert_eq!(report(months, day("2027-01-01")), [year]);
        let plenty = vec![cell(3, "KR-11-110", 5, true), next];
        let shown = report(plenty, day("2027-01-01"));
        assert_eq!(
            shown,
            [cell(3, "KR-11-110", 5, true)],
            "the small one waits"
        );
    }

    #[test]
    fn the_words_of_rules_are_in_order_and_known() {
        assert!(RULES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(
            rule_words("SAME_PERSON"),
            Some("someone behind it was counted already")
        );
        assert_eq!(rule_words("TEXT"), None);
    }

    fn any_cells() -> impl Strategy<Value = Vec<Refusals>> {
        let places = ["KR-11-110", "KR-11", "KR-26", "GB-LND"];
        let one = (1..=12_u8, 0..4_usize, 1..8_u64, any::<bool>());
        let one = one
            .prop_map(move |(month, at, refused, people)| cell(month, places[at], refused, people));
        prop::collection::vec(one, 0..30)
    }

    proptest! {
        #[test]
        fn nothing_small_about_people_is_shown_and_nothing_is_counted_twice(cells in any_cells()) {
            let total = |cells: &[Refusals]| cells.iter().map(|cell| cell.refused).sum::<u64>();
            let shown = report(cells.clone(), day("2027-01-01"));
            prop_assert!(shown.iter().all(|cell| !cell.people || cell.refused >= 5));
            let hidden = total(&cells) - total(&shown);
            prop_assert!(hidden < 5, "{hidden} of one rule wait");
        }

        #[test]
        fn a_month_that_is_not_over_changes_nothing(cells in any_cells(), month in 2..=12_u8) {
            let today = day(&format!("2026-{month:02}-15"));
            let over: Vec<Refusals> = cells.iter().filter(|cell| cell.period.to() <= today).cloned().collect();
            prop_assert_eq!(report(cells, today), report(over, today));
        }
    }
}
