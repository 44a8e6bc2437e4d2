//! The report on a plan for people.

use std::io::{self, Write};

use commonweal_domain::scoring::plan_report::{Bias, PlanReport, PriceEquivalents, Simulation};

use super::text::decimal;

/// What one step of each criterion costs.
pub(super) fn price_equivalents(out: &mut dyn Write, found: &PriceEquivalents) -> io::Result<()> {
    writeln!(out, "\nPrice equivalents at {}", found.reference_price)?;
    match found.point {
        Some(point) => writeln!(out, "  One point is lost by a price higher by {point}.")?,
        None => writeln!(out, "  No higher price loses a point.")?,
    }
    for one in &found.criteria {
        let (code, from, to) = (&one.criterion, &one.from, &one.to);
        let points = one.points.map_or("no".to_owned(), decimal);
        let worth = one.price.map_or_else(
            || "any price".to_owned(),
            |price| format!("a price higher by up to {price}"),
        );
        writeln!(
            out,
            "  {code}: from {from} to {to} brings {points} points and outweighs {worth}."
        )?;
    }
    Ok(())
}

/// All but the price equivalents.
pub(super) fn rest(out: &mut dyn Write, plan: &PlanReport) -> io::Result<()> {
    writeln!(out, "\nThe plan")?;
    for warning in &plan.warnings {
        writeln!(out, "  {warning}.")?;
    }
    for fact in &plan.facts {
        writeln!(out, "  {} ({}).", fact.sentence, fact.clause)?;
    }
    simulation(out, &plan.simulation)?;
    for bias in &plan.bias {
        size(out, bias)?;
    }
    Ok(())
}

fn simulation(out: &mut dyn Write, found: &Simulation) -> io::Result<()> {
    let (runs, bids) = (found.runs, found.bids);
    let (reversals, ties) = (found.reversals, found.ties);
    writeln!(
        out,
        "  Of {runs} contests of {bids} random bids, a loser decides {reversals}, {ties} are tied, {} have no winner.",
        found.without_winner
    )?;
    let Some(example) = &found.example else {
        return Ok(());
    };
    let then = example.winner_without.map_or_else(
        || "the ranking is withheld".to_owned(),
        |winner| format!("bid {winner} wins"),
    );
    let (winner, left_out) = (example.winner, example.left_out);
    writeln!(
        out,
        "  For example bid {winner} wins these, and without bid {left_out} {then}:"
    )?;
    for bid in &example.bids {
        let values: Vec<&str> = bid
            .values
            .iter()
            .map(|value| value.value.as_str())
            .collect();
        writeln!(out, "    {}: {}", bid.number, values.join(", "))?;
    }
    Ok(())
}

fn size(out: &mut dyn Write, bias: &Bias) -> io::Result<()> {
    let code = &bias.criterion;
    let mark = |mark: Option<_>| mark.map_or("no".to_owned(), decimal);
    let (large, small) = (mark(bias.large_mark), mark(bias.small_mark));
    let (much, little) = (&bias.large_promises, &bias.small_promises);
    let (wins, runs) = (bias.small_wins, bias.runs);
    writeln!(
        out,
        "  {code}: of two bidders that promise the same for each of their people, the ten times larger promises {much} and gets {large} points, the smaller {little} and {small}. Among random offers the smaller wins {wins} of {runs}."
    )?;
    if let Some(offer) = &bias.offer {
        let why = if offer.per_contract_value {
            "which is plausible for a contract of this value"
        } else {
            "which the smaller one can promise"
        };
        writeln!(
            out,
            "    With a published target of {}, {why}, the smaller wins {} of {runs}.",
            offer.target, offer.small_wins
        )?;
    }
    Ok(())
}
