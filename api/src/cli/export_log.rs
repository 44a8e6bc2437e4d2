//! `commonweal export-log DIR`: the published log as files that any file server can serve.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use commonweal_app::log_export::{LogExport, Shelf};
use indicatif::{ProgressBar, ProgressStyle};

use super::database::DatabaseArgs;
use super::runtime;

/// Write the published log to a folder, as the server serves it: serve DIR with any file server or CDN.
///
/// What is there already is left alone, so that an export that was stopped is finished by repeating it, and a later one
/// adds what is new. The checkpoint is written last: DIR is a whole log at any moment. Exit code 1 when DIR holds another
/// log.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; the files go into its folder `log`.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Where from.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// Exports the log.
///
/// # Errors
/// When the database cannot be read, the folder cannot be written, or holds another log.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<ExitCode> {
    runtime()?.block_on(export(args, out))
}

async fn export(args: &Args, out: &mut dyn Write) -> Result<ExitCode> {
    let app = args.database.open().await?;
    let mut folder = Folder(args.folder.join("log"));
    let shelved = folder.checkpoint()?;
    let export = LogExport::new(&app, shelved.as_deref()).await?;
    let (from, size) = export.sizes();
    let style = "{bar:40} {pos}/{len} entries, {eta} left";
    let bar = ProgressBar::new(size).with_style(ProgressStyle::with_template(style)?);
    export
        .write(&mut folder, |entries| bar.set_position(entries))
        .await?;
    bar.finish_and_clear();
    app.store().close().await;
    let name = folder.0.display();
    writeln!(
        out,
        "{name} holds {size} entries, {} of them new",
        size - from
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A folder that files are put into, each in one step.
struct Folder(PathBuf);

impl Folder {
    fn checkpoint(&self) -> Result<Option<Vec<u8>>> {
        let path = self.0.join("checkpoint");
        match fs::read(&path) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

impl Shelf for Folder {
    type Error = anyhow::Error;

    fn has(&self, path: &str) -> Result<bool> {
        let path = self.0.join(path);
        path.try_exists()
            .with_context(|| format!("cannot look for {}", path.display()))
    }

    fn put(&mut self, path: &str, content: &[u8]) -> Result<()> {
        let path = self.0.join(path);
        replace(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Replaces a file so that it is there whole, also after a crash.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let mut file = File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)
}
