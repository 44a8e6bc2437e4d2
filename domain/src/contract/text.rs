//! Short texts in entries: one line, not blank, bounded.

use crate::text::is_line;

/// A text that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{field}` must have 1 to {max} characters on one line, without hidden characters and blanks at its ends"
)]
pub struct InvalidText {
    /// The field.
    pub field: &'static str,
    /// The most characters that it may have.
    pub max: usize,
}

/// The longest place code.
pub const MAX_PLACE: usize = 40;

/// Checks that a text is one line of 1 to `max` characters without blanks at its ends.
pub fn check_line(field: &'static str, text: &str, max: usize) -> Result<(), InvalidText> {
    if is_line(text, max) {
        Ok(())
    } else {
        Err(InvalidText { field, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_text_names_its_field() {
        for text in ["", " KR-11", "KR\n11", &"x".repeat(41)] {
            let error = check_line("place", text, MAX_PLACE).unwrap_err();
            assert!(error.to_string().contains("`place`"), "{text:?}");
        }
        assert!(check_line("place", "KR-11", MAX_PLACE).is_ok());
    }
}
