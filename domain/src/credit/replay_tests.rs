//! A hand-made log from the contract to the retirement: clean, then tampered with.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

mod life;
mod model;
mod outside;

use super::class;
use super::entries::*;
use super::movement::{Blocks, RetirementRequest, decide_retirement};
use super::posting::Bucket;
use super::retirement::{Retirement, RetirementReason, certificate_number};
use super::serials::{SerialRange, Serials};
use super::state::Batch;
use crate::actor::Role;
use crate::catalogue::{Catalogue, entries::CataloguePublished};
use crate::contract::entries::*;
use crate::contract::fixtures::*;
use crate::contract::{Contract, KpiRef, Verification};
use crate::ids::{ClaimId, PersonId};
use crate::log::entry::{Draft, Entry, EntryActor};
use crate::log::hash::sha256;
use crate::log::kinds::Body;
use crate::log::state::{Finding, State};
use crate::organisation::entries::{OrganisationRegistered, RoleGranted};
use crate::organisation::name::PublicName;
use crate::organisation::{LegalForm, Sector};
use crate::time::Time;

/// A subsidiary of the supplier.
const SUBSIDIARY: u128 = 6;
/// Issues.
const REGISTRAR: u128 = 20;
/// Decides about challenges.
const SECOND: u128 = 21;
/// Carries decisions out.
const THIRD: u128 = 22;
/// Reports for the supplier.
const REPORTER: u128 = 30;
/// Signs for the buyer.
const OFFICER: u128 = 31;
/// Buys and retires for the fund.
const BROKER: u128 = 32;
/// Verifies, and happens to be a registrar too.
const VERIFIER: u128 = 40;
/// Verifies for the subsidiary.
const COUSIN: u128 = 41;

const GRANTS: &[(u128, u128, Role)] = &[
    (REGISTRAR, REGISTRY, Role::Registrar),
    (REPORTER, SUPPLIER, Role::Supplier),
    (OFFICER, BUYER, Role::Officer),
    (BROKER, FUND, Role::Officer),
    (VERIFIER, ASSURER, Role::Verifier),
    (VERIFIER, REGISTRY, Role::Registrar),
    (COUSIN, SUBSIDIARY, Role::Verifier),
    (SECOND, REGISTRY, Role::Registrar),
    (THIRD, REGISTRY, Role::Registrar),
];

type Log = Vec<(Vec<EntryActor>, Body)>;

fn by(person: u128, at: u128, role: Role) -> Vec<EntryActor> {
    vec![EntryActor {
        role,
        id: id(person),
        organisation: organisation(at),
    }]
}

fn registrar() -> Vec<EntryActor> {
    by(REGISTRAR, REGISTRY, Role::Registrar)
}

fn reporter() -> Vec<EntryActor> {
    by(REPORTER, SUPPLIER, Role::Supplier)
}

fn verifier() -> Vec<EntryActor> {
    by(VERIFIER, ASSURER, Role::Verifier)
}

fn founding() -> Log {
    let operator = || by(10, REGISTRY, Role::Operator);
    let mut log: Log = Vec::new();
    for n in [REGISTRY, BUYER, SUPPLIER, ASSURER, FUND, SUBSIDIARY] {
        let group = if n == SUBSIDIARY { SUPPLIER } else { n };
        let registered = OrganisationRegistered {
            organisation: organisation(n),
            legal_form: LegalForm::LegalPerson,
            name: PublicName::Clear(format!("Organisation {n}")),
            sector: Sector::Private,
            group: organisation(group),
            place: "KR-11".into(),
            identifier: None,
        };
        log.push((operator(), registered.into()));
    }
    for (person, at, role) in GRANTS {
        let granted = RoleGranted {
            person: id(*person),
            organisation: organisation(*at),
            role: *role,
        };
        log.push((operator(), granted.into()));
    }
    let catalogue = Catalogue {
        id: measure_ref().catalogue,
        code: "test".into(),
        version: "2026.1".into(),
        title: "Measures of a test".into(),
        source: "ours".into(),
        measures: vec![measure()],
    };
    log.push((registrar(), CataloguePublished { catalogue }.into()));
    let class = class::example();
    log.push((registrar(), ClassDefined { class }.into()));
    let mut contract =
        Contract::from_award(id(1), &award("12.0"), || id(101), |_| Some(measure())).unwrap();
    contract.award = None;
    contract.participations = None;
    let signed = ContractSigned { contract };
    log.push((by(OFFICER, BUYER, Role::Officer), signed.into()));
    log
}

