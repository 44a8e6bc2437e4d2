//! Tiles and entry bundles of the log, against nginx with the same bytes as files.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use commonweal_tests::TestApp;
use tokio::process::{Child, Command};

use super::caller::{Caller, address};
use super::{Side, get};

/// Full tiles of the log, which a cache would keep for ever.
const PATHS: &[&str] = &[
    "/log/tile/entries/000",
    "/log/tile/0/000",
    "/log/tile/entries/001",
    "/log/tile/0/001",
];

/// nginx over a folder; it ends with this.
pub(crate) struct Nginx {
    address: String,
    _process: Child,
}

impl Nginx {
    /// None where it is not installed.
    async fn start(folder: &Path) -> Result<Option<Self>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = folder.display();
        let conf = format!(
            "daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit; events {{}}\n\
             http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}; \
             proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder}; \
             server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
        );
        let file = format!("{folder}/nginx.conf");
        fs::write(&file, conf)?;
        let started = Command::new("nginx")
            .args(["-c", &file])
            .kill_on_drop(true)
            .spawn();
        let Ok(process) = started else {
            return Ok(None);
        };
        let address = format!("127.0.0.1:{port}");
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(&address).await.is_ok() {
                return Ok(Some(Self {
                    address,
                    _process: process,
                }));
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        anyhow::bail!("nginx does not listen")
    }
}

/// Both sides, after making sure that they answer the same bytes; none where there is no nginx.
pub(crate) async fn sides(
    app: &TestApp,
    folder: &Path,
) -> Result<Option<(Arc<Side>, Arc<Side>, Nginx)>> {
    let requests: Vec<Vec<u8>> = PATHS.iter().map(|path| get(path)).collect();
    let ours = Side {
        address: address(&app.url),
        requests: requests.clone(),
    };
    let mut caller = Caller::connect(&ours.address).await?;
    for (path, request) in PATHS.iter().zip(&requests) {
        let file = folder.join(path.trim_start_matches('/'));
        fs::create_dir_all(file.parent().context("no folder")?)?;
        fs::write(file, caller.ask(request).await?)?;
    }
    let Some(nginx) = Nginx::start(folder).await? else {
        return Ok(None);
    };
    let mut theirs = Caller::connect(&nginx.address).await?;
    for request in &requests {
        ensure!(theirs.ask(request).await? == caller.ask(request).await?);
    }
    let theirs = Side {
        address: nginx.address.clone(),
        requests,
    };
    Ok(Some((Arc::new(ours), Arc::new(theirs), nginx)))
}
