//! Statements for many moves at once: what their decisions need, and the rows that they leave. The number of statements
//! depends on the number of moves only where one statement would be too long.

use std::collections::{BTreeSet, HashMap, HashSet};

use commonweal_domain::credit::entries::{CreditsRetired, CreditsTransferred};
use commonweal_domain::credit::hold::Hold;
use commonweal_domain::ids::{ClassId, Id, LiabilityId, OrganisationId};
use commonweal_domain::time::Time;
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Value};
use uuid::Uuid;

use super::bulk::{self, Insert};
use super::session::PrivateTx;
use super::sum::{PART, joined};
use crate::error::AppError;
use crate::failpoint::Point;
use crate::organisation::column;
use crate::remark::Remark;

/// Person, organisation and role.
pub(crate) type GrantKey = (Uuid, Uuid, String);

/// Those of some grants that are still in force.
pub(crate) async fn grants(
    db: &impl ConnectionTrait,
    wanted: &BTreeSet<GrantKey>,
) -> Result<HashSet<GrantKey>, AppError> {
    let key = |key: &GrantKey| vec![key.0.into(), key.1.into(), key.2.as_str().into()];
    let rows = bulk::select(
        db,
        "SELECT g.person_id, g.organisation_id, g.role FROM role_grant AS g",
        &wanted.iter().map(key).collect::<Vec<Vec<Value>>>(),
        "g.person_id = r.column1 AND g.organisation_id = r.column2 AND g.role = r.column3",
    )
    .await?;
    let mut found = HashSet::new();
    for row in rows {
        found.insert((
            row.try_get("", "person_id")?,
            row.try_get("", "organisation_id")?,
            row.try_get("", "role")?,
        ));
    }
    Ok(found)
}

/// Rows of a table by their ids.
pub(crate) async fn by_id<E: EntityTrait + Default>(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<Uuid>,
) -> Result<Vec<E::Model>, AppError> {
    let select = format!("SELECT t.* FROM {} AS t", E::default().table_name());
    let rows = bulk::select(db, &select, &keys(ids), "t.id = r.column1").await?;
    let rows = rows.iter().map(|row| E::Model::from_query_result(row, ""));
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first liability of each of some groups that was not made good.
pub(crate) async fn liable(
    db: &impl ConnectionTrait,
    groups: &BTreeSet<Uuid>,
) -> Result<HashMap<OrganisationId, LiabilityId>, AppError> {
    let rows = bulk::select(
        db,
        "SELECT l.id, o.group_id FROM organisation AS o \
         JOIN liability AS l ON l.organisation_id = o.id AND l.units > 0",
        &keys(groups),
        "o.group_id = r.column1 ORDER BY l.id",
    )
    .await?;
    let mut found = HashMap::new();
    for row in rows {
        let group = OrganisationId::from_uuid(row.try_get("", "group_id")?);
        let id = LiabilityId::from_uuid(row.try_get("", "id")?);
        found.entry(group).or_insert(id);
    }
    Ok(found)
}

/// Units of a class, available and held, in all accounts of a group, for each class and group that is asked for.
pub(crate) async fn holds(
    db: &impl ConnectionTrait,
    wanted: &BTreeSet<(Uuid, Uuid)>,
) -> Result<HashMap<(ClassId, OrganisationId), i64>, AppError> {
    let select = format!(
        "SELECT b.class_id, o.group_id, CAST(SUM(a.balance / {PART}) AS bigint) AS high, \
         CAST(SUM(a.balance % {PART}) AS bigint) AS low FROM organisation AS o \
         JOIN account AS a ON a.organisation_id = o.id JOIN batch AS b ON b.id = a.batch_id"
    );
    let keys: Vec<Vec<Value>> = wanted
        .iter()
        .map(|(class, group)| vec![(*class).into(), (*group).into()])
        .collect();
    let on = "b.class_id = r.column1 AND o.group_id = r.column2 GROUP BY b.class_id, o.group_id";
    let mut found = HashMap::new();
    for (class, group) in wanted {
        found.insert(
            (
                ClassId::from_uuid(*class),
                OrganisationId::from_uuid(*group),
            ),
            0,
        );
    }
    for row in bulk::select(db, &select, &keys, on).await? {
        let class = ClassId::from_uuid(row.try_get("", "class_id")?);
        let group = OrganisationId::from_uuid(row.try_get("", "group_id")?);
        let units = joined((row.try_get("", "high")?, row.try_get("", "low")?))?;
        found.insert((class, group), units);
    }
    Ok(found)
}

fn keys(ids: &BTreeSet<Uuid>) -> Vec<Vec<Value>> {
    ids.iter().map(|id| vec![(*id).into()]).collect()
}

/// Rows of accepted moves, to be written together.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    transfers: Vec<Vec<Value>>,
    holds: Vec<Vec<Value>>,
    retirements: Vec<Vec<Value>>,
    remarks: Vec<Vec<Value>>,
}

