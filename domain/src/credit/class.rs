//! Classes of credits: measure, place and vintage year. The kind of cohort is the measure's own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units;
use crate::amount::Share;
use crate::catalogue::{Measure, MeasureKind, MeasureRef};
use crate::ids::ClassId;
use crate::place::Place;

/// Up to a fifth of a KPI may be traded as surplus, so that nobody promises little to sell much.
pub const TRADABLE: Share = Share::percent(20);
/// Up to a tenth of a KPI may be discharged with bought credits: the buyer wants delivery.
pub const SUBSTITUTABLE: Share = Share::percent(10);
/// Buffers are kept for three years after the vintage.
pub const BUFFER_YEARS: u8 = 3;

/// A class: credits of one class are worth the same to a buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// The class.
    pub id: ClassId,
    /// What one unit is an outcome of.
    pub measure: MeasureRef,
    /// Where: a country or place code, such as `KR-11`.
    pub place: Place,
    /// The calendar year of delivery.
    pub vintage: i16,
    /// Decimal places of the measure's smallest unit: one credit is `10^-scale` of the measure's unit.
    pub scale: u8,
    /// Part of the units entering circulation that is kept back against reversals.
    pub buffer_share: Share,
    /// The most surplus that may be traded, as a part of the KPI; [`TRADABLE`] unless the registrar has a reason.
    pub tradable_share: Share,
    /// The most of a KPI that may be discharged with bought credits; [`SUBSTITUTABLE`] unless the registrar has a reason.
    pub substitution_share: Share,
    /// How many years after the vintage the buffer is kept.
    pub buffer_years: u8,
    /// The most units that one beneficial-owner group may hold after a transfer; none means no limit.
    #[serde(
        with = "units::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>")]
    pub holding_limit_units: Option<i64>,
    /// Whether units may change hands.
    pub transferable: bool,
}

/// Why a class is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassError {
    /// A measure that no published catalogue has.
    #[error("`measure`: no published catalogue:{} has a measure `{}`", .0.catalogue, .0.code)]
    UnknownMeasure(MeasureRef),
    /// A described measure.
    #[error("`measure`: `{0}` is described and not counted: classes need a quantitative measure")]
    NotCounted(String),
    /// Another scale than the measure's.
    #[error("`scale`: {found}, expected the measure's {expected}")]
    Scale {
        /// The measure's.
        expected: u8,
        /// The class's.
        found: u8,
    },
    /// A year that no claim has.
    #[error("`vintage`: {0}, expected a year from 1970 to 9999")]
    Vintage(i16),
    /// Tradable although the measure is not.
    #[error("`transferable`: the measure `{0}` is not transferable, so its classes are not")]
    NotTransferable(String),
    /// Everything would be kept back.
    #[error("`buffer_share`: expected less than 1")]
    Buffer,
    /// A limit under which nobody could hold anything.
    #[error("`holding_limit_units`: {0}, expected more than zero, or none for no limit")]
    Limit(i64),
    /// The class exists.
    #[error("class:{0} is already there for this measure, place and vintage")]
    Exists(ClassId),
}

/// What makes two classes the same: measure, place and vintage.
pub type ClassKey = (MeasureRef, Place, i16);
/// Classes whose buffers stand in for each other: all vintages of a measure and place.
pub type PoolKey = (MeasureRef, Place);

impl Class {
    /// What makes it this class.
    pub fn key(&self) -> ClassKey {
        let (measure, place) = self.pool();
        (measure, place, self.vintage)
    }

    /// The classes whose buffers stand in for each other.
    pub fn pool(&self) -> PoolKey {
        (self.measure.clone(), self.place.clone())
    }
}

/// Whether the class may be defined. `measure` is its measure when a published catalogue has it, `same` the class that
/// already has its [`Class::key`].
pub fn decide_class(
    class: &Class,
    measure: Option<&Measure>,
    same: Option<ClassId>,
) -> Result<(), ClassError> {
    let measure = measure.ok_or_else(|| ClassError::UnknownMeasure(class.measure.clone()))?;
    if measure.kind != MeasureKind::Quantitative {
        return Err(ClassError::NotCounted(measure.code.to_string()));
    }
    if class.scale != measure.scale {
        return Err(ClassError::Scale {
            expected: measure.scale,
            found: class.scale,
        });
    }
    if !(1970..=9999).contains(&class.vintage) {
        return Err(ClassError::Vintage(class.vintage));
    }
    if class.transferable && !measure.transferable {
        return Err(ClassError::NotTransferable(measure.code.to_string()));
    }
    if class.buffer_share == Share::WHOLE {
        return Err(ClassError::Buffer);
    }
    if let Some(limit) = class.holding_limit_units.filter(|limit| *limit <= 0) {
        return Err(ClassError::Limit(limit));
    }
    match same {
        None => Ok(()),
        Some(same) => Err(ClassError::Exists(same)),
    }
}

#[cfg(test)]
pub(super) fn example() -> Class {
    use crate::contract::fixtures::{id, measure_ref};
    Class {
        id: id(80),
        measure: measure_ref(),
        place: "KR-11".into(),
        vintage: 2026,
        scale: 1,
        buffer_share: "0.1".parse().unwrap(),
        tradable_share: TRADABLE,
        substitution_share: SUBSTITUTABLE,
        buffer_years: BUFFER_YEARS,
        holding_limit_units: None,
        transferable: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::fixtures::{id, measure};

    fn refused(change: impl FnOnce(&mut Class, &mut Measure)) -> ClassError {
        let (mut class, mut measure) = (example(), measure());
        assert_eq!(decide_class(&class, Some(&measure), None), Ok(()));
        change(&mut class, &mut measure);
        decide_class(&class, Some(&measure), None).unwrap_err()
    }

    #[test]
    fn a_class_has_the_scale_of_its_measure() {
        let error = refused(|class, _| class.scale = 2);
        assert!(matches!(error, ClassError::Scale { expected: 1, .. }));
    }

    #[test]
    fn outcomes_that_may_not_change_hands_make_no_transferable_class() {
        let error = refused(|_, measure| measure.transferable = false);
        assert!(matches!(error, ClassError::NotTransferable(_)));
    }

    #[test]
    fn impossible_settings_are_refused() {
        assert_eq!(
            refused(|class, _| class.buffer_share = Share::WHOLE),
            ClassError::Buffer
        );
        assert_eq!(
            refused(|class, _| class.holding_limit_units = Some(0)),
            ClassError::Limit(0)
        );
        assert_eq!(
            refused(|class, _| class.vintage = 26),
            ClassError::Vintage(26)
        );
    }

    #[test]
    fn one_measure_place_and_vintage_make_one_class() {
        let again = decide_class(&example(), Some(&measure()), Some(id(81)));
        assert_eq!(again, Err(ClassError::Exists(id(81))));
        let unknown = decide_class(&example(), None, None);
        assert!(matches!(unknown, Err(ClassError::UnknownMeasure(_))));
    }

    #[test]
    fn limits_stand_as_text_in_the_log() {
        let mut class = example();
        class.holding_limit_units = Some(i64::MAX);
        let json = serde_json::to_string(&class).unwrap();
        assert!(json.contains(r#""holding_limit_units":"9223372036854775807""#));
        assert_eq!(serde_json::from_str::<Class>(&json).unwrap(), class);
    }
}
