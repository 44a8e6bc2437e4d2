//! The command over small files of its own, and over the collected ones.

use serde_json::{Value, json};

use super::*;
use crate::open_data::real_files::{files_below, ocds_folder};

struct Ran {
    code: ExitCode,
    out: String,
    err: String,
}

fn ran(files: &[PathBuf], json: bool) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = Args {
        files: files.to_vec(),
        json,
    };
    let code = run(&args, &mut out, &mut err).unwrap();
    Ran {
        code,
        out: String::from_utf8(out).unwrap(),
        err: String::from_utf8(err).unwrap(),
    }
}

/// The fields of the printed object, and its numbers.
fn parsed(ran: &Ran) -> (Vec<String>, (u64, u64, u64), Vec<Value>) {
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    let mut keys: Vec<String> = object.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    let number = |key: &str| object[key].as_u64().unwrap();
    let numbers = (number("agrees"), number("differs"), number("cannotTell"));
    (
        keys,
        numbers,
        object["contests"].as_array().unwrap().clone(),
    )
}

fn release(ocid: &str, winner: &str) -> Value {
    json!({"ocid": ocid, "id": "1", "tender": {"title": "x"},
        "bids": {"details": [
            {"id": "a", "value": {"amount": 1, "currency": "EUR"}, "tenderers": [{"id": "A", "name": "An\u{1b}[31m"}]},
            {"id": "b", "value": {"amount": 2, "currency": "EUR"}}]},
        "awards": [{"relatedBids": [winner]}]})
}

fn folder_with(files: &[(&str, String)]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = files
        .iter()
        .map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        })
        .collect();
    (folder, paths)
}

#[test]
fn each_contest_has_a_line_and_the_totals_follow() {
    let package =
        json!({"releases": [release("o-1", "a"), release("o-2", "b"), {"ocid": "o-3", "id": "1"}]});
    let (_folder, files) = folder_with(&[("a.json", package.to_string())]);
    let ran = ran(&files, false);
    assert_eq!(ran.code, ExitCode::SUCCESS);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(
        lines[0],
        "agrees      o-1: bid a of An\u{fffd}[31m (1 EUR) is the lowest valid bid; rule assumed"
    );
    assert_eq!(
        lines[1],
        "differs     o-2: bid b (2 EUR) won, but bid a of An\u{fffd}[31m (1 EUR) is lower and valid; rule assumed"
    );
    assert_eq!(lines[2], "cannot tell o-3: fewer than two priced bids (0)");
    assert_eq!(lines[4], "3 contests");
    assert!(
        ran.out.contains("       1  a lower valid bid lost\n"),
        "{}",
        ran.out
    );
}

#[test]
fn the_json_is_one_object_with_four_fields() {
    let package = json!({"releases": [release("o-1", "a"), release("o-2", "b")]});
    let (_folder, files) = folder_with(&[("a.json", package.to_string())]);
    let (keys, numbers, contests) = parsed(&ran(&files, true));
    assert_eq!(keys, ["agrees", "cannotTell", "contests", "differs"]);
    assert_eq!(numbers, (1, 1, 0));
    assert_eq!(contests[0]["result"], "agrees");
    assert_eq!(contests[0]["basis"], "assumed");
    assert_eq!(contests[1]["reason"], "lowerValidBid");
    let (_folder, none) = folder_with(&[("a.json", "[]".to_owned())]);
    assert_eq!(parsed(&ran(&none, true)).1, (0, 0, 0));
}

#[test]
fn a_file_that_is_no_json_is_named_and_the_others_are_checked() {
    let (folder, mut files) = folder_with(&[
        ("a.xml", "<xml/>".to_owned()),
        ("b.json", release("o-1", "a").to_string()),
    ]);
    files.push(folder.path().join("missing.json"));
    let ran = ran(&files, true);
    assert_eq!(ran.code, ExitCode::from(SOME_INPUT_UNREADABLE));
    assert!(ran.err.contains("a.xml: not JSON"), "{}", ran.err);
    assert!(
        ran.err.contains("missing.json: cannot be opened"),
        "{}",
        ran.err
    );
    assert_eq!(parsed(&ran).1, (1, 0, 0));
}

#[test]
fn a_release_that_is_given_twice_is_one_contest() {
    let text = json!([release("o-1", "a"), release("o-1", "a")]).to_string();
    let (_folder, files) = folder_with(&[("a.json", text)]);
    assert_eq!(parsed(&ran(&files, true)).1, (1, 0, 0));
}

#[test]
fn the_tsuchiura_auctions_agree_with_their_published_winners() {
    let Some(folder) = ocds_folder() else { return };
    let file = folder.join("japan-tsuchiura/derived-ocds.json");
    let json = ran(std::slice::from_ref(&file), true);
    let (_, numbers, contests) = parsed(&json);
    assert_eq!(numbers, (183, 0, 13));
    assert_eq!(contests.len(), 196);
    let text = ran(&[file], false).out;
    assert!(
        text.contains("      13  only thanks to the minimum price\n"),
        "{text}"
    );
    assert!(
        text.contains("       2  with a tie among the lowest\n"),
        "{text}"
    );
    assert!(
        text.contains("      13  fewer than two priced bids\n"),
        "{text}"
    );
}

#[test]
fn every_prozorro_file_has_a_result_and_no_collected_file_crashes() {
    let Some(folder) = ocds_folder() else { return };
    for path in files_below(&folder) {
        let (_, _, contests) = parsed(&ran(std::slice::from_ref(&path), true));
        if path.starts_with(folder.join("prozorro-cdb")) {
            assert!(!contests.is_empty(), "{}", path.display());
        }
    }
}
