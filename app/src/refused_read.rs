//! Reads of what is private or sealed. Whoever may not read gets the answer that there is nothing, and that it was refused is
//! noted privately, in a transaction of its own, to notice who tries.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use commonweal_domain::actor::Actor;
use commonweal_domain::contract::counting::Line;
use commonweal_domain::ids::{BidId, ClaimDraftId, ClaimId, DraftId, Id, PersonId, SealedId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::App;
use crate::error::AppError;
use crate::places::Places;
use crate::read::bid::{BidView, SealedBidView};
use crate::read::claim_draft::ClaimDraftView;
use crate::read::draft::DraftView;
use crate::store::bid::{self, sealed_bid};
use crate::store::claim_rules::working;
use crate::store::{PrivateCommand, PrivateTx, claim_draft, draft, refused_read};

/// For how many years it is known who was refused what.
const YEARS_KEPT: u32 = 1;

/// The most notes on their way: behind them refusals are not noted, but counted by a metric.
const NOTES: usize = 256;
/// Of one reader, and of all who are not signed in together: whoever asks for very much hides nobody else's.
const NOTES_OF_ONE: usize = 32;

/// Notes on their way to the database, one after the other, so that whoever is refused much takes no connections from others.
#[derive(Debug, Clone)]
pub(crate) struct Notes {
    places: Arc<Semaphore>,
    by_reader: Places<Option<PersonId>>,
    turn: Arc<Mutex<()>>,
}

impl Default for Notes {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(NOTES)),
            by_reader: Places::new(NOTES_OF_ONE),
            turn: Arc::default(),
        }
    }
}

impl Notes {
    /// A place for one note about a reader, unless all are taken.
    fn place(&self, reader: Option<PersonId>) -> Option<[OwnedSemaphorePermit; 2]> {
        let own = self.by_reader.of(reader).try_acquire_owned().ok()?;
        let free = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some([own, free])
    }
}

/// What is not for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Private {
    /// A file of evidence.
    EvidenceFile,
    /// The working behind a claim, by the claim.
    Working,
    /// An opened bid.
    Bid,
    /// A bid that is sealed, or was.
    SealedBid,
    /// A draft of a tender.
    TenderDraft,
    /// A draft of a claim.
    ClaimDraft,
}

impl Private {
    fn as_str(self) -> &'static str {
        match self {
            Self::EvidenceFile => "evidence_file",
            Self::Working => "working",
            Self::Bid => "bid",
            Self::SealedBid => "sealed_bid",
            Self::TenderDraft => "tender_draft",
            Self::ClaimDraft => "claim_draft",
        }
    }
}

struct Note {
    reader: Option<PersonId>,
    what: Private,
    subjects: BTreeSet<Uuid>,
}

impl PrivateCommand for Note {
    const NAME: &'static str = "note_refused_read";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let kind = self.what.as_str();
        refused_read::count(tx, self.reader, kind, &self.subjects, tx.at()).await?;
        match tx.at().date().years_before(YEARS_KEPT) {
            Some(day) => refused_read::forget(tx, day).await,
            None => Ok(()),
        }
    }
}

impl App {
    /// Notes that things which exist were not shown, behind the answer: neither its time nor a fault tells the reader anything.
    pub(crate) fn note_refused_read(&self, actor: &Actor, what: Private, subjects: BTreeSet<Uuid>) {
        if subjects.is_empty() {
            return;
        }
        let note = Note {
            reader: actor.person_id(),
            what,
            subjects,
        };
        let Some(place) = self.notes.place(note.reader) else {
            metrics::counter!("commonweal_refused_reads_dropped_total").increment(1);
            return;
        };
        let (store, turn) = (self.store.clone(), Arc::clone(&self.notes.turn));
        tokio::spawn(async move {
            let turn = turn.lock().await;
            if let Err(error) = store.write_private(note).await {
                tracing::warn!(%error, "a refused read was not noted");
            }
            drop((turn, place));
        });
    }

