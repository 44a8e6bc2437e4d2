//! Laws of the choice of policies, as properties.

use proptest::prelude::*;

use super::shipped::{central, commenced, report, uk_models};
use super::*;
use crate::ids::Id;
use crate::tender::fixtures::uuid;
use crate::time::Date;

fn day(n: i64) -> Date {
    // Days from 2020-01-01 on.
    crate::time::Time::from_micros(1_577_836_800_000_000 + n * 86_400_000_000).date()
}

/// Versions of one code with their days; the same day may come twice.
fn versions() -> impl Strategy<Value = Vec<Policy>> {
    let version = (0_i64..1_000, proptest::option::of(0_i64..1_000));
    proptest::collection::vec(version, 1..6).prop_map(|days| {
        let model = uk_models().remove(0);
        let policy = |(n, (from, length)): (usize, (i64, Option<i64>))| {
            let mut policy = model.clone();
            policy.id = Id::from_uuid(uuid(n as u128 + 1));
            policy.text.version = n.to_string();
            policy.text.effective_from = day(from);
            policy.text.effective_to = length.map(|length| day(from + length));
            policy
        };
        days.into_iter().enumerate().map(policy).collect()
    })
}

fn chosen(policies: &[Policy], commencement: Option<Date>) -> Option<(PolicyId, Verdict)> {
    let procurement = central(Some("8000000"));
    let facts = TenderFacts {
        commencement,
        procurement: &procurement,
    };
    let chosen = in_force(policies, &facts);
    assert!(chosen.len() <= 1, "one version of a code at most");
    chosen
        .first()
        .map(|chosen| (chosen.policy.id, chosen.verdict))
}

proptest! {
    #[test]
    fn the_version_that_binds_is_in_force_on_the_day(policies in versions(), n in 0_i64..2_500) {
        let on = day(n);
        if let Some((id, verdict)) = chosen(&policies, Some(on)) {
            let text = &policies.iter().find(|policy| policy.id == id).unwrap().text;
            prop_assert_eq!(verdict, Verdict::Binds);
            prop_assert!(text.effective_from <= on);
            prop_assert!(text.effective_to.is_none_or(|to| on < to));
            let later = |other: &&Policy| other.text.effective_from > text.effective_from
                && other.text.effective_from <= on;
            prop_assert!(!policies.iter().any(|policy| later(&policy)));
        }
    }

    #[test]
    fn a_version_that_begins_after_the_day_changes_nothing(policies in versions(), n in 0_i64..1_000, later in 1_i64..500) {
        let on = day(n);
        let mut more = policies.clone();
        let mut future = policies[0].clone();
        future.id = Id::from_uuid(uuid(99));
        future.text.effective_from = day(n + later);
        future.text.effective_to = None;
        more.push(future);
        prop_assert_eq!(chosen(&policies, Some(on)), chosen(&more, Some(on)));
    }

    #[test]
    fn without_a_day_nothing_is_ever_answered_met_or_not_met(gross in 1_u32..20_000_000, social in 0_u32..50) {
        let plan = commenced(None, &social.to_string(), central(Some(&gross.to_string())));
        for check in report(&uk_models(), &plan).checks {
            prop_assert_eq!(check.judged.answer, Answer::Unknown);
        }
    }

    #[test]
    fn more_weight_of_social_value_never_breaks_a_clause(gross in 1_u32..20_000_000, n in 1_000_i64..4_000, social in 0_u32..49) {
        let on = day(n).to_string();
        let answers = |social: u32| -> Vec<Answer> {
            let plan = commenced(Some(&on), &social.to_string(), central(Some(&gross.to_string())));
            report(&uk_models(), &plan).checks.iter().map(|check| check.judged.answer).collect()
        };
        let (less, more) = (answers(social), answers(social + 1));
        prop_assert_eq!(less.len(), more.len());
        for (less, more) in less.iter().zip(&more) {
            prop_assert!(*less != Answer::Met || *more == Answer::Met);
        }
    }

    #[test]
    fn a_supplied_fact_settles_what_was_unknown_for_want_of_it(gross in 1_000_000_u32..20_000_000, n in 2_600_i64..4_000) {
        let on = day(n).to_string();
        let without = commenced(Some(&on), "20", central(None));
        let with = commenced(Some(&on), "20", central(Some(&gross.to_string())));
        let unknown = report(&uk_models(), &without);
        prop_assert!(unknown.checks.iter().all(|check| check.judged.missing == Some(MissingFact::ValueGross)));
        let settled = report(&uk_models(), &with);
        prop_assert!(settled.checks.iter().all(|check| check.judged.answer == Answer::Met));
    }
}
