//! Free text as input: one line of a title, or a reason in several.

use crate::error::AppError;

/// The longest line, in characters.
const LINE_MAX: usize = 200;
/// The longest reason, in characters.
const REASON_MAX: usize = 4_000;
/// The longest letter, in characters.
const LETTER_MAX: usize = 20_000;

/// Refuses a text that is not one line of 1 to 200 characters.
pub(crate) fn check_line(field: &str, text: &str) -> Result<(), AppError> {
    let plain = text.trim() == text && !text.chars().any(char::is_control);
    if plain && (1..=LINE_MAX).contains(&text.chars().count()) {
        return Ok(());
    }
    let message =
        format!("`{field}` is one line of 1 to {LINE_MAX} characters, without blanks at its ends");
    Err(AppError::refused_at("TEXT", field, message))
}

/// Refuses a reason that is empty or longer than 4,000 characters.
pub(crate) fn check_reason(field: &str, text: &str) -> Result<(), AppError> {
    if says_something(text, REASON_MAX) {
        return Ok(());
    }
    let message = format!("`{field}` has 1 to {REASON_MAX} characters: say why, in words");
    Err(AppError::refused_at("REASON", field, message))
}

/// Refuses a letter that is empty or longer than 20,000 characters.
pub(crate) fn check_letter(field: &str, text: &str) -> Result<(), AppError> {
    if says_something(text, LETTER_MAX) {
        return Ok(());
    }
    let message =
        format!("`{field}` has 1 to {LETTER_MAX} characters: the decision and its reasons");
    Err(AppError::refused_at("LETTER", field, message))
}

fn says_something(text: &str, longest: usize) -> bool {
    let plain = !text.chars().any(|c| c.is_control() && c != '\n');
    plain && !text.trim().is_empty() && text.chars().count() <= longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert!(check_line("title", "Park benches").is_ok());
        for wrong in ["", " a", "a\nb", &"x".repeat(201)] {
            assert!(check_line("title", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_reason_says_something_and_may_have_lines() {
        assert!(check_reason("reason", "late papers\nand no seal").is_ok());
        for wrong in ["", " \n ", "a\u{0}", &"x".repeat(4_001)] {
            assert!(check_reason("reason", wrong).is_err(), "{wrong}");
        }
    }
}
