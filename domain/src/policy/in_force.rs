//! Which versions of which policies bind a tender: those in force on the day on which its procurement commenced, never
//! today's.

use std::collections::BTreeMap;

use super::Policy;
use super::check::MissingFact;
use super::code::PolicyCode;
use super::procurement::Framework;
use super::selection::{Fit, TenderFacts};
use crate::time::Date;

/// Whether a policy binds a tender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It binds.
    Binds,
    /// A fact is missing without which nobody can tell.
    Unknown(MissingFact),
}

/// A policy that binds a tender, or might.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    /// The version.
    pub policy: &'a Policy,
    /// Whether it binds.
    pub verdict: Verdict,
}

/// The policies that bind a tender, or might, in the order of their codes.
///
/// Of the versions of one code, the one counts whose `effective_from` is the latest not after the commencement; of several
/// with the same day the one published last, so that a version can be corrected. A version that has ended binds nothing.
/// Without a commencement day every policy might bind that would on some day.
pub fn in_force<'a>(published: &'a [Policy], facts: &TenderFacts<'_>) -> Vec<Chosen<'a>> {
    let mut by_code: BTreeMap<&PolicyCode, Vec<&Policy>> = BTreeMap::new();
    for policy in published {
        by_code.entry(&policy.text.code).or_default().push(policy);
    }
    by_code
        .values()
        .filter_map(|versions| choose(versions, facts))
        .collect()
}

fn choose<'a>(versions: &[&'a Policy], facts: &TenderFacts<'_>) -> Option<Chosen<'a>> {
    let Some(day) = facts.commencement else {
        return undated(versions, facts);
    };
    let policy = *versions
        .iter()
        .filter(|policy| policy.text.effective_from <= day)
        .max_by_key(|policy| policy.text.effective_from)
        .or_else(|| adoptable(versions, day, facts))?;
    let text = &policy.text;
    if text.effective_to.is_some_and(|to| to <= day) {
        return None;
    }
    let adopted = facts.procurement.adopted.contains(&text.code)
        && text.adoptable_from.is_some_and(|from| from <= day);
    let fit = if adopted {
        text.selection.fits_adopted(facts.procurement)
    } else if text.effective_from <= day {
        text.selection.fits(facts.procurement)
    } else {
        Fit::No
    };
    verdict(fit).map(|verdict| Chosen { policy, verdict })
}

/// A version that is not yet in force and that the buyer adopts early.
fn adoptable<'v, 'a>(
    versions: &'v [&'a Policy],
    day: Date,
    facts: &TenderFacts<'_>,
) -> Option<&'v &'a Policy> {
    let adopts = |policy: &&&Policy| facts.procurement.adopted.contains(&policy.text.code);
    let early = |policy: &&&Policy| policy.text.adoptable_from.is_some_and(|from| from <= day);
    versions.iter().filter(adopts).rfind(early)
}

/// Without a day, the last version stands for all of its code.
fn undated<'a>(versions: &[&'a Policy], facts: &TenderFacts<'_>) -> Option<Chosen<'a>> {
    let ever = |policy: &&&Policy| policy.text.effective_to != Some(policy.text.effective_from);
    let might = |policy: &&&Policy| policy.text.selection.fits(facts.procurement) != Fit::No;
    let policy = versions
        .iter()
        .filter(ever)
        .filter(might)
        .max_by_key(|policy| policy.text.effective_from)?;
    let missing = match facts.procurement.framework {
        Some(Framework::Elsewhere { .. }) => MissingFact::FrameworkCommencement,
        _ => MissingFact::Commencement,
    };
    Some(Chosen {
        policy,
        verdict: Verdict::Unknown(missing),
    })
}

fn verdict(fit: Fit) -> Option<Verdict> {
    match fit {
        Fit::Yes => Some(Verdict::Binds),
        Fit::No => None,
        Fit::Unknown(missing) => Some(Verdict::Unknown(missing)),
    }
}
