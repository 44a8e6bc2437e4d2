//! Imported open data: published releases of other systems, kept for comparison and search, never part of the log.

use std::collections::HashSet;

use commonweal_domain::log::hash::sha256;
use commonweal_domain::time::Time;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::App;
use crate::error::AppError;
use crate::store::import::{imported_contest, imported_release};
use crate::store::{PrivateCommand, PrivateTx};

/// The most releases that one call of [`App::import`] takes: one transaction, and few enough values for one statement.
pub const IMPORT_BATCH_MAX: usize = 100;
/// Rows in one insert of contests, under the limits on values of both databases.
const CONTESTS_IN_INSERT: usize = 500;

/// One published release in whitelisted fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRelease {
    /// The open contracting id of its process.
    pub ocid: String,
    /// Its id as published; nothing when it has none, then its content names it.
    pub release_id: Option<String>,
    /// The form it came in: `release`, `compiled`, `versioned` or `prozorro`.
    pub form: &'static str,
    /// When it was published.
    pub published_at: Option<Time>,
    /// The title of the tender.
    pub title: Option<String>,
    /// The id of the buyer in the release.
    pub buyer_id: Option<String>,
    /// The name of the buyer.
    pub buyer_name: Option<String>,
    /// Marked as a test by its publisher.
    pub is_test: bool,
    /// Everything that was taken of it, as JSON. Equal content is the same release.
    pub content: String,
    /// The file it came from.
    pub source: String,
    /// Its contests.
    pub contests: Vec<ImportedContest>,
}

/// One contest of a release, and what the award check found in that release alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedContest {
    /// The lot, when it is one.
    pub lot: Option<String>,
    /// How many bids are listed.
    pub bids: usize,
    /// How many of them have a price.
    pub priced_bids: usize,
    /// `agrees`, `differs` or `cannotTell`.
    pub result: &'static str,
    /// `declared` or `assumed`.
    pub basis: &'static str,
    /// A word for the ground, when it does not agree.
    pub reason: Option<&'static str>,
    /// The finding as a sentence.
    pub explanation: String,
}

/// What became of the releases of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOutcome {
    /// Releases whose (ocid, release id) was not known.
    pub new: u64,
    /// Releases that are known with this very content: nothing was done.
    pub unchanged: u64,
    /// Releases that are known with other content: kept beside it.
    pub changed: u64,
}

impl ImportedRelease {
    fn digest(&self) -> [u8; 32] {
        *sha256(self.content.as_bytes()).as_bytes()
    }

    /// The id as published, or one made from the content.
    fn id_or(&self, digest: &[u8; 32]) -> String {
        self.release_id
            .clone()
            .unwrap_or_else(|| format!("sha256:{}", hex::encode(digest)))
    }
}

struct StoreReleases(Vec<ImportedRelease>);

impl PrivateCommand for StoreReleases {
    const NAME: &'static str = "import_releases";
    type Out = ImportOutcome;

    async fn run(&self, tx: &mut PrivateTx) -> Result<ImportOutcome, AppError> {
        let mut known = Known::load(tx, &self.0).await?;
        let mut outcome = ImportOutcome::default();
        let (mut releases, mut contests) = (Vec::new(), Vec::new());
        for release in &self.0 {
            let digest = release.digest();
            let id = (release.ocid.clone(), release.id_or(&digest));
            if !known.digests.insert(digest.to_vec()) {
                outcome.unchanged += 1;
                continue;
            }
            releases.push(release_row(release, &digest, &id.1, tx.at()));
            for (position, contest) in (0_i64..).zip(&release.contests) {
                contests.push(contest_row(contest, &digest, position)?);
            }
            if known.ids.insert(id) {
                outcome.new += 1;
            } else {
                outcome.changed += 1;
            }
        }
        if !releases.is_empty() {
            imported_release::Entity::insert_many(releases)
                .exec_without_returning(tx)
                .await?;
        }
        let mut contests = contests.into_iter().peekable();
        while contests.peek().is_some() {
            let some = contests.by_ref().take(CONTESTS_IN_INSERT);
            imported_contest::Entity::insert_many(some)
                .exec_without_returning(tx)
                .await?;
        }
        Ok(outcome)
    }
}

