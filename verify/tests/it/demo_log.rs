//! A small log of real entries, written to a folder as a server would serve it.

use std::fs;
use std::path::{Path, PathBuf};

use commonweal_domain::actor::Role;
use commonweal_domain::catalogue::Measure;
use commonweal_domain::catalogue::entries::CataloguePublished;
use commonweal_domain::ids::{Id, OrganisationId};
use commonweal_domain::log::bundle::encode_bundle;
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::entry::{Draft, Encoded, Entry, EntryActor};
use commonweal_domain::log::kinds::Body;
use commonweal_domain::log::note::NoteSigner;
use commonweal_domain::log::tile::TilePath;
use commonweal_domain::log::whole::WholeLog;
use commonweal_domain::organisation::entries::{OrganisationRegistered, RoleGranted};
use commonweal_domain::organisation::name::PublicName;
use commonweal_domain::organisation::{LegalForm, Sector};
use commonweal_domain::time::Time;
use commonweal_verify::{Options, Report, run, source::Folder};
use tempfile::TempDir;

pub(crate) const ORIGIN: &str = "demo.example/log";
/// 2026-01-01T00:00:00Z.
pub(crate) const START: i64 = 1_767_225_600_000_000;

/// The entries of a log, before they are cut into tiles.
pub(crate) struct DemoLog {
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) signer: NoteSigner,
}

/// A folder with a published log and a state file beside it.
pub(crate) struct Published {
    pub(crate) folder: TempDir,
}

pub(crate) fn signer(seed: u8) -> NoteSigner {
    NoteSigner::from_seed(ORIGIN.parse().unwrap(), &[seed; 32])
}

pub(crate) fn organisation(number: u64) -> OrganisationId {
    id("a", number)
}

/// The id of a noun that ends in a number.
fn id<I: Id>(family: &str, number: u64) -> I {
    format!("0193{family}000-0000-7000-8000-{number:012x}")
        .parse()
        .unwrap()
}

pub(crate) fn entry(minute: i64, role: Role, body: impl Into<Body>) -> Vec<u8> {
    drafted(minute, role, body).canonical_bytes().unwrap()
}

fn drafted(minute: i64, role: Role, body: impl Into<Body>) -> Entry {
    let actor = EntryActor {
        role,
        id: id("b", 1),
        organisation: organisation(0),
    };
    Draft {
        actors: vec![actor],
        subject: "demo".to_owned(),
        inputs_upto: None,
        body: body.into(),
    }
    .at(Time::from_micros(START + minute * 60_000_000))
}

/// A catalogue so large that its body stands beside the log.
pub(crate) fn large_catalogue(minute: i64) -> Encoded {
    let mut large = catalogue();
    let measure = large.catalogue.measures.remove(0);
    large.catalogue.id = id("c", 9);
    large.catalogue.measures = (0..400)
        .map(|number| Measure {
            code: format!("JOBS-{number}").parse().unwrap(),
            ..measure.clone()
        })
        .collect();
    drafted(minute, Role::Registrar, large).encode().unwrap()
}

pub(crate) fn registered(number: u64) -> OrganisationRegistered {
    OrganisationRegistered {
        organisation: organisation(number),
        legal_form: LegalForm::LegalPerson,
        name: PublicName::Clear(format!("Organisation {number}")),
        sector: Sector::Public,
        group: organisation(number),
        place: "KR-11".parse().unwrap(),
        identifier: None,
    }
}

fn catalogue() -> CataloguePublished {
    let catalogue = serde_json::json!({
        "catalogue": {
            "id": "01930000-0000-7000-8000-000000000001",
            "code": "demo",
            "version": "1",
            "title": "Demo",
            "source": "ours",
            "measures": [{
                "code": "JOBS-1", "theme": "Work", "outcome": "More people in work", "title": "Jobs",
                "kind": "quantitative", "unit": "person", "scale": 0, "evidence": ["payroll"],
                "verification_method": "payroll compared", "transferable": false, "deadweight": "0.2"
            }]
        }
    });
    serde_json::from_value(catalogue).unwrap()
}

impl DemoLog {
    /// A city that registers, a registrar, a catalogue, then suppliers until there are `size` entries.
    pub(crate) fn of(size: u64) -> Self {
        let registrar = RoleGranted {
            person: id("b", 1),
            organisation: organisation(0),
            role: Role::Registrar,
        };
        let mut entries = vec![
            entry(0, Role::Operator, registered(0)),
            entry(1, Role::Operator, registrar),
            entry(2, Role::Registrar, catalogue()),
        ];
        entries.extend((3..size).map(|number| {
            let minute = i64::try_from(number).unwrap();
            entry(minute, Role::Registrar, registered(number))
        }));
        Self {
            entries,
            signer: signer(1),
        }
    }

    /// Cuts the log into tiles, signs its head and writes everything to a new folder.
    pub(crate) fn publish(&self) -> Published {
        let published = Published {
            folder: tempfile::tempdir().unwrap(),
        };
        self.publish_to(&published.log());
        published
    }

    /// Writes the log over what a folder holds.
    pub(crate) fn publish_to(&self, folder: &Path) {
        let log = WholeLog::new(&self.entries).unwrap();
        for file in log.files().unwrap() {
            let (path, content) = file.unwrap();
            write(folder, &path.to_string(), &content);
        }
        let checkpoint = Checkpoint::new(ORIGIN, log.size(), log.root()).unwrap();
        let note = checkpoint.sign(&self.signer).unwrap();
        write(folder, "checkpoint", note.to_string().as_bytes());
        let vkey = format!("{}\n", self.signer.verifier_key());
        write(folder, "vkey", vkey.as_bytes());
    }
}

impl Published {
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.folder.path().join("state.json")
    }

    pub(crate) fn verify(&self) -> Report {
        self.verify_with(None)
    }

    pub(crate) fn verify_with(&self, vkey: Option<&NoteSigner>) -> Report {
        let options = Options {
            vkey: vkey.map(|signer| signer.verifier_key().clone()),
            state_file: Some(self.state_file()),
            ..Options::default()
        };
        run(&Folder::new(self.log()), &options, &mut |_| ())
    }

    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.log().join(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        write(&self.log(), path, content);
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.log().join(path)).unwrap();
    }

    /// Rewrites the entries of one bundle, without touching tiles or checkpoint.
    pub(crate) fn rewrite_bundle(&self, path: &str, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
        let tile: TilePath = path.parse().unwrap();
        let bytes = self.read(path);
        let mut entries: Vec<Vec<u8>> = commonweal_domain::log::bundle::decode_bundle(tile, &bytes)
            .unwrap()
            .into_iter()
            .map(<[u8]>::to_vec)
            .collect();
        change(&mut entries);
        self.write(path, &encode_bundle(entries).unwrap());
    }
}

fn write(folder: &Path, path: &str, content: &[u8]) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}
