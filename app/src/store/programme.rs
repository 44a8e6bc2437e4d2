//! Tables of programmes: terms, statements with their lines, what each claim counts for, standings, payments.

use std::collections::BTreeMap;

use commonweal_domain::ids::{ClaimId, Id, OrganisationId, ProgrammeId};
use commonweal_domain::programme::{CountedBefore, Programme, Standing, Statement};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, Value};

use super::Tx;
use super::bulk::{self, Insert};
use crate::error::AppError;
use crate::organisation::column;

/// A programme; the body is the canonical JSON that the log carries.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub payer_id: Uuid,
    pub body: Vec<u8>,
    pub entry_idx: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `programme_statement`.
pub(crate) mod statement {
    use sea_orm::entity::prelude::*;

    /// A statement of entitlement without its lines.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "programme_statement")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub programme_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub claims: i64,
        pub difference_minor: i64,
        pub left_minor: i64,
        pub at: i64,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `programme_line`.
pub(crate) mod line {
    use sea_orm::entity::prelude::*;

    /// Where a statement left an organisation.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "programme_line")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub programme_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: Uuid,
        pub outcome_minor: i64,
        pub entitled_minor: i64,
        pub owed_minor: i64,
        pub difference_minor: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `programme_claim`.
pub(crate) mod counted {
    use sea_orm::entity::prelude::*;

    /// What a claim counts for, since which statement.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "programme_claim")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub programme_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub claim_id: Uuid,
        pub organisation_id: Uuid,
        pub number: i64,
        pub units: i64,
        pub outcome_minor: i64,
        pub earned_minor: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `programme_standing`.
pub(crate) mod standing {
    use sea_orm::entity::prelude::*;

    /// Where an organisation stands now.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "programme_standing")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub programme_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: Uuid,
        pub outcome_minor: i64,
        pub earned_minor: i64,
        pub owed_minor: i64,
        pub paid_minor: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `programme_payment`.
pub(crate) mod payment {
    use sea_orm::entity::prelude::*;

    /// A payment that happened outside.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "programme_payment")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry_idx: i64,
        pub programme_id: Uuid,
        pub organisation_id: Uuid,
        pub direction: String,
        pub minor: i64,
        pub on_day: String,
        pub reference: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The terms of a row.
pub(crate) fn programme_of(row: &Model) -> Result<Programme, AppError> {
    serde_json::from_slice(&row.body).map_err(AppError::internal)
}

/// The standing of a row.
pub(crate) fn standing_of(row: &standing::Model) -> Standing {
    Standing {
        outcome: row.outcome_minor,
        earned: row.earned_minor,
        owed: row.owed_minor,
        paid: row.paid_minor,
    }
}

/// A programme, or a refusal that names the field.
pub(crate) async fn load(
    db: &impl ConnectionTrait,
    id: ProgrammeId,
) -> Result<Programme, AppError> {
    let row = Entity::find_by_id(id.uuid()).one(db).await?;
    let unknown = || {
        let message = "there is no such programme: use the id that openProgramme gave";
        AppError::refused_at("UNKNOWN_PROGRAMME", "programme", message)
    };
    programme_of(&row.ok_or_else(unknown)?)
}

/// Where every organisation of a programme stands.
pub(crate) async fn standings(
    db: &impl ConnectionTrait,
    id: ProgrammeId,
) -> Result<BTreeMap<OrganisationId, Standing>, AppError> {
    let rows = standing::Entity::find()
        .filter(standing::Column::ProgrammeId.eq(id.uuid()))
        .all(db)
        .await?;
    let standing = |row: &standing::Model| {
        let organisation = OrganisationId::from_uuid(row.organisation_id);
        (organisation, standing_of(row))
    };
    Ok(rows.iter().map(standing).collect())
}

/// What a row says that a claim counts for.
pub(crate) fn before_of(row: &counted::Model) -> (ClaimId, CountedBefore) {
    let before = CountedBefore {
        units: row.units,
        outcome: row.outcome_minor,
        earned: row.earned_minor,
    };
    (ClaimId::from_uuid(row.claim_id), before)
}

/// Stores a statement with its lines, what its claims count for, and where organisations stand after it.
pub(crate) async fn insert_statement(
    tx: &Tx,
    made: &Statement,
    standings: &BTreeMap<OrganisationId, Standing>,
    index: u64,
) -> Result<(), AppError> {
    let programme = made.programme.uuid();
    let number = i64::from(made.number);
    let difference = made.lines.iter().fold(0_i64, |sum, line| {
        sum.saturating_add(line.difference.minor())
    });
    statement::Entity::insert(statement::ActiveModel {
        programme_id: Set(programme),
        number: Set(number),
        claims: Set(i64::try_from(made.counted.len()).map_err(AppError::internal)?),
        difference_minor: Set(difference),
        left_minor: Set(made.left.minor()),
        at: Set(tx.at().micros()),
        entry_idx: Set(column(index)?),
    })
    .exec_without_returning(tx)
    .await?;
    let lines = made.lines.iter().map(|line| -> Vec<Value> {
        vec![
            programme.into(),
            number.into(),
            line.organisation.uuid().into(),
            line.outcome.minor().into(),
            line.entitled.minor().into(),
            line.owed.minor().into(),
            line.difference.minor().into(),
        ]
    });
    let into = "programme_line (programme_id, number, organisation_id, outcome_minor, entitled_minor, owed_minor, \
                difference_minor)";
    bulk::insert(tx, Insert::new(into, lines.collect())).await?;
    insert_counted(tx, made, number).await?;
    insert_standings(tx, made, standings).await
}

async fn insert_counted(tx: &Tx, made: &Statement, number: i64) -> Result<(), AppError> {
    let rows = made.counted.iter().map(|counted| -> Vec<Value> {
        vec![
            made.programme.uuid().into(),
            counted.claim.uuid().into(),
            counted.organisation.uuid().into(),
            number.into(),
            counted.verified.units().into(),
            counted.outcome.minor().into(),
            counted.earned.minor().into(),
        ]
    });
    let into = "programme_claim (programme_id, claim_id, organisation_id, number, units, outcome_minor, earned_minor)";
    let again = "ON CONFLICT (programme_id, claim_id) DO UPDATE SET number = excluded.number, units = excluded.units, \
                 outcome_minor = excluded.outcome_minor, earned_minor = excluded.earned_minor";
    let insert = Insert {
        into,
        rows: rows.collect(),
        after: again,
    };
    Ok(bulk::insert(tx, insert).await?)
}

async fn insert_standings(
    tx: &Tx,
    made: &Statement,
    standings: &BTreeMap<OrganisationId, Standing>,
) -> Result<(), AppError> {
    let lines = made.lines.iter();
    let rows = lines.filter_map(|line| Some((line, standings.get(&line.organisation)?)));
    let rows = rows.map(|(line, standing)| -> Vec<Value> {
        vec![
            made.programme.uuid().into(),
            line.organisation.uuid().into(),
            standing.outcome.into(),
            standing.earned.into(),
            standing.owed.into(),
        ]
    });
    let into = "programme_standing (programme_id, organisation_id, outcome_minor, earned_minor, owed_minor)";
    let again = "ON CONFLICT (programme_id, organisation_id) DO UPDATE SET outcome_minor = excluded.outcome_minor, \
                 earned_minor = excluded.earned_minor, owed_minor = excluded.owed_minor";
    let insert = Insert {
        into,
        rows: rows.collect(),
        after: again,
    };
    Ok(bulk::insert(tx, insert).await?)
}
