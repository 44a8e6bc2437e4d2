//! Votes on pairs, and whether a question can be answered at all.

use std::collections::BTreeSet;

use super::{AhpError, CRITERIA_MAX, GROUPS_MAX, Group, Question};
use crate::tender::code::CriterionCode;
use crate::text::is_line;

/// The highest strength of a vote.
const STRENGTH_MAX: u8 = 9;
/// The most ballots of a group.
const BALLOTS_MAX: usize = 250;
/// The loudest voice.
const VOICE_MAX: u32 = 1_000;
/// The longest name of a group, in characters.
const NAME_MAX: usize = 200;

/// A vote on one pair: how strongly one criterion counts more than the other, on Saaty's scale from 1 (equal) over 3
/// (moderate), 5 (strong) and 7 (very strong) to 9 (extreme).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// The criterion that counts more.
    pub more: CriterionCode,
    /// The criterion that counts less.
    pub less: CriterionCode,
    /// By how much, 1 to 9.
    pub strength: u8,
}

/// The votes of one person or body, at most one on each pair.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ballot {
    /// The votes.
    pub votes: Vec<Vote>,
}

/// Checks everything that can be wrong before anything is calculated, except that a pair is missing.
pub(super) fn check(question: &Question) -> Result<(), AhpError> {
    if !(2..=CRITERIA_MAX).contains(&question.criteria.len()) {
        return Err(AhpError::CriteriaCount);
    }
    let mut criteria = BTreeSet::new();
    for code in &question.criteria {
        if !criteria.insert(code) {
            return Err(AhpError::CriterionTwice(code.clone()));
        }
    }
    if question.places > 4 {
        return Err(AhpError::Places);
    }
    if !(1..=GROUPS_MAX).contains(&question.groups.len()) {
        return Err(AhpError::GroupCount);
    }
    let mut names = BTreeSet::new();
    for (at, group) in question.groups.iter().enumerate() {
        if !is_line(&group.name, NAME_MAX) || !names.insert(&group.name) {
            return Err(AhpError::GroupName { group: at });
        }
        check_group(&criteria, at, group)?;
    }
    Ok(())
}

fn check_group(
    criteria: &BTreeSet<&CriterionCode>,
    at: usize,
    group: &Group,
) -> Result<(), AhpError> {
    if !(1..=VOICE_MAX).contains(&group.voice) {
        return Err(AhpError::Voice { group: at });
    }
    if !(1..=BALLOTS_MAX).contains(&group.ballots.len()) {
        return Err(AhpError::BallotCount { group: at });
    }
    for (ballot_at, ballot) in group.ballots.iter().enumerate() {
        let mut pairs = BTreeSet::new();
        for (vote_at, vote) in ballot.votes.iter().enumerate() {
            let at = (at, ballot_at, vote_at);
            let known = criteria.contains(&vote.more) && criteria.contains(&vote.less);
            let strong = (1..=STRENGTH_MAX).contains(&vote.strength);
            if !known || vote.more == vote.less || !strong {
                return Err(AhpError::Vote {
                    at,
                    more: vote.more.clone(),
                    less: vote.less.clone(),
                    strength: vote.strength,
                });
            }
            let (a, b) = ((&vote.more).min(&vote.less), (&vote.more).max(&vote.less));
            if !pairs.insert((a, b)) {
                return Err(AhpError::PairTwice {
                    at,
                    a: a.clone(),
                    b: b.clone(),
                });
            }
        }
    }
    Ok(())
}
