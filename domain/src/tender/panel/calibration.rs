//! Calibration: each evaluator marks the same prepared answers before any bid, so that a lenient or strict hand shows while
//! nothing hangs on it. Where answers are prepared, everyone who marks calibrates first.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{Panel, PanelError};
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::{PersonId, SealedId};
use crate::scoring::agreement::PLACES;
use crate::tender::code::CriterionCode;

/// The most prepared answers of a tender.
pub const MAX_ANSWERS: usize = 20;

/// The levels of prepared answers by their numbers, in the points of their criteria's tables.
pub type Levels = BTreeMap<u32, u32>;

/// The prepared answers of a tender, as far as rules ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The criterion of each answer by its number, from 1 on.
    pub criteria: BTreeMap<u32, CriterionCode>,
    /// The sealed reference, where there is one.
    pub reference: Option<SealedId>,
    /// Index of the entry that put them in.
    pub index: u64,
}

impl Prepared {
    /// Prepared answers to criteria, numbered from 1 on.
    pub fn new(
        criteria: impl IntoIterator<Item = CriterionCode>,
        reference: Option<SealedId>,
        index: u64,
    ) -> Self {
        Self {
            criteria: (1..).zip(criteria).collect(),
            reference,
            index,
        }
    }
}

/// How far an evaluator's marks for the prepared answers of a criterion lie from the others' and from the reference. It
/// informs people and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The evaluator.
    pub evaluator: PersonId,
    /// The criterion.
    pub criterion: CriterionCode,
    /// How many prepared answers it has.
    pub answers: usize,
    /// The mean of the evaluator's levels less the mean of the other members', in points of the criterion's table, rounded
    /// once to [`PLACES`] places: above zero is generous. None while nobody else has calibrated.
    pub from_panel: Option<Decimal>,
    /// The same against the reference, over the answers that have one; none where no answer has.
    pub from_reference: Option<Decimal>,
}

impl Panel {
    /// The prepared answers, where there are some.
    pub fn prepared(&self) -> Option<&Prepared> {
        self.prepared.as_ref()
    }

    /// Puts the prepared answers in, once.
    pub fn prepare(&mut self, prepared: Prepared) -> Result<(), PanelError> {
        if self.prepared.is_some() {
            return Err(PanelError::Prepared);
        }
        let answers = prepared.criteria.len();
        if !(1..=MAX_ANSWERS).contains(&answers) {
            return Err(PanelError::Answers(answers));
        }
        self.prepared = Some(prepared);
        Ok(())
    }

    /// Notes that a member marked every prepared answer, by the entry of an index. Whether the member may see bids then is
    /// the caller's to check, as with a mark.
    pub fn calibrate(
        &mut self,
        person: PersonId,
        answers: &BTreeSet<u32>,
        index: u64,
    ) -> Result<(), PanelError> {
        let prepared = self.prepared.as_ref().ok_or(PanelError::NotPrepared)?;
        if !answers.iter().eq(prepared.criteria.keys()) || index <= prepared.index {
            return Err(PanelError::AnswersNotMarked(prepared.criteria.len()));
        }
        let member = self.members.get_mut(&person);
        let member = member.ok_or(PanelError::NotAMember(person))?;
        if !member.marks {
            return Err(PanelError::DoesNotMark(person));
        }
        if member.calibrated.is_some() {
            return Err(PanelError::Calibrated(person));
        }
        member.calibrated = Some(index);
        Ok(())
    }

    /// Whether a member had calibrated when the entry of an index was written; nothing is asked without prepared answers.
    pub fn has_calibrated(&self, person: PersonId, index: u64) -> Result<(), PanelError> {
        let before = |at: u64| at < index;
        let calibrated = self.member(person).and_then(|member| member.calibrated);
        if self.prepared.is_none() || calibrated.is_some_and(before) {
            Ok(())
        } else {
            Err(PanelError::NotCalibrated(person))
        }
    }

