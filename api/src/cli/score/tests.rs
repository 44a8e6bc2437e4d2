//! The command from file to text, and what it says of wrong files.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Args, run};

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/examples")
        .join(name)
}

fn scored(file: PathBuf, json: bool, plan: bool) -> (anyhow::Result<ExitCode>, String) {
    let mut out = Vec::new();
    let code = run(&Args { file, json, plan }, &mut out);
    (code, String::from_utf8(out).unwrap())
}

/// The output for a text; `Err` is what people read.
fn typed(text: &str) -> Result<(ExitCode, String), String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let (code, out) = scored(file.path().to_owned(), false, false);
    code.map(|code| (code, out))
        .map_err(|error| format!("{error:#}"))
}

fn c1() -> String {
    std::fs::read_to_string(example("c1.toml")).unwrap()
}

#[test]
fn c1_typed_by_hand_names_c_and_the_rule_that_keeps_the_winner() {
    let (code, text) = scored(example("c1.toml"), false, true);
    assert_eq!(code.unwrap(), ExitCode::SUCCESS);
    for line in [
        "    1     64.0769  B",
        "    2     60.0000  A",
        "  Without C: A wins, then B.",
        "The linear price rule keeps the winner when C is removed: on a line from EUR 0.00 to EUR 130.00 for PRICE, A wins either way.",
        "exactly 300/13",
        "  price_relative_lowest: W * p_min / p; p = EUR 130.00, p_min = EUR 60.00",
        "Price equivalents at EUR 100.00",
        "the mark depends on the other bids",
        "For example bid",
    ] {
        assert!(text.contains(line), "`{line}` is missing in\n{text}");
    }
}

#[test]
fn c1_with_c_twice_is_found_by_owner_and_by_pair() {
    let twice = |owner: &str| {
        let bid = "\n[[bids]]\nname = \"D\"\nprice = 60\nlevels.QUALITY = 10\n";
        let text = c1().replace("name = \"C\"", &format!("name = \"C\"{owner}"));
        typed(&format!("{text}{bid}{}", owner.trim_start_matches('\n')))
            .unwrap()
            .1
    };
    let one_owner = twice("\nowner = \"Holding\"");
    assert!(
        one_owner.contains("Without C and D of the owner Holding: A wins"),
        "{one_owner}"
    );
    let two_owners = twice("");
    assert!(
        two_owners.contains("Without the pair C and D: A wins"),
        "{two_owners}"
    );
}

#[test]
fn json_has_names_and_every_part() {
    let (code, text) = scored(example("full.json"), true, true);
    assert_eq!(code.unwrap(), ExitCode::SUCCESS);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["ranking"]["ranked"][0]["bid"], "Together");
    assert_eq!(value["robustness"]["noise"]["runs"], 1000);
    assert_eq!(value["robustness"]["low_prices"]["case"], "three");
    assert_eq!(value["robustness"]["high_pledges"][0]["bid"], "Clear");
    assert_eq!(value["plan"]["bias"][0]["criterion"], "TRAIN");
    assert_eq!(
        value["price_equivalents"]["reference_price"]["amount"],
        "90000.00"
    );
    let seo = &value["scorecards"][0]["marks"][4]["inputs"];
    assert_eq!(seo[1]["name"], "part of Together, certified, confirmed");
    let (_, again) = scored(example("full.json"), true, true);
    assert_eq!(text, again, "the same file gives the same bytes");
}

#[test]
fn a_rule_without_a_value_withholds_the_ranking_with_exit_code_2() {
    let (code, text) = typed(&c1().replace("price = 60", "price = 0")).unwrap();
    assert_eq!(code, ExitCode::from(2));
    let told = "PRICE, price_relative_lowest: the rule divides by a price of zero (bid C)";
    assert!(
        text.contains("Ranking withheld") && text.contains(told),
        "{text}"
    );
}

#[test]
fn what_is_wrong_is_told_by_field_and_line() {
    let cases = [
        (
            "price = 130",
            "price = \"13o\"",
            "line 23: bids[1].price: ",
            "13o",
        ),
        (
            "price = 130",
            "prize = 130",
            "line 23: bids[1].prize: ",
            "unknown field `prize`",
        ),
        (
            "weight = 50\nrule.q",
            "weight = 49\nrule.q",
            "criteria: ",
            "99",
        ),
        (
            "levels.QUALITY = 82",
            "levels.QUALITY = 101",
            "line 24: bids[1].levels.QUALITY: ",
            "101 is not a level of QUALITY",
        ),
        (
            "levels.QUALITY = 82",
            "levels.QUALTY = 82",
            "line 24: bids[1].levels.QUALTY: ",
            "no criterion QUALTY",
        ),
        (
            "name = \"B\"",
            "name = \"A\"",
            "line 22: bids[1].name: ",
            "stands twice",
        ),
        (
            "price_relative_lowest = {}",
            "price_cheapest = {}",
            "line 9: criteria[0].rule",
            "unknown variant `price_cheapest`",
        ),
        (
            "currency = \"EUR\"",
            "currency = \"euro\"",
            "line 3: currency: ",
            "euro",
        ),
        ("currency = \"EUR\"", "currency = EUR", "line 3: ", ""),
        (
            "reference_price = 100",
            "reference_price = 0",
            "line 4: reference_price: ",
            "more than zero",
        ),
        (
            "reference_price = 100",
            "seed = \"abc\"",
            "line 4: seed: ",
            "64 hexadecimal",
        ),
    ];
    for (from, to, place, told) in cases {
        assert!(c1().contains(from), "{from}");
        let error = typed(&c1().replace(from, to)).unwrap_err();
        assert!(
            error.contains(place) && error.contains(told),
            "{to}: {error}"
        );
    }
}

#[test]
fn a_missing_file_is_named() {
    let (code, _) = scored(PathBuf::from("no/such.toml"), false, false);
    let error = format!("{:#}", code.unwrap_err());
    assert!(error.starts_with("no/such.toml cannot be read"), "{error}");
}
