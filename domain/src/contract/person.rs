//! One person behind two claims: what the counting rules of their measures allow.
//!
//! Tokens are known to the registry alone, so that this runs where they are and not in replay.

use super::beneficiary::is_after;
use crate::catalogue::{Basis, Counting, MeasureCode};
use crate::ids::OrganisationId;
use crate::log::hash::Hash;
use crate::time::{Date, Period};

/// A claim as far as it decides who else may count its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// The name of the measure's catalogue, in all its versions.
    pub catalogue: String,
    /// The measure.
    pub measure: MeasureCode,
    /// Its counting rules.
    pub rules: Counting,
    /// What it counts: [`crate::catalogue::Catalogue::outcome_of`].
    pub outcome: String,
    /// The claimant's group.
    pub group: OrganisationId,
    /// The reference of the outcome of which the claim is a share; none for a whole outcome.
    pub share_of: Option<String>,
}

/// A person behind a claim, by the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stake {
    /// Who.
    pub person: Hash,
    /// When, inside one calendar year.
    pub period: Period,
    /// The first day of employment, where it is known.
    pub started: Option<Date>,
    /// A secret hash of the person's kind, where the measure counts each person under one.
    pub kind: Option<Hash>,
}

/// Why two claims do not both count a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clash {
    /// Two kinds, such as of disadvantage, of which a person has one.
    TwoKinds,
    /// The same days, and neither measure says that a person may be reported under both.
    SameDays,
    /// Two times in one year by a measure that counts people however long.
    SameYear,
    /// Days after the first months of employment with the group, told from the earliest day on which it began.
    AfterFirstMonths,
}

/// Why two claims may not both count what they say of a person, if they may not; the order of the two makes no difference.
pub fn clash(one: (&Counts, &Stake), other: (&Counts, &Stake)) -> Option<Clash> {
    let ((a, x), (b, y)) = (one, other);
    // Shares of one outcome are about the same people.
    if x.person != y.person || (a.share_of.is_some() && a.share_of == b.share_of) {
        return None;
    }
    let word = a.rules.one_kind.is_some() && a.rules.one_kind == b.rules.one_kind;
    if word && x.kind != y.kind {
        return Some(Clash::TwoKinds);
    }
    if x.period.overlaps(y.period) && !reported_together(a, b) {
        return Some(Clash::SameDays);
    }
    if a.outcome != b.outcome {
        return None;
    }
    let headcount = [a, b].map(|counts| counts.rules.basis) == [Some(Basis::People); 2];
    if headcount && x.period.from().year() == y.period.from().year() {
        return Some(Clash::SameYear);
    }
    // Whoever is employed again by the same group does not begin anew.
    let began = [x.started, y.started].into_iter().flatten().min();
    let late = |counts: &Counts, stake: &Stake| {
        let months = counts.rules.first_months;
        months.is_some_and(|months| is_after(months, began, stake.period))
    };
    (a.group == b.group && (late(a, x) || late(b, y))).then_some(Clash::AfterFirstMonths)
}

/// Whether one of two measures of a catalogue says that a person may be reported under both for the same days.
fn reported_together(a: &Counts, b: &Counts) -> bool {
    let names = |a: &Counts, b: &Counts| a.rules.reported_with.contains(&b.measure);
    a.catalogue == b.catalogue && a.measure != b.measure && (names(a, b) || names(b, a))
}

#[cfg(test)]
#[path = "person_tests.rs"]
mod tests;
