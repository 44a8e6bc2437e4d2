//! The rule of statements: published figures, edges, and laws.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use proptest::prelude::*;

use super::super::terms::tests::{programme, won};
use super::*;
use crate::amount::Share;
use crate::contract::fixtures::{id, measure, measure_ref, organisation};

/// A programme's books, kept by applying statements.
#[derive(Default)]
struct Books {
    number: u32,
    before: BTreeMap<ClaimId, CountedBefore>,
    standings: BTreeMap<OrganisationId, Standing>,
}

fn outcome(claim: u128, of: u128, hours: &str) -> Outcome {
    Outcome {
        claim: id(claim),
        organisation: organisation(of),
        measure: measure_ref(),
        verified: measure().quantity(hours).unwrap(),
    }
}

impl Books {
    fn state(
        &mut self,
        programme: &Programme,
        outcomes: &[Outcome],
    ) -> Result<Statement, StatementError> {
        let facts = StatementFacts {
            number: self.number.saturating_add(1),
            on: "2027-02-01".parse().unwrap(),
            outcomes,
            before: &self.before,
            standings: &self.standings,
        };
        let statement = decide_statement(programme, facts)?;
        self.number = statement.number;
        statement.settle(&mut self.before, &mut self.standings);
        Ok(statement)
    }

    fn owed(&self, of: u128) -> i64 {
        self.standings
            .get(&organisation(of))
            .map_or(0, |standing| standing.owed)
    }

    fn owed_by_all(&self) -> i64 {
        self.standings.values().map(|standing| standing.owed).sum()
    }
}

/// Worth and payment in millions of won, as published for Korea's Social Progress Credit.
const SPC: &[(&str, i64, i64, &str)] = &[
    ("2019", 59_800, 10_600, "17.73"),
    ("2015-2019", 168_200, 33_900, "20.15"),
    ("to 2023", 464_800, 68_700, "14.78"),
    ("to 2024-09", 500_000, 71_100, "14.22"),
];

const MILLION: i64 = 1_000_000;

fn percent(paid: i64, outcome: i64) -> String {
    let share = Fraction::new(i128::from(paid), i128::from(outcome)).unwrap();
    let percent = share.times(Fraction::whole(100)).unwrap().round(2).unwrap();
    percent.to_string()
}

/// A programme in which an hour is worth a million won.
fn spc(recognised: Share, budget: i64) -> Programme {
    let mut programme = programme();
    programme.values[0].value = won(MILLION);
    programme.recognised = recognised;
    programme.budget = won(budget);
    programme
}

#[test]
fn spc_the_headline_quarter_alone_would_owe_more_than_was_paid() {
    for (period, worth, paid, _) in SPC {
        let programme = spc(Share::WHOLE, i64::MAX);
        let mut books = Books::default();
        let statement = books
            .state(&programme, &[outcome(1, 3, &format!("{worth}.0"))])
            .unwrap();
        let headline = worth.saturating_mul(MILLION).saturating_div(4);
        assert_eq!(books.owed(3), headline, "{period}");
        assert_eq!(
            percent(headline, statement.lines[0].outcome.minor()),
            "25.00"
        );
        assert!(headline > paid.saturating_mul(MILLION), "{period}");
    }
}

#[test]
fn spc_what_was_paid_over_the_outcome_follows_from_the_recognised_share() {
    for (period, worth, paid, effective) in SPC {
        // What part of the outcome the published payment recognises at the rate of 25 %, in whole millionths.
        let part = Fraction::new(i128::from(paid.saturating_mul(4)), i128::from(*worth)).unwrap();
        let millionths = part.times(Fraction::whole(MILLION)).unwrap().floor();
        let recognised = Share::from_millionths(u32::try_from(millionths).unwrap()).unwrap();
        let programme = spc(recognised, i64::MAX);
        let mut books = Books::default();
        let statement = books
            .state(&programme, &[outcome(1, 3, &format!("{worth}.0"))])
            .unwrap();
        let line = &statement.lines[0];
        assert_eq!(
            percent(line.owed.minor(), line.outcome.minor()),
            *effective,
            "{period}"
        );
    }
}

