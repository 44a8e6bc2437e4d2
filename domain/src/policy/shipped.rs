//! The shipped policies, and plans to try them on, for tests.

use super::procurement::{BuyerKind, Procurement};
use super::{Check, PlanView, Policy, PolicyReport, PolicyText, TenderFacts, checks};
use crate::amount::Money;
use crate::ids::Id;
use crate::tender::Plan;
use crate::tender::criteria::Criterion;
use crate::tender::fixtures::{group, leaf, levels, linear, plan, uuid};

const FILES: &[(&str, &str)] = &[
    (
        "uk-ppn-06-20",
        include_str!("../../../catalogue/policies/uk-ppn-06-20.toml"),
    ),
    (
        "uk-ppn-002",
        include_str!("../../../catalogue/policies/uk-ppn-002.toml"),
    ),
    (
        "uk-ppn-026",
        include_str!("../../../catalogue/policies/uk-ppn-026.toml"),
    ),
    (
        "uk-procurement-act-2023",
        include_str!("../../../catalogue/policies/uk-procurement-act-2023.toml"),
    ),
    (
        "kr-seoul-social-value-2015",
        include_str!("../../../catalogue/policies/kr-seoul-social-value-2015.toml"),
    ),
    (
        "kr-public-body-appraisal",
        include_str!("../../../catalogue/policies/kr-public-body-appraisal.toml"),
    ),
    (
        "kr-pps-2018",
        include_str!("../../../catalogue/policies/kr-pps-2018.toml"),
    ),
    (
        "es-rglcap",
        include_str!("../../../catalogue/policies/es-rglcap.toml"),
    ),
];

/// A shipped policy under an id.
pub(crate) fn policy(file: &str, n: u128) -> Policy {
    let (_, text) = FILES.iter().find(|(name, _)| *name == file).unwrap();
    let text: PolicyText = toml::from_str(text).unwrap();
    assert_eq!(text.check(), Ok(()));
    Policy {
        id: Id::from_uuid(uuid(n)),
        text,
    }
}

/// The three UK models, oldest first.
pub(crate) fn uk_models() -> Vec<Policy> {
    vec![
        policy("uk-ppn-06-20", 620),
        policy("uk-ppn-002", 2),
        policy("uk-ppn-026", 26),
    ]
}

pub(crate) fn gbp(amount: &str) -> Money {
    Money::parse(amount, "GBP".parse().unwrap()).unwrap()
}

/// A central government body in the UK that buys for so much with VAT.
pub(crate) fn central(gross: Option<&str>) -> Procurement {
    Procurement {
        buyer_kind: Some(BuyerKind::CentralGovernment),
        place: Some("GB".to_owned()),
        value_gross: gross.map(gbp),
        social_criteria: Some(vec!["SV".parse().unwrap()]),
        ..Procurement::default()
    }
}

/// Price, quality and social value judged in words.
pub(crate) fn judged(social: &str) -> Vec<Criterion> {
    let rest = 50_u32.saturating_sub(social.parse().unwrap());
    vec![
        leaf("PRICE", "50", linear("9000000", "1")),
        leaf("QUALITY", &rest.to_string(), levels(&[0, 1, 2, 3], None)),
        group(
            "SV",
            social,
            vec![
                leaf("SV-1", "40", levels(&[0, 1, 2, 3], None)),
                leaf("SV-2", "60", levels(&[0, 1, 2, 3], None)),
            ],
        ),
    ]
}

/// A plan that commenced on a day, or on none that is known.
pub(crate) fn commenced(day: Option<&str>, social: &str, procurement: Procurement) -> Plan {
    Plan {
        commencement: day.map(|day| day.parse().unwrap()),
        procurement,
        ..plan(judged(social))
    }
}

/// Everything that policies say of a plan.
pub(crate) fn report(policies: &[Policy], plan: &Plan) -> PolicyReport {
    let facts = TenderFacts {
        commencement: plan.commencement,
        procurement: &plan.procurement,
    };
    checks(policies, &PlanView::new(plan).unwrap(), &facts).unwrap()
}

/// The check of one clause.
pub(crate) fn find<'r>(report: &'r PolicyReport, policy: &str, clause: &str) -> Option<&'r Check> {
    report
        .checks
        .iter()
        .find(|check| check.policy_code.as_str() == policy && check.clause.as_str() == clause)
}
