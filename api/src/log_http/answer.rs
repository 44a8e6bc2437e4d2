//! A file of the log as an HTTP answer.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use commonweal_domain::log::hash::sha256;

/// Content type of checkpoint and key.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
/// Content type of tiles and bundles.
pub(super) const BYTES: &str = "application/octet-stream";

/// Content type of blobs.
pub(super) const JSON: &str = "application/json";

/// For how long a cache may keep a file without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It changes: ask each time whether it is still the same. A watchdog that is shown an old head must take the log
    /// for one that was cut back.
    Ask,
    /// It never changes, and nobody needs it for long: the tile has become wider since.
    ForADay,
    /// It never changes.
    ForEver,
}

/// A file of the log.
#[derive(Debug)]
pub(super) struct File {
    pub(super) content: Vec<u8>,
    pub(super) kind: &'static str,
    pub(super) keep: Keep,
}

impl File {
    /// The file, or that the caller has it already.
    pub(super) fn answer(self, request: &HeaderMap) -> Response {
        // Weak: compressed on its way it is the same file in other bytes.
        let tag = format!("W/\"{}\"", sha256(&self.content));
        let mut response = if has_already(request, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let kind = (header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
            ([kind], self.content).into_response()
        };
        let keep = match self.keep {
            Keep::Ask => "no-cache",
            Keep::ForADay => "public, max-age=86400, immutable",
            Keep::ForEver => "public, max-age=31536000, immutable",
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        );
        if let Ok(tag) = HeaderValue::try_from(tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

/// `If-None-Match` names the file (RFC 9110, section 13.1.2: compared weakly).
fn has_already(request: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(known: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, known.parse().unwrap());
        let file = File {
            content: b"content".to_vec(),
            kind: BYTES,
            keep: Keep::ForEver,
        };
        file.answer(&headers)
    }

    #[test]
    fn a_file_that_the_caller_has_is_not_sent_again() {
        let tag = format!("\"{}\"", sha256(b"content"));
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"other\", W/{tag}"),
            "*".to_owned(),
        ] {
            let response = answer(&known);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert!(response.headers().contains_key(header::ETAG));
            assert!(response.headers().contains_key(header::CACHE_CONTROL));
        }
        for other in ["\"other\"", "", "W/"] {
            assert_eq!(answer(other).status(), StatusCode::OK, "{other}");
        }
    }
}
