//! The program itself: what it prints and how it exits.

use std::process::{Command, Output};

use serde_json::Value;

use crate::demo_log::{DemoLog, Published, signer};

fn commonweal_verify(published: &Published, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_commonweal-verify"))
        .arg(published.log())
        .arg("--state")
        .arg(published.state_file())
        .args(more)
        .output()
        .unwrap()
}

fn text(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn a_clean_log_is_summed_up_in_words_and_exits_with_0() {
    let published = DemoLog::of(300).publish();
    let output = commonweal_verify(&published, &[]);
    assert_eq!(output.status.code(), Some(0));
    let words = text(&output);
    for part in [
        "demo.example/log",
        "300 entries",
        "Last entry  2026-01-01T04:59:00.000000Z",
        "Warning: the log's key was taken from",
        "Clean:",
    ] {
        assert!(words.contains(part), "{part:?} in:\n{words}");
    }
    assert!(published.state_file().exists());
    assert!(!text(&commonweal_verify(&published, &[])).contains("Warning"));
}

#[test]
fn a_discrepancy_is_named_and_exits_with_1() {
    let published = DemoLog::of(300).publish();
    let mut tile = published.read("tile/0/001.p/44");
    tile[0] ^= 1;
    published.write("tile/0/001.p/44", &tile);
    let output = commonweal_verify(&published, &["--no-progress"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("Discrepancies: 1\n  entry 256, leaf\n    expected  "));

    let output = commonweal_verify(&published, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_str(text(&output)).unwrap();
    assert_eq!(report["verdict"], "discrepancy");
    assert_eq!(report["discrepancies"], 1);
    assert_eq!(report["findings"][0]["index"], 256);
    assert_eq!(report["size"], 300);
    assert_eq!(report["lastEntryAt"], "2026-01-01T04:59:00.000000Z");
}

#[test]
fn what_cannot_be_told_exits_with_2() {
    let published = DemoLog::of(3).publish();
    published.remove("tile/entries/000.p/3");
    let output = commonweal_verify(&published, &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    let report: Value = serde_json::from_str(text(&output)).unwrap();
    assert_eq!(report["verdict"], "cannotTell");
    assert_eq!(report["complete"], false);
}

#[test]
fn a_key_can_be_given_and_a_wrong_one_is_an_error_of_use() {
    let published = DemoLog::of(3).publish();
    let vkey = signer(1).verifier_key().to_string();
    let output = commonweal_verify(&published, &["--vkey", &vkey]);
    assert_eq!(output.status.code(), Some(0));
    let output = commonweal_verify(&published, &["--vkey", "demo.example/log+00000000+AA"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_server_without_its_scheme_is_no_missing_folder() {
    let run = |log: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_commonweal-verify"));
        program.arg(log).output().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    for log in ["localhost:8080", "registry.example:80/log"] {
        let output = run(log);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        let words = format!("write http://{log}");
        assert!(said.contains(&words), "{said}");
        assert!(output.stdout.is_empty());
    }
    // A folder may be called so, and what looks like no server is one that is missing.
    let named = folder.path().join("localhost:8080");
    std::fs::create_dir(&named).unwrap();
    for log in [named.to_str().unwrap(), "no-such-folder"] {
        let said = String::from_utf8(run(log).stdout).unwrap();
        assert!(said.contains("there is no "), "{said}");
    }
}
