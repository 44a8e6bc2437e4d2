//! Counting rules: what of a delivery counts, as data on its measure. The code that counts is in
//! [`crate::contract::counting`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::MeasureCode;

/// How a quantity follows from people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Full-time equivalents times years: ten full-time and five half-time people over two years are 25 (Torbay Council,
    /// social value do's and don'ts).
    FteYears,
    /// People, however long.
    People,
}

/// What happens to a part of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartYears {
    /// It counts as the part that it is.
    #[default]
    ProRata,
    /// Whole calendar years count, parts do not.
    WholeOnly,
}

impl PartYears {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The counting rules of a measure. What is left out is no rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Counting {
    /// How the quantity follows from people; none for a measure that is not about people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// A person counts in so many months from the first day of employment, and not after them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_months: Option<u8>,
    /// What happens to a part of a year.
    #[serde(skip_serializing_if = "PartYears::is_default")]
    pub part_years: PartYears,
    /// One person counts under one of the measures that have the same word here, such as `disadvantage`, and never under a
    /// second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_kind: Option<String>,
    /// The kinds, such as of disadvantage, of which each person behind a claim has one; for a measure with `one_kind` that
    /// counts several. Without them the measure itself is the kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Measures of the same catalogue under which the same person may be reported for the same days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reported_with: Vec<MeasureCode>,
    /// Only what a contract caused counts, so that nothing is claimed outside contracts.
    #[serde(skip_serializing_if = "is_false")]
    pub contract_only: bool,
    /// Kinds of evidence of which a claim needs every one, such as that of the recruitment programme.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs_evidence: Vec<String>,
    /// Measures that have the same word here count the same outcome, in whichever catalogue they stand. Without one, a
    /// measure counts the same as the measures with its code in other versions of its catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// The longest word in a rule.
const MAX_WORD: usize = 60;
/// The most months of [`Counting::first_months`].
const MAX_MONTHS: u8 = 120;

impl Counting {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a claim names the people behind it by tokens: one kind of each person is all that can be checked of them.
    pub fn names_people(&self) -> bool {
        self.basis.is_some() && self.one_kind.is_some()
    }

    /// What is wrong with it, in words.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let word = |text: &str| {
            let plain =
                |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
            (1..=MAX_WORD).contains(&text.len()) && text.bytes().all(plain)
        };
        let words = [&self.one_kind, &self.outcome];
        if !words.into_iter().flatten().all(|text| word(text)) {
            return Some(
                "`one_kind` and `outcome` are words of small letters, digits, `-` and `_`",
            );
        }
        if self.needs_evidence.len() > 20 || !self.needs_evidence.iter().all(|text| word(text)) {
            return Some("`needs_evidence` names at most 20 kinds of evidence, such as `payroll`");
        }
        if self.kinds.len() > 50 || !self.kinds.iter().all(|text| word(text)) {
            return Some("`kinds` names at most 50 kinds, such as `long_unemployed`");
        }
        if !self.kinds.is_empty() && self.one_kind.is_none() {
            return Some("`kinds` needs `one_kind`, which says what they are kinds of");
        }
        if self.reported_with.len() > 100 {
            return Some("`reported_with` names at most 100 measures");
        }
        match self.first_months {
            Some(months) if !(1..=MAX_MONTHS).contains(&months) => {
                Some("`first_months` is 1 to 120")
            }
            Some(_) if self.basis != Some(Basis::FteYears) => {
                Some("`first_months` needs the basis `fte_years`, which knows time")
            }
            _ if self.part_years == PartYears::WholeOnly && self.basis == Some(Basis::People) => {
                Some("`part_years` has no meaning for the basis `people`")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_mean_nothing_are_refused() {
        assert_eq!(Counting::default().problem(), None);
        let months = |basis, months| Counting {
            basis,
            first_months: Some(months),
            ..Counting::default()
        };
        assert_eq!(months(Some(Basis::FteYears), 12).problem(), None);
        assert!(months(Some(Basis::FteYears), 0).problem().is_some());
        assert!(months(Some(Basis::People), 12).problem().is_some());
        assert!(months(None, 12).problem().is_some());
        let look_alike = Counting {
            one_kind: Some("disadvantage\u{200b}".to_owned()),
            ..Counting::default()
        };
        assert!(look_alike.problem().is_some());
        let kinds = |one_kind: Option<&str>| Counting {
            kinds: vec!["long_unemployed".to_owned()],
            one_kind: one_kind.map(str::to_owned),
            ..Counting::default()
        };
        assert!(kinds(None).problem().is_some());
        assert_eq!(kinds(Some("disadvantage")).problem(), None);
    }

    #[test]
    fn rules_read_from_a_catalogue_file() {
        let text = "basis = \"fte_years\"\nfirst_months = 12\none_kind = \"disadvantage\"\nreported_with = [\"JOB-3\"]\n\
             contract_only = true\nneeds_evidence = [\"recruitment_programme\"]";
        let counting: Counting = toml::from_str(text).unwrap();
        assert_eq!(
            (counting.first_months, counting.problem()),
            (Some(12), None)
        );
        assert!(toml::from_str::<Counting>("first_month = 12").is_err());
    }
}
