//! What the check prints: a line for each contest and the totals, or one JSON object.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use commonweal_domain::award_check::{Basis, Contest, Finding, Note, Verdict};
use serde::Serialize;

use crate::cli::finding::{Answer, explanation};
use crate::cli::plain;
use crate::open_data::Release;

/// How many contests had which answer, and why.
#[derive(Default)]
struct Totals {
    agrees: u64,
    differs: u64,
    cannot_tell: u64,
    assumed: u64,
    tests: u64,
    notes: BTreeMap<&'static str, u64>,
    differences: BTreeMap<&'static str, u64>,
    doubts: BTreeMap<&'static str, u64>,
}

/// Prints contests as they come, and the totals at the end.
pub(super) struct Report<'w> {
    out: &'w mut dyn Write,
    json: bool,
    totals: Totals,
}

impl<'w> Report<'w> {
    /// A report in text or as JSON.
    pub(super) fn new(out: &'w mut dyn Write, json: bool) -> Self {
        Self {
            out,
            json,
            totals: Totals::default(),
        }
    }

    /// Before the first contest.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        if self.json {
            write!(self.out, "{{\"contests\":[")?;
        }
        Ok(())
    }

    /// Prints a contest and counts it.
    pub(super) fn contest(
        &mut self,
        path: &Path,
        release: &Release,
        contest: &Contest,
        finding: &Finding,
    ) -> anyhow::Result<()> {
        let first = self.totals.is_empty();
        self.totals.add(release, finding);
        if self.json {
            if !first {
                write!(self.out, ",")?;
            }
            write!(self.out, "\n  ")?;
            serde_json::to_writer(&mut *self.out, &Line::new(path, release, contest, finding))?;
        } else {
            let lot = contest.lot.as_deref().map(|lot| format!(" lot {lot}"));
            let line = format!(
                "{:<11} {}{}{}: {}",
                answer(&finding.verdict),
                contest.ocid,
                lot.unwrap_or_default(),
                if release.test { " (test)" } else { "" },
                explanation(finding)
            );
            writeln!(self.out, "{}", plain(&line))?;
        }
        Ok(())
    }

    /// After the last contest: the totals.
    pub(super) fn end(&mut self) -> io::Result<()> {
        let totals = &self.totals;
        if self.json {
            return writeln!(
                self.out,
                "\n],\"agrees\":{},\"differs\":{},\"cannotTell\":{}}}",
                totals.agrees, totals.differs, totals.cannot_tell
            );
        }
        let out = &mut *self.out;
        let contests = totals.agrees + totals.differs + totals.cannot_tell;
        writeln!(out, "\n{contests} contests")?;
        if totals.tests > 0 {
            writeln!(
                out,
                "  {:>6}  are marked as tests by their publisher",
                totals.tests
            )?;
        }
        writeln!(out, "{:>8}  agree", totals.agrees)?;
        if totals.assumed > 0 {
            writeln!(out, "  {:>6}  by an assumed rule", totals.assumed)?;
        }
        write_counts(out, &totals.notes)?;
        writeln!(out, "{:>8}  differ", totals.differs)?;
        write_counts(out, &totals.differences)?;
        writeln!(out, "{:>8}  cannot tell", totals.cannot_tell)?;
        write_counts(out, &totals.doubts)
    }
}

fn write_counts(out: &mut dyn Write, counts: &BTreeMap<&'static str, u64>) -> io::Result<()> {
    for (heading, count) in counts {
        writeln!(out, "  {count:>6}  {heading}")?;
    }
    Ok(())
}

impl Totals {
    fn is_empty(&self) -> bool {
        self.agrees + self.differs + self.cannot_tell == 0
    }

    fn add(&mut self, release: &Release, finding: &Finding) {
        self.tests += u64::from(release.test);
        match &finding.verdict {
            Verdict::Agrees { .. } => {
                self.agrees += 1;
                self.assumed += u64::from(finding.basis == Basis::Assumed);
                for note in &finding.notes {
                    *self.notes.entry(heading(note)).or_default() += 1;
                }
            }
            Verdict::Differs(difference) => {
                self.differs += 1;
                *self.differences.entry(difference.heading()).or_default() += 1;
            }
            Verdict::CannotTell(doubt) => {
                self.cannot_tell += 1;
                *self.doubts.entry(doubt.heading()).or_default() += 1;
            }
        }
    }
}

/// What a note is called in the totals of the contests that agree.
fn heading(note: &Note) -> &'static str {
    match note {
        Note::TieAmongLowest { .. } => "with a tie among the lowest",
        Note::ThanksToMinimum { .. } => "only thanks to the minimum price",
        Note::LowerBidsDisqualified { .. } => "with lower bids disqualified",
        Note::AwardValueDiffers { .. } => "awarded for another sum than the bid",
        Note::CurrencyAssumed { .. } => "with prices without a currency",
    }
}

fn answer(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Agrees { .. } => "agrees",
        Verdict::Differs(_) => "differs",
        Verdict::CannotTell(_) => "cannot tell",
    }
}

/// One contest for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    file: String,
    ocid: &'a str,
    lot: Option<&'a str>,
    test: bool,
    result: &'static str,
    /// `declared` or `assumed`.
    basis: &'static str,
    /// A word for the ground, when it does not agree.
    reason: Option<&'static str>,
    explanation: String,
    notes: Vec<LineNote>,
}

#[derive(Serialize)]
struct LineNote {
    code: &'static str,
    text: String,
}

impl<'a> Line<'a> {
    fn new(path: &Path, release: &Release, contest: &'a Contest, finding: &Finding) -> Self {
        let answer = Answer::of(&finding.verdict);
        Self {
            file: path.display().to_string(),
            ocid: &contest.ocid,
            lot: contest.lot.as_deref(),
            test: release.test,
            result: answer.code,
            basis: finding.basis.code(),
            reason: answer.reason,
            explanation: explanation(finding),
            notes: finding
                .notes
                .iter()
                .map(|note| LineNote {
                    code: note.code(),
                    text: note.to_string(),
                })
                .collect(),
        }
    }
}
