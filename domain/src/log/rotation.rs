//! The keys that sign the log: each names its successor, and both sign that they do.
//!
//! Whoever trusts one key of the chain can follow it through the entries to the key that signs now, without asking anyone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entry::{EntryBody, Header};
use super::note::{NoteError, NoteSigner, SignedNote, VerifierKey};
use super::state::{Finding, State};

/// The first line of the statement that both keys sign.
const TITLE: &str = "commonweal.log/key-rotation/v1";

/// `key.rotated`: checkpoints that cover this entry are signed with another key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRotated {
    /// A signed note: the line `commonweal.log/key-rotation/v1`, then the verifier keys before and after, a line each, then
    /// a signature of either key.
    pub note: String,
}

/// What such a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The key that signed up to now.
    pub from: VerifierKey,
    /// The key that signs from now on.
    pub to: VerifierKey,
}

/// Why a statement changes no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// Not the three lines.
    #[error("the statement is not `{TITLE}` and two verifier keys, a line each")]
    Form,
    /// The origin is the name of every key of a log.
    #[error("both keys must have the name of the log, and be different keys")]
    Names,
    /// One of the keys did not sign.
    #[error("both keys must sign the statement")]
    Unsigned,
    /// The note or a key in it is malformed, or a signature is wrong.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Rotation {
    /// The entry with which `from` hands over to `to`.
    pub fn sign(from: &NoteSigner, to: &NoteSigner) -> Result<KeyRotated, RotationError> {
        let text = format!("{TITLE}\n{}\n{}\n", from.verifier_key(), to.verifier_key());
        let mut note = SignedNote::sign(text.clone(), from)?;
        for signature in SignedNote::sign(text, to)?.signatures() {
            note.add_signature(signature.clone());
        }
        let note = note.to_string();
        Self::read(&note)?;
        Ok(KeyRotated { note })
    }

    /// Reads a statement and checks both signatures.
    pub fn read(note: &str) -> Result<Self, RotationError> {
        let signed = SignedNote::parse(note.as_bytes())?;
        let mut lines = signed.text().lines();
        let (Some(TITLE), Some(from), Some(to), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(RotationError::Form);
        };
        let keys: [VerifierKey; 2] = [from.parse()?, to.parse()?];
        if signed.verify(&keys)?.len() != keys.len() {
            return Err(RotationError::Unsigned);
        }
        let [from, to] = keys;
        if from == to || from.name() != to.name() {
            return Err(RotationError::Names);
        }
        Ok(Self { from, to })
    }
}

/// The keys of a log as its entries tell them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Each is the successor of the one before; empty as long as the first key signs.
    chain: Vec<VerifierKey>,
}

impl Keys {
    /// The key that signs now; none as long as the first one does, which no entry names.
    pub fn present(&self) -> Option<&VerifierKey> {
        self.chain.last()
    }

    /// Whether `later` is `earlier`, or signs in its succession.
    pub fn lead(&self, earlier: &VerifierKey, later: &VerifierKey) -> bool {
        let mut after = self.chain.iter().skip_while(|key| *key != earlier);
        earlier == later || after.any(|key| key == later)
    }
}

impl EntryBody for KeyRotated {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let rotation = Rotation::read(&self.note)
            .map_err(|error| header.finding("key", "a statement signed by both keys", error))?;
        let keys = &mut state.keys;
        let wrong = keys.present().is_some_and(|key| *key != rotation.from);
        let expected = keys.present().map(ToString::to_string);
        let found = rotation.from.to_string();
        if keys.chain.is_empty() {
            keys.chain.push(rotation.from);
        }
        keys.chain.push(rotation.to);
        if wrong {
            let expected = format!("the key {}", expected.unwrap_or_default());
            return Err(header.finding("key", expected, found));
        }
        state.tally.recomputed("changes of the log's key");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::entry::Draft;
    use crate::time::Time;

    fn signer(name: &str, seed: u8) -> NoteSigner {
        NoteSigner::from_seed(name.parse().unwrap(), &[seed; 32])
    }

    fn key(seed: u8) -> NoteSigner {
        signer("demo.example/log", seed)
    }

    fn replay(state: &mut State, index: u64, body: KeyRotated) -> Result<(), Finding> {
        let draft = Draft {
            actors: Vec::new(),
            subject: "log".to_owned(),
            inputs_upto: None,
            body: body.into(),
        };
        state.replay(index, &draft.at(Time::from_micros(1)))
    }

    #[test]
    fn a_chain_of_keys_is_followed_from_any_of_them() {
        let mut state = State::default();
        assert_eq!(state.keys.present(), None);
        for (index, seed) in [(0, 1), (1, 2)] {
            let rotated = Rotation::sign(&key(seed), &key(seed + 1)).unwrap();
            replay(&mut state, index, rotated).unwrap();
        }
        let [first, second, third, other] =
            [1, 2, 3, 4].map(|seed| key(seed).verifier_key().clone());
        assert_eq!(state.keys.present(), Some(&third));
        assert!(state.keys.lead(&first, &third) && state.keys.lead(&second, &third));
        assert!(!state.keys.lead(&third, &first) && !state.keys.lead(&other, &third));
        assert!(Keys::default().lead(&first, &first));
    }

    #[test]
    fn a_key_that_does_not_sign_cannot_hand_over() {
        let mut state = State::default();
        replay(&mut state, 0, Rotation::sign(&key(1), &key(2)).unwrap()).unwrap();
        let stolen = Rotation::sign(&key(1), &key(9)).unwrap();
        let finding = replay(&mut state, 1, stolen).unwrap_err();
        assert_eq!((finding.check, finding.index), ("key", 1));
    }

    #[test]
    fn a_statement_that_is_not_signed_by_both_keys_is_a_finding() {
        let good = Rotation::sign(&key(1), &key(2)).unwrap().note;
        let mut lines: Vec<&str> = good.lines().collect();
        lines.pop();
        let of_one = format!("{}\n", lines.join("\n"));
        assert_eq!(Rotation::read(&of_one), Err(RotationError::Unsigned));
        let altered = good.replace("/v1", "/v2");
        let finding = replay(&mut State::default(), 0, KeyRotated { note: altered }).unwrap_err();
        assert_eq!(finding.check, "key");
        assert_eq!(
            Rotation::sign(&key(1), &signer("other.example/log", 2)),
            Err(RotationError::Names)
        );
        assert_eq!(Rotation::sign(&key(1), &key(1)), Err(RotationError::Names));
    }
}