fn verified(claim: u128, quantity: &str, verifier: u128, at: u128) -> ClaimVerified {
    let accepted = measure().quantity(quantity).unwrap();
    ClaimVerified {
        claim: id(claim),
        verified: accepted.clone(),
        verifications: vec![Verification {
            verifier: id(verifier),
            organisation: organisation(at),
            accepted,
            method: "ISAE 3000".into(),
            reason: sha256(b"agrees"),
            salt: None,
        }],
    }
}

/// A batch of obligated units, surplus that the buyer keeps, buffer, and units for the claimant.
fn issued(batch: u128, claim: u128, parts: [i64; 4], retirement: u128) -> CreditsIssued {
    let [obligated, retained, buffer_units, available_units] = parts;
    let mut serials = Serials::issue(parts.iter().sum()).unwrap();
    let mut retire = |n, reason, kpi, units| Retirement {
        id: id(n),
        beneficiary: organisation(BUYER),
        jurisdiction: "KR-11".into(),
        period: period("2026-03-01", "2026-06-01"),
        reason,
        kpi,
        note: None,
        serials: serials.take_low(units).unwrap(),
        certificate: certificate_number(id(n), 2026),
    };
    let mut retirements = Vec::new();
    if obligated > 0 {
        let kpi = Some(id(101));
        retirements.push(retire(
            retirement,
            RetirementReason::Obligation,
            kpi,
            obligated,
        ));
    }
    if retained > 0 {
        retirements.push(retire(
            retirement + 400,
            RetirementReason::Surplus,
            None,
            retained,
        ));
    }
    CreditsIssued {
        batch: id(batch),
        claim: id(claim),
        class: id(80),
        claimant: organisation(SUPPLIER),
        buffer_units,
        available_units,
        retirements,
    }
}

fn intended() -> SurplusIntended {
    SurplusIntended {
        kpi: KpiRef {
            contract: id(1),
            kpi: id(101),
        },
    }
}

fn sale(units: i64) -> CreditsTransferred {
    CreditsTransferred {
        batch: id(91),
        from: organisation(SUPPLIER),
        to: organisation(FUND),
        units,
        reason: TransferReason::Sale,
        procurement_reference: None,
        note: None,
    }
}

fn retired(units: i64, retirement: u128, (issued, low): (i64, i64)) -> CreditsRetired {
    let batch = Batch {
        id: id(91),
        class: id(80),
        claim: id(6),
        claimant: organisation(SUPPLIER),
        period: period("2026-03-01", "2026-06-01"),
        serials: Serials::resume(issued, low, 0).unwrap(),
    };
    let request = RetirementRequest {
        id: id(retirement),
        holder: organisation(FUND),
        units,
        beneficiary: organisation(FUND),
        jurisdiction: "KR".into(),
        period: period("2026-01-01", "2027-01-01"),
        note: None,
        covers: None,
    };
    let free = (i64::MAX, Blocks::default());
    decide_retirement(request, &batch, &class::example(), free).unwrap()
}

/// 8.0 and then 6.5 verified against a KPI of 12.0: of 25 units of surplus a fifth of the KPI, 24, may be traded, of which 2
/// stay in the buffer, and one is the buyer's.
fn clean() -> Log {
    let submitted = |claim| (reporter(), ClaimSubmitted { claim }.into());
    let mut log = founding();
    log.insert(
        position(&log, "contract.signed", 0) + 1,
        (reporter(), intended().into()),
    );
    log.push(submitted(claim_under(5, 101, "8.0")));
    log.push((verifier(), verified(5, "8.0", VERIFIER, ASSURER).into()));
    log.push((registrar(), issued(90, 5, [80, 0, 0, 0], 190).into()));
    log.push(submitted(claim_under(6, 101, "7.0")));
    log.push((verifier(), verified(6, "6.5", VERIFIER, ASSURER).into()));
    log.push((registrar(), issued(91, 6, [40, 1, 2, 22], 191).into()));
    log.push((reporter(), sale(20).into()));
    let fund = by(BROKER, FUND, Role::Officer);
    log.push((fund, retired(15, 192, (65, 41)).into()));
    let cancelled = CreditsCancelled {
        batch: id(91),
        holder: organisation(SUPPLIER),
        serials: SerialRange::new(63, 65).unwrap(),
        note: None,
    };
    log.push((reporter(), cancelled.into()));
    log.push(submitted(claim_under(7, 101, "1.0")));
    log.push((reporter(), ClaimWithdrawn { claim: id(7) }.into()));
    let mut again = claim_under(8, 101, "1.0");
    again.evidence = claim_under(7, 101, "1.0").evidence;
    log.push(submitted(again));
    let rejected = ClaimRejected {
        claim: id(8),
        reason: sha256(b"no hours"),
        verifications: vec![],
    };
    log.push((verifier(), rejected.into()));
    log
}