/// What of a batch is known already.
struct Known {
    ids: HashSet<(String, String)>,
    digests: HashSet<Vec<u8>>,
}

impl Known {
    async fn load(tx: &PrivateTx, batch: &[ImportedRelease]) -> Result<Self, AppError> {
        let ocids: HashSet<&str> = batch.iter().map(|release| release.ocid.as_str()).collect();
        let ids: HashSet<String> = batch
            .iter()
            .map(|release| release.id_or(&release.digest()))
            .collect();
        let rows: Vec<(String, String, Vec<u8>)> = imported_release::Entity::find()
            .select_only()
            .columns([
                imported_release::Column::Ocid,
                imported_release::Column::ReleaseId,
                imported_release::Column::Digest,
            ])
            .filter(imported_release::Column::Ocid.is_in(ocids))
            .filter(imported_release::Column::ReleaseId.is_in(ids))
            .into_tuple()
            .all(tx)
            .await?;
        let mut known = Self {
            ids: HashSet::new(),
            digests: HashSet::new(),
        };
        for (ocid, release_id, digest) in rows {
            known.ids.insert((ocid, release_id));
            known.digests.insert(digest);
        }
        Ok(known)
    }
}

fn release_row(
    release: &ImportedRelease,
    digest: &[u8; 32],
    id: &str,
    at: Time,
) -> imported_release::ActiveModel {
    imported_release::ActiveModel {
        digest: Set(digest.to_vec()),
        ocid: Set(release.ocid.clone()),
        release_id: Set(id.to_owned()),
        form: Set(release.form.to_owned()),
        published_at: Set(release.published_at.map(Time::micros)),
        title: Set(release.title.clone()),
        buyer_id: Set(release.buyer_id.clone()),
        buyer_name: Set(release.buyer_name.clone()),
        is_test: Set(release.is_test),
        content: Set(release.content.clone()),
        source: Set(release.source.clone()),
        imported_at: Set(at.micros()),
    }
}

fn contest_row(
    contest: &ImportedContest,
    digest: &[u8; 32],
    position: i64,
) -> Result<imported_contest::ActiveModel, AppError> {
    let number = |count: usize| i64::try_from(count).map_err(AppError::internal);
    Ok(imported_contest::ActiveModel {
        release_digest: Set(digest.to_vec()),
        position: Set(position),
        lot: Set(contest.lot.clone()),
        bids: Set(number(contest.bids)?),
        priced_bids: Set(number(contest.priced_bids)?),
        result: Set(contest.result.to_owned()),
        basis: Set(contest.basis.to_owned()),
        reason: Set(contest.reason.map(str::to_owned)),
        explanation: Set(contest.explanation.clone()),
    })
}

