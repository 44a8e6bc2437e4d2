//! The command over small files of its own and over the collected ones, into a SQLite file.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::open_data::real_files::{files_below, ocds_folder};

struct Ran {
    code: ExitCode,
    out: String,
    err: String,
}

impl Ran {
    /// The number in front of a line of the summary.
    fn count(&self, heading: &str) -> u64 {
        let line = self
            .out
            .lines()
            .find(|line| line.trim_start().ends_with(heading));
        let line = line.unwrap_or_else(|| panic!("{heading}: {}", self.out));
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    fn outcome(&self) -> (u64, u64, u64) {
        (
            self.count("releases new"),
            self.count("kept beside the earlier ones"),
            self.count("releases known already"),
        )
    }
}

fn ran(folder: &TempDir, files: &[PathBuf], rejects: bool) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = Args {
        files: files.to_vec(),
        rejects: rejects.then(|| folder.path().join("rejects.jsonl")),
        database: DatabaseArgs {
            data: Some(folder.path().join("data")),
            ..DatabaseArgs::default()
        },
    };
    let code = run(&args, &mut out, &mut err).unwrap();
    Ran {
        code,
        out: String::from_utf8(out).unwrap(),
        err: String::from_utf8(err).unwrap(),
    }
}

fn file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn release(id: &str, title: &str) -> Value {
    json!({"ocid": "ocds-x-1", "id": id, "date": "2024-01-01", "tender": {"title": title},
        "bids": {"details": [{"id": "a", "value": {"amount": "1 000", "currency": "EUR"}}]}})
}

#[test]
fn an_import_may_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let package = json!({"releases": [release("1", "a"), release("2", "b"), release("1", "a")]});
    let files = [file(&folder, "a.json", &package.to_string())];
    assert_eq!(ran(&folder, &files, true).outcome(), (2, 0, 1));
    let again = ran(&folder, &files, true);
    assert_eq!(again.outcome(), (0, 0, 3));
    assert_eq!(again.code, ExitCode::SUCCESS);
    let changed = [file(
        &folder,
        "b.json",
        &release("1", "new title").to_string(),
    )];
    assert_eq!(ran(&folder, &changed, true).outcome(), (0, 1, 0));
}

#[test]
fn what_is_rejected_is_reported_with_its_place_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "{{\"releases\":[\n{},\n{{\"id\":\"no ocid\",\"tender\":{{}}}}\n]}}",
        release("1", "a")
    );
    let files = [
        file(&folder, "a.json", &text),
        file(&folder, "b.xml", "<xml/>"),
        file(&folder, "c.json", &format!("[{},", release("9", "z"))),
        folder.path().join("missing.json"),
    ];
    let ran = ran(&folder, &files, true);
    assert_eq!(ran.code, ExitCode::from(SOME_INPUT_UNREADABLE));
    assert_eq!(ran.outcome(), (2, 0, 0));
    assert_eq!(
        (ran.count("rejected"), ran.count("fields left out")),
        (1, 2)
    );
    assert_eq!(ran.err, "");
    let report = std::fs::read_to_string(folder.path().join("rejects.jsonl")).unwrap();
    let lines: Vec<Value> = report
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["path"], "bids.details[0].value.amount");
    assert_eq!(lines[0]["rejected"], false);
    assert_eq!(lines[1]["path"], "ocid");
    assert_eq!(
        (&lines[1]["record"], &lines[1]["rejected"]),
        (&json!(2), &json!(true))
    );
    assert!(lines[1]["line"].as_u64().unwrap() >= 2);
    let reasons: Vec<&str> = lines[2..]
        .iter()
        .map(|line| line["reason"].as_str().unwrap())
        .collect();
    assert!(reasons[0].starts_with("not JSON"), "{reasons:?}");
    assert!(reasons[2].starts_with("the JSON is broken"), "{reasons:?}");
    assert!(reasons[3].starts_with("cannot be opened"), "{reasons:?}");
}

#[test]
fn without_a_reject_file_the_same_is_said_on_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let files = [file(&folder, "a.json", "[{\"other\":1}]")];
    let ran = ran(&folder, &files, false);
    assert!(
        ran.err
            .contains("a.json: record 1 (line 1): neither an OCDS release"),
        "{}",
        ran.err
    );
}

#[test]
fn every_collected_file_is_imported_once() {
    let Some(collected) = ocds_folder() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let files = files_below(&collected);
    let first = ran(&folder, &files, true);
    assert_eq!(first.code, ExitCode::from(SOME_INPUT_UNREADABLE));
    let (new, changed, known) = first.outcome();
    assert!(new > 400, "{}", first.out);
    let again = ran(&folder, &files, true).outcome();
    assert_eq!(again, (0, 0, new + changed + known));
}
