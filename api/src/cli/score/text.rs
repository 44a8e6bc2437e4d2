//! The report for people.

use std::io::{self, Write};

use commonweal_domain::fraction::Fraction;
use commonweal_domain::ids::{BidId, Id, OrganisationId};
use commonweal_domain::scoring::exclusion::Ground;
use commonweal_domain::scoring::ranking::Ranking;
use commonweal_domain::scoring::robustness::{
    LeaveOut, LeftOut, LowPrices, Outcome, Robustness, Stability, WeightInterval,
};
use commonweal_domain::scoring::scorecard::{Mark, Scorecard};
use commonweal_domain::tender::plan::TieBreak;

use super::bids::Names;
use super::json::named;
use super::{Report, plan_text};
use crate::cli::plain;

/// The most scorecards that are printed; `--json` has all.
const CARDS: usize = 50;

/// Writes the report.
pub(super) fn write(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let page = Page {
        names: &report.contest.names,
    };
    if let Some(title) = &report.contest.title {
        writeln!(out, "{}\n", plain(title))?;
    }
    page.ranking(out, report)?;
    for card in report.evaluation.scorecards().take(CARDS) {
        page.card(out, &card)?;
    }
    match &report.robustness {
        Some(found) => page.robustness(out, found)?,
        None => writeln!(out, "\nRobustness\n  there is no winner to question")?,
    }
    if let Some(plan) = &report.plan {
        plan_text::price_equivalents(out, &plan.price_equivalents)?;
        if report.whole_plan {
            plan_text::rest(out, plan)?;
        }
    }
    let seed = hex::encode(report.contest.facts.seed.as_bytes());
    writeln!(out, "\nSeed of draws and simulations\n  {seed}")
}

struct Page<'a> {
    names: &'a Names,
}

