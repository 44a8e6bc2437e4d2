//! Calibration: prepared answers that every evaluator marks before any bid, and how far each lies from the others.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::calibration::{CalibrationMark as NewMark, NewPreparedAnswer};
use commonweal_app::read::calibration::{CalibrationMarkView, CalibrationView, PreparedAnswerView};
use commonweal_domain::ids::TenderId;
use commonweal_domain::tender::panel::calibration as domain;

use super::amounts::wrong;
use super::context::{actor, app};
use super::node::{node_id, parse_id};
use super::scalars::{BigInt, Decimal};
use super::tender::{TenderPayload, settle_tender};

/// An answer prepared for calibration.
#[derive(Debug, Clone, SimpleObject)]
pub struct PreparedAnswer {
    /// From 1 on.
    number: u32,
    /// The criterion that it answers.
    criterion: String,
    /// The answer; null when the text was erased, and for whoever may not see it.
    text: Option<String>,
    /// The level that whoever prepared it holds right; null without one, and for whoever may not see it.
    reference: Option<u32>,
}

impl From<PreparedAnswerView> for PreparedAnswer {
    fn from(view: PreparedAnswerView) -> Self {
        Self {
            number: view.number,
            criterion: view.criterion.to_string(),
            text: view.text,
            reference: view.reference,
        }
    }
}

/// An evaluator's mark for a prepared answer.
#[derive(Debug, Clone, SimpleObject)]
pub struct CalibrationMark {
    /// Who marked, as a pseudonym.
    evaluator: ID,
    /// The number of the answer.
    answer: u32,
    /// The level, in the points of the criterion's table.
    level: u32,
    /// Why; null when the text was erased.
    reason: Option<String>,
}

impl From<CalibrationMarkView> for CalibrationMark {
    fn from(view: CalibrationMarkView) -> Self {
        Self {
            evaluator: node_id(view.evaluator),
            answer: view.answer,
            level: view.level,
            reason: view.reason,
        }
    }
}

/// How far an evaluator's marks for the prepared answers of a criterion lie from the others'. It informs and decides nothing.
#[derive(Debug, Clone, SimpleObject)]
pub struct Drift {
    /// The evaluator, as a pseudonym.
    evaluator: ID,
    /// The criterion.
    criterion: String,
    /// How many prepared answers it has.
    answers: i32,
    /// The mean of the evaluator's levels less the mean of the other members': above zero is generous. Null while nobody
    /// else has calibrated.
    from_panel: Option<Decimal>,
    /// The same against the reference; null where no answer has one.
    from_reference: Option<Decimal>,
}

impl From<domain::Drift> for Drift {
    fn from(drift: domain::Drift) -> Self {
        let decimal =
            |value: Option<_>| value.map(|value: rust_decimal::Decimal| Decimal(value.to_string()));
        Self {
            evaluator: node_id(drift.evaluator),
            criterion: drift.criterion.to_string(),
            answers: i32::try_from(drift.answers).unwrap_or(i32::MAX),
            from_panel: decimal(drift.from_panel),
            from_reference: decimal(drift.from_reference),
        }
    }
}

/// The calibration of a panel.
#[derive(Debug, Clone, SimpleObject)]
pub struct Calibration {
    /// The prepared answers, which every evaluator marks before any bid.
    answers: Vec<PreparedAnswer>,
    /// The marks for them that the caller may see: their own; the chair everyone's once all have calibrated; everyone all with
    /// the award.
    marks: Vec<CalibrationMark>,
    /// The drift that the caller may see: their own once all have calibrated, the chair everyone's, everyone all with the
    /// award.
    drifts: Vec<Drift>,
    /// Log index of the entry that put the answers in.
    entry_index: BigInt,
}

impl From<CalibrationView> for Calibration {
    fn from(view: CalibrationView) -> Self {
        Self {
            answers: view.answers.into_iter().map(Into::into).collect(),
            marks: view.marks.into_iter().map(Into::into).collect(),
            drifts: view.drifts.into_iter().map(Into::into).collect(),
            entry_index: view.entry_index.into(),
        }
    }
}

/// An answer to put in for calibration.
#[derive(Debug, InputObject)]
pub struct PreparedAnswerInput {
    /// A criterion that the panel judges.
    criterion: String,
    /// The answer, 1 to 20,000 characters. The log gets a salted hash of it.
    text: String,
    /// The level that you hold right, in the points of the criterion's table. The log gets a commitment to it until the award.
    reference: Option<u32>,
}

/// Input of `prepareCalibration`.
#[derive(Debug, InputObject)]
pub struct PrepareCalibrationInput {
    /// The tender.
    tender: ID,
    /// The answers, 1 to 20.
    #[graphql(validator(max_items = 20))]
    answers: Vec<PreparedAnswerInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// A mark for a prepared answer.
#[derive(Debug, InputObject)]
pub struct CalibrationMarkInput {
    /// The number of the answer.
    answer: u32,
    /// The level, in the points of the criterion's table.
    level: u32,
    /// Why. The log gets a salted hash of it.
    reason: String,
}

/// Input of `calibrate`.
#[derive(Debug, InputObject)]
pub struct CalibrateInput {
    /// The tender.
    tender: ID,
    /// A mark for each prepared answer.
    #[graphql(validator(max_items = 20))]
    marks: Vec<CalibrationMarkInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Mutations of calibration.
#[derive(Debug, Default)]
pub struct CalibrationMutation;

#[Object]
impl CalibrationMutation {
    /// Puts in the answers that every evaluator marks before any bid, once and before anyone has declared about bidders,
    /// as an officer or the chair.
    async fn prepare_calibration(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The answers.")] input: PrepareCalibrationInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let answers = input.answers.into_iter().enumerate().map(|(at, answer)| {
            let criterion = answer.criterion.parse();
            Ok(NewPreparedAnswer {
                criterion: criterion
                    .map_err(|error| wrong(&format!("answers.{at}.criterion"), &error))?,
                text: answer.text,
                reference: answer.reference,
            })
        });
        let answers = answers.collect::<async_graphql::Result<_>>()?;
        let done = app(context)?
            .prepare_calibration(&actor(context), tender, answers)
            .await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }

    /// Marks every prepared answer at once, as an evaluator who has declared about every bidder. The marks are final; nobody
    /// else sees them until all evaluators have calibrated.
    async fn calibrate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The marks.")] input: CalibrateInput,
    ) -> async_graphql::Result<TenderPayload> {
        let tender: TenderId = parse_id("tender", &input.tender)?;
        let marks = input.marks.into_iter().map(|mark| NewMark {
            answer: mark.answer,
            level: mark.level,
            reason: mark.reason,
        });
        let done = app(context)?
            .calibrate(&actor(context), tender, marks.collect())
            .await;
        let settled = settle_tender(context, tender, done).await?;
        Ok(TenderPayload::new(settled, input.client_mutation_id))
    }
}
