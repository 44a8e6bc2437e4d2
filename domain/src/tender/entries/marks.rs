//! `mark.sealed`, `mark.released` and `consensus.signed`.

use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::{BidId, SealedId, TenderId};
use crate::log::commitment::{Opening, SealedCommitment, verify_opening};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::tender::code::CriterionCode;
use crate::tender::lot::LotCode;
use crate::tender::plan::Plan;
use crate::tender::register::SealedKind;
use crate::tender::sealing::ShownMark;
use crate::tender::stage::Step;

/// `mark.sealed`: an evaluator made a mark final. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkSealed {
    /// Random id.
    pub sealed: SealedId,
    /// What it commits to.
    pub commitment: SealedCommitment,
}

impl EntryBody for MarkSealed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let kind = SealedKind::Mark;
        let register = &mut state.tenders.sealed;
        register.seal(self.sealed, kind, self.commitment, header)
    }
}

/// `mark.released`: a mark that was sealed, shown with the award.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkReleased {
    /// The tender.
    pub tender: TenderId,
    /// The sealed entry.
    pub sealed: SealedId,
    /// The mark ([`crate::tender::sealing::MarkContent`]), its reason behind a hash.
    pub opening: Opening,
}

impl EntryBody for MarkReleased {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let sealed = state.tenders.sealed.settle(self.sealed, header)?;
        let tender = state.tenders.expect(self.tender, header)?;
        tender.step(Step::ReleaseMark, header)?;
        verify_opening(&sealed.commitment, &self.opening)
            .map_err(|error| header.finding("commitment", sealed.commitment, error))?;
        let mark = ShownMark::from_opening(&self.opening)
            .map_err(|error| header.finding("mark", "a mark with its fields", error))?;
        let after_opening = tender.opened.is_some_and(|opened| opened < sealed.index);
        let before_consensus = tender.consensus.is_none_or(|signed| sealed.index < signed);
        if sealed.kind != SealedKind::Mark || !after_opening || !before_consensus {
            let expected = "a mark sealed between the opening and the consensus";
            return Err(header.finding("mark", expected, sealed.index));
        }
        let bid = tender.bids.get(&mark.bid);
        let Some(bid) = bid.filter(|_| mark.tender == self.tender) else {
            return Err(header.finding("mark", "a mark of a bid of this tender", mark.bid));
        };
        check_level(&tender.plan, &bid.lot, &mark.criterion, mark.level, header)?;
        let key = (mark.evaluator, mark.bid, mark.criterion);
        if !tender.released.insert(key) {
            let expected = "one mark of an evaluator for a bid and criterion";
            return Err(header.finding("mark", expected, "another"));
        }
        state.tally.recomputed("mark against its commitment");
        Ok(())
    }
}

/// `consensus.signed`: the chair signed what the panel agreed on. A large panel signs in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsensusSigned {
    /// The tender.
    pub tender: TenderId,
    /// The consensus by bid.
    pub bids: Vec<BidConsensus>,
    /// Whether this is the last part. A level that is still missing then withholds the ranking.
    pub complete: bool,
}

/// What the panel agreed on for one bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BidConsensus {
    /// The bid.
    pub bid: BidId,
    /// A level for each judged criterion.
    pub marks: Vec<ConsensusMark>,
}

/// A consensus level with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsensusMark {
    /// The criterion.
    pub criterion: CriterionCode,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for ConsensusSigned {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Chair, 1).map(|_| ());
        let shown = if tender.to_open.is_empty() {
            Ok(())
        } else {
            let found = format!("{} are missing", tender.to_open.len());
            Err(header.finding("opening", "every opened bid to be shown", found))
        };
        let step = if self.complete {
            Step::SignConsensus
        } else {
            Step::SignPart
        };
        tender.step(step, header)?;
        tender.consensus = tender.consensus.or(Some(header.index));
        tender.inputs = header.index;
        let mut outcome = named.and(shown);
        for consensus in &self.bids {
            let lot = tender.eligible(consensus.bid, header)?.lot.clone();
            for mark in &consensus.marks {
                let (plan, code) = (&tender.plan, &mark.criterion);
                outcome = outcome.and_then(|()| check_level(plan, &lot, code, mark.level, header));
                let opened = tender.eligible(consensus.bid, header)?;
                let earlier = opened.levels.insert(mark.criterion.clone(), mark.level);
                if earlier.is_some() && outcome.is_ok() {
                    let expected = "one consensus for a bid and criterion";
                    outcome = Err(header.finding("consensus", expected, &mark.criterion));
                }
                state.tally.attested("judgement of the panel");
            }
        }
        outcome
    }
}

/// A level must be in the table of a criterion that the panel judges in the bid's lot.
fn check_level(
    plan: &Plan,
    lot: &LotCode,
    criterion: &CriterionCode,
    level: u32,
    header: &Header,
) -> Result<(), Finding> {
    let lot = plan.lot(lot);
    let leaves = lot.and_then(|lot| plan.leaves_of(lot).ok());
    let leaves = leaves.unwrap_or_default();
    let table = leaves
        .iter()
        .find(|leaf| leaf.criterion.code == *criterion)
        .and_then(|leaf| leaf.rule.judged());
    match table {
        Some(table) if table.has(level) => Ok(()),
        Some(_) => Err(header.finding("level", "a level of the criterion's table", level)),
        None => {
            let expected = "a criterion that the panel judges in the bid's lot";
            Err(header.finding("criterion", expected, criterion))
        }
    }
}
