//! Who acted on a tender, as replay checks it: in the role, enough of them, and apart from every bidder.

use std::collections::BTreeSet;

use super::state::Tender;
use crate::actor::Role;
use crate::ids::{OrganisationId, PersonId};
use crate::log::entry::Header;
use crate::log::state::Finding;
use crate::organisation;

impl Tender {
    /// People who acted in a role for the buyer: at least `count` different ones, or a finding.
    pub(super) fn people(
        &self,
        header: &Header,
        role: Role,
        count: usize,
    ) -> Result<BTreeSet<PersonId>, Finding> {
        people_for(self.buyer(), header, role, count)
    }

    /// Officers who decide on the bids: at least `count` different ones, none with a role in the group of a bidder.
    pub(super) fn deciders(
        &self,
        header: &Header,
        organisations: &organisation::State,
        count: usize,
    ) -> Result<BTreeSet<PersonId>, Finding> {
        let people = self.people(header, Role::Officer, count)?;
        check_unrelated(&people, &self.bidders(), organisations, header)?;
        Ok(people)
    }
}

/// None of some people may hold a role in the beneficial-owner group of a bidder.
pub(super) fn check_unrelated(
    people: &BTreeSet<PersonId>,
    bidders: &BTreeSet<OrganisationId>,
    organisations: &organisation::State,
    header: &Header,
) -> Result<(), Finding> {
    let bidding: BTreeSet<_> = bidders.iter().map(|id| organisations.group(*id)).collect();
    let biased = |person: &&PersonId| {
        let own = organisations.groups_of(**person);
        own.iter().any(|group| bidding.contains(group))
    };
    people.iter().find(biased).map_or(Ok(()), |person| {
        let expected = "people without a role in the group of a bidder";
        Err(header.finding("independence", expected, person))
    })
}

/// See [`Tender::people`].
pub(super) fn people_for(
    buyer: OrganisationId,
    header: &Header,
    role: Role,
    count: usize,
) -> Result<BTreeSet<PersonId>, Finding> {
    let people: BTreeSet<PersonId> = header
        .actors
        .iter()
        .filter(|actor| actor.role == role && actor.organisation == buyer)
        .map(|actor| actor.id)
        .collect();
    if people.len() >= count {
        return Ok(people);
    }
    let expected = format!("{count} different people in the role {role} of the buyer");
    Err(header.finding("people", expected, people.len()))
}