#[test]
fn spc_the_published_budget_pays_a_fifth_at_most_and_a_seventh_at_least() {
    for (period, worth, paid, effective) in SPC {
        let programme = spc(Share::WHOLE, paid.saturating_mul(MILLION));
        let third = worth.saturating_div(3);
        let rest = worth.saturating_sub(third);
        let mut books = Books::default();
        let both = [
            outcome(1, 3, &format!("{third}.0")),
            outcome(2, 5, &format!("{rest}.0")),
        ];
        let statement = books.state(&programme, &both).unwrap();
        assert_eq!(
            books.owed_by_all(),
            paid.saturating_mul(MILLION),
            "{period}"
        );
        assert_eq!(statement.left, won(0), "{period}");
        let all = worth.saturating_mul(MILLION);
        assert_eq!(percent(books.owed_by_all(), all), *effective, "{period}");
        let effective: f64 = effective.parse().unwrap();
        assert!((14.2..=20.2).contains(&effective), "{period}");
    }
}

#[test]
fn a_claim_counts_once_and_rounds_down_once() {
    // 3.3 hours at 10,001 won are 33,003.3; a quarter of that is 8,250.825.
    let mut programme = programme();
    programme.values[0].value = won(10_001);
    let mut books = Books::default();
    let claims = [outcome(1, 3, "3.3")];
    let statement = books.state(&programme, &claims).unwrap();
    assert_eq!(statement.counted[0].outcome, won(33_003));
    assert_eq!(statement.counted[0].earned, won(8_250));
    assert_eq!(statement.left, won(991_750));
    assert_eq!(
        books.state(&programme, &claims),
        Err(StatementError::Nothing)
    );
    assert_eq!(books.owed(3), 8_250);
}

#[test]
fn a_cap_binds_an_organisation_over_the_whole_programme() {
    let mut programme = programme();
    programme.cap = Some(won(10_000));
    let mut books = Books::default();
    books.state(&programme, &[outcome(1, 3, "3.0")]).unwrap();
    assert_eq!(books.owed(3), 7_500);
    let claims = [outcome(2, 3, "3.0"), outcome(3, 5, "1.0")];
    let statement = books.state(&programme, &claims).unwrap();
    assert_eq!((books.owed(3), books.owed(5)), (10_000, 2_500));
    assert_eq!(statement.lines[0].difference, won(2_500));
}

#[test]
fn a_budget_is_shared_in_proportion_and_to_the_last_won() {
    let mut programme = programme();
    programme.budget = won(1_000);
    let mut books = Books::default();
    let thirds = [
        outcome(1, 3, "1.0"),
        outcome(2, 4, "1.0"),
        outcome(3, 5, "1.0"),
    ];
    let statement = books.state(&programme, &thirds).unwrap();
    let owed: Vec<i64> = statement
        .lines
        .iter()
        .map(|line| line.owed.minor())
        .collect();
    assert_eq!(owed, [334, 333, 333]);
    assert!(
        statement
            .lines
            .iter()
            .all(|line| line.entitled == won(2_500))
    );
    assert_eq!(statement.left, won(0));
}

#[test]
fn what_others_deliver_later_takes_nothing_back() {
    let mut programme = programme();
    programme.budget = won(3_000);
    let mut books = Books::default();
    books.state(&programme, &[outcome(1, 3, "1.0")]).unwrap();
    books.state(&programme, &[outcome(2, 5, "4.0")]).unwrap();
    assert_eq!((books.owed(3), books.owed(5)), (2_500, 500));
}

#[test]
fn a_correction_is_claimed_back_and_frees_the_budget_for_who_lacks_it() {
    let mut programme = programme();
    programme.budget = won(3_000);
    let mut books = Books::default();
    books
        .state(&programme, &[outcome(1, 3, "1.0"), outcome(2, 5, "1.0")])
        .unwrap();
    assert_eq!((books.owed(3), books.owed(5)), (1_500, 1_500));
    // 0.4 hours are left of the first: 1,000 won, and 500 of the 1,500 are claimed back.
    let statement = books.state(&programme, &[outcome(1, 3, "0.4")]).unwrap();
    let differences: Vec<i64> = statement
        .lines
        .iter()
        .map(|line| line.difference.minor())
        .collect();
    assert_eq!(differences, [-500, 500]);
    let statement = books.state(&programme, &[outcome(1, 3, "0.0")]).unwrap();
    assert_eq!((books.owed(3), books.owed(5)), (0, 2_500));
    assert_eq!(statement.left, won(500));
}

