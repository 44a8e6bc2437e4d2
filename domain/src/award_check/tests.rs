//! Each verdict, doubt and note by a small contest of its own.

use rust_decimal::Decimal;

use super::*;

fn price(amount: &str) -> Price {
    Price {
        amount: Decimal::from_str_exact(amount).unwrap(),
        currency: Some("KRW".into()),
        tax_included: None,
    }
}

fn bid(id: &str, amount: &str) -> ContestBid {
    ContestBid {
        id: id.into(),
        bidders: [format!("org-{id}")].into(),
        name: format!("Firm {id}"),
        state: BidState::Standing,
        price: Some(price(amount)),
    }
}

fn award(bid: &str) -> ContestAward {
    ContestAward {
        id: "1".into(),
        bids: [bid.to_owned()].into(),
        ..ContestAward::default()
    }
}

fn contest(bids: &[(&str, &str)], winner: &str) -> Contest {
    Contest {
        ocid: "ocds-test-1".into(),
        bids: bids.iter().map(|(id, amount)| bid(id, amount)).collect(),
        awards: vec![award(winner)],
        ..Contest::default()
    }
}

fn doubt(contest: &Contest) -> Doubt {
    match check(contest).verdict {
        Verdict::CannotTell(doubt) => doubt,
        other => panic!("expected a doubt, got {other:?}"),
    }
}

fn difference(contest: &Contest) -> Difference {
    match check(contest).verdict {
        Verdict::Differs(difference) => difference,
        other => panic!("expected a difference, got {other:?}"),
    }
}

fn notes(contest: &Contest) -> Vec<&'static str> {
    let finding = check(contest);
    assert!(
        matches!(finding.verdict, Verdict::Agrees { .. }),
        "{finding:?}"
    );
    finding.notes.iter().map(Note::code).collect()
}

#[test]
fn the_lowest_price_wins_by_an_assumed_rule() {
    let finding = check(&contest(&[("a", "120"), ("b", "100.5")], "b"));
    assert_eq!(finding.basis, Basis::Assumed);
    assert!(
        matches!(finding.verdict, Verdict::Agrees { ref winner } if winner.to_string() == "bid b of Firm b (100.5 KRW)")
    );
    assert!(finding.notes.is_empty());
}

#[test]
fn a_declared_lowest_price_is_not_called_assumed() {
    let mut contest = contest(&[("a", "120"), ("b", "100")], "b");
    contest.rule = DeclaredRule::LowestPrice;
    assert_eq!(check(&contest).basis, Basis::Declared);
}

#[test]
fn a_lower_valid_bid_that_lost_is_named() {
    let found = difference(&contest(&[("a", "120"), ("b", "100")], "a"));
    assert_eq!(
        found.to_string(),
        "bid a of Firm a (120 KRW) won, but bid b of Firm b (100 KRW) is lower and valid"
    );
}

#[test]
fn amounts_that_differ_beyond_what_a_float_holds_are_told_apart() {
    let found = contest(
        &[("a", "10000000000000000.02"), ("b", "10000000000000000.01")],
        "a",
    );
    assert_eq!(difference(&found).code(), "lowerValidBid");
}

#[test]
fn a_bid_below_the_minimum_does_not_win() {
    let mut found = contest(&[("a", "90"), ("b", "100"), ("c", "120")], "b");
    found.minimum = Some(price("100"));
    assert_eq!(notes(&found), ["thanksToMinimum"]);
    found.awards = vec![award("a")];
    assert_eq!(difference(&found).code(), "winnerBelowMinimum");
    found.awards = vec![award("c")];
    assert_eq!(difference(&found).code(), "lowerValidBid");
}

#[test]
fn a_minimum_above_every_bid_is_doubted() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.minimum = Some(price("500"));
    assert_eq!(doubt(&found).code(), "minimumAboveEveryBid");
}

#[test]
fn a_tie_that_contains_the_winner_agrees_and_is_noted() {
    let found = contest(&[("a", "100"), ("b", "100.00"), ("c", "101")], "b");
    assert_eq!(notes(&found), ["tieAmongLowest"]);
}

#[test]
fn a_disqualified_lower_bid_is_named() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "b");
    found.bids[0].state = BidState::Disqualified;
    assert_eq!(notes(&found), ["lowerBidsDisqualified"]);
    let finding = check(&found);
    assert_eq!(
        finding.notes[0].to_string(),
        "lower but disqualified: bid a of Firm a (90 KRW)"
    );
}

#[test]
fn an_unsuccessful_award_disqualifies_its_bid_and_a_cancelled_one_does_not() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "b");
    found.awards.push(ContestAward {
        state: AwardState::Unsuccessful,
        ..award("a")
    });
    assert_eq!(notes(&found), ["lowerBidsDisqualified"]);
    found.awards[1].state = AwardState::Void;
    assert_eq!(difference(&found).code(), "lowerValidBid");
}

#[test]
fn a_refusal_that_was_reversed_leaves_the_winner_valid() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.awards.insert(
        0,
        ContestAward {
            state: AwardState::Unsuccessful,
            ..award("a")
        },
    );
    assert_eq!(notes(&found), Vec::<&str>::new());
}

#[test]
fn a_winner_that_was_disqualified_differs() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.bids[0].state = BidState::Disqualified;
    assert_eq!(difference(&found).code(), "winnerNotValid");
}

#[test]
fn fewer_than_two_priced_bids_cannot_tell() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.bids[1].state = BidState::Withdrawn;
    assert_eq!(doubt(&found), Doubt::FewerThanTwoPricedBids { priced: 1 });
    found.bids.clear();
    assert_eq!(doubt(&found), Doubt::FewerThanTwoPricedBids { priced: 0 });
}

