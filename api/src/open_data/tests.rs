//! What the readers survive, each by a small record written for it.

use std::ops::ControlFlow;

use commonweal_domain::award_check::{Doubt, Finding, Verdict, check};
use serde_json::{Value, json};

use super::*;

fn records(bytes: &[u8]) -> Vec<Record> {
    let mut all = Vec::new();
    read(bytes, &mut |record| {
        all.push(record);
        ControlFlow::Continue(())
    })
    .unwrap();
    all
}

fn releases_in(bytes: &[u8]) -> Vec<Release> {
    records(bytes)
        .into_iter()
        .flat_map(|record| {
            assert_eq!(record.problems, [], "{record:?}");
            record.releases
        })
        .collect()
}

fn one(json: &Value) -> Release {
    let mut releases = releases_in(json.to_string().as_bytes());
    assert_eq!(releases.len(), 1);
    releases.remove(0)
}

fn problem(json: &Value) -> (Vec<Release>, String) {
    let record = records(json.to_string().as_bytes()).remove(0);
    let problem = &record.problems[0];
    let said = format!("{}: {}", problem.path, problem.reason);
    (record.releases, said)
}

fn findings(release: &Release) -> Vec<Finding> {
    release.contests().iter().map(check).collect()
}

fn reason(release: &Release) -> &'static str {
    match findings(release).remove(0).verdict {
        Verdict::Agrees { .. } => "agrees",
        Verdict::Differs(difference) => difference.code(),
        Verdict::CannotTell(doubt) => doubt.code(),
    }
}

/// A release with priced bids of one bidder each, awarded to the named bid.
fn contest(bids: &[(&str, Value)], winner: &str) -> Value {
    let details: Vec<Value> = bids
        .iter()
        .map(|(id, amount)| {
            json!({"id": id, "status": "valid", "tenderers": [{"id": format!("T-{id}"), "name": id}],
                "value": {"amount": amount, "currency": "EUR"}})
        })
        .collect();
    json!({"ocid": "ocds-abc-1", "id": "r1", "date": "2024-05-06T07:08:09Z", "tag": ["award"],
        "tender": {"id": "t", "status": "complete"}, "bids": {"details": details},
        "awards": [{"id": "a", "status": "active", "relatedBids": [winner]}]})
}

fn two_bids() -> Value {
    contest(&[("low", json!(90.10)), ("high", json!(120))], "low")
}

#[test]
fn a_release_is_read_in_its_whitelisted_fields() {
    let release = one(
        &json!({"ocid": "ocds-abc-1", "id": "r1", "date": "2024-05-06T07:08:09+02:00",
        "buyer": {"id": "B", "name": "Town"}, "parties": [{"id": "S", "name": "Baker", "contactPoint": {"email": "x@y"}}],
        "tender": {"title": "Bread", "status": "complete", "awardCriteria": "priceOnly",
            "value": {"amount": 10, "currency": "eur"}, "minValue": {"amount": 5, "currency": "EUR"}},
        "awards": [{"id": "1", "suppliers": [{"id": "S"}], "value": {"amount": "7.50", "currency": "EUR"}}]}),
    );
    assert_eq!(release.buyer.as_ref().unwrap().name, "Town");
    assert_eq!(
        release.date.unwrap().to_string(),
        "2024-05-06T05:08:09.000000Z"
    );
    assert_eq!(
        release.tender.minimum.as_ref().unwrap().to_string(),
        "5 EUR"
    );
    assert_eq!(release.tender.value.as_ref().unwrap().to_string(), "10 EUR");
    assert_eq!(release.awards[0].suppliers[0].name, "Baker");
    assert_eq!(
        release.awards[0].value.as_ref().unwrap().to_string(),
        "7.5 EUR"
    );
}

#[test]
fn personal_data_is_not_taken() {
    let mut release = two_bids();
    let person = json!({"name": "Ann Other", "email": "ann@example.org", "telephone": "+1234"});
    release["buyer"] = json!({"id": "B", "name": "Town", "contactPoint": person, "address": {"streetAddress": "1 Lane"}});
    release["bids"]["details"][0]["tenderers"][0]["contactPoint"] = person.clone();
    release["parties"] = json!([{"id": "B", "contactPoint": person, "persones": [person]}]);
    let kept = serde_json::to_string(&one(&release)).unwrap();
    for secret in ["Ann", "example.org", "1234", "Lane"] {
        assert!(!kept.contains(secret), "{kept}");
    }
}

