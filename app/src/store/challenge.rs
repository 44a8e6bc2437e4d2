//! Tables of challenges and of registrars' own proposals.

use std::collections::{BTreeSet, HashMap};

use commonweal_domain::amount::Quantity;
use commonweal_domain::challenge::rules::Open;
use commonweal_domain::challenge::{Basis, Body, Challenge, Decision, Outcome, Proposal};
use commonweal_domain::contract::RecordedClaim;
use commonweal_domain::ids::{ChallengeId, ClaimId, Id, OrganisationId, PersonId, ProposalId};
use commonweal_domain::log::entry::EntryActor;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Time;
use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use super::{bulk, columns};
use crate::error::AppError;
use crate::organisation::{column, from_word};
use crate::store::Tx;

/// A challenge as it stands.
#[expect(
    clippy::struct_excessive_bools,
    reason = "columns of independent facts"
)]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "challenge")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub claim_id: Uuid,
    pub ground: String,
    pub raised_by: Uuid,
    pub raised_at: i64,
    pub entry_idx: i64,
    /// The buyer in charge; none where the registry is.
    pub buyer_id: Option<Uuid>,
    pub answer_by: i64,
    pub replied: bool,
    pub has_case: bool,
    pub appealed: bool,
    pub carried_out: bool,
    pub over: bool,
    /// Whether it freezes after its last step.
    pub freezes: bool,
    /// When it stops to freeze without a step; none where it takes one.
    pub freezes_until: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `challenge_decision`.
pub(crate) mod decision {
    use sea_orm::entity::prelude::*;

    /// A decision about a challenge; without a remedy it was dismissed.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "challenge_decision")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub challenge_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub by_id: Uuid,
        pub remedy: Option<String>,
        pub verified_units: Option<i64>,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `challenge_step`.
pub(crate) mod step {
    use sea_orm::entity::prelude::*;

    /// A step of a challenge.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "challenge_step")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub challenge_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub kind: String,
        pub by_id: Uuid,
        pub organisation_id: Uuid,
        pub words: Option<Vec<u8>>,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `proposal`.
pub(crate) mod proposal {
    use sea_orm::entity::prelude::*;