#[test]
fn a_withdrawn_lower_bid_is_out_of_the_contest() {
    let mut found = contest(&[("a", "90"), ("b", "100"), ("c", "110")], "b");
    found.bids[0].state = BidState::Withdrawn;
    assert_eq!(notes(&found), Vec::<&str>::new());
}

#[test]
fn a_cancelled_contest_cannot_tell() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.cancelled = true;
    assert_eq!(doubt(&found), Doubt::Cancelled);
}

#[test]
fn a_rule_beside_the_price_cannot_be_recomputed() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "b");
    found.rule = DeclaredRule::NotPriceOnly("ratedCriteria".into());
    assert_eq!(
        doubt(&found).to_string(),
        "the declared rule is not price only: ratedCriteria"
    );
    found.rule = DeclaredRule::Unrecognised("as usual".into());
    assert_eq!(doubt(&found).code(), "ruleNotRecognised");
}

#[test]
fn currencies_and_tax_are_not_mixed() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.bids[1].price.as_mut().unwrap().currency = Some("USD".into());
    assert_eq!(
        doubt(&found).to_string(),
        "prices in several currencies: KRW, USD"
    );
    found.bids[1].price.as_mut().unwrap().currency = None;
    assert_eq!(notes(&found), ["currencyAssumed"]);
    found.bids[0].price.as_mut().unwrap().tax_included = Some(true);
    found.bids[1].price.as_mut().unwrap().tax_included = Some(false);
    assert_eq!(doubt(&found), Doubt::MixedTax);
}

#[test]
fn a_zero_price_is_no_offer() {
    let found = contest(&[("a", "0"), ("b", "100")], "b");
    assert_eq!(doubt(&found).code(), "priceNotPositive");
}

#[test]
fn a_missing_winner_cannot_tell() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.awards[0].state = AwardState::Pending;
    assert_eq!(doubt(&found), Doubt::NoWinnerPublished { pending: true });
    found.awards.clear();
    assert_eq!(doubt(&found), Doubt::NoWinnerPublished { pending: false });
}

#[test]
fn several_winners_cannot_tell() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.awards.push(award("b"));
    assert_eq!(doubt(&found), Doubt::SeveralWinners { winners: 2 });
}

#[test]
fn one_winner_named_by_bid_and_by_supplier_is_one_winner() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.awards.push(ContestAward {
        suppliers: ["org-a".to_owned()].into(),
        ..ContestAward::default()
    });
    assert_eq!(notes(&found), Vec::<&str>::new());
}

#[test]
fn a_winner_is_found_by_its_supplier() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.awards[0].bids.clear();
    found.awards[0].suppliers = ["org-b".to_owned()].into();
    assert_eq!(difference(&found).code(), "lowerValidBid");
    found.awards[0].suppliers = ["org-z".to_owned()].into();
    assert_eq!(doubt(&found), Doubt::WinnerNotAmongBids);
}

#[test]
fn a_consortium_wins_as_one() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.bids[0].bidders = ["org-a".to_owned(), "org-x".to_owned()].into();
    found.awards[0].bids.clear();
    found.awards[0].suppliers = found.bids[0].bidders.clone();
    assert_eq!(notes(&found), Vec::<&str>::new());
    found.awards[0].suppliers = ["org-a".to_owned(), "org-b".to_owned()].into();
    assert_eq!(doubt(&found), Doubt::SeveralWinners { winners: 2 });
}

#[test]
fn a_bidder_with_two_bids_wins_with_the_one_at_the_award_value() {
    let mut found = contest(&[("a", "90"), ("b", "100"), ("c", "95")], "a");
    found.bids[1].bidders = found.bids[0].bidders.clone();
    found.awards[0].bids.clear();
    found.awards[0].suppliers = ["org-a".to_owned()].into();
    assert_eq!(notes(&found), Vec::<&str>::new());
    found.awards[0].value = Some(price("100"));
    assert_eq!(difference(&found).code(), "lowerValidBid");
}

#[test]
fn an_award_for_another_sum_than_the_bid_is_noted() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.awards[0].value = Some(price("80"));
    assert_eq!(notes(&found), ["awardValueDiffers"]);
}

#[test]
fn unknown_losers_forbid_an_agreement_but_not_a_difference() {
    let mut found = contest(&[("a", "90"), ("b", "100"), ("c", "1")], "a");
    found.bids[2].price = None;
    assert_eq!(
        doubt(&found),
        Doubt::UnknownLosers {
            unpriced: 1,
            unlisted: 0
        }
    );
    found.awards = vec![award("b")];
    assert_eq!(difference(&found).code(), "lowerValidBid");
    found.awards = vec![award("c")];
    assert_eq!(doubt(&found).code(), "winnerWithoutPrice");
}

#[test]
fn bids_that_are_counted_but_not_listed_forbid_an_agreement() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "a");
    found.stated_bids = Some(1);
    assert_eq!(notes(&found), Vec::<&str>::new());
    found.stated_bids = Some(5);
    assert_eq!(
        doubt(&found),
        Doubt::UnknownLosers {
            unpriced: 0,
            unlisted: 3
        }
    );
}

#[test]
fn a_lower_bid_of_unknown_status_forbids_an_agreement() {
    let mut found = contest(&[("a", "90"), ("b", "100")], "b");
    found.bids[0].state = BidState::Unrecognised("en estudio".into());
    assert_eq!(doubt(&found).code(), "bidStatusNotRecognised");
    found.awards = vec![award("a")];
    assert_eq!(notes(&found), Vec::<&str>::new());
}

#[test]
fn bids_with_one_id_are_not_taken_for_several_winners() {
    let found = contest(&[("1", "90"), ("1", "100")], "1");
    assert_eq!(notes(&found), Vec::<&str>::new());
}
