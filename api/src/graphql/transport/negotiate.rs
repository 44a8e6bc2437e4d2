//! Which media type to answer in, and which content type to accept (the GraphQL over HTTP specification).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// A media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the HTTP status tells whether the operation ran.
    GraphqlResponse,
    /// `application/json`: every well-formed request is answered with 200. For clients that name nothing better.
    Json,
}

impl Media {
    /// The value of `Content-Type`.
    pub(super) const fn content_type(self) -> HeaderValue {
        match self {
            Self::GraphqlResponse => {
                HeaderValue::from_static("application/graphql-response+json; charset=utf-8")
            }
            Self::Json => HeaderValue::from_static("application/json; charset=utf-8"),
        }
    }

    /// The type that the client prefers; `None` when it accepts neither.
    ///
    /// Between equals the newer type wins if it is named; a wildcard alone means `application/json`.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let values: Vec<&str> = headers
            .get_all(header::ACCEPT)
            .iter()
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        let ranges: Vec<Range<'_>> = values
            .iter()
            .flat_map(|value| value.split(','))
            .filter_map(Range::parse)
            .collect();
        if ranges.is_empty() && values.iter().all(|value| value.trim().is_empty()) {
            return Some(Self::Json);
        }
        let (newer, exactness) = quality(&ranges, "graphql-response+json");
        let (json, _) = quality(&ranges, "json");
        match (newer, json) {
            (0, 0) => None,
            _ if newer > json || (newer == json && exactness == Exactness::Named) => {
                Some(Self::GraphqlResponse)
            }
            _ => Some(Self::Json),
        }
    }
}

/// How closely a media range names a type; the closest one decides its quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exactness {
    Any,
    Application,
    Named,
}

struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// Thousandths.
    quality: u32,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut range = Self {
            kind,
            subtype,
            quality: 1_000,
        };
        for parameter in parts {
            let (name, value) = parameter.split_once('=')?;
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => range.quality = parse_quality(value.trim())?,
                "charset" if !is_utf8(value) => return None,
                _ => {}
            }
        }
        Some(range)
    }

    fn exactness(&self, subtype: &str) -> Option<Exactness> {
        match (self.kind, self.subtype) {
            ("*", "*") => Some(Exactness::Any),
            (kind, "*") if kind.eq_ignore_ascii_case("application") => Some(Exactness::Application),
            (kind, named)
                if kind.eq_ignore_ascii_case("application")
                    && named.eq_ignore_ascii_case(subtype) =>
            {
                Some(Exactness::Named)
            }
            _ => None,
        }
    }
}

/// `0`, `1`, or either with up to three decimals (RFC 9110, section 12.4.2), in thousandths.
fn parse_quality(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u32 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

fn quality(ranges: &[Range<'_>], subtype: &str) -> (u32, Exactness) {
    ranges
        .iter()
        .filter_map(|range| Some((range.exactness(subtype)?, range.quality)))
        .max_by_key(|(exactness, _)| *exactness)
        .map_or((0, Exactness::Any), |(exactness, quality)| {
            (quality, exactness)
        })
}

/// The body is `application/json` in UTF-8, uncompressed. A browser sends no such request to another site without
/// asking first, which is what keeps mutations from being forged.
pub(super) fn is_json_body(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let plain =
        text(header::CONTENT_ENCODING).is_none_or(|coding| coding.eq_ignore_ascii_case("identity"));
    let Some(content_type) = text(header::CONTENT_TYPE) else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => is_utf8(value),
        _ => true,
    });
    plain && json && utf8
}

fn is_utf8(charset: &str) -> bool {
    charset
        .trim()
        .trim_matches('"')
        .eq_ignore_ascii_case("utf-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        Media::negotiate(&headers)
    }

    #[test]
    fn what_is_named_is_answered() {
        use Media::{GraphqlResponse, Json};
        for (value, media) in [
            ("application/graphql-response+json", Some(GraphqlResponse)),
            ("application/json", Some(Json)),
            (
                "application/graphql-response+json, application/json",
                Some(GraphqlResponse),
            ),
            (
                "application/json, application/graphql-response+json",
                Some(GraphqlResponse),
            ),
            (
                "application/json, application/graphql-response+json;q=0.9",
                Some(Json),
            ),
            (
                "application/graphql-response+json; charset=utf-8, application/json; q=0.5",
                Some(GraphqlResponse),
            ),
            ("APPLICATION/JSON", Some(Json)),
            ("*/*", Some(Json)),
            ("application/*", Some(Json)),
            (
                "application/graphql-response+json, */*;q=0.1",
                Some(GraphqlResponse),
            ),
            ("application/json;q=0, */*", Some(GraphqlResponse)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;charset=latin1", None),
            ("application/json;q=2", None),
            ("", Some(Json)),
        ] {
            assert_eq!(accept(value), media, "{value}");
        }
        assert_eq!(Media::negotiate(&HeaderMap::new()), Some(Json));
    }

    #[test]
    fn only_json_bodies_are_read() {
        let body = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            is_json_body(&headers)
        };
        assert!(body("application/json") && body("Application/JSON; charset=\"UTF-8\""));
        for simple in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/graphql",
        ] {
            assert!(!body(simple), "{simple}");
        }
        assert!(!is_json_body(&HeaderMap::new()));
    }
}
