//! Grows a log of registrations to two sizes and writes both as folders that `commonweal-verify` reads: what the checks
//! against others' tools (`tests/interop`) and the benchmarks work on.
//!
//!     cargo run --release -p commonweal-verify --example grow_log -- DIR 50000 70000

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use commonweal_domain::actor::Role;
use commonweal_domain::ids::{Id, OrganisationId, PersonId, v7};
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::merkle_proof::ProofPlan;
use commonweal_domain::log::note::NoteSigner;
use commonweal_domain::log::proof::TlogProof;
use commonweal_domain::log::whole::WholeLog;
use commonweal_domain::organisation::entries::{OrganisationRegistered, RoleGranted};
use commonweal_domain::organisation::name::PublicName;
use commonweal_domain::organisation::{LegalForm, Sector};
use commonweal_domain::time::Time;

const ORIGIN: &str = "interop.example/log";
/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000_000;
/// Second of every cosignature, a year later.
const COSIGNED: u64 = 1_798_761_600;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, sizes @ ..] = arguments.as_slice() else {
        anyhow::bail!("say where to, and to which sizes");
    };
    let sizes: Vec<u64> = sizes
        .iter()
        .map(|size| size.parse())
        .collect::<Result<_, _>>()?;
    for (name, size) in ["old", "new"].into_iter().zip(sizes) {
        let entries: Vec<Vec<u8>> = (0..size).map(entry).collect::<Result<_>>()?;
        let folder = Path::new(folder).join(name).join("log");
        publish(&entries, &folder)?;
    }
    Ok(())
}

/// Writes every file of the log, its head signed and cosigned by three witnesses, and a receipt.
fn publish(entries: &[Vec<u8>], folder: &Path) -> Result<()> {
    let log = WholeLog::new(entries)?;
    for file in log.files()? {
        let (path, content) = file?;
        write(folder, &path.to_string(), &content)?;
    }
    let signer = NoteSigner::from_seed(ORIGIN.parse()?, &[1; 32]);
    let mut note = Checkpoint::new(ORIGIN, log.size(), log.root())?.sign(&signer)?;
    write(folder, "unwitnessed", note.to_string().as_bytes())?;
    let mut policy = String::new();
    for (name, seed) in [("A", 11_u8), ("B", 12), ("C", 13)] {
        let name_of_key = format!("{name}.example").parse()?;
        let witness = NoteSigner::witness_from_seed(name_of_key, &[seed; 32]);
        let line = format!("witness {name} {}\n", witness.verifier_key());
        policy.push_str(&line);
        let line = witness.cosign(note.text(), COSIGNED);
        note.add_signature(line);
    }
    policy.push_str("group g 2 A B C\nquorum g\n");
    write(folder, "policy", policy.as_bytes())?;
    write(folder, "checkpoint", note.to_string().as_bytes())?;
    let vkey = format!("{}\n", signer.verifier_key());
    write(folder, "vkey", vkey.as_bytes())?;
    let index = log.size() / 3;
    let receipt = TlogProof {
        extra: entries.get(usize::try_from(index)?).cloned(),
        index,
        hashes: log.prove(&ProofPlan::inclusion(index, log.size())?)?,
        checkpoint: note,
    };
    write(folder, "receipt.tlog-proof", receipt.to_string().as_bytes())
}

fn entry(number: u64) -> Result<Vec<u8>> {
    let registrar: PersonId = made(1);
    let city: OrganisationId = made(0);
    let role = if number < 2 {
        Role::Operator
    } else {
        Role::Registrar
    };
    let body = if number == 1 {
        RoleGranted {
            person: registrar,
            organisation: city,
            role: Role::Registrar,
        }
        .into()
    } else {
        OrganisationRegistered {
            organisation: made(number),
            legal_form: LegalForm::LegalPerson,
            name: PublicName::Clear(format!("Organisation {number}")),
            sector: Sector::Private,
            group: made(number),
            place: "KR-11".parse()?,
            identifier: None,
        }
        .into()
    };
    let draft = Draft {
        actors: vec![EntryActor {
            role,
            id: registrar,
            organisation: city,
        }],
        subject: made::<OrganisationId>(number).to_string(),
        inputs_upto: None,
        body,
    };
    let at = Time::from_micros(START + i64::try_from(number)?);
    Ok(draft.at(at).canonical_bytes()?)
}

/// The id of a number.
fn made<I: Id>(number: u64) -> I {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    I::from_uuid(v7(Time::from_micros(START), random))
}

fn write(folder: &Path, path: &str, content: &[u8]) -> Result<()> {
    let file = folder.join(path);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))
}
