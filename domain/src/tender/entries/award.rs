//! `award.proposed` and `award.decided`: two people, and of each lot the bid to which the last ranking allocated it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{BidId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::tender::abnormal::check_settled;
use crate::tender::award::{Award, LotAward, check_award};
use crate::tender::lot::LotCode;
use crate::tender::stage::Step;
use crate::tender::state::{Proposal, Tender};

/// `award.proposed`: an officer proposed the award by a ranking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwardProposed {
    /// The tender.
    pub tender: TenderId,
    /// Who wins each lot, in the order of the plan.
    pub lots: Vec<LotAward>,
    /// Index of the ranking.
    pub ranking: u64,
}

impl EntryBody for AwardProposed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        let officers = tender.deciders(header, organisations, 1)?;
        tender.step(Step::ProposeAward, header)?;
        let by = officers.into_iter().next();
        tender.proposal = by.map(|by| Proposal {
            lots: self.lots.clone(),
            by,
            index: header.index,
        });
        check_apart(tender, header)?;
        check_last_ranking(tender, &self.lots, self.ranking, header)?;
        for award in &self.lots {
            if let Some(winner) = award.winner {
                check_seen(tender, &award.lot, winner.bid, header)?;
            }
        }
        Ok(())
    }
}

/// The ranking of the lot was questioned, and whatever looks abnormal in the bid that would win was decided.
fn check_seen(
    tender: &mut Tender,
    lot: &LotCode,
    bid: BidId,
    header: &Header,
) -> Result<(), Finding> {
    let standing = tender.ranking.as_ref();
    let Some(flags) = standing.and_then(|standing| standing.flags.get(lot)) else {
        let expected = format!("a report on the ranking of lot {lot} before its award");
        return Err(header.finding("robustness", expected, "none"));
    };
    let flagged: Vec<_> = flags.of(bid).collect();
    let bid = tender.eligible(bid, header)?;
    let expected = "a bid in which nothing that looks abnormal waits for a decision";
    check_settled(flagged, &bid.asked).map_err(|error| header.finding("abnormal", expected, error))
}

/// `award.decided`: a second officer approved the award. Both stand among the actors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwardDecided {
    /// The tender.
    pub tender: TenderId,
    /// Who won each lot, in the order of the plan.
    pub lots: Vec<LotAward>,
    /// Index of the ranking.
    pub ranking: u64,
    /// Index of the proposal.
    pub proposal: u64,
}

impl EntryBody for AwardDecided {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        let people = tender.deciders(header, organisations, 2);
        tender.step(Step::DecideAward, header)?;
        let proposal = tender.proposal.clone();
        let Some(proposal) = proposal.filter(|proposal| proposal.index == self.proposal) else {
            return Err(header.finding("proposal", "the last proposal", self.proposal));
        };
        let winners = check_last_ranking(tender, &self.lots, self.ranking, header);
        let decided_by: Vec<_> = people.iter().flatten().copied().collect();
        tender.awards = self
            .lots
            .iter()
            .filter_map(|award| {
                let winner = award.winner?;
                let opened = tender.bids.get(&winner.bid)?;
                Some(Award {
                    tender: self.tender,
                    lot: award.lot.clone(),
                    buyer: tender.buyer,
                    supplier: opened.supplier,
                    bid: winner.bid,
                    price: opened.content.price,
                    commitments: opened.content.commitments.clone().unwrap_or_default(),
                    participations: tender.binding(opened),
                    surplus_tradable: tender.plan.surplus_tradable,
                    substitution_share: tender.plan.substitution_share,
                    delivery: tender.plan.delivery.clone(),
                    decided_by: decided_by.clone(),
                    decided_on: header.at.date(),
                    index: header.index,
                })
            })
            .collect();
        if !people?.contains(&proposal.by) {
            let expected = format!("{} who proposed it among the actors", proposal.by);
            return Err(header.finding("people", expected, "others"));
        }
        if proposal.lots != self.lots {
            return Err(header.difference("award", &proposal.lots, &self.lots));
        }
        winners?;
        check_apart(tender, header)?;
        state.tally.recomputed("award");
        Ok(())
    }
}

/// Nobody awards what they judged.
fn check_apart(tender: &Tender, header: &Header) -> Result<(), Finding> {
    let judged = header
        .actors
        .iter()
        .find(|actor| tender.panel.member(actor.id).is_some());
    judged.map_or(Ok(()), |actor| {
        Err(header.finding("panel", "officers who judged no bid", actor.id))
    })
}

/// Each lot must go to the bid to which the last ranking allocated it, and name that bid's supplier.
fn check_last_ranking(
    tender: &Tender,
    lots: &[LotAward],
    ranking: u64,
    header: &Header,
) -> Result<(), Finding> {
    let Some(standing) = &tender.ranking else {
        return Err(header.finding("ranking", "a ranking", "none"));
    };
    if standing.index != ranking {
        return Err(header.finding("ranking", standing.index, ranking));
    }
    check_award(standing.allocation.as_deref(), lots)
        .map_err(|error| header.finding("winner", "the award that the ranking leads to", error))?;
    for winner in lots.iter().filter_map(|award| award.winner) {
        let Some(opened) = tender.bids.get(&winner.bid) else {
            return Err(header.finding("bid", "a bid of the tender", winner.bid));
        };
        if opened.supplier != winner.supplier {
            return Err(header.finding("supplier", opened.supplier, winner.supplier));
        }
    }
    Ok(())
}