fn audit(log: &Log) -> (State, Vec<Finding>) {
    let mut state = State::default();
    let mut findings = Vec::new();
    let (mut delivered, mut appealed) = (false, false);
    for (index, (actors, body)) in (0_u64..).zip(log) {
        // Contracts and intents come in January, claims and what follows in September.
        delivered |= body.kind() == "claim.submitted";
        // What is carried out waits until nobody can appeal any more.
        appealed |= matches!(body.kind(), "credits.reversed" | "credits.corrected");
        let start = match (delivered, appealed) {
            (_, true) => 1_792_000_000_000_000,
            (true, false) => 1_790_000_000_000_000,
            (false, false) => 1_768_000_000_000_000,
        };
        let entry = Draft {
            actors: actors.clone(),
            subject: "test".into(),
            inputs_upto: None,
            body: body.clone(),
        }
        .at(Time::from_micros(start + i64::try_from(index).unwrap()));
        let bytes = entry.canonical_bytes().unwrap();
        assert_eq!(Entry::parse(&bytes).as_ref(), Ok(&entry));
        findings.extend(state.replay(index, &entry).err());
    }
    findings.extend(state.unsettled(u64::try_from(log.len()).unwrap()));
    (state, findings)
}

/// Index of the entry that a test tampers with.
fn position(log: &Log, kind: &str, nth: usize) -> usize {
    let is = |(_, (_, body)): &(usize, &(Vec<EntryActor>, Body))| body.kind() == kind;
    log.iter().enumerate().filter(is).nth(nth).unwrap().0
}

/// The first finding after an entry was put into the clean log at the place of another.
fn tampered(kind: &str, nth: usize, actors: Vec<EntryActor>, body: impl Into<Body>) -> Finding {
    let mut log = clean();
    let at = position(&log, kind, nth);
    log[at] = (actors, body.into());
    first_at(&log, at)
}

/// The first finding after an entry was added to the clean log.
fn appended(actors: Vec<EntryActor>, body: impl Into<Body>) -> Finding {
    let mut log = clean();
    log.push((actors, body.into()));
    first_at(&log, log.len() - 1)
}

fn first_at(log: &Log, at: usize) -> Finding {
    let (_, findings) = audit(log);
    let first = findings.into_iter().next().unwrap();
    assert_eq!(first.index, u64::try_from(at).unwrap(), "{first}");
    assert_eq!(first.kind, log[at].1.kind());
    first
}

#[test]
fn an_honest_log_replays_without_a_finding() {
    let (state, findings) = audit(&clean());
    assert_eq!(findings, []);
    let credits = &state.credits;
    let available = |n| credits.ledger().available(id(91), organisation(n));
    assert_eq!((available(SUPPLIER), available(FUND)), (0, 5));
    assert_eq!(credits.group_holds(id(80), organisation(FUND)), 5);
    let of = |bucket| {
        let balances = credits.ledger().of_batch(id(91));
        let here = balances.filter(|(account, _)| account.bucket == bucket);
        here.map(|(_, units)| units).sum::<i64>()
    };
    assert_eq!((of(Bucket::Retired), of(Bucket::Cancelled)), (56, 2));
    assert_eq!((of(Bucket::Buffer), of(Bucket::Issuance)), (2, -65));
    let serials = credits.batch(id(91)).unwrap().serials;
    assert_eq!(
        (serials.retired(), serials.removed(), serials.left()),
        (56, 2, 7)
    );
    assert_eq!(state.contracts.verified_units(id(101)), 145);
    assert_eq!(state.tally.recomputed_counts()["issued credits"], 2);
}

#[test]
fn issuing_a_claim_twice_is_found() {
    let finding = appended(registrar(), issued(92, 6, [40, 1, 2, 22], 193));
    assert_eq!(finding.check, "issue");
    assert!(finding.found.contains("one issue per claim"), "{finding}");
}

#[test]
fn a_forged_quantity_is_found_with_what_it_should_be() {
    let forged = issued(91, 6, [40, 1, 2, 32], 191);
    let finding = tampered("credits.issued", 1, registrar(), forged);
    assert!(finding.expected.contains("surplus 25"), "{finding}");
    assert!(finding.found.contains("surplus 35"), "{finding}");
    let mut verified = verified(6, "6.5", VERIFIER, ASSURER);
    verified.verified = measure().quantity("6.9").unwrap();
    let finding = tampered("claim.verified", 1, verifier(), verified);
    assert_eq!(finding.check, "verified quantity");
}

