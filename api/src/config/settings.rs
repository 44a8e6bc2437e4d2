//! The settings as they are written, before they are checked.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use axum::http::Uri;
use commonweal_app::evidence::MAX_UPLOAD_BYTES;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Config, ConfigError, DEFAULT_LISTEN, EvidencePlace, read_secret};
use crate::telemetry::LogFormat;

/// One field per key; the keys of file, environment and flags are these and no others.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    listen: SocketAddr,
    admin_listen: Option<SocketAddr>,
    data: PathBuf,
    database_url: Option<String>,
    database_url_file: Option<PathBuf>,
    origin: String,
    public_url: Option<String>,
    demo: bool,
    allowed_origins: Vec<String>,
    trusted_proxies: Vec<IpAddr>,
    rate_limit_maximum: u32,
    rate_limit_restore_per_second: u32,
    log_format: LogFormat,
    log_filter: String,
    witness_policy: Option<PathBuf>,
    witnesses_required: bool,
    evidence_folder: Option<PathBuf>,
    evidence_bucket: Option<String>,
    evidence_max_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            admin_listen: None,
            data: PathBuf::from("data"),
            database_url: None,
            database_url_file: None,
            origin: "localhost/commonweal".to_owned(),
            public_url: None,
            demo: false,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            rate_limit_maximum: 10_000,
            rate_limit_restore_per_second: 500,
            log_format: LogFormat::Text,
            log_filter: "info".to_owned(),
            witness_policy: None,
            witnesses_required: false,
            evidence_folder: None,
            evidence_bucket: None,
            evidence_max_bytes: MAX_UPLOAD_BYTES,
        }
    }
}

impl Settings {
    pub(super) fn check(self) -> Result<Config, ConfigError> {
        if self.demo && !self.listen.ip().is_loopback() {
            let reason = format!(
                "hands out its sign-ins, so it may only listen on a loopback address, not on {}",
                self.listen
            );
            return Err(wrong("demo", reason));
        }
        let points = [
            ("rate_limit_maximum", self.rate_limit_maximum),
            (
                "rate_limit_restore_per_second",
                self.rate_limit_restore_per_second,
            ),
        ];
        if let Some((key, _)) = points.into_iter().find(|(_, points)| *points == 0) {
            return Err(wrong(key, "must be at least 1 point"));
        }
        if self.witnesses_required && self.witness_policy.is_none() {
            let reason = "needs `witness_policy`: a file that names the witnesses";
            return Err(wrong("witnesses_required", reason));
        }
        if self.evidence_max_bytes == 0 {
            return Err(wrong("evidence_max_bytes", "must be at least 1 byte"));
        }
        let evidence = evidence_place(self.evidence_folder, self.evidence_bucket, &self.data)?;
        check_log_origin(&self.origin)?;
        for origin in &self.allowed_origins {
            check_url("allowed_origins", origin)?;
        }
        let public_url = self
            .public_url
            .unwrap_or_else(|| format!("http://{}", self.listen));
        check_url("public_url", &public_url)?;
        Ok(Config {
            database_url: database_url(
                self.database_url,
                self.database_url_file.as_deref(),
                &self.data,
            )?,
            listen: self.listen,
            admin_listen: self.admin_listen,
            data: self.data,
            origin: self.origin,
            public_url,
            demo: self.demo,
            allowed_origins: self.allowed_origins,
            trusted_proxies: self.trusted_proxies,
            rate_limit_maximum: self.rate_limit_maximum,
            rate_limit_restore_per_second: self.rate_limit_restore_per_second,
            log_format: self.log_format,
            log_filter: self.log_filter,
            witness_policy: self.witness_policy,
            witnesses_required: self.witnesses_required,
            evidence,
            evidence_max_bytes: self.evidence_max_bytes,
        })
    }
}

fn database_url(
    text: Option<String>,
    file: Option<&std::path::Path>,
    data: &std::path::Path,
) -> Result<SecretString, ConfigError> {
    let (key, url) = match (text, file) {
        (Some(_), Some(_)) => {
            let reason = "is given together with `database_url`: give one of them";
            return Err(wrong("database_url_file", reason));
        }
        (Some(text), None) => ("database_url", SecretString::from(text)),
        (None, Some(path)) => ("database_url_file", read_secret("database_url_file", path)?),
        (None, None) => {
            let path = data.join("commonweal.db");
            (
                "data",
                SecretString::from(format!("sqlite:{}", path.display())),
            )
        }
    };
    let scheme = secrecy::ExposeSecret::expose_secret(&url).split(':').next();
    match scheme {
        Some("sqlite" | "postgres" | "postgresql") => Ok(url),
        // The text itself is not repeated: it may be a password in the wrong place.
        _ => Err(wrong(
            key,
            "must be `sqlite:PATH` or `postgres://USER@HOST/DATABASE`",
        )),
    }
}

fn evidence_place(
    folder: Option<PathBuf>,
    bucket: Option<String>,
    data: &std::path::Path,
) -> Result<EvidencePlace, ConfigError> {
    let reason = match (folder, bucket) {
        (Some(_), Some(_)) => "is given together with `evidence_folder`: give one of them",
        (Some(folder), None) => return Ok(EvidencePlace::Folder(folder)),
        (None, None) => return Ok(EvidencePlace::Folder(data.join("evidence"))),
        (None, Some(_)) if !cfg!(feature = "s3") => {
            "needs a program that was built with the feature `s3`: this one stores files in a folder"
        }
        (None, Some(url)) if url.starts_with("s3://") => return Ok(EvidencePlace::Bucket(url)),
        (None, Some(_)) => "must be like `s3://BUCKET/PREFIX`",
    };
    Err(wrong("evidence_bucket", reason))
}

/// The name of a C2SP checkpoint: one line, without spaces or plus signs; by custom a host and a path.
fn check_log_origin(origin: &str) -> Result<(), ConfigError> {
    let fits = !origin.is_empty()
        && origin.len() <= 200
        && origin
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'+')
        && !origin.contains("://");
    if fits {
        Ok(())
    } else {
        let reason =
            "must be a name such as `log.example.org/city`: no scheme, spaces or plus signs";
        Err(wrong("origin", reason))
    }
}

fn check_url(key: &'static str, text: &str) -> Result<(), ConfigError> {
    let fits = text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri
                .authority()
                .is_some_and(|authority| !authority.as_str().contains('@'))
            && uri.path() == "/"
            && uri.query().is_none()
            && !text.ends_with('/')
    });
    if fits {
        Ok(())
    } else {
        let reason =
            format!("must be like `https://city.example`, without a path, and is `{text}`");
        Err(wrong(key, reason))
    }
}

fn wrong(key: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Value {
        key,
        reason: reason.into(),
    }
}
