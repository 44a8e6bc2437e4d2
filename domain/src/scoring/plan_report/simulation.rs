//! Rank reversals and ties among random bids: how often a bid that cannot win decides who does, with the first case found
//! as an example that people can check by hand.

use serde::Serialize;

use super::BIDS;
use super::sample::{SampleBid, Samples};
use crate::fraction::ArithmeticError;
use crate::ids::{BidId, Id};
use crate::scoring::entrant::Entrant;
use crate::scoring::evaluation::evaluate;
use crate::scoring::generator::Generator;
use crate::scoring::ranking::Ranking;

/// The name of the generator's stream.
const STREAM: &str = "rank reversal";

/// A losing bid that decides the winner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reversal {
    /// The bids.
    pub bids: Vec<SampleBid>,
    /// The number of the bid that wins among all.
    pub winner: u32,
    /// The number of the losing bid that is left out.
    pub left_out: u32,
    /// The number of the bid that wins then; none when the ranking is withheld.
    pub winner_without: Option<u32>,
}

/// What the runs found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// How many runs there were.
    pub runs: u32,
    /// Bids in each run.
    pub bids: u32,
    /// Runs in which leaving out one loser changes the winner.
    pub reversals: u32,
    /// Runs in which the first two have equal totals.
    pub ties: u32,
    /// Runs without a winner, because a rule had no value or every bid was excluded.
    pub without_winner: u32,
    /// The first reversal found.
    pub example: Option<Reversal>,
}

/// Runs the simulation: run by run, bid by bid, each bid's numbers in the order of [`Samples::draw`].
pub(super) fn simulation(samples: &Samples<'_>, runs: u32) -> Result<Simulation, ArithmeticError> {
    let mut generator = Generator::new(samples.input.seed, STREAM);
    let mut found = Simulation {
        runs,
        bids: BIDS,
        reversals: 0,
        ties: 0,
        without_winner: 0,
        example: None,
    };
    for _ in 0..runs {
        let drawn: Vec<Vec<i64>> = (0..BIDS).map(|_| samples.draw(&mut generator)).collect();
        let entrants: Vec<Entrant> = (1..)
            .zip(&drawn)
            .map(|(number, values)| samples.entrant(number, values))
            .collect();
        let ranking = ranking(samples, &entrants)?;
        let Some(winner) = ranking.winner() else {
            found.without_winner = found.without_winner.saturating_add(1);
            continue;
        };
        if is_tied(&ranking) {
            found.ties = found.ties.saturating_add(1);
        }
        if let Some((left_out, without)) = reversal(samples, &entrants, winner)? {
            found.reversals = found.reversals.saturating_add(1);
            if found.example.is_none() {
                found.example = Some(Reversal {
                    bids: (1..)
                        .zip(&drawn)
                        .map(|(number, values)| samples.show(number, values))
                        .collect(),
                    winner: number(winner),
                    left_out: number(left_out),
                    winner_without: without.map(number),
                });
            }
        }
    }
    Ok(found)
}

fn ranking(samples: &Samples<'_>, entrants: &[Entrant]) -> Result<Ranking, ArithmeticError> {
    let facts = samples.facts(entrants);
    let evaluation = evaluate(samples.input.plan, samples.input.lot, entrants, &facts)?;
    Ok(evaluation.ranking().clone())
}

fn is_tied(ranking: &Ranking) -> bool {
    match ranking {
        Ranking::Ranked(places) => {
            matches!(places.as_slice(), [first, second, ..] if first.total == second.total)
        }
        _ => false,
    }
}

/// The first loser by number whose absence changes the winner, and who wins then.
fn reversal(
    samples: &Samples<'_>,
    entrants: &[Entrant],
    winner: BidId,
) -> Result<Option<(BidId, Option<BidId>)>, ArithmeticError> {
    let comparing = |leaf: &crate::tender::criteria::Leaf<'_>| leaf.rule.depends_on_other_bids();
    if !samples.leaves.iter().any(comparing) {
        return Ok(None);
    }
    for entrant in entrants.iter().filter(|entrant| entrant.bid != winner) {
        let rest: Vec<Entrant> = entrants
            .iter()
            .filter(|other| other.bid != entrant.bid)
            .cloned()
            .collect();
        let without = ranking(samples, &rest)?.winner();
        if without != Some(winner) {
            return Ok(Some((entrant.bid, without)));
        }
    }
    Ok(None)
}

/// The number under which a made-up bid was entered.
fn number(bid: BidId) -> u32 {
    u32::try_from(bid.uuid().as_u128()).unwrap_or(0)
}
