//! Logs that were altered, each in one way.

use std::fs;

use commonweal_domain::actor::Role;
use commonweal_domain::organisation::entries::RoleGranted;
use commonweal_verify::{Finding, Report, Verdict};

use crate::demo_log::{
    DemoLog, Published, entry, large_catalogue, organisation, registered, signer,
};

/// The checks that found something, in order, with the entry where there is one.
fn found(report: &Report) -> Vec<(&str, Option<u64>)> {
    report
        .findings
        .iter()
        .map(|finding: &Finding| (finding.check.as_str(), finding.index))
        .collect()
}

/// Runs, expects this verdict and these findings, and that the state file is as it was.
fn expect(published: &Published, verdict: Verdict, findings: &[(&str, Option<u64>)]) -> Report {
    let before = fs::read(published.state_file()).ok();
    let report = published.verify();
    assert_eq!(found(&report), findings, "{report}");
    assert_eq!(report.verdict(), verdict, "{report}");
    if !report.state_kept {
        assert_eq!(fs::read(published.state_file()).ok(), before);
    }
    report
}

#[test]
fn a_tampered_leaf_tile_is_found_and_told_apart_from_its_entry() {
    let published = DemoLog::of(300).publish();
    let mut tile = published.read("tile/0/001.p/44");
    tile[32 * 3] ^= 1;
    published.write("tile/0/001.p/44", &tile);
    let report = expect(&published, Verdict::Discrepancy, &[("leaf", Some(259))]);
    assert!(report.state_kept, "the entries still have the signed root");
    assert!(report.complete);
}

#[test]
fn a_tampered_upper_tile_is_found() {
    let published = DemoLog::of(600).publish();
    let mut tile = published.read("tile/1/000.p/2");
    tile[40] ^= 1;
    published.write("tile/1/000.p/2", &tile);
    expect(&published, Verdict::Discrepancy, &[("tile", None)]);
}

#[test]
fn a_tampered_entry_is_found_at_its_index() {
    let published = DemoLog::of(300).publish();
    published.rewrite_bundle("tile/entries/000", |entries| {
        let text = String::from_utf8(entries[7].clone()).unwrap();
        entries[7] = text.replace("KR-11", "KR-26").into_bytes();
    });
    let report = expect(
        &published,
        Verdict::Discrepancy,
        &[("leaf", Some(7)), ("root", None)],
    );
    assert!(report.state_kept, "the signed tree itself was shown");
}

#[test]
fn an_entry_that_is_not_canonical_is_found() {
    let mut log = DemoLog::of(10);
    log.entries[6].insert(1, b' ');
    expect(&log.publish(), Verdict::Discrepancy, &[("form", Some(6))]);
}

#[test]
fn a_back_dated_entry_is_found() {
    let mut log = DemoLog::of(10);
    log.entries[6] = entry(2, Role::Registrar, registered(6));
    let report = expect(&log.publish(), Verdict::Discrepancy, &[("time", Some(6))]);
    assert_eq!(
        report.findings[0].kind.as_deref(),
        Some("organisation.registered")
    );
    assert!(report.state_kept, "what was signed is kept, right or wrong");
}

#[test]
fn an_entry_against_the_rules_is_found_by_replay() {
    let mut log = DemoLog::of(10);
    let twice = RoleGranted {
        person: "0193b000-0000-7000-8000-000000000001".parse().unwrap(),
        organisation: organisation(0),
        role: Role::Registrar,
    };
    log.entries.push(entry(20, Role::Registrar, twice));
    log.entries.push(entry(21, Role::Officer, registered(50)));
    expect(
        &log.publish(),
        Verdict::Discrepancy,
        &[("role", Some(10)), ("role", Some(11))],
    );
}

#[test]
fn an_entry_dropped_from_a_bundle_is_found() {
    let published = DemoLog::of(10).publish();
    published.rewrite_bundle("tile/entries/000.p/10", |entries| {
        entries.remove(8);
    });
    expect(
        &published,
        Verdict::Discrepancy,
        &[("leaf", Some(8)), ("entry bundle", None)],
    );
}

#[test]
fn an_entry_dropped_from_a_log_that_is_signed_anew_is_a_fork() {
    let mut log = DemoLog::of(300);
    let published = log.publish();
    assert_eq!(published.verify().verdict(), Verdict::Clean);

    log.entries = DemoLog::of(310).entries;
    log.entries.remove(5);
    log.publish_to(&published.log());
    let report = expect(&published, Verdict::Discrepancy, &[("consistency", None)]);
    let fork = report.fork.unwrap();
    assert!(fork.kept.contains("\n300\n") && fork.shown.contains("\n309\n"));
}

