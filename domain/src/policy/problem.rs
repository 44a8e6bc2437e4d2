//! Why a policy is refused.

use super::code::ClauseCode;

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// A text that is empty, too long or not one line.
    #[error(
        "`{field}` is not one line of 1 to {most} characters: each fact says what it is and where it is from"
    )]
    Text {
        /// The field.
        field: &'static str,
        /// The most characters.
        most: usize,
    },
    /// An end before the beginning.
    #[error(
        "`effective_to`: expected a day after the first one, or the same day to withdraw the version"
    )]
    Days,
    /// No clause or too many.
    #[error("there are {0} clauses: expected 1 to {most}", most = super::MAX_CLAUSES)]
    ClauseCount(usize),
    /// A code twice.
    #[error("the clause `{0}` stands twice: codes are unique in a policy")]
    Twice(ClauseCode),
    /// A place that is no code.
    #[error("`{0}` is no place: expected a country such as GB or a place within it such as KR-11")]
    Place(String),
    /// Amounts of a range or of a list of bands that are not in order or not of one currency.
    #[error(
        "the value bands are not in order: expected rising amounts of one currency, not negative, without overlap"
    )]
    Bands,
    /// An empty list, or one with a word twice.
    #[error("`{0}` is empty or names something twice: name each at least one thing once")]
    List(&'static str),
    /// A number outside of what it can be.
    #[error("`{field}` is {found}: expected {expected}")]
    Number {
        /// The field.
        field: &'static str,
        /// What was given.
        found: String,
        /// What is possible.
        expected: &'static str,
    },
    /// A wrong clause.
    #[error("clause `{code}`: {problem}")]
    Clause {
        /// Which.
        code: ClauseCode,
        /// What is wrong with it.
        problem: Box<PolicyProblem>,
    },
}

/// Refuses a list that is empty or has a word twice.
pub(super) fn distinct<T: Ord>(field: &'static str, list: &[T]) -> Result<(), PolicyProblem> {
    let set: std::collections::BTreeSet<&T> = list.iter().collect();
    if set.is_empty() || set.len() != list.len() {
        return Err(PolicyProblem::List(field));
    }
    Ok(())
}

/// Refuses a number outside of a range.
pub(super) fn between(
    field: &'static str,
    found: u32,
    range: std::ops::RangeInclusive<u32>,
    expected: &'static str,
) -> Result<(), PolicyProblem> {
    if range.contains(&found) {
        return Ok(());
    }
    Err(PolicyProblem::Number {
        field,
        found: found.to_string(),
        expected,
    })
}