impl Page<'_> {
    fn bid(&self, bid: BidId) -> String {
        let name = self.names.get(&bid.uuid());
        name.map_or_else(|| bid.to_string(), |name| plain(name))
    }

    fn bids(&self, bids: &[BidId]) -> String {
        let names: Vec<String> = bids.iter().map(|bid| self.bid(*bid)).collect();
        names.join(" and ")
    }

    fn organisation(&self, id: OrganisationId) -> String {
        let name = self.names.get(&id.uuid());
        name.map_or_else(|| id.to_string(), |name| plain(name))
    }

    fn ranking(&self, out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
        match report.evaluation.ranking() {
            Ranking::Ranked(places) => {
                writeln!(out, "Ranking")?;
                for place in places {
                    let total = place.total.map_or(String::new(), |total| total.to_string());
                    let tie = place.tie_decided_by.as_ref();
                    let tie = tie.map_or(String::new(), |tie| {
                        format!("  before the next by {}", tie_break(tie))
                    });
                    let name = self.bid(place.bid);
                    writeln!(out, "  {:>3}  {total:>10}  {name}{tie}", place.rank)?;
                }
                if places.is_empty() {
                    writeln!(out, "  no bid takes part")?;
                }
            }
            Ranking::Withheld(missing) => {
                writeln!(out, "Ranking withheld")?;
                for gap in missing {
                    let code = gap.criterion.as_ref();
                    let code = code.map_or("the method".to_owned(), ToString::to_string);
                    let rule = &gap.rule;
                    let bids = self.bids(&gap.bids);
                    writeln!(out, "  {code}, {rule}: {} (bid {bids})", gap.reason)?;
                }
                writeln!(
                    out,
                    "  A published rule for this case, or the exclusion of the bid by a decision, gives a ranking."
                )?;
            }
            Ranking::NotKnown => writeln!(out, "Ranking not known")?,
        }
        for excluded in report.evaluation.excluded() {
            let grounds: Vec<String> = excluded.grounds.iter().map(ground).collect();
            let name = self.bid(excluded.bid);
            writeln!(out, "  out  {name}: {}", grounds.join("; "))?;
        }
        Ok(())
    }

    fn card(&self, out: &mut dyn Write, card: &Scorecard) -> io::Result<()> {
        writeln!(out, "\nScorecard of {}", self.bid(card.bid))?;
        for scored in &card.marks {
            let (code, points) = (scored.criterion.to_string(), &scored.points);
            let mark = match scored.mark {
                Mark::Defined { exact, rounded } => {
                    let points = rounded.out_of(points);
                    format!("{rounded:>10} of {points:<8}  exactly {exact}")
                }
                Mark::Undefined(reason) => format!("{:>10} of {points:<8}  {reason}", "-"),
                Mark::Withheld(field) | Mark::Unknown(field) => {
                    format!("{:>10} of {points:<8}  {field} is not known", "-")
                }
            };
            writeln!(out, "  {code:<12}{mark}")?;
            let inputs: Vec<String> = scored
                .inputs
                .iter()
                .map(|input| {
                    let name = named(&input.name, self.names);
                    let name = plain(name.as_deref().unwrap_or(&input.name));
                    format!("{name} = {}", plain(&input.value))
                })
                .collect();
            let (rule, formula) = (&scored.rule, &scored.formula);
            writeln!(out, "  {:<12}{rule}: {formula}; {}", "", inputs.join(", "))?;
        }
        let total = card
            .total
            .map_or("none".to_owned(), |total| total.to_string());
        writeln!(out, "  {:<12}{total:>10}", "total")
    }

    fn robustness(&self, out: &mut dyn Write, found: &Robustness) -> io::Result<()> {
        writeln!(out, "\nRobustness")?;
        let tried = &found.leave_out;
        let (groups, pairs) = (tried.groups, tried.pairs);
        if tried.changes.is_empty() {
            writeln!(
                out,
                "  Nobody's absence changes the winner: {groups} losing owners and {pairs} pairs of losers left out."
            )?;
        }
        for change in &tried.changes {
            self.change(out, change)?;
        }
        unlisted(
            out,
            tried.more,
            "further changes of the winner are not listed",
        )?;
        let such = tried.pairs_with_such_a_bid;
        unlisted(
            out,
            such,
            "pairs with a bid that changes the winner alone are not listed again",
        )?;
        unlisted(
            out,
            tried.not_tried,
            "sets were not tried: the work is bounded",
        )?;
        for change in &found.pledges.changes {
            let (code, capped) = (&change.criterion, self.bids(&change.capped));
            let (at, ranking) = (self.bid(change.at), self.outcome(&change.ranking));
            writeln!(
                out,
                "  With the pledge of {capped} for {code} capped at that of {at}: {ranking}."
            )?;
        }
        unlisted(
            out,
            found.pledges.not_tried,
            "caps on pledges were not tried: the work is bounded",
        )?;
        if let Some(stability) = &found.stability {
            self.stability(out, stability)?;
        }
        if let Some(noise) = &found.noise {
            let runs = noise.runs;
            writeln!(
                out,
                "  With each consensus replaced by one evaluator's mark, drawn in {runs} runs:"
            )?;
            for wins in &noise.wins {
                writeln!(out, "    {} wins {}", self.bid(wins.bid), wins.runs)?;
            }
            unlisted(out, noise.without_winner, "runs have no winner")?;
        }
        if let Some(low) = &found.low_prices {
            self.low_prices(out, low)?;
        }
        for high in &found.high_pledges {
            let (bid, rate) = (self.bid(high.bid), &high.rate);
            let (pledged, measure, price) = (&high.pledged, &high.measure, high.price);
            let (quantity, per) = (&rate.quantity, rate.per);
            writeln!(
                out,
                "  {bid} promises {pledged} of {measure} for {price}, beyond {quantity} per {per}: it may explain."
            )?;
        }
        Ok(())
    }

    fn change(&self, out: &mut dyn Write, change: &LeaveOut) -> io::Result<()> {
        let bids = self.bids(&change.bids);
        let who = match change.left_out {
            LeftOut::OwnerGroup(top) if change.bids.len() > 1 => {
                format!("{bids} of the owner {}", self.organisation(top))
            }
            LeftOut::OwnerGroup(_) | LeftOut::Bid => bids.clone(),
            LeftOut::Pair => format!("the pair {bids}"),
        };
        writeln!(out, "  Without {who}: {}.", self.outcome(&change.ranking))?;
        if let Some(hint) = &change.hint {
            let winner = self.bid(hint.winner);
            for line in &hint.lines {
                let (code, floor, ceiling) = (&line.criterion, line.floor, line.ceiling);
                writeln!(
                    out,
                    "    The linear price rule keeps the winner when {bids} is removed: on a line from {floor} to {ceiling} for {code}, {winner} wins either way."
                )?;
            }
            for target in &hint.targets {
                let (code, target) = (&target.criterion, &target.target);
                writeln!(
                    out,
                    "    A published target keeps the winner when {bids} is removed: with {target} for {code}, {winner} wins either way."
                )?;
            }
        }
        Ok(())
    }

    fn outcome(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Ranked(places) => {
                let names: Vec<String> = places.iter().map(|bid| self.bid(*bid)).collect();
                match names.split_first() {
                    Some((winner, [])) => format!("{winner} wins"),
                    Some((winner, rest)) => format!("{winner} wins, then {}", rest.join(", ")),
                    None => "no bid takes part".to_owned(),
                }
            }
            Outcome::Withheld => "the ranking is withheld".to_owned(),
        }
    }

    fn stability(&self, out: &mut dyn Write, stability: &Stability) -> io::Result<()> {
        for interval in &stability.intervals {
            let WeightInterval {
                criterion,
                weight,
                below,
                above,
            } = interval;
            let mut sides = Vec::new();
            if let Some(flip) = below {
                let (at, rival) = (percent(flip.weight), self.bid(flip.rival));
                sides.push(format!("{rival} leads below {at}"));
            }
            if let Some(flip) = above {
                let (at, rival) = (percent(flip.weight), self.bid(flip.rival));
                sides.push(format!("{rival} leads above {at}"));
            }
            if sides.is_empty() {
                sides.push("the winner leads at any weight".to_owned());
            }
            writeln!(
                out,
                "  Weight of {criterion}, {}: {}.",
                percent(*weight),
                sides.join(", ")
            )?;
        }
        for rival in &stability.ahead_unrounded {
            writeln!(
                out,
                "  Rounding decides: with unrounded marks {} leads.",
                self.bid(*rival)
            )?;
        }
        unlisted(
            out,
            stability.not_exact,
            "rivals leave the range of exact numbers: their weights are rounded to six places",
        )
    }

    fn low_prices(&self, out: &mut dyn Write, low: &LowPrices) -> io::Result<()> {
        if let Some(threshold) = low.threshold {
            let at = decimal(threshold);
            if low.flagged.is_empty() {
                writeln!(out, "  No price is abnormally low: none is below {at}.")?;
            }
            for bid in &low.flagged {
                writeln!(
                    out,
                    "  The price of {} is abnormally low, below {at}: it may explain.",
                    self.bid(*bid)
                )?;
            }
        }
        if low.needs_budget {
            writeln!(
                out,
                "  With this number of bids the rule for low prices asks for a budget: publish one."
            )?;
        }
        Ok(())
    }
}

