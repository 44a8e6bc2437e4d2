//! Calibration as far as the reader may see it: that answers were prepared is public, marks for them and drift are not until
//! everyone has calibrated.

use std::collections::{BTreeMap, HashMap};

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{Id, PersonId, TenderId};
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::panel::Panel;
use commonweal_domain::tender::panel::calibration::{Drift, Levels};
use commonweal_domain::tender::panel::sight::What;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Read;
use super::visibility::Reader;
use crate::calibration::{prepared_of, prepared_rows};
use crate::error::AppError;
use crate::panel::seat_of;
use crate::store::calibration::{calibration_mark, prepared_answer, sealed_calibration};
use crate::store::columns::index;
use crate::store::panel::panel_member;

/// The calibration of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalibrationView {
    /// The prepared answers, by number.
    pub answers: Vec<PreparedAnswerView>,
    /// The marks for them that the reader may see, by evaluator and number.
    pub marks: Vec<CalibrationMarkView>,
    /// The drift that the reader may see, by evaluator and criterion.
    pub drifts: Vec<Drift>,
    /// Log index of the entry that put the answers in.
    pub entry_index: u64,
}

/// A prepared answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedAnswerView {
    /// From 1 on.
    pub number: u32,
    /// The criterion that it answers.
    pub criterion: CriterionCode,
    /// The answer; `None` when the text was erased or the reader may not see it.
    pub text: Option<String>,
    /// The level that whoever prepared it holds right; `None` without one and where the reader may not see it.
    pub reference: Option<u32>,
}

/// A mark for a prepared answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalibrationMarkView {
    /// Who marked.
    pub evaluator: PersonId,
    /// The number of the answer.
    pub answer: u32,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why; `None` when the text was erased.
    pub reason: Option<String>,
}

/// What the calibrations of some tenders are made of.
struct Sources {
    answers: HashMap<Uuid, Vec<prepared_answer::Model>>,
    panels: HashMap<Uuid, Panel>,
    marks: Vec<calibration_mark::Model>,
    /// Tenders whose calibrations the log shows.
    released: Vec<Uuid>,
    texts: HashMap<Uuid, String>,
}

fn level(value: i64) -> Result<u32, AppError> {
    u32::try_from(value).map_err(AppError::internal)
}

impl Read<'_> {
    /// The calibrations of the panels of tenders, in a fixed number of statements; none where no answers are prepared.
    pub async fn calibrations_of(
        &self,
        actor: &Actor,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, CalibrationView>, AppError> {
        let sources = self.calibration_sources(tenders).await?;
        let prepared: Vec<TenderId> = sources.answers.keys().copied().map(Id::from_uuid).collect();
        let reader = Reader::new(self, actor, &prepared).await?;
        let own = actor.person_id();
        prepared
            .into_iter()
            .map(|tender| Ok((tender, sources.view(tender.uuid(), &reader, own)?)))
            .collect()
    }

    async fn calibration_sources(&self, tenders: &[TenderId]) -> Result<Sources, AppError> {
        let panels = self.seated_panels(tenders).await?;
        let ids = || tenders.iter().map(|id| id.uuid());
        let rows = prepared_rows(self.db, ids()).await?;
        let marks = calibration_mark::Entity::find()
            .filter(calibration_mark::Column::TenderId.is_in(ids()))
            .order_by_asc(calibration_mark::Column::EvaluatorId)
            .order_by_asc(calibration_mark::Column::Number)
            .all(self.db)
            .await?;
        let released = sealed_calibration::Entity::find()
            .filter(sealed_calibration::Column::TenderId.is_in(ids()))
            .filter(sealed_calibration::Column::ReleasedIdx.is_not_null())
            .all(self.db)
            .await?;
        let texts = rows.iter().map(|row| row.text_id);
        let texts = texts.chain(marks.iter().map(|row| row.reason_id)).collect();
        let mut answers: HashMap<Uuid, Vec<prepared_answer::Model>> = HashMap::new();
        let texts = self.reasons(texts).await?;
        for row in rows {
            answers.entry(row.tender_id).or_default().push(row);
        }
        Ok(Sources {
            answers,
            panels,
            marks,
            released: released.into_iter().map(|row| row.tender_id).collect(),
            texts,
        })
    }

    /// The panels of tenders as far as seats and calibration go, in two statements.
    pub(super) async fn seated_panels(
        &self,
        tenders: &[TenderId],
    ) -> Result<HashMap<Uuid, Panel>, AppError> {
        let ids = || tenders.iter().map(|id| id.uuid());
        let rows = panel_member::Entity::find()
            .filter(panel_member::Column::TenderId.is_in(ids()))
            .all(self.db)
            .await?;
        let answers = prepared_rows(self.db, ids()).await?;
        ids()
            .map(|id| {
                let seats = rows.iter().filter(|row| row.tender_id == id);
                let seats = seats.map(seat_of).collect::<Result<Vec<_>, _>>()?;
                let of = answers.iter().filter(|row| row.tender_id == id);
                let prepared = prepared_of(&of.cloned().collect::<Vec<_>>())?;
                Ok((id, Panel::stored(seats, false, prepared)))
            })
            .collect()
    }
}