    /// Whether everyone who marks now has calibrated: from then on marks for prepared answers are shown.
    pub fn is_calibrated(&self) -> bool {
        let mut markers = self.active().filter(|(_, member)| member.marks);
        self.prepared.is_some() && markers.all(|(_, member)| member.calibrated.is_some())
    }

    /// The drift of each member who sits on the panel and has calibrated, by member and criterion. Marks of those who left
    /// change nothing.
    pub fn drifts(
        &self,
        given: &BTreeMap<PersonId, Levels>,
        reference: &Levels,
    ) -> Result<Vec<Drift>, ArithmeticError> {
        let given: BTreeMap<PersonId, &Levels> = given
            .iter()
            .filter(|(person, _)| self.member(**person).is_some_and(super::Member::is_active))
            .map(|(person, levels)| (*person, levels))
            .collect();
        let mut answers: BTreeMap<&CriterionCode, Vec<u32>> = BTreeMap::new();
        for (number, criterion) in self.prepared.iter().flat_map(|all| &all.criteria) {
            answers.entry(criterion).or_default().push(*number);
        }
        let mut drifts = Vec::new();
        for (evaluator, own) in &given {
            for (criterion, numbers) in &answers {
                let others = given.iter().filter(|(person, _)| *person != evaluator);
                let others: Vec<&Levels> = others.map(|(_, levels)| *levels).collect();
                drifts.push(Drift {
                    evaluator: *evaluator,
                    criterion: (*criterion).clone(),
                    answers: numbers.len(),
                    from_panel: difference(own, &others, numbers)?,
                    from_reference: difference(own, &[reference], numbers)?,
                });
            }
        }
        Ok(drifts)
    }
}

