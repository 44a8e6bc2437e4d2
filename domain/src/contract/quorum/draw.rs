//! The draw of verifiers: everybody who may judge a claim stands in an order by lot, and the first who fit are taken.

use std::collections::{BTreeMap, BTreeSet};

use crate::amount::Share;
use crate::contract::claim::Evidence;
use crate::contract::verification::{ClaimFacts, check_independent};
use crate::ids::{OrganisationId, PersonId};
use crate::log::hash::{Hash, sha256};
use crate::organisation::Sector;
use crate::scoring::draw::lot;

const SEED_TAG: &[u8] = b"commonweal/verifiers/v1\n";
const AUDIT_TAG: &[u8] = b"commonweal/audit/v1\n";

/// Someone with the role of a verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrolled {
    /// Who.
    pub person: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// The top of its beneficial-owner group.
    pub group: OrganisationId,
    /// Its sector.
    pub sector: Sector,
    /// Log index of the grant.
    pub granted: u64,
}

/// Someone who may be drawn for a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// For which organisation: where the role is held longest.
    pub organisation: OrganisationId,
    /// The top of its beneficial-owner group.
    pub group: OrganisationId,
    /// Its sector.
    pub sector: Sector,
    /// Whether the role came after the claim: then the person stands behind everybody else, so that nobody can be brought in
    /// once the seed may be known.
    pub late: bool,
}

impl Enrolled {
    /// Who may be drawn for a claim that was submitted at an index of the log.
    pub(super) fn candidate(self, submitted: u64) -> Candidate {
        Candidate {
            person: self.person,
            organisation: self.organisation,
            group: self.group,
            sector: self.sector,
            late: self.granted > submitted,
        }
    }
}

/// There are not enough independent verifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "too few independent verifiers: {seats} of different groups are needed from at least {sectors} sectors: a registrar lets in more (`grantRole`), then `assignVerifiers` draws them"
)]
pub struct TooFew {
    /// Verifiers in all.
    pub seats: usize,
    /// Sectors in all.
    pub sectors: usize,
}

/// The seed of a claim's draws: SHA-256 of a tag, the registry's link and the hashes of the claim's files as submitted, in
/// rising order. The claimant chose the files without knowing the link; the registry was bound to the link before.
pub fn seed(link: Hash, evidence: &[Evidence]) -> Hash {
    let mut files: Vec<[u8; 32]> = evidence
        .iter()
        .map(|file| *file.sha256.as_bytes())
        .collect();
    files.sort_unstable();
    sha256(&[SEED_TAG, link.as_bytes(), &files.concat()].concat())
}

/// Whether a claim that a buyer confirmed is drawn for verification all the same: in so many of a million cases.
pub fn is_audited(seed: Hash, share: Share) -> bool {
    let drawn = sha256(&[AUDIT_TAG, seed.as_bytes()].concat());
    let first = drawn.as_bytes().iter().take(8);
    let number = first.fold(0_u64, |sum, byte| {
        sum.wrapping_shl(8).wrapping_add(u64::from(*byte))
    });
    number
        .checked_rem(u64::from(Share::WHOLE.millionths()))
        .is_some_and(|number| number < u64::from(share.millionths()))
}

/// Who may be drawn: each person once, neither whoever submitted the claim nor anyone with a role in the group of its claimant
/// or buyer. `submitted` is the log index of the claim; `groups` as in [`super::super::verification::decide_verification`].
pub fn candidates(
    enrolled: impl IntoIterator<Item = Enrolled>,
    facts: &ClaimFacts<'_>,
    submitted: u64,
    groups: impl Fn(PersonId) -> Vec<OrganisationId>,
) -> Vec<Candidate> {
    each_once(enrolled)
        .filter(|found| check_independent(facts, found.person, &groups).is_ok())
        .map(|found| found.candidate(submitted))
        .collect()
}

/// Each person once, where the role is held longest.
pub(super) fn each_once(
    enrolled: impl IntoIterator<Item = Enrolled>,
) -> impl Iterator<Item = Enrolled> {
    let mut first: BTreeMap<PersonId, Enrolled> = BTreeMap::new();
    for found in enrolled {
        let kept = first.entry(found.person).or_insert(found);
        if (found.granted, found.organisation) < (kept.granted, kept.organisation) {
            *kept = found;
        }
    }
    first.into_values()
}

/// What a draw fills.
#[derive(Debug, Clone)]
pub struct Seats<'a> {
    /// Verifiers in all.
    pub total: usize,
    /// Sectors in all.
    pub sectors: usize,
    /// Group and sector of those who sit already.
    pub taken: Vec<(OrganisationId, Sector)>,
    /// Who was drawn before, whether they sit or have left: a person is drawn once for a claim, for whichever organisation.
    pub before: &'a BTreeSet<PersonId>,
}

/// Fills the open seats: in the order of their lots, each candidate is taken with whom the seats can still be filled from
/// enough sectors, no two from one group.
pub fn draw(
    seed: Hash,
    candidates: &[Candidate],
    seats: &Seats<'_>,
) -> Result<Vec<Candidate>, TooFew> {
    let mut taken = seats.taken.clone();
    let mut order: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| !seats.before.contains(&candidate.person))
        .collect();
    order.sort_by_key(|candidate| (candidate.late, *lot(seed, candidate.person).as_bytes()));
    let too_few = TooFew {
        seats: seats.total,
        sectors: seats.sectors,
    };
    if !can_be_filled(&taken, &order, seats) {
        return Err(too_few);
    }
    let mut drawn = Vec::new();
    for candidate in &order {
        if taken.len() >= seats.total {
            break;
        }
        if taken.iter().any(|(group, _)| *group == candidate.group) {
            continue;
        }
        taken.push((candidate.group, candidate.sector));
        if can_be_filled(&taken, &order, seats) {
            drawn.push(**candidate);
        } else {
            taken.pop();
        }
    }
    if taken.len() < seats.total {
        return Err(too_few);
    }
    Ok(drawn)
}

/// Whether the open seats can be filled from groups that do not sit yet, so that there are enough sectors.
fn can_be_filled(
    taken: &[(OrganisationId, Sector)],
    order: &[&Candidate],
    seats: &Seats<'_>,
) -> bool {
    let sat: BTreeSet<Sector> = taken.iter().map(|(_, sector)| *sector).collect();
    let open = seats.total.saturating_sub(taken.len());
    let missing = seats.sectors.saturating_sub(sat.len());
    let free = |candidate: &&&Candidate| !taken.iter().any(|(group, _)| *group == candidate.group);
    let groups: BTreeSet<OrganisationId> =
        order.iter().filter(free).map(|found| found.group).collect();
    let new: BTreeSet<(Sector, OrganisationId)> = order
        .iter()
        .filter(free)
        .filter(|found| !sat.contains(&found.sector))
        .map(|found| (found.sector, found.group))
        .collect();
    missing <= open && groups.len() >= open && covers(&new, missing)
}

/// Whether so many sectors can be had from as many groups.
fn covers(pairs: &BTreeSet<(Sector, OrganisationId)>, missing: usize) -> bool {
    let Some(rest) = missing.checked_sub(1) else {
        return true;
    };
    pairs.iter().any(|(sector, group)| {
        let others = pairs
            .iter()
            .filter(|(s, g)| s != sector && g != group)
            .copied()
            .collect();
        covers(&others, rest)
    })
}
