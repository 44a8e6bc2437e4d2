//! Whether the content of a bid answers the plan.

use std::collections::BTreeSet;

use super::bid::{BidContent, Commitment};
use super::code::CriterionCode;
use super::criteria::Leaf;
use super::lot::LotCode;
use super::participation::{self, InvalidParticipation, Participation};
use super::plan::Plan;
use super::validity::check_known;
use crate::amount::{Currency, Money};
use crate::catalogue::{Catalogue, MeasureCode, MeasureKind};
use crate::ids::{CatalogueId, OrganisationId};
use crate::place::is_place;
use crate::scoring::rules::Rule;
use crate::text::is_answer;

/// The most commitments in one bid.
pub const MAX_COMMITMENTS: usize = 100;

/// The longest answer, in characters.
pub const MAX_ANSWER: usize = 8_000;

/// What is wrong with a bid, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct BidError {
    /// The place in the content as a JSON pointer, such as `/commitments/0/quantity`.
    pub path: String,
    /// What is wrong there.
    pub problem: BidProblem,
}

/// What can be wrong with a bid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BidProblem {
    /// A lot that the plan does not have.
    #[error("the tender has no lot {0}: name one of its lots")]
    UnknownLot(LotCode),
    /// An amount in a currency for which the plan names no rate.
    #[error(
        "the amount is in {found}, the tender in {expected}, and it names no rate for {found}: state it in {expected}"
    )]
    CurrencyMix {
        /// The plan's currency.
        expected: Currency,
        /// The amount's currency.
        found: Currency,
    },
    /// An amount below zero.
    #[error("the amount is negative: expected zero or more")]
    Negative,
    /// A value that a criterion asks for is missing.
    #[error("the lot asks for a value for {0}: add it")]
    Missing(CriterionCode),
    /// A value for a criterion that does not ask for one.
    #[error("the lot does not ask for a value for {0} here: leave it out")]
    NotAsked(CriterionCode),
    /// A measure of another catalogue.
    #[error("the measure is of catalogue {found}, the tender uses {expected}")]
    Catalogue {
        /// The plan's catalogue.
        expected: CatalogueId,
        /// The one named.
        found: CatalogueId,
    },
    /// A measure that the catalogue does not have.
    #[error("the catalogue has no measure {0}: use one of its codes")]
    UnknownMeasure(MeasureCode),
    /// A measure that is described and not counted.
    #[error("the measure {0} is described in words, not counted: commit to a quantitative one")]
    NotCounted(MeasureCode),
    /// A quantity in another unit or scale than the measure's.
    #[error(
        "the quantity is in {found}, the measure in {expected}: state it with the measure's unit and decimal places"
    )]
    UnitMix {
        /// Unit and places of the measure.
        expected: String,
        /// Unit and places of the quantity.
        found: String,
    },
    /// A promise of nothing.
    #[error("the quantity is 0: leave the commitment out or promise more than 0")]
    NothingPromised,
    /// Not a place.
    #[error("expected a two-letter country or a place code within it, such as KR-11")]
    Place,
    /// Too many commitments.
    #[error("{0} commitments: at most {MAX_COMMITMENTS}")]
    TooManyCommitments(usize),
    /// Shares or chains that do not add up.
    #[error(transparent)]
    Participation(#[from] InvalidParticipation),
    /// An answer that is empty or too long.
    #[error("an answer has 1 to {MAX_ANSWER} characters, this has {0}")]
    AnswerLength(usize),
    /// An answer with a character that nobody sees.
    #[error("an answer has no control, direction or zero-width characters: remove them")]
    AnswerText,
    /// The plan itself cannot be used.
    #[error("the plan's weights leave the range of exact arithmetic")]
    Plan,
}

impl BidContent {
    /// Checks the content against the plan and its catalogue, for the organisation that bids.
    pub fn check(
        &self,
        plan: &Plan,
        catalogue: &Catalogue,
        bidder: OrganisationId,
    ) -> Result<(), BidError> {
        check_known(plan, catalogue, bidder, &self.lot, &self.clone().into())?;
        for (code, answer) in &self.answers {
            let length = answer.chars().count();
            if !(1..=MAX_ANSWER).contains(&length) {
                let problem = BidProblem::AnswerLength(length);
                return Err(at(format!("/answers/{code}"), problem));
            }
            if !is_answer(answer) {
                return Err(at(format!("/answers/{code}"), BidProblem::AnswerText));
            }
        }
        Ok(())
    }
}

