//! Whether a plan can decide a ranking: arithmetic, references and times.

use std::collections::BTreeSet;

use super::code::{CriterionCode, Weight};
use super::criteria::{Criterion, CriterionKind, Leaf};
use super::disclosure::{BidField, Disclosure};
use super::plan::{Plan, TieBreak};
use super::plan_error::{PlanError, PlanProblem};
use super::reserved::RESERVED;
use crate::amount::{Currency, Money, Number};
use crate::catalogue::Catalogue;
use crate::log::canonical::canonical_blob;
use crate::scoring::robustness::decides_by_price;
use crate::scoring::rules::{Fault, PlanFacts};
use crate::time::Time;

/// The most criteria that are scored in one lot.
pub const MAX_LEAVES: usize = 100;

/// The most levels of the tree.
pub const MAX_DEPTH: usize = 4;

/// The longest plan in canonical JSON, in bytes. One that does not fit its entry stands beside the log; the bound keeps small
/// what every reader of a tender loads.
pub const MAX_PLAN_BYTES: usize = 250_000;

/// The finest points of a leaf, in decimal places; with it every mark stays within exact numbers.
const POINTS_SCALE: u32 = 8;

impl Plan {
    /// Checks the plan against the catalogue that it names, to be published at a time. The first error is returned,
    /// with its place.
    pub fn check(&self, catalogue: &Catalogue, published_at: Time) -> Result<(), PlanError> {
        if catalogue.id != self.catalogue {
            let problem = PlanProblem::Catalogue {
                expected: self.catalogue,
                found: catalogue.id,
            };
            return Err(at("/catalogue", problem));
        }
        self.check_times(published_at)?;
        if self.mark_scale > 6 {
            return Err(at("/mark_scale", PlanProblem::MarkScale(self.mark_scale)));
        }
        self.check_method()?;
        self.check_rates()?;
        let facts = PlanFacts {
            currency: self.currency,
            catalogue,
            proxies: self.proxies.as_ref(),
        };
        self.check_lots(&facts)?;
        let leaves = self
            .leaves()
            .map_err(|_| at("/lots", PlanProblem::OutOfRange))?;
        self.check_proxies(catalogue, &leaves)?;
        let mut codes = self.codes();
        let stated = self.admission.check(&mut codes);
        stated.map_err(|(path, problem)| at(path, problem))?;
        let taken = codes.iter().find(|code| code.as_str() == RESERVED);
        if let (Some(_), Some(code)) = (&self.procurement.reservation, taken) {
            let problem = PlanProblem::DuplicateCode((*code).clone());
            return Err(at("/procurement/reservation", problem));
        }
        self.check_size()?;
        self.check_ties(&leaves)?;
        self.procurement
            .check(|code| self.codes().contains(code))
            .map_err(|(path, problem)| at(path, problem))?;
        self.check_abnormal(&facts)?;
        self.standstill
            .check()
            .map_err(|(field, problem)| at(format!("/standstill/{field}"), problem))?;
        self.delivery
            .check(catalogue)
            .map_err(|(field, problem)| at(format!("/delivery/{field}"), problem.into()))?;
        self.check_disclosure()
    }