#[test]
fn a_correction_takes_nothing_back_from_who_was_owed_less_than_is_left() {
    let mut programme = programme();
    programme.budget = won(1_000);
    let mut books = Books::default();
    books.state(&programme, &[outcome(1, 3, "1.0")]).unwrap();
    let statement = books.state(&programme, &[outcome(1, 3, "0.5")]).unwrap();
    assert_eq!(statement.lines[0].entitled, won(1_250));
    assert_eq!(statement.lines[0].difference, won(0));
}

#[test]
fn a_statement_waits_for_its_day() {
    let (before, standings) = (BTreeMap::new(), BTreeMap::new());
    let facts = |number, on: &str| StatementFacts {
        number,
        on: on.parse().unwrap(),
        outcomes: &[],
        before: &before,
        standings: &standings,
    };
    let early = decide_statement(&programme(), facts(1, "2026-06-30"));
    assert!(matches!(
        early,
        Err(StatementError::NotYet { number: 1, .. })
    ));
    let due = decide_statement(&programme(), facts(1, "2026-07-01"));
    assert_eq!(due, Err(StatementError::Nothing));
    let second = decide_statement(&programme(), facts(2, "2026-07-01"));
    assert!(matches!(
        second,
        Err(StatementError::NotYet { number: 2, .. })
    ));
}

#[test]
fn a_worth_out_of_range_names_its_claim() {
    let mut programme = programme();
    programme.values[0].value = won(i64::MAX);
    let refused = Books::default().state(&programme, &[outcome(7, 3, "20.0")]);
    assert!(matches!(refused, Err(StatementError::TooMuch { claim, .. }) if claim == id(7)));
}

proptest! {
    #[test]
    fn nobody_is_owed_more_than_the_cap_and_all_never_more_than_the_budget(
        budget in 1_i64..2_000_000,
        cap in prop::option::of(1_i64..600_000),
        rate in 1_u32..=1_000_000,
        recognised in 1_u32..=1_000_000,
        rounds in prop::collection::vec(prop::collection::vec((1_u128..12, 0_i64..2_000), 0..8), 1..6),
    ) {
        let mut programme = programme();
        programme.budget = won(budget);
        programme.cap = cap.map(won);
        programme.rate = Share::from_millionths(rate).unwrap();
        programme.recognised = Share::from_millionths(recognised).unwrap();
        let mut books = Books::default();
        let mut units: BTreeMap<u128, i64> = BTreeMap::new();
        for round in rounds {
            // A claim comes once and can only fall after that.
            let mut now: BTreeMap<u128, i64> = BTreeMap::new();
            for (claim, verified) in round {
                let left = units.get(&claim).copied().unwrap_or(i64::MAX).min(verified);
                units.insert(claim, left);
                now.insert(claim, left);
            }
            let outcomes: Vec<Outcome> = now
                .iter()
                .map(|(claim, units)| Outcome {
                    verified: measure().quantity("0.0").unwrap().with_units(*units).unwrap(),
                    ..outcome(*claim, claim % 4, "0.0")
                })
                .collect();
            let before = books.owed_by_all();
            match books.state(&programme, &outcomes) {
                Err(error) => prop_assert_eq!(error, StatementError::Nothing),
                Ok(statement) => {
                    let moved: i64 = statement.lines.iter().map(|line| line.difference.minor()).sum();
                    prop_assert_eq!(moved, books.owed_by_all() - before);
                    prop_assert_eq!(statement.left.minor(), budget - books.owed_by_all());
                    prop_assert!(statement.left.minor() >= 0);
                }
            }
            let mut lacking = 0_i128;
            for (organisation, standing) in &books.standings {
                let earned: i64 = books
                    .before
                    .iter()
                    .filter(|(claim, _)| *organisation == of(**claim))
                    .map(|(_, counted)| counted.earned)
                    .sum();
                prop_assert_eq!(standing.earned, earned);
                let entitled = standing.entitled(&programme);
                prop_assert!((0..=cap.unwrap_or(i64::MAX)).contains(&entitled));
                prop_assert!((0..=entitled).contains(&standing.owed));
                lacking += i128::from(entitled - standing.owed);
            }
            // Either nobody lacks anything, or nothing is left.
            prop_assert!(lacking == 0 || books.owed_by_all() == budget);
        }
    }
}

/// The organisation of a claim in the property test.
fn of(claim: ClaimId) -> OrganisationId {
    use crate::ids::Id;
    organisation(claim.uuid().as_u128() % 4)
}
