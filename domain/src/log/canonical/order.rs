//! The canonical form of compact JSON text, found without a tree of values: almost everything that is hashed or replayed
//! goes this way, and what this reader leaves open goes the long way of the module above.

use super::MAX_DEPTH;

/// The digits of the largest integer that JSON readers keep exactly.
const MAX_DIGITS: &[u8] = b"9007199254740991";

/// What the text of a value was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// It was canonical before: no object had to be put in order.
    pub(super) ordered: bool,
    /// A `null` is in it.
    pub(super) null: bool,
}

/// Puts the members of each object of a text in canonical order.
///
/// None where that is not all that would have to be done (a space, an escape or a number that is not the shortest form),
/// where the text has no canonical form at all, and where a key is not plain ASCII, which RFC 8785 sorts by UTF-16. The text
/// may have changed then.
pub(super) fn sort(text: &mut [u8]) -> Option<Found> {
    let mut reader = Reader {
        text,
        at: 0,
        spare: Vec::new(),
        found: Found {
            ordered: true,
            null: false,
        },
    };
    reader.value(0)?;
    (reader.at == reader.text.len()).then_some(reader.found)
}

/// Reads the text from `at` on.
struct Reader<'a> {
    text: &'a mut [u8],
    at: usize,
    /// Room for the members of an object on their way.
    spare: Vec<u8>,
    found: Found,
}

/// Where a member of an object stands.
#[derive(Clone, Copy)]
struct Member {
    from: usize,
    key_to: usize,
    to: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, length: usize) {
        self.at = self.at.saturating_add(length);
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.rest().starts_with(word).then_some(())?;
        self.skip(word.len());
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(depth.saturating_add(1)),
            b'[' => self.array(depth.saturating_add(1)),
            b'"' => self.string(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => {
                self.found.null = true;
                self.word(b"null")
            }
            _ => self.integer(),
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.skip(1);
        if self.peek()? == b']' {
            self.skip(1);
            return Some(());
        }
        loop {
            self.value(depth)?;
            match self.peek()? {
                b',' => self.skip(1),
                b']' => break,
                _ => return None,
            }
        }
        self.skip(1);
        Some(())
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.skip(1);
        let mut members = Vec::new();
        if self.peek()? == b'}' {
            self.skip(1);
            return Some(());
        }
        loop {
            let from = self.at;
            self.string()?;
            let key_to = self.at;
            self.word(b":")?;
            self.value(depth)?;
            let to = self.at;
            members.push(Member { from, key_to, to });
            match self.peek()? {
                b',' => self.skip(1),
                b'}' => break,
                _ => return None,
            }
        }
        self.order(&mut members)?;
        self.skip(1);
        Some(())
    }

    /// Puts the members of an object in order; none where two have the same key.
    fn order(&mut self, members: &mut [Member]) -> Option<()> {
        let key = |member: &Member| {
            self.text
                .get(member.from..member.key_to)
                .unwrap_or_default()
        };
        let plain = |byte: &u8| byte.is_ascii() && *byte != b'\\';
        if !members.iter().all(|member| key(member).iter().all(plain)) {
            return None;
        }
        if members.is_sorted_by(|first, second| key(first) < key(second)) {
            return Some(());
        }
        let (start, end) = (members.first()?.from, members.last()?.to);
        members.sort_unstable_by(|first, second| key(first).cmp(key(second)));
        if !members.is_sorted_by(|first, second| key(first) < key(second)) {
            return None;
        }
        self.spare.clear();
        for member in members {
            if !self.spare.is_empty() {
                self.spare.push(b',');
            }
            self.spare
                .extend_from_slice(self.text.get(member.from..member.to)?);
        }
        self.text.get_mut(start..end)?.copy_from_slice(&self.spare);
        self.found.ordered = false;
        Some(())
    }

    /// A string whose escapes are those of RFC 8785.
    fn string(&mut self) -> Option<()> {
        self.word(b"\"")?;
        loop {
            let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
            self.skip(self.rest().iter().position(special)?);
            match self.peek()? {
                b'"' => break,
                b'\\' => self.skip(escape(self.rest())?),
                _ => return None,
            }
        }
        self.skip(1);
        Some(())
    }

    /// An integer that every reader keeps exactly.
    fn integer(&mut self) -> Option<()> {
        let rest = self.rest();
        let digits = rest.strip_prefix(b"-").unwrap_or(rest);
        let sign = rest.len().saturating_sub(digits.len());
        let count = digits
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let digits = digits.get(..count)?;
        let shortest = match digits {
            [] => false,
            [b'0'] => sign == 0,
            [first, ..] => *first != b'0',
        };
        let exact = (digits.len(), digits) <= (MAX_DIGITS.len(), MAX_DIGITS);
        (shortest && exact).then_some(())?;
        self.skip(sign.saturating_add(count));
        Some(())
    }
}

/// The length of the escape with which a text begins, if it is the shortest for its character and needed.
fn escape(text: &[u8]) -> Option<usize> {
    match text {
        [_, b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(2),
        [
            _,
            b'u',
            b'0',
            b'0',
            high @ (b'0' | b'1'),
            low @ (b'0'..=b'9' | b'a'..=b'f'),
            ..,
        ] => {
            let short = *high == b'0' && matches!(low, b'8' | b'9' | b'a' | b'c' | b'd');
            (!short).then_some(6)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::canonical::MAX_JSON_INTEGER;

    fn text(given: &str) -> Option<String> {
        let mut bytes = given.as_bytes().to_vec();
        let found = sort(&mut bytes)?;
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(found.ordered, text == given);
        assert_eq!(found.null, given.contains("null"));
        Some(text)
    }

    #[test]
    fn members_are_sorted_at_every_depth() {
        assert_eq!(
            text(r#"{"b":[{"d":1,"c":{"z":"}","y":[]}}],"a":{},"ab":-12}"#).unwrap(),
            r#"{"a":{},"ab":-12,"b":[{"c":{"y":[],"z":"}"},"d":1}]}"#
        );
        let canonical = r#"{"a":"\u001f\n\"\\/é","b":[true,false,0]}"#;
        assert_eq!(text(canonical).unwrap(), canonical);
    }

    #[test]
    fn what_is_not_canonical_token_by_token_is_left_open() {
        for open in [
            "",
            "{",
            "[1",
            "[1,]",
            "{\"a\":1,}",
            "{\"a\"1}",
            " 1",
            "1 ",
            "01",
            "-0",
            "-",
            "1.0",
            "1e2",
            "+1",
            "nul",
            "\"\\/\"",
            "\"\\u000A\"",
            "\"\\u000a\"",
            "\"\\u001F\"",
            "\"\\u0041\"",
            "\"\\ud83d\"",
            "\"\u{1}\"",
            "\"a",
            "{\"a\":1,\"a\":2}",
            "{\"b\":0,\"a\":1,\"b\":2}",
            "{\"\u{e9}\":1}",
            "{\"\\n\":1}",
            "1 2",
        ] {
            assert_eq!(text(open), None, "{open}");
        }
    }

    #[test]
    fn integers_end_where_readers_begin_to_round() {
        assert_eq!(MAX_DIGITS, MAX_JSON_INTEGER.to_string().as_bytes());
        for fits in ["9007199254740991", "-9007199254740991", "999999999999999"] {
            assert_eq!(text(fits).unwrap(), fits);
        }
        for beyond in ["9007199254740992", "-9007199254740992", "10000000000000000"] {
            assert_eq!(text(beyond), None);
        }
    }
}
