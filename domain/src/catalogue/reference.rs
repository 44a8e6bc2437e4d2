//! Reference tables: facts and grades that a catalogue ships beside its measures, such as the grades of an index or the
//! conventions of a calculation. Each says where it is from and how sure it is; what is not known stays empty.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fraction::Fraction;
use crate::policy::Confidence;

/// A table of facts and grades.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Its name.
    pub code: String,
    /// Its version.
    pub version: String,
    /// What people call it.
    pub title: String,
    /// Where it is from, taken together.
    pub source: String,
    /// Grades, from the best down.
    #[serde(default)]
    pub grades: Vec<Grade>,
    /// Facts.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Its name in the table.
    pub code: String,
    /// What is so.
    pub text: String,
    /// A figure as text, where the fact is one.
    #[serde(default)]
    pub value: Option<String>,
    /// The figure's unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// Where it is from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// One grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// Its name.
    pub name: String,
    /// The fewest points, as decimal text; none where they are not known.
    #[serde(default)]
    pub from: Option<String>,
    /// Where it is from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// The grade that a number of points has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graded<'a> {
    /// This one.
    Is(&'a str),
    /// One below this, and the bounds below are not known.
    Below(&'a str),
    /// No bound is known at all.
    Unknown,
}

impl Reference {
    /// The grade of so many points: the best whose bound is reached.
    pub fn grade(&self, points: Fraction) -> Graded<'_> {
        let mut graded = Graded::Unknown;
        for grade in &self.grades {
            let bound = grade.from.as_ref().and_then(|text| text.parse().ok());
            match bound.map(Fraction::from_decimal) {
                Some(Ok(bound)) if points >= bound => return Graded::Is(&grade.name),
                Some(Ok(_)) => graded = Graded::Below(&grade.name),
                _ => {}
            }
        }
        graded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svi() -> Reference {
        toml::from_str(include_str!(
            "../../../catalogue/conventions/kr-svi-grades.toml"
        ))
        .unwrap()
    }

    #[test]
    fn p13_svi_grades_begin_at_their_lower_bound_and_unknown_bounds_stay_unknown() {
        let svi = svi();
        let grade =
            |points: &str| svi.grade(Fraction::from_decimal(points.parse().unwrap()).unwrap());
        assert_eq!(grade("90"), Graded::Is("탁월"));
        assert_eq!(grade("89.99"), Graded::Is("우수"));
        assert_eq!(grade("75"), Graded::Is("우수"));
        assert_eq!(grade("74.99"), Graded::Below("우수"));
        assert_eq!(
            svi.grades
                .iter()
                .filter(|grade| grade.from.is_none())
                .count(),
            3
        );
    }

    #[test]
    fn a_table_without_bounds_grades_nothing() {
        let mut bare = svi();
        bare.grades.iter_mut().for_each(|grade| grade.from = None);
        assert_eq!(bare.grade(Fraction::whole(90)), Graded::Unknown);
    }
}
