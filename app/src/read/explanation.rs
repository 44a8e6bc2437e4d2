//! Looks at what seems abnormal in bids: that suppliers were asked and what was decided for everyone, the words for the
//! supplier and the buyer.

use std::collections::HashMap;

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{BidId, Id, TenderId};
use commonweal_domain::scoring::scorecard::Audience;
use commonweal_domain::tender::abnormal::{AbnormalGround, Abnormality};
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Read;
use super::visibility::Reader;
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::bid;
use crate::store::columns::index;
use crate::store::explanation;

/// A request to explain a bid, and what came of it; or a decision that nobody had to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplanationView {
    /// What looks abnormal.
    pub about: Abnormality,
    /// Until when the supplier may explain; `None` when nobody was asked.
    pub answer_by: Option<Time>,
    /// What was asked, for the supplier and the buyer; `None` when the text was erased.
    pub request: Option<String>,
    /// Log index of the request.
    pub requested_index: Option<u64>,
    /// The explanation, for the supplier and the buyer.
    pub explanation: Option<String>,
    /// Log index of the explanation.
    pub given_index: Option<u64>,
    /// The ground of the decision.
    pub ground: Option<AbnormalGround>,
    /// Why it was decided so, for the supplier and the buyer.
    pub reason: Option<String>,
    /// Log index of the decision.
    pub decided_index: Option<u64>,
}

impl Read<'_> {
    /// The requests to explain bids, in a fixed number of statements.
    pub async fn explanations_of(
        &self,
        actor: &Actor,
        bids: &[BidId],
    ) -> Result<HashMap<BidId, Vec<ExplanationView>>, AppError> {
        let ids: Vec<Uuid> = bids.iter().map(|id| id.uuid()).collect();
        let mut rows = explanation::Entity::find()
            .filter(explanation::Column::BidId.is_in(ids))
            .all(self.db)
            .await?;
        rows.sort_by_key(|row| row.requested_idx.or(row.decided_idx));
        let opened: HashMap<Uuid, bid::Model> = bid::Entity::find()
            .filter(bid::Column::Id.is_in(rows.iter().map(|row| row.bid_id)))
            .all(self.db)
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        let tenders: Vec<_> = rows
            .iter()
            .map(|row| TenderId::from_uuid(row.tender_id))
            .collect();
        let reader = Reader::new(self, actor, &tenders).await?;
        let texts = rows.iter().flat_map(|row| {
            let of = [
                row.request_reason_id,
                row.explanation_reason_id,
                row.decision_reason_id,
            ];
            of.into_iter().flatten()
        });
        let texts = self.reasons(texts.collect()).await?;
        let mut found: HashMap<BidId, Vec<ExplanationView>> = HashMap::new();
        for row in rows {
            let opened = opened.get(&row.bid_id);
            let audience = opened.and_then(|opened| reader.audience_of(opened));
            let party = audience.is_some_and(Audience::is_close);
            let text = |id: Option<Uuid>| {
                let text = id.and_then(|id| texts.get(&id)).cloned();
                text.filter(|_| party)
            };
            let view = ExplanationView {
                about: from_word(&row.about)?,
                answer_by: row.answer_by.map(Time::from_micros),
                request: text(row.request_reason_id),
                requested_index: row.requested_idx.map(index).transpose()?,
                explanation: text(row.explanation_reason_id),
                given_index: row.given_idx.map(index).transpose()?,
                ground: row.ground.as_deref().map(from_word).transpose()?,
                reason: text(row.decision_reason_id),
                decided_index: row.decided_idx.map(index).transpose()?,
            };
            let bid = BidId::from_uuid(row.bid_id);
            found.entry(bid).or_default().push(view);
        }
        Ok(found)
    }
}
