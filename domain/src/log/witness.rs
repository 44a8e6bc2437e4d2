//! Witnesses: who watches that a log never shows two heads of one size, and how many of them must have seen a head.
//!
//! A policy is a text of lines, `#` begins a comment:
//!
//! ```text
//! witness NAME VKEY [URL]
//! group NAME (N | any | all) MEMBER...
//! quorum (MEMBER | none)
//! ```
//!
//! A member is a witness or a group that a line before has named.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use super::note::{KeyKind, NoteError, SignedNote, VerifierKey};

/// The most witnesses and groups of a policy.
const MAX_MEMBERS: usize = 100;

/// A witness as a policy names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The name within the policy.
    pub name: String,
    /// The key with which it cosigns.
    pub key: VerifierKey,
    /// Where it takes checkpoints; without one it is only verified.
    pub url: Option<String>,
}

/// Which witnesses there are, and how many of them are enough.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WitnessPolicy {
    witnesses: Vec<Witness>,
    groups: BTreeMap<String, (usize, Vec<String>)>,
    quorum: Option<String>,
}

/// A line of a policy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the witness policy: {problem}")]
pub struct PolicyError {
    /// Its number, from 1; the line after the last one for what is missing.
    pub line: usize,
    /// What is wrong, and what is expected.
    pub problem: String,
}

impl WitnessPolicy {
    /// Every witness.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The witnesses that cosigned a note. A wrong signature under the key of one refuses the whole note.
    pub fn cosigned<'p>(&'p self, note: &SignedNote) -> Result<Vec<&'p Witness>, NoteError> {
        let mut signed = Vec::new();
        for witness in &self.witnesses {
            match note.verify(std::slice::from_ref(&witness.key)) {
                Ok(_) => signed.push(witness),
                Err(NoteError::NoKnownKey) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(signed)
    }

    /// Whether these witnesses are enough.
    pub fn is_met(&self, signed: &[&Witness]) -> bool {
        let names: BTreeSet<&str> = signed.iter().map(|witness| witness.name.as_str()).collect();
        match &self.quorum {
            None => true,
            Some(quorum) => self.holds(quorum, &names),
        }
    }

    /// Groups name earlier lines only, so that this ends.
    fn holds(&self, member: &str, signed: &BTreeSet<&str>) -> bool {
        match self.groups.get(member) {
            None => signed.contains(member),
            Some((least, members)) => {
                let held = members.iter().filter(|member| self.holds(member, signed));
                held.count() >= *least
            }
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.groups.contains_key(name) || self.witnesses.iter().any(|known| known.name == name)
    }

    fn take(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["witness", name, key, url @ ..] if url.len() <= 1 => {
                self.new_name(name)?;
                let key: VerifierKey = key.parse().map_err(|error: NoteError| error.to_string())?;
                if key.kind() != KeyKind::Cosignature {
                    return Err("the key of a witness has type 4, and this one type 1".to_owned());
                }
                self.witnesses.push(Witness {
                    name: (*name).to_owned(),
                    key,
                    url: url.first().map(|url| (*url).to_owned()),
                });
                Ok(())
            }
            ["group", name, least, members @ ..] if !members.is_empty() => {
                self.new_name(name)?;
                if let Some(unknown) = members.iter().find(|member| !self.knows(member)) {
                    return Err(format!("`{unknown}` is not named before"));
                }
                let distinct: BTreeSet<&&str> = members.iter().collect();
                let least = match *least {
                    "any" => Some(1),
                    "all" => Some(members.len()),
                    number => number.parse().ok(),
                }
                .filter(|least| (1..=members.len()).contains(least));
                let least = least.filter(|_| distinct.len() == members.len());
                let least = least.ok_or_else(|| {
                    format!(
                        "expected any, all or 1 to {} of different members",
                        members.len()
                    )
                })?;
                let members = members.iter().map(|member| (*member).to_owned()).collect();
                self.groups.insert((*name).to_owned(), (least, members));
                Ok(())
            }
            ["quorum", "none"] => Ok(()),
            ["quorum", name] if self.knows(name) => {
                self.quorum = Some((*name).to_owned());
                Ok(())
            }
            ["quorum", name] => Err(format!("`{name}` is not named before")),
            _ => Err(
                "expected `witness NAME VKEY [URL]`, `group NAME N MEMBER...` or `quorum MEMBER`"
                    .to_owned(),
            ),
        }
    }

    fn new_name(&self, name: &str) -> Result<(), String> {
        if name == "none" || self.knows(name) {
            return Err(format!("`{name}` is taken"));
        }
        if self.witnesses.len().saturating_add(self.groups.len()) >= MAX_MEMBERS {
            return Err(format!("more than {MAX_MEMBERS} witnesses and groups"));
        }
        Ok(())
    }
}

