//! Outcomes outside contracts.

use super::*;

#[test]
fn outside_contracts_comes_after_the_kpis_are_filled() {
    let outside = ClaimSubmitted {
        claim: claim(9, "1.0"),
    };
    let mut log = clean();
    log.push((reporter(), outside.clone().into()));
    assert_eq!(audit(&log).1, [], "the KPI is filled");
    let mut log = founding();
    log.push((reporter(), outside.into()));
    let finding = first_at(&log, log.len() - 1);
    assert!(finding.found.contains("claim it there"), "{finding}");
}

#[test]
fn outside_contracts_the_claimant_gets_what_it_caused_less_the_buffer() {
    let mut log = founding();
    let mut elsewhere = claim(9, "10.0");
    elsewhere.place = "KR-26".into();
    log.push((reporter(), ClaimSubmitted { claim: elsewhere }.into()));
    log.push((verifier(), verified(9, "10.0", VERIFIER, ASSURER).into()));
    let mut class = class::example();
    (class.id, class.place) = (id(82), "KR-26".into());
    log.push((registrar(), ClassDefined { class }.into()));
    let mut body = issued(92, 9, [0, 0, 7, 68], 193);
    body.class = id(82);
    log.push((registrar(), body.clone().into()));
    let (state, findings) = audit(&log);
    assert_eq!(findings, []);
    let available = state
        .credits
        .ledger()
        .available(id(92), organisation(SUPPLIER));
    assert_eq!(available, 68);
    body.class = id(80);
    let at = log.len() - 1;
    log[at] = (registrar(), body.into());
    assert!(first_at(&log, at).found.contains("its place is KR-11"));
}
