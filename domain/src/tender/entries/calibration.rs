//! `calibration.prepared`, `calibration.sealed` and `calibration.released`: everyone marks the same prepared answers first.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::panel::{member_of, refused};
use crate::actor::Role;
use crate::ids::{SealedId, TenderId};
use crate::log::commitment::{Opening, SealedCommitment, verify_opening};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::tender::code::CriterionCode;
use crate::tender::panel::answers::ShownCalibration;
use crate::tender::panel::calibration::{Levels, Prepared};
use crate::tender::panel::moderation::judged;
use crate::tender::people::check_unrelated;
use crate::tender::register::{SealedEntry, SealedKind};
use crate::tender::stage::Step;
use crate::tender::state::Tender;

/// `calibration.prepared`: the answers that every evaluator marks before any bid, put in once by an officer or the chair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationPrepared {
    /// The tender.
    pub tender: TenderId,
    /// The answers, numbered from 1 in this order.
    pub answers: Vec<PreparedAnswer>,
    /// The levels that whoever prepared them holds right, sealed until the marks are released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<SealedReference>,
}

/// A prepared answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreparedAnswer {
    /// The criterion that it answers.
    pub criterion: CriterionCode,
    /// Salted hash of its text ([`crate::tender::sealing::commit_reason`]).
    pub text: Hash,
}

/// A sealed reference ([`crate::tender::panel::answers::CalibrationContent`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedReference {
    /// Random id.
    pub sealed: SealedId,
    /// What it commits to.
    pub commitment: SealedCommitment,
}

impl EntryBody for CalibrationPrepared {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let person = member_of(tender, &[Role::Officer, Role::Chair], header)?;
        let apart = BTreeSet::from([person]);
        check_unrelated(&apart, &tender.bidders(), &state.organisations, header)?;
        tender.step_now(Step::PrepareCalibration, header)?;
        let chairs = header.actors.iter().any(|actor| actor.role == Role::Chair);
        let led = if chairs {
            tender.panel.leads(person)
        } else {
            Ok(())
        };
        let criteria = self.answers.iter().map(|answer| &answer.criterion);
        let strange = criteria
            .clone()
            .find(|criterion| judged(&tender.plan, criterion).is_none());
        let reference = self.reference.as_ref();
        let prepared = Prepared::new(
            criteria.cloned(),
            reference.map(|reference| reference.sealed),
            header.index,
        );
        let done = led.and(tender.panel.prepare(prepared));
        state.tally.attested("prepared answers");
        let expected = "answers put in once, by an officer or the chair";
        refused(expected, done, header)?;
        if let Some(reference) = reference {
            let kind = SealedKind::Reference;
            let register = &mut state.tenders.sealed;
            register.seal_within(reference.sealed, kind, reference.commitment, header)?;
        }
        strange.map_or(Ok(()), |criterion| {
            let expected = "answers to criteria that the panel judges";
            Err(header.finding("criterion", expected, criterion))
        })
    }
}

/// `calibration.sealed`: an evaluator marked every prepared answer. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationSealed {
    /// Random id.
    pub sealed: SealedId,
    /// What it commits to.
    pub commitment: SealedCommitment,
}

impl EntryBody for CalibrationSealed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let kind = SealedKind::Calibration;
        let register = &mut state.tenders.sealed;
        register.seal(self.sealed, kind, self.commitment, header)
    }
}

/// `calibration.released`: marks for the prepared answers, or the reference, shown with the award and before the marks for
/// bids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationReleased {
    /// The tender.
    pub tender: TenderId,
    /// The sealed entry.
    pub sealed: SealedId,
    /// The levels ([`crate::tender::panel::answers::CalibrationContent`]), their reasons behind hashes.
    pub opening: Opening,
}

impl EntryBody for CalibrationReleased {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let sealed = state.tenders.sealed.settle(self.sealed, header)?;
        let tender = state.tenders.expect(self.tender, header)?;
        tender.step(Step::ReleaseMark, header)?;
        verify_opening(&sealed.commitment, &self.opening)
            .map_err(|error| header.finding("commitment", sealed.commitment, error))?;
        let shown = ShownCalibration::from_opening(&self.opening)
            .map_err(|error| header.finding("calibration", "levels of prepared answers", error))?;
        if shown.tender != self.tender {
            return Err(header.finding("calibration", "levels for this tender", shown.tender));
        }
        check_levels(tender, &shown.levels, header)?;
        match shown.evaluator {
            Some(evaluator) => {
                let numbers = shown.levels.keys().copied().collect();
                check_member(tender, &sealed, header, evaluator, &numbers)?;
            }
            None => check_reference(tender, self.sealed, &sealed, header)?,
        }
        state.tally.recomputed("calibration against its commitment");
        Ok(())
    }
}

/// Each level is one of the criterion's table.
fn check_levels(tender: &Tender, levels: &Levels, header: &Header) -> Result<(), Finding> {
    let criteria = tender.panel.prepared().map(|prepared| &prepared.criteria);
    for (number, level) in levels {
        let criterion = criteria.and_then(|criteria| criteria.get(number));
        let table = criterion.and_then(|criterion| judged(&tender.plan, criterion));
        if !table.is_some_and(|table| table.has(*level)) {
            let expected = "levels of the criteria's tables for prepared answers";
            let found = format!("{level} for answer {number}");
            return Err(header.finding("level", expected, found));
        }
    }
    Ok(())
}

/// Whoever calibrated marked every answer, once, before moderation, as an evaluator who might see the bids then.
fn check_member(
    tender: &mut Tender,
    sealed: &SealedEntry,
    header: &Header,
    evaluator: crate::ids::PersonId,
    numbers: &BTreeSet<u32>,
) -> Result<(), Finding> {
    let member = tender.panel.member(evaluator);
    let sat = member.is_some_and(|member| member.had_access(sealed.index));
    let early = tender.moderated.is_none_or(|end| sealed.index < end);
    if sealed.kind != SealedKind::Calibration || !sat || !early {
        let expected = "marks for prepared answers by an evaluator who might see the bids then, before moderation";
        return Err(header.finding("calibration", expected, evaluator));
    }
    let calibrated = tender.panel.calibrate(evaluator, numbers, sealed.index);
    refused("every prepared answer marked once", calibrated, header)
}

/// The reference is what was sealed with the answers.
fn check_reference(
    tender: &Tender,
    id: SealedId,
    sealed: &SealedEntry,
    header: &Header,
) -> Result<(), Finding> {
    let expected = tender
        .panel
        .prepared()
        .and_then(|prepared| prepared.reference);
    if sealed.kind == SealedKind::Reference && expected == Some(id) {
        return Ok(());
    }
    let expected = expected.map_or("none".to_owned(), |id| id.to_string());
    Err(header.finding("reference", expected, id))
}
