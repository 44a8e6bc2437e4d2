//! What a policy presumes abnormally low where a plan says nothing. It is written into the plan at publication, so that
//! whoever reads the plan knows the parameters, whatever becomes of the policy.

use super::Policy;
use super::clause::{AbnormalBands, ClauseRule};
use super::in_force::{Verdict, in_force};
use super::selection::TenderFacts;
use crate::scoring::robustness::{LowPriceRule, decides_by_price};
use crate::tender::plan::Plan;
use crate::time::Date;

/// Writes the parameters of the policies that bind a plan into every lot that its price alone decides and that states
/// none. Of several policies the first by code counts. `commencement` is the day that chooses the policies
/// ([`super::governing_day`]).
pub fn state_low_prices(plan: &mut Plan, published: &[Policy], commencement: Option<Date>) {
    let facts = TenderFacts {
        commencement,
        procurement: &plan.procurement,
    };
    let Some(default) = default_bands(published, &facts) else {
        return;
    };
    let by_price = plan.lots.iter().map(|lot| decides_by_price(plan, lot));
    let by_price: Vec<bool> = by_price.collect();
    for (lot, by_price) in plan.lots.iter_mut().zip(by_price) {
        if by_price {
            let rule = lot.low_prices.get_or_insert(LowPriceRule {
                budget: None,
                parameters: None,
            });
            rule.parameters.get_or_insert(default);
        }
    }
}

fn default_bands(published: &[Policy], facts: &TenderFacts<'_>) -> Option<AbnormalBands> {
    let binding = in_force(published, facts)
        .into_iter()
        .filter(|chosen| chosen.verdict == Verdict::Binds);
    binding
        .flat_map(|chosen| &chosen.policy.text.clauses)
        .find_map(|clause| match &clause.rule {
            ClauseRule::AbnormallyLow(clause) => clause.price_only,
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::super::shipped::{central, commenced, find, policy, report};
    use super::super::{Answer, Policy, Procurement};
    use super::*;
    use crate::tender::code::Weight;
    use crate::tender::fixtures::{leaf, relative};

    /// A plan that a ministry in Spain publishes.
    fn spanish(price_only: bool) -> Plan {
        let facts = Procurement {
            place: Some("ES".to_owned()),
            ..central(None)
        };
        let mut plan = commenced(Some("2026-03-02"), "20", facts);
        if price_only {
            plan.lots[0].criteria = vec![leaf("PRICE", "100", relative())];
        }
        plan
    }

    fn stated(mut plan: Plan, policies: &[Policy]) -> Plan {
        let day = plan.commencement;
        state_low_prices(&mut plan, policies, day);
        plan
    }

    fn parameters(plan: &Plan) -> Option<AbnormalBands> {
        plan.lots[0].low_prices.as_ref()?.parameters
    }

    /// The answer of the clause and its sentence.
    fn answer(plan: &Plan) -> (Answer, String) {
        let report = report(&[policy("es-rglcap", 1)], plan);
        let check = find(&report, "es-rglcap", "abnormally-low").unwrap();
        (check.judged.answer, check.judged.sentence.clone())
    }

    #[test]
    fn what_ships_as_spains_rule_is_the_default_without_a_policy() {
        let policy = policy("es-rglcap", 1);
        let ClauseRule::AbnormallyLow(clause) = &policy.text.clauses[0].rule else {
            panic!("the clause");
        };
        assert_eq!(clause.price_only, Some(AbnormalBands::SPAIN));
    }

    #[test]
    fn a_price_only_plan_under_the_policy_states_its_parameters_and_the_check_says_so() {
        let mut changed = policy("es-rglcap", 1);
        let ClauseRule::AbnormallyLow(clause) = &mut changed.text.clauses[0].rule else {
            panic!("the clause");
        };
        let bands = clause.price_only.as_mut().unwrap();
        bands.more_below_mean = Weight::percent(5);
        let plan = stated(spanish(true), &[changed]);
        let found = parameters(&plan).unwrap();
        assert_eq!(found.more_below_mean, Weight::percent(5), "the policy's");
        let plan = stated(spanish(true), &[policy("es-rglcap", 1)]);
        assert_eq!(parameters(&plan), Some(AbnormalBands::SPAIN));
        let (met, sentence) = answer(&plan);
        assert_eq!(met, Answer::Met);
        assert!(
            sentence.contains("clause's own parameters hold"),
            "{sentence}"
        );
    }

    #[test]
    fn own_parameters_stand_and_nothing_is_stated_where_no_policy_binds() {
        let own = AbnormalBands {
            two_below_other: Weight::percent(30),
            ..AbnormalBands::SPAIN
        };
        let mut plan = spanish(true);
        plan.lots[0].low_prices = Some(LowPriceRule {
            budget: None,
            parameters: Some(own),
        });
        let plan = stated(plan, &[policy("es-rglcap", 1)]);
        assert_eq!(parameters(&plan), Some(own));
        assert_eq!(answer(&plan).0, Answer::Met);
        assert_eq!(stated(spanish(true), &[]).lots[0].low_prices, None);
        let mut elsewhere = spanish(true);
        elsewhere.procurement.place = Some("GB".to_owned());
        let elsewhere = stated(elsewhere, &[policy("es-rglcap", 1)]);
        assert_eq!(elsewhere.lots[0].low_prices, None);
    }

    #[test]
    fn several_criteria_publish_their_own_parameters() {
        let plan = stated(spanish(false), &[policy("es-rglcap", 1)]);
        assert_eq!(plan.lots[0].low_prices, None);
        let (short, sentence) = answer(&plan);
        assert_eq!(short, Answer::NotMet);
        assert!(sentence.contains("in lot 1 several criteria"), "{sentence}");
        let mut plan = plan;
        plan.lots[0].low_prices = Some(LowPriceRule::spain());
        assert_eq!(answer(&plan).0, Answer::Met);
    }

    #[test]
    fn a_price_only_plan_that_leaves_the_parameters_out_of_the_log_is_found() {
        assert_eq!(answer(&spanish(true)).0, Answer::NotMet);
    }
}
