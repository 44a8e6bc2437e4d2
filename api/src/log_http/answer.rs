//! A file of the log as an HTTP answer: whole or a part of it, with what a cache needs to know.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use commonweal_domain::log::hash::sha256;

use super::range::{Wanted, wanted};
use crate::http::Dense;

/// Content type of checkpoint and key.
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
/// Content type of tiles and bundles.
pub(super) const BYTES: &str = "application/octet-stream";
/// Content type of blobs.
pub(super) const JSON: &str = "application/json";
/// Content type of schemas.
pub(super) const SCHEMA: &str = "application/schema+json";

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
    /// Hashes, which compress to nothing smaller.
    pub(super) dense: bool,
}

impl File {
    /// The file, the part that was asked for, or that the caller has it already.
    pub(super) fn answer(self, request: &HeaderMap) -> Response {
        let strong = format!("\"{}\"", sha256(&self.content));
        let mut response = if has_already(request, &strong) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.content(request, &strong)
        };
        // Compressed on its way it is the same file in other bytes.
        let bytes_differ = !self.dense
            && response.status() != StatusCode::PARTIAL_CONTENT
            && request.contains_key(header::ACCEPT_ENCODING);
        let tag = if bytes_differ {
            format!("W/{strong}")
        } else {
            strong
        };
        let keep = match self.keep {
            Keep::Ask => "no-cache",
            Keep::ForADay => "public, max-age=86400, immutable",
            Keep::ForEver => "public, max-age=31536000, immutable",
        };
        if self.dense {
            response.extensions_mut().insert(Dense);
        }
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        );
        if let Ok(tag) = HeaderValue::try_from(tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }

    fn content(&self, request: &HeaderMap, tag: &str) -> Response {
        let length = self.content.len();
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        match wanted(request, length, tag) {
            Wanted::Whole => ([kind], self.content.clone()).into_response(),
            Wanted::Part(part) => {
                let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
                let bytes = self.content.get(part).unwrap_or_default().to_vec();
                let status = StatusCode::PARTIAL_CONTENT;
                (status, [kind], [(header::CONTENT_RANGE, range)], bytes).into_response()
            }
            Wanted::Beyond => {
                let range = format!("bytes */{length}");
                let status = StatusCode::RANGE_NOT_SATISFIABLE;
                (status, [(header::CONTENT_RANGE, range)]).into_response()
            }
        }
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

    fn answer(name: header::HeaderName, value: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        let file = File {
            content: b"content".to_vec(),
            kind: BYTES,
            keep: Keep::ForEver,
            dense: false,
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
            let response = answer(header::IF_NONE_MATCH, &known);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert!(response.headers().contains_key(header::ETAG));
            assert!(response.headers().contains_key(header::CACHE_CONTROL));
        }
        for other in ["\"other\"", "", "W/"] {
            let response = answer(header::IF_NONE_MATCH, other);
            assert_eq!(response.status(), StatusCode::OK, "{other}");
        }
    }

    #[test]
    fn a_part_is_named_and_what_is_beyond_the_end_is_refused() {
        let part = answer(header::RANGE, "bytes=2-3");
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 2-3/7");
        let beyond = answer(header::RANGE, "bytes=7-");
        assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(beyond.headers()[header::CONTENT_RANGE], "bytes */7");
    }

    #[test]
    fn the_tag_is_strong_where_the_bytes_are_always_these() {
        let tag = |response: Response| {
            response.headers()[header::ETAG]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert!(tag(answer(header::ACCEPT_ENCODING, "gzip")).starts_with("W/"));
        assert!(tag(answer(header::RANGE, "bytes=2-3")).starts_with('"'));
    }
}
