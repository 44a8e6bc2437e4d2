//! What the panel judged of bids, for scorecards: the evaluators' final marks and what was agreed on, with reasons.

use std::collections::{BTreeMap, HashMap};

use commonweal_domain::ids::{BidId, Id, PersonId};
use commonweal_domain::scoring::scorecard::{Consensus, EvaluatorMark, PanelTrace};
use commonweal_domain::tender::CriterionCode;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Read;
use crate::error::AppError;
use crate::store::columns::index;
use crate::store::evaluation::{consensus, mark};

/// What the panel judged of a bid, by criterion.
pub(super) type Traces = BTreeMap<CriterionCode, PanelTrace>;

impl Read<'_> {
    /// What the panel judged of bids, in three statements. The evaluators' marks are there for tenders of which `shows_marks`
    /// says so; who reads the reasons is decided with the scorecard.
    pub(super) async fn panel_traces(
        &self,
        bids: impl Iterator<Item = Uuid>,
        shows_marks: impl Fn(Uuid) -> bool,
    ) -> Result<HashMap<BidId, Traces>, AppError> {
        let bids: Vec<Uuid> = bids.collect();
        let mut marks = mark::Entity::find()
            .filter(mark::Column::BidId.is_in(bids.iter().copied()))
            .filter(mark::Column::SealedId.is_not_null())
            .order_by_asc(mark::Column::EvaluatorId)
            .all(self.db)
            .await?;
        // An annulled award takes nothing back that the log has shown.
        marks.retain(|row| row.released_idx.is_some() || shows_marks(row.tender_id));
        let agreed = consensus::Entity::find()
            .filter(consensus::Column::BidId.is_in(bids))
            .all(self.db)
            .await?;
        let reasons = marks.iter().map(|row| row.reason_id);
        let reasons = reasons.chain(agreed.iter().map(|row| row.reason_id));
        let mut reasons = self.reasons(reasons.collect()).await?;
        let level = |level: i64| u32::try_from(level).map_err(AppError::internal);
        let mut found: HashMap<BidId, Traces> = HashMap::new();
        let mut trace = |bid: Uuid, criterion: &str, fill: &dyn Fn(&mut PanelTrace)| {
            let criterion = criterion.parse().map_err(AppError::internal)?;
            let of = found.entry(BidId::from_uuid(bid)).or_default();
            fill(of.entry(criterion).or_default());
            Ok::<_, AppError>(())
        };
        for row in marks {
            let made = EvaluatorMark {
                evaluator: PersonId::from_uuid(row.evaluator_id),
                level: level(row.level)?,
                reason: reasons.remove(&row.reason_id),
            };
            trace(row.bid_id, &row.criterion, &|one| {
                one.marks.push(made.clone());
            })?;
        }
        for row in agreed {
            let agreed = Consensus {
                level: level(row.level)?,
                reason: reasons.remove(&row.reason_id),
                entry_index: index(row.entry_idx)?,
            };
            trace(row.bid_id, &row.criterion, &|one| {
                one.consensus = Some(agreed.clone());
            })?;
        }
        Ok(found)
    }
}
