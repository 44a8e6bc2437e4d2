//! What claims and quorums wait for, as anyone may read it.

use std::collections::HashMap;

use commonweal_domain::contract::quorum::Quorum;
use commonweal_domain::contract::quorum::awaited::{Awaited, Bound, awaited, awaited_of_quorum};
use commonweal_domain::contract::quorum::draw::candidates;
use commonweal_domain::contract::verification::ClaimFacts;
use commonweal_domain::ids::{ClaimId, ContractId, OrganisationId};

use super::Read;
use super::claim::ClaimView;
use crate::error::AppError;
use crate::group::groups_by_organisation;
use crate::organisation::column;
use crate::store::quorum::{assignments_of, published_before};
use crate::store::verifier::Enrolment;

impl Read<'_> {
    /// What several claims wait for, in nine statements at most; nothing for those that are decided.
    pub async fn awaited_of(
        &self,
        ids: &[ClaimId],
    ) -> Result<HashMap<ClaimId, Vec<Awaited>>, AppError> {
        let mut open = self.claims_by_id(ids).await?;
        open.retain(|_, view| view.status.is_open());
        let Some(last) = open.values().map(|view| view.entry_index).max() else {
            return Ok(HashMap::new());
        };
        let quorums = published_before(self.db, column(last)?).await?;
        if quorums.is_empty() {
            let any = |(id, view): (ClaimId, ClaimView)| (id, awaited(view.status, None));
            return Ok(open.into_iter().map(any).collect());
        }
        let ids: Vec<ClaimId> = open.keys().copied().collect();
        let seats = assignments_of(self.db, &ids).await?;
        let buyers = self.buyers_of(open.values()).await?;
        let claimants = open.values().map(|view| view.claim.claimant);
        let parties: Vec<OrganisationId> = claimants.chain(buyers.values().copied()).collect();
        let groups = groups_by_organisation(self.db, &parties).await?;
        let group = |of: OrganisationId| {
            let found = groups.get(&of).copied();
            found.ok_or_else(|| AppError::internal(format!("{of} is no organisation")))
        };
        let enrolment = Enrolment::load(self.db).await?;
        let mut found = HashMap::with_capacity(open.len());
        for (id, view) in &open {
            let submitted = column(view.entry_index)?;
            let binding = quorums.iter().rev().find(|(at, _)| *at < submitted);
            let Some((_, quorum)) = binding else {
                found.insert(*id, awaited(view.status, None));
                continue;
            };
            let buyer = view.claim.answers.map(|answers| answers.contract);
            let buyer = buyer.and_then(|contract| buyers.get(&contract).copied());
            let facts = ClaimFacts {
                claim: &view.claim,
                status: view.status,
                submitted_by: view.submitted_by,
                claimant_group: group(view.claim.claimant)?,
                buyer_group: buyer.map(group).transpose()?,
            };
            let enrolled = enrolment.verifiers.iter().copied();
            let bound = Bound {
                quorum,
                assignments: seats.get(id).map_or(&[], Vec::as_slice),
                candidates: &candidates(enrolled, &facts, view.entry_index, |person| {
                    enrolment.groups_of(person)
                }),
            };
            found.insert(*id, awaited(view.status, Some(bound)));
        }
        Ok(found)
    }

    async fn buyers_of(
        &self,
        claims: impl Iterator<Item = &ClaimView>,
    ) -> Result<HashMap<ContractId, OrganisationId>, AppError> {
        let contracts =
            claims.filter_map(|view| view.claim.answers.map(|answers| answers.contract));
        let contracts: Vec<ContractId> = contracts.collect();
        let found = self.contracts_by_id(&contracts).await?;
        Ok(found
            .into_iter()
            .map(|(id, contract)| (id, contract.buyer))
            .collect())
    }

    /// What a quorum itself waits for: more verifiers, where those of the registry could not fill its seats for anybody.
    pub async fn awaited_of_quorum(&self, quorum: &Quorum) -> Result<Option<Awaited>, AppError> {
        let enrolment = Enrolment::load(self.db).await?;
        Ok(awaited_of_quorum(quorum, enrolment.verifiers))
    }
}
