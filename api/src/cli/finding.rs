//! Findings of the award check in the words that the commands print and store.

use commonweal_domain::award_check::{Basis, Finding, Verdict};

/// The answer of a finding for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    /// `agrees`, `differs` or `cannotTell`.
    pub(super) code: &'static str,
    /// A word for the ground, when it does not agree.
    pub(super) reason: Option<&'static str>,
}

impl Answer {
    /// The answer of a verdict.
    pub(super) fn of(verdict: &Verdict) -> Self {
        let (code, reason) = match verdict {
            Verdict::Agrees { .. } => ("agrees", None),
            Verdict::Differs(difference) => ("differs", Some(difference.code())),
            Verdict::CannotTell(doubt) => ("cannotTell", Some(doubt.code())),
        };
        Self { code, reason }
    }
}

/// The finding as one sentence.
pub(super) fn explanation(finding: &Finding) -> String {
    let mut text = match &finding.verdict {
        Verdict::Agrees { winner } => format!("{winner} is the lowest valid bid"),
        Verdict::Differs(difference) => difference.to_string(),
        Verdict::CannotTell(doubt) => doubt.to_string(),
    };
    let decided = !matches!(finding.verdict, Verdict::CannotTell(_));
    if decided && finding.basis == Basis::Assumed {
        text.push_str("; rule assumed");
    }
    for note in &finding.notes {
        text.push_str("; ");
        text.push_str(&note.to_string());
    }
    text
}
