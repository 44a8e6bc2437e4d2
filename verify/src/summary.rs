//! The report in plain language.

use std::collections::BTreeMap;
use std::fmt;

use crate::item::Proven;
use crate::report::{Finding, KeySource, Report, Verdict};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        counts(f, "Recomputed from the log alone", &self.recomputed)?;
        counts(
            f,
            "Attested only (the log says so; nothing in it allows one to recompute it)",
            &self.attested,
        )?;
        counts(
            f,
            "Sealed and not yet opened, replaced, withdrawn or void",
            &self.waiting,
        )?;
        for warning in &self.warnings {
            writeln!(f, "\nWarning: {}", plain(warning))?;
        }
        self.all_findings(f)?;
        self.conclusion(f)
    }
}

impl Report {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.origin.as_deref().unwrap_or("unknown");
        writeln!(f, "Log         {}", plain(origin))?;
        writeln!(f, "Read from   {}", plain(&self.address))?;
        if let Some(key) = &self.key {
            let from = match self.key_source {
                Some(KeySource::Given) => "given",
                Some(KeySource::Kept) => "kept from an earlier run",
                Some(KeySource::FirstUse) | None => "served by the log itself",
            };
            match &self.trusted_key {
                None => writeln!(f, "Key         {} ({from})", plain(key))?,
                Some(trusted) => {
                    writeln!(
                        f,
                        "Key         {} (the log's entries lead to it)",
                        plain(key)
                    )?;
                    writeln!(f, "Trusted key {} ({from})", plain(trusted))?;
                }
            }
        }
        match self.witnesses.as_deref() {
            None => {}
            Some([]) => writeln!(f, "Witnesses   none")?,
            Some(names) => writeln!(f, "Witnesses   {}", plain(&names.join(", ")))?,
        }
        let Some(root) = &self.root else {
            return Ok(());
        };
        writeln!(f, "Size        {}", entries(self.size))?;
        writeln!(f, "Root        {root}")?;
        if let Some(at) = self.last_entry_at {
            writeln!(f, "Last entry  {at}")?;
        }
        match self.previous_size {
            Some(size) => writeln!(f, "Seen before {}", entries(size))?,
            None => writeln!(
                f,
                "Seen before nothing: a first run cannot notice a past that was rewritten"
            )?,
        }
        writeln!(f, "Replayed    {}", entries(self.entries_replayed))
    }

    fn all_findings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (verdict, count, title) in [
            (Verdict::Discrepancy, self.discrepancies, "Discrepancies"),
            (Verdict::CannotTell, self.cannot_tell, "Could not be judged"),
        ] {
            if count == 0 {
                continue;
            }
            writeln!(f, "\n{title}: {count}")?;
            let mut listed: u64 = 0;
            for finding in self
                .findings
                .iter()
                .filter(|finding| finding.verdict == verdict)
            {
                listed = listed.saturating_add(1);
                one_finding(f, finding)?;
            }
            if listed < count {
                writeln!(f, "  ... and {} more", count.saturating_sub(listed))?;
            }
        }
        if let Some(fork) = &self.fork {
            writeln!(
                f,
                "\nTwo signed checkpoints contradict each other. Keep both: they prove it to anyone."
            )?;
            for note in [&fork.kept, &fork.shown] {
                writeln!(f)?;
                note.lines()
                    .try_for_each(|line| writeln!(f, "    {}", plain(line)))?;
            }
        }
        Ok(())
    }

    fn conclusion(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.verdict() {
            Verdict::Clean => {
                "Clean: every entry was read and replayed, and everything that can be recomputed agrees."
            }
            Verdict::Discrepancy => "Discrepancy: the log is not what it should be.",
            Verdict::CannotTell => {
                "Cannot tell: what was read agrees, but not everything could be checked."
            }
        };
        writeln!(f, "\n{words}")
    }
}

fn entries(count: u64) -> String {
    let noun = if count == 1 { "entry" } else { "entries" };
    format!("{count} {noun}")
}

fn counts(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    sorts: &BTreeMap<&'static str, u64>,
) -> fmt::Result {
    if sorts.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}:")?;
    sorts
        .iter()
        .try_for_each(|(sort, count)| writeln!(f, "  {count:>9}  {sort}"))
}

impl Proven {
    /// Which entry of which log.
    pub(crate) fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Log         {}", plain(&self.origin))?;
        writeln!(f, "Key         {}", plain(&self.key))?;
        writeln!(f, "Head        {}, root {}", entries(self.size), self.root)?;
        if let Some(names) = &self.witnesses {
            writeln!(f, "Witnesses   {}", plain(&names.join(", ")))?;
        }
        if let Some(size) = self.present_size {
            writeln!(f, "Continued   by a head of {}", entries(size))?;
        }
        writeln!(f, "Entry       {} ({})", self.index, plain(self.kind()))
    }

    pub(crate) fn warn(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.warnings
            .iter()
            .try_for_each(|warning| writeln!(f, "\nWarning: {}", plain(warning)))
    }
}

impl fmt::Display for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        let text = serde_json::to_string_pretty(&self.entry).map_err(|_| fmt::Error)?;
        text.lines()
            .try_for_each(|line| writeln!(f, "    {}", plain(line)))?;
        self.warn(f)?;
        writeln!(
            f,
            "\nProven: this entry is in the signed log. Whether the rules allow it, the whole check tells."
        )
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        one_finding(f, self)
    }
}

fn one_finding(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    match (finding.index, &finding.kind) {
        (Some(index), Some(kind)) => write!(f, "  entry {index} ({})", plain(kind))?,
        (Some(index), None) => write!(f, "  entry {index}")?,
        (None, _) => write!(f, "  the log")?,
    }
    writeln!(f, ", {}", finding.check)?;
    writeln!(f, "    expected  {}", plain(&finding.expected))?;
    writeln!(f, "    found     {}", plain(&finding.found))
}

/// Text of the log as a terminal may show it: a hostile entry must not move the cursor or hide a finding.
pub(crate) fn plain(text: &str) -> String {
    commonweal_domain::text::shown(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_log_cannot_steer_the_terminal() {
        let mut report = Report::new("here".to_owned());
        report.add(Finding::discrepancy(
            "name",
            "\u{1b}[2J\rclean",
            "a\u{202e}b\n0 findings",
        ));
        let text = report.to_string();
        assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text}");
        assert!(text.contains("a\u{fffd}b\u{fffd}0 findings"), "{text}");
        assert!(text.ends_with("not what it should be.\n"), "{text}");
    }
}
