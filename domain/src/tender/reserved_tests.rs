//! A reserved tender replayed: who does not qualify by what the log knows is decided on before the ranking.

use super::AdmissionDecision::{self, Clear, Met, NotMet};
use super::bid::BidContent;
use super::fixtures::*;
use super::plan::Plan;
use super::plan_error::PlanProblem;
use super::story::{Bidder, PROPOSER, Story, actor};
use crate::actor::Role;
use crate::ids::{CertificationId, Id};
use crate::log::commitment::Salt;
use crate::organisation::certification::{Certification, SeoKind};
use crate::organisation::entries::CertificationRecorded;
use crate::policy::clause::ReservedFor;
use crate::policy::entries::PolicyPublished;
use crate::policy::procurement::Reservation;
use crate::policy::shipped::{central, policy, report};
use crate::policy::{Policy, RecordedCheck};
use crate::tender::entries::*;
use crate::tender::sealing::commit_reason;

const REGISTRAR: u128 = 509;

/// Decided by price, and reserved for mutuals.
fn reserved() -> Plan {
    let mut procurement = central(Some("1000000"));
    procurement.social_criteria = None;
    procurement.reservation = Some(Reservation {
        reserved_for: ReservedFor::Mutual,
        term_months: Some(12),
        reservable_services: Some(true),
    });
    Plan {
        procurement,
        ..plan(vec![leaf("PRICE", "100", relative())])
    }
}

/// The Act with the clause on mutuals alone.
fn act() -> Policy {
    let mut act = policy("uk-procurement-act-2023", 91);
    act.text
        .clauses
        .retain(|clause| clause.code.as_str() == "reserved-mutuals");
    act
}

/// Suppliers 1 and 2; the second is cheaper.
fn offers() -> Vec<Bidder> {
    [(1, "120"), (2, "100")]
        .map(|(n, price)| Bidder {
            n,
            supplier: n,
            judged: vec![],
            content: BidContent {
                answers: [].into(),
                declarations: [].into(),
                ..full_content(org(n), price, "1.0")
            },
            level: 0,
        })
        .to_vec()
}

/// Up to the opening; some suppliers are certified as mutuals.
fn opened(mutuals: &[u128]) -> Story {
    let (plan, act) = (reserved(), act());
    let checks = report(std::slice::from_ref(&act), &plan).checks;
    let mut story = Story::new(plan);
    let registrar = || vec![actor(Role::Registrar, REGISTRAR)];
    story.add(registrar(), act.id, PolicyPublished { policy: act });
    story.publish_with(checks.iter().map(RecordedCheck::of).collect());
    for n in mutuals {
        let certification = Certification {
            id: CertificationId::from_uuid(uuid(n.saturating_add(80))),
            organisation: org(*n),
            kind: SeoKind::Mutual,
            from: "2026-01-01".parse().unwrap(),
            to: None,
            source: "register".to_owned(),
        };
        let recorded = CertificationRecorded { certification };
        story.add(registrar(), org(*n), recorded);
    }
    story.bid(&offers());
    story.open(&offers());
    story
}

fn decide(story: &mut Story, n: u128, decision: AdmissionDecision) {
    let body = AdmissionDecided {
        tender: tender(),
        bid: bid(n),
        code: code("RESERVED"),
        decision,
        reason: commit_reason("the register says so", Salt([1; 32])).unwrap(),
    };
    story.add(vec![actor(Role::Officer, PROPOSER)], bid(n), body);
}

fn found(kind: &str, check: &'static str) -> Vec<(String, &'static str)> {
    vec![(kind.to_owned(), check)]
}

#[test]
fn suppliers_that_qualify_by_the_log_need_no_decision() {
    let mut story = opened(&[1, 2]);
    story.rank(&offers());
    assert_eq!(story.checks(), []);
}

#[test]
fn a_ranking_before_the_decision_on_an_unqualified_supplier_is_found() {
    let mut story = opened(&[1]);
    story.compute(&offers());
    assert_eq!(story.checks(), found("ranking.computed", "reservation"));
}

#[test]
fn an_unqualified_supplier_takes_part_or_is_out_by_a_decision() {
    let mut met = opened(&[1]);
    decide(&mut met, 2, Met);
    met.rank(&offers());
    assert_eq!(met.checks(), []);

    let mut out = opened(&[1]);
    decide(&mut out, 2, NotMet);
    out.rank(&offers()[..1]);
    assert_eq!(out.checks(), []);
    let mut ignored = opened(&[1]);
    decide(&mut ignored, 2, NotMet);
    ignored.rank(&offers());
    assert_ne!(ignored.checks(), []);
}

#[test]
fn a_decision_that_is_none_on_a_reservation_is_found() {
    let mut story = opened(&[1]);
    decide(&mut story, 2, Clear);
    assert_eq!(story.checks(), found("admission.decided", "admission"));
    let mut open_to_all = Story::new(plan(vec![leaf("PRICE", "100", relative())]));
    open_to_all.publish();
    open_to_all.bid(&offers());
    open_to_all.open(&offers());
    decide(&mut open_to_all, 2, Met);
    assert_eq!(
        open_to_all.checks(),
        found("admission.decided", "admission")
    );
}

#[test]
fn a_reserved_plan_leaves_the_code_of_the_decision_free() {
    let mut plan = reserved();
    plan.lots[0].criteria[0].code = code("RESERVED");
    let error = plan
        .check(&catalogue(), at("2026-05-02T00:00:00Z"))
        .unwrap_err();
    assert_eq!(error.path, "/procurement/reservation");
    assert_eq!(error.problem, PlanProblem::DuplicateCode(code("RESERVED")));
    plan.procurement.reservation = None;
    assert_eq!(plan.check(&catalogue(), at("2026-05-02T00:00:00Z")), Ok(()));
}