impl App {
    /// Stores published releases, all or none of them, at most [`IMPORT_BATCH_MAX`]. What is known is left alone, so
    /// that an import may be repeated. Only the operator's command line calls this.
    pub async fn import(&self, batch: Vec<ImportedRelease>) -> Result<ImportOutcome, AppError> {
        if batch.len() > IMPORT_BATCH_MAX {
            return Err(AppError::refused(
                "BATCH_SIZE",
                format!("a batch holds at most {IMPORT_BATCH_MAX} releases"),
            ));
        }
        self.store.write_private(StoreReleases(batch)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{TestDb, on_both};

    on_both!(
        a_release_is_stored_once,
        a_changed_release_is_kept_beside_the_earlier_one,
        a_release_without_an_id_is_named_by_its_content,
        a_batch_is_stored_whole_or_not_at_all,
        a_full_batch_of_many_contests_is_stored,
    );

    fn release(id: Option<&str>, content: &str) -> ImportedRelease {
        ImportedRelease {
            ocid: "ocds-x-1".into(),
            release_id: id.map(str::to_owned),
            form: "release",
            published_at: Some(Time::from_micros(5)),
            title: Some("Bread".into()),
            buyer_id: None,
            buyer_name: Some("Town".into()),
            is_test: false,
            content: content.into(),
            source: "a.json".into(),
            contests: vec![contest(None)],
        }
    }

    fn contest(lot: Option<String>) -> ImportedContest {
        ImportedContest {
            lot,
            bids: 3,
            priced_bids: 2,
            result: "cannotTell",
            basis: "assumed",
            reason: Some("severalWinners"),
            explanation: "2 winners are published".into(),
        }
    }

    fn outcome(new: u64, unchanged: u64, changed: u64) -> ImportOutcome {
        ImportOutcome {
            new,
            unchanged,
            changed,
        }
    }

    async fn counts(db: &TestDb) -> (i64, i64) {
        let releases = db.numbers("SELECT count(*) FROM imported_release").await;
        let contests = db.numbers("SELECT count(*) FROM imported_contest").await;
        (releases[0], contests[0])
    }

    async fn a_release_is_stored_once(db: TestDb) {
        let app = App::new(db.store.clone());
        let one = release(Some("1"), "{\"a\":1}");
        let twice = vec![one.clone(), one.clone()];
        assert_eq!(app.import(twice).await.unwrap(), outcome(1, 1, 0));
        assert_eq!(app.import(vec![one]).await.unwrap(), outcome(0, 1, 0));
        assert_eq!(app.import(Vec::new()).await.unwrap(), outcome(0, 0, 0));
        assert_eq!(counts(&db).await, (1, 1));
    }

    async fn a_changed_release_is_kept_beside_the_earlier_one(db: TestDb) {
        let app = App::new(db.store.clone());
        let both = vec![
            release(Some("1"), "{\"a\":1}"),
            release(Some("1"), "{\"a\":2}"),
        ];
        assert_eq!(app.import(both.clone()).await.unwrap(), outcome(1, 0, 1));
        assert_eq!(app.import(both).await.unwrap(), outcome(0, 2, 0));
        assert_eq!(counts(&db).await, (2, 2));
    }

    async fn a_release_without_an_id_is_named_by_its_content(db: TestDb) {
        let app = App::new(db.store.clone());
        let both = vec![release(None, "{\"a\":1}"), release(None, "{\"a\":2}")];
        assert_eq!(app.import(both.clone()).await.unwrap(), outcome(2, 0, 0));
        assert_eq!(app.import(both).await.unwrap(), outcome(0, 2, 0));
    }

    async fn a_batch_is_stored_whole_or_not_at_all(db: TestDb) {
        let app = App::new(db.store.clone());
        let mut wrong = release(Some("2"), "{\"a\":2}");
        wrong.contests[0].result = "perhaps";
        let batch = vec![release(Some("1"), "{\"a\":1}"), wrong];
        assert!(app.import(batch).await.is_err());
        assert_eq!(counts(&db).await, (0, 0));
        let many = vec![release(Some("1"), "{}"); IMPORT_BATCH_MAX + 1];
        assert_eq!(app.import(many).await.unwrap_err().kind(), "refused");
    }

    async fn a_full_batch_of_many_contests_is_stored(db: TestDb) {
        let app = App::new(db.store.clone());
        let batch: Vec<ImportedRelease> = (0..IMPORT_BATCH_MAX)
            .map(|number| {
                let mut one = release(Some(&number.to_string()), &format!("{{\"a\":{number}}}"));
                one.contests = (0..30)
                    .map(|lot| contest(Some(format!("L{lot}"))))
                    .collect();
                one
            })
            .collect();
        assert_eq!(app.import(batch).await.unwrap(), outcome(100, 0, 0));
        assert_eq!(counts(&db).await, (100, 3000));
    }
}