    /// Notes what was asked for by id, exists, and was not shown.
    async fn note_unseen<K: Id + Hash, V>(
        &self,
        actor: &Actor,
        what: Private,
        asked: &[K],
        shown: &HashMap<K, V>,
    ) -> Result<(), AppError> {
        let unseen = asked.iter().filter(|id| !shown.contains_key(*id));
        let unseen: Vec<Uuid> = unseen.map(|id| id.uuid()).collect();
        if !unseen.is_empty() {
            let existing = self.existing(what, unseen).await?;
            self.note_refused_read(actor, what, existing);
        }
        Ok(())
    }

    async fn existing(&self, what: Private, ids: Vec<Uuid>) -> Result<BTreeSet<Uuid>, AppError> {
        let db = self.store.read();
        macro_rules! among {
            ($table:ident, $id:ident) => {
                $table::Entity::find()
                    .select_only()
                    .column($table::Column::$id)
                    .filter($table::Column::$id.is_in(ids))
                    .into_tuple()
                    .all(db)
                    .await?
            };
        }
        let found: Vec<Uuid> = match what {
            Private::EvidenceFile => ids,
            Private::Working => among!(working, ClaimId),
            Private::Bid => among!(bid, Id),
            Private::SealedBid => among!(sealed_bid, Id),
            Private::TenderDraft => among!(draft, Id),
            Private::ClaimDraft => among!(claim_draft, Id),
        };
        Ok(found.into_iter().collect())
    }

    /// The workings behind claims, for those who may read them.
    pub async fn workings_of(
        &self,
        actor: &Actor,
        ids: &[ClaimId],
    ) -> Result<HashMap<ClaimId, Vec<Line>>, AppError> {
        let found = self.read().workings_of(actor, ids).await?;
        self.note_unseen(actor, Private::Working, ids, &found)
            .await?;
        Ok(found)
    }

    /// Opened bids by id, for those who may see them.
    pub async fn bids_by_id(
        &self,
        actor: &Actor,
        ids: &[BidId],
    ) -> Result<HashMap<BidId, BidView>, AppError> {
        let found = self.read().bids_by_id(actor, ids).await?;
        self.note_unseen(actor, Private::Bid, ids, &found).await?;
        Ok(found)
    }

    /// Sealed bids by id, for those who act for their suppliers.
    pub async fn sealed_bids_by_id(
        &self,
        actor: &Actor,
        ids: &[SealedId],
    ) -> Result<HashMap<SealedId, SealedBidView>, AppError> {
        let found = self.read().sealed_bids_by_id(actor, ids).await?;
        self.note_unseen(actor, Private::SealedBid, ids, &found)
            .await?;
        Ok(found)
    }

    /// Drafts of tenders by id, for officers of their buyers.
    pub async fn drafts_by_id(
        &self,
        actor: &Actor,
        ids: &[DraftId],
    ) -> Result<HashMap<DraftId, DraftView>, AppError> {
        let found = self.read().drafts_by_id(actor, ids).await?;
        self.note_unseen(actor, Private::TenderDraft, ids, &found)
            .await?;
        Ok(found)
    }

    /// Drafts of claims by id, for suppliers of their claimants.
    pub async fn claim_drafts_by_id(
        &self,
        actor: &Actor,
        ids: &[ClaimDraftId],
    ) -> Result<HashMap<ClaimDraftId, ClaimDraftView>, AppError> {
        let found = self.read().claim_drafts_by_id(actor, ids).await?;
        self.note_unseen(actor, Private::ClaimDraft, ids, &found)
            .await?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_notes_are_on_their_way_and_few_of_one_reader() {
        let notes = Notes::default();
        let reader = |n| Some(PersonId::from_uuid(Uuid::from_u128(n)));
        let own: Vec<_> = std::iter::from_fn(|| notes.place(reader(1))).collect();
        assert_eq!(own.len(), NOTES_OF_ONE);
        let others: Vec<_> = (2..).map_while(|n| notes.place(reader(n))).collect();
        assert_eq!(own.len() + others.len(), NOTES);
        drop(own);
        assert!(notes.clone().place(reader(1)).is_some());
    }
}
