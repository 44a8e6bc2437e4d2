//! The yearly compliance report of a buyer, a pure function over the facts of the year: what was bought from certified
//! social economy organisations, the weights used, the awards explained and the KPIs checked, against the targets of the
//! policies in force on the last day of the year.

use std::collections::BTreeMap;

use super::check::Answer;
use super::clause::{ClauseRule, SeoPurchaseTarget};
use super::code::ClauseCode;
use super::in_force::{Verdict, in_force};
use super::procurement::Procurement;
use super::selection::TenderFacts;
use super::{Clause, Policy};
use crate::amount::{Currency, Money, Share};
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::{OrganisationId, PolicyId, TenderId};
use crate::organisation::certification::SeoKind;
use crate::time::Date;

/// The part of a contract that one organisation does itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkPart {
    /// Who.
    pub organisation: OrganisationId,
    /// The part of the whole, chains multiplied.
    pub part: Fraction,
    /// Its certifications that were valid on the closing day.
    pub kinds: Vec<SeoKind>,
}

/// An award of the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearAward {
    /// The tender.
    pub tender: TenderId,
    /// The price of the winning bid; none where it is withheld.
    pub price: Option<Money>,
    /// Who does which part; none where it is withheld.
    pub parts: Option<Vec<WorkPart>>,
    /// Weight of social value in percent of all points; none where the plan does not name it.
    pub social_percent: Option<Fraction>,
    /// Whether the award follows from a published ranking with a scorecard for each bid.
    pub explained: bool,
}

/// KPIs whose period touches the year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct YearKpis {
    /// How many there are.
    pub total: u64,
    /// How many have a verified quantity.
    pub verified: u64,
    /// How many are delivered in full.
    pub reached: u64,
}

/// What a report is made from.
#[derive(Debug, Clone)]
pub struct YearFacts<'a> {
    /// Every published policy, in the order of publication.
    pub policies: &'a [Policy],
    /// What the buyer is, and where: by it the policies of the year are chosen.
    pub buyer: &'a Procurement,
    /// The last day of the year.
    pub last_day: Date,
    /// The awards of the year.
    pub awards: &'a [YearAward],
    /// The KPIs of the year.
    pub kpis: YearKpis,
}

/// Purchases of a year in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchases {
    /// Everything bought.
    pub bought: Money,
    /// The part of it done by certified social economy organisations, of any kind.
    pub from_seos: Fraction,
    /// The number of awards.
    pub awards: u64,
}

/// How a target of the year came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetOutcome {
    /// The policy.
    pub policy: PolicyId,
    /// What people call it.
    pub policy_title: String,
    /// The clause.
    pub clause: ClauseCode,
    /// Where it stands.
    pub citation: String,
    /// The part that is wanted.
    pub target: Share,
    /// The part that was bought; none where it cannot be told.
    pub share: Option<Fraction>,
    /// The points of the year, where years are scored.
    pub score: Option<Fraction>,
    /// Reached or not.
    pub answer: Answer,
    /// The same in a sentence.
    pub sentence: String,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplianceReport {
    /// Purchases by currency.
    pub purchases: Vec<Purchases>,
    /// Awards whose price or participation is withheld: they are in no sum.
    pub withheld: u64,
    /// The weight of social value of each award, in percent.
    pub weights: Vec<(TenderId, Option<Fraction>)>,
    /// How many awards there are.
    pub awards: u64,
    /// How many of them are explained.
    pub explained: u64,
    /// The KPIs.
    pub kpis: YearKpis,
    /// The targets of the policies that bind the buyer.
    pub targets: Vec<TargetOutcome>,
}

