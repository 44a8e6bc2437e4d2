//! What a vote can be refused for.

use super::{CRITERIA_MAX, GROUPS_MAX};
use crate::fraction::ArithmeticError;
use crate::tender::code::CriterionCode;

/// Why votes make no weights. [`AhpError::path`] names the field of the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AhpError {
    /// The number of criteria is not 2 to 10.
    #[error(
        "expected 2 to {CRITERIA_MAX} criteria: compare more in a tree, one vote for each of its nodes"
    )]
    CriteriaCount,
    /// A criterion stands twice in the list.
    #[error("{0} stands twice in the list of criteria: name each once")]
    CriterionTwice(CriterionCode),
    /// More than four places.
    #[error("expected 0 to 4 decimal places")]
    Places,
    /// The number of groups is not 1 to 50.
    #[error("expected 1 to {GROUPS_MAX} groups")]
    GroupCount,
    /// A name is empty, too long or used twice.
    #[error(
        "a group has a name of its own: one line of 1 to 200 characters that no other group has"
    )]
    GroupName {
        /// The group's place in the list.
        group: usize,
    },
    /// A voice that is not 1 to 1,000.
    #[error("expected a voice from 1 to 1000")]
    Voice {
        /// The group's place in the list.
        group: usize,
    },
    /// No ballots, or more than 250.
    #[error("expected 1 to 250 ballots of the group")]
    BallotCount {
        /// The group's place in the list.
        group: usize,
    },
    /// A vote that is not on two different criteria of the list, or not of strength 1 to 9.
    #[error(
        "a vote says how strongly one criterion of the list counts more than another: two different codes and 1 (equal) to 9 (extreme), found {more} over {less} by {strength}"
    )]
    Vote {
        /// The place of group, ballot and vote.
        at: (usize, usize, usize),
        /// The criterion that counts more.
        more: CriterionCode,
        /// The criterion that counts less.
        less: CriterionCode,
        /// By how much.
        strength: u8,
    },
    /// One ballot votes twice on a pair.
    #[error("this ballot votes twice on {a} and {b}: keep one vote")]
    PairTwice {
        /// The place of group, ballot and vote.
        at: (usize, usize, usize),
        /// One criterion.
        a: CriterionCode,
        /// The other.
        b: CriterionCode,
    },
    /// Nobody in a group voted on a pair.
    #[error("nobody of the group {name} voted on {a} and {b}: each pair needs a vote")]
    PairMissing {
        /// The group's place in the list.
        group: usize,
        /// The group's name.
        name: String,
        /// One criterion.
        a: CriterionCode,
        /// The other.
        b: CriterionCode,
    },
    /// Numbers beyond exact arithmetic.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
}

impl AhpError {
    /// The field of the input at fault, such as `groups.0.ballots.2.votes.5`.
    pub fn path(&self) -> String {
        match self {
            Self::CriteriaCount | Self::CriterionTwice(_) => "criteria".to_owned(),
            Self::Places => "places".to_owned(),
            Self::GroupCount | Self::Arithmetic(_) => "groups".to_owned(),
            Self::GroupName { group } => format!("groups.{group}.name"),
            Self::Voice { group } => format!("groups.{group}.voice"),
            Self::BallotCount { group } | Self::PairMissing { group, .. } => {
                format!("groups.{group}.ballots")
            }
            Self::Vote { at, .. } | Self::PairTwice { at, .. } => {
                let (group, ballot, vote) = at;
                format!("groups.{group}.ballots.{ballot}.votes.{vote}")
            }
        }
    }
}
