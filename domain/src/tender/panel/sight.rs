//! Who may see what of an evaluation, and when: one table. Averages, counts, order and totals tell as much as marks do, so
//! each of them is a row. What the log publishes is public; a member who has not declared sees less than that here,
//! because nobody shows bids to someone who may have an interest in one.

use crate::tender::stage::Stage;

/// Something that can be seen of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// The fields of bids that the plan publishes.
    PublicFields,
    /// Bids whole: answers, and what the plan withholds.
    WholeBids,
    /// Marks of others.
    OthersMarks,
    /// How many marks there are and who has finished.
    Progress,
    /// The levels under discussion with their history.
    Discussion,
    /// Agreement statistics, drift and outliers by name.
    Statistics,
    /// The consensus.
    Consensus,
    /// Order, totals and scorecards.
    Ranking,
    /// How often each bid wins when the panel's marks are drawn.
    Noise,
    /// The answers prepared for calibration.
    PreparedAnswers,
    /// The levels that whoever prepared them holds right.
    Reference,
    /// How far one's own marks for them lie from the others' and from the reference.
    OwnDrift,
    /// Everyone's marks for them, and drift by name.
    Drifts,
}

/// What a reader is to a tender. Whoever sits on its panel is a member and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reader {
    /// Anyone.
    Public,
    /// Acts for a supplier that bids.
    Bidder,
    /// An officer of the buyer.
    Officer,
    /// An auditor.
    Auditor,
    /// A member who has not declared about every bidder, or whose soft conflict is not countersigned.
    Undeclared,
    /// An evaluator whose own marks are not all final.
    Marking,
    /// An evaluator whose own marks are final.
    Finished,
    /// A chair who also marks, whose own marks are not all final.
    ChairMarking,
    /// A chair with no mark to make any more.
    Chair,
    /// Someone who was taken from the panel.
    Removed,
}

/// The part of the process in which a tender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Bids are sealed.
    Sealed,
    /// Members may mark, and some have not calibrated where answers are prepared for it.
    Calibrating,
    /// Members mark alone.
    Marking,
    /// Members agree.
    Moderating,
    /// The consensus is signed.
    Agreed,
    /// The ranking is computed.
    Ranked,
    /// The marks are released.
    Released,
    /// The tender was given up after its opening.
    Ended,
}

impl From<Stage> for Phase {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Published | Stage::Closed => Self::Sealed,
            Stage::Opened | Stage::Evaluating => Self::Marking,
            Stage::Moderating => Self::Moderating,
            Stage::ConsensusSigned | Stage::PricesOpened => Self::Agreed,
            Stage::Ranked | Stage::AwardProposed => Self::Ranked,
            Stage::Awarded
            | Stage::LettersSent
            | Stage::Standstill
            | Stage::Suspended
            | Stage::Contracted
            | Stage::Annulled => Self::Released,
            Stage::Cancelled => Self::Ended,
        }
    }
}

impl Phase {
    /// The phase at a stage, where answers are prepared: whether everyone who marks has calibrated counts while members mark.
    pub fn calibrating(stage: Stage, calibrated: bool) -> Self {
        match Self::from(stage) {
            Self::Marking if !calibrated => Self::Calibrating,
            phase => phase,
        }
    }
}

/// What a member of the panel has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Own {
    /// Was taken from the panel.
    Removed,
    /// Has not declared about every bidder, or a soft conflict is not countersigned.
    Undeclared,
    /// Has marks to make.
    Marking,
    /// Has no mark left to make.
    Finished,
}

impl Reader {
    /// A member of the panel by their own state, who may be its chair.
    pub fn member(own: Own, chairs: bool) -> Self {
        match (own, chairs) {
            (Own::Removed, _) => Self::Removed,
            (Own::Undeclared, _) => Self::Undeclared,
            (Own::Marking, false) => Self::Marking,
            (Own::Marking, true) => Self::ChairMarking,
            (Own::Finished, false) => Self::Finished,
            (Own::Finished, true) => Self::Chair,
        }
    }
}

use Phase::{Agreed, Calibrating, Ended, Marking as Alone, Moderating, Ranked, Released, Sealed};
use Reader::{
    Auditor, Bidder, Chair, ChairMarking, Finished, Marking, Officer, Public, Removed, Undeclared,
};

