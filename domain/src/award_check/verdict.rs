//! What the check answers: a verdict, its ground, and what a reader should know beside it, each as data and as a sentence.

use std::fmt;

use super::contest::{BidLabel, Price};

/// The answer for one contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether the published winner is the one the rule gives.
    pub verdict: Verdict,
    /// Where the rule comes from.
    pub basis: Basis,
    /// What a reader should know beside the verdict.
    pub notes: Vec<Note>,
}

/// Where the rule of a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The buyer declared it.
    Declared,
    /// Nothing was declared: the lowest valid price at or above a published minimum is assumed.
    Assumed,
}

/// Whether the published winner is the one the rule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Agrees {
        /// The winning bid.
        winner: BidLabel,
    },
    /// It is not.
    Differs(Difference),
    /// The publication does not hold what is needed.
    CannotTell(Doubt),
}

// Boxed, so that the steps of the check can end with `?` at the price of a pointer.
impl From<Difference> for Box<Verdict> {
    fn from(difference: Difference) -> Self {
        Self::new(Verdict::Differs(difference))
    }
}

impl From<Doubt> for Box<Verdict> {
    fn from(doubt: Doubt) -> Self {
        Self::new(Verdict::CannotTell(doubt))
    }
}

/// Why the published winner is not the one the rule gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// A valid bid at or above the minimum is lower.
    #[error("{winner} won, but {lower} is lower and valid")]
    LowerValidBid {
        /// Who won as published.
        winner: BidLabel,
        /// Who should have won.
        lower: BidLabel,
    },
    /// The winner is below the published minimum while others are not.
    #[error("{winner} won below the published minimum of {minimum}; {expected} should have won")]
    WinnerBelowMinimum {
        /// Who won as published.
        winner: BidLabel,
        /// The published minimum.
        minimum: Price,
        /// Who should have won.
        expected: BidLabel,
    },
    /// The winning bid is published as disqualified or withdrawn.
    #[error("{winner} won, but is published as disqualified or withdrawn")]
    WinnerNotValid {
        /// Who won as published.
        winner: BidLabel,
    },
}

/// Why the check cannot tell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// There is no result to check.
    #[error("the contest was cancelled or ended without a result")]
    Cancelled,
    /// Something beside the price decides.
    #[error("the declared rule is not price only: {declared}")]
    NotPriceOnly {
        /// What was declared.
        declared: String,
    },
    /// The declared rule is not known here.
    #[error("the declared rule `{declared}` is not one that this check knows")]
    RuleNotRecognised {
        /// What was declared.
        declared: String,
    },
    /// Nothing to compare.
    #[error("fewer than two priced bids ({priced})")]
    FewerThanTwoPricedBids {
        /// How many there are.
        priced: usize,
    },
    /// Prices that cannot be compared without a rate.
    #[error("prices in several currencies: {}", .currencies.join(", "))]
    MixedCurrencies {
        /// The codes, sorted.
        currencies: Vec<String>,
    },
    /// Some prices include tax and others do not.
    #[error("some prices include value added tax and others do not")]
    MixedTax,
    /// A price of zero or less is a gap in the publication more often than an offer.
    #[error("{bid} has a price that is not above zero")]
    PriceNotPositive {
        /// The bid.
        bid: BidLabel,
    },
    /// No award is active.
    #[error("no winner is published{}", if *.pending { " (an award is pending)" } else { "" })]
    NoWinnerPublished {
        /// Whether an award is on its way.
        pending: bool,
    },
    /// More than one bid won.
    #[error("{winners} winners are published")]
    SeveralWinners {
        /// How many.
        winners: usize,
    },
    /// The winner did not bid, as far as published.
    #[error("the winner is not among the published bids")]
    WinnerNotAmongBids,
    /// The winning bid has no price.
    #[error("{winner} won, and its price is unknown")]
    WinnerWithoutPrice {
        /// The winning bid.
        winner: BidLabel,
    },
    /// A minimum above every valid bid is no minimum.
    #[error("every valid bid is below the published minimum of {minimum}")]
    MinimumAboveEveryBid {
        /// The published minimum.
        minimum: Price,
    },
    /// Losing bids are missing, or have no price.
    #[error("losing bids are unknown: {unpriced} without a price, {unlisted} not listed")]
    UnknownLosers {
        /// Standing bids without a price.
        unpriced: usize,
        /// Bids that are counted but not listed.
        unlisted: u64,
    },
    /// A lower bid whose status is not known here.
    #[error("{bid} is lower, and its status `{status}` is not one that this check knows")]
    BidStatusNotRecognised {
        /// The bid.
        bid: BidLabel,
        /// Its status as published.
        status: String,
    },
}

