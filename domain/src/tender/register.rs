//! The register of sealed entries: each is opened, replaced, withdrawn, void or released exactly once.

use std::collections::BTreeMap;
use std::fmt;

use crate::ids::SealedId;
use crate::log::commitment::SealedCommitment;
use crate::log::entry::Header;
use crate::log::state::Finding;
use crate::time::Time;

/// What was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedKind {
    /// A bid.
    Bid,
    /// A mark.
    Mark,
    /// An evaluator's marks for the prepared answers.
    Calibration,
    /// The levels that whoever prepared answers holds right.
    Reference,
    /// A confirmation of participation.
    Confirmation,
}

impl SealedKind {
    pub(super) fn entry_kind(self) -> &'static str {
        match self {
            Self::Bid => "bid.sealed",
            Self::Mark => "mark.sealed",
            Self::Calibration => "calibration.sealed",
            Self::Reference => "calibration.prepared",
            Self::Confirmation => "confirmation.sealed",
        }
    }
}

impl std::fmt::Display for SealedKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bid => "bid",
            Self::Mark => "mark",
            Self::Calibration => "calibration",
            Self::Reference => "reference",
            Self::Confirmation => "confirmation",
        })
    }
}

/// What has become of a sealed bid or confirmation before the opening, or of a sealed mark before its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing yet.
    Waiting,
    /// Another took its place.
    Replaced,
    /// Whoever sealed it took it back by a request that arrived then.
    Withdrawn(Time),
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting"),
            Self::Replaced => f.write_str("replaced"),
            Self::Withdrawn(at) => write!(f, "withdrawn at {at}"),
        }
    }
}

/// A sealed entry that is not yet accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedEntry {
    /// What was sealed.
    pub kind: SealedKind,
    /// What it commits to.
    pub commitment: SealedCommitment,
    /// Index of the entry.
    pub index: u64,
    /// Time of the entry.
    pub at: Time,
    /// What has become of it.
    pub fate: Fate,
    /// The sealed mark whose place it took.
    pub replaces: Option<SealedId>,
    /// The last time its supplier confirmed it after an amendment.
    pub confirmed: Option<Confirmed>,
}

/// That a supplier stands by a bid after an amendment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    /// Index of the entry.
    pub index: u64,
    /// When the request arrived.
    pub received_at: Time,
}

impl SealedEntry {
    /// Whether a bid counts under the plan as its last material amendment left it: it was sealed after it, or confirmed after
    /// it and by the deadline.
    pub fn stands(&self, material: Option<u64>, closes_at: Time) -> bool {
        let after = |index: u64| material.is_none_or(|material| index > material);
        let confirmed = self
            .confirmed
            .is_some_and(|entry| after(entry.index) && entry.received_at <= closes_at);
        after(self.index) || confirmed
    }
}

/// Sealed entries of a list, and what each of them must be.
pub(super) type Listed<'a> = (&'a [SealedId], &'a dyn Fn(&SealedEntry) -> bool);

/// Sealed entries that are not yet accounted for. Settled ones are forgotten.
#[derive(Debug, Default)]
pub struct Register {
    entries: BTreeMap<SealedId, SealedEntry>,
}

impl Register {
    /// The entry, while it is not accounted for.
    pub fn get(&self, id: SealedId) -> Option<&SealedEntry> {
        self.entries.get(&id)
    }

