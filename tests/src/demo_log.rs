//! The log of the demo city with the key that signs it, for tests that rewrite it.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Result, ensure};
use commonweal_api::keys::KeyFiles;
use commonweal_app::rng::SeededRng;
use commonweal_domain::log::bundle::decode_bundle;
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::note::{NoteSigner, SignedNote};
use commonweal_domain::log::tile::{TileKind, tiles_between};

use crate::process::{Process, program, run_commonweal};

/// Everything that an operator has of a log.
#[derive(Debug)]
pub struct DemoLog {
    /// The canonical bytes of each entry.
    pub entries: Vec<Vec<u8>>,
    /// The log's key.
    pub signer: NoteSigner,
}

/// The log of `serve --demo`. The first test that asks has the city told and exported into `shared`, a folder that outlives
/// the tests; the others, in other processes too, read it there until the program is built anew.
pub fn demo_log(shared: &Path) -> Result<DemoLog> {
    let built = fs::metadata(program()?)?.modified()?;
    let stamp = built.duration_since(UNIX_EPOCH)?.as_micros();
    let city = shared.join(format!("demo-city-{stamp}"));
    if !city.exists() {
        let folder = tempfile::tempdir_in(shared)?;
        export(folder.path())?;
        // Where another process was quicker, its city is as good.
        let renamed = fs::rename(folder.keep(), &city);
        ensure!(renamed.is_ok() || city.exists(), "{renamed:?}");
    }
    read(&city)
}

fn export(folder: &Path) -> Result<()> {
    let data = folder.join("data");
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async { Process::start(&data, None).await?.kill().await })?;
    let export = Path::new("export-log");
    let done = run_commonweal(&[export, &folder.join("out"), Path::new("--data"), &data])?;
    ensure!(done.status.success(), "{done:?}");
    Ok(())
}

fn read(city: &Path) -> Result<DemoLog> {
    let log = city.join("out/log");
    let note = SignedNote::parse(&fs::read(log.join("checkpoint"))?)?;
    let head: Checkpoint = note.text().parse()?;
    let mut entries = Vec::new();
    for path in tiles_between(0, head.size())?.filter(|path| path.kind() == TileKind::Entries) {
        let bundle = fs::read(log.join(path.to_string()))?;
        entries.extend(
            decode_bundle(path, &bundle)?
                .into_iter()
                .map(<[u8]>::to_vec),
        );
    }
    // The key is there: nothing is drawn.
    let keys = KeyFiles::open(&city.join("data"))?;
    Ok(DemoLog {
        entries,
        signer: keys.log_signer(head.origin(), &SeededRng::new(1))?,
    })
}
