//! What a certificate says, and whether it still holds.

use std::fmt;

use commonweal_domain::credit::retirement::{Retirement, RetirementReason};
use commonweal_domain::ids::{BatchId, KpiId};
use commonweal_domain::log::proof::TlogProof;
use commonweal_domain::time::{Date, Time};
use serde::{Deserialize, Serialize, Serializer};

use crate::item::{Proven, prove_receipt};
use crate::report::{Finding, Report, Verdict};
use crate::source::Source;
use crate::summary::plain;
use crate::{Options, Progress, run_to_state};

/// Kinds of entries of which a certificate can be made: units that were claimed for ever.
const CERTIFIED: [&str; 2] = ["credits.retired", "credits.issued"];

/// Units that were claimed for ever. It prints as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// The batch of which they are.
    pub batch: BatchId,
    /// Which units, for whom, where, for when and why, with the number of the certificate.
    pub retirement: Retirement,
    /// The day on which it was given, in UTC.
    pub on: Date,
    /// Units for which it holds no more, because the outcome behind them was corrected or reversed; none where no log was
    /// replayed to its end and found clean, as nothing else can tell. Decimal text in JSON, as units in entries.
    #[serde(serialize_with = "as_text")]
    pub withdrawn: Option<i64>,
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn as_text<S: Serializer>(units: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match units {
        Some(units) => serializer.collect_str(units),
        None => serializer.serialize_none(),
    }
}

/// What an entry that gives certificates holds of them.
#[derive(Deserialize)]
struct Body {
    batch: BatchId,
    retirement: Option<Retirement>,
    #[serde(default)]
    retirements: Vec<Retirement>,
}

impl Proven {
    /// The certificates that this entry gave.
    ///
    /// # Errors
    /// When no unit was claimed for ever by it, or its body cannot be read.
    pub fn certificates(&self) -> Result<Vec<Certificate>, Finding> {
        let none = || {
            let found = format!("an entry of the kind {} without any", self.kind());
            Finding::discrepancy("certificate", "units that were retired", found).at(self.index)
        };
        if !CERTIFIED.contains(&self.kind()) {
            return Err(none());
        }
        let unread = |error: &dyn fmt::Display| {
            Finding::cannot_tell("certificate", "the body of a retirement", error).at(self.index)
        };
        let body: Body =
            serde_json::from_value(self.entry["body"].clone()).map_err(|error| unread(&error))?;
        let at = self.entry["at"].as_i64().map(Time::from_micros);
        let on = at.ok_or_else(|| unread(&"no time"))?.date();
        let certificate = |retirement| Certificate {
            batch: body.batch,
            retirement,
            on,
            withdrawn: None,
        };
        let given = body.retirement.into_iter().chain(body.retirements);
        let given: Vec<Certificate> = given.map(certificate).collect();
        if given.is_empty() {
            return Err(none());
        }
        Ok(given)
    }
}

/// What was found of the file of a certificate. It prints as a summary for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// The gravest of everything that was found.
    pub verdict: Verdict,
    /// The entry, where it is in the signed log.
    pub proven: Option<Proven>,
    /// Why it is none that gives a certificate.
    pub finding: Option<Finding>,
    /// What the entry certifies: one thing, or all that retired when credits were issued.
    pub certificates: Vec<Certificate>,
    /// What the whole check of the log found, where there is one.
    pub report: Option<Report>,
}