/// What a reader should know beside the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Several bids share the lowest price, the winner among them.
    TieAmongLowest {
        /// All of them.
        bids: Vec<BidLabel>,
    },
    /// The winner won only because lower bids are below the published minimum.
    ThanksToMinimum {
        /// The published minimum.
        minimum: Price,
        /// The lower bids.
        lower: Vec<BidLabel>,
    },
    /// Lower bids were disqualified.
    LowerBidsDisqualified {
        /// The lower bids.
        lower: Vec<BidLabel>,
    },
    /// The award's value is not the price of the winning bid.
    AwardValueDiffers {
        /// The value of the award.
        value: Price,
        /// The price of the bid.
        price: Price,
    },
    /// Some prices have no currency and were taken to be in that of the others.
    CurrencyAssumed {
        /// How many.
        prices: usize,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TieAmongLowest { bids } => {
                write!(f, "tie among the lowest: {}", Joined(bids))
            }
            Self::ThanksToMinimum { minimum, lower } => write!(
                f,
                "won thanks to the minimum price of {minimum}, which excludes {}",
                Joined(lower)
            ),
            Self::LowerBidsDisqualified { lower } => {
                write!(f, "lower but disqualified: {}", Joined(lower))
            }
            Self::AwardValueDiffers { value, price } => {
                write!(f, "awarded for {value} on a bid of {price}")
            }
            Self::CurrencyAssumed { prices } => {
                write!(
                    f,
                    "{prices} prices without a currency, taken to be in that of the others"
                )
            }
        }
    }
}

struct Joined<'a>(&'a [BidLabel]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, bid) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{bid}")?;
        }
        Ok(())
    }
}

impl Basis {
    /// A word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Assumed => "assumed",
        }
    }
}

impl Difference {
    /// A word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LowerValidBid { .. } => "lowerValidBid",
            Self::WinnerBelowMinimum { .. } => "winnerBelowMinimum",
            Self::WinnerNotValid { .. } => "winnerNotValid",
        }
    }

    /// The ground without its particulars, for totals.
    pub const fn heading(&self) -> &'static str {
        match self {
            Self::LowerValidBid { .. } => "a lower valid bid lost",
            Self::WinnerBelowMinimum { .. } => "the winner is below the published minimum",
            Self::WinnerNotValid { .. } => "the winner is disqualified or withdrawn",
        }
    }
}

impl Doubt {
    /// A word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::NotPriceOnly { .. } => "notPriceOnly",
            Self::RuleNotRecognised { .. } => "ruleNotRecognised",
            Self::FewerThanTwoPricedBids { .. } => "fewerThanTwoPricedBids",
            Self::MixedCurrencies { .. } => "mixedCurrencies",
            Self::MixedTax => "mixedTax",
            Self::PriceNotPositive { .. } => "priceNotPositive",
            Self::NoWinnerPublished { .. } => "noWinnerPublished",
            Self::SeveralWinners { .. } => "severalWinners",
            Self::WinnerNotAmongBids => "winnerNotAmongBids",
            Self::WinnerWithoutPrice { .. } => "winnerWithoutPrice",
            Self::MinimumAboveEveryBid { .. } => "minimumAboveEveryBid",
            Self::UnknownLosers { .. } => "unknownLosers",
            Self::BidStatusNotRecognised { .. } => "bidStatusNotRecognised",
        }
    }

    /// The ground without its particulars, for totals.
    pub const fn heading(&self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled or without a result",
            Self::NotPriceOnly { .. } => "the declared rule is not price only",
            Self::RuleNotRecognised { .. } => "the declared rule is not recognised",
            Self::FewerThanTwoPricedBids { .. } => "fewer than two priced bids",
            Self::MixedCurrencies { .. } => "several currencies",
            Self::MixedTax => "prices with and without tax",
            Self::PriceNotPositive { .. } => "a price not above zero",
            Self::NoWinnerPublished { .. } => "no winner published",
            Self::SeveralWinners { .. } => "several winners",
            Self::WinnerNotAmongBids => "the winner is not among the bids",
            Self::WinnerWithoutPrice { .. } => "the winner's price is unknown",
            Self::MinimumAboveEveryBid { .. } => "the minimum is above every valid bid",
            Self::UnknownLosers { .. } => "losing bids are unknown",
            Self::BidStatusNotRecognised { .. } => "the status of a lower bid is not recognised",
        }
    }
}

impl Note {
    /// A word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TieAmongLowest { .. } => "tieAmongLowest",
            Self::ThanksToMinimum { .. } => "thanksToMinimum",
            Self::LowerBidsDisqualified { .. } => "lowerBidsDisqualified",
            Self::AwardValueDiffers { .. } => "awardValueDiffers",
            Self::CurrencyAssumed { .. } => "currencyAssumed",
        }
    }
}
