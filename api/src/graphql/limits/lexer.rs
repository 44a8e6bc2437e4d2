//! Counts tokens without building anything, so that the parser only ever sees a document of a bounded size and nesting.
//!
//! The parser is a recursive descent without a bound on values and types: `[[[[…` would end the process by stack
//! overflow. That is why nesting is counted here, before it.

/// Why the count stopped early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexLimit {
    /// More tokens than allowed.
    Tokens,
    /// Brackets nested deeper than allowed.
    Nesting,
}

/// The number of lexical tokens (GraphQL specification, section 2.1.6) in `text`, stopping as soon as a limit is passed.
///
/// A character that begins no token counts as one: saying what is wrong with it is the parser's part.
pub fn count_tokens(text: &str, max_tokens: usize, max_nesting: usize) -> Result<usize, LexLimit> {
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut open) = (0, 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' | 0xEF | 0xBB | 0xBF => {
                at += 1;
                continue;
            }
            b'#' => {
                at = skip_while(bytes, at, |b| b != b'\n' && b != b'\r');
                continue;
            }
            b'{' | b'[' | b'(' => {
                open += 1;
                if open > max_nesting {
                    return Err(LexLimit::Nesting);
                }
                at + 1
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                at + 1
            }
            b'.' if bytes[at..].starts_with(b"...") => at + 3,
            b'"' => string_end(bytes, at),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                skip_while(bytes, at, |b| b == b'_' || b.is_ascii_alphanumeric())
            }
            b'-' | b'0'..=b'9' => skip_while(bytes, at + 1, |b| {
                b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')
            }),
            _ => at + 1,
        };
        tokens += 1;
        if tokens > max_tokens {
            return Err(LexLimit::Tokens);
        }
        at = end;
    }
    Ok(tokens)
}

fn skip_while(bytes: &[u8], from: usize, keep: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|&&byte| keep(byte)).count()
}

/// The first byte after the string that begins at `from`; an unterminated one ends with its line or the text.
fn string_end(bytes: &[u8], from: usize) -> usize {
    if bytes[from..].starts_with(br#"""""#) {
        let mut at = from + 3;
        while at < bytes.len() {
            if bytes[at..].starts_with(br#"\""""#) {
                at += 4;
            } else if bytes[at..].starts_with(br#"""""#) {
                return at + 3;
            } else {
                at += 1;
            }
        }
        return at;
    }
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' | b'\r' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(text: &str) -> usize {
        count_tokens(text, usize::MAX, usize::MAX).unwrap()
    }

    #[test]
    fn counts_what_the_specification_calls_a_token() {
        assert_eq!(count(""), 0);
        assert_eq!(count("\u{feff} , # only { a comment \n"), 0);
        assert_eq!(count("{ a }"), 3);
        assert_eq!(
            count("query Q($n: [Int!]! = [1, -2.5e+3]) { f(x: $n) }"),
            26
        );
        assert_eq!(count("{ ...F ... on T { a } }"), 10);
    }

    #[test]
    fn brackets_inside_strings_and_comments_are_not_brackets() {
        assert_eq!(
            count_tokens(
                r#"{ f(x: "[[[[\"[[[[", y: """{{{{ \""" {{{{""") } # [[[["#,
                100,
                2
            ),
            Ok(11)
        );
    }

    #[test]
    fn stops_at_the_first_token_over_the_limit() {
        let text = "a ".repeat(1_000_000);
        assert_eq!(count_tokens(&text, 2_000, 50), Err(LexLimit::Tokens));
        assert_eq!(count_tokens("a b c", 3, 50), Ok(3));
        assert_eq!(count_tokens("a b c d", 3, 50), Err(LexLimit::Tokens));
    }

    #[test]
    fn stops_at_the_first_bracket_nested_too_deep() {
        assert_eq!(count_tokens(&"[".repeat(50), 2_000, 50), Ok(50));
        assert_eq!(
            count_tokens(&"[".repeat(51), 2_000, 50),
            Err(LexLimit::Nesting)
        );
        assert_eq!(count_tokens(&"[]".repeat(500), 2_000, 50), Ok(1_000));
    }

    proptest! {
        #[test]
        fn any_text_is_counted_and_never_has_more_tokens_than_bytes(text in ".{0,200}") {
            prop_assert!(count(&text) <= text.len());
        }
    }
}