const EVERYONE: &[Reader] = &[
    Public,
    Bidder,
    Officer,
    Auditor,
    Undeclared,
    Marking,
    Finished,
    ChairMarking,
    Chair,
    Removed,
];

/// Everyone but a member whose interests are not known yet.
const NO_SECRET_INTEREST: &[Reader] = &[
    Public,
    Bidder,
    Officer,
    Auditor,
    Marking,
    Finished,
    ChairMarking,
    Chair,
    Removed,
];

const OPEN: &[Phase] = &[
    Calibrating,
    Alone,
    Moderating,
    Agreed,
    Ranked,
    Released,
    Ended,
];

/// Before and after the opening.
const ALWAYS: &[Phase] = &[
    Sealed,
    Calibrating,
    Alone,
    Moderating,
    Agreed,
    Ranked,
    Released,
    Ended,
];

/// From when everyone has calibrated.
const CALIBRATED: &[Phase] = &[Alone, Moderating, Agreed, Ranked, Released];

/// Members who may see the bids.
const CLEARED: &[Reader] = &[Marking, Finished, ChairMarking, Chair];

/// The table: what may be seen by whom in which phases. What stands in no row is seen by nobody.
const TABLE: &[(What, &[Reader], &[Phase])] = &[
    (What::PublicFields, NO_SECRET_INTEREST, OPEN),
    (
        What::PublicFields,
        &[Undeclared],
        &[Agreed, Ranked, Released, Ended],
    ),
    (
        What::WholeBids,
        &[Officer, Auditor, Marking, Finished, ChairMarking, Chair],
        OPEN,
    ),
    (
        What::OthersMarks,
        &[Finished, Chair],
        &[Moderating, Agreed, Ranked],
    ),
    (What::OthersMarks, EVERYONE, &[Released]),
    (
        What::Progress,
        &[Finished, Chair],
        &[Calibrating, Alone, Moderating],
    ),
    (
        What::Progress,
        &[Finished, Chair, Officer],
        &[Agreed, Ranked],
    ),
    (What::Progress, EVERYONE, &[Released]),
    (What::Discussion, &[Finished, Chair], &[Moderating]),
    (What::Discussion, EVERYONE, &[Agreed, Ranked, Released]),
    (
        What::Statistics,
        &[Chair],
        &[Moderating, Agreed, Ranked, Released],
    ),
    (
        What::Consensus,
        EVERYONE,
        &[Agreed, Ranked, Released, Ended],
    ),
    (What::Ranking, EVERYONE, &[Ranked, Released, Ended]),
    // After the consensus no mark changes any more, and those who propose the award should know what hangs on it.
    (What::Noise, &[Officer, Auditor, Chair], &[Ranked]),
    (What::Noise, EVERYONE, &[Released]),
    (What::PreparedAnswers, &[Officer, Auditor], ALWAYS),
    (What::PreparedAnswers, CLEARED, OPEN),
    (What::PreparedAnswers, EVERYONE, &[Released]),
    (What::Reference, &[Officer, Auditor], ALWAYS),
    (What::Reference, &[Chair], OPEN),
    (What::Reference, CLEARED, CALIBRATED),
    (What::Reference, EVERYONE, &[Released]),
    (What::OwnDrift, CLEARED, CALIBRATED),
    (What::Drifts, &[Chair, ChairMarking], CALIBRATED),
    (What::Drifts, EVERYONE, &[Released]),
];

/// Whether a reader may see something of a tender at a stage.
pub fn may_see(reader: Reader, stage: Stage, what: What) -> bool {
    may_see_in(reader, Phase::from(stage), what)
}

