//! Text that people type and others read: names, titles, reasons and answers. One rule says what may stand in it, so that
//! no text can show itself as another one.

/// Whether a character steers how text is shown instead of being shown: control characters, marks and overrides of the
/// writing direction (UAX 9), characters without width, and separators that only look like line breaks.
pub fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a text is one line of 1 to `max` characters, each of them seen, without blanks at its ends.
pub fn is_line(text: &str, max: usize) -> bool {
    text.trim() == text && seen(text, |_| false) && sized(text, max)
}

/// Whether a text says something in 1 to `max` characters, each of them seen; it may have several lines.
pub fn is_words(text: &str, max: usize) -> bool {
    !text.trim().is_empty() && seen(text, |char| char == '\n') && sized(text, max)
}

/// Whether every character of an answer is seen. Word processors leave tabs and carriage returns, which do no harm.
pub fn is_answer(text: &str) -> bool {
    seen(text, |char| matches!(char, '\n' | '\r' | '\t'))
}

/// A text of others on one line, with a sign (U+FFFD) in the place of each character that would steer a terminal or hide.
pub fn shown(text: &str) -> String {
    let mut before = None;
    let chars = text.chars().map(|char| {
        let fit = !is_hidden(char) || joins(char, before);
        before = Some(char);
        if fit { char } else { '\u{fffd}' }
    });
    chars.collect()
}

fn sized(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.chars().count())
}

fn seen(text: &str, also: impl Fn(char) -> bool) -> bool {
    let mut before = None;
    text.chars().all(|char| {
        let fit = !is_hidden(char) || also(char) || joins(char, before);
        before = Some(char);
        fit
    })
}

/// Whether a character is a joiner where it belongs to the spelling: after a letter of the scripts between Arabic and
/// Sinhala, which change shape by it, or within an emoji.
fn joins(char: char, before: Option<char>) -> bool {
    let joiner = matches!(char, '\u{200c}' | '\u{200d}');
    let shaping = |before: char| {
        matches!(before, '\u{620}'..='\u{dff}' | '\u{fe0f}' | '\u{1f300}'..='\u{1faff}')
            && !is_hidden(before)
    };
    joiner && before.is_some_and(shaping)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIDDEN: [char; 14] = [
        '\u{7}',
        '\u{ad}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{202a}',
        '\u{202e}',
        '\u{2028}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{feff}',
        '\u{e0041}',
    ];

    #[test]
    fn what_hides_or_turns_text_is_in_no_line_words_or_answer() {
        for char in HIDDEN {
            let text = format!("Lim{char}ited");
            assert!(!is_line(&text, 200), "{char:?}");
            assert!(!is_words(&text, 200), "{char:?}");
            assert!(!is_answer(&text), "{char:?}");
            assert_eq!(shown(&text), "Lim\u{fffd}ited", "{char:?}");
        }
    }

    #[test]
    fn joiners_stand_where_a_script_or_an_emoji_needs_them() {
        for text in ["می\u{200c}خواهم", "ක්\u{200d}ෂ", "👩\u{200d}🔧"] {
            assert!(is_line(text, 200), "{text}");
            assert_eq!(shown(text), text);
        }
        assert!(!is_line("김\u{200d}철수", 200));
        assert!(!is_line("می\u{200c}\u{200c}خواهم", 200), "twice hides one");
    }

    #[test]
    fn a_line_has_no_breaks_words_have_and_answers_have_tabs_too() {
        assert!(is_line("서울 사회적협동조합", 200) && is_line("x", 1));
        for text in ["", " a", "a\nb", "xx"] {
            assert!(!is_line(text, 1), "{text:?}");
        }
        assert!(is_words("late papers\nand no seal", 200) && !is_words(" \n", 200));
        assert!(!is_words("a\tb", 200) && is_answer("a\tb\r\nc"));
    }
}