/// Checks the file of a certificate, alone or printed for people with the receipt at its end. With a log the whole of it is
/// checked too, and tells what of the certificate was withdrawn since.
pub fn check_certificate(
    file: &str,
    source: Option<&dyn Source>,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Checked {
    let proven = prove_receipt(TlogProof::within(file), source, options);
    let proven = proven.and_then(|proven| Ok((proven.certificates()?, proven)));
    let (mut certificates, proven) = match proven {
        Ok(found) => found,
        Err(finding) => {
            return Checked {
                verdict: finding.verdict,
                proven: None,
                finding: Some(finding),
                certificates: Vec::new(),
                report: None,
            };
        }
    };
    let mut verdict = Verdict::Clean;
    let report = source.map(|source| {
        let (report, state) = run_to_state(source, options, progress);
        verdict = report.verdict();
        if verdict == Verdict::Clean {
            for certificate in &mut certificates {
                let withdrawn = state.credits.withdrawn(certificate.retirement.id);
                certificate.withdrawn = Some(withdrawn);
            }
        }
        report
    });
    Checked {
        verdict,
        proven: Some(proven),
        finding: None,
        certificates,
        report,
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(finding) = &self.finding {
            write!(f, "{finding}")?;
        }
        if let Some(proven) = &self.proven {
            proven.head(f)?;
            proven.warn(f)?;
        }
        if let Some(report) = &self.report {
            write!(f, "\n{report}")?;
        }
        self.certificates
            .iter()
            .try_for_each(|certificate| writeln!(f, "\n{certificate}"))
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retired = &self.retirement;
        let units = retired.units();
        write!(
            f,
            "Certificate {}: {} of batch:{}, serials {}, {} retired on {} for organisation:{}, as delivered in {} from {} to before {}: {}.",
            plain(&retired.certificate),
            credits(units),
            self.batch,
            retired.serials,
            if units == 1 { "was" } else { "were" },
            self.on,
            retired.beneficiary,
            retired.jurisdiction,
            retired.period.from(),
            retired.period.to(),
            reason(retired.reason, retired.kpi),
        )?;
        f.write_str("\n")?;
        match self.withdrawn {
            None => f.write_str(
                "Whether it was withdrawn since is not known: that takes a log which is named, read to its end and found clean.",
            ),
            Some(..=0) => f.write_str("It holds: nothing of it was withdrawn since."),
            Some(withdrawn) if withdrawn < units => write!(
                f,
                "WITHDRAWN IN PART: the outcome behind {} was corrected or reversed since. It holds for {}.",
                credits(withdrawn),
                credits(units.saturating_sub(withdrawn)),
            ),
            Some(_) => f.write_str(
                "WITHDRAWN: the outcome behind all of it was corrected or reversed since. It holds for nothing any more.",
            ),
        }
    }
}

fn credits(units: i64) -> String {
    let noun = if units == 1 { "credit" } else { "credits" };
    format!("{units} {noun}")
}

fn reason(reason: RetirementReason, kpi: Option<KpiId>) -> String {
    let of = kpi.map(|kpi| format!(" kpi:{kpi}")).unwrap_or_default();
    match reason {
        RetirementReason::Obligation => format!("it answers{of}"),
        RetirementReason::Surplus => "surplus of a contract, which went to its buyer".to_owned(),
        RetirementReason::Voluntary => "its holder chose to".to_owned(),
        RetirementReason::Substitution => format!("bought cover for{of}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn proven(kind: &str, body: &Value) -> Proven {
        Proven {
            origin: "demo.example/log".to_owned(),
            key: String::new(),
            index: 7,
            size: 8,
            root: String::new(),
            present_size: None,
            witnesses: None,
            entry: json!({ "kind": kind, "at": 1_767_225_600_000_000_i64, "body": body }),
            warnings: Vec::new(),
        }
    }

    fn retirement(reason: &str) -> Value {
        json!({ "id": "01a20920-4d2f-7bd2-93fe-213857378a58", "certificate": "CW-2026-93FE-2138-5737-8A58",
            "beneficiary": "019b8d62-7a80-79e0-a6cf-1144ae72dcc0", "jurisdiction": "KR", "reason": reason,
            "period": { "from": "2026-01-01", "to": "2027-01-01" }, "serials": { "from": "0", "to": "30" } })
    }

    fn body() -> Value {
        json!({ "batch": "01a20920-4c9a-727a-8f1c-f8693d528a94", "holder": "019b8d62-7a80-79e0-a6cf-1144ae72dcc0",
            "retirement": retirement("voluntary") })
    }

    #[test]
    fn a_certificate_says_in_words_whether_it_holds() {
        let given = proven("credits.retired", &body()).certificates().unwrap();
        let [certificate] = given.as_slice() else {
            panic!("{given:?}");
        };
        let said = |withdrawn| {
            let known = Certificate {
                withdrawn,
                ..certificate.clone()
            };
            known.to_string()
        };
        let start = "Certificate CW-2026-93FE-2138-5737-8A58: 30 credits of batch:01a20920-4c9a-727a-8f1c-f8693d528a94, \
            serials [0, 30), were retired on 2026-01-01";
        assert!(said(None).starts_with(start), "{}", said(None));
        for (withdrawn, words) in [
            (None, "\nWhether it was withdrawn since is not known"),
            (Some(0), "\nIt holds: nothing"),
            (
                Some(29),
                "\nWITHDRAWN IN PART: the outcome behind 29 credits was corrected or reversed since. It holds for 1 credit.",
            ),
            (Some(30), "\nWITHDRAWN: the outcome behind all of it"),
        ] {
            assert!(said(withdrawn).contains(words), "{}", said(withdrawn));
        }
        assert!(!said(Some(0)).contains("WITHDRAWN"));
    }

    #[test]
    fn an_issue_certifies_all_that_retired_with_it_and_other_entries_nothing() {
        let mut issued = body();
        issued["retirement"].take();
        issued["retirements"] = json!([retirement("obligation"), retirement("surplus")]);
        let given = proven("credits.issued", &issued).certificates().unwrap();
        assert_eq!(given.len(), 2);
        issued["retirements"] = json!([]);
        let nothing = proven("credits.issued", &issued).certificates();
        assert_eq!(nothing.unwrap_err().verdict, Verdict::Discrepancy);
        let other = proven("credits.transferred", &body()).certificates();
        assert_eq!(other.unwrap_err().verdict, Verdict::Discrepancy);
        let unread = proven("credits.retired", &Value::Null).certificates();
        assert_eq!(unread.unwrap_err().verdict, Verdict::CannotTell);
    }
}