    /// The codes of all criteria, groups and leaves, of every lot.
    fn codes(&self) -> BTreeSet<&CriterionCode> {
        fn among<'a>(criteria: &'a [Criterion], codes: &mut BTreeSet<&'a CriterionCode>) {
            for criterion in criteria {
                codes.insert(&criterion.code);
                if let CriterionKind::Group(children) = &criterion.kind {
                    among(children, codes);
                }
            }
        }
        let mut codes = BTreeSet::new();
        for lot in &self.lots {
            among(&lot.criteria, &mut codes);
        }
        codes
    }

    /// A plan that no entry can hold is told by its size, before anything else is done with it.
    fn check_size(&self) -> Result<(), PlanError> {
        let bytes = canonical_blob(self).map_or(usize::MAX, |bytes| bytes.len());
        if bytes > MAX_PLAN_BYTES {
            return Err(at("", PlanProblem::TooLong(bytes)));
        }
        Ok(())
    }

    fn check_abnormal(&self, facts: &PlanFacts<'_>) -> Result<(), PlanError> {
        for (index, lot) in self.lots.iter().enumerate() {
            if let Some(rule) = &lot.low_prices {
                let path = format!("/lots/{index}/low_prices");
                rule.check(facts, decides_by_price(self, lot))
                    .map_err(|Fault { field, problem }| at(format!("{path}/{field}"), problem))?;
            }
        }
        let mut seen = BTreeSet::new();
        for (index, rate) in self.plausible_rates.iter().enumerate() {
            let path = format!("/plausible_rates/{index}");
            rate.check(facts)
                .map_err(|Fault { field, problem }| at(format!("{path}/{field}"), problem))?;
            if !seen.insert(&rate.measure) {
                return Err(at(path, PlanProblem::List));
            }
        }
        Ok(())
    }

    fn check_times(&self, published_at: Time) -> Result<(), PlanError> {
        let closes_at = self.closes_at;
        if closes_at <= published_at {
            let problem = PlanProblem::ClosingBeforePublication {
                closes_at,
                published_at,
            };
            return Err(at("/closes_at", problem));
        }
        if self.opens_at < closes_at {
            let problem = PlanProblem::OpeningBeforeClosing {
                opens_at: self.opens_at,
                closes_at,
            };
            return Err(at("/opens_at", problem));
        }
        match self.questions_until {
            Some(until) if until <= published_at || until > closes_at => Err(at(
                "/questions_until",
                PlanProblem::QuestionsUntil { until },
            )),
            _ => Ok(()),
        }
    }

    fn check_method(&self) -> Result<(), PlanError> {
        let id = self.method.id();
        self.method
            .check(self.currency)
            .map_err(|(field, problem)| at(format!("/method/{id}/{field}"), problem))
    }

    fn check_rates(&self) -> Result<(), PlanError> {
        let mut seen = BTreeSet::from([self.currency.code()]);
        for (index, rate) in self.exchange_rates.iter().enumerate() {
            let field = |field| format!("/exchange_rates/{index}/{field}");
            if !seen.insert(rate.currency.code()) {
                let problem = PlanProblem::RateTwice(rate.currency);
                return Err(at(field("currency"), problem));
            }
            if rate.rate == Number::ZERO {
                return Err(at(field("rate"), PlanProblem::RateZero));
            }
            check_line(&rate.source).map_err(|problem| at(field("source"), problem))?;
        }
        Ok(())
    }

    /// A method that counts the price itself leaves none to the criteria.
    pub(super) fn check_price_counted_once(
        &self,
        leaves: &[Leaf<'_>],
        path: &str,
    ) -> Result<(), PlanError> {
        let priced = |leaf: &&Leaf<'_>| self.method.counts_price() && leaf.rule.scores_price();
        match leaves.iter().find(priced) {
            None => Ok(()),
            Some(leaf) => Err(at(
                format!("{path} ({})", leaf.criterion.code),
                PlanProblem::PriceTwice,
            )),
        }
    }

    fn check_proxies(&self, catalogue: &Catalogue, leaves: &[Leaf<'_>]) -> Result<(), PlanError> {
        let Some(proxies) = &self.proxies else {
            return Ok(());
        };
        let in_money = leaves.iter().filter_map(|leaf| leaf.rule.in_money());
        let used = in_money.flat_map(|rule| &rule.measures).collect();
        proxies
            .check(self.currency, catalogue, &used)
            .map_err(|(field, problem)| at(format!("/proxies/{field}"), problem))
    }

    fn check_ties(&self, leaves: &[Leaf<'_>]) -> Result<(), PlanError> {
        let once: BTreeSet<String> = self
            .tie_breaks
            .iter()
            .map(|tie| format!("{tie:?}"))
            .collect();
        let decided = self.tie_breaks.last() == Some(&TieBreak::DrawnLot);
        if !decided || once.len() != self.tie_breaks.len() {
            return Err(at("/tie_breaks", PlanProblem::TieUndecided));
        }
        for (index, tie) in self.tie_breaks.iter().enumerate() {
            if let TieBreak::CriterionMark(code) = tie
                && !leaves.iter().any(|leaf| leaf.criterion.code == *code)
            {
                let problem = PlanProblem::UnknownCriterion(code.clone());
                return Err(at(format!("/tie_breaks/{index}"), problem));
            }
        }
        Ok(())
    }

    fn check_disclosure(&self) -> Result<(), PlanError> {
        if self.disclosure.commitments != Disclosure::Public {
            return Err(at(
                "/disclosure/commitments",
                PlanProblem::CommitmentsHidden,
            ));
        }
        for field in BidField::ALL {
            if let Disclosure::Withheld { ground } = self.disclosure.of(field) {
                check_line(ground).map_err(|problem| {
                    at(format!("/disclosure/{field}/withheld/ground"), problem)
                })?;
            }
        }
        Ok(())
    }
}

pub(super) fn at(path: impl Into<String>, problem: PlanProblem) -> PlanError {
    PlanError {
        path: path.into(),
        problem,
    }
}

/// One line of text that people read.
pub(crate) fn check_line(text: &str) -> Result<(), PlanProblem> {
    if crate::text::is_line(text, 200) {
        Ok(())
    } else {
        Err(PlanProblem::Text)
    }
}

/// An amount in the plan's currency, not negative.
pub(crate) fn check_money(amount: Money, currency: Currency) -> Result<(), PlanProblem> {
    if amount.currency() != currency {
        return Err(PlanProblem::CurrencyMix {
            expected: currency,
            found: amount.currency(),
        });
    }
    amount
        .non_negative()
        .map(|_| ())
        .map_err(|_| PlanProblem::Negative)
}

pub(super) fn check_siblings(
    siblings: &[Criterion],
    path: &str,
    depth: usize,
    facts: &PlanFacts<'_>,
) -> Result<(), PlanError> {
    if siblings.is_empty() {
        return Err(at(path, PlanProblem::Empty));
    }
    if depth > MAX_DEPTH {
        return Err(at(path, PlanProblem::TooDeep));
    }
    let steps = Weight::sum(siblings.iter().map(|criterion| criterion.weight));
    let sum = Weight::text(steps);
    if sum != Weight::WHOLE.to_string() {
        return Err(at(path, PlanProblem::Weights { sum }));
    }
    for (index, criterion) in siblings.iter().enumerate() {
        let path = format!("{path}/{index}");
        check_line(&criterion.title).map_err(|problem| at(format!("{path}/title"), problem))?;
        if let Some(declared) = &criterion.declared {
            declared
                .check()
                .map_err(|(name, problem)| at(format!("{path}/declared/{name}"), problem))?;
        }
        match &criterion.kind {
            CriterionKind::Group(children) => {
                let below = depth.saturating_add(1);
                check_siblings(children, &format!("{path}/kind/group"), below, facts)?;
            }
            CriterionKind::Rule(rule) => {
                rule.check(facts).map_err(|Fault { field, problem }| {
                    at(format!("{path}/kind/rule/{}/{field}", rule.id()), problem)
                })?;
            }
        }
        let needs_weight = match &criterion.kind {
            CriterionKind::Group(_) => true,
            CriterionKind::Rule(rule) => !rule.may_exclude_alone(),
        };
        if needs_weight && criterion.weight == Weight::NONE {
            return Err(at(format!("{path}/weight"), PlanProblem::NoWeight));
        }
    }
    Ok(())
}

pub(super) fn check_leaves(leaves: &[Leaf<'_>], path: &str) -> Result<(), PlanError> {
    if leaves.len() > MAX_LEAVES {
        return Err(at(path, PlanProblem::TooMany(leaves.len())));
    }
    let finest = 10_i128.checked_pow(POINTS_SCALE).unwrap_or(i128::MAX);
    let fine = |leaf: &&Leaf<'_>| finest.checked_rem(leaf.points.denominator()) != Some(0);
    let place = |leaf: &Leaf<'_>| format!("{path} ({})", leaf.criterion.code);
    if let Some(leaf) = leaves.iter().find(fine) {
        return Err(at(place(leaf), PlanProblem::WeightTooFine));
    }
    for leaf in leaves {
        leaf.rule
            .check_points(leaf.points)
            .map_err(|Fault { field, problem }| at(format!("{}/{field}", place(leaf)), problem))?;
    }
    Ok(())
}

pub(super) fn check_codes<'a>(
    criteria: &'a [Criterion],
    path: &str,
    seen: &mut BTreeSet<&'a CriterionCode>,
) -> Result<(), PlanError> {
    for criterion in criteria {
        if !seen.insert(&criterion.code) {
            let problem = PlanProblem::DuplicateCode(criterion.code.clone());
            return Err(at(path, problem));
        }
        if let CriterionKind::Group(children) = &criterion.kind {
            check_codes(children, path, seen)?;
        }
    }
    Ok(())
}