impl Rows {
    /// The row of a transfer.
    pub(crate) fn transfer(
        &mut self,
        body: &CreditsTransferred,
        at: Time,
        index: u64,
    ) -> Result<(), AppError> {
        self.transfers.push(vec![
            column(index)?.into(),
            body.batch.uuid().into(),
            body.from.uuid().into(),
            body.to.uuid().into(),
            body.units.into(),
            body.reason.as_str().into(),
            body.procurement_reference.clone().into(),
            body.note.map(|hash| hash.as_bytes().to_vec()).into(),
            at.micros().into(),
        ]);
        Ok(())
    }

    /// The row of a hold.
    pub(crate) fn hold(&mut self, hold: &Hold, at: Time, index: u64) -> Result<(), AppError> {
        self.holds.push(vec![
            hold.id.uuid().into(),
            hold.batch.uuid().into(),
            hold.holder.uuid().into(),
            hold.to.map(Id::uuid).into(),
            hold.units.into(),
            hold.expires_at.micros().into(),
            at.micros().into(),
            column(index)?.into(),
            0_i64.into(),
        ]);
        Ok(())
    }

    /// The row of a retirement that covers nothing.
    pub(crate) fn retirement(
        &mut self,
        body: &CreditsRetired,
        at: Time,
        index: u64,
    ) -> Result<(), AppError> {
        let retired = &body.retirement;
        self.retirements.push(vec![
            retired.id.uuid().into(),
            body.batch.uuid().into(),
            body.holder.uuid().into(),
            retired.beneficiary.uuid().into(),
            retired.jurisdiction.to_string().into(),
            retired.period.from().to_string().into(),
            retired.period.to().to_string().into(),
            retired.reason.as_str().into(),
            retired.note.map(|hash| hash.as_bytes().to_vec()).into(),
            retired.serials.from().into(),
            retired.serials.to().into(),
            retired.certificate.clone().into(),
            at.micros().into(),
            column(index)?.into(),
        ]);
        Ok(())
    }

    /// The row of words, where there are any.
    pub(crate) fn remark(&mut self, remark: Option<&Remark>) {
        self.remarks.extend(remark.map(Remark::values));
    }

    /// Takes over the rows of another.
    pub(super) fn append(&mut self, mut other: Self) {
        self.transfers.append(&mut other.transfers);
        self.holds.append(&mut other.holds);
        self.retirements.append(&mut other.retirements);
        self.remarks.append(&mut other.remarks);
    }

    /// Of each table.
    pub(super) fn inserts(self) -> [Insert; 4] {
        [
            Insert::new(
                "transfer (entry_idx, batch_id, from_id, to_id, units, reason, procurement_reference, note, at)",
                self.transfers,
            ),
            Insert::new(
                "hold (id, batch_id, holder_id, to_id, units, expires_at, at, entry_idx, delivered_units)",
                self.holds,
            ),
            Insert::new(
                "retirement (id, batch_id, holder_id, beneficiary_id, jurisdiction, from_day, to_day, reason, note, \
                 serial_from, serial_to, certificate, at, entry_idx)",
                self.retirements,
            ),
            Insert::new("remark (hash, words, salt)", self.remarks),
        ]
    }

    /// Writes them, each table in one statement.
    pub(super) async fn write(self, session: &PrivateTx) -> Result<(), AppError> {
        for insert in self.inserts() {
            bulk::insert(session, insert).await?;
            session.pass(Point::MoveRows)?;
        }
        Ok(())
    }
}