/// The mean over the answers that everyone marked of the own level less the mean of the others'; none without such an answer.
fn difference(
    own: &Levels,
    others: &[&Levels],
    numbers: &[u32],
) -> Result<Option<Decimal>, ArithmeticError> {
    let mut sum = Fraction::ZERO;
    let mut counted = 0_i64;
    for number in numbers {
        let levels: Option<Vec<u32>> = others.iter().map(|one| one.get(number).copied()).collect();
        let (Some(level), Some(levels)) = (own.get(number), levels.filter(|all| !all.is_empty()))
        else {
            continue;
        };
        let count = i128::try_from(levels.len()).map_err(|_| ArithmeticError::Overflow)?;
        let total: i128 = levels.into_iter().map(i128::from).sum();
        let mean = Fraction::new(total, count)?;
        sum = sum.plus(Fraction::whole(i64::from(*level)).minus(mean)?)?;
        counted = counted.saturating_add(1);
    }
    if counted == 0 {
        return Ok(None);
    }
    sum.over(Fraction::whole(counted))?.round(PLACES).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::{code, person};

    fn levels(given: &[u32]) -> Levels {
        (1..).zip(given.iter().copied()).collect()
    }

    fn numbers(count: u32) -> BTreeSet<u32> {
        (1..=count).collect()
    }

    /// A panel of a chair and three evaluators with two answers on quality and one on method.
    fn panel() -> Panel {
        let mut panel = Panel::default();
        let evaluators = [person(1), person(2), person(3)];
        panel.assign(person(9), &evaluators).unwrap();
        let criteria = ["QUALITY", "QUALITY", "METHOD"].map(code);
        panel.prepare(Prepared::new(criteria, None, 10)).unwrap();
        panel
    }

    #[test]
    fn answers_are_prepared_once_and_within_bounds() {
        let mut panel = Panel::default();
        let many = |n: usize| Prepared::new(vec![code("QUALITY"); n], None, 10);
        assert_eq!(panel.prepare(many(0)), Err(PanelError::Answers(0)));
        assert_eq!(panel.prepare(many(21)), Err(PanelError::Answers(21)));
        assert_eq!(panel.prepare(many(20)), Ok(()));
        assert_eq!(panel.prepare(many(1)), Err(PanelError::Prepared));
    }

    #[test]
    fn an_evaluator_marks_every_prepared_answer_once_and_before_any_bid() {
        let mut panel = panel();
        let not_yet = Err(PanelError::NotCalibrated(person(1)));
        assert_eq!(panel.has_calibrated(person(1), 50), not_yet);
        let part = panel.calibrate(person(1), &numbers(2), 20);
        assert_eq!(part, Err(PanelError::AnswersNotMarked(3)));
        let before = panel.calibrate(person(1), &numbers(3), 10);
        assert_eq!(before, Err(PanelError::AnswersNotMarked(3)));
        let chair = panel.calibrate(person(9), &numbers(3), 20);
        assert_eq!(chair, Err(PanelError::DoesNotMark(person(9))));
        assert_eq!(panel.calibrate(person(1), &numbers(3), 20), Ok(()));
        let again = panel.calibrate(person(1), &numbers(3), 21);
        assert_eq!(again, Err(PanelError::Calibrated(person(1))));
        assert_eq!(panel.has_calibrated(person(1), 20), not_yet, "not the same");
        assert_eq!(panel.has_calibrated(person(1), 21), Ok(()));
        let none = Panel::default();
        assert_eq!(none.has_calibrated(person(1), 21), Ok(()), "none is asked");
    }

    #[test]
    fn a_panel_is_calibrated_when_everyone_who_marks_now_is() {
        let mut panel = panel();
        for n in [1, 2] {
            panel.calibrate(person(n), &numbers(3), 20).unwrap();
        }
        assert!(!panel.is_calibrated());
        let mut smaller = panel.clone();
        smaller.replace(person(3), None, 30).unwrap();
        assert!(smaller.is_calibrated());
        panel.replace(person(3), Some(person(4)), 30).unwrap();
        assert!(!panel.is_calibrated(), "the successor has not");
        panel.calibrate(person(4), &numbers(3), 40).unwrap();
        assert!(panel.is_calibrated());
        assert!(!Panel::default().is_calibrated());
    }

    #[test]
    fn drift_is_exact_against_the_others_and_against_the_reference() {
        let panel = panel();
        let given = [[5, 4, 3], [4, 4, 3], [4, 3, 0]];
        let given = (1..).zip(given).map(|(n, own)| (person(n), levels(&own)));
        let drifts = panel.drifts(&given.collect(), &levels(&[4, 4])).unwrap();
        let of = |n, criterion: &str| {
            let found = drifts
                .iter()
                .find(|one| one.evaluator == person(n) && one.criterion == code(criterion));
            let found = found.unwrap();
            let text = |value: Option<Decimal>| value.map(|value| value.to_string());
            (
                found.answers,
                text(found.from_panel),
                text(found.from_reference),
            )
        };
        let some = |text: &str| Some(text.to_owned());
        // 5 - (4 + 4) / 2 = 1 and 4 - (4 + 3) / 2 = 1/2.
        assert_eq!(of(1, "QUALITY"), (2, some("0.750000"), some("0.500000")));
        assert_eq!(of(3, "QUALITY"), (2, some("-0.750000"), some("-0.500000")));
        assert_eq!(of(1, "METHOD"), (1, some("1.500000"), None));
        assert_eq!(drifts.len(), 6);
    }

    #[test]
    fn the_marks_of_a_member_who_left_change_no_drift() {
        let mut panel = panel();
        let two: BTreeMap<PersonId, Levels> = [(1, [5, 4, 3]), (2, [4, 4, 2])]
            .map(|(n, own)| (person(n), levels(&own)))
            .into();
        panel.replace(person(3), None, 30).unwrap();
        let without = panel.drifts(&two, &Levels::new()).unwrap();
        for own in [[0, 0, 0], [5, 5, 5]] {
            let mut all = two.clone();
            all.insert(person(3), levels(&own));
            assert_eq!(panel.drifts(&all, &Levels::new()).unwrap(), without);
        }
        let alone = [(person(1), levels(&[5, 4, 3]))].into();
        let alone = panel.drifts(&alone, &Levels::new()).unwrap();
        assert!(alone.iter().all(|one| one.from_panel.is_none()));
    }
}
