//! The signed head of the log: which key is trusted, which one signed, and which witnesses saw it.

use commonweal_domain::log::{
    checkpoint::{Checkpoint, CheckpointError},
    note::{MAX_NOTE_BYTES, NoteError, SignedNote, VerifierKey},
    rotation::Keys,
    witness::WitnessPolicy,
};

use crate::Options;
use crate::kept::Kept;
use crate::report::{Finding, KeySource, Report};
use crate::source::Source;

/// The longest verifier key that is read, in bytes.
pub(crate) const MAX_VKEY_BYTES: u64 = 4_096;

/// A signed head.
pub(crate) struct Head {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) note: SignedNote,
    /// The key that signed it.
    pub(crate) key: VerifierKey,
    /// The key that is trusted, when it is another: entries of the log must lead from it to the one that signed.
    pub(crate) trusted: Option<VerifierKey>,
}

impl Head {
    /// Fetches the head and checks its signature, and its cosignatures by the policy.
    pub(crate) fn fetch(
        source: &dyn Source,
        options: &Options,
        kept: Option<&Kept>,
        report: &mut Report,
    ) -> Result<Self, Finding> {
        let trusted = choose_key(source, options, kept, report)?;
        let head = Self::open(source, trusted)?;
        report.key = Some(head.key.to_string());
        report.trusted_key = head.trusted.as_ref().map(ToString::to_string);
        report.origin = Some(head.checkpoint.origin().to_owned());
        report.size = head.checkpoint.size();
        report.root = Some(head.checkpoint.root().to_base64());
        if let Some(policy) = &options.witnesses {
            check_witnesses(policy, &head.note, report);
        }
        Ok(head)
    }

    fn open(source: &dyn Source, trusted: VerifierKey) -> Result<Self, Finding> {
        let limit = u64::try_from(MAX_NOTE_BYTES).unwrap_or(u64::MAX);
        let bytes = source.read("checkpoint", limit).map_err(|error| {
            Finding::cannot_tell("checkpoint", "the signed head of the log", error)
        })?;
        let refused = match Checkpoint::open(&bytes, &trusted) {
            Ok((checkpoint, note)) => {
                return Ok(Self {
                    checkpoint,
                    note,
                    key: trusted,
                    trusted: None,
                });
            }
            Err(error) => error,
        };
        // The log may have changed its key since. Whether it did, its entries tell.
        if refused == CheckpointError::Note(NoteError::NoKnownKey)
            && let Ok(served) = served_key(source)
            && served.name() == trusted.name()
            && let Ok((checkpoint, note)) = Checkpoint::open(&bytes, &served)
        {
            return Ok(Self {
                checkpoint,
                note,
                key: served,
                trusted: Some(trusted),
            });
        }
        Err(unsigned(&trusted, refused))
    }

    /// Whether the entries lead from the key that is trusted to the one that signed, which must be the log's present one.
    pub(crate) fn follows(&self, keys: &Keys, report: &mut Report) -> bool {
        if let Some(trusted) = &self.trusted
            && !keys.lead(trusted, &self.key)
        {
            report.add(Finding::discrepancy(
                "signature",
                format!("a checkpoint signed with {trusted}, or with a key that entries of the log lead to from it"),
                format!("a checkpoint signed with {}", self.key),
            ));
            return false;
        }
        match keys.present() {
            Some(present) if *present != self.key => {
                report.add(Finding::discrepancy(
                    "signature",
                    format!("a checkpoint signed with {present}, to which the log changed"),
                    format!("a checkpoint signed with {}", self.key),
                ));
                false
            }
            _ => true,
        }
    }
}

fn unsigned(key: &VerifierKey, error: CheckpointError) -> Finding {
    let expected = format!("a checkpoint signed with {key}");
    match error {
        // A signed statement that is not this log's, as against bytes that are no statement at all.
        CheckpointError::OtherOrigin { .. }
        | CheckpointError::EmptyTreeRoot(_)
        | CheckpointError::Note(NoteError::BadSignature { .. } | NoteError::NoKnownKey) => {
            Finding::discrepancy("signature", expected, error)
        }
        CheckpointError::Malformed { .. }
        | CheckpointError::Origin(_)
        | CheckpointError::Note(_) => Finding::cannot_tell("signature", expected, error),
    }
}

/// The key given, else the key kept, else the key that the log serves, with a warning.
pub(crate) fn choose_key(
    source: &dyn Source,
    options: &Options,
    kept: Option<&Kept>,
    report: &mut Report,
) -> Result<VerifierKey, Finding> {
    let (key, from) = match (&options.vkey, kept) {
        (Some(given), Some(kept)) if *given != kept.vkey => {
            return Err(Finding::discrepancy(
                "key",
                format!("the key given, {given}"),
                format!("the key kept from an earlier run, {}", kept.vkey),
            ));
        }
        (Some(given), _) => (given.clone(), KeySource::Given),
        (None, Some(kept)) => (kept.vkey.clone(), KeySource::Kept),
        (None, None) => {
            report.warnings.push(format!(
                "the log's key was taken from {} itself, on trust: compare it with the key that the operator published elsewhere, or give it with --vkey",
                source.address()
            ));
            (served_key(source)?, KeySource::FirstUse)
        }
    };
    report.key = Some(key.to_string());
    report.key_source = Some(from);
    Ok(key)
}

fn served_key(source: &dyn Source) -> Result<VerifierKey, Finding> {
    let expected = "the verifier key of the log at vkey";
    let bytes = source
        .read("vkey", MAX_VKEY_BYTES)
        .map_err(|error| Finding::cannot_tell("key", expected, error))?;
    String::from_utf8_lossy(&bytes)
        .trim_end()
        .parse()
        .map_err(|error| Finding::cannot_tell("key", expected, error))
}

/// Too few cosignatures prove nothing wrong; a wrong one under the key of a witness does.
fn check_witnesses(policy: &WitnessPolicy, note: &SignedNote, report: &mut Report) {
    match policy.cosigned(note) {
        Ok(signed) => {
            let names: Vec<String> = signed.iter().map(|witness| witness.name.clone()).collect();
            if !policy.is_met(&signed) {
                let found = if names.is_empty() {
                    "none".to_owned()
                } else {
                    format!("those of {} alone", names.join(", "))
                };
                report.add(Finding::cannot_tell(
                    "witnesses",
                    "as many cosignatures as the policy wants",
                    found,
                ));
            }
            report.witnesses = Some(names);
        }
        Err(error) => report.add(Finding::discrepancy(
            "witnesses",
            "cosignatures over this checkpoint",
            error,
        )),
    }
}
