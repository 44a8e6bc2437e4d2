//! Removes what nothing stands on: uploads that never ended, files that no claim and no draft took up, and files that were
//! erased. It changes no public fact.

use std::time::Duration;

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::time::timeout;
use uuid::Uuid;

use crate::App;
use crate::error::AppError;
use crate::store::evidence_file::{
    self, INCOMING, KEPT, LOOSE, REMOVING, behind_claims, in_drafts,
};
use crate::store::{PrivateCommand, PrivateTx};

/// How long the collector rests between two rounds.
const REST: Duration = Duration::from_mins(10);
/// The most files of one round, so that no round takes long.
const ROUND: u64 = 500;
/// After so many objects of a round that cannot be removed the rest waits for the next: the object store may be away.
const FAILURES: usize = 10;
/// For how long a file may stand behind nothing.
const LOOSE_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// Marks for removal what has been unused for long enough.
struct Mark;

impl PrivateCommand for Mark {
    const NAME: &'static str = "mark_unused_evidence";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let before = tx.at().micros().saturating_sub(LOOSE_MICROS);
        let old: Vec<Uuid> = evidence_file::Entity::find()
            .select_only()
            .column(evidence_file::Column::Id)
            .filter(evidence_file::Column::State.is_in([INCOMING, LOOSE]))
            .filter(evidence_file::Column::UsedAt.lt(before))
            .order_by_asc(evidence_file::Column::UsedAt)
            .limit(ROUND)
            .into_tuple()
            .all(tx)
            .await?;
        if old.is_empty() {
            return Ok(());
        }
        let used = Condition::any()
            .add(Expr::exists(behind_claims()))
            .add(Expr::exists(in_drafts()));
        // A draft may have let go of a file in the moment in which a claim took it: what is used is kept.
        let unused = [(KEPT, used.clone()), (REMOVING, used.not())];
        for (state, which) in unused {
            let values = evidence_file::ActiveModel {
                state: Set(state.to_owned()),
                ..Default::default()
            };
            evidence_file::Entity::update_many()
                .set(values)
                .filter(evidence_file::Column::Id.is_in(old.iter().copied()))
                .filter(evidence_file::Column::State.is_in([INCOMING, LOOSE]))
                .filter(evidence_file::Column::UsedAt.lt(before))
                .filter(which)
                .exec(tx)
                .await?;
        }
        Ok(())
    }
}

/// Marks files whatever stands on them; what is marked already comes after the rest from then on.
struct Discard(Vec<Uuid>);

impl PrivateCommand for Discard {
    const NAME: &'static str = "discard_evidence";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        evidence_file::mark(tx, &self.0, tx.at()).await
    }
}

/// Forgets a file whose object is gone.
struct Forget(Uuid);

impl PrivateCommand for Forget {
    const NAME: &'static str = "forget_evidence";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        evidence_file::Entity::delete_by_id(self.0).exec(tx).await?;
        Ok(())
    }
}

impl App {
    /// One round: marks what is unused and removes what is marked, the oldest first. Answers how many files went.
    pub async fn collect_evidence(&self) -> Result<usize, AppError> {
        self.store.write_private(Mark).await?;
        let marked = evidence_file::Entity::find()
            .filter(evidence_file::Column::State.eq(REMOVING))
            .order_by_asc(evidence_file::Column::UsedAt)
            .limit(ROUND)
            .all(self.store.read())
            .await?;
        self.remove(&marked).await
    }

    /// Collects again and again until the store is closed. An object store that is away for a while is waited for.
    pub async fn keep_collecting_evidence(&self) {
        let mut committed = self.store.committed();
        loop {
            match self.collect_evidence().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "unused or erased files of evidence are gone"),
                Err(error) => {
                    tracing::warn!(%error, "files of evidence could not be collected now");
                }
            }
            let closed = async { while committed.changed().await.is_ok() {} };
            if timeout(REST, closed).await.is_ok() {
                return;
            }
        }
    }

    /// Marks files and removes them.
    pub(super) async fn discard(&self, ids: &[Uuid]) -> Result<(), AppError> {
        self.store.write_private(Discard(ids.to_vec())).await?;
        self.remove_marked(ids).await?;
        Ok(())
    }

    /// Removes files that are marked.
    pub(super) async fn remove_marked(&self, ids: &[Uuid]) -> Result<usize, AppError> {
        let rows = evidence_file::Entity::find()
            .filter(evidence_file::Column::Id.is_in(ids.iter().copied()))
            .filter(evidence_file::Column::State.eq(REMOVING))
            .all(self.store.read())
            .await?;
        self.remove(&rows).await
    }

    /// The object goes first and its row last: a crash in between leaves the row, and the next round ends it. An object that
    /// cannot be removed keeps no other: it goes to the end of the queue. Answers how many files went.
    async fn remove(&self, marked: &[evidence_file::Model]) -> Result<usize, AppError> {
        let objects = self.objects()?;
        let (mut gone, mut left) = (0, Vec::new());
        for row in marked {
            match objects.remove(row.owner_id, row.id).await {
                Ok(()) => {
                    self.store.write_private(Forget(row.id)).await?;
                    gone += 1;
                }
                Err(error) => {
                    tracing::warn!(file = %row.id, %error, "a file of evidence cannot be removed now");
                    left.push(row.id);
                }
            }
            if left.len() == FAILURES {
                break;
            }
        }
        if !left.is_empty() {
            self.store.write_private(Discard(left)).await?;
        }
        Ok(gone)
    }
}
