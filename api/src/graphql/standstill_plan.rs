//! The standstill of a plan, as it is read and as it is written.

use async_graphql::{Enum, InputObject, SimpleObject};
use commonweal_domain::tender::standstill::{self as domain, StandstillRule};

use super::amounts::{small, wrong};
use super::scalars::Date;

/// How the days of a standstill are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum StandstillKind {
    /// Working days; the day of the notice is the first where it is one.
    WorkingDays,
    /// Calendar days from the day after the notice; an end on a weekend or holiday moves to the next working day.
    CalendarDays,
    /// None, for a legal reason that the plan names.
    None,
}

/// The time between the award notice and the contract.
#[derive(Debug, Clone, SimpleObject)]
pub struct StandstillPlan {
    /// How its days are counted.
    kind: StandstillKind,
    /// How many days; null where there is none.
    days: Option<u16>,
    /// Why the law asks for none; null where there is one.
    ground: Option<String>,
    /// Public holidays where the buyer is, beside Saturdays and Sundays.
    holidays: Vec<Date>,
    /// Where the buyer's days begin: minutes ahead of UTC.
    utc_offset_minutes: i16,
}

impl From<&domain::Standstill> for StandstillPlan {
    fn from(plan: &domain::Standstill) -> Self {
        let (kind, days, ground) = match &plan.rule {
            StandstillRule::WorkingDays(days) => (StandstillKind::WorkingDays, Some(*days), None),
            StandstillRule::CalendarDays(days) => (StandstillKind::CalendarDays, Some(*days), None),
            StandstillRule::None { ground } => (StandstillKind::None, None, Some(ground.clone())),
        };
        Self {
            kind,
            days,
            ground,
            holidays: plan.holidays.iter().copied().map(Date).collect(),
            utc_offset_minutes: plan.utc_offset_minutes,
        }
    }
}

/// The time between the award notice and the contract.
#[derive(Debug, InputObject)]
pub struct StandstillPlanInput {
    /// How its days are counted.
    kind: StandstillKind,
    /// How many days, 1 to 90; none for `NONE`.
    days: Option<u32>,
    /// Why the law asks for none; for `NONE` alone.
    ground: Option<String>,
    /// Public holidays where the buyer is, beside Saturdays and Sundays, in rising order.
    #[graphql(default)]
    holidays: Vec<Date>,
    /// Where the buyer's days begin: minutes ahead of UTC, -720 to 840.
    #[graphql(default)]
    utc_offset_minutes: i32,
}

impl StandstillPlanInput {
    pub(crate) fn parse(self, at: &str) -> async_graphql::Result<domain::Standstill> {
        let days = |days| small(&format!("{at}.days"), days, "1 to 90");
        let rule = match (self.kind, self.days.map(days).transpose()?, self.ground) {
            (StandstillKind::WorkingDays, Some(days), None) => StandstillRule::WorkingDays(days),
            (StandstillKind::CalendarDays, Some(days), None) => StandstillRule::CalendarDays(days),
            (StandstillKind::None, None, Some(ground)) => StandstillRule::None { ground },
            _ => {
                let message = "name `days`, or for `NONE` a `ground`, and not both";
                return Err(wrong(at, &message));
            }
        };
        Ok(domain::Standstill {
            rule,
            holidays: self.holidays.into_iter().map(|day| day.0).collect(),
            utc_offset_minutes: small(
                &format!("{at}.utcOffsetMinutes"),
                self.utc_offset_minutes,
                "-720 to 840",
            )?,
        })
    }
}
