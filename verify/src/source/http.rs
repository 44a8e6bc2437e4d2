//! A server that serves a log below `/log/`.

use std::thread::sleep;
use std::time::Duration;

use ureq::Agent;

use super::{Source, SourceError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For one whole request: the largest bundle, 16 MiB, in this time is still a slow line.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(2);
/// Waits before the second and the third attempt.
const RETRY_AFTER: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];
const USER_AGENT: &str = concat!("commonweal-verify/", env!("CARGO_PKG_VERSION"));

/// A log on a server.
#[derive(Debug, Clone)]
pub struct Http {
    base: String,
    agent: Agent,
}

/// An attempt that failed, and whether another may succeed.
struct Failed {
    error: SourceError,
    again: bool,
}

impl Http {
    /// The log of the server at an address such as `https://registry.example`; with or without `/log` at its end.
    pub fn new(address: &str) -> Self {
        let host = address.trim_end_matches('/');
        let host = host.strip_suffix("/log").unwrap_or(host);
        let config = Agent::config_builder()
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(REQUEST_TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(3)
            .user_agent(USER_AGENT)
            .build();
        Self {
            base: format!("{host}/log"),
            agent: config.into(),
        }
    }

    fn attempt(&self, url: &str, limit: u64) -> Result<Vec<u8>, Failed> {
        let unreachable = |reason: String, again| Failed {
            error: SourceError::Unreachable {
                path: url.to_owned(),
                reason,
            },
            again,
        };
        let mut response = self
            .agent
            .get(url)
            .call()
            .map_err(|error| unreachable(error.to_string(), worth_retrying(&error)))?;
        match response.status().as_u16() {
            200 => response
                .body_mut()
                .with_config()
                .limit(limit)
                .read_to_vec()
                .map_err(|error| match error {
                    ureq::Error::BodyExceedsLimit(_) => Failed {
                        error: SourceError::TooLarge {
                            path: url.to_owned(),
                            limit,
                        },
                        again: false,
                    },
                    error => unreachable(error.to_string(), worth_retrying(&error)),
                }),
            404 | 410 => Err(Failed {
                error: SourceError::Missing {
                    path: url.to_owned(),
                },
                again: false,
            }),
            status => {
                let again = status == 429 || status >= 500;
                Err(unreachable(format!("HTTP status {status}"), again))
            }
        }
    }
}

/// A line may be back in a moment; a wrong address or certificate will not be right.
fn worth_retrying(error: &ureq::Error) -> bool {
    matches!(
        error,
        ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::ConnectionFailed
            | ureq::Error::Protocol(_)
    )
}

impl Source for Http {
    fn address(&self) -> String {
        self.base.clone()
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let url = format!("{}/{path}", self.base);
        let mut waits = RETRY_AFTER.into_iter();
        loop {
            match (self.attempt(&url, limit), waits.next()) {
                (Ok(bytes), _) => return Ok(bytes),
                (Err(Failed { again: true, .. }), Some(wait)) => sleep(wait),
                (Err(failed), _) => return Err(failed.error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_below_the_server_however_the_address_is_written() {
        for address in [
            "https://registry.example",
            "https://registry.example/",
            "https://registry.example/log",
            "https://registry.example/log/",
        ] {
            assert_eq!(Http::new(address).address(), "https://registry.example/log");
        }
    }
}