    /// A registrar's own proposal.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "proposal")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub claim_id: Uuid,
        pub remedy: String,
        pub verified_units: i64,
        pub by_id: Uuid,
        pub reason: Vec<u8>,
        pub at: i64,
        pub entry_idx: i64,
        pub carried_out: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Who is in charge of a challenge.
pub(crate) fn body_of(row: &Model) -> Body {
    row.buyer_id.map_or(Body::Registry, |buyer| {
        Body::Buyer(OrganisationId::from_uuid(buyer))
    })
}

/// A challenge of its rows; `like` has the unit of the claim.
pub(crate) fn challenge_of(
    row: &Model,
    decisions: &[decision::Model],
    like: &Quantity,
) -> Result<Challenge, AppError> {
    let decision = |row: &decision::Model| {
        Ok(Decision {
            by: PersonId::from_uuid(row.by_id),
            outcome: match (&row.remedy, row.verified_units) {
                (Some(remedy), Some(units)) => Outcome::Upheld {
                    verified: in_unit(units, like)?,
                    remedy: from_word(remedy)?,
                },
                _ => Outcome::Dismissed,
            },
            at: columns::time(row.at),
        })
    };
    Ok(Challenge {
        id: ChallengeId::from_uuid(row.id),
        claim: ClaimId::from_uuid(row.claim_id),
        ground: from_word(&row.ground)?,
        raised_by: PersonId::from_uuid(row.raised_by),
        body: body_of(row),
        answer_by: columns::time(row.answer_by),
        replied: row.replied,
        has_case: row.has_case,
        decisions: decisions
            .iter()
            .map(decision)
            .collect::<Result<_, AppError>>()?,
        appealed: row.appealed,
        carried_out: row.carried_out,
    })
}

/// So many smallest units in the unit of a quantity.
pub(crate) fn in_unit(units: i64, like: &Quantity) -> Result<Quantity, AppError> {
    Quantity::from_units(units, like.scale(), like.unit().clone()).map_err(AppError::internal)
}

/// Decisions about a challenge, in order.
pub(crate) async fn decisions(
    db: &impl ConnectionTrait,
    id: ChallengeId,
) -> Result<Vec<decision::Model>, AppError> {
    Ok(decision::Entity::find()
        .filter(decision::Column::ChallengeId.eq(id.uuid()))
        .order_by_asc(decision::Column::EntryIdx)
        .all(db)
        .await?)
}

/// Challenges of a claim that are not over.
pub(crate) async fn open_of(
    db: &impl ConnectionTrait,
    claim: ClaimId,
) -> Result<Vec<Model>, AppError> {
    Ok(Entity::find()
        .filter(Column::ClaimId.eq(claim.uuid()))
        .filter(Column::Over.eq(false))
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Open challenges of a person, without one of them, as far as they matter to one of a claim. Nobody has many.
pub(crate) async fn open_by(
    db: &impl ConnectionTrait,
    person: PersonId,
    claim: ClaimId,
    without: Option<ChallengeId>,
) -> Result<Open, AppError> {
    let rows = Entity::find()
        .filter(Column::RaisedBy.eq(person.uuid()))
        .filter(Column::Over.eq(false))
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let others = rows.iter();
    let others = others.filter(|row| without.map(Id::uuid) != Some(row.id));
    let others: Vec<&Model> = others.collect();
    let same = others.iter().find(|row| row.claim_id == claim.uuid());
    Ok(Open {
        count: others.len(),
        same: same.map(|row| ChallengeId::from_uuid(row.id)),
    })
}

/// A challenge of a claim of which something may still come, in two statements at most.
pub(crate) async fn unsettled(
    db: &impl ConnectionTrait,
    recorded: &RecordedClaim,
    at: Time,
) -> Result<Option<ChallengeId>, AppError> {
    let Some(standing) = &recorded.verified else {
        return Ok(None);
    };
    let rows = Entity::find()
        .filter(Column::ClaimId.eq(recorded.claim.id.uuid()))
        .filter(Column::CarriedOut.eq(false))
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let made = decision::Entity::find()
        .filter(decision::Column::ChallengeId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(decision::Column::EntryIdx)
        .all(db)
        .await?;
    for row in &rows {
        let own = made.iter().filter(|made| made.challenge_id == row.id);
        let own: Vec<decision::Model> = own.cloned().collect();
        if !challenge_of(row, &own, standing)?.is_settled(at) {
            return Ok(Some(ChallengeId::from_uuid(row.id)));
        }
    }
    Ok(None)
}

/// Which of some claims and KPIs a challenge freezes, with the first one that does: claims that it is about, and KPIs of
/// which it is about an issued claim.
pub(crate) async fn frozen(
    tx: &Tx,
    claims_and_kpis: &BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, ChallengeId>, AppError> {
    let at = tx.at().micros();
    let keys = claims_and_kpis.iter();
    let keys: Vec<Vec<Value>> = keys.map(|id| vec![(*id).into(), at.into()]).collect();
    let select = "SELECT f.id, f.challenge_id FROM (\
         SELECT c.claim_id AS id, c.id AS challenge_id, c.freezes_until FROM challenge AS c WHERE c.freezes \
         UNION ALL SELECT b.kpi_id, c.id, c.freezes_until FROM challenge AS c \
         JOIN batch AS b ON b.claim_id = c.claim_id WHERE c.freezes AND b.kpi_id IS NOT NULL) AS f";
    let on = "f.id = r.column1 AND (f.freezes_until IS NULL OR f.freezes_until > r.column2) \
              ORDER BY f.challenge_id";
    let mut found = HashMap::new();
    for row in bulk::select(tx, select, &keys, on).await? {
        let challenge = ChallengeId::from_uuid(row.try_get("", "challenge_id")?);
        found.entry(row.try_get("", "id")?).or_insert(challenge);
    }
    Ok(found)
}

/// Stores a challenge as it stands after a step, and the step.
pub(crate) async fn save(
    tx: &Tx,
    challenge: &Challenge,
    by: &EntryActor,
    kind: &str,
    words: Option<Hash>,
    index: u64,
) -> Result<(), AppError> {
    Entity::update(ActiveModel {
        id: Set(challenge.id.uuid()),
        buyer_id: Set(match challenge.body {
            Body::Registry => None,
            Body::Buyer(buyer) => Some(buyer.uuid()),
        }),
        answer_by: Set(challenge.answer_by.micros()),
        replied: Set(challenge.replied),
        has_case: Set(challenge.has_case),
        appealed: Set(challenge.appealed),
        carried_out: Set(challenge.carried_out),
        over: Set(challenge.is_over()),
        freezes: Set(challenge.freezes(tx.at())),
        freezes_until: Set(challenge.freezes_until().map(Time::micros)),
        ..Default::default()
    })
    .exec(tx)
    .await?;
    insert_step(tx, challenge.id, by, kind, words, index).await
}

/// Stores a step.
pub(crate) async fn insert_step(
    tx: &Tx,
    id: ChallengeId,
    by: &EntryActor,
    kind: &str,
    words: Option<Hash>,
    index: u64,
) -> Result<(), AppError> {
    step::Entity::insert(step::ActiveModel {
        challenge_id: Set(id.uuid()),
        entry_idx: Set(column(index)?),
        kind: Set(kind.to_owned()),
        by_id: Set(by.id.uuid()),
        organisation_id: Set(by.organisation.uuid()),
        words: Set(words.map(|hash| hash.as_bytes().to_vec())),
        at: Set(tx.at().micros()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// A proposal of a row.
pub(crate) fn proposal_of(row: &proposal::Model, like: &Quantity) -> Result<Proposal, AppError> {
    Ok(Proposal {
        id: ProposalId::from_uuid(row.id),
        claim: ClaimId::from_uuid(row.claim_id),
        verified: in_unit(row.verified_units, like)?,
        remedy: from_word(&row.remedy)?,
        by: PersonId::from_uuid(row.by_id),
        carried_out: row.carried_out,
    })
}

/// The claim that a decision is about.
pub(crate) async fn claim_of(
    db: &impl ConnectionTrait,
    basis: Basis,
) -> Result<Option<ClaimId>, AppError> {
    let id = match basis {
        Basis::Challenge(id) => {
            let row = Entity::find_by_id(id.uuid()).one(db).await?;
            row.map(|row| row.claim_id)
        }
        Basis::Proposal(id) => {
            let row = proposal::Entity::find_by_id(id.uuid()).one(db).await?;
            row.map(|row| row.claim_id)
        }
    };
    Ok(id.map(ClaimId::from_uuid))
}
