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
        for text in ["", " payroll", "pay\nroll", &"x".repeat(61)] {
            let error = check_line("evidence.kind", text, 60).unwrap_err();
            assert!(error.to_string().contains("`evidence.kind`"), "{text:?}");
        }
        assert!(check_line("evidence.kind", "payroll", 60).is_ok());
    }
}
