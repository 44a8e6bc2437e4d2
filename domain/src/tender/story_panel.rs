//! The panel of the story: assigned, declared, marking, agreeing.

use std::collections::BTreeSet;

use super::entries::*;
use super::fixtures::*;
use super::panel::Conflict;
use super::panel::agreed::Agreed;
use super::sealing::{MarkContent, commit_reason};
use super::story::{Bidder, CHAIR, EVALUATORS, PROPOSER, Story, actor, salts};
use crate::actor::Role;
use crate::ids::OrganisationId;
use crate::log::hash::{Hash, sha256};
use crate::log::kinds::Body;

pub(crate) fn words(text: &str) -> Hash {
    commit_reason(text, salts(7)()).unwrap()
}

/// The mark of an evaluator for the quality of a bid.
pub(crate) fn mark(bidder: u128, evaluator: u128, level: u32) -> MarkContent {
    MarkContent {
        tender: tender(),
        bid: bid(bidder),
        criterion: code("QUALITY"),
        evaluator: person(evaluator),
        level,
        reason: "Sound".to_owned(),
    }
}

/// The mark of an evaluator for the first criterion that the panel judges in a bid's lot.
fn mark_of(bidder: &Bidder, evaluator: u128) -> MarkContent {
    MarkContent {
        criterion: code(bidder.judged.first().copied().unwrap()),
        ..mark(bidder.n, evaluator, bidder.level)
    }
}

fn number(bidder: u128, evaluator: u128) -> u128 {
    evaluator * 10 + bidder
}

impl Story {
    /// Everyone whose bid was opened.
    pub(crate) fn bidders(&self) -> BTreeSet<OrganisationId> {
        let opened = self.entries.iter().filter_map(|entry| match &entry.body {
            Body::BidOpened(body) => Some(body.supplier),
            _ => None,
        });
        opened.collect()
    }

    pub(crate) fn assign(&mut self, evaluators: &[u128]) {
        let assigned = PanelAssigned {
            tender: tender(),
            chair: person(CHAIR),
            evaluators: evaluators.iter().map(|n| person(*n)).collect(),
        };
        self.add(vec![actor(Role::Officer, PROPOSER)], tender(), assigned);
        self.seated = true;
    }

    /// A member declares: no conflict with anyone but the given ones.
    pub(crate) fn declare(&mut self, role: Role, member: u128, conflicts: &[(u128, Conflict)]) {
        let declaration = |bidder: OrganisationId| {
            let given = conflicts.iter().find(|(n, _)| org(*n) == bidder);
            let conflict = given.map_or(Conflict::None, |(_, conflict)| *conflict);
            Declaration {
                bidder,
                conflict,
                words: (conflict != Conflict::None).then(|| words("I know them")),
            }
        };
        let declared = ConflictDeclared {
            tender: tender(),
            declarations: self.bidders().into_iter().map(declaration).collect(),
        };
        self.add(vec![actor(role, member)], tender(), declared);
    }

    pub(crate) fn countersign(&mut self, role: Role, by: u128, member: u128, bidder: u128) {
        let signed = ConflictCountersigned {
            tender: tender(),
            member: person(member),
            bidder: org(bidder),
            reason: words("It was long ago"),
        };
        self.add(vec![actor(role, by)], tender(), signed);
    }

    pub(crate) fn replace(&mut self, member: u128, successor: Option<u128>) {
        let replaced = PanelReplaced {
            tender: tender(),
            member: person(member),
            successor: successor.map(person),
            reason: words("A hard conflict"),
        };
        self.add(vec![actor(Role::Officer, PROPOSER)], tender(), replaced);
    }

    /// Assigns the chair and two evaluators, who have no conflict.
    pub(crate) fn seat(&mut self) {
        self.assign(&EVALUATORS);
        self.declare(Role::Chair, CHAIR, &[]);
        for evaluator in EVALUATORS {
            self.declare(Role::Evaluator, evaluator, &[]);
        }
    }