#[test]
fn a_missing_amount_and_zero_without_currency_are_unknown() {
    for value in [
        json!({"currency": "EUR"}),
        json!({"amount": 0, "currency": null}),
        json!({}),
        json!(null),
        json!([]),
    ] {
        let mut release = two_bids();
        release["bids"]["details"][1]["value"] = value;
        let read = one(&release);
        assert_eq!(read.bids[1].value, None);
        assert_eq!(reason(&read), "fewerThanTwoPricedBids");
    }
}

#[test]
fn zero_with_a_currency_is_a_price_that_is_doubted() {
    let release = one(&contest(&[("a", json!(0)), ("b", json!(1))], "a"));
    assert_eq!(reason(&release), "priceNotPositive");
}

#[test]
fn numbers_as_strings_and_long_fractions_stay_exact() {
    let text = contest(&[("a", json!("90.10")), ("b", json!(120))], "a")
        .to_string()
        .replace("120", "90.1000000000000000001");
    let release = releases_in(text.as_bytes()).remove(0);
    assert_eq!(
        release.bids[1].value.as_ref().unwrap().amount.to_string(),
        "90.1000000000000000001"
    );
    assert_eq!(reason(&release), "agrees");
}

#[test]
fn an_amount_that_is_no_number_is_left_out_and_said() {
    let (releases, said) = problem(&contest(&[("a", json!("1.200,50")), ("b", json!(1))], "b"));
    assert_eq!(releases[0].bids[0].value, None);
    assert!(
        said.starts_with("bids.details[0].value.amount: `1.200,50` is not"),
        "{said}"
    );
}

#[test]
fn bids_valued_only_per_lot_make_one_contest_per_lot() {
    let bid = |id: &str, one: u32, two: u32| {
        json!({"id": id, "tenderers": [{"id": id}], "lotValues": [
            {"relatedLot": "L1", "value": {"amount": one, "currency": "EUR"}},
            {"relatedLot": "L2", "value": {"amount": two, "currency": "EUR"}}]})
    };
    let release = one(&json!({"ocid": "o", "id": "1",
        "tender": {"lots": [{"id": "L1"}, {"id": "L2"}, {"id": "L3", "status": "cancelled"}]},
        "bids": {"details": [bid("a", 10, 40), bid("b", 20, 30)]},
        "awards": [{"id": "1", "relatedLots": ["L1"], "relatedBids": ["a"]},
            {"id": "2", "relatedLots": ["L2"], "suppliers": [{"id": "a"}]}]}));
    let verdicts: Vec<Verdict> = findings(&release)
        .into_iter()
        .map(|finding| finding.verdict)
        .collect();
    assert!(matches!(verdicts[0], Verdict::Agrees { .. }));
    assert!(matches!(verdicts[1], Verdict::Differs(_)));
    assert_eq!(verdicts[2], Verdict::CannotTell(Doubt::Cancelled));
}

#[test]
fn one_price_for_two_lots_is_the_price_of_neither() {
    let bid = |id: &str, lots: Value| json!({"id": id, "relatedLots": lots, "value": {"amount": 10, "currency": "EUR"}});
    let release = one(&json!({"ocid": "o", "id": "1",
        "bids": {"details": [bid("a", json!(["L1", "L2"])), bid("b", json!(["L1"])), bid("c", json!(["L1"]))]},
        "awards": [{"relatedBids": ["b"], "relatedLots": ["L1"]}]}));
    assert_eq!(reason(&release), "unknownLosers");
}

#[test]
fn mixed_currencies_are_not_compared() {
    let mut release = two_bids();
    release["bids"]["details"][0]["value"]["currency"] = json!("USD");
    assert_eq!(reason(&one(&release)), "mixedCurrencies");
}

#[test]
fn a_price_without_currency_is_in_that_of_the_tender() {
    let mut release = two_bids();
    release["tender"]["value"] = json!({"amount": 200, "currency": "EUR"});
    release["bids"]["details"][0]["value"] = json!({"amount": 90});
    let finding = findings(&one(&release)).remove(0);
    assert!(finding.notes.is_empty(), "{finding:?}");
}

