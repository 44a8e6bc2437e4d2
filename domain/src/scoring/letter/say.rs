//! The sentences of a letter, with what they need to be said in any language.

use rust_decimal::Decimal;

use super::StandstillFact;
use crate::ids::TenderId;
use crate::scoring::points::Points;
use crate::scoring::rules::Reason;
use crate::tender::disclosure::BidField;
use crate::tender::entries::ExclusionGround;
use crate::tender::validity::Validity;
use crate::time::Time;

/// A criterion by title and code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) title: &'a str,
    pub(super) code: &'a str,
}

/// A part of the letter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Heading {
    Decision,
    Marks,
    Advantages,
    Standstill,
    Challenge,
    Remarks,
}

/// How the winner's mark lies to the bid's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Against {
    More(Decimal),
    Fewer(Decimal),
    Same,
}

/// What decided a tie.
#[derive(Debug, Clone, Copy)]
pub(super) enum TieRule<'a> {
    Mark(Named<'a>),
    LowerPrice,
    EarlierReceipt,
    DrawnLot,
}

/// A total: a sum of points, or what the formula of another method makes of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Total {
    pub(super) value: Points,
    pub(super) formula: Option<&'static str>,
}

/// One line of a letter.
#[derive(Debug)]
pub(super) enum Say<'a> {
    Head(Head<'a>),
    Decision(Decision<'a>),
    Ground(GroundLine<'a>),
    Mark(MarkLine<'a>),
    Advantage(Advantage<'a>),
    Standstill(&'a StandstillFact),
    Challenge(Challenge),
}

/// What the letter is about, and between whom.
#[derive(Debug)]
pub(super) enum Head<'a> {
    Subject(&'a str),
    From(&'a str),
    To(&'a str),
    Reference(TenderId),
    Lot(Named<'a>),
}

/// What became of the bid.
#[derive(Debug)]
pub(super) enum Decision<'a> {
    Preview,
    Won {
        rank: u32,
        of: usize,
        total: Option<Total>,
    },
    AheadHaveOtherLots,
    NotYetContract,
    Lost {
        rank: u32,
        of: usize,
        total: Option<Total>,
    },
    PassedOver {
        rank: u32,
        of: usize,
        total: Option<Total>,
    },
    Excluded,
    Winner {
        name: &'a str,
        total: Option<Total>,
    },
    WinnerTotalWithheld,
    NoWinner,
}

/// Why a bid was not ranked.
#[derive(Debug)]
pub(super) enum GroundLine<'a> {
    Decided(ExclusionGround),
    BuyersReason(&'a str),
    BelowMinimumPrice,
    Withheld(BidField),
    ConditionFailed(Named<'a>),
    BelowMinimumLevel(Named<'a>),
    NotValid(Validity),
}

/// A mark, and why it is what it is.
#[derive(Debug)]
pub(super) enum MarkLine<'a> {
    Mark {
        of: Named<'a>,
        mark: Points,
        points: String,
    },
    NoMark {
        of: Named<'a>,
        reason: Reason,
    },
    Withheld {
        of: Named<'a>,
        field: BidField,
    },
    Formula(&'a str),
    PanelsReason(&'a str),
    NoPanelsReason,
    /// The evaluators' own levels.
    Evaluators(Vec<u32>),
    Winner {
        mark: Points,
        against: Against,
    },
    WinnerWithheld(BidField),
    WinnersReason(&'a str),
    Total(Total),
}

/// Who was ahead where, and what decided.
#[derive(Debug)]
pub(super) enum Advantage<'a> {
    WinnerAhead(Vec<Named<'a>>),
    BidAhead(Vec<Named<'a>>),
    Decisive(Vec<Named<'a>>),
    Tie(TieRule<'a>),
    Withheld,
    Method,
}

/// How to challenge the decision.
#[derive(Debug)]
pub(super) enum Challenge {
    ToTheBuyer,
    OtherRights,
    Recompute(u64),
}

/// A list of criteria by title.
pub(super) fn titles(list: &[Named<'_>]) -> String {
    let titles: Vec<&str> = list.iter().map(|named| named.title).collect();
    titles.join(", ")
}

/// Levels in a row.
pub(super) fn levels(list: &[u32]) -> String {
    let levels: Vec<String> = list.iter().map(ToString::to_string).collect();
    levels.join(", ")
}

/// A text of others as part of a line: its further lines are indented.
pub(super) fn quoted(text: &str) -> String {
    text.trim().replace('\n', "\n      ")
}

/// Year, month, day, and hours with minutes in UTC, from RFC 3339.
pub(super) fn civil(time: Time) -> Option<(String, u8, u8, String)> {
    let text = time.to_string();
    let (date, clock) = text.split_once('T')?;
    let mut parts = date.rsplitn(3, '-');
    let day = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    Some((
        parts.next()?.to_owned(),
        month,
        day,
        clock.get(..5)?.to_owned(),
    ))
}
