//! Files behind claims, as the log tells of them.

use std::collections::BTreeSet;

use super::State;
use crate::amount::Share;
use crate::contract::claim::{Claim, Evidence};
use crate::ids::ClaimId;
use crate::log::hash::Hash;

impl State {
    /// A live claim behind which one of the claim's files stands.
    pub(in crate::contract) fn same_evidence(&self, claim: &Claim) -> Option<(ClaimId, Hash)> {
        let other = |id: &&ClaimId| {
            let earlier = self.claims.get(id);
            **id != claim.id && !earlier.is_some_and(|other| other.claim.shares_with(claim))
        };
        claim.evidence.iter().find_map(|file| {
            let earlier = self.evidence.get(&file.sha256)?.iter().find(other)?;
            Some((*earlier, file.sha256))
        })
    }

    /// The files behind a claim that were erased.
    pub(in crate::contract) fn erased_files(&self, claim: ClaimId) -> BTreeSet<Hash> {
        self.erased_files.get(&claim).cloned().unwrap_or_default()
    }

    /// Another live claim of the same claimant that rests on one of some files.
    pub(in crate::contract) fn other_claim_on(
        &self,
        claim: &Claim,
        files: &[Hash],
    ) -> Option<(ClaimId, Hash)> {
        let theirs = |id: &&ClaimId| {
            let other = self.claims.get(id);
            **id != claim.id && other.is_some_and(|other| other.claim.claimant == claim.claimant)
        };
        files.iter().find_map(|file| {
            let mut live = self.evidence.get(file)?.iter().filter(theirs);
            let other = live.find(|id| !self.erased_files(**id).contains(file))?;
            Some((*other, *file))
        })
    }

    /// Takes in an erasure that was found right. A claimant stores a file once, so that it is gone behind every claim that
    /// named it: no other of them lives.
    pub(in crate::contract) fn erase_files(&mut self, claim: ClaimId, files: &[Hash]) {
        let claimant = |id: &ClaimId| self.claims.get(id).map(|other| other.claim.claimant);
        for file in files {
            let ended = self.stood.get(file).into_iter().flatten().copied();
            let theirs = ended.filter(|id| claimant(id) == claimant(&claim));
            for id in theirs.chain([claim]) {
                self.erased_files.entry(id).or_default().insert(*file);
            }
        }
    }

    /// Notes that a live claim stands on files.
    pub(super) fn hold(&mut self, id: ClaimId, files: &[Evidence]) {
        for file in files {
            self.evidence.entry(file.sha256).or_default().insert(id);
        }
    }

    /// Takes in the files of an answer that was found right.
    pub(in crate::contract) fn add_evidence(&mut self, id: ClaimId, files: &[Evidence]) {
        if let Some(recorded) = self.claims.get_mut(&id) {
            recorded.claim.evidence.extend(files.iter().cloned());
            self.hold(id, files);
        }
    }

    /// Notes that a claim has ended: its files and its reference are free again.
    pub(super) fn let_go(&mut self, id: ClaimId) {
        let Some(recorded) = self.claims.get(&id) else {
            return;
        };
        let reference = recorded.claim.external_reference.as_ref();
        if let Some((claims, taken)) =
            reference.and_then(|reference| self.references.get_mut(&reference.key()))
        {
            claims.retain(|claim| *claim != id);
            let share = recorded.claim.share.millionths();
            let left = taken.millionths().saturating_sub(share);
            *taken = Share::from_millionths(left).unwrap_or(Share::NONE);
        }
        for file in &recorded.claim.evidence {
            if let Some(claims) = self.evidence.get_mut(&file.sha256) {
                claims.remove(&id);
            }
            self.stood.entry(file.sha256).or_default().insert(id);
        }
    }
}
