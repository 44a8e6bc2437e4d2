//! `mark.missing`, `moderation.started`, `consensus.signed_off` and `consensus.signed`: from marks made alone to what the
//! panel agreed on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::marks::check_level;
use super::panel::{member_of, refused};
use crate::actor::Role;
use crate::ids::{BidId, PersonId, TenderId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::tender::code::CriterionCode;
use crate::tender::lot::LotCode;
use crate::tender::panel::agreed::MAX_CHANGES;
use crate::tender::panel::moderation::due;
use crate::tender::panel::{PanelError, moderation};
use crate::tender::stage::Step;
use crate::tender::state::Tender;
use crate::time::Time;

/// `mark.missing`: the chair stated that marks of a member will not come, with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkMissing {
    /// The tender.
    pub tender: TenderId,
    /// Whose marks.
    pub member: PersonId,
    /// Which marks, by bid.
    pub bids: Vec<MissingMarks>,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

/// The marks that are missing for one bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingMarks {
    /// The bid.
    pub bid: BidId,
    /// The criteria.
    pub criteria: Vec<CriterionCode>,
}

impl EntryBody for MarkMissing {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let chair = member_of(tender, &[Role::Chair], header)?;
        tender.step(Step::StateMissing, header)?;
        let bidders = tender.bidders();
        let led = tender.panel.chair(chair, &bidders);
        let pairs: Vec<moderation::Due> = self
            .bids
            .iter()
            .flat_map(|one| one.criteria.iter().map(|code| (one.bid, code.clone())))
            .collect();
        let due = due(&tender.plan, tender.eligible_bids());
        let strange = pairs.iter().find(|pair| !due.contains(pair));
        if let Some((bid, criterion)) = strange {
            let expected = "a mark that is due for a bid that takes part";
            return Err(header.finding("mark", expected, format!("{criterion} of {bid}")));
        }
        let stated = tender.panel.state_missing(self.member, pairs);
        state.tally.attested("reason of a missing mark");
        refused(
            "a mark that its chair may state missing",
            led.and(stated),
            header,
        )
    }
}

/// `moderation.started`: every mark is final or stated missing, and the panel begins to agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModerationStarted {
    /// The tender.
    pub tender: TenderId,
}

impl EntryBody for ModerationStarted {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let chair = member_of(tender, &[Role::Chair], header)?;
        tender.step(Step::BeginModeration, header)?;
        tender.moderated = Some(header.index);
        let bidders = tender.bidders();
        let begun = tender.panel.begin_moderation(chair, &bidders);
        refused("a whole panel that has declared", begun, header)
    }
}

/// `consensus.signed_off`: a member signed off what the panel agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsensusSignedOff {
    /// The tender.
    pub tender: TenderId,
    /// What was signed off ([`crate::tender::panel::agreed::Agreed::hash`]).
    pub agreed: Hash,
}

impl EntryBody for ConsensusSignedOff {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let member = member_of(tender, &[Role::Evaluator, Role::Chair], header)?;
        tender.step(Step::Moderate, header)?;
        let bidders = tender.bidders();
        let signed = tender.panel.sign_off(member, self.agreed, &bidders);
        refused("a member of the panel", signed, header)
    }
}

/// `consensus.signed`: the chair signed what the panel agreed on. A large panel signs in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidConsensus {
    /// The bid.
    pub bid: BidId,
    /// A level for each judged criterion.
    pub marks: Vec<ConsensusMark>,
}

/// A consensus level with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsensusMark {
    /// The criterion.
    pub criterion: CriterionCode,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
    /// Who set it.
    pub by: PersonId,
    /// When.
    pub at: Time,
    /// What it was before, from the first to the last: nothing is changed in silence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierLevel>,
}

/// A level that the panel changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlierLevel {
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
    /// Who set it.
    pub by: PersonId,
    /// When.
    pub at: Time,
}

impl ConsensusMark {
    /// Every level from the first to the one that stands, with who set it and when.
    fn history(&self) -> impl Iterator<Item = (u32, PersonId, Time)> {
        let earlier = self.earlier.iter().map(|one| (one.level, one.by, one.at));
        earlier.chain([(self.level, self.by, self.at)])
    }

    fn check(&self, tender: &Tender, lot: &LotCode, header: &Header) -> Result<(), Finding> {
        if self.earlier.len() > MAX_CHANGES {
            let expected = format!("at most {MAX_CHANGES} changes of a level");
            return Err(header.finding("consensus", expected, self.earlier.len()));
        }
        let mut last = Time::from_micros(i64::MIN);
        for (level, by, at) in self.history() {
            check_level(&tender.plan, lot, &self.criterion, level, header)?;
            if tender.panel.member(by).is_none() {
                return Err(header.finding("consensus", "levels set by the panel", by));
            }
            if at < last || at > header.at {
                let expected = "a history in the order of time, up to the entry";
                return Err(header.finding("consensus", expected, at));
            }
            last = at;
        }
        Ok(())
    }
}

impl EntryBody for ConsensusSigned {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let chair = member_of(tender, &[Role::Chair], header);
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
        let mut outcome = chair.clone().map(|_| ()).and(shown);
        for consensus in &self.bids {
            let lot = tender.eligible(consensus.bid, header)?.lot.clone();
            for mark in &consensus.marks {
                outcome = outcome.and_then(|()| mark.check(tender, &lot, header));
                let opened = tender.eligible(consensus.bid, header)?;
                opened.levels.insert(mark.criterion.clone(), mark.level);
                let first = tender.agreed.add(consensus.bid, mark);
                let first = first.map_err(|error| header.finding("consensus", "a level", error))?;
                if !first && outcome.is_ok() {
                    let expected = "one consensus for a bid and criterion";
                    outcome = Err(header.finding("consensus", expected, &mark.criterion));
                }
                state.tally.attested("judgement of the panel");
            }
        }
        if let (true, Ok(chair)) = (self.complete, chair) {
            let signed = can_sign(tender, self.tender, chair);
            let expected = "every level agreed on, and signed off by every member";
            outcome = outcome.and(refused(expected, signed, header));
        }
        outcome
    }
}

/// Whether everything is agreed on and everyone has signed it off.
fn can_sign(tender: &Tender, id: TenderId, chair: PersonId) -> Result<(), PanelError> {
    let due = due(&tender.plan, tender.eligible_bids());
    let open = due
        .into_iter()
        .find(|(bid, criterion)| !tender.agreed.has(*bid, criterion));
    if let Some((bid, criterion)) = open {
        return Err(PanelError::NotAgreed { bid, criterion });
    }
    // Hashing hashes cannot fail; were it to, nobody could have signed it off.
    let agreed = tender.agreed.hash(id).unwrap_or(Hash([0; 32]));
    tender.panel.can_sign(chair, agreed, &tender.bidders())
}
