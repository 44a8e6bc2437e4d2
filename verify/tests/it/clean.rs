//! Logs with nothing wrong in them.

use std::fs;

use commonweal_verify::{KeySource, Options, Progress, Report, Verdict, run, source::Folder};

use crate::demo_log::{DemoLog, signer};

fn assert_clean(report: &Report, size: u64) {
    assert_eq!(report.findings, []);
    assert_eq!(report.verdict(), Verdict::Clean);
    assert!(report.complete && report.state_kept);
    assert_eq!((report.size, report.entries_replayed), (size, size));
}

#[test]
fn logs_of_every_shape_are_clean() {
    for size in [3, 255, 256, 257, 513, 700] {
        let report = DemoLog::of(size).publish().verify();
        assert_clean(&report, size);
        assert_eq!(report.key_source, Some(KeySource::FirstUse));
        assert_eq!(report.warnings.len(), 1, "a key taken on trust is said");
    }
}

#[test]
fn an_empty_log_is_clean() {
    let mut log = DemoLog::of(3);
    log.entries.clear();
    assert_clean(&log.publish().verify(), 0);
}

#[test]
fn a_log_that_grew_is_clean_and_its_new_head_is_kept() {
    let mut log = DemoLog::of(300);
    let published = log.publish();
    assert_clean(&published.verify(), 300);
    for size in [301, 700] {
        log = DemoLog::of(size);
        log.publish_to(&published.log());
        let report = published.verify();
        assert_clean(&report, size);
        assert_eq!(report.key_source, Some(KeySource::Kept));
        assert!(report.warnings.is_empty());
    }
    assert_eq!(published.verify().previous_size, Some(700));
}

#[test]
fn a_partial_tile_that_has_become_full_is_read_from_the_full_one() {
    let published = DemoLog::of(300).publish();
    let checkpoint = published.read("checkpoint");
    DemoLog::of(512).publish_to(&published.log());
    for path in ["tile/entries/001.p/44", "tile/0/001.p/44"] {
        published.remove(path);
    }
    published.write("checkpoint", &checkpoint);
    assert_clean(&published.verify(), 300);
}

#[test]
fn a_given_key_needs_no_trust_in_the_log() {
    let published = DemoLog::of(5).publish();
    published.remove("vkey");
    let report = published.verify_with(Some(&signer(1)));
    assert_clean(&report, 5);
    assert_eq!(report.key_source, Some(KeySource::Given));
    assert!(report.warnings.is_empty());
}

#[test]
fn without_a_state_file_nothing_is_written() {
    let published = DemoLog::of(5).publish();
    let report = run(
        &Folder::new(published.folder.path()),
        &Options::default(),
        &mut |_| (),
    );
    assert_eq!(report.verdict(), Verdict::Clean);
    assert!(!report.state_kept);
    assert_eq!(fs::read_dir(published.folder.path()).unwrap().count(), 1);
}

#[test]
fn progress_is_told_after_each_bundle() {
    let published = DemoLog::of(300).publish();
    let mut seen = Vec::new();
    run(
        &Folder::new(published.log()),
        &Options::default(),
        &mut |Progress { entries, size }| seen.push((entries, size)),
    );
    assert_eq!(seen, [(256, 300), (300, 300)]);
}
