//! One entry proven: by index, by receipt, with a log and without.

use commonweal_domain::log::hash::leaf_hash;
use commonweal_domain::log::merkle_proof::ProofPlan;
use commonweal_domain::log::note::{NoteSigner, SignedNote};
use commonweal_domain::log::proof::TlogProof;
use commonweal_domain::log::tree::{Frontier, NodeId};
use commonweal_verify::item::{prove_entry, prove_receipt};
use commonweal_verify::source::Folder;
use commonweal_verify::{Options, Verdict};

use crate::demo_log::{DemoLog, Published, signer};

fn options() -> Options {
    Options {
        vkey: Some(signer(1).verifier_key().clone()),
        ..Options::default()
    }
}

/// The receipt of an entry, as a server makes it.
fn receipt(log: &DemoLog, published: &Published, index: u64) -> TlogProof {
    let mut frontier = Frontier::new();
    let mut stored = std::collections::HashMap::<NodeId, _>::new();
    for (number, entry) in (0_u64..).zip(&log.entries) {
        stored.insert(
            NodeId {
                level: 0,
                index: number,
            },
            leaf_hash(entry),
        );
        frontier
            .push_and_store(leaf_hash(entry), |node, hash| {
                stored.insert(node, hash);
            })
            .unwrap();
    }
    let plan = ProofPlan::inclusion(index, frontier.size()).unwrap();
    let hashes: Vec<_> = plan.nodes().iter().map(|node| stored[node]).collect();
    TlogProof {
        extra: Some(log.entries[usize::try_from(index).unwrap()].clone()),
        index,
        hashes: plan.assemble(&hashes).unwrap(),
        checkpoint: SignedNote::parse(&published.read("checkpoint")).unwrap(),
    }
}

#[test]
fn any_entry_is_proven_from_a_few_tiles_and_an_altered_one_is_not() {
    let published = DemoLog::of(700).publish();
    let log = Folder::new(published.log());
    for index in [0, 255, 256, 511, 512, 699] {
        let proven = prove_entry(&log, &options(), index).unwrap();
        assert_eq!((proven.index, proven.size), (index, 700));
        assert_eq!(proven.entry["v"], 1);
    }
    let beyond = prove_entry(&log, &options(), 700).unwrap_err();
    assert_eq!(beyond.verdict, Verdict::CannotTell);
    published.rewrite_bundle("tile/entries/000", |entries| {
        let text = String::from_utf8(entries[7].clone()).unwrap();
        entries[7] = text.replace("KR-11", "KR-26").into_bytes();
    });
    let finding = prove_entry(&log, &options(), 7).unwrap_err();
    assert_eq!(
        (finding.verdict, finding.index),
        (Verdict::Discrepancy, Some(7))
    );
}

#[test]
fn a_receipt_is_checked_without_a_log_and_against_one_that_grew() {
    let log = DemoLog::of(300);
    let published = log.publish();
    let receipt = receipt(&log, &published, 7);
    let text = receipt.to_string();
    let alone = prove_receipt(&text, None, &options()).unwrap();
    assert_eq!(
        (alone.index, alone.size, alone.present_size),
        (7, 300, None)
    );
    assert_eq!(alone.kind(), "organisation.registered");
    let no_certificate = alone.certificates().unwrap_err();
    assert_eq!(no_certificate.verdict, Verdict::Discrepancy);

    DemoLog::of(700).publish_to(&published.log());
    let folder = Folder::new(published.log());
    let grown = prove_receipt(&text, Some(&folder), &options()).unwrap();
    assert_eq!(grown.present_size, Some(700));

    let mut forked = DemoLog::of(701);
    forked.entries.remove(5);
    forked.publish_to(&published.log());
    let finding = prove_receipt(&text, Some(&folder), &options()).unwrap_err();
    assert_eq!(
        (finding.check.as_str(), finding.verdict),
        ("consistency", Verdict::Discrepancy)
    );
}

#[test]
fn an_altered_or_foreign_receipt_is_refused() {
    let log = DemoLog::of(300);
    let published = log.publish();
    let good = receipt(&log, &published, 7);
    let mut other_entry = good.clone();
    other_entry.extra = Some(log.entries[8].clone());
    let mut other_index = good.clone();
    other_index.index = 8;
    for bad in [other_entry, other_index] {
        let finding = prove_receipt(&bad.to_string(), None, &options()).unwrap_err();
        assert_eq!(finding.verdict, Verdict::Discrepancy);
    }
    let foreign = Options {
        vkey: Some(signer(2).verifier_key().clone()),
        ..Options::default()
    };
    let finding = prove_receipt(&good.to_string(), None, &foreign).unwrap_err();
    assert_eq!(finding.verdict, Verdict::Discrepancy);
    let nobody = prove_receipt(&good.to_string(), None, &Options::default()).unwrap_err();
    assert_eq!(nobody.verdict, Verdict::CannotTell, "nobody says which key");
    let garbage = prove_receipt("hello", None, &options()).unwrap_err();
    assert_eq!(garbage.verdict, Verdict::CannotTell);
}

#[test]
fn a_policy_wants_enough_witnesses() {
    let log = DemoLog::of(20);
    let published = log.publish();
    let witness = NoteSigner::witness_from_seed("w.example".parse().unwrap(), &[5; 32]);
    let policy = format!("witness W {}\nquorum W\n", witness.verifier_key());
    let options = Options {
        witnesses: Some(policy.parse().unwrap()),
        ..options()
    };
    let folder = Folder::new(published.log());
    let report = commonweal_verify::run(&folder, &options, &mut |_| ());
    assert_eq!(report.verdict(), Verdict::CannotTell);
    assert_eq!(
        (report.findings[0].check.as_str(), report.discrepancies),
        ("witnesses", 0)
    );

    let mut note = SignedNote::parse(&published.read("checkpoint")).unwrap();
    let cosignature = witness.cosign(note.text(), 1_767_225_600);
    note.add_signature(cosignature.clone());
    published.write("checkpoint", note.to_string().as_bytes());
    let report = commonweal_verify::run(&folder, &options, &mut |_| ());
    assert_eq!(report.verdict(), Verdict::Clean, "{report}");
    assert_eq!(report.witnesses, Some(vec!["W".to_owned()]));

    let mut forged = SignedNote::parse(&published.read("checkpoint"))
        .unwrap()
        .to_string();
    let other = witness.cosign("another head\n", 1_767_225_600).to_string();
    forged = forged.replace(&cosignature.to_string(), &other);
    published.write("checkpoint", forged.as_bytes());
    let report = commonweal_verify::run(&folder, &options, &mut |_| ());
    assert_eq!(report.verdict(), Verdict::Discrepancy);
    assert_eq!(report.findings[0].check, "witnesses");
}