fn unlisted(out: &mut dyn Write, count: u64, what: &str) -> io::Result<()> {
    if count > 0 {
        writeln!(out, "  {count} {what}.")?;
    }
    Ok(())
}

fn tie_break(tie: &TieBreak) -> String {
    match tie {
        TieBreak::CriterionMark(code) => format!("the mark of {code}"),
        TieBreak::LowerPrice => "the lower price".to_owned(),
        TieBreak::EarlierReceipt => "the earlier receipt".to_owned(),
        TieBreak::DrawnLot => "the drawn lot".to_owned(),
    }
}

fn ground(ground: &Ground) -> String {
    match ground {
        Ground::BelowMinimumPrice => "below the minimum price".to_owned(),
        Ground::ConditionFailed(code) => format!("does not meet {code}"),
        Ground::BelowMinimumLevel(code) => format!("below the minimum level of {code}"),
        Ground::Withheld(field) => format!("a ground that follows from the {field}"),
    }
}

/// A part of 1 in percent.
fn percent(part: Fraction) -> String {
    let percent = part.times(Fraction::whole(100));
    percent.map_or_else(
        |_| part.to_string(),
        |percent| format!("{} %", decimal(percent)),
    )
}

/// A fraction as a short decimal for people; the exact one stands in the JSON.
pub(super) fn decimal(value: Fraction) -> String {
    let rounded = value.round(4);
    rounded.map_or_else(|_| value.to_string(), |value| value.normalize().to_string())
}