    /// Every entry that is not accounted for.
    pub fn iter(&self) -> impl Iterator<Item = (SealedId, &SealedEntry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    /// Takes in a sealed entry. It names nobody.
    pub(super) fn seal(
        &mut self,
        id: SealedId,
        kind: SealedKind,
        commitment: SealedCommitment,
        header: &Header,
    ) -> Result<(), Finding> {
        check_anonymous(header, id)?;
        self.insert(id, kind, commitment, None, header)
    }

    /// Takes in what is sealed within an entry that names who sealed it.
    pub(super) fn seal_within(
        &mut self,
        id: SealedId,
        kind: SealedKind,
        commitment: SealedCommitment,
        header: &Header,
    ) -> Result<(), Finding> {
        self.insert(id, kind, commitment, None, header)
    }

    /// Takes in a sealed mark in the place of an earlier one. Both are released in the end.
    pub(super) fn change_mark(
        &mut self,
        id: SealedId,
        replaced: SealedId,
        commitment: SealedCommitment,
        header: &Header,
    ) -> Result<(), Finding> {
        let noted = self.decide(replaced, SealedKind::Mark, Fate::Replaced, header);
        check_anonymous(header, id)?;
        self.insert(id, SealedKind::Mark, commitment, Some(replaced), header)?;
        noted
    }

    fn insert(
        &mut self,
        id: SealedId,
        kind: SealedKind,
        commitment: SealedCommitment,
        replaces: Option<SealedId>,
        header: &Header,
    ) -> Result<(), Finding> {
        let entry = SealedEntry {
            kind,
            commitment,
            index: header.index,
            at: header.at,
            fate: Fate::Waiting,
            confirmed: None,
            replaces,
        };
        match self.entries.insert(id, entry) {
            None => Ok(()),
            Some(_) => Err(header.finding("sealed", "a new sealed id", id)),
        }
    }

    /// Notes what has become of an entry of a kind that waits.
    pub(super) fn decide(
        &mut self,
        id: SealedId,
        kind: SealedKind,
        fate: Fate,
        header: &Header,
    ) -> Result<(), Finding> {
        self.waiting(id, kind, header)?.fate = fate;
        Ok(())
    }

    /// Notes that the supplier of a waiting bid stands by it.
    pub(super) fn confirm(
        &mut self,
        id: SealedId,
        confirmed: Confirmed,
        header: &Header,
    ) -> Result<(), Finding> {
        self.waiting(id, SealedKind::Bid, header)?.confirmed = Some(confirmed);
        Ok(())
    }

    fn waiting(
        &mut self,
        id: SealedId,
        kind: SealedKind,
        header: &Header,
    ) -> Result<&mut SealedEntry, Finding> {
        self.entries
            .get_mut(&id)
            .filter(|entry| entry.kind == kind && entry.fate == Fate::Waiting)
            .ok_or_else(|| header.finding("sealed", "a sealed entry that is still waiting", id))
    }

    /// Takes out an entry that is accounted for now.
    pub(super) fn settle(&mut self, id: SealedId, header: &Header) -> Result<SealedEntry, Finding> {
        self.entries.remove(&id).ok_or_else(|| {
            header.finding("sealed", "a sealed entry that is not yet accounted for", id)
        })
    }

    /// A finding for each entry that `is_overdue` says should have been accounted for.
    pub(super) fn overdue(
        &self,
        is_overdue: impl Fn(SealedId, &SealedEntry) -> bool,
    ) -> Vec<Finding> {
        let overdue = self.iter().filter(|(id, entry)| is_overdue(*id, entry));
        overdue
            .map(|(id, entry)| {
                Finding::discrepancy(
                    entry.index,
                    entry.kind.entry_kind(),
                    "sealed",
                    "each sealed entry accounted for once every tender it could belong to was settled",
                    format!("{id} is accounted for nowhere"),
                )
            })
            .collect()
    }
}

/// A sealed entry has no actors, and no subject but its own id.
pub(super) fn check_anonymous(header: &Header, id: SealedId) -> Result<(), Finding> {
    if !header.actors.is_empty() {
        let found = format!("{} actors", header.actors.len());
        return Err(header.finding("secrecy", "no actors in a sealed entry", found));
    }
    if header.subject != id.to_string() || header.inputs_upto.is_some() {
        return Err(header.finding("secrecy", "no subject but the sealed id", &header.subject));
    }
    Ok(())
}
