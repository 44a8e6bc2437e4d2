//! The part of a file that a request wants (RFC 9110, section 14): one range of bytes, or all of it.

use std::ops::Range;

use axum::http::{HeaderMap, header};

/// What a request wants of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// These bytes, at least one.
    Part(Range<usize>),
    /// Bytes that it does not have.
    Beyond,
}

/// Reads `Range` and `If-Range` for a file of `length` bytes under a strong `tag`. Several ranges, and what is no range of
/// bytes, are passed over, as the standard allows: the answer is then the whole file.
pub(super) fn wanted(headers: &HeaderMap, length: usize, tag: &str) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(range) = text(header::RANGE) else {
        return Wanted::Whole;
    };
    if headers.contains_key(header::IF_RANGE) && text(header::IF_RANGE) != Some(tag) {
        return Wanted::Whole;
    }
    let Some((first, last)) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Wanted::Whole;
    };
    let part = match (first.is_empty(), number(first), number(last)) {
        // The last bytes.
        (true, _, Some(count)) => length.saturating_sub(count)..length,
        (false, Some(first), _) if last.is_empty() => first..length,
        (false, Some(first), Some(last)) if first <= last => {
            first..last.saturating_add(1).min(length)
        }
        _ => return Wanted::Whole,
    };
    if part.start < part.end {
        Wanted::Part(part)
    } else {
        Wanted::Beyond
    }
}

/// Digits alone; one beyond every file is beyond this one too.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: &str, unless: Option<&str>) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(tag) = unless {
            headers.insert(header::IF_RANGE, tag.parse().unwrap());
        }
        wanted(&headers, 10, "\"tag\"")
    }

    #[test]
    fn one_range_of_bytes_is_a_part_of_the_file() {
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=3-5", 3..6),
            ("bytes=3-", 3..10),
            ("bytes=-4", 6..10),
            ("bytes=-40", 0..10),
            ("bytes=9-99999999999999999999", 9..10),
        ] {
            assert_eq!(of(range, None), Wanted::Part(part), "{range}");
        }
        for range in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(of(range, None), Wanted::Beyond, "{range}");
        }
    }

    #[test]
    fn anything_else_is_the_whole_file() {
        for range in [
            "bytes=",
            "bytes=-",
            "bytes=5-3",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=+1-2",
            "0-1",
        ] {
            assert_eq!(of(range, None), Wanted::Whole, "{range}");
        }
        assert_eq!(of("bytes=0-1", Some("\"tag\"")), Wanted::Part(0..2));
        for other in ["\"other\"", "W/\"tag\"", "Sun, 22 Nov 2026 00:00:00 GMT"] {
            assert_eq!(of("bytes=0-1", Some(other)), Wanted::Whole, "{other}");
        }
        assert_eq!(wanted(&HeaderMap::new(), 10, "\"tag\""), Wanted::Whole);
    }
}
