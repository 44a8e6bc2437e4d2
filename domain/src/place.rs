//! Place codes: a country of ISO 3166-1, or a place within one.
//!
//! A place decides which KPI an outcome answers, which class its credits have, and whether two claims are about the same
//! outcome. As free text it could be written in two ways that look alike; as a code it cannot.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest code in bytes.
const MAX_LEN: usize = 40;

/// The alpha-2 codes of ISO 3166-1 in order, with two that it leaves to its users: `XK` as the European Union uses it, and
/// `ZZ` where no country is known.
const COUNTRIES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCW\
CXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP\
KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPF\
PGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZ\
VAVCVEVGVIVNVUWFWSXKYEYTZAZMZWZZ";

/// A country, such as `GB`, or a place within it, such as `KR-11` or `GB-SLF-M5`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Z]{2}(-[A-Z0-9]{1,10})*$"))]
pub struct Place(String);

/// A text that is no place code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no place code: expected a country of ISO 3166-1 such as GB, or a place within it such as KR-11, in capitals and digits"
)]
pub struct InvalidPlace(String);

impl Place {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is another place or lies within it: `GB-SLF` is within `GB`.
    pub fn is_within(&self, outer: &Self) -> bool {
        within(&self.0, &outer.0)
    }

    /// Whether the two have a spot in common: one lies within the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.is_within(other) || other.is_within(self)
    }

    /// The place and every place that it lies within, the country first.
    pub fn with_outer(&self) -> Vec<Self> {
        let ends = self.0.match_indices('-').map(|(at, _)| at);
        ends.chain([self.0.len()])
            .filter_map(|end| self.0.get(..end))
            .map(|code| Self(code.to_owned()))
            .collect()
    }
}

/// Whether a place is another one or lies within it: `GB-SLF` is within `GB`, `KR-11-110` within `KR-11`.
pub fn within(place: &str, outer: &str) -> bool {
    place
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Whether a text is a place code.
pub fn is_place(text: &str) -> bool {
    let mut parts = text.split('-');
    let country = parts.next().unwrap_or_default().as_bytes();
    let known = COUNTRIES
        .as_bytes()
        .chunks_exact(2)
        .any(|code| code == country);
    let inner = |part: &str| {
        let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        (1..=10).contains(&part.len()) && part.bytes().all(plain)
    };
    known && text.len() <= MAX_LEN && parts.all(inner)
}

impl FromStr for Place {
    type Err = InvalidPlace;
    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        if is_place(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPlace(text.chars().take(60).collect()))
        }
    }
}

impl TryFrom<String> for Place {
    type Error = InvalidPlace;
    fn try_from(text: String) -> Result<Self, InvalidPlace> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.0
    }
}

#[cfg(test)]
impl From<&str> for Place {
    fn from(text: &str) -> Self {
        text.parse().unwrap()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_stand_once_and_in_order() {
        let codes: Vec<&[u8]> = COUNTRIES.as_bytes().chunks(2).collect();
        assert!(codes.is_sorted_by(|a, b| a < b));
        assert_eq!(codes.len(), 249 + 2);
    }

    #[test]
    fn a_country_and_a_place_within_it_are_codes() {
        for text in ["GB", "KR-11", "PH-SIG", "GB-SLF-M5", "ZZ"] {
            assert_eq!(Place::from(text).to_string(), text);
        }
    }

    #[test]
    fn what_only_looks_like_a_code_is_refused() {
        for text in [
            "",
            "G",
            "gb",
            "GBR",
            "UK",
            "GB-",
            "GB--1",
            "GB_1",
            "KR-가",
            "KR-11 ",
            "KR-11\u{200b}",
            "\u{202e}KR-11",
            "КR-11",
            "KR\u{2010}11",
            "KR-\u{ff11}1",
            "kr-11",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text:?}");
        }
        assert!(serde_json::from_str::<Place>("\"KR-1\u{200d}1\"").is_err());
    }

    #[test]
    fn a_place_is_within_its_country_and_not_within_a_namesake() {
        let within = |inner: &str, outer: &str| Place::from(inner).is_within(&outer.into());
        assert!(within("GB-SLF", "GB") && within("GB", "GB") && within("KR-11-110", "KR-11"));
        assert!(!within("GB", "GB-SLF") && !within("KR-110", "KR-11"));
        assert!(Place::from("GB").overlaps(&"GB-SLF".into()));
        assert!(!Place::from("GB-SLF").overlaps(&"GB-LND".into()));
    }

    #[test]
    fn a_place_knows_what_it_lies_within() {
        let outer = Place::from("KR-11-110").with_outer();
        assert_eq!(outer, ["KR", "KR-11", "KR-11-110"].map(Place::from));
    }
}