/// Whether a reader may see something of a tender in a phase.
pub fn may_see_in(reader: Reader, phase: Phase, what: What) -> bool {
    TABLE.iter().any(|(row, readers, phases)| {
        *row == what && readers.contains(&reader) && phases.contains(&phase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const READERS: [Reader; 10] = [
        Public,
        Bidder,
        Officer,
        Auditor,
        Undeclared,
        Marking,
        Finished,
        ChairMarking,
        Chair,
        Removed,
    ];

    /// Every stage, in the order of the letters of [`EXPECTED`].
    const STAGES: [Stage; 16] = [
        Stage::Published,
        Stage::Closed,
        Stage::Opened,
        Stage::Evaluating,
        Stage::Moderating,
        Stage::ConsensusSigned,
        Stage::PricesOpened,
        Stage::Ranked,
        Stage::AwardProposed,
        Stage::Awarded,
        Stage::LettersSent,
        Stage::Standstill,
        Stage::Suspended,
        Stage::Contracted,
        Stage::Cancelled,
        Stage::Annulled,
    ];

    /// The place of a stage in the list; a stage that is not listed does not compile.
    fn place(stage: Stage) -> usize {
        match stage {
            Stage::Published => 0,
            Stage::Closed => 1,
            Stage::Opened => 2,
            Stage::Evaluating => 3,
            Stage::Moderating => 4,
            Stage::ConsensusSigned => 5,
            Stage::PricesOpened => 6,
            Stage::Ranked => 7,
            Stage::AwardProposed => 8,
            Stage::Awarded => 9,
            Stage::LettersSent => 10,
            Stage::Standstill => 11,
            Stage::Suspended => 12,
            Stage::Contracted => 13,
            Stage::Cancelled => 14,
            Stage::Annulled => 15,
        }
    }

    /// By hand: for each thing and reader the stages at which it is seen, one letter each in the order of [`STAGES`].
    type Seen = [&'static str; 10];

    #[rustfmt::skip]
    const EXPECTED: &[(What, Seen)] = &[
        (What::PublicFields, [
            "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "-----xxxxxxxxxxx",
            "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx",
        ]),
        (What::WholeBids, [
            "----------------", "----------------", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "----------------",
            "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "----------------",
        ]),
        (What::OthersMarks, [
            "---------xxxxx-x", "---------xxxxx-x", "---------xxxxx-x", "---------xxxxx-x", "---------xxxxx-x",
            "---------xxxxx-x", "----xxxxxxxxxx-x", "---------xxxxx-x", "----xxxxxxxxxx-x", "---------xxxxx-x",
        ]),
        (What::Progress, [
            "---------xxxxx-x", "---------xxxxx-x", "-----xxxxxxxxx-x", "---------xxxxx-x", "---------xxxxx-x",
            "---------xxxxx-x", "--xxxxxxxxxxxx-x", "---------xxxxx-x", "--xxxxxxxxxxxx-x", "---------xxxxx-x",
        ]),
        (What::Discussion, [
            "-----xxxxxxxxx-x", "-----xxxxxxxxx-x", "-----xxxxxxxxx-x", "-----xxxxxxxxx-x", "-----xxxxxxxxx-x",
            "-----xxxxxxxxx-x", "----xxxxxxxxxx-x", "-----xxxxxxxxx-x", "----xxxxxxxxxx-x", "-----xxxxxxxxx-x",
        ]),
        (What::Statistics, [
            "----------------", "----------------", "----------------", "----------------", "----------------",
            "----------------", "----------------", "----------------", "----xxxxxxxxxx-x", "----------------",
        ]),
        (What::Consensus, [
            "-----xxxxxxxxxxx", "-----xxxxxxxxxxx", "-----xxxxxxxxxxx", "-----xxxxxxxxxxx", "-----xxxxxxxxxxx",
            "-----xxxxxxxxxxx", "-----xxxxxxxxxxx", "-----xxxxxxxxxxx", "-----xxxxxxxxxxx", "-----xxxxxxxxxxx",
        ]),
        (What::Ranking, [
            "-------xxxxxxxxx", "-------xxxxxxxxx", "-------xxxxxxxxx", "-------xxxxxxxxx", "-------xxxxxxxxx",
            "-------xxxxxxxxx", "-------xxxxxxxxx", "-------xxxxxxxxx", "-------xxxxxxxxx", "-------xxxxxxxxx",
        ]),
        (What::Noise, [
            "---------xxxxx-x", "---------xxxxx-x", "-------xxxxxxx-x", "-------xxxxxxx-x", "---------xxxxx-x",
            "---------xxxxx-x", "---------xxxxx-x", "---------xxxxx-x", "-------xxxxxxx-x", "---------xxxxx-x",
        ]),
        (What::PreparedAnswers, [
            "---------xxxxx-x", "---------xxxxx-x", "xxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxx", "---------xxxxx-x",
            "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "--xxxxxxxxxxxxxx", "---------xxxxx-x",
        ]),
        (What::Reference, [
            "---------xxxxx-x", "---------xxxxx-x", "xxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxx", "---------xxxxx-x",
            "--xxxxxxxxxxxx-x", "--xxxxxxxxxxxx-x", "--xxxxxxxxxxxx-x", "--xxxxxxxxxxxxxx", "---------xxxxx-x",
        ]),
        (What::OwnDrift, [
            "----------------", "----------------", "----------------", "----------------", "----------------",
            "--xxxxxxxxxxxx-x", "--xxxxxxxxxxxx-x", "--xxxxxxxxxxxx-x", "--xxxxxxxxxxxx-x", "----------------",
        ]),
        (What::Drifts, [
            "---------xxxxx-x", "---------xxxxx-x", "---------xxxxx-x", "---------xxxxx-x", "---------xxxxx-x",
            "---------xxxxx-x", "---------xxxxx-x", "--xxxxxxxxxxxx-x", "--xxxxxxxxxxxx-x", "---------xxxxx-x",
        ]),
    ];

    /// By hand: for each thing the readers who see it while members mark and somebody has not calibrated, in the order of
    /// [`READERS`].
    const CALIBRATING: &[(What, &str)] = &[
        (What::PublicFields, "xxxx-xxxxx"),
        (What::WholeBids, "--xx-xxxx-"),
        (What::OthersMarks, "----------"),
        (What::Progress, "------x-x-"),
        (What::Discussion, "----------"),
        (What::Statistics, "----------"),
        (What::Consensus, "----------"),
        (What::Ranking, "----------"),
        (What::Noise, "----------"),
        (What::PreparedAnswers, "--xx-xxxx-"),
        (What::Reference, "--xx----x-"),
        (What::OwnDrift, "----------"),
        (What::Drifts, "----------"),
    ];

    #[test]
    fn every_stage_is_walked() {
        let places: Vec<usize> = STAGES.iter().map(|stage| place(*stage)).collect();
        assert!(places.iter().copied().eq(0..STAGES.len()));
    }

    #[test]
    fn every_reader_sees_exactly_what_the_table_says_at_every_stage() {
        for (what, seen) in EXPECTED {
            for (reader, stages) in READERS.iter().zip(seen) {
                let found: String = STAGES
                    .iter()
                    .map(|stage| {
                        if may_see(*reader, *stage, *what) {
                            'x'
                        } else {
                            '-'
                        }
                    })
                    .collect();
                assert_eq!(found, *stages, "{what:?} by {reader:?}");
            }
        }
        assert!(
            TABLE
                .iter()
                .all(|(what, ..)| EXPECTED.iter().any(|(row, _)| row == what))
        );
    }

    #[test]
    fn before_everyone_has_calibrated_no_mark_for_a_prepared_answer_and_no_drift_is_seen() {
        let phase = Phase::calibrating(Stage::Evaluating, false);
        for (what, seen) in CALIBRATING {
            let found: String = READERS
                .iter()
                .map(|reader| {
                    if may_see_in(*reader, phase, *what) {
                        'x'
                    } else {
                        '-'
                    }
                })
                .collect();
            assert_eq!(found, *seen, "{what:?}");
        }
        assert_eq!(CALIBRATING.len(), EXPECTED.len());
        for stage in STAGES {
            assert_eq!(Phase::calibrating(stage, true), Phase::from(stage));
        }
        let later = Phase::calibrating(Stage::Moderating, false);
        assert_eq!(
            later,
            Phase::Moderating,
            "whoever has not by then never will"
        );
    }

    #[test]
    fn nothing_of_others_is_seen_before_the_own_marks_are_final() {
        let tells = [
            What::OthersMarks,
            What::Progress,
            What::Discussion,
            What::Statistics,
        ];
        for reader in [Undeclared, Marking, ChairMarking] {
            for stage in &STAGES[..5] {
                for what in tells.iter().chain(&[What::Consensus, What::Ranking]) {
                    assert!(
                        !may_see(reader, *stage, *what),
                        "{reader:?} {stage} {what:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_members_own_state_decides_what_they_are() {
        let chairs = [Removed, Undeclared, ChairMarking, Chair];
        let others = [Removed, Undeclared, Marking, Finished];
        let own = [Own::Removed, Own::Undeclared, Own::Marking, Own::Finished];
        assert_eq!(own.map(|own| Reader::member(own, true)), chairs);
        assert_eq!(own.map(|own| Reader::member(own, false)), others);
    }
}