/// Makes the report.
pub fn report(facts: &YearFacts<'_>) -> Result<ComplianceReport, ArithmeticError> {
    let ledger = Ledger::of(facts.awards, |_| true)?;
    let chosen = in_force(
        facts.policies,
        &TenderFacts {
            commencement: Some(facts.last_day),
            procurement: facts.buyer,
        },
    );
    let mut targets = Vec::new();
    for chosen in &chosen {
        for clause in &chosen.policy.text.clauses {
            if let ClauseRule::SeoPurchaseTarget(target) = &clause.rule {
                targets.push(outcome(
                    chosen.policy,
                    chosen.verdict,
                    clause,
                    target,
                    facts,
                )?);
            }
        }
    }
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let weight = |award: &YearAward| (award.tender, award.social_percent);
    Ok(ComplianceReport {
        purchases: ledger.purchases(),
        withheld: ledger.withheld,
        weights: facts.awards.iter().map(weight).collect(),
        awards: count(facts.awards.len()),
        explained: count(facts.awards.iter().filter(|award| award.explained).count()),
        kpis: facts.kpis,
        targets,
    })
}

fn outcome(
    policy: &Policy,
    verdict: Verdict,
    clause: &Clause,
    target: &SeoPurchaseTarget,
    facts: &YearFacts<'_>,
) -> Result<TargetOutcome, ArithmeticError> {
    let share = Ledger::of(facts.awards, |kind| target.kinds.contains(&kind))?.share()?;
    let asked = target.target;
    let (answer, sentence) = match (verdict, share) {
        (Verdict::Unknown(missing), _) => (
            Answer::Unknown,
            format!("nobody can tell whether this target binds the buyer, because `{}` is not given", missing.path()),
        ),
        (_, None) => (
            Answer::Unknown,
            "the share cannot be told: nothing was bought, purchases are in several currencies, or a price or participation is withheld".to_owned(),
        ),
        (Verdict::Binds, Some(share)) => {
            let shown = share.times(Fraction::whole(100))?.round(4)?.normalize();
            let wanted = asked.fraction()?.times(Fraction::whole(100))?.round(4)?.normalize();
            let answer = if target.reached(share)? { Answer::Met } else { Answer::NotMet };
            (answer, format!("{shown} % of the year's purchases came from these organisations, and {wanted} % are wanted"))
        }
    };
    Ok(TargetOutcome {
        policy: policy.id,
        policy_title: policy.text.title.clone(),
        clause: clause.code.clone(),
        citation: clause.citation.clone(),
        target: asked,
        share,
        score: share
            .map(|share| target.score(share))
            .transpose()?
            .flatten(),
        answer,
        sentence,
    })
}

/// Sums by currency.
struct Ledger {
    sums: BTreeMap<Currency, (i64, Fraction, u64)>,
    withheld: u64,
}

impl Ledger {
    fn of(awards: &[YearAward], counts: impl Fn(SeoKind) -> bool) -> Result<Self, ArithmeticError> {
        let mut ledger = Self {
            sums: BTreeMap::new(),
            withheld: 0,
        };
        for award in awards {
            let (Some(price), Some(parts)) = (award.price, &award.parts) else {
                ledger.withheld = ledger.withheld.saturating_add(1);
                continue;
            };
            let mut part = Fraction::ZERO;
            for work in parts {
                if work.kinds.iter().any(|kind| counts(*kind)) {
                    part = part.plus(work.part)?;
                }
            }
            let none = (0, Fraction::ZERO, 0);
            let (bought, seos, awards) = ledger.sums.entry(price.currency()).or_insert(none);
            *bought = bought
                .checked_add(price.minor())
                .ok_or(ArithmeticError::Overflow)?;
            *seos = seos.plus(price.fraction().times(part)?)?;
            *awards = awards.saturating_add(1);
        }
        Ok(ledger)
    }

