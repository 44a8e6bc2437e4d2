//! Tables of people behind claims: tokens with their days, the salts of their roots, and erasures.

use std::collections::{HashMap, HashSet};

use commonweal_domain::contract::erasure::ErasureGround;
use commonweal_domain::contract::person::Stake;
use commonweal_domain::ids::{BatchId, ClaimId, ClassId, Id};
use commonweal_domain::log::hash::Hash;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{QueryOrder, QuerySelect};

use super::columns;
use super::credit::batch;
use crate::error::AppError;
use crate::organisation::{column, word};

/// A person behind a claim and the days claimed: personal data.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "beneficiary")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub claim_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub token: Vec<u8>,
    pub from_day: String,
    pub to_day: String,
    pub started: Option<String>,
    pub kind: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `beneficiary_salt`.
pub(crate) mod salt {
    use sea_orm::entity::prelude::*;

    /// What hides the tokens behind the root in the log; erased with the last of them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "beneficiary_salt")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        pub salt: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `beneficiary_erasure`.
pub(crate) mod erasure {
    use sea_orm::entity::prelude::*;

    /// Of how many people behind a claim the tokens were erased, and why.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "beneficiary_erasure")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub people: i64,
        pub ground: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The rule's view of a row.
pub(crate) fn stake_of(row: &Model) -> Result<Stake, AppError> {
    let started = row.started.as_ref().map(|day| day.parse());
    Ok(Stake {
        person: columns::hash(&row.token)?,
        period: columns::period(&row.from_day, &row.to_day)?,
        started: started.transpose().map_err(AppError::internal)?,
        kind: row.kind.as_deref().map(columns::hash).transpose()?,
    })
}

/// Keeps the people behind a claim.
pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    stakes: &[Stake],
    hidden_by: [u8; 32],
) -> Result<(), AppError> {
    let rows = (0_i64..).zip(stakes).map(|(seq, stake)| ActiveModel {
        claim_id: Set(claim.uuid()),
        seq: Set(seq),
        token: Set(stake.person.as_bytes().to_vec()),
        from_day: Set(stake.period.from().to_string()),
        to_day: Set(stake.period.to().to_string()),
        started: Set(stake.started.map(|day| day.to_string())),
        kind: Set(stake.kind.map(|kind| kind.as_bytes().to_vec())),
    });
    let rows: Vec<ActiveModel> = rows.collect();
    for chunk in rows.chunks(CHUNK) {
        Entity::insert_many(chunk.to_vec())
            .exec_without_returning(db)
            .await?;
    }
    salt::Entity::insert(salt::ActiveModel {
        claim_id: Set(claim.uuid()),
        salt: Set(hidden_by.to_vec()),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Rows in one statement, which takes so many values and no more.
const CHUNK: usize = 500;

/// Rows of other claims that name one of some people.
pub(crate) async fn rows_of(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    people: impl Iterator<Item = Hash>,
) -> Result<Vec<Model>, AppError> {
    let tokens = people.map(|token| token.as_bytes().to_vec());
    Ok(Entity::find()
        .filter(Column::ClaimId.ne(claim.uuid()))
        .filter(Column::Token.is_in(tokens))
        .order_by_asc(Column::ClaimId)
        .order_by_asc(Column::Seq)
        .all(db)
        .await?)
}

/// A batch of another class behind which a day of somebody stands who stands for the same day behind a claim.
pub(crate) async fn issued_elsewhere(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    class: ClassId,
) -> Result<Option<BatchId>, AppError> {
    let own = Entity::find()
        .filter(Column::ClaimId.eq(claim.uuid()))
        .all(db)
        .await?;
    if own.is_empty() {
        return Ok(None);
    }
    let mut mine: HashMap<Hash, Vec<Stake>> = HashMap::new();
    for row in &own {
        let stake = stake_of(row)?;
        mine.entry(stake.person).or_default().push(stake);
    }
    let mut claims = HashSet::new();
    for row in rows_of(db, claim, mine.keys().copied()).await? {
        let other = stake_of(&row)?;
        let mut days = mine.get(&other.person).into_iter().flatten();
        if days.any(|stake| stake.period.overlaps(other.period)) {
            claims.insert(row.claim_id);
        }
    }
    let tokens = mine.keys().map(|token| token.as_bytes().to_vec());
    let naming = Query::select()
        .column(Column::ClaimId)
        .from(Entity)
        .and_where(Column::Token.is_in(tokens))
        .to_owned();
    let batches: Vec<(Uuid, Uuid)> = batch::Entity::find()
        .select_only()
        .columns([batch::Column::Id, batch::Column::ClaimId])
        .filter(batch::Column::ClaimId.in_subquery(naming))
        .filter(batch::Column::ClassId.ne(class.uuid()))
        .order_by_asc(batch::Column::EntryIdx)
        .into_tuple()
        .all(db)
        .await?;
    let mut elsewhere = batches.iter().filter(|(_, claim)| claims.contains(claim));
    Ok(elsewhere.next().map(|(id, _)| BatchId::from_uuid(*id)))
}

/// Erases the tokens behind a claim, of one person or of all, and answers of how many people. The salt goes with the last.
pub(crate) async fn forget(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    person: Option<Hash>,
) -> Result<u32, AppError> {
    let of_claim = || Column::ClaimId.eq(claim.uuid());
    let tokens: Vec<Vec<u8>> = Entity::find()
        .select_only()
        .column(Column::Token)
        .distinct()
        .filter(of_claim())
        .into_tuple()
        .all(db)
        .await?;
    let gone = |token: &&Vec<u8>| person.is_none_or(|person| person.as_bytes() == token.as_slice());
    let people = tokens.iter().filter(gone).count();
    let mut delete = Entity::delete_many().filter(of_claim());
    if let Some(person) = person {
        delete = delete.filter(Column::Token.eq(person.as_bytes().to_vec()));
    }
    delete.exec(db).await?;
    if people == tokens.len() {
        salt::Entity::delete_by_id(claim.uuid()).exec(db).await?;
    }
    u32::try_from(people).map_err(AppError::internal)
}

/// People behind a claim whose tokens were erased by entries.
pub(crate) async fn erased(db: &impl ConnectionTrait, claim: ClaimId) -> Result<u32, AppError> {
    let rows = erasure::Entity::find()
        .filter(erasure::Column::ClaimId.eq(claim.uuid()))
        .all(db)
        .await?;
    let people = rows
        .iter()
        .fold(0_i64, |sum, row| sum.saturating_add(row.people));
    u32::try_from(people).map_err(AppError::internal)
}

/// Keeps an erasure that stands in the log.
pub(crate) async fn note_erasure(
    db: &impl ConnectionTrait,
    claim: ClaimId,
    people: u32,
    ground: ErasureGround,
    at: i64,
    index: u64,
) -> Result<(), AppError> {
    erasure::Entity::insert(erasure::ActiveModel {
        claim_id: Set(claim.uuid()),
        entry_idx: Set(column(index)?),
        people: Set(i64::from(people)),
        ground: Set(word(ground)?),
        at: Set(at),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}