fn at(path: impl Into<String>, problem: BidProblem) -> BidError {
    BidError {
        path: path.into(),
        problem,
    }
}

/// Checks a price against the plan's currency.
pub(crate) fn check_price(plan: &Plan, price: Money) -> Result<(), BidProblem> {
    if !plan.takes(price.currency()) {
        return Err(BidProblem::CurrencyMix {
            expected: plan.currency,
            found: price.currency(),
        });
    }
    price
        .non_negative()
        .map(|_| ())
        .map_err(|_| BidProblem::Negative)
}

/// The codes of the criteria whose rules ask for something.
pub(crate) fn asked_by<'a>(
    leaves: &[Leaf<'a>],
    asks: impl Fn(&Rule) -> bool,
) -> BTreeSet<&'a CriterionCode> {
    leaves
        .iter()
        .filter(|leaf| asks(leaf.rule))
        .map(|leaf| &leaf.criterion.code)
        .collect()
}

/// Checks that values stand exactly where they are asked for, or at least nowhere else.
pub(crate) fn check_codes<'c>(
    mut asked: BTreeSet<&CriterionCode>,
    path: &str,
    every: bool,
    given: impl Iterator<Item = &'c CriterionCode>,
) -> Result<(), BidError> {
    for code in given {
        if !asked.remove(code) {
            let problem = BidProblem::NotAsked(code.clone());
            return Err(at(format!("{path}/{code}"), problem));
        }
    }
    match asked.first().filter(|_| every) {
        None => Ok(()),
        Some(code) => Err(at(path, BidProblem::Missing((*code).clone()))),
    }
}

/// Checks each commitment against its measure.
pub(crate) fn check_commitments(
    plan: &Plan,
    catalogue: &Catalogue,
    commitments: &[Commitment],
) -> Result<(), BidError> {
    if commitments.len() > MAX_COMMITMENTS {
        let problem = BidProblem::TooManyCommitments(commitments.len());
        return Err(at("/commitments", problem));
    }
    for (index, commitment) in commitments.iter().enumerate() {
        check_commitment(plan, catalogue, commitment)
            .map_err(|(field, problem)| at(format!("/commitments/{index}/{field}"), problem))?;
    }
    Ok(())
}

fn check_commitment(
    plan: &Plan,
    catalogue: &Catalogue,
    commitment: &Commitment,
) -> Result<(), (&'static str, BidProblem)> {
    let reference = &commitment.measure;
    if reference.catalogue != plan.catalogue {
        let problem = BidProblem::Catalogue {
            expected: plan.catalogue,
            found: reference.catalogue,
        };
        return Err(("measure", problem));
    }
    let unknown = || {
        (
            "measure",
            BidProblem::UnknownMeasure(reference.code.clone()),
        )
    };
    let measure = catalogue.measure(&reference.code).ok_or_else(unknown)?;
    if measure.kind != MeasureKind::Quantitative {
        return Err(("measure", BidProblem::NotCounted(reference.code.clone())));
    }
    let quantity = &commitment.quantity;
    if !measure.measures(quantity) {
        let problem = BidProblem::UnitMix {
            expected: format!("{} with {} places", measure.unit, measure.scale),
            found: format!("{} with {} places", quantity.unit(), quantity.scale()),
        };
        return Err(("quantity", problem));
    }
    if quantity.units() == 0 {
        return Err(("quantity", BidProblem::NothingPromised));
    }
    if is_place(&commitment.place) {
        Ok(())
    } else {
        Err(("place", BidProblem::Place))
    }
}

/// Checks shares and chains.
pub(crate) fn check_participations(
    participations: &[Participation],
    bidder: OrganisationId,
) -> Result<(), BidError> {
    participation::check(participations, bidder)
        .map_err(|error| at("/participations", error.into()))
}