#[test]
fn repeated_blank_and_consortium_bidders_are_read() {
    let mut release = two_bids();
    let tenderers = [
        json!([{"id": "A"}, {"id": "B"}, {"id": "A"}]),
        json!([{"id": "", "name": ""}]),
    ];
    for (index, tenderers) in tenderers.into_iter().enumerate() {
        release["bids"]["details"][index]["tenderers"] = tenderers;
    }
    release["awards"][0] = json!({"id": "1", "suppliers": [{"id": "B"}, {"id": "A"}]});
    let read = one(&release);
    assert_eq!(read.bids[0].tenderers.len(), 2);
    assert_eq!(read.bids[1].tenderers, []);
    assert_eq!(reason(&read), "agrees");
}

#[test]
fn several_winners_none_and_one_that_is_not_the_lowest_are_told_apart() {
    let mut release = two_bids();
    release["awards"][0]["relatedBids"] = json!(["low", "high"]);
    assert_eq!(reason(&one(&release)), "severalWinners");
    release["awards"] = json!([]);
    assert_eq!(reason(&one(&release)), "noWinnerPublished");
    release["awards"] = json!([{"id": 1, "relatedBids": ["high"], "status": "active"}]);
    assert_eq!(reason(&one(&release)), "lowerValidBid");
}

#[test]
fn statistics_above_the_list_mean_unknown_losers_and_below_it_nothing() {
    let mut release = two_bids();
    release["bids"]["statistics"] = json!([{"id": "1", "measure": "bids", "value": 1}]);
    assert_eq!(reason(&one(&release)), "agrees");
    release["bids"]["statistics"] = json!([{"id": "1", "measure": "bids", "value": "15"}]);
    assert_eq!(reason(&one(&release)), "unknownLosers");
    release["bids"]["statistics"] = json!(null);
    release["tender"]["numberOfTenderers"] = json!(3);
    assert_eq!(reason(&one(&release)), "unknownLosers");
}

#[test]
fn only_a_winner_published_is_fewer_than_two_bids() {
    let release = one(&contest(&[("only", json!(5))], "only"));
    assert_eq!(reason(&release), "fewerThanTwoPricedBids");
}

#[test]
fn weights_are_read_however_they_are_written() {
    let numbers = json!([{"number": 60}, {"number": "40,5"}, {"number": "55 %"}, {"weight": "percentageExact"}]);
    let mut release = two_bids();
    release["tender"]["lots"] = json!([{"id": "L", "awardCriteria": {"criteria": [
        {"type": "price", "numbers": numbers}, {"type": "quality", "name": "Plan", "weight": "most"}, {}]}}]);
    let read = one(&release);
    let list = &read.tender.lots[0].criteria.list;
    assert_eq!(list[0].weights, ["60", "40,5", "55 %"]);
    assert_eq!(list[1].weights, ["most"]);
    assert_eq!(reason(&read), "notPriceOnly");
    release["tender"]["lots"][0]["awardCriteria"]["criteria"] = json!([{"type": "price"}]);
    assert_eq!(reason(&one(&release)), "agrees");
}

#[test]
fn declared_codes_are_known_or_named() {
    for (code, expected) in [
        ("priceOnly", "agrees"),
        ("lowestCost", "agrees"),
        ("ratedCriteria", "notPriceOnly"),
        ("the mayor's choice", "ruleNotRecognised"),
    ] {
        let mut release = two_bids();
        release["tender"]["awardCriteria"] = json!(code);
        assert_eq!(reason(&one(&release)), expected, "{code}");
    }
}

#[test]
fn empty_integer_and_duplicate_ids_do_not_confuse_bids() {
    let mut release = contest(&[("1", json!(10)), ("1", json!(20)), ("", json!(30))], "1");
    release["bids"]["details"][0]["id"] = json!(1);
    release["id"] = json!("");
    let read = one(&release);
    assert_eq!(read.id, None);
    assert_eq!(reason(&read), "agrees");
}

#[test]
fn unknown_identifier_schemes_and_missing_ids_still_name_an_organisation() {
    let mut release = two_bids();
    release["bids"]["details"][0]["tenderers"] =
        json!([{"identifier": {"scheme": "XX-MADE-UP", "id": 77}, "name": "N"}]);
    release["bids"]["details"][1]["tenderers"] = json!([{"name": "Only Name"}]);
    release["awards"] =
        json!([{"suppliers": [{"identifier": {"scheme": "XX-MADE-UP", "id": 77}}]}]);
    let read = one(&release);
    assert_eq!(read.bids[0].tenderers[0].id, "XX-MADE-UP-77");
    assert_eq!(read.bids[1].tenderers[0].id, "only name");
    assert_eq!(reason(&read), "agrees");
}