#[test]
fn another_root_at_the_same_size_is_a_fork() {
    let mut log = DemoLog::of(20);
    let published = log.publish();
    published.verify();
    log.entries[9] = entry(9, Role::Registrar, registered(99));
    log.publish_to(&published.log());
    let report = expect(&published, Verdict::Discrepancy, &[("consistency", None)]);
    assert!(report.fork.is_some());
}

#[test]
fn a_log_that_got_shorter_is_found() {
    let published = DemoLog::of(20).publish();
    published.verify();
    DemoLog::of(19).publish_to(&published.log());
    let report = expect(&published, Verdict::Discrepancy, &[("consistency", None)]);
    assert!(!report.state_kept);
}

#[test]
fn a_log_signed_with_another_key_is_found() {
    let mut log = DemoLog::of(20);
    let published = log.publish();
    published.verify();
    log.signer = signer(2);
    log.publish_to(&published.log());
    expect(&published, Verdict::Discrepancy, &[("signature", None)]);

    let elsewhere = log.publish();
    let report = elsewhere.verify_with(Some(&signer(1)));
    assert_eq!(found(&report), [("signature", None)]);
    assert_eq!(report.verdict(), Verdict::Discrepancy);
}

#[test]
fn a_given_key_that_is_not_the_one_kept_is_found() {
    let published = DemoLog::of(20).publish();
    published.verify();
    let report = published.verify_with(Some(&signer(2)));
    assert_eq!(found(&report), [("key", None)]);
    assert_eq!(report.verdict(), Verdict::Discrepancy);
}

#[test]
fn an_altered_checkpoint_is_a_discrepancy_and_no_checkpoint_at_all_cannot_be_judged() {
    let published = DemoLog::of(20).publish();
    let text = String::from_utf8(published.read("checkpoint")).unwrap();
    published.write("checkpoint", text.replace("\n20\n", "\n19\n").as_bytes());
    expect(&published, Verdict::Discrepancy, &[("signature", None)]);
    published.write("checkpoint", b"<html>Sign in to the hotel's network</html>");
    expect(&published, Verdict::CannotTell, &[("signature", None)]);
    published.remove("checkpoint");
    expect(&published, Verdict::CannotTell, &[("checkpoint", None)]);
}

#[test]
fn a_truncated_bundle_cannot_be_judged_and_its_whole_entries_are() {
    let published = DemoLog::of(300).publish();
    let bundle = published.read("tile/entries/001.p/44");
    published.write("tile/entries/001.p/44", &bundle[..bundle.len() - 5]);
    let report = expect(&published, Verdict::CannotTell, &[("entry bundle", None)]);
    assert_eq!(report.entries_replayed, 299);
    assert!(!report.complete && !report.state_kept);
}

#[test]
fn a_missing_bundle_or_tile_cannot_be_judged() {
    let published = DemoLog::of(600).publish();
    published.remove("tile/0/001");
    let report = expect(&published, Verdict::CannotTell, &[("tile", None)]);
    assert_eq!(report.entries_replayed, 600);
    assert!(!report.complete);
    published.remove("tile/entries/001");
    let report = expect(&published, Verdict::CannotTell, &[("tile", None)]);
    assert_eq!(report.entries_replayed, 256);
}

#[test]
fn an_unknown_kind_cannot_be_judged_nor_what_follows_from_it() {
    let mut log = DemoLog::of(10);
    let text = String::from_utf8(log.entries[1].clone()).unwrap();
    log.entries[1] = text.replace("role.granted", "role.lent").into_bytes();
    let report = log.publish().verify();
    assert_eq!(report.verdict(), Verdict::CannotTell);
    assert_eq!(report.findings[0].check, "kind");
    assert_eq!(report.findings[0].index, Some(1));
    assert_eq!((report.discrepancies, report.complete), (0, false));
    assert!(report.cannot_tell > 1, "no registrar, as far as it can see");
}

#[test]
fn a_body_beside_the_log_is_replayed_and_without_it_nothing_can_be_told() {
    let mut log = DemoLog::of(10);
    let large = large_catalogue(20);
    let blob = large.blob.unwrap();
    log.entries.push(large.leaf);
    let published = log.publish();
    let path = format!("blob/{}", blob.sha256);
    published.write(&path, &blob.bytes);
    assert_eq!(published.verify().findings, []);

    published.write(&path, b"{}");
    let report = published.verify();
    assert_eq!(found(&report), [("blob", Some(10))]);
    assert_eq!(report.verdict(), Verdict::CannotTell);
    assert!(!report.complete);

    published.remove(&path);
    let report = published.verify();
    assert_eq!(found(&report), [("blob", Some(10))]);
    assert_eq!(report.verdict(), Verdict::CannotTell);
}

#[test]
fn a_damaged_state_file_is_never_taken_for_a_first_run() {
    let published = DemoLog::of(10).publish();
    fs::write(published.state_file(), "{}").unwrap();
    expect(&published, Verdict::CannotTell, &[("state file", None)]);
}
