//! `mark.sealed`, `mark.replaced` and `mark.released`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{SealedId, TenderId};
use crate::log::commitment::{Opening, SealedCommitment, verify_opening};
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::tender::code::CriterionCode;
use crate::tender::lot::LotCode;
use crate::tender::plan::Plan;
use crate::tender::register::{SealedEntry, SealedKind};
use crate::tender::sealing::ShownMark;
use crate::tender::stage::Step;
use crate::tender::state::Tender;

/// `mark.sealed`: an evaluator made a mark final. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// `mark.replaced`: an evaluator changed a final mark before the consensus. It names nobody; the former mark is kept, and
/// both are released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkReplaced {
    /// The former mark.
    pub replaced: SealedId,
    /// Random id of the new one; the entry's subject.
    pub sealed: SealedId,
    /// What the new one commits to.
    pub commitment: SealedCommitment,
}

impl EntryBody for MarkReplaced {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let register = &mut state.tenders.sealed;
        register.change_mark(self.sealed, self.replaced, self.commitment, header)
    }
}

/// `mark.released`: a mark that was sealed, shown with the award.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
        if sealed.kind != SealedKind::Mark {
            return Err(header.finding("mark", "a sealed mark", "a sealed bid"));
        }
        let bid = tender.bids.get(&mark.bid);
        let Some(bid) = bid.filter(|_| mark.tender == self.tender) else {
            return Err(header.finding("mark", "a mark of a bid of this tender", mark.bid));
        };
        check_level(&tender.plan, &bid.lot, &mark.criterion, mark.level, header)?;
        check_time(tender, &sealed, header)?;
        check_member(tender, &mark, &sealed, header)?;
        check_history(tender, &mark, self.sealed, &sealed, header)?;
        state.tally.recomputed("mark against its commitment");
        Ok(())
    }
}

/// A first mark is made before moderation, a changed one before the consensus.
fn check_time(tender: &Tender, sealed: &SealedEntry, header: &Header) -> Result<(), Finding> {
    let end = match sealed.replaces {
        None => tender.moderated,
        Some(_) => tender.consensus,
    };
    let after_opening = tender.opened.is_some_and(|opened| opened < sealed.index);
    if after_opening && end.is_none_or(|end| sealed.index < end) {
        return Ok(());
    }
    let expected =
        "a mark sealed between the opening and moderation, or changed before the consensus";
    Err(header.finding("mark", expected, sealed.index))
}

/// Whoever marked sat on the panel then, had declared about every bidder, and the mark was not stated missing.
fn check_member(
    tender: &Tender,
    mark: &ShownMark,
    sealed: &SealedEntry,
    header: &Header,
) -> Result<(), Finding> {
    let member = tender.panel.member(mark.evaluator);
    let sat = member.is_some_and(|member| member.marks && member.had_access(sealed.index));
    if !sat {
        let expected = "a mark by an evaluator of the panel who might see the bids then";
        return Err(header.finding("panel", expected, mark.evaluator));
    }
    let key = (mark.bid, mark.criterion.clone());
    tender
        .panel
        .may_mark(mark.evaluator, &key)
        .map_err(|error| header.finding("panel", "a mark that was not stated missing", error))?;
    let calibrated = tender.panel.has_calibrated(mark.evaluator, sealed.index);
    let expected = "a mark for a bid after the evaluator's marks for the prepared answers";
    calibrated.map_err(|error| header.finding("calibration", expected, error))
}

/// There is one mark of an evaluator for a bid and criterion, and each that replaces another is of the same evaluator, bid
/// and criterion. The former one is released first.
fn check_history(
    tender: &mut Tender,
    mark: &ShownMark,
    id: SealedId,
    sealed: &SealedEntry,
    header: &Header,
) -> Result<(), Finding> {
    let key = (mark.evaluator, mark.bid, mark.criterion.clone());
    let former = tender.released.insert(key, (id, mark.level));
    let former = former.map(|(former, _)| former);
    if former == sealed.replaces {
        return Ok(());
    }
    let expected = sealed.replaces.map_or_else(
        || "one mark of an evaluator for a bid and criterion".to_owned(),
        |replaced| format!("{replaced}, which it replaced, released before it"),
    );
    let found = former.map_or("no other".to_owned(), |former| former.to_string());
    Err(header.finding("mark", expected, found))
}

/// A level must be in the table of a criterion that the panel judges in the bid's lot.
pub(super) fn check_level(
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
