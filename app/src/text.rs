//! Free text as input: one line of a title, or a reason in several.

use commonweal_domain::place::Place;
use commonweal_domain::text::{is_line, is_words};

use crate::error::AppError;

/// The longest line, in characters.
const LINE_MAX: usize = 200;
/// The longest reason, in characters.
const REASON_MAX: usize = 4_000;
/// The longest letter, in characters.
const LETTER_MAX: usize = 20_000;

/// A place code, or an error that names the field.
pub(crate) fn place(field: &str, text: &str) -> Result<Place, AppError> {
    text.parse()
        .map_err(|error| AppError::refused_at("PLACE", field, error))
}

/// Refuses a text that is not one line of 1 to 200 characters.
pub(crate) fn check_line(field: &str, text: &str) -> Result<(), AppError> {
    if is_line(text, LINE_MAX) {
        return Ok(());
    }
    let message = format!(
        "`{field}` is one line of 1 to {LINE_MAX} characters, without hidden characters and blanks at its ends"
    );
    Err(AppError::refused_at("TEXT", field, message))
}

/// Refuses a reason that is empty or longer than 4,000 characters.
pub(crate) fn check_reason(field: &str, text: &str) -> Result<(), AppError> {
    if is_words(text, REASON_MAX) {
        return Ok(());
    }
    let message = format!("`{field}` has 1 to {REASON_MAX} characters: say why, in words");
    Err(AppError::refused_at("REASON", field, message))
}

/// Refuses a letter that is empty or longer than 20,000 characters.
pub(crate) fn check_letter(field: &str, text: &str) -> Result<(), AppError> {
    if is_words(text, LETTER_MAX) {
        return Ok(());
    }
    let message =
        format!("`{field}` has 1 to {LETTER_MAX} characters: the decision and its reasons");
    Err(AppError::refused_at("LETTER", field, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert!(check_line("title", "Park benches").is_ok());
        for wrong in ["", " a", "a\nb", "a\u{202e}b", &"x".repeat(201)] {
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
