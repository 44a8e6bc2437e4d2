//! What moves a tender on, as anyone may read it: its history and its standstill; letters, for the bidder and the buyer.

use std::collections::HashMap;

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{BidId, Id, TenderId};
use commonweal_domain::scoring::scorecard::Audience;
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Read;
use super::visibility::Reader;
use crate::error::AppError;
use crate::store::bid;
use crate::store::columns::index;
use crate::store::process::{letter, standstill, tender_event};

/// A step in the history of a tender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderEventView {
    /// The kind of its entry, such as `award.notified`.
    pub kind: String,
    /// When.
    pub at: Time,
    /// Log index of its entry.
    pub entry_index: u64,
    /// Why; `None` where no reason is given and when the text was erased.
    pub reason: Option<String>,
}

/// The standstill of a tender, from the award notice on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandstillView {
    /// When the award notice was published.
    pub notified_at: Time,
    /// Log index of the notice.
    pub entry_index: u64,
    /// The first instant after it, as far as nothing suspends it; `None` where the plan has none.
    pub ends_at: Option<Time>,
    /// When a challenge suspended it.
    pub suspended_at: Option<Time>,
}

/// A letter to the supplier of a bid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterView {
    /// Its text; `None` when it was erased.
    pub text: Option<String>,
    /// Log index of the entry that holds its hash.
    pub entry_index: u64,
}

impl Read<'_> {
    /// The history of tenders in the order of the log, in two statements at most.
    pub async fn tender_events_of(
        &self,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, Vec<TenderEventView>>, AppError> {
        let rows = tender_event::Entity::find()
            .filter(tender_event::Column::TenderId.is_in(tenders.iter().map(|id| id.uuid())))
            .order_by_asc(tender_event::Column::EntryIdx)
            .all(self.db)
            .await?;
        let ids = rows.iter().filter_map(|row| row.reason_id).collect();
        let mut reasons = self.reasons(ids).await?;
        let mut found: HashMap<TenderId, Vec<TenderEventView>> = HashMap::new();
        for row in rows {
            let view = TenderEventView {
                kind: row.kind,
                at: Time::from_micros(row.at),
                entry_index: index(row.entry_idx)?,
                reason: row.reason_id.and_then(|id| reasons.remove(&id)),
            };
            let tender = TenderId::from_uuid(row.tender_id);
            found.entry(tender).or_default().push(view);
        }
        Ok(found)
    }

    /// The standstills of tenders, in one statement.
    pub async fn standstills_of(
        &self,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, StandstillView>, AppError> {
        let rows = standstill::Entity::find()
            .filter(standstill::Column::TenderId.is_in(tenders.iter().map(|id| id.uuid())))
            .all(self.db)
            .await?;
        rows.into_iter()
            .map(|row| {
                let view = StandstillView {
                    notified_at: Time::from_micros(row.notified_at),
                    entry_index: index(row.notified_idx)?,
                    ends_at: row.ends_at.map(Time::from_micros),
                    suspended_at: row.suspended_at.map(Time::from_micros),
                };
                Ok((TenderId::from_uuid(row.tender_id), view))
            })
            .collect()
    }

    /// The last letter about each bid, for its supplier, the buyer and auditors, in a fixed number of statements.
    pub async fn sent_letters_of(
        &self,
        actor: &Actor,
        bids: &[BidId],
    ) -> Result<HashMap<BidId, LetterView>, AppError> {
        let ids: Vec<Uuid> = bids.iter().map(|id| id.uuid()).collect();
        let rows = letter::Entity::find()
            .filter(letter::Column::BidId.is_in(ids.iter().copied()))
            .order_by_asc(letter::Column::EntryIdx)
            .all(self.db)
            .await?;
        let opened: HashMap<Uuid, bid::Model> = bid::Entity::find()
            .filter(bid::Column::Id.is_in(ids))
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
        let may_read = |row: &letter::Model| {
            let opened = opened.get(&row.bid_id);
            let audience = opened.and_then(|opened| reader.audience_of(opened));
            audience.is_some_and(Audience::is_close)
        };
        let rows: Vec<_> = rows.into_iter().filter(may_read).collect();
        let mut texts = self
            .reasons(rows.iter().map(|row| row.reason_id).collect())
            .await?;
        rows.into_iter()
            .map(|row| {
                let view = LetterView {
                    text: texts.remove(&row.reason_id),
                    entry_index: index(row.entry_idx)?,
                };
                Ok((BidId::from_uuid(row.bid_id), view))
            })
            .collect()
    }
}
