//! What is wrong with an input file, and where.

use std::fmt;

/// A wrong input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InputError {
    /// The place as a JSON pointer, such as `/bids/0/price`; empty for the whole.
    pub(super) pointer: String,
    /// The line in the file.
    pub(super) line: Option<usize>,
    /// What was expected, and what to do.
    pub(super) message: String,
}

impl InputError {
    /// An error at a place.
    pub(super) fn at(pointer: impl Into<String>, message: impl fmt::Display) -> Self {
        Self {
            pointer: pointer.into(),
            line: None,
            message: message.to_string(),
        }
    }
}

impl fmt::Display for InputError {
    /// `line 12: bids[0].price: what is wrong`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        let mut path = String::new();
        for step in self.pointer.split('/').skip(1) {
            if step.bytes().all(|b| b.is_ascii_digit()) {
                path.extend(["[", step, "]"]);
            } else {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(step);
            }
        }
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for InputError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_reads_like_the_file() {
        let error = InputError {
            line: Some(12),
            ..InputError::at("/bids/0/levels/Q", "no such level")
        };
        assert_eq!(
            error.to_string(),
            "line 12: bids[0].levels.Q: no such level"
        );
    }
}
