//! How many verifiers judge a claim, and who: a quorum that the registry publishes before the claims that it binds.
//!
//! A claim is bound by the quorum that was in force when it was submitted. Its verifiers are drawn ([`draw`]) by a seed that
//! nobody can choose alone ([`links`]); what they do is decided in [`duty`], what follows from it in [`judgement`], and
//! the route of claims below a published quantity in [`low_value`]. What a claim waits for meanwhile says [`awaited`].

pub mod awaited;
pub mod draw;
pub mod duty;
pub mod judgement;
#[cfg(test)]
mod laws;
pub mod links;
pub mod low_value;
pub mod state;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::{Quantity, Share};
use crate::catalogue::{Measure, MeasureRef};
use crate::ids::OrganisationId;

pub use duty::{Assignment, Leaving};
pub use state::{Published, State};

/// The most verifiers of a quorum; a third opinion comes on top.
pub const MAX_VERIFIERS: u8 = 9;
/// The most days that a verifier may have.
pub const MAX_DAYS: u16 = 365;
/// The most measures with a low value.
pub const MAX_LOW_VALUES: usize = 250;

/// Who pays the verifiers of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeePayer {
    /// The claimant.
    Claimant,
    /// The contract's buyer; the claimant outside contracts.
    Buyer,
    /// The registry.
    Registry,
}

impl FeePayer {
    /// Which organisation that is for one claim.
    pub fn organisation(
        self,
        claimant: OrganisationId,
        buyer: Option<OrganisationId>,
        registry: OrganisationId,
    ) -> OrganisationId {
        match self {
            Self::Claimant => claimant,
            Self::Buyer => buyer.unwrap_or(claimant),
            Self::Registry => registry,
        }
    }
}

/// Below which quantity the buyer alone may confirm claims of a measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LowValue {
    /// The measure.
    pub measure: MeasureRef,
    /// What the buyer confirms alone under one KPI stays below it, all claims together.
    pub below: Quantity,
}

/// What the registry asks of verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// How many verifiers judge a claim, 1 to 9, each of another beneficial-owner group.
    pub verifiers: u8,
    /// From how many sectors they come at least, 1 to 3.
    pub sectors: u8,
    /// How far apart what they accept may lie, as a part of what was claimed, before a further verifier is drawn.
    pub tolerance: Share,
    /// How many days a verifier has before the place may be given to the next.
    pub days: u16,
    /// Who pays them.
    pub fee: FeePayer,
    /// Measures of which the buyer alone may confirm little.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub low_value: Vec<LowValue>,
    /// Which part of the claims that a buyer confirms is drawn for verification all the same.
    #[serde(default, skip_serializing_if = "Share::is_none")]
    pub audit_share: Share,
}

/// A quorum that is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuorum {
    /// None or too many.
    #[error("`verifiers` is {0}: expected 1 to {MAX_VERIFIERS}")]
    Verifiers(u8),
    /// More sectors than there are, or than verifiers.
    #[error("`sectors` is {sectors}: expected 1 to {most}, no more than there are verifiers")]
    Sectors {
        /// What was asked.
        sectors: u8,
        /// What is possible.
        most: u8,
    },
    /// No time or too much.
    #[error("`days` is {0}: expected 1 to {MAX_DAYS}")]
    Days(u16),
    /// Too many measures.
    #[error("`low_value`: {0} measures, expected at most {MAX_LOW_VALUES}")]
    LowValues(usize),
    /// A measure twice, not published, or in another unit.
    #[error(
        "`low_value.{0}`: name a published measure once, with a quantity above zero in its unit and scale"
    )]
    LowValue(usize),
}

