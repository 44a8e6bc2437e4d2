//! Columns as the domain's values. What a table holds was checked before it went in: a value that does not fit any more is a
//! fault of ours.

use commonweal_domain::amount::{Quantity, Share};
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::ids::{CatalogueId, Id};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::place::Place;
use commonweal_domain::time::{Date, Period, Time};
use uuid::Uuid;

use crate::error::AppError;

/// A quantity from its three columns.
pub(crate) fn quantity(units: i64, scale: i64, unit: &str) -> Result<Quantity, AppError> {
    let scale = u8::try_from(scale).map_err(AppError::internal)?;
    let unit = unit.parse().map_err(AppError::internal)?;
    Quantity::from_units(units, scale, unit).map_err(AppError::internal)
}

/// A measure's reference from its two columns.
pub(crate) fn measure(catalogue: Uuid, code: &str) -> Result<MeasureRef, AppError> {
    Ok(MeasureRef {
        catalogue: CatalogueId::from_uuid(catalogue),
        code: code.parse().map_err(AppError::internal)?,
    })
}

/// A share from its column.
pub(crate) fn share(millionths: i64) -> Result<Share, AppError> {
    let millionths = u32::try_from(millionths).map_err(AppError::internal)?;
    Share::from_millionths(millionths).map_err(AppError::internal)
}

/// A period from its two columns.
pub(crate) fn period(from: &str, to: &str) -> Result<Period, AppError> {
    let day = |text: &str| text.parse::<Date>().map_err(AppError::internal);
    Period::new(day(from)?, day(to)?).map_err(AppError::internal)
}

/// A place from its column.
pub(crate) fn place(code: &str) -> Result<Place, AppError> {
    code.parse().map_err(AppError::internal)
}

/// A hash from its column.
pub(crate) fn hash(bytes: &[u8]) -> Result<Hash, AppError> {
    Hash::try_from(bytes).map_err(AppError::internal)
}

/// An index of the log from its column.
pub(crate) fn index(value: i64) -> Result<u64, AppError> {
    u64::try_from(value).map_err(AppError::internal)
}

/// An instant from its column.
pub(crate) fn time(micros: i64) -> Time {
    Time::from_micros(micros)
}

/// The UUIDs of ids, for `IN` lists.
pub(crate) fn uuids<T: Id>(ids: &[T]) -> impl Iterator<Item = Uuid> + '_ {
    ids.iter().map(|id| id.uuid())
}
