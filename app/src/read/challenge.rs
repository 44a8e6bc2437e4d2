//! Challenges with their steps, as anyone may read them.

use std::collections::HashMap;

use commonweal_domain::challenge::{Body, Challenge};
use commonweal_domain::ids::{ChallengeId, ClaimId, Id, OrganisationId};
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::{Page, Read};
use crate::error::AppError;
use crate::store::challenge::{self, challenge_of, decision, step};
use crate::store::{claim, columns};

/// A step of a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepView {
    /// What happened: `raised`, `answered`, `routed`, `accepted`, `resolved`, `appealed` or `carried_out`.
    pub kind: String,
    /// For which organisation somebody acted.
    pub organisation: OrganisationId,
    /// The words, unless there are none or they were erased.
    pub words: Option<String>,
    /// When.
    pub at: Time,
    /// Log index.
    pub entry_index: u64,
}

/// A challenge with its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeView {
    /// The challenge.
    pub challenge: Challenge,
    /// When it was raised.
    pub raised_at: Time,
    /// Whether the body in charge has not answered in time.
    pub overdue: bool,
    /// Whether it freezes what the claimant's group has not sold.
    pub freezes: bool,
    /// Its steps, in order.
    pub steps: Vec<StepView>,
}

/// Which challenges are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChallengeFilter {
    /// Those of this claim.
    pub claim: Option<ClaimId>,
    /// Those that are not over.
    pub open: bool,
    /// Those that this body answers.
    pub body: Option<Body>,
}

impl Read<'_> {
    /// Challenges by id, in five statements.
    pub async fn challenges_by_id(
        &self,
        ids: &[ChallengeId],
        now: Time,
    ) -> Result<HashMap<ChallengeId, ChallengeView>, AppError> {
        let rows = challenge::Entity::find()
            .filter(challenge::Column::Id.is_in(columns::uuids(ids)))
            .all(self.db)
            .await?;
        let views = self.with_steps(rows, now).await?;
        Ok(views
            .into_iter()
            .map(|view| (view.challenge.id, view))
            .collect())
    }

    /// A page of challenges in the order in which they were raised.
    pub async fn challenges(
        &self,
        filter: &ChallengeFilter,
        page: &Page<ChallengeId>,
        now: Time,
    ) -> Result<Vec<ChallengeView>, AppError> {
        let rows = page
            .of(select(filter), challenge::Column::Id, |id| id.uuid().into())
            .all(self.db)
            .await?;
        self.with_steps(rows, now).await
    }

    /// How many challenges the filter leaves.
    pub async fn challenge_count(&self, filter: &ChallengeFilter) -> Result<u64, AppError> {
        Ok(select(filter).count(self.db).await?)
    }

    async fn with_steps(
        &self,
        rows: Vec<challenge::Model>,
        now: Time,
    ) -> Result<Vec<ChallengeView>, AppError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let claims = claim::Entity::find()
            .filter(claim::Column::Id.is_in(rows.iter().map(|row| row.claim_id)))
            .all(self.db)
            .await?;
        let claims: HashMap<Uuid, claim::Model> =
            claims.into_iter().map(|row| (row.id, row)).collect();
        let decisions = decision::Entity::find()
            .filter(decision::Column::ChallengeId.is_in(ids.clone()))
            .order_by_asc(decision::Column::EntryIdx)
            .all(self.db)
            .await?;
        let steps = step::Entity::find()
            .filter(step::Column::ChallengeId.is_in(ids))
            .order_by_asc(step::Column::EntryIdx)
            .all(self.db)
            .await?;
        let words = self
            .remarks(steps.iter().filter_map(|step| step.words.clone()).collect())
            .await?;
        let view = |row: &challenge::Model| {
            let gone = || AppError::internal("a challenge without its claim");
            let claimed = claims.get(&row.claim_id).ok_or_else(gone)?;
            let like = columns::quantity(0, claimed.scale, &claimed.unit)?;
            let of = |decision: &&decision::Model| decision.challenge_id == row.id;
            let decided: Vec<decision::Model> = decisions.iter().filter(of).cloned().collect();
            let found = challenge_of(row, &decided, &like)?;
            let mine = steps.iter().filter(|step| step.challenge_id == row.id);
            Ok(ChallengeView {
                overdue: found.waits() && found.answer_by < now,
                freezes: found.freezes(now),
                challenge: found,
                raised_at: columns::time(row.raised_at),
                steps: mine
                    .map(|step| {
                        Ok(StepView {
                            kind: step.kind.clone(),
                            organisation: OrganisationId::from_uuid(step.organisation_id),
                            words: step
                                .words
                                .as_ref()
                                .and_then(|hash| words.get(hash))
                                .cloned(),
                            at: columns::time(step.at),
                            entry_index: columns::index(step.entry_idx)?,
                        })
                    })
                    .collect::<Result<_, AppError>>()?,
            })
        };
        rows.iter().map(view).collect()
    }
}

fn select(filter: &ChallengeFilter) -> Select<challenge::Entity> {
    let mut select = challenge::Entity::find();
    if let Some(claim) = filter.claim {
        select = select.filter(challenge::Column::ClaimId.eq(claim.uuid()));
    }
    if filter.open {
        select = select.filter(challenge::Column::Over.eq(false));
    }
    match filter.body {
        Some(Body::Registry) => select.filter(challenge::Column::BuyerId.is_null()),
        Some(Body::Buyer(buyer)) => select.filter(challenge::Column::BuyerId.eq(buyer.uuid())),
        None => select,
    }
}
