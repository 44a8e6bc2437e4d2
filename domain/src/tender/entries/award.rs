//! `award.proposed` and `award.decided`: two people, and the bid at rank 1.

use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::{BidId, OrganisationId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::scoring::KnownContent;
use crate::tender::award::{Award, check_winner};
use crate::tender::stage::Step;
use crate::tender::state::{Proposal, Tender};

/// `award.proposed`: an officer proposed the award by a ranking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwardProposed {
    /// The tender.
    pub tender: TenderId,
    /// The bid at rank 1.
    pub bid: BidId,
    /// Index of the ranking.
    pub ranking: u64,
}

impl EntryBody for AwardProposed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let officers = tender.people(header, Role::Officer, 1)?;
        tender.step(Step::ProposeAward, header)?;
        let by = officers.into_iter().next();
        tender.proposal = by.map(|by| Proposal {
            bid: self.bid,
            by,
            index: header.index,
        });
        check_last_ranking(tender, self.bid, self.ranking, header)
    }
}

/// `award.decided`: a second officer approved the award. Both stand among the actors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwardDecided {
    /// The tender.
    pub tender: TenderId,
    /// The bid that won.
    pub bid: BidId,
    /// Who won.
    pub supplier: OrganisationId,
    /// Index of the ranking.
    pub ranking: u64,
    /// Index of the proposal.
    pub proposal: u64,
}

impl EntryBody for AwardDecided {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let people = tender.people(header, Role::Officer, 2);
        tender.step(Step::DecideAward, header)?;
        let proposal = tender.proposal.clone();
        let Some(proposal) = proposal.filter(|proposal| proposal.index == self.proposal) else {
            return Err(header.finding("proposal", "the last proposal", self.proposal));
        };
        let winner = check_last_ranking(tender, self.bid, self.ranking, header);
        let Some(opened) = tender.bids.get(&self.bid) else {
            return Err(header.finding("bid", "a bid of the tender", self.bid));
        };
        tender.award = Some(Award {
            tender: self.tender,
            buyer: tender.buyer,
            supplier: opened.supplier,
            bid: self.bid,
            price: opened.content.price,
            commitments: opened.content.commitments.clone().unwrap_or_default(),
            surplus_tradable: tender.plan.surplus_tradable,
            decided_by: people.iter().flatten().copied().collect(),
            index: header.index,
        });
        if opened.supplier != self.supplier {
            return Err(header.finding("supplier", opened.supplier, self.supplier));
        }
        // Nothing reads the contents after the award: memory follows what is live.
        for bid in tender.bids.values_mut() {
            bid.content = KnownContent::default();
        }
        tender.confirmed.clear();
        if !people?.contains(&proposal.by) {
            let expected = format!("{} who proposed it among the actors", proposal.by);
            return Err(header.finding("people", expected, "others"));
        }
        if proposal.bid != self.bid {
            return Err(header.finding("bid", proposal.bid, self.bid));
        }
        winner?;
        state.tally.recomputed("award");
        Ok(())
    }
}

/// The bid must be at rank 1 of the last ranking.
fn check_last_ranking(
    tender: &Tender,
    bid: BidId,
    ranking: u64,
    header: &Header,
) -> Result<(), Finding> {
    let Some((index, result)) = &tender.ranking else {
        return Err(header.finding("ranking", "a ranking", "none"));
    };
    if *index != ranking {
        return Err(header.finding("ranking", index, ranking));
    }
    check_winner(result, bid)
        .map_err(|error| header.finding("winner", "the bid at rank 1 of a ranking", error))
}
