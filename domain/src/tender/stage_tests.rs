//! The table of stages, and the decisions about time.

use super::stage::Stage::{self, *};
use super::stage::{Step, TenderError};
use crate::tender::fixtures::{at, full_plan, leaf, linear, plan};

#[test]
fn a_bid_counts_by_its_arrival_up_to_the_deadline_itself() {
    let plan = full_plan();
    let on_time = plan.closes_at;
    let late = on_time.plus_micros(1);
    assert_eq!(Published.can_submit(&plan, on_time), Ok(()));
    let closed = TenderError::Closed {
        closes_at: plan.closes_at,
    };
    assert_eq!(Published.can_submit(&plan, late), Err(closed));
    assert_eq!(Published.can_withdraw(&plan, late), Err(closed));
    assert_eq!(Opened.can_submit(&plan, late), Err(closed));
    assert!(matches!(
        Opened.can_submit(&plan, on_time),
        Err(TenderError::WrongStage { .. })
    ));
}

#[test]
fn a_cancelled_tender_takes_no_step() {
    let plan = full_plan();
    let early = at("2026-06-01T00:00:00Z");
    let cancelled = Err(TenderError::Cancelled);
    assert_eq!(Cancelled.can_submit(&plan, early), cancelled);
    assert_eq!(
        Cancelled.can_open(&plan, plan.opens_at).map(|_| ()),
        cancelled
    );
    assert_eq!(Cancelled.after(Step::Cancel).map(|_| ()), cancelled);
}

#[test]
fn bids_open_after_the_deadline_and_not_before_the_opening_time() {
    let mut plan = full_plan();
    assert!(matches!(
        Published.can_open(&plan, plan.closes_at.plus_micros(1)),
        Err(TenderError::NotYetOpen { .. })
    ));
    assert_eq!(Published.can_open(&plan, plan.opens_at), Ok(Opened));
    assert!(Opened.can_open(&plan, plan.opens_at).is_err(), "once");
    plan.opens_at = plan.closes_at;
    assert!(Published.can_open(&plan, plan.closes_at).is_err());
    assert_eq!(
        Published.can_open(&plan, plan.closes_at.plus_micros(1)),
        Ok(Opened)
    );
}

#[test]
fn the_way_to_a_contract_is_one_line_through_the_table() {
    let steps = [
        Step::Open,
        Step::AssignPanel,
        Step::DeclareConflict,
        Step::SealMark,
        Step::ChangeMark,
        Step::BeginModeration,
        Step::Moderate,
        Step::SignPart,
        Step::SignConsensus,
        Step::Rank,
        Step::ProposeAward,
        Step::DecideAward,
        Step::SendLetters,
        Step::Notify,
        Step::SignContract,
    ];
    let end = steps.into_iter().try_fold(Closed, Stage::after);
    assert_eq!(end, Ok(Contracted));
    assert!(Evaluating.after(Step::SignConsensus).is_err());
    assert!(Moderating.after(Step::SealMark).is_err());
    assert!(ConsensusSigned.after(Step::ChangeMark).is_err());
    assert!(ConsensusSigned.after(Step::ProposeAward).is_err());
    assert!(Ranked.after(Step::DecideAward).is_err());
    assert_eq!(Awarded.after(Step::Cancel), Ok(Cancelled));
    assert!(Contracted.after(Step::Cancel).is_err());
    assert_eq!(AwardProposed.after(Step::ExcludeBid), Ok(ConsensusSigned));
}

#[test]
fn a_plan_that_nobody_judges_is_ranked_after_the_opening() {
    let priced = plan(vec![leaf("PRICE", "100", linear("2", "1"))]);
    assert_eq!(Opened.can_rank(&priced), Ok(Ranked));
    assert!(Opened.can_rank(&full_plan()).is_err());
    assert_eq!(ConsensusSigned.can_rank(&full_plan()), Ok(Ranked));
}

#[test]
fn with_two_envelopes_prices_come_between_consensus_and_ranking() {
    let mut plan = full_plan();
    assert_eq!(
        ConsensusSigned.can_open_prices(&plan),
        Err(TenderError::OneEnvelope)
    );
    plan.envelopes = crate::tender::plan::Envelopes::Two;
    assert_eq!(
        ConsensusSigned.can_rank(&plan),
        Err(TenderError::PricesClosed)
    );
    assert!(Evaluating.can_open_prices(&plan).is_err());
    assert_eq!(ConsensusSigned.can_open_prices(&plan), Ok(PricesOpened));
    assert_eq!(PricesOpened.can_rank(&plan), Ok(Ranked));
    for stage in [PricesOpened, Ranked, AwardProposed] {
        assert_eq!(stage.can_exclude(&plan), Ok(PricesOpened));
    }
    assert_eq!(ConsensusSigned.can_exclude(&plan), Ok(ConsensusSigned));
    assert_eq!(Ranked.can_exclude(&full_plan()), Ok(ConsensusSigned));
}

#[test]
fn a_contract_is_signed_from_the_end_of_the_standstill_on_and_a_challenge_comes_before_it() {
    let end = at("2026-07-10T00:00:00Z");
    let before = end.plus_micros(-1);
    assert_eq!(
        Standstill.can_sign(Step::SignContract, Some(end), before),
        Err(TenderError::StandsStill { ends_at: end })
    );
    assert_eq!(
        Standstill.can_sign(Step::SignContract, Some(end), end),
        Ok(Contracted)
    );
    assert_eq!(
        Standstill.can_sign(Step::SignContract, None, before),
        Ok(Contracted)
    );
    assert_eq!(
        Standstill.can_sign(Step::sign(1, 2), Some(end), end),
        Ok(Standstill),
        "another lot waits for its contract"
    );
    assert!(
        Suspended
            .can_sign(Step::SignContract, Some(end), end)
            .is_err()
    );
    assert_eq!(Standstill.can_suspend(Some(end), before), Ok(Suspended));
    for (ends_at, now) in [(Some(end), end), (None, before)] {
        assert_eq!(
            Standstill.can_suspend(ends_at, now),
            Err(TenderError::NothingToSuspend)
        );
    }
}

#[test]
fn a_refused_step_says_what_comes_next() {
    let error = Awarded.after(Step::SignContract).unwrap_err();
    assert!(
        error.to_string().contains("send every bidder a letter"),
        "{error}"
    );
}

#[test]
fn once_a_contract_is_signed_a_tender_is_annulled_and_no_longer_cancelled() {
    let (plan, now) = (full_plan(), at("2026-07-10T00:00:00Z"));
    assert_eq!(Standstill.can_annul(0), Ok(Ranked));
    assert_eq!(Standstill.can_annul(1), Ok(Annulled));
    assert_eq!(Contracted.can_annul(1), Ok(Annulled));
    assert_eq!(Standstill.can_cancel(&plan, 0, now), Ok(Cancelled));
    assert_eq!(
        Standstill.can_cancel(&plan, 1, now),
        Err(TenderError::PartlyContracted)
    );
    assert!(Ranked.can_annul(0).is_err());
}
