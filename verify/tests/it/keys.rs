//! Logs that changed their key.

use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::rotation::Rotation;
use commonweal_domain::time::Time;
use commonweal_verify::Verdict;

use crate::demo_log::{DemoLog, START, signer};

/// The entry with which one key hands over to another, an hour into the log.
fn rotated(from: u8, to: u8) -> Vec<u8> {
    let draft = Draft {
        actors: Vec::new(),
        subject: "log".to_owned(),
        inputs_upto: None,
        body: Rotation::sign(&signer(from), &signer(to)).unwrap().into(),
    };
    let at = Time::from_micros(START + 3_600_000_000);
    draft.at(at).canonical_bytes().unwrap()
}

#[test]
fn whoever_knows_the_first_key_follows_the_log_to_the_present_one() {
    let mut log = DemoLog::of(20);
    let published = log.publish();
    published.verify();
    log.entries.push(rotated(1, 2));
    log.entries.push(rotated(2, 3));
    log.signer = signer(3);
    log.publish_to(&published.log());
    let report = published.verify();
    assert_eq!(report.verdict(), Verdict::Clean, "{report}");
    assert_eq!(
        report.trusted_key,
        Some(signer(1).verifier_key().to_string())
    );
    assert!(report.state_kept, "the next run knows the present key");
    let again = published.verify();
    assert_eq!((again.verdict(), again.trusted_key), (Verdict::Clean, None));
}

#[test]
fn a_key_to_which_no_entry_leads_is_found() {
    let mut log = DemoLog::of(20);
    let published = log.publish();
    published.verify();
    log.entries.push(rotated(1, 2));
    log.signer = signer(4);
    log.publish_to(&published.log());
    let report = published.verify();
    assert_eq!(report.verdict(), Verdict::Discrepancy);
    assert_eq!(report.findings[0].check, "signature");
    assert!(!report.state_kept);
}

#[test]
fn a_key_that_was_given_up_signs_nothing_more() {
    let mut log = DemoLog::of(20);
    log.entries.push(rotated(1, 2));
    let report = log.publish().verify();
    assert_eq!(report.verdict(), Verdict::Discrepancy);
    assert_eq!(report.findings[0].check, "signature");
}
