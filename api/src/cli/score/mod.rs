//! `commonweal score FILE`: ranking, scorecards, robustness and price equivalents of a plan and its bids, without a
//! database. Its manual is `docs/scoring.md`.

mod bids;
mod contest;
mod distinct;
mod document;
mod error;
mod input;
mod json;
mod plan_text;
mod rule;
#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;
mod text;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use commonweal_domain::amount::Money;
use commonweal_domain::scoring::evaluation::{Evaluation, evaluate};
use commonweal_domain::scoring::plan_report::{PlanReport, PlanReportInput, RUNS, plan_report};
use commonweal_domain::scoring::ranking::Ranking;
use commonweal_domain::scoring::robustness::{Case, Robustness, robustness_of};
use serde_path_to_error::{Path, Segment};

use contest::Contest;
use document::Document;
use error::InputError;
use input::Input;

/// Exit code when the ranking is withheld: a rule has no value for a bid.
const WITHHELD: u8 = 2;

/// The largest file that is read.
const MAX_BYTES: u64 = 64 << 20;

/// Score bids by a plan: ranking, scorecards, robustness and price equivalents, without a database.
///
/// Exit code 0 when there is a ranking, 2 when it is withheld because a rule has no value, 1 when the file is wrong.
/// docs/scoring.md describes the file, every rule, and the generator of the simulations.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A plan and its bids as TOML or JSON; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Also report on the plan itself: rules that depend on other bids, simulation, dependence on size, missing facts.
    #[arg(long)]
    pub plan: bool,
}

/// What there is to say.
struct Report<'a> {
    contest: &'a Contest,
    evaluation: &'a Evaluation<'a>,
    robustness: Option<Robustness>,
    /// Price equivalents and the rest of the report on the plan; none without any price above zero.
    plan: Option<PlanReport>,
    /// Whether all of the report on the plan was asked for.
    whole_plan: bool,
}

/// Scores the file.
///
/// # Errors
/// When the file cannot be read or is wrong, or `out` cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let name = args.file.display();
    let text = read(&args.file).with_context(|| format!("{name} cannot be read"))?;
    let contest = parse(text).with_context(|| format!("{name} is wrong"))?;
    let evaluation = evaluate(
        &contest.plan,
        &contest.lot,
        &contest.entrants,
        &contest.facts,
    )?;
    let case = Case {
        plan: &contest.plan,
        lot: &contest.lot,
        entrants: &contest.entrants,
        facts: &contest.facts,
        groups: &contest.groups,
        panel: &contest.panel,
    };
    let report = Report {
        contest: &contest,
        evaluation: &evaluation,
        robustness: robustness_of(&evaluation, &case)?,
        plan: about_plan(&contest, &evaluation, args.plan)?,
        whole_plan: args.plan,
    };
    if args.json {
        json::write(out, &report)?;
    } else {
        text::write(out, &report)?;
    }
    Ok(match evaluation.ranking() {
        Ranking::Ranked(_) => ExitCode::SUCCESS,
        Ranking::Withheld(_) | Ranking::NotKnown => ExitCode::from(WITHHELD),
    })
}

fn read(file: &PathBuf) -> std::io::Result<String> {
    let mut text = String::new();
    let mut limited: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().take(MAX_BYTES + 1))
    } else {
        Box::new(std::fs::File::open(file)?.take(MAX_BYTES + 1))
    };
    limited.read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        let message = format!("it is larger than {MAX_BYTES} bytes");
        return Err(std::io::Error::other(message));
    }
    Ok(text)
}

/// The contest of a text, or the first thing that is wrong with it, by its line.
fn parse(text: String) -> Result<Contest, InputError> {
    let document = Document::parse(text)?;
    let input = serde_path_to_error::deserialize::<_, Input>(&document.value)
        .map_err(|error| InputError::at(pointer_of(error.path()), error.inner()));
    input.and_then(Contest::new).map_err(|error| InputError {
        line: document.line(&error.pointer),
        ..error
    })
}

/// A path as JSON pointer. Names of enum variants stand in the file too.
fn pointer_of(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let step = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.clone(),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&step);
    }
    pointer
}

/// The report on the plan around the stated reference price, or else the winner's price, or else the lowest.
fn about_plan(
    contest: &Contest,
    evaluation: &Evaluation<'_>,
    whole: bool,
) -> anyhow::Result<Option<PlanReport>> {
    let winner = evaluation.ranking().winner();
    let mut winners = contest.entrants.iter();
    let winners = winners.find(|entrant| Some(entrant.bid) == winner);
    let prices = contest.entrants.iter().filter_map(|bid| bid.content.price);
    let reference = contest
        .reference_price
        .or_else(|| winners?.content.price)
        .filter(|price| price.minor() > 0)
        .or_else(|| {
            prices
                .filter(|price| price.minor() > 0)
                .min_by_key(|price| price.minor())
        });
    let report = |reference_price: Money| {
        plan_report(&PlanReportInput {
            plan: &contest.plan,
            lot: &contest.lot,
            catalogue: &contest.catalogue,
            reference_price,
            seed: contest.facts.seed,
            runs: if whole { RUNS } else { 0 },
        })
    };
    Ok(reference.map(report).transpose()?)
}
