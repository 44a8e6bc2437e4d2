//! Changes of a published plan before the deadline: numbered amendments and extensions, and what protects bidders then.
//!
//! An amendment that changes more than times is *material*: at least [`NOTICE_MICROS`] must lie between it and the
//! deadline, and a bid that was sealed before it counts only when its supplier confirms or replaces it afterwards. A bid
//! that is neither stays closed for ever: nobody is held to a bid on another plan.

use super::disclosure::BidField;
use super::plan::Plan;
use crate::time::Time;

/// The least time between a material amendment and the deadline: six days (Directive 2014/24/EU, art. 47(3)).
pub const NOTICE_MICROS: i64 = 6 * DAY_MICROS;
/// How long after the deadline an outage can still be made good: three days.
pub const OUTAGE_MICROS: i64 = 3 * DAY_MICROS;
/// The most amendments of a plan.
pub const MAX_AMENDMENTS: u32 = 50;

const DAY_MICROS: i64 = 86_400_000_000;

/// Why a plan cannot be changed like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmendmentError {
    /// Nothing is different.
    #[error("the amended plan says what the plan says: change something, or extend the deadline")]
    Nothing,
    /// Something that makes it another tender.
    #[error("`{field}` cannot be amended: cancel the tender and publish a new one")]
    Fixed {
        /// The field.
        field: &'static str,
    },
    /// A deadline that comes earlier.
    #[error("the deadline is {closes_at}: an amendment never makes it earlier")]
    Earlier {
        /// The deadline as it is.
        closes_at: Time,
    },
    /// Too little time for bidders.
    #[error(
        "bidders need six days after an amendment of what is marked: close at {earliest} or later"
    )]
    TooShort {
        /// The earliest deadline.
        earliest: Time,
    },
    /// Too many amendments.
    #[error(
        "a plan is amended at most {MAX_AMENDMENTS} times: cancel the tender and publish a new one"
    )]
    TooMany,
    /// An extension that extends nothing.
    #[error("the deadline is {closes_at}: extend it to a later time that is still to come")]
    NotLater {
        /// The deadline as it is.
        closes_at: Time,
    },
    /// An opening before the deadline.
    #[error("bids are opened at or after the deadline: open at {closes_at} or later")]
    OpensEarly {
        /// The new deadline.
        closes_at: Time,
    },
    /// Too late to make an outage good.
    #[error("an outage is made good until {until}: cancel the tender and publish a new one")]
    OutageOver {
        /// Until when.
        until: Time,
    },
}

/// What an amendment asks of bidders who bid before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amendment {
    /// It changes more than times: bids sealed before it must be confirmed or replaced.
    pub material: bool,
    /// It changes what bids must say: they must be replaced.
    pub other_form: bool,
}

/// Checks a change of a plan, to be logged at a time; [`Plan::check`] comes beside it.
pub fn check_amendment(
    old: &Plan,
    new: &Plan,
    earlier: u32,
    at: Time,
) -> Result<Amendment, AmendmentError> {
    if earlier >= MAX_AMENDMENTS {
        return Err(AmendmentError::TooMany);
    }
    if old == new {
        return Err(AmendmentError::Nothing);
    }
    let fixed = [
        ("catalogue", old.catalogue == new.catalogue),
        ("currency", old.currency == new.currency),
        ("seal", old.seal == new.seal),
        ("commencement", old.commencement == new.commencement),
    ];
    if let Some((field, _)) = fixed.into_iter().find(|(_, same)| !same) {
        return Err(AmendmentError::Fixed { field });
    }
    let closes_at = old.closes_at;
    if new.closes_at < closes_at {
        return Err(AmendmentError::Earlier { closes_at });
    }
    let material = substance(old) != substance(new);
    let earliest = at.plus_micros(NOTICE_MICROS);
    if material && new.closes_at < earliest {
        return Err(AmendmentError::TooShort { earliest });
    }
    Ok(Amendment {
        material,
        other_form: form(old) != form(new),
    })
}

/// Checks a move of the deadline, to be logged at a time.
pub fn check_extension(
    old: &Plan,
    closes_at: Time,
    opens_at: Time,
    outage: bool,
    at: Time,
) -> Result<(), AmendmentError> {
    let until = old.closes_at.plus_micros(OUTAGE_MICROS);
    if outage && at > until {
        return Err(AmendmentError::OutageOver { until });
    }
    if closes_at <= old.closes_at || closes_at <= at {
        let closes_at = old.closes_at;
        return Err(AmendmentError::NotLater { closes_at });
    }
    if opens_at < closes_at {
        return Err(AmendmentError::OpensEarly { closes_at });
    }
    Ok(())
}

