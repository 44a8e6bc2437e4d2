//! What moves and what does not.

use super::super::class::example;
use super::super::serials::{SerialRange, Serials};
use super::*;
use crate::contract::fixtures::{FUND, SUPPLIER, id, organisation, period};

fn batch() -> Batch {
    Batch {
        id: id(90),
        class: id(80),
        claim: id(5),
        claimant: organisation(SUPPLIER),
        period: period("2026-03-01", "2026-06-01"),
        serials: Serials::resume(25, 5, 2).unwrap(),
    }
}

fn transfer(units: i64) -> Trade<'static> {
    Trade {
        batch: id(90),
        from: organisation(SUPPLIER),
        to: organisation(FUND),
        units,
        reason: TransferReason::Sale,
        procurement_reference: None,
    }
}

const FACTS: TransferFacts = TransferFacts {
    available: 18,
    receiver_holds: 0,
    related: false,
    receiver_public: false,
    blocks: Blocks {
        frozen: false,
        liable: None,
    },
};

fn free(available: i64) -> (i64, Blocks) {
    (available, Blocks::default())
}

fn request(units: i64) -> RetirementRequest {
    RetirementRequest {
        id: id(95),
        holder: organisation(FUND),
        units,
        beneficiary: organisation(FUND),
        jurisdiction: "KR".into(),
        period: period("2026-01-01", "2027-01-01"),
        note: None,
        covers: None,
    }
}

#[test]
fn only_what_is_available_moves() {
    assert_eq!(decide_transfer(transfer(18), &example(), FACTS), Ok(()));
    let error = decide_transfer(transfer(19), &example(), FACTS).unwrap_err();
    let (available, asked) = (18, 19);
    assert_eq!(error, MovementError::Insufficient { available, asked });
    for units in [0, -1, i64::MIN] {
        let error = decide_transfer(transfer(units), &example(), FACTS);
        assert_eq!(error, Err(MovementError::Units(units)));
    }
}

#[test]
fn untransferable_units_stay() {
    let mut class = example();
    class.transferable = false;
    let error = decide_transfer(transfer(1), &class, FACTS);
    assert_eq!(error, Err(MovementError::NotTransferable(class.id)));
    assert!(decide_retirement(request(1), &batch(), &class, free(18)).is_ok());
}

#[test]
fn a_transfer_to_oneself_is_refused() {
    let mut own = transfer(1);
    own.to = own.from;
    let error = decide_transfer(own, &example(), FACTS);
    assert_eq!(error, Err(MovementError::SameHolder(own.to)));
    let mut group = transfer(1);
    group.reason = TransferReason::Group;
    let error = decide_transfer(group, &example(), FACTS);
    assert_eq!(error, Err(MovementError::NotOneGroup));
}

#[test]
fn a_group_holds_at_most_the_limit_of_the_class() {
    let mut class = example();
    class.holding_limit_units = Some(10);
    let mut facts = FACTS;
    facts.receiver_holds = 6;
    assert_eq!(decide_transfer(transfer(4), &class, facts), Ok(()));
    let error = decide_transfer(transfer(5), &class, facts).unwrap_err();
    let (limit, holds, asked) = (10, 6, 5);
    assert_eq!(
        error,
        MovementError::HoldingLimit {
            limit,
            holds,
            asked
        }
    );
    facts.related = true;
    let mut within = transfer(5);
    within.reason = TransferReason::Group;
    let within = decide_transfer(within, &class, facts);
    assert_eq!(within, Ok(()), "the group holds no more than before");
}

#[test]
fn retirements_take_the_low_end_and_cancellations_the_high_end() {
    let retired = decide_retirement(request(4), &batch(), &example(), free(18)).unwrap();
    assert_eq!(retired.retirement.serials, SerialRange::new(5, 9).unwrap());
    let cancelled = decide_cancellation(&batch(), organisation(FUND), 3, None, free(18)).unwrap();
    assert_eq!(cancelled.serials, SerialRange::new(20, 23).unwrap());
}

#[test]
fn serials_and_balances_that_disagree_are_refused() {
    let error = decide_retirement(request(19), &batch(), &example(), free(19));
    assert!(matches!(error, Err(MovementError::Serials(_))));
}

#[test]
fn an_outcome_cannot_be_claimed_for_a_time_before_it() {
    let mut early = request(1);
    early.period = period("2025-01-01", "2026-03-01");
    let error = decide_retirement(early, &batch(), &example(), free(18));
    assert!(matches!(error, Err(MovementError::TooEarly { .. })));
}

#[test]
fn a_wash_trade_between_accounts_of_one_owner_is_refused() {
    let mut facts = FACTS;
    facts.related = true;
    for reason in [TransferReason::Sale, TransferReason::Gift] {
        let mut wash = transfer(1);
        wash.reason = reason;
        let error = decide_transfer(wash, &example(), facts);
        assert_eq!(error, Err(MovementError::OneGroup));
    }
}

#[test]
fn a_public_body_buys_with_its_procurement_reference() {
    let mut facts = FACTS;
    facts.receiver_public = true;
    let error = decide_transfer(transfer(1), &example(), facts);
    assert_eq!(error, Err(MovementError::ProcurementReference));
    let mut purchase = transfer(1);
    purchase.procurement_reference = Some("2026-OCDS-17");
    assert_eq!(decide_transfer(purchase, &example(), facts), Ok(()));
    purchase.procurement_reference = Some(" ");
    let error = decide_transfer(purchase, &example(), facts);
    assert!(matches!(error, Err(MovementError::Text(_))));
    let mut gift = transfer(1);
    gift.reason = TransferReason::Gift;
    assert_eq!(decide_transfer(gift, &example(), facts), Ok(()));
}

#[test]
fn frozen_units_stay_and_a_liable_group_does_not_trade() {
    let mut facts = FACTS;
    facts.blocks.frozen = true;
    let error = decide_transfer(transfer(1), &example(), facts);
    assert_eq!(error, Err(MovementError::Frozen(id(90))));
    let frozen = (18, facts.blocks);
    let retired = decide_retirement(request(1), &batch(), &example(), frozen);
    assert_eq!(retired, Err(MovementError::Frozen(id(90))));
    let cancelled = decide_cancellation(&batch(), organisation(FUND), 1, None, frozen);
    assert_eq!(cancelled, Err(MovementError::Frozen(id(90))));
    facts.blocks = Blocks {
        frozen: false,
        liable: Some(id(8)),
    };
    let error = decide_transfer(transfer(1), &example(), facts);
    assert_eq!(error, Err(MovementError::Liable(id(8))));
    let kept = decide_retirement(request(1), &batch(), &example(), (18, facts.blocks));
    assert!(kept.is_ok(), "retiring is no trade");
}
