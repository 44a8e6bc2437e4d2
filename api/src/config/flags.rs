//! The settings that have a flag.

use std::{net::SocketAddr, path::PathBuf};

use serde::Serialize;

/// Settings given on the command line; they win over everything else.
#[derive(Debug, Clone, Default, clap::Args, Serialize)]
pub struct ConfigFlags {
    /// A TOML file of settings (environment: COMMONWEAL_CONFIG)
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The address and port to listen on
    #[arg(long, value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// The address and port of the metrics, not for the public
    #[arg(long, value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_listen: Option<SocketAddr>,
    /// The folder for everything the server keeps
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
    /// The name of the public log, for ever
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// How the outside reaches the server
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Seed a worked city and hand out its tokens (loopback only)
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
}
