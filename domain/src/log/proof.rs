//! The file form of a proof (C2SP tlog-proof, `.tlog-proof`): one entry's place in a log, checked without a network.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    checkpoint::{Checkpoint, CheckpointError},
    hash::Hash,
    merkle_proof::{ProofError, verify_inclusion},
    note::{SignedNote, VerifierKey},
};

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// That an entry is in a log: its index, the inclusion proof and the signed checkpoint that the proof leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Bytes of the application's own, which nothing vouches for.
    pub extra: Option<Vec<u8>>,
    /// Index of the entry, from 0.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling upwards.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: SignedNote,
}

/// Why a `.tlog-proof` is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Not the form of a proof.
    #[error("the file is not a {HEADER} ({reason}): fetch it again, unchanged")]
    Malformed {
        /// The line that is wrong.
        reason: &'static str,
    },
    /// The checkpoint in it is malformed, or not signed by the log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not where the proof says.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl TlogProof {
    /// The proof at the end of a text that may say other things before it, such as a certificate for people.
    pub fn within(text: &str) -> &str {
        let start = text.rfind(HEADER).unwrap_or_default();
        text.get(start..).unwrap_or(text)
    }

    /// Checks that the entry with hash `leaf` is in the log of this key, and gives the checkpoint that says so.
    pub fn verify(&self, leaf: Hash, log: &VerifierKey) -> Result<Checkpoint, TlogProofError> {
        let (checkpoint, _) = Checkpoint::open(self.checkpoint.to_string().as_bytes(), log)?;
        verify_inclusion(
            leaf,
            self.index,
            checkpoint.size(),
            &self.hashes,
            checkpoint.root(),
        )?;
        Ok(checkpoint)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes
            .iter()
            .try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = TlogProofError;

    fn from_str(text: &str) -> Result<Self, TlogProofError> {
        let wrong = |reason| TlogProofError::Malformed { reason };
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| wrong("no empty line stands before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(wrong("the first line is another"));
        }
        let extra = lines
            .next_if(|line| line.starts_with("extra "))
            .and_then(|line| line.strip_prefix("extra "))
            .map(|base64| STANDARD.decode(base64))
            .transpose()
            .map_err(|_| wrong("the extra data is not standard, padded base64"))?;
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(|index| Some((index, index.parse::<u64>().ok()?)))
            .filter(|(text, number)| number.to_string() == *text)
            .map(|(_, number)| number)
            .ok_or_else(|| wrong("the index line is missing or has no plain number"))?;
        let hashes = lines
            .map(Hash::from_base64)
            .collect::<Result<_, _>>()
            .map_err(|_| wrong("a proof line is not the base64 of a SHA-256"))?;
        let checkpoint = SignedNote::parse(checkpoint.as_bytes()).map_err(CheckpointError::from)?;
        checkpoint.text().parse::<Checkpoint>()?;
        Ok(Self {
            extra,
            index,
            hashes,
            checkpoint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{
        hash::{leaf_hash, node_hash, sha256},
        note::NoteSigner,
    };

    /// The second of three entries, proven.
    fn proof() -> (TlogProof, Hash, NoteSigner) {
        let signer = NoteSigner::from_seed("registry.example/log".parse().unwrap(), &[7; 32]);
        let [a, b, c] = [b"a", b"b", b"c"].map(|entry| leaf_hash(entry));
        let root = node_hash(node_hash(a, b), c);
        let checkpoint = Checkpoint::new("registry.example/log", 3, root).unwrap();
        let proof = TlogProof {
            extra: None,
            index: 1,
            hashes: vec![a, c],
            checkpoint: checkpoint.sign(&signer).unwrap(),
        };
        (proof, b, signer)
    }

    #[test]
    fn a_proof_has_the_lines_of_the_specification() {
        let (mut proof, leaf, signer) = proof();
        let [first, second] = [proof.hashes[0], proof.hashes[1]].map(Hash::to_base64);
        let note = proof.checkpoint.to_string();
        assert_eq!(
            proof.to_string(),
            format!("c2sp.org/tlog-proof@v1\nindex 1\n{first}\n{second}\n\n{note}")
        );
        proof.extra = Some(b"receipt".to_vec());
        let text = proof.to_string();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra cmVjZWlwdA==\nindex 1\n"));
        let read: TlogProof = text.parse().unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.verify(leaf, signer.verifier_key()).unwrap().size(), 3);
    }

    #[test]
    fn the_only_entry_of_a_log_needs_no_hashes() {
        let (_, leaf, signer) = proof();
        let checkpoint = Checkpoint::new("registry.example/log", 1, leaf).unwrap();
        let proof = TlogProof {
            extra: None,
            index: 0,
            hashes: Vec::new(),
            checkpoint: checkpoint.sign(&signer).unwrap(),
        };
        let read: TlogProof = proof.to_string().parse().unwrap();
        assert_eq!(read, proof);
        assert!(read.verify(leaf, signer.verifier_key()).is_ok());
    }

    #[test]
    fn a_proof_altered_in_any_byte_or_for_another_entry_is_refused() {
        let (proof, leaf, signer) = proof();
        assert!(proof.verify(sha256(b"x"), signer.verifier_key()).is_err());
        let text = proof.to_string();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(altered) = String::from_utf8(bytes) else {
                    continue;
                };
                let accepted = altered
                    .parse::<TlogProof>()
                    .and_then(|proof| proof.verify(leaf, signer.verifier_key()));
                assert!(accepted.is_err(), "{altered}");
            }
        }
        for end in 0..text.len() {
            if let Some(cut) = text.get(..end) {
                assert!(cut.parse::<TlogProof>().is_err());
            }
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let (proof, ..) = proof();
        let text = proof.to_string();
        for (from, to) in [
            ("@v1\n", "@v2\n"),
            ("index 1", "index 01"),
            ("index 1", "index +1"),
            ("index 1", "index  1"),
            ("index 1\n", ""),
            ("index 1\n", "index 1\nextra AA==\n"),
            ("index 1\n", "extra AA\nindex 1\n"),
            ("index 1\n", "extra AA==\nextra AA==\nindex 1\n"),
            ("index 1\n", "index 1\n\n"),
            ("index 1\n", "index 1\r\n"),
            ("index 1\n", "index 1\nAAAA\n"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text);
            assert!(other.parse::<TlogProof>().is_err(), "{other}");
        }
    }
}