impl Sources {
    fn view(
        &self,
        tender: Uuid,
        reader: &Reader<'_>,
        own: Option<PersonId>,
    ) -> Result<CalibrationView, AppError> {
        let none = Panel::default();
        let panel = self.panels.get(&tender).unwrap_or(&none);
        let calibrated = panel.is_calibrated();
        // An annulled award takes nothing back that the log has shown.
        let released = self.released.contains(&tender);
        let sees = |what| released || reader.sees_calibration(tender, calibrated, what);
        let rows = self.answers.get(&tender).map_or(&[][..], Vec::as_slice);
        let answers = rows.iter().map(|row| {
            let text = self.texts.get(&row.text_id).cloned();
            let reference = row.reference.map(level).transpose()?;
            Ok(PreparedAnswerView {
                number: level(row.number)?,
                criterion: row.criterion.parse().map_err(AppError::internal)?,
                text: text.filter(|_| sees(What::PreparedAnswers)),
                reference: reference.filter(|_| sees(What::Reference)),
            })
        });
        let all = sees(What::Drifts);
        let may_see = |person| all || own == Some(person);
        let mut marks = Vec::new();
        for row in self.marks.iter().filter(|row| row.tender_id == tender) {
            let evaluator = PersonId::from_uuid(row.evaluator_id);
            if may_see(evaluator) {
                marks.push(CalibrationMarkView {
                    evaluator,
                    answer: level(row.number)?,
                    level: level(row.level)?,
                    reason: self.texts.get(&row.reason_id).cloned(),
                });
            }
        }
        let drifts = if all || sees(What::OwnDrift) {
            let drifts = panel.drifts(&self.given(tender)?, &reference(rows)?);
            let mut drifts = drifts.map_err(AppError::internal)?;
            drifts.retain(|one| may_see(one.evaluator));
            drifts
        } else {
            Vec::new()
        };
        Ok(CalibrationView {
            answers: answers.collect::<Result<_, AppError>>()?,
            marks,
            drifts,
            entry_index: rows.first().map_or(Ok(0), |row| index(row.entry_idx))?,
        })
    }

    /// Everyone's levels.
    fn given(&self, tender: Uuid) -> Result<BTreeMap<PersonId, Levels>, AppError> {
        let mut given: BTreeMap<PersonId, Levels> = BTreeMap::new();
        for row in self.marks.iter().filter(|row| row.tender_id == tender) {
            let own = given
                .entry(PersonId::from_uuid(row.evaluator_id))
                .or_default();
            own.insert(level(row.number)?, level(row.level)?);
        }
        Ok(given)
    }
}

fn reference(rows: &[prepared_answer::Model]) -> Result<Levels, AppError> {
    let known = rows
        .iter()
        .filter_map(|row| Some((row.number, row.reference?)));
    known
        .map(|(number, reference)| Ok((level(number)?, level(reference)?)))
        .collect()
}