#[test]
fn a_verifier_of_the_claimants_group_is_found() {
    let actors = by(COUSIN, SUBSIDIARY, Role::Verifier);
    let body = verified(6, "6.5", COUSIN, SUBSIDIARY);
    let finding = tampered("claim.verified", 1, actors, body);
    assert!(finding.found.contains("claimant's group"), "{finding}");
}

#[test]
fn a_verifier_who_did_not_sign_is_found() {
    let actors = by(COUSIN, SUBSIDIARY, Role::Verifier);
    let body = verified(6, "6.5", VERIFIER, ASSURER);
    assert_eq!(tampered("claim.verified", 1, actors, body).check, "actors");
}

#[test]
fn a_registrar_who_verified_the_claim_is_found() {
    let actors = by(VERIFIER, REGISTRY, Role::Registrar);
    let finding = tampered(
        "credits.issued",
        1,
        actors,
        issued(91, 6, [40, 1, 2, 22], 191),
    );
    assert!(finding.found.contains("second person"), "{finding}");
    assert!(
        finding
            .found
            .contains(&id::<PersonId>(VERIFIER).to_string())
    );
}

#[test]
fn spending_what_is_not_there_is_found() {
    let finding = tampered("credits.transferred", 0, reporter(), sale(24));
    assert!(finding.found.contains("only 22 are available"), "{finding}");
    let fund = || by(BROKER, FUND, Role::Officer);
    let finding = appended(fund(), retired(6, 193, (65, 56)));
    assert!(finding.found.contains("only 5 are available"), "{finding}");
    let own = by(BROKER, FUND, Role::Officer);
    assert_eq!(appended(own, sale(1)).check, "actors");
}

#[test]
fn serials_are_never_given_again() {
    let fund = || by(BROKER, FUND, Role::Officer);
    let finding = appended(fund(), retired(5, 193, (65, 50)));
    assert!(finding.expected.contains("[56, 61)"), "{finding}");
    assert!(finding.found.contains("[50, 55)"), "{finding}");
    let finding = appended(fund(), retired(5, 192, (65, 56)));
    assert_eq!(finding.expected, "a new id");
}

#[test]
fn a_withdrawal_frees_no_serials() {
    let finding = appended(reporter(), ClaimWithdrawn { claim: id(6) });
    assert!(finding.found.contains("the claim is verified"), "{finding}");
    let mut log = clean();
    log.push((reporter(), ClaimWithdrawn { claim: id(6) }.into()));
    let fund = by(BROKER, FUND, Role::Officer);
    log.push((fund, retired(5, 193, (65, 56)).into()));
    let (state, findings) = audit(&log);
    assert_eq!(
        findings.len(),
        1,
        "the next serials are as if nothing happened"
    );
    assert_eq!(state.credits.batch(id(91)).unwrap().serials.retired(), 61);
}

#[test]
fn evidence_behind_a_live_claim_is_found_when_used_again() {
    let mut copy = claim_under(9, 101, "1.0");
    copy.evidence = claim_under(5, 101, "8.0").evidence;
    let finding = appended(reporter(), ClaimSubmitted { claim: copy });
    assert!(
        finding.found.contains(&id::<ClaimId>(5).to_string()),
        "{finding}"
    );
}

#[test]
fn cancelled_serials_come_from_the_high_end() {
    let fund = by(BROKER, FUND, Role::Officer);
    let cancelled = CreditsCancelled {
        batch: id(91),
        holder: organisation(FUND),
        serials: SerialRange::new(55, 57).unwrap(),
        note: None,
    };
    let finding = appended(fund, cancelled);
    assert_eq!(finding.check, "serials");
    assert!(finding.expected.contains("[61, 63)"), "{finding}");
}

#[test]
fn a_contract_without_its_award_or_signed_by_nobody_of_the_buyer_is_found() {
    let mut contract =
        Contract::from_award(id(2), &award("12.0"), || id(102), |_| Some(measure())).unwrap();
    let signed = ContractSigned {
        contract: contract.clone(),
    };
    let finding = appended(by(OFFICER, BUYER, Role::Officer), signed);
    assert!(finding.found.contains("has no award"), "{finding}");
    contract.award = None;
    contract.participations = None;
    let signed = ContractSigned { contract };
    let finding = appended(by(BROKER, FUND, Role::Officer), signed);
    assert_eq!(finding.check, "actors");
}
