//! Participation that may be reserved: for those who employ disabled or disadvantaged people as a part of the workforce,
//! for mutuals, for sheltered workshops.
//!
//! Where a part of the workforce counts (UK Procurement Act 2023, s. 32(4)), it is reached by the organisation, or by the
//! part of it that does the contract, or by all parts together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::amount::Share;
use crate::fraction::ArithmeticError;
use crate::organisation::certification::SeoKind;
use crate::policy::check::{Judged, MissingFact, input};
use crate::policy::problem::{PolicyProblem, between};
use crate::time::Date;

/// For whom participation is reserved.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReservedFor {
    /// Providers of supported employment, by the part of their workforce.
    SupportedEmployment,
    /// Public service mutuals and participatory organisations.
    Mutual,
    /// Sheltered workshops and operators whose aim is integration.
    ShelteredWorkshop,
}

impl ReservedFor {
    /// The word in sentences.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SupportedEmployment => "supported employment providers",
            Self::Mutual => "mutuals",
            Self::ShelteredWorkshop => "sheltered workshops",
        }
    }
}

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservedParticipation {
    /// For whom a buyer may reserve.
    pub reserved_for: ReservedFor,
    /// The least part of disabled or disadvantaged people in the workforce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_workforce: Option<Share>,
    /// The longest term of the contract, in months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_term_months: Option<u32>,
    /// Whoever won such a contract within so many years is barred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barred_years: Option<u32>,
    /// Only services that the law names may be reserved.
    #[serde(default)]
    pub named_services_only: bool,
}

/// People employed, and how many of them are disabled or disadvantaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Headcount {
    /// Everyone employed.
    pub staff: u32,
    /// Disabled or disadvantaged people among them.
    pub qualifying: u32,
}

impl Headcount {
    /// Whether the part is reached exactly or exceeded; of nobody, none is.
    fn reaches(staff: u64, qualifying: u64, minimum: Share) -> bool {
        let found = u128::from(qualifying).saturating_mul(u128::from(Share::WHOLE.millionths()));
        let asked = u128::from(staff).saturating_mul(u128::from(minimum.millionths()));
        staff > 0 && qualifying <= staff && found >= asked
    }
}

/// The workforce of whoever wants to take part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Workforce {
    /// The whole organisation.
    pub organisation: Option<Headcount>,
    /// The organisations or parts of organisations that would do the contract.
    pub parts: Vec<Headcount>,
}

impl Workforce {
    /// Whether the organisation, the part that does the contract, or all parts together reach the minimum.
    pub fn reaches(&self, minimum: Share) -> bool {
        let sum = |of: fn(&Headcount) -> u32| -> u64 {
            self.parts
                .iter()
                .fold(0_u64, |sum, part| sum.saturating_add(u64::from(of(part))))
        };
        let whole = self.organisation.is_some_and(|all| {
            Headcount::reaches(all.staff.into(), all.qualifying.into(), minimum)
        });
        whole || Headcount::reaches(sum(|part| part.staff), sum(|part| part.qualifying), minimum)
    }
}

/// Who wants to take part in a reserved procurement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applicant {
    /// Its workforce, where it said so.
    pub workforce: Option<Workforce>,
    /// Its certifications that are valid on the day.
    pub certifications: Vec<SeoKind>,
    /// When it last won a contract that was reserved under the same clause.
    pub last_won: Option<Date>,
}

impl ReservedParticipation {
    /// Whether an applicant may take part on a day, as far as this clause is concerned; false also where it did not say
    /// what is needed.
    pub fn admits(&self, applicant: &Applicant, day: Date) -> bool {
        let workforce = self.minimum_workforce.is_none_or(|minimum| {
            applicant
                .workforce
                .as_ref()
                .is_some_and(|workforce| workforce.reaches(minimum))
        });
        let certified = match self.reserved_for {
            ReservedFor::SupportedEmployment => true,
            ReservedFor::Mutual => applicant.certifications.contains(&SeoKind::Mutual),
            ReservedFor::ShelteredWorkshop => {
                self.minimum_workforce.is_some()
                    || applicant
                        .certifications
                        .contains(&SeoKind::ShelteredWorkshop)
            }
        };
        let barred = match (self.barred_years, applicant.last_won) {
            (Some(years), Some(won)) => day.years_before(years).is_none_or(|limit| won > limit),
            _ => false,
        };
        workforce && certified && !barred
    }
}