/// The plan without times: what bids are marked by. The titles of lots and criteria belong to it, as evaluators judge by them.
fn substance(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    (plan.closes_at, plan.opens_at) = (Time::from_micros(0), Time::from_micros(0));
    plan.questions_until = None;
    plan
}

/// What bids must say: each criterion that reads fields of the bid.
fn form(plan: &Plan) -> Vec<(String, Vec<BidField>)> {
    let leaves = plan.leaves().unwrap_or_default();
    let asked = leaves.iter().map(|leaf| {
        let code = leaf.criterion.code.to_string();
        (code, leaf.rule.reads())
    });
    asked.filter(|(_, fields)| !fields.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::criteria::CriterionKind;
    use crate::tender::fixtures::{at, full_plan, levels};
    use crate::tender::plan::TieBreak;

    fn now() -> Time {
        at("2026-06-01T00:00:00Z")
    }

    fn amended(change: impl FnOnce(&mut Plan)) -> Result<Amendment, AmendmentError> {
        let mut plan = full_plan();
        change(&mut plan);
        check_amendment(&full_plan(), &plan, 0, now())
    }

    #[test]
    fn times_ask_nothing_of_bidders_and_titles_are_judged_by() {
        let words = amended(|plan| plan.lots[0].criteria[0].title = "The price".to_owned());
        assert!(words.unwrap().material);
        let later = amended(|plan| {
            plan.closes_at = plan.closes_at.plus_micros(1);
            plan.opens_at = plan.opens_at.plus_micros(1);
        });
        let nothing = Amendment {
            material: false,
            other_form: false,
        };
        assert_eq!(later, Ok(nothing));
    }

    #[test]
    fn whatever_changes_marks_is_material_and_other_questions_need_other_bids() {
        let ties = amended(|plan| plan.tie_breaks = vec![TieBreak::DrawnLot]).unwrap();
        assert!(ties.material && !ties.other_form);
        let weights = amended(|plan| {
            plan.lots[0].criteria[0].weight = "50".parse().unwrap();
            plan.lots[0].criteria[1].weight = "20".parse().unwrap();
        });
        assert_eq!(weights, Ok(ties));
        let other = amended(|plan| {
            plan.lots[0].criteria[0].kind = CriterionKind::Rule(levels(&[0, 5], None).into());
        });
        assert!(other.unwrap().other_form);
    }

    #[test]
    fn bidders_have_six_days_after_a_material_amendment() {
        let mut plan = full_plan();
        plan.mark_scale = 2;
        let late = plan.closes_at.plus_micros(1 - NOTICE_MICROS);
        assert_eq!(
            check_amendment(&full_plan(), &plan, 0, late),
            Err(AmendmentError::TooShort {
                earliest: plan.closes_at.plus_micros(1)
            })
        );
        plan.closes_at = plan.closes_at.plus_micros(1);
        assert!(check_amendment(&full_plan(), &plan, 0, late).is_ok());
    }

    #[test]
    fn what_makes_another_tender_and_an_earlier_deadline_are_refused() {
        let fixed = amended(|plan| plan.commencement = None);
        assert_eq!(
            fixed,
            Err(AmendmentError::Fixed {
                field: "commencement"
            })
        );
        let earlier = amended(|plan| plan.closes_at = plan.closes_at.plus_micros(-1));
        assert!(matches!(earlier, Err(AmendmentError::Earlier { .. })));
        assert_eq!(amended(|_| ()), Err(AmendmentError::Nothing));
        let many = check_amendment(&full_plan(), &full_plan(), MAX_AMENDMENTS, now());
        assert_eq!(many, Err(AmendmentError::TooMany));
    }

    #[test]
    fn a_deadline_moves_later_and_after_an_outage_for_three_days_more() {
        let plan = full_plan();
        let later = plan.closes_at.plus_micros(DAY_MICROS);
        assert_eq!(check_extension(&plan, later, later, false, now()), Ok(()));
        let same = check_extension(&plan, plan.closes_at, plan.opens_at, false, now());
        assert!(matches!(same, Err(AmendmentError::NotLater { .. })));
        let past = check_extension(&plan, later, later, true, later);
        assert!(matches!(past, Err(AmendmentError::NotLater { .. })));
        let early = check_extension(&plan, later, plan.closes_at, false, now());
        assert!(matches!(early, Err(AmendmentError::OpensEarly { .. })));
        let over = plan.closes_at.plus_micros(OUTAGE_MICROS + 1);
        let far = over.plus_micros(DAY_MICROS);
        let outage = check_extension(&plan, far, far, true, over);
        assert!(matches!(outage, Err(AmendmentError::OutageOver { .. })));
    }
}
