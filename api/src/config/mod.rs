//! Configuration: defaults, then a TOML file, then `COMMONWEAL_*` of the environment, then flags; the later wins.
//!
//! It is read once, at start. A key that nobody knows is an error that names it: a misspelt setting must not be silently
//! the default. What is secret may come from a file (`database_url_file`) and never prints.

mod environment;
mod flags;
mod settings;

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Format as _, Serialized, Toml},
};
use secrecy::{ExposeSecret as _, SecretString};

pub use self::flags::ConfigFlags;
use self::{environment::Environment, settings::Settings};
use crate::telemetry::LogFormat;

/// The configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the public listener binds.
    pub listen: SocketAddr,
    /// Where metrics are served, if anywhere. Not for the public.
    pub admin_listen: Option<SocketAddr>,
    /// The folder of everything the server keeps beside the database.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; may hold a password.
    pub database_url: SecretString,
    /// The origin line of the log's checkpoints: the log's name for ever.
    pub origin: String,
    /// How the outside reaches the server, without a slash at the end.
    pub public_url: String,
    /// Seeds a worked city and hands out its tokens. Loopback only.
    pub demo: bool,
    /// Origins of pages that may open WebSockets, beside the server's own.
    pub allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Points in a full cost bucket.
    pub rate_limit_maximum: u32,
    /// Points restored to a cost bucket each second.
    pub rate_limit_restore_per_second: u32,
    /// How the log is written.
    pub log_format: LogFormat,
    /// What the log holds, as a filter of targets and levels.
    pub log_filter: String,
    /// The file that names the witnesses of the log, and how many of them are enough. Without one there are none.
    pub witness_policy: Option<PathBuf>,
    /// Whether a checkpoint is shown only once enough witnesses have cosigned it.
    pub witnesses_required: bool,
    /// Where files of evidence are.
    pub evidence: EvidencePlace,
    /// The most bytes of one of them.
    pub evidence_max_bytes: u64,
}

/// Where files of evidence are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvidencePlace {
    /// A folder, the data folder's `evidence` where nothing is said.
    Folder(PathBuf),
    /// A bucket that speaks S3, such as `s3://evidence/city`; its keys come from the variables `AWS_*`.
    Bucket(String),
}

/// Why there is no configuration. Every text says which key, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named by `--config` or `COMMONWEAL_CONFIG` cannot be read.
    #[error("the configuration file {} cannot be read: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A variable of the environment that is no setting.
    #[error("unknown environment variable {name}: the settings are {known}")]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The variables that there are.
        known: String,
    },
    /// A value has the wrong form, or a key is unknown.
    #[error("{0}")]
    Form(Box<figment::Error>),
    /// A value has the right form and cannot be.
    #[error("`{key}` {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
}

impl Config {
    /// Reads the configuration of this process.
    pub fn load(flags: &ConfigFlags) -> Result<Self, ConfigError> {
        Self::from_parts(flags, std::env::vars_os())
    }

    /// Reads the configuration from flags and these variables; the rest of the world is only the files they name.
    pub fn from_parts<N: Into<std::ffi::OsString>, V: Into<std::ffi::OsString>>(
        flags: &ConfigFlags,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ConfigError> {
        let environment = Environment::new(variables)?;
        let mut figment = Figment::from(Serialized::defaults(Settings::default()));
        if let Some(path) = flags.config.as_deref().or(environment.config_file()) {
            let text = std::fs::read_to_string(path).map_err(|error| ConfigError::File {
                path: path.to_owned(),
                error,
            })?;
            figment = figment.merge(Toml::string(&text));
        }
        let settings: Settings = figment
            .merge(environment)
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| ConfigError::Form(Box::new(error)))?;
        settings.check()
    }

    /// The configuration as TOML, for `check-config`: secrets are masked.
    pub fn masked_toml(&self) -> String {
        let mut text = String::new();
        let mut line = |key: &str, value: &dyn std::fmt::Debug| {
            let _ = writeln!(text, "{key} = {value:?}");
        };
        line("listen", &self.listen.to_string());
        if let Some(admin) = self.admin_listen {
            line("admin_listen", &admin.to_string());
        }
        line("data", &self.data);
        line(
            "database_url",
            &mask_password(self.database_url.expose_secret()),
        );
        line("origin", &self.origin);
        line("public_url", &self.public_url);
        line("demo", &self.demo);
        line("allowed_origins", &self.allowed_origins);
        let proxies: Vec<String> = self
            .trusted_proxies
            .iter()
            .map(ToString::to_string)
            .collect();
        line("trusted_proxies", &proxies);
        line("rate_limit_maximum", &self.rate_limit_maximum);
        line(
            "rate_limit_restore_per_second",
            &self.rate_limit_restore_per_second,
        );
        line("log_format", &self.log_format.as_str());
        line("log_filter", &self.log_filter);
        if let Some(policy) = &self.witness_policy {
            line("witness_policy", policy);
        }
        line("witnesses_required", &self.witnesses_required);
        match &self.evidence {
            EvidencePlace::Folder(folder) => line("evidence_folder", folder),
            EvidencePlace::Bucket(url) => line("evidence_bucket", url),
        }
        line("evidence_max_bytes", &self.evidence_max_bytes);
        text
    }
}

/// `postgres://user:***@host/db?…`: only what is surely not secret is left.
fn mask_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned(); // `sqlite:PATH` has no place for a password
    };
    let (rest, query) = rest
        .split_once('?')
        .map_or((rest, ""), |(rest, _)| (rest, "?***"));
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}{query}")
        }
        None => format!("{scheme}://{rest}{query}"),
    }
}

fn read_secret(key: &'static str, path: &Path) -> Result<SecretString, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Value {
        key,
        reason: format!("names {}, which cannot be read: {error}", path.display()),
    })?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(ConfigError::Value {
            key,
            reason: format!("names {}, which is empty", path.display()),
        });
    }
    Ok(SecretString::from(text))
}

/// Where the public listener binds when nobody says.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

#[cfg(test)]
mod tests;
