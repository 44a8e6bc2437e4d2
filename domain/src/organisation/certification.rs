//! Dated certifications as a social economy organisation. Validity is judged on a day, never "now".

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{CertificationId, OrganisationId};
use crate::time::Date;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// The kind of a social economy organisation (SEO).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum SeoKind { $($(#[$doc])* $name,)* }

        impl SeoKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word for the kind in log entries and interfaces.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

kinds! {
    /// Certified under a social enterprise law, such as Korea's Act of 2007.
    SocialEnterprise = "social_enterprise";
    /// On the way to certification, as Korea's regional and ministerial lists know it.
    PreliminarySocialEnterprise = "preliminary_social_enterprise";
    /// A cooperative.
    Cooperative = "cooperative";
    /// A cooperative that serves the public and pays out no profit.
    SocialCooperative = "social_cooperative";
    /// An enterprise run by the people of a village or quarter.
    VillageEnterprise = "village_enterprise";
    /// An enterprise that recipients of basic livelihood support run.
    SelfRelianceEnterprise = "self_reliance_enterprise";
    /// A voluntary, community or social enterprise, as the UK calls them.
    Vcse = "vcse";
    /// A sheltered workshop or an operator whose aim is the integration of disadvantaged people.
    ShelteredWorkshop = "sheltered_workshop";
    /// A public service mutual.
    Mutual = "mutual";
}

impl fmt::Display for SeoKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no kind of social economy organisation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a kind of social economy organisation: expected for example social_enterprise or cooperative"
)]
pub struct InvalidSeoKind(String);

impl FromStr for SeoKind {
    type Err = InvalidSeoKind;
    fn from_str(text: &str) -> Result<Self, InvalidSeoKind> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| InvalidSeoKind(text.chars().take(60).collect()))
    }
}

/// One certification of one organisation, as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certification {
    /// The certification.
    pub id: CertificationId,
    /// Who is certified.
    pub organisation: OrganisationId,
    /// As what.
    pub kind: SeoKind,
    /// First day of validity.
    pub from: Date,
    /// First day after validity; `None` when the register names no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// The register and its number, as the registrar looked it up.
    pub source: String,
}

impl Certification {
    /// Whether it is valid on a day, given the first day of an early end, if any.
    pub fn valid_on(&self, day: Date, revoked_from: Option<Date>) -> bool {
        let ends = [self.to, revoked_from].into_iter().flatten().min();
        self.from <= day && ends.is_none_or(|end| day < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;
    use uuid::Uuid;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn certification(to: Option<&str>) -> Certification {
        Certification {
            id: CertificationId::from_uuid(Uuid::from_u128(1)),
            organisation: OrganisationId::from_uuid(Uuid::from_u128(2)),
            kind: SeoKind::Cooperative,
            from: day("2025-01-01"),
            to: to.map(day),
            source: "register 12".to_owned(),
        }
    }

    #[test]
    fn it_is_valid_from_its_first_day_and_not_on_its_end_day() {
        let lapsed = certification(Some("2026-01-01"));
        assert!(!lapsed.valid_on(day("2024-12-31"), None));
        assert!(lapsed.valid_on(day("2025-01-01"), None));
        assert!(lapsed.valid_on(day("2025-12-31"), None));
        assert!(!lapsed.valid_on(day("2026-01-01"), None));
    }

    #[test]
    fn an_early_end_wins_over_a_later_one() {
        let open = certification(None);
        assert!(open.valid_on(day("2030-01-01"), None));
        assert!(!open.valid_on(day("2025-06-01"), Some(day("2025-06-01"))));
        assert!(open.valid_on(day("2025-05-31"), Some(day("2025-06-01"))));
    }

    #[test]
    fn kinds_have_one_word_each_in_json_and_text() {
        for kind in SeoKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.as_str().parse::<SeoKind>().unwrap(), *kind);
        }
    }
}
