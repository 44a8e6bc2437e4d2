//! The real program in a process of its own, which a test can kill.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use commonweal_app::failpoint::{self, Point};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Seeding the demo city takes seconds; a machine under load takes its time.
const START_LIMIT: Duration = Duration::from_secs(180);
/// Under load a point is passed many times a second, one of the publisher at each checkpoint.
const DEATH_LIMIT: Duration = Duration::from_secs(60);

/// `commonweal serve --demo` on a data folder.
pub struct Process {
    /// Where it listens, such as `http://127.0.0.1:40001`.
    pub url: String,
    child: Child,
    log: PathBuf,
    /// Where the program looks for the fail point at which it is to die.
    fail_point: PathBuf,
    // Kept open: a closed pipe would be a difference to the program.
    _out: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts the program and waits until it listens. Without a database URL it makes its own in the data folder.
    pub async fn start(data: &Path, database_url: Option<&str>) -> Result<Self> {
        Self::run(data, database_url, None).await
    }

    /// The same with the witnesses that a policy in a file names.
    pub async fn start_witnessed(
        data: &Path,
        database_url: Option<&str>,
        witness_policy: &Path,
    ) -> Result<Self> {
        Self::run(data, database_url, Some(witness_policy)).await
    }

    async fn run(
        data: &Path,
        database_url: Option<&str>,
        witness_policy: Option<&Path>,
    ) -> Result<Self> {
        let (log, fail_point) = (data.with_extension("log"), data.with_extension("point"));
        let mut command = Command::new(program()?);
        // What the environment sets for tests or for somebody's own server is not for this one.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("COMMONWEAL_") {
                command.env_remove(name);
            }
        }
        command
            .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            // The budget of a caller is measured elsewhere.
            .env("COMMONWEAL_RATE_LIMIT_MAXIMUM", "1000000000")
            .env("COMMONWEAL_RATE_LIMIT_RESTORE_PER_SECOND", "1000000000")
            .env(failpoint::FILE, &fail_point)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log)?)
            .kill_on_drop(true);
        if let Some(url) = database_url {
            command.args(["--database-url", url]);
        }
        if let Some(policy) = witness_policy {
            command.env("COMMONWEAL_WITNESS_POLICY", policy);
        }
        let mut child = command.spawn().context("the program does not start")?;
        let out = child.stdout.take().context("no standard output")?;
        let mut out = BufReader::new(out).lines();
        let listening = async {
            while let Some(line) = out.next_line().await? {
                if let Some(url) = line.strip_prefix("listening on ") {
                    return Ok(url.to_owned());
                }
            }
            bail!("it ended without listening: {}", tail(&log)?)
        };
        let url = tokio::time::timeout(START_LIMIT, listening)
            .await
            .context("it took too long to listen")??;
        Ok(Self {
            url,
            child,
            log,
            fail_point,
            _out: out,
        })
    }

    /// Ends the process at once (SIGKILL): it flushes nothing and answers nobody.
    pub async fn kill(mut self) -> Result<()> {
        let ended = self.child.try_wait()?;
        ensure!(ended.is_none(), "it ended by itself: {}", tail(&self.log)?);
        self.child.kill().await?;
        Ok(())
    }

    /// Tells the program to die at a passing of a fail point, counted from now. Only one that was built with
    /// fail points does.
    pub fn die_at(&self, point: Point, passing: u64) -> Result<()> {
        // Whole or not at all, since the program looks all the time.
        let new = self.fail_point.with_extension("new");
        fs::write(&new, format!("{point:?} {passing}\n"))?;
        Ok(fs::rename(&new, &self.fail_point)?)
    }

    /// Waits until the program has died where it was told to.
    pub async fn died(mut self) -> Result<()> {
        let ended = tokio::time::timeout(DEATH_LIMIT, self.child.wait()).await;
        let log = || tail(&self.log);
        let status = match ended {
            Ok(status) => status?,
            Err(_) if self.fail_point.exists() => bail!(
                "it has no fail points: build it with `cargo build --bin commonweal --features failpoints`"
            ),
            Err(_) => bail!("it did not come by the point: {}", log()?),
        };
        // A signal ended it; an exit of its own would have a code.
        ensure!(
            status.code().is_none(),
            "it ended with {status}: {}",
            log()?
        );
        ensure!(
            log()?.contains("as it was told"),
            "it died of something else: {}",
            log()?
        );
        Ok(())
    }
}

/// Runs the program once with these arguments, to its end.
pub fn run_commonweal(args: &[&Path]) -> Result<std::process::Output> {
    let output = std::process::Command::new(program()?).args(args).output();
    output.context("the program does not start")
}

/// Runs `commonweal-verify` once with these arguments, to its end.
pub fn run_verify(args: &[&Path]) -> Result<std::process::Output> {
    let program = built(
        "commonweal-verify",
        "commonweal-verify",
        &["domain", "verify"],
    )?;
    let output = std::process::Command::new(program).args(args).output();
    output.context("the program does not start")
}

/// The last lines of a log.
fn tail(log: &Path) -> Result<String> {
    let text = fs::read_to_string(log)?;
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(10)..].join("\n"))
}

/// The service's program.
pub(crate) fn program() -> Result<PathBuf> {
    let crates = ["domain", "migrations", "app", "api"];
    built("commonweal-api", "commonweal", &crates)
}

/// A program beside the running test, `target/PROFILE/deps/it-..`. `cargo test --workspace` builds it first; where only
/// this package was built, or with other sources of the crates that it is made of, it is built now.
fn built(package: &str, name: &str, crates: &[&str]) -> Result<PathBuf> {
    // Tests run side by side, and one of them is enough to build.
    static BUILDING: Mutex<()> = Mutex::new(());
    let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent);
    let folder = folder.context("the test is not in a target folder")?;
    let program = folder
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    let built = fs::metadata(&program).and_then(|file| file.modified()).ok();
    if built.is_some_and(|built| newest_source(crates).is_ok_and(|source| source <= built)) {
        return Ok(program);
    }
    println!("{} is missing or old: building it", program.display());
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo
        .current_dir(workspace())
        .args(["build", "--locked", "--package", package, "--bin", name])
        .arg("--target-dir")
        .arg(folder.parent().context("no target folder")?);
    if folder.ends_with("release") {
        cargo.arg("--release");
    } else if package == "commonweal-api" {
        // As `cargo test --workspace` builds it.
        cargo.args(["--features", "failpoints"]);
    }
    let built = cargo.status().context("cargo does not start")?;
    ensure!(
        built.success(),
        "{} could not be built: run `cargo build --bin {name}` and read why",
        program.display()
    );
    Ok(program)
}

fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// When a source of one of these crates was last changed.
fn newest_source(crates: &[&str]) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut folders: Vec<PathBuf> = crates
        .iter()
        .map(|name| workspace().join(name).join("src"))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                newest = newest.max(entry.metadata()?.modified()?);
            }
        }
    }
    Ok(newest)
}
