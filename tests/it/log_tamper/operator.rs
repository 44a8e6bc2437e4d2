//! The log of the demo city in the hands of a dishonest operator.

use std::fs;
use std::path::{Path, PathBuf};

use commonweal_domain::log::canonical::canonical_json;
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::note::NoteSigner;
use commonweal_domain::log::whole::WholeLog;
use commonweal_tests::{demo_log, run_verify};
use commonweal_verify::{Options, Report, Verdict, run, source::Folder};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A log that can be rewritten at will, and a watchdog that looks at it.
pub(super) struct Operator {
    pub(super) entries: Vec<Value>,
    pub(super) signer: NoteSigner,
    folder: TempDir,
}

impl Operator {
    pub(super) fn new() -> Self {
        let log = demo_log(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
        Self {
            entries: log
                .entries
                .iter()
                .map(|entry| serde_json::from_slice(entry).unwrap())
                .collect(),
            signer: log.signer,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The first entry of a kind at or after an index.
    pub(super) fn next(&self, kind: &str, from: usize) -> usize {
        let found = (from..self.entries.len()).find(|index| self.entries[*index]["kind"] == kind);
        found.unwrap_or_else(|| panic!("the demo has no {kind} from {from} on"))
    }

    pub(super) fn first(&self, kind: &str) -> usize {
        self.next(kind, 0)
    }

    pub(super) fn body(&mut self, index: usize) -> &mut Value {
        &mut self.entries[index]["body"]
    }

    /// Appends an entry at the time of the last one.
    pub(super) fn append(&mut self, mut entry: Value) -> usize {
        entry["at"] = self.entries.last().unwrap()["at"].clone();
        self.entries.push(entry);
        self.entries.len() - 1
    }

    /// Takes an entry out and puts one in its place on which nothing rests, so that every index stays true.
    pub(super) fn take(&mut self, index: usize) -> Value {
        let id = "0193f000-0000-7000-8000-000000000001";
        let mut other = self.entries[self.first("organisation.registered") + 3].clone();
        other["at"] = self.entries[index]["at"].clone();
        other["subject"] = json!(id);
        other["body"]["organisation"] = json!(id);
        other["body"]["group"] = json!(id);
        std::mem::replace(&mut self.entries[index], other)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn state_file(&self) -> PathBuf {
        self.folder.path().join("state.json")
    }

    /// Cuts the log into tiles and signs its head.
    pub(super) fn publish(&self) {
        let entries: Vec<Vec<u8>> = self
            .entries
            .iter()
            .map(|entry| canonical_json(entry).unwrap())
            .collect();
        let log = WholeLog::new(&entries).unwrap();
        for file in log.files().unwrap() {
            let (path, content) = file.unwrap();
            write(&self.log().join(path.to_string()), &content);
        }
        let origin = self.signer.verifier_key().name().to_string();
        let head = Checkpoint::new(&origin, log.size(), log.root()).unwrap();
        let note = head.sign(&self.signer).unwrap();
        write(&self.log().join("checkpoint"), note.to_string().as_bytes());
        let vkey = format!("{}\n", self.signer.verifier_key());
        write(&self.log().join("vkey"), vkey.as_bytes());
    }

    /// What a watchdog says of what is published, who remembers what it saw before.
    pub(super) fn watched(&self) -> Report {
        let options = Options {
            state_file: Some(self.state_file()),
            ..Options::default()
        };
        run(&Folder::new(self.log()), &options, &mut |_| ())
    }

    /// Makes the watchdog a new one.
    pub(super) fn forget(&self) {
        fs::remove_file(self.state_file()).unwrap();
    }

    /// Publishes and fails unless nothing is found.
    pub(super) fn expect_clean(&self) {
        self.publish();
        let report = self.watched();
        assert_eq!(report.verdict(), Verdict::Clean, "{report}");
        assert_eq!(report.size, self.entries.len() as u64);
    }

    /// Publishes and fails unless the first finding is at this entry, and the tree is the one signed.
    pub(super) fn expect(&self, index: usize, check: &str) -> Report {
        self.publish();
        let report = self.watched();
        assert_eq!(report.verdict(), Verdict::Discrepancy, "{report}");
        assert!(report.state_kept, "only replay finds it: {report}");
        let first = &report.findings[0];
        assert_eq!(
            (first.index, first.check.as_str()),
            (Some(index as u64), check),
            "{report}"
        );
        assert_eq!(first.kind.as_deref(), self.entries[index]["kind"].as_str());
        assert!(!first.expected.is_empty() && !first.found.is_empty());
        assert_ne!(first.expected, first.found, "{report}");
        let said = [&first.expected, &first.found];
        assert!(
            said.iter().all(|text| !text.contains('{')),
            "no plain words: {report}"
        );
        report
    }

    /// The same by the program: its exit code and its report for programs. Answers what was found.
    pub(super) fn expect_of_program(&self, index: usize, check: &str) -> String {
        let report = self.expect(index, check);
        let folder = self.folder.path();
        let output = run_verify(&[folder, Path::new("--json"), Path::new("--no-progress")]);
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said["verdict"], "discrepancy");
        let first = &report.findings[0];
        assert_eq!(said["findings"][0]["index"], json!(index));
        assert_eq!(said["findings"][0]["kind"], json!(first.kind));
        assert_eq!(said["findings"][0]["expected"], json!(first.expected));
        assert_eq!(said["findings"][0]["found"], json!(first.found));
        first.found.clone()
    }
}

pub(super) fn write(file: &Path, content: &[u8]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}
