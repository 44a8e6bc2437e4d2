//! Which pages may open a socket: WebSockets are outside the same-origin rule of browsers.

use std::sync::Arc;

use axum::http::{HeaderMap, Uri, header};

/// The origins that may, beside the server's own.
#[derive(Debug, Clone, Default)]
pub struct AllowedOrigins(Arc<[String]>);

impl AllowedOrigins {
    /// As `scheme://host[:port]`, in the form browsers send.
    pub fn new(origins: impl IntoIterator<Item = String>) -> Self {
        Self(origins.into_iter().collect())
    }

    /// Programs send no `Origin`; a page must come from the host it asks, or from an allowed origin.
    pub(super) fn allow(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let same_host = origin.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri
                    .authority()
                    .zip(host)
                    .is_some_and(|(authority, host)| authority.as_str().eq_ignore_ascii_case(host))
        });
        same_host || self.0.iter().any(|allowed| allowed == origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: Option<&str>, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        AllowedOrigins::new(["https://city.example".to_owned()]).allow(&headers)
    }

    #[test]
    fn the_own_host_and_the_configured_origins_may() {
        assert!(allowed(None, "api.example:8080"));
        assert!(allowed(Some("http://api.example:8080"), "api.example:8080"));
        assert!(allowed(Some("https://API.example"), "api.example"));
        assert!(allowed(Some("https://city.example"), "api.example"));
    }

    #[test]
    fn others_may_not() {
        for origin in [
            "https://evil.example",
            "http://api.example",
            "http://api.example:8080.evil.example",
            "https://city.example.evil.example",
            "null",
            "file://api.example:8080",
            "",
        ] {
            assert!(!allowed(Some(origin), "api.example:8080"), "{origin}");
        }
    }
}
