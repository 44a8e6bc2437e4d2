//! The letter that tells a bidder the decision, with reasons, in English or Korean: drawn from scorecards as data, the same
//! text for the same facts. Buyers owe it (Directive 2014/24/EU art. 55, Procurement Act 2023 s. 50).
//!
//! `content` decides what is said, sentence by sentence; a language says each `Say` in its own
//! words. The compiler finds a sentence that a language lacks.

mod content;
mod english;
mod korean;
mod say;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::comparison::Comparison;
use super::exclusion::Ground;
use super::points::Points;
use super::scorecard::Scorecard;
use crate::ids::TenderId;
use crate::tender::code::CriterionCode;
use crate::tender::entries::ExclusionGround;
use crate::tender::lot::Lot;
use crate::tender::plan::Plan;
use crate::tender::validity::Validity;
use crate::time::Time;

/// The language of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// Korean.
    Korean,
}

/// Everything that a letter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterFacts<'a> {
    /// The tender.
    pub tender: TenderId,
    /// What is bought.
    pub title: &'a str,
    /// The plan, for the titles of criteria.
    pub plan: &'a Plan,
    /// The lot of the bid; it is named when the tender has several.
    pub lot: &'a Lot,
    /// The buyer's name.
    pub buyer: &'a str,
    /// The bidder's name.
    pub bidder: &'a str,
    /// Whether two officers have decided the award; otherwise the letter is a preview and says so.
    pub approved: bool,
    /// What became of the bid.
    pub outcome: Outcome,
    /// Who won; none where the lot goes to nobody.
    pub winner: Option<WinnerFacts<'a>>,
    /// When the contract can be signed.
    pub standstill: StandstillFact,
    /// Log index of the ranking.
    pub ranking_index: u64,
}

/// The winner as far as the bidder may know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WinnerFacts<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its total; none where a mark is withheld from the bidder.
    pub total: Option<Points>,
}

/// What became of a bid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It wins the lot.
    Won(Standing),
    /// It is ranked before the bid that wins the lot, but its supplier wins as many other lots as one may.
    PassedOver(Standing),
    /// It is ranked behind the bid that wins the lot.
    Lost {
        /// Its place and marks.
        standing: Standing,
        /// It beside the winner, as the bidder may see both.
        comparison: Comparison,
        /// The panel's reasons for the winner's marks, as far as the bidder may see them.
        winner_reasons: BTreeMap<CriterionCode, String>,
    },
    /// It was not ranked.
    Excluded(Exclusion),
}

/// A bid's place with every mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// 1 is the winner.
    pub rank: u32,
    /// How many bids were ranked.
    pub of: usize,
    /// Every mark, with what the panel judged.
    pub card: Scorecard,
}

/// Why a bid was not ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exclusion {
    /// A decision of the buyer.
    Decided {
        /// The kind of ground.
        ground: ExclusionGround,
        /// Why; none when the text was erased.
        reason: Option<String>,
    },
    /// Grounds that follow from the plan.
    ByPlan(Vec<Ground>),
    /// It is not valid.
    NotValid(Validity),
}

/// When the contract can be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandstillFact {
    /// The standstill runs: the first instant after it.
    Ends(Time),
    /// So many working days, the day of the award notice among them.
    WorkingDays(u16),
    /// So many calendar days from the day after the award notice.
    CalendarDays(u16),
    /// There is none, on a ground that the plan names.
    NotApplicable {
        /// The ground.
        ground: String,
    },
    /// The award notice will say.
    InTheNotice,
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its language.
    pub language: Language,
    /// What it is about, in one line.
    pub subject: String,
    /// Sender, addressee and reference, a line each.
    pub head: Vec<String>,
    /// Its parts in order.
    pub sections: Vec<Section>,
}

/// A part of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// Its lines. Further lines of a quoted reason are indented, so that they cannot pass for something of the letter.
    pub lines: Vec<String>,
}

/// Writes the letter: the same facts make the same letter.
pub fn letter(facts: &LetterFacts<'_>, language: Language) -> Letter {
    let told = content::content(facts);
    let in_words = |sentence: &say::Say<'_>| match language {
        Language::English => english::say(sentence),
        Language::Korean => korean::say(sentence),
    };
    let heading = |heading| match language {
        Language::English => english::heading(heading),
        Language::Korean => korean::heading(heading),
    };
    let sections = told.sections.iter().map(|(of, lines)| Section {
        heading: heading(*of).to_owned(),
        lines: lines.iter().map(in_words).collect(),
    });
    Letter {
        language,
        subject: in_words(&told.subject),
        head: told.head.iter().map(in_words).collect(),
        sections: sections.collect(),
    }
}

impl Letter {
    /// The letter with remarks of the buyer as its last section. They are quoted: nothing of them can pass for a part that was
    /// drawn.
    #[must_use]
    pub fn with_remarks(mut self, remarks: &str) -> Self {
        let heading = match self.language {
            Language::English => english::heading(say::Heading::Remarks),
            Language::Korean => korean::heading(say::Heading::Remarks),
        };
        self.sections.push(Section {
            heading: heading.to_owned(),
            lines: vec![say::quoted(remarks)],
        });
        self
    }

    /// The letter as plain text with numbered sections.
    pub fn text(&self) -> String {
        let sections = self.sections.iter().zip(1_u32..).map(|(section, number)| {
            let lines = section.lines.join("\n");
            format!("\n{number}. {}\n{lines}\n", section.heading)
        });
        let head = format!("{}\n\n{}\n", self.subject, self.head.join("\n"));
        [head].into_iter().chain(sections).collect()
    }
}