impl FromStr for WitnessPolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        let mut quorum = false;
        let mut last = 0_usize;
        for (line, text) in (1..).zip(text.lines()) {
            last = line;
            let text = text.split_once('#').map_or(text, |(text, _)| text);
            let words: Vec<&str> = text.split_whitespace().collect();
            let problem = match words.first() {
                None => continue,
                Some(_) if quorum => Err("nothing follows the quorum".to_owned()),
                Some(_) => policy.take(&words),
            };
            quorum = quorum || words.first() == Some(&"quorum");
            problem.map_err(|problem| PolicyError { line, problem })?;
        }
        if !quorum {
            return Err(PolicyError {
                line: last.saturating_add(1),
                problem: "expected `quorum MEMBER`, or `quorum none`".to_owned(),
            });
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::note::NoteSigner;

    fn witness(name: &str, seed: u8) -> NoteSigner {
        NoteSigner::witness_from_seed(format!("{name}.example").parse().unwrap(), &[seed; 32])
    }

    fn policy(rest: &str) -> Result<WitnessPolicy, PolicyError> {
        let mut text = String::from("# ours\n\n");
        for (name, seed) in [("A", 1), ("B", 2), ("C", 3)] {
            let key = witness(name, seed).verifier_key().to_string();
            let line = format!("witness {name} {key} https://{name}.example\n");
            text.push_str(&line);
        }
        format!("{text}{rest}").parse()
    }

    #[test]
    fn two_of_three_are_enough_and_one_is_not() {
        let policy = policy("group g 2 A B C\nquorum g\n").unwrap();
        let log = NoteSigner::from_seed("log.example".parse().unwrap(), &[9; 32]);
        let text = "log.example\n1\n";
        let mut note = SignedNote::sign(text.to_owned(), &log).unwrap();
        let mut met = Vec::new();
        for (name, seed) in [("C", 3), ("X", 7), ("A", 1)] {
            note.add_signature(witness(name, seed).cosign(text, 5));
            met.push(policy.is_met(&policy.cosigned(&note).unwrap()));
        }
        assert_eq!(met, [false, false, true]);
        assert_eq!(
            policy.witnesses()[0].url.as_deref(),
            Some("https://A.example")
        );

        let mut forged = witness("B", 2).cosign(text, 5);
        forged.signature[20] ^= 1;
        note.add_signature(forged);
        assert!(policy.cosigned(&note).is_err());
    }

    #[test]
    fn groups_hold_groups_and_none_needs_nobody() {
        let nested = policy("group ab all A B\ngroup g any ab C\nquorum g\n").unwrap();
        let [a, b, c] = [0, 1, 2].map(|index| &nested.witnesses()[index]);
        assert!(nested.is_met(&[a, b]) && nested.is_met(&[c]));
        assert!(!nested.is_met(&[a]) && !nested.is_met(&[]));
        assert!(policy("quorum none\n").unwrap().is_met(&[]));
    }

    #[test]
    fn a_wrong_line_is_named() {
        let log = NoteSigner::from_seed("log.example".parse().unwrap(), &[9; 32]);
        for (rest, line) in [
            ("", 6),
            ("quorum D\n", 6),
            ("group g 4 A B C\nquorum g\n", 6),
            ("group g 0 A\nquorum g\n", 6),
            ("group g 2 A A\nquorum g\n", 6),
            ("group g 1 D\nquorum g\n", 6),
            ("group A 1 B\nquorum A\n", 6),
            ("quorum A\nquorum B\n", 7),
            ("witnesses A\n", 6),
            (&format!("witness L {}\n", log.verifier_key()), 6),
        ] {
            assert_eq!(policy(rest).unwrap_err().line, line, "{rest}");
        }
    }
}