    /// The part bought from those who count; none where it cannot be told.
    fn share(&self) -> Result<Option<Fraction>, ArithmeticError> {
        match (self.withheld, self.sums.len(), self.sums.values().next()) {
            (0, 1, Some((bought, seos, _))) if *bought > 0 => {
                seos.over(Fraction::whole(*bought)).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn purchases(&self) -> Vec<Purchases> {
        let purchases = |(currency, (bought, seos, awards)): (&Currency, &(i64, Fraction, u64))| {
            let whole = Fraction::whole(*bought);
            Purchases {
                bought: Money::from_minor(*bought, *currency),
                from_seos: seos.over(whole).unwrap_or(Fraction::ZERO),
                awards: *awards,
            }
        };
        self.sums.iter().map(purchases).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::BuyerKind;
    use super::super::shipped::policy;
    use super::*;
    use crate::ids::Id;
    use uuid::Uuid;

    fn krw(amount: &str) -> Option<Money> {
        Money::parse(amount, "KRW".parse().unwrap()).ok()
    }

    fn award(n: u128, price: Option<Money>, part: (i128, i128), kinds: &[SeoKind]) -> YearAward {
        let work = |part, kinds: &[SeoKind]| WorkPart {
            organisation: Id::from_uuid(Uuid::from_u128(n)),
            part,
            kinds: kinds.to_vec(),
        };
        let part = Fraction::new(part.0, part.1).unwrap();
        let rest = Fraction::ONE.minus(part).unwrap();
        YearAward {
            tender: Id::from_uuid(Uuid::from_u128(n)),
            price,
            parts: Some(vec![work(part, kinds), work(rest, &[])]),
            social_percent: Some(Fraction::whole(20)),
            explained: n.is_multiple_of(2),
        }
    }

    fn made(awards: &[YearAward]) -> ComplianceReport {
        let seoul = [policy("kr-seoul-social-value-2015", 1)];
        let buyer = Procurement {
            buyer_kind: Some(BuyerKind::LocalGovernment),
            place: Some("KR-11".to_owned()),
            ..Procurement::default()
        };
        report(&YearFacts {
            policies: &seoul,
            buyer: &buyer,
            last_day: "2026-12-31".parse().unwrap(),
            awards,
            kpis: YearKpis {
                total: 3,
                verified: 2,
                reached: 1,
            },
        })
        .unwrap()
    }

    #[test]
    fn five_percent_from_social_economy_organisations_is_reached_exactly() {
        let coop = [SeoKind::Cooperative];
        let reached = made(&[
            award(1, krw("1000000"), (1, 2), &coop),
            award(2, krw("9000000"), (0, 1), &coop),
        ]);
        let target = &reached.targets[0];
        assert_eq!(target.answer, Answer::Met, "{}", target.sentence);
        assert_eq!(target.share, Some(Fraction::new(1, 20).unwrap()));
        let missed = made(&[
            award(1, krw("1000000"), (1, 2), &coop),
            award(2, krw("9000001"), (0, 1), &coop),
        ]);
        assert_eq!(missed.targets[0].answer, Answer::NotMet);
        assert_eq!(
            (missed.awards, missed.explained, missed.kpis.verified),
            (2, 1, 2)
        );
    }

    #[test]
    fn a_withheld_price_is_never_zero_and_leaves_the_target_unknown() {
        let mut hidden = award(1, None, (1, 1), &[SeoKind::Cooperative]);
        hidden.social_percent = None;
        let report = made(&[hidden, award(2, krw("100"), (0, 1), &[])]);
        assert_eq!((report.withheld, report.purchases.len()), (1, 1));
        assert_eq!(report.targets[0].answer, Answer::Unknown);
        assert_eq!(report.targets[0].share, None);
    }

    #[test]
    fn two_currencies_are_two_sums_and_no_share() {
        let euros = Money::parse("5", "EUR".parse().unwrap()).ok();
        let report = made(&[
            award(1, krw("100"), (1, 1), &[SeoKind::Vcse]),
            award(2, euros, (0, 1), &[]),
        ]);
        assert_eq!(report.purchases.len(), 2);
        assert_eq!(report.purchases[1].from_seos, Fraction::ONE);
        assert_eq!(report.targets[0].answer, Answer::Unknown);
    }
}
