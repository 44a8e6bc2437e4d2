//! Which tenders a policy binds: by place, kind of buyer and value. Three answers, since a fact may be missing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::MissingFact;
use super::problem::PolicyProblem;
use super::procurement::{BuyerKind, Procurement, ValueBasis};
use crate::amount::Money;
use crate::time::Date;

/// Which tenders a policy binds. What is left out is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Countries or places within them; a place covers everything within it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Kinds of buyer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buyer_kinds: Vec<BuyerKind>,
    /// The estimated value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueRange>,
}

/// A half-open range of the estimated value, `[from, below)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueRange {
    /// With or without VAT.
    pub basis: ValueBasis,
    /// The lowest value inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Money>,
    /// The lowest value above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Money>,
}

/// What decides which policies bind a tender.
#[derive(Debug, Clone, Copy)]
pub struct TenderFacts<'a> {
    /// The day on which the procurement commenced; of a call-off, that of its framework agreement.
    pub commencement: Option<Date>,
    /// What the plan says of its procurement.
    pub procurement: &'a Procurement,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// A fact is missing.
    Unknown(MissingFact),
}

impl Fit {
    /// One condition and another: a definite no wins over a missing fact, the first missing fact over a yes.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, fit) | (fit, _) => fit,
        }
    }

    pub(super) fn when(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl ValueRange {
    /// Whether a value lies inside. A value in another currency is as good as none.
    pub fn contains(&self, value: Option<Money>) -> Fit {
        let missing = Fit::Unknown(MissingFact::of_value(self.basis));
        let Some(value) = value else {
            return missing;
        };
        let bounds = [self.from, self.below].into_iter().flatten();
        if bounds
            .into_iter()
            .any(|bound| bound.currency() != value.currency())
        {
            return missing;
        }
        let inside = self.from.is_none_or(|from| from.minor() <= value.minor())
            && self.below.is_none_or(|below| value.minor() < below.minor());
        Fit::when(inside)
    }

    /// Checks that the range has a bound and is not empty.
    pub(super) fn check(&self) -> Result<(), PolicyProblem> {
        let bounds = [self.from, self.below];
        if bounds.iter().flatten().any(|bound| bound.minor() < 0) {
            return Err(PolicyProblem::Bands);
        }
        match bounds {
            [None, None] => Err(PolicyProblem::Bands),
            [Some(from), Some(below)]
                if from.currency() != below.currency() || from.minor() >= below.minor() =>
            {
                Err(PolicyProblem::Bands)
            }
            _ => Ok(()),
        }
    }
}

impl Selection {
    /// Whether a procurement is one of those that the policy binds, whatever its day.
    pub fn fits(&self, procurement: &Procurement) -> Fit {
        self.place(procurement)
            .and(self.buyer(procurement))
            .and(self.value(procurement))
    }

    /// The same for a buyer that adopts the policy: its kind and the value do not count.
    pub fn fits_adopted(&self, procurement: &Procurement) -> Fit {
        self.place(procurement)
    }

    fn place(&self, procurement: &Procurement) -> Fit {
        if self.places.is_empty() {
            return Fit::Yes;
        }
        match &procurement.place {
            None => Fit::Unknown(MissingFact::Place),
            Some(place) => Fit::when(self.places.iter().any(|outer| within(place, outer))),
        }
    }

    fn buyer(&self, procurement: &Procurement) -> Fit {
        if self.buyer_kinds.is_empty() {
            return Fit::Yes;
        }
        match procurement.buyer_kind {
            None => Fit::Unknown(MissingFact::BuyerKind),
            Some(kind) => Fit::when(self.buyer_kinds.contains(&kind)),
        }
    }

    fn value(&self, procurement: &Procurement) -> Fit {
        match &self.value {
            None => Fit::Yes,
            Some(range) => range.contains(procurement.value(range.basis)),
        }
    }

    pub(super) fn check(&self) -> Result<(), PolicyProblem> {
        if let Some(place) = self.places.iter().find(|place| !is_place(place)) {
            return Err(PolicyProblem::Place(place.chars().take(40).collect()));
        }
        self.value.map_or(Ok(()), |range| range.check())
    }
}

pub use crate::place::{is_place, within};

#[cfg(test)]
mod tests {
    use super::*;

    fn gbp(amount: &str) -> Money {
        Money::parse(amount, "GBP".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_range_holds_its_lower_bound_and_not_its_upper_one() {
        let range = ValueRange {
            basis: ValueBasis::Gross,
            from: Some(gbp("1000000")),
            below: Some(gbp("5000000")),
        };
        assert_eq!(range.contains(Some(gbp("999999.99"))), Fit::No);
        assert_eq!(range.contains(Some(gbp("1000000"))), Fit::Yes);
        assert_eq!(range.contains(Some(gbp("4999999.99"))), Fit::Yes);
        assert_eq!(range.contains(Some(gbp("5000000"))), Fit::No);
        let missing = Fit::Unknown(MissingFact::ValueGross);
        assert_eq!(range.contains(None), missing);
        let euros = Money::parse("2000000", "EUR".parse().unwrap()).unwrap();
        assert_eq!(range.contains(Some(euros)), missing, "another currency");
    }

    #[test]
    fn a_definite_no_wins_over_a_missing_fact() {
        let unknown = Fit::Unknown(MissingFact::Place);
        assert_eq!(unknown.and(Fit::No), Fit::No);
        assert_eq!(Fit::No.and(unknown), Fit::No);
        assert_eq!(Fit::Yes.and(unknown), unknown);
        assert_eq!(unknown.and(Fit::Unknown(MissingFact::BuyerKind)), unknown);
    }
}
