//! What falls, and in which order.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use proptest::prelude::*;

use super::*;
use crate::contract::fixtures::{SUPPLIER, id, measure, organisation, period};
use crate::time::Time;

fn quantity(units: i64) -> Quantity {
    let measure = measure();
    Quantity::from_units(units, measure.scale, measure.unit).unwrap()
}

/// A batch with obligated, retained and circulating units, of which the claimant still has some.
fn standing(
    n: u128,
    [obligated, retained, circulating, available, buffer]: [i64; 5],
) -> BatchStanding {
    let part = |kpi, units, at| Part {
        retirement: id(n + at),
        kpi,
        units,
    };
    let parts = [
        part(Some(id(101)), obligated, 100),
        part(None, retained, 200),
    ];
    let sold = circulating - available - buffer;
    BatchStanding {
        batch: Batch {
            id: id(n),
            class: id(80),
            claim: id(n + 300),
            claimant: organisation(SUPPLIER),
            period: period("2026-03-01", "2026-06-01"),
            // What was sold has been retired by others in the meantime.
            serials: Serials::resume(
                obligated + retained + circulating,
                obligated + retained + sold,
                0,
            )
            .unwrap(),
        },
        parts: parts.into_iter().filter(|part| part.units > 0).collect(),
        circulating,
        cancelled: 0,
        group: vec![holding(SUPPLIER, available)],
    }
}

fn holding(n: u128, available: i64) -> Holding {
    Holding {
        holder: organisation(n),
        available,
        holds: Vec::new(),
    }
}

fn buffer(standing: &BatchStanding, units: i64) -> Buffered {
    Buffered {
        batch: standing.batch.id,
        serials: standing.batch.serials,
        units,
    }
}

fn reduce(
    (verified, reduced): (i64, i64),
    batches: &[BatchStanding],
    pool: &[Buffered],
) -> Result<Reduction, ReductionError> {
    changed((verified, reduced), batches, pool, |_| ())
}