impl ClauseKind for ReservedParticipation {
    fn valid(&self) -> Result<(), PolicyProblem> {
        for (field, number) in [
            ("longest_term_months", self.longest_term_months),
            ("barred_years", self.barred_years),
        ] {
            number.map_or(Ok(()), |n| between(field, n, 1..=1_200, "1 to 1200"))?;
        }
        Ok(())
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let reserved = case.procurement.reservation.as_ref();
        let Some(reservation) = reserved.filter(|r| r.reserved_for == self.reserved_for) else {
            return Ok(None);
        };
        let who = self.reserved_for.as_str();
        if self.named_services_only {
            match reservation.reservable_services {
                Some(true) => {}
                Some(false) => {
                    let sentence =
                        format!("only services that the law names may be reserved for {who}");
                    return Ok(Some(Judged::of(false, Vec::new(), sentence)));
                }
                None => {
                    let sentence = "the plan does not say whether the services are among those that may be reserved";
                    return Ok(Some(Judged::unknown(
                        MissingFact::ReservableServices,
                        Vec::new(),
                        sentence,
                    )));
                }
            }
        }
        let Some(longest) = self.longest_term_months else {
            let sentence = format!("the procurement may be reserved for {who}");
            return Ok(Some(Judged::of(true, Vec::new(), sentence)));
        };
        let mut inputs = vec![input("longest term in months", longest)];
        let Some(term) = reservation.term_months else {
            let sentence = "the term of the reserved contract is not given";
            return Ok(Some(Judged::unknown(
                MissingFact::TermMonths,
                inputs,
                sentence,
            )));
        };
        inputs.push(input("term in months", term));
        let sentence = format!(
            "the contract lasts {term} months, and at most {longest} are allowed for {who}"
        );
        Ok(Some(Judged::of(term <= longest, inputs, sentence)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn thirty() -> Share {
        "0.3".parse().unwrap()
    }

    fn mutual() -> ReservedParticipation {
        ReservedParticipation {
            reserved_for: ReservedFor::Mutual,
            minimum_workforce: None,
            longest_term_months: Some(60),
            barred_years: Some(3),
            named_services_only: true,
        }
    }

    #[test]
    fn a_mutual_is_barred_for_three_years_to_the_day() {
        let on = |won: Option<&str>| {
            let applicant = Applicant {
                certifications: vec![SeoKind::Mutual],
                last_won: won.map(|day| day.parse().unwrap()),
                ..Applicant::default()
            };
            mutual().admits(&applicant, "2027-03-01".parse().unwrap())
        };
        assert!(on(None) && on(Some("2024-03-01")) && on(Some("2020-01-01")));
        assert!(!on(Some("2024-03-02")) && !on(Some("2027-02-28")));
        let nobody = Applicant::default();
        assert!(!mutual().admits(&nobody, "2027-03-01".parse().unwrap()));
    }

    #[test]
    fn a_workforce_of_nobody_or_with_more_who_qualify_than_work_reaches_nothing() {
        assert!(!Workforce::default().reaches(thirty()));
        let odd = Headcount {
            staff: 1,
            qualifying: 2,
        };
        let workforce = Workforce {
            organisation: Some(odd),
            parts: vec![odd],
        };
        assert!(!workforce.reaches(thirty()));
    }

    proptest! {
        #[test]
        fn one_more_who_qualifies_never_takes_the_right_away(
            parts in proptest::collection::vec((1_u32..500, 0_u32..500), 1..5)
        ) {
            let headcounts: Vec<Headcount> = parts
                .iter()
                .map(|(staff, qualifying)| Headcount { staff: *staff, qualifying: *qualifying.min(staff) })
                .collect();
            let before = Workforce { organisation: None, parts: headcounts.clone() };
            for index in 0..headcounts.len() {
                let mut more = before.clone();
                let part = &mut more.parts[index];
                part.qualifying = part.staff.min(part.qualifying.saturating_add(1));
                prop_assert!(more.reaches(thirty()) || !before.reaches(thirty()));
            }
        }
    }
}
