//! Checkpoints (C2SP tlog-checkpoint): the head of a log at one size, signed as a note.

use std::{fmt, str::FromStr};

use super::{
    hash::{Hash, empty_root},
    note::{KeyKind, NoteError, NoteSigner, SignedNote, VerifierKey},
};

/// The head of a log. Its text form is `origin\nsize\nbase64(root)\n`, then any extension lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Why a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The body has not the form of a checkpoint.
    #[error("the text is not a checkpoint ({reason}): fetch /log/checkpoint again, unchanged")]
    Malformed {
        /// The line that is wrong.
        reason: &'static str,
    },
    /// An origin that a checkpoint's first line could not carry.
    #[error("{0:?} is not an origin: use one line such as registry.example/log")]
    Origin(String),
    /// A tree without entries has one possible root.
    #[error("a checkpoint of size 0 must have the root of the empty tree, got {0}")]
    EmptyTreeRoot(Hash),
    /// The checkpoint is of another log.
    #[error(
        "the checkpoint is of log {got:?}, expected {expected:?}: check the address and the key of the log"
    )]
    OtherOrigin {
        /// The origin that the key belongs to.
        expected: String,
        /// The origin that the checkpoint names.
        got: String,
    },
    /// The note around it is malformed, or not signed by the log.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// The head of the log `origin` at `size` entries.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        if origin.is_empty() || origin.contains(char::is_control) {
            return Err(CheckpointError::Origin(origin.to_owned()));
        }
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::EmptyTreeRoot(root));
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
            extensions: Vec::new(),
        })
    }

    /// Which log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree at this size.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Further lines, which this log never writes; kept because signatures cover them.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Signs the checkpoint with the key of the log, whose name is the origin.
    pub fn sign(&self, signer: &NoteSigner) -> Result<SignedNote, CheckpointError> {
        self.check_origin(signer.verifier_key())?;
        Ok(SignedNote::sign(self.to_string(), signer)?)
    }

    /// Reads a signed checkpoint and checks that `log` signed it and that it is of the log which that key belongs to.
    /// The note comes back for its other signatures.
    pub fn open(bytes: &[u8], log: &VerifierKey) -> Result<(Self, SignedNote), CheckpointError> {
        let note = SignedNote::parse(bytes)?;
        // A witness vouches for having seen a head, not for its being the log's.
        if log.kind() != KeyKind::Note {
            return Err(NoteError::NoKnownKey.into());
        }
        note.verify(std::slice::from_ref(log))?;
        let checkpoint: Self = note.text().parse()?;
        checkpoint.check_origin(log)?;
        Ok((checkpoint, note))
    }

    fn check_origin(&self, log: &VerifierKey) -> Result<(), CheckpointError> {
        if self.origin != log.name().as_str() {
            return Err(CheckpointError::OtherOrigin {
                expected: log.name().to_string(),
                got: self.origin.clone(),
            });
        }
        Ok(())
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.origin)?;
        writeln!(f, "{}", self.size)?;
        writeln!(f, "{}", self.root.to_base64())?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let wrong = |reason| CheckpointError::Malformed { reason };
        let mut lines = text
            .strip_suffix('\n')
            .ok_or_else(|| wrong("the last line does not end in a newline"))?
            .split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(wrong("it has fewer than three lines"));
        };
        let size = size
            .parse()
            .ok()
            .filter(|number: &u64| number.to_string() == size)
            .ok_or_else(|| wrong("the second line is not a size without needless zeroes"))?;
        let root = Hash::from_base64(root)
            .map_err(|_| wrong("the third line is not the base64 of a SHA-256"))?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions
            .iter()
            .any(|line| line.is_empty() || line.contains(char::is_control))
        {
            return Err(wrong(
                "an extension line is empty or has control characters",
            ));
        }
        Ok(Self {
            extensions,
            ..Self::new(origin, size, root)?
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::hash::sha256;

    const SPEC_BODY: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn signer(name: &str) -> NoteSigner {
        NoteSigner::from_seed(name.parse().unwrap(), &[7; 32])
    }

    #[test]
    fn the_body_of_the_specification_is_read_and_written_alike() {
        let checkpoint: Checkpoint = SPEC_BODY.parse().unwrap();
        assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size(), 20_852_163);
        assert_eq!(
            checkpoint.root().to_base64(),
            "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
        );
        assert_eq!(checkpoint.to_string(), SPEC_BODY);
        let extended = format!("{SPEC_BODY}one more\n");
        let checkpoint: Checkpoint = extended.parse().unwrap();
        assert_eq!(checkpoint.extensions(), ["one more"]);
        assert_eq!(checkpoint.to_string(), extended);
    }

    #[test]
    fn any_other_form_of_a_body_is_refused() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for body in [
            String::new(),
            "\n".to_owned(),
            "o\n7\n".to_owned(),
            format!("o\n7\n{root}"),
            format!("\n7\n{root}\n"),
            format!("o\n07\n{root}\n"),
            format!("o\n+7\n{root}\n"),
            format!("o\n-7\n{root}\n"),
            format!("o\n 7\n{root}\n"),
            format!("o\n\n{root}\n"),
            format!("o\n7\r\n{root}\n"),
            format!("o\n18446744073709551616\n{root}\n"),
            format!("o\n7\n{root} \n"),
            "o\n7\nAAAA\n".to_owned(),
            format!("o\n7\n{root}\n\n"),
            format!("o\n7\n{root}\n\next\n"),
            format!("o\n0\n{root}\n"),
        ] {
            assert!(body.parse::<Checkpoint>().is_err(), "{body:?}");
        }
        assert_eq!(
            Checkpoint::new("o", 0, sha256(b"x")),
            Err(CheckpointError::EmptyTreeRoot(sha256(b"x")))
        );
        assert!(Checkpoint::new("o", 0, empty_root()).is_ok());
        assert!(Checkpoint::new("two\nlines", 1, sha256(b"x")).is_err());
    }

    #[test]
    fn a_signed_checkpoint_opens_with_the_key_of_its_log_only() {
        let log = signer("registry.example/log");
        let checkpoint = Checkpoint::new("registry.example/log", 3, sha256(b"root")).unwrap();
        let bytes = checkpoint.sign(&log).unwrap().to_string().into_bytes();
        let (opened, note) = Checkpoint::open(&bytes, log.verifier_key()).unwrap();
        assert_eq!(opened, checkpoint);
        assert_eq!(note.to_string().as_bytes(), bytes);

        let other = signer("other.example/log");
        assert!(matches!(
            checkpoint.sign(&other),
            Err(CheckpointError::OtherOrigin { .. })
        ));
        assert_eq!(
            Checkpoint::open(&bytes, other.verifier_key()),
            Err(NoteError::NoKnownKey.into())
        );
        // A key vouches for its own log alone, though it may sign any text.
        let foreign = SignedNote::sign(checkpoint.to_string(), &other).unwrap();
        assert!(matches!(
            Checkpoint::open(foreign.to_string().as_bytes(), other.verifier_key()),
            Err(CheckpointError::OtherOrigin { .. })
        ));
    }

    #[test]
    fn a_signed_checkpoint_altered_in_any_byte_is_refused() {
        let log = signer("registry.example/log");
        let checkpoint = Checkpoint::new("registry.example/log", 3, sha256(b"root")).unwrap();
        let bytes = checkpoint.sign(&log).unwrap().to_string().into_bytes();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut altered = bytes.clone();
                altered[at] ^= 1 << bit;
                assert!(Checkpoint::open(&altered, log.verifier_key()).is_err());
            }
        }
    }

    proptest! {
        #[test]
        fn body_and_text_are_inverse(origin in "[a-z0-9./ -]{1,20}", size in 1..u64::MAX, root in any::<[u8; 32]>()) {
            let checkpoint = Checkpoint::new(&origin, size, Hash(root)).unwrap();
            prop_assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "([a-zA-Z0-9=+/]{0,44}\n){0,5}") {
            if let Ok(checkpoint) = text.parse::<Checkpoint>() {
                prop_assert_eq!(checkpoint.to_string(), text);
            }
        }
    }
}
