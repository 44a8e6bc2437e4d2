//! The use-case of classes: a registrar defines what credits of a measure, place and vintage are.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::amount::{Share, Unit};
use commonweal_domain::catalogue::{Measure, MeasureRef};
use commonweal_domain::credit::Class;
use commonweal_domain::credit::class::{ClassError, decide_class};
use commonweal_domain::credit::entries::ClassDefined;
use commonweal_domain::ids::ClassId;
use commonweal_domain::log::entry::Draft;

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::store::{Command, Tx, Written, credit};
use crate::text::place;

/// Input of [`App::define_class`]. The scale is the measure's.
#[derive(Debug, Clone)]
pub struct DefineClass {
    /// What one unit is an outcome of.
    pub measure: MeasureRef,
    /// Where: a country or place code, such as `KR-11`.
    pub place: String,
    /// The calendar year of delivery.
    pub vintage: i16,
    /// Part of the units entering circulation that is kept back against reversals.
    pub buffer_share: Share,
    /// The most surplus that may be traded, as a part of the KPI.
    pub tradable_share: Share,
    /// The most of a KPI that may be covered with bought credits.
    pub substitution_share: Share,
    /// How many years after the vintage the buffer is kept.
    pub buffer_years: u8,
    /// The most units that one group may hold after a transfer; none means no limit.
    pub holding_limit_units: Option<i64>,
    /// Whether units may change hands.
    pub transferable: bool,
}

struct Define {
    actor: Actor,
    class: Class,
    measure: Measure,
    unit: Unit,
}

impl Command for Define {
    const NAME: &'static str = "define_class";
    type Out = ClassId;

    async fn run(&self, tx: &mut Tx) -> Result<ClassId, AppError> {
        let permit = authorize(tx, &self.actor, Action::DefineClass, &Facts::default()).await?;
        let same = credit::class_with(tx, &self.class.key()).await?;
        decide_class(&self.class, Some(&self.measure), same.map(|class| class.id))?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.class.id.to_string(),
            inputs_upto: None,
            body: ClassDefined {
                class: self.class.clone(),
            }
            .into(),
        })?;
        credit::insert_class(tx, &self.class, &self.unit, index).await?;
        Ok(self.class.id)
    }
}

impl App {
    /// Defines a class. There is one for a measure, place and vintage.
    pub async fn define_class(
        &self,
        actor: &Actor,
        input: DefineClass,
    ) -> Result<Written<ClassId>, AppError> {
        let measure = self.read().measure(&input.measure).await?;
        let measure = measure.ok_or(ClassError::UnknownMeasure(input.measure.clone()))?;
        let class = Class {
            id: self.ids.new(),
            measure: input.measure,
            place: place("place", &input.place)?,
            vintage: input.vintage,
            scale: measure.scale,
            buffer_share: input.buffer_share,
            tradable_share: input.tradable_share,
            substitution_share: input.substitution_share,
            buffer_years: input.buffer_years,
            holding_limit_units: input.holding_limit_units,
            transferable: input.transferable,
        };
        let command = Define {
            actor: actor.clone(),
            class,
            unit: measure.unit.clone(),
            measure,
        };
        self.store.write(None, command).await
    }
}