    pub(crate) fn seal_mark(&mut self, n: u128, content: &MarkContent) {
        let commitment = content.seal(salts(n)).commit(sha256(b"")).unwrap();
        let sealed_mark = MarkSealed {
            sealed: sealed(n),
            commitment,
        };
        self.add(vec![], sealed(n), sealed_mark);
    }

    pub(crate) fn change_mark(&mut self, n: u128, former: u128, content: &MarkContent) {
        let commitment = content.seal(salts(n)).commit(sha256(b"")).unwrap();
        let changed = MarkReplaced {
            replaced: sealed(former),
            sealed: sealed(n),
            commitment,
        };
        self.add(vec![], sealed(n), changed);
    }

    pub(crate) fn release_mark(&mut self, n: u128, content: &MarkContent) {
        let opening = content
            .seal(salts(n))
            .open(sha256(b""), MarkContent::publishes)
            .unwrap();
        let released = MarkReleased {
            tender: tender(),
            sealed: sealed(n),
            opening,
        };
        self.add(vec![], sealed(n), released);
    }

    pub(crate) fn seal_marks(&mut self, bidders: &[Bidder]) {
        if !self.seated {
            self.seat();
        }
        for bidder in bidders {
            for evaluator in EVALUATORS {
                let content = mark_of(bidder, evaluator);
                self.seal_mark(number(bidder.n, evaluator), &content);
            }
        }
    }

    pub(crate) fn release_marks(&mut self, bidders: &[Bidder]) {
        for bidder in bidders {
            for evaluator in EVALUATORS {
                let content = mark_of(bidder, evaluator);
                self.release_mark(number(bidder.n, evaluator), &content);
            }
        }
    }

    pub(crate) fn state_missing(&mut self, member: u128, bidders: &[u128]) {
        let missing = MarkMissing {
            tender: tender(),
            member: person(member),
            bids: bidders
                .iter()
                .map(|n| MissingMarks {
                    bid: bid(*n),
                    criteria: vec![code("QUALITY")],
                })
                .collect(),
            reason: words("Ill since Monday"),
        };
        self.add(vec![actor(Role::Chair, CHAIR)], tender(), missing);
    }

    pub(crate) fn begin_moderation(&mut self) {
        let started = ModerationStarted { tender: tender() };
        self.add(vec![actor(Role::Chair, CHAIR)], tender(), started);
    }

    /// What the panel agrees on: the level of each bid.
    pub(crate) fn consensus(&self, bidders: &[Bidder]) -> ConsensusSigned {
        let of = |bidder: &Bidder| BidConsensus {
            bid: bid(bidder.n),
            marks: bidder
                .levels()
                .map(|(criterion, level)| ConsensusMark {
                    criterion,
                    level,
                    reason: words("Agreed"),
                    by: person(CHAIR),
                    at: self.now(),
                    earlier: vec![],
                })
                .collect(),
        };
        ConsensusSigned {
            tender: tender(),
            bids: bidders.iter().map(of).collect(),
            complete: true,
        }
    }

    /// Some members sign off a consensus, and the chair signs it.
    pub(crate) fn sign(&mut self, consensus: ConsensusSigned, members: &[u128]) {
        let mut agreed = Agreed::default();
        for one in &consensus.bids {
            for mark in &one.marks {
                agreed.add(one.bid, mark).unwrap();
            }
        }
        let agreed = agreed.hash(tender()).unwrap();
        for member in members {
            let signed = ConsensusSignedOff {
                tender: tender(),
                agreed,
            };
            self.add(vec![actor(Role::Evaluator, *member)], tender(), signed);
        }
        self.add(vec![actor(Role::Chair, CHAIR)], tender(), consensus);
    }

    pub(crate) fn agree(&mut self, bidders: &[Bidder]) {
        if !self.seated {
            self.seat();
        }
        self.begin_moderation();
        let consensus = self.consensus(bidders);
        self.sign(consensus, &EVALUATORS);
    }
}