fn changed(
    (verified, reduced): (i64, i64),
    batches: &[BatchStanding],
    pool: &[Buffered],
    change: impl FnOnce(&mut ReductionFacts<'_>),
) -> Result<Reduction, ReductionError> {
    let mut facts = ReductionFacts {
        claim: id(5),
        claimant: organisation(SUPPLIER),
        verified: &quantity(verified),
        basis: Basis::Proposal(id(60)),
        reduced: &quantity(reduced),
        outside: None,
        batches,
        registrar: id(21),
        earlier: &[id(20), id(30), id(40)],
    };
    change(&mut facts);
    decide_fall(&facts)?.made_good(id(75), pool.iter().copied())
}

/// Units withdrawn, taken from the claimant, drawn and owed.
fn sums(reduction: &Reduction) -> [i64; 4] {
    let taken = reduction.losses.iter().flat_map(|loss| &loss.taken);
    [
        reduction.withdrawn.iter().map(|w| w.units).sum(),
        taken.map(|taken| taken.serials.units()).sum(),
        reduction
            .drawn
            .iter()
            .map(|draw| draw.serials.units())
            .sum(),
        reduction.owed.as_ref().map_or(0, |owed| owed.units),
    ]
}

#[test]
fn surplus_falls_first_and_obligated_units_after_it() {
    let batches = [standing(90, [80, 10, 20, 18, 2])];
    let pool = [buffer(&batches[0], 2)];
    assert_eq!(
        sums(&reduce((110, 100), &batches, &pool).unwrap()),
        [10, 0, 0, 0]
    );
    assert_eq!(
        sums(&reduce((110, 85), &batches, &pool).unwrap()),
        [10, 15, 0, 0]
    );
    let deep = reduce((110, 70), &batches, &pool).unwrap();
    assert_eq!(sums(&deep), [10 + 10, 18, 2, 0]);
    assert_eq!(
        deep.withdrawn[1].retirement,
        id(190),
        "the KPI's certificate"
    );
}

#[test]
fn what_a_claims_own_certificate_no_longer_covers_falls_from_the_others_of_the_kpi() {
    // Of a promise of 10, claims of 10 and 5 were verified. The first fell to 7, which took 3 of the surplus of the second:
    // its 5 stand behind 2 of surplus alone when it falls to nothing.
    let batches = [
        standing(91, [0, 0, 2, 2, 0]),
        standing(90, [10, 0, 0, 0, 0]),
    ];
    let reduction = reduce((5, 0), &batches, &[]).unwrap();
    assert_eq!(sums(&reduction), [3, 2, 0, 0]);
    assert_eq!(reduction.withdrawn[0].batch, id(90));
}

#[test]
fn no_more_buffers_are_read_than_stand_in() {
    let batches = [standing(90, [0, 0, 20, 3, 2])];
    let older = standing(70, [0, 0, 40, 0, 4]);
    let pool = [buffer(&batches[0], 2), buffer(&older, 4)];
    let read = |reduced| {
        let mut read = 0;
        let pool = pool.iter().copied().inspect(|_| read += 1);
        let facts = ReductionFacts {
            claim: id(5),
            claimant: organisation(SUPPLIER),
            verified: &quantity(20),
            basis: Basis::Proposal(id(60)),
            reduced: &quantity(reduced),
            outside: None,
            batches: &batches,
            registrar: id(21),
            earlier: &[],
        };
        let fall = decide_fall(&facts).unwrap();
        let missing = fall.missing();
        fall.made_good(id(75), pool).unwrap();
        (missing, read)
    };
    assert_eq!([read(17), read(15), read(14)], [(0, 0), (2, 1), (3, 2)]);
}

#[test]
fn an_obligated_loss_never_draws_on_the_buffer() {
    let batches = [standing(90, [80, 0, 0, 0, 0])];
    let other = standing(91, [0, 0, 50, 0, 50]);
    let reduction = reduce((80, 30), &batches, &[buffer(&other, 50)]).unwrap();
    assert_eq!(sums(&reduction), [50, 0, 0, 0]);
}

#[test]
fn what_was_sold_is_made_good_by_the_buffer_and_then_owed() {
    let batches = [standing(90, [0, 0, 20, 3, 2])];
    let older = standing(70, [0, 0, 40, 0, 4]);
    let pool = [buffer(&batches[0], 2), buffer(&older, 4)];
    let reduction = reduce((20, 0), &batches, &pool).unwrap();
    assert_eq!(sums(&reduction), [0, 3, 6, 11]);
    assert_eq!(
        reduction.drawn[0].batch,
        id(90),
        "its own buffer comes first"
    );
    assert_eq!(reduction.owed.unwrap().liability, id(75));
    let own = reduction.losses[0].taken[0].serials;
    assert_eq!(
        reduction.drawn[0].serials.to(),
        own.from(),
        "serials are given once"
    );
}

#[test]
fn another_batch_of_the_kpi_loses_its_surplus_before_obligated_units_fall() {
    let batches = [
        standing(90, [80, 0, 0, 0, 0]),
        standing(91, [0, 5, 15, 14, 1]),
    ];
    let reduction = reduce((80, 70), &batches, &[]).unwrap();
    assert_eq!(sums(&reduction), [5, 5, 0, 0]);
    assert_eq!(reduction.losses[0].batch, id(91));
}

#[test]
fn holds_break_only_as_far_as_they_are_needed() {
    let mut own = standing(90, [0, 0, 20, 20, 0]);
    let hold = |n, units| Hold {
        id: id(n),
        batch: id(90),
        holder: organisation(SUPPLIER),
        to: None,
        units,
        expires_at: Time::from_micros(0),
    };
    own.group[0].available = 8;
    own.group[0].holds = vec![hold(71, 7), hold(72, 5)];
    let broken = |reduced| {
        let batches = [own.clone()];
        let reduction = reduce((20, reduced), &batches, &[]).unwrap();
        assert_eq!(sums(&reduction)[1], 20 - reduced);
        reduction.losses[0].taken[0].broken.len()
    };
    assert_eq!([broken(12), broken(11), broken(5), broken(4)], [0, 1, 1, 2]);
}

#[test]
fn what_went_to_others_of_the_group_falls_after_the_claimants_own_and_before_the_buffer() {
    let mut own = standing(90, [0, 0, 20, 3, 2]);
    // Moved to two of the group, of whom the later one alone holds some of it for somebody; 4 units were sold.
    own.batch.serials = Serials::resume(20, 4, 0).unwrap();
    let mut sister = holding(7, 0);
    sister.holds = vec![Hold {
        id: id(71),
        batch: id(90),
        holder: organisation(7),
        to: None,
        units: 6,
        expires_at: Time::from_micros(0),
    }];
    own.group.insert(0, sister);
    own.group.insert(0, holding(6, 5));
    let taken = |reduced: i64| {
        let batches = [own.clone()];
        let reduction = reduce((20, reduced), &batches, &[buffer(&own, 2)]).unwrap();
        let taken = reduction.losses[0].taken.iter();
        let taken: Vec<_> = taken
            .map(|taken| (taken.holder, taken.serials.units(), taken.broken.len()))
            .collect();
        (taken, sums(&reduction)[2..].to_vec())
    };
    let all = [(SUPPLIER, 3, 0), (6, 5, 0), (7, 6, 1)]
        .map(|(n, units, broken)| (organisation(n), units, broken));
    assert_eq!(taken(17), (all[..1].to_vec(), vec![0, 0]));
    assert_eq!(taken(12), (all[..2].to_vec(), vec![0, 0]));
    assert_eq!(taken(0), (all.to_vec(), vec![2, 4]));
}

#[test]
fn what_was_cancelled_falls_first_and_costs_nothing() {
    // Of 75 the claimant cancelled 68 and the other 7 are the buffer.
    let mut own = standing(90, [0, 0, 75, 0, 7]);
    own.batch.serials = Serials::resume(75, 0, 68).unwrap();
    own.cancelled = 68;
    let other = standing(70, [0, 0, 40, 0, 40]);
    let pool = [buffer(&own, 7), buffer(&other, 40)];
    let fell = |reduced| {
        let reduction = reduce((75, reduced), &[own.clone()], &pool).unwrap();
        (reduction.losses[0].cancelled, sums(&reduction))
    };
    assert_eq!(fell(67), (8, [0; 4]));
    assert_eq!(fell(0), (68, [0, 0, 7, 0]));
}

#[test]
fn outside_contracts_the_deadweight_is_taken_off_what_is_left() {
    let batches = [standing(90, [20, 0, 60, 54, 6])];
    let outside = |facts: &mut ReductionFacts<'_>| facts.outside = measure().deadweight;
    let reduce = |reduced| sums(&changed((100, reduced), &batches, &[], outside).unwrap());
    assert_eq!(reduce(90), [0, 60 - 52, 0, 0], "floor(70 * 0.75) stays");
    assert_eq!(reduce(20), [0, 54, 0, 6]);
    assert_eq!(reduce(15), [5, 54, 0, 6]);
}

#[test]
fn a_claim_that_was_not_issued_only_changes_its_quantity() {
    let reduction = reduce((80, 0), &[], &[]).unwrap();
    assert_eq!(sums(&reduction), [0; 4]);
    assert_eq!(reduction.verified, quantity(0));
}

#[test]
fn what_an_earlier_decision_took_back_further_stays() {
    let batches = [standing(90, [80, 0, 0, 0, 0])];
    for reduced in [80, 81] {
        let reduction = reduce((80, reduced), &batches, &[]).unwrap();
        assert_eq!(
            (sums(&reduction), reduction.verified),
            ([0; 4], quantity(80))
        );
    }
}

#[test]
fn whoever_decided_does_not_carry_out() {
    let batches = [standing(90, [80, 0, 0, 0, 0])];
    let same = changed((80, 70), &batches, &[], |facts| facts.registrar = id(40));
    assert_eq!(same, Err(ReductionError::SamePerson(id(40))));
}

proptest! {
    #[test]
    fn a_reduction_of_q_takes_exactly_q_or_records_a_liability(
        parts in prop::collection::vec((0_i64..50, 0_i64..50, 0_i64..50, 0_i64..40, 0_i64..40), 1..4),
        cancelled in 0_i64..60,
        fall in 1_i64..200,
    ) {
        let parts: Vec<_> = parts.into_iter().filter(|(a, b, c, d, e)| a + b + c + d + e > 0).collect();
        prop_assume!(!parts.is_empty());
        let mut batches: Vec<_> = (90..)
            .zip(&parts)
            .map(|(n, (o, r, own, sold, kept))| standing(n, [*o, *r, own + sold + kept, *own, *kept]))
            .collect();
        let pool: Vec<_> = batches.iter().zip(&parts).map(|(batch, parts)| buffer(batch, parts.4)).collect();
        // Some of what was sold was cancelled; the test's serials count it as retired.
        batches[0].cancelled = cancelled.min(parts[0].3);
        let own = &batches[0];
        let verified: i64 = own.parts.iter().map(|part| part.units).sum::<i64>() + own.circulating;
        prop_assume!(fall <= verified);
        let reduction = reduce((verified, verified - fall), &batches, &pool).unwrap();
        let fell: i64 = reduction.losses.iter().map(|loss| loss.cancelled).sum();
        prop_assert!(fell <= own.cancelled);
        prop_assert_eq!(sums(&reduction).iter().sum::<i64>() + fell, fall);
        prop_assert!(sums(&reduction).iter().all(|units| *units >= 0));
    }
}
