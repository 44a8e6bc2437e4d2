//! Random movements against a model that is a plain table of numbers.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::credit::movement::{MovementError, TransferFacts, decide_cancellation, decide_transfer};
use crate::credit::serials::check_ranges;

/// Who may hold, with the person who acts for them.
const HOLDERS: [(u128, u128, Role); 2] = [
    (SUPPLIER, REPORTER, Role::Supplier),
    (FUND, BROKER, Role::Officer),
];

#[derive(Debug, Clone)]
enum Move {
    Transfer,
    Retire,
    Cancel,
}

fn moves() -> impl Strategy<Value = Vec<(Move, usize, i64)>> {
    let kind = prop_oneof![Just(Move::Transfer), Just(Move::Retire), Just(Move::Cancel)];
    prop::collection::vec((kind, 0..HOLDERS.len(), -1_i64..12), 0..30)
}

/// What a use-case would write, decided on the state as it is.
fn decide(
    state: &State,
    kind: &Move,
    (from, to): (u128, u128),
    units: i64,
    n: u128,
) -> Result<Body, MovementError> {
    let credits = &state.credits;
    let batch = credits.batch(id(91)).unwrap();
    let class = credits.class(batch.class).unwrap();
    let holder = organisation(from);
    let available = credits.ledger().available(batch.id, holder);
    let free = (available, Blocks::default());
    match kind {
        Move::Transfer => {
            let transfer = CreditsTransferred {
                batch: batch.id,
                from: holder,
                to: organisation(to),
                units,
                reason: TransferReason::Gift,
                procurement_reference: None,
                note: None,
            };
            let facts = TransferFacts {
                available,
                receiver_holds: credits.group_holds(class.id, organisation(to)),
                related: false,
                receiver_public: false,
                blocks: Blocks::default(),
            };
            decide_transfer(transfer.trade(), class, facts).map(|()| transfer.into())
        }
        Move::Retire => {
            let request = RetirementRequest {
                id: id(1000 + n),
                holder,
                units,
                beneficiary: holder,
                jurisdiction: "KR".into(),
                period: period("2026-01-01", "2027-01-01"),
                note: None,
                covers: None,
            };
            decide_retirement(request, batch, class, free).map(Body::from)
        }
        Move::Cancel => decide_cancellation(batch, holder, units, None, free).map(Body::from),
    }
}

/// The log up to the issue of batch 91, which gives the supplier 22 units.
fn opened() -> (State, u64) {
    let mut log = clean();
    let issue = position(&log, "credits.issued", 1);
    log.truncate(issue + 1);
    let (state, findings) = audit(&log);
    assert_eq!(findings, []);
    (state, u64::try_from(log.len()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn movements_agree_with_a_table_of_numbers(moves in moves()) {
        let (mut state, mut index) = opened();
        let mut holds = BTreeMap::from([(SUPPLIER, 22_i64), (FUND, 0)]);
        let mut gone = vec![SerialRange::new(0, 41).unwrap()];
        for (n, (kind, who, units)) in (0_u128..).zip(moves) {
            let (from, person, role) = HOLDERS[who];
            let to = HOLDERS[1 - who].0;
            let decided = decide(&state, &kind, (from, to), units, n);
            prop_assert_eq!(decided.is_ok(), (1..=holds[&from]).contains(&units));
            let Ok(body) = decided else { continue };
            match &body {
                Body::CreditsRetired(body) => gone.push(body.retirement.serials),
                Body::CreditsCancelled(body) => gone.push(body.serials),
                _ => *holds.get_mut(&to).unwrap() += units,
            }
            *holds.get_mut(&from).unwrap() -= units;
            let entry = Draft {
                actors: by(person, from, role),
                subject: "test".into(),
                inputs_upto: None,
                body,
            }
            .at(Time::from_micros(1_800_000_000_000_000));
            prop_assert_eq!(state.replay(index, &entry), Ok(()));
            index += 1;
            prop_assert_eq!(state.credits.check(), []);
            for (n, units) in &holds {
                let holder = organisation(*n);
                prop_assert_eq!(state.credits.ledger().available(id(91), holder), *units);
                prop_assert_eq!(state.credits.group_holds(id(80), holder), *units);
            }
            prop_assert_eq!(check_ranges(65, &gone), Ok(()));
        }
    }
}