#[test]
fn every_wrapper_and_encoding_gives_the_same_release() {
    let bare = two_bids().to_string().replace("\"low\"", "\"Ñandú\"");
    let expected = releases_in(bare.as_bytes());
    let record = format!(r#"{{"ocid":"ocds-abc-1","releases":[{bare}]}}"#);
    for text in [
        format!("\u{feff}{bare}"),
        format!("[{bare}]"),
        format!(r#"{{"data":{bare}}}"#),
        format!(r#"{{"data":[{bare}],"page":1}}"#),
        format!(
            r#"{{"uri":"x","extensions":["http://dead.invalid/e.json"],"releases":[{bare}],"links":{{}}}}"#
        ),
        format!(r#"[{{"releases":[{bare}]}}]"#),
        format!(r#"{{"records":[{record}]}}"#),
        record,
    ] {
        assert_eq!(releases_in(text.as_bytes()), expected, "{text}");
        let latin: Vec<u8> = text
            .trim_start_matches('\u{feff}')
            .chars()
            .map(|char| u8::try_from(u32::from(char)).unwrap())
            .collect();
        assert_eq!(releases_in(&latin), expected);
        assert_eq!(releases_in(format!("{text}\n{text}").as_bytes()).len(), 2);
    }
}

#[test]
fn a_record_gives_its_compiled_release_else_its_versioned_one() {
    let mut compiled = two_bids();
    compiled["tag"] = json!(["compiled"]);
    let version = |value: Value| json!([{"releaseID": "1", "releaseDate": "2020-01-01", "releaseTag": ["award"], "value": value}]);
    let versioned = json!({"ocid": "ocds-abc-1", "tender": {"status": version(json!("complete"))},
        "bids": {"details": [
            {"id": "a", "tenderers": version(json!([{"id": "A"}])), "value": {"amount": version(json!(5)), "currency": version(json!("EUR"))}},
            {"id": "b", "value": {"amount": version(json!(6)), "currency": version(json!("EUR"))}}]},
        "awards": [{"id": "1", "status": version(json!("active")), "suppliers": version(json!([{"id": "A"}]))}]});
    let mut record = json!({"ocid": "ocds-abc-1", "releases": [two_bids()], "compiledRelease": compiled, "versionedRelease": versioned});
    assert_eq!(one(&record).form, Form::Compiled);
    record["compiledRelease"] = json!(null);
    let read = one(&record);
    assert_eq!(read.form, Form::Versioned);
    assert_eq!(reason(&read), "agrees");
    assert_eq!(one(&versioned).form, Form::Versioned);
}

#[test]
fn a_linked_release_is_not_fetched_and_said_so() {
    let (releases, said) = problem(
        &json!({"ocid": "o", "releases": [{"url": "https://x.invalid/1", "date": "2020"}]}),
    );
    assert_eq!(releases, []);
    assert!(said.starts_with("releases[0]: only a link"), "{said}");
}

#[test]
fn what_is_no_release_is_rejected_alone() {
    let package =
        json!({"releases": [7, {"id": "no ocid", "tender": {}}, two_bids(), null, {"other": 1}]});
    let records = records(package.to_string().as_bytes());
    let held: Vec<usize> = records.iter().map(|record| record.releases.len()).collect();
    assert_eq!(held, [0, 0, 1, 0, 0]);
    assert!(
        records
            .iter()
            .all(|record| record.releases.is_empty() != record.problems.is_empty())
    );
    assert_eq!(records[1].problems[0].path, "ocid");
}

#[test]
fn an_id_that_is_too_long_for_a_key_is_left_out_and_said() {
    let mut release = two_bids();
    release["id"] = json!("x".repeat(256));
    let (releases, said) = problem(&release);
    assert_eq!(releases[0].id, None);
    assert!(said.starts_with("id: longer than 255 bytes"), "{said}");
    release["ocid"] = json!("x".repeat(256));
    assert_eq!(problem(&release).0, []);
}

#[test]
fn a_bad_date_is_left_out_and_said() {
    let mut release = two_bids();
    release["date"] = json!("last spring");
    let (releases, said) = problem(&release);
    assert_eq!(releases[0].date, None);
    assert!(said.starts_with("date: `last spring`"), "{said}");
}

#[test]
fn a_test_record_is_marked() {
    let mut tender = prozorro();
    assert!(!one(&tender).test);
    tender["data"]["mode"] = json!("test");
    assert!(one(&tender).test);
}

#[test]
fn releases_of_one_process_merge_in_the_order_of_their_dates() {
    let tender = one(
        &json!({"ocid": "o", "id": "1", "date": "2024-01-01", "tender": {"title": "T", "awardCriteria": "priceOnly"},
        "bids": {"details": [{"id": "a", "value": {"amount": 1, "currency": "EUR"}}, {"id": "b", "value": {"amount": 2, "currency": "EUR"}}]}}),
    );
    let award = one(
        &json!({"ocid": "o", "id": "2", "date": "2024-02-01", "awards": [{"id": "1", "status": "pending", "relatedBids": ["a"]}]}),
    );
    let repeat = one(
        &json!({"ocid": "o", "id": "3", "date": "2024-03-01", "awards": [{"id": "1", "status": "active"}],
        "bids": {"details": [{"id": "b", "status": "withdrawn"}]}}),
    );
    let first = tender.clone().merged(award.clone());
    assert_eq!(reason(&first), "noWinnerPublished");
    let merged = repeat.clone().merged(award.clone()).merged(tender.clone());
    assert_eq!(merged.bids.len(), 2);
    assert_eq!(merged.awards[0].bids, ["a"]);
    assert_eq!(merged.id.as_deref(), Some("3"));
    assert_eq!(merged.bids, tender.merged(award).merged(repeat).bids);
}

fn prozorro() -> Value {
    let bid = |id: &str, amount: &str| {
        json!({"id": id, "status": "active", "tenderers": [{"name": id, "identifier": {"scheme": "UA-EDR", "id": id}}],
            "lotValues": [{"relatedLot": "L", "status": "active", "value": {"amount": amount, "currency": "UAH", "valueAddedTaxIncluded": true}}]})
    };
    json!({"config": {}, "data": {"id": "hash", "tenderID": "UA-2024-01-01-000001-a", "status": "complete",
        "procurementMethodType": "aboveThreshold", "awardCriteria": "lowestCost", "dateModified": "2024-02-01T10:00:00.1234567+02:00",
        "procuringEntity": {"name": "School", "identifier": {"scheme": "UA-EDR", "id": "1"}},
        "lots": [{"id": "L", "status": "complete"}],
        "bids": [bid("a", "10"), bid("b", "20"), {"id": "gone", "status": "deleted"}],
        "awards": [{"id": "x", "status": "unsuccessful", "bid_id": "a", "lotID": "L"},
            {"id": "y", "status": "active", "bid_id": "b", "lotID": "L"}]}})
}

#[test]
fn a_prozorro_tender_is_checked_lot_by_lot() {
    let release = one(&prozorro());
    assert_eq!(release.ocid, "ocds-be6bcu-UA-2024-01-01-000001-a");
    assert_eq!(
        release.id.as_deref(),
        Some("hash@2024-02-01T10:00:00.1234567+02:00")
    );
    assert_eq!(release.buyer.as_ref().unwrap().id, "UA-EDR-1");
    let finding = findings(&release).remove(0);
    assert!(
        matches!(finding.verdict, Verdict::Agrees { ref winner } if winner.id == "b"),
        "{finding:?}"
    );
    assert_eq!(finding.notes[0].code(), "lowerBidsDisqualified");
}

#[test]
fn prozorro_features_and_esco_are_beside_the_price() {
    let mut tender = prozorro();
    tender["data"]["features"] = json!([{"code": "f", "enum": []}]);
    assert_eq!(reason(&one(&tender)), "notPriceOnly");
    tender["data"]["features"] = json!([]);
    tender["data"]["procurementMethodType"] = json!("esco");
    assert_eq!(reason(&one(&tender)), "notPriceOnly");
}

#[test]
fn no_cut_and_no_wrong_byte_crashes_the_reader() {
    let whole = json!([two_bids(), prozorro()]).to_string().into_bytes();
    let survives = |bytes: &[u8]| {
        // Whether it is an error is not the question here.
        let _ = read(bytes, &mut |record| {
            for contest in record.releases.iter().flat_map(Release::contests) {
                check(&contest);
            }
            ControlFlow::Continue(())
        });
    };
    for place in (0..whole.len()).step_by(3) {
        survives(&whole[..place]);
        for wrong in [b'"', b'{', b'[', b'0', b'-', 0, 0xff] {
            let mut bytes = whole.clone();
            bytes[place] = wrong;
            survives(&bytes);
        }
    }
}