impl Quorum {
    /// Checks everything; `measure` finds published measures.
    pub fn check<'m>(
        &self,
        measure: impl Fn(&MeasureRef) -> Option<&'m Measure>,
    ) -> Result<(), InvalidQuorum> {
        if !(1..=MAX_VERIFIERS).contains(&self.verifiers) {
            return Err(InvalidQuorum::Verifiers(self.verifiers));
        }
        let most = self.verifiers.min(3);
        if !(1..=most).contains(&self.sectors) {
            let sectors = self.sectors;
            return Err(InvalidQuorum::Sectors { sectors, most });
        }
        if !(1..=MAX_DAYS).contains(&self.days) {
            return Err(InvalidQuorum::Days(self.days));
        }
        if self.low_value.len() > MAX_LOW_VALUES {
            return Err(InvalidQuorum::LowValues(self.low_value.len()));
        }
        let mut seen = BTreeSet::new();
        for (at, low) in self.low_value.iter().enumerate() {
            let measures = measure(&low.measure).is_some_and(|found| found.measures(&low.below));
            if !measures || low.below.units() < 1 || !seen.insert(low.measure.clone()) {
                return Err(InvalidQuorum::LowValue(at));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::fixtures::{measure, measure_ref};
    use super::*;

    /// So many verifiers from so many sectors, a tenth of tolerance, thirty days.
    pub(crate) fn quorum(verifiers: u8, sectors: u8) -> Quorum {
        Quorum {
            verifiers,
            sectors,
            tolerance: Share::percent(10),
            days: 30,
            fee: FeePayer::Buyer,
            low_value: Vec::new(),
            audit_share: Share::NONE,
        }
    }

    fn check(quorum: &Quorum) -> Result<(), InvalidQuorum> {
        let measure = measure();
        quorum.check(|reference| (*reference == measure_ref()).then_some(&measure))
    }

    #[test]
    fn a_quorum_has_no_more_sectors_than_verifiers_or_than_there_are() {
        for (verifiers, sectors) in [(1, 1), (2, 2), (3, 3), (9, 3)] {
            assert_eq!(check(&quorum(verifiers, sectors)), Ok(()));
        }
        for (verifiers, sectors) in [(1, 2), (2, 3), (9, 4), (2, 0)] {
            let error = check(&quorum(verifiers, sectors));
            assert!(matches!(error, Err(InvalidQuorum::Sectors { .. })));
        }
        assert_eq!(check(&quorum(0, 1)), Err(InvalidQuorum::Verifiers(0)));
        assert_eq!(check(&quorum(10, 1)), Err(InvalidQuorum::Verifiers(10)));
        let endless = Quorum {
            days: 366,
            ..quorum(1, 1)
        };
        assert_eq!(check(&endless), Err(InvalidQuorum::Days(366)));
    }

    #[test]
    fn a_low_value_is_a_quantity_of_a_published_measure_named_once() {
        let low = |text: &str| LowValue {
            measure: measure_ref(),
            below: measure().quantity(text).unwrap(),
        };
        let with = |low_value| Quorum {
            low_value,
            ..quorum(2, 2)
        };
        assert_eq!(check(&with(vec![low("4.0")])), Ok(()));
        let twice = with(vec![low("4.0"), low("5.0")]);
        assert_eq!(check(&twice), Err(InvalidQuorum::LowValue(1)));
        assert_eq!(
            check(&with(vec![low("0")])),
            Err(InvalidQuorum::LowValue(0))
        );
        let mut unknown = low("4.0");
        unknown.measure.catalogue = super::super::fixtures::id(99);
        assert_eq!(check(&with(vec![unknown])), Err(InvalidQuorum::LowValue(0)));
    }

    #[test]
    fn outside_contracts_the_claimant_pays_for_the_buyer() {
        use super::super::fixtures::organisation;
        let [claimant, buyer, registry] = [1, 2, 3].map(organisation);
        let payer = |fee: FeePayer, buyer| fee.organisation(claimant, buyer, registry);
        assert_eq!(payer(FeePayer::Buyer, Some(buyer)), buyer);
        assert_eq!(payer(FeePayer::Buyer, None), claimant);
        assert_eq!(payer(FeePayer::Claimant, Some(buyer)), claimant);
        assert_eq!(payer(FeePayer::Registry, None), registry);
    }
}
