//! What is kept of a published release: the fields that an award can be checked by, and who published it. Everything
//! else, personal data above all (contact points, addresses, documents), is never read.

use commonweal_domain::award_check::Price;
use commonweal_domain::time::Time;
use serde::Serialize;

/// The form that a release was published in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Form {
    /// An OCDS release.
    Release,
    /// The compiled release of an OCDS record.
    Compiled,
    /// The versioned release of an OCDS record, read at its latest version.
    Versioned,
    /// A tender of the Prozorro central database.
    Prozorro,
}

impl Form {
    /// A word for tables and reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Compiled => "compiled",
            Self::Versioned => "versioned",
            Self::Prozorro => "prozorro",
        }
    }
}

/// One release in whitelisted fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// The form it came in.
    pub form: Form,
    /// The open contracting id of the process.
    pub ocid: String,
    /// The id of the release; nothing when it was left out or empty.
    pub id: Option<String>,
    /// When it was published.
    pub date: Option<Time>,
    /// The publisher marks it as a test.
    pub test: bool,
    /// Who buys.
    pub buyer: Option<Party>,
    /// The tender.
    pub tender: Tender,
    /// The bids.
    pub bids: Vec<Bid>,
    /// The awards.
    pub awards: Vec<Award>,
    /// How many bids there were, as counted by the publisher.
    pub counts: Vec<Count>,
}

/// An organisation as named in a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// Its id inside the release, or one made of its identifier or name.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
}

/// The tender of a release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tender {
    /// Its title.
    pub title: Option<String>,
    /// Its status as published.
    pub status: Option<String>,
    /// The kind of procedure as published.
    pub procedure: Option<String>,
    /// `value`: an estimate, or the ceiling where the publisher uses it so. No rule reads it.
    pub value: Option<Price>,
    /// `minValue`: read as the published minimum price. The standard calls it an estimate, so whatever follows from it
    /// is reported as following from the minimum.
    pub minimum: Option<Price>,
    /// The declared award criteria of the whole tender.
    pub criteria: Criteria,
    /// Its lots.
    pub lots: Vec<Lot>,
}

/// Declared award criteria as published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Criteria {
    /// The code, such as `priceOnly`.
    pub code: Option<String>,
    /// Structured criteria.
    pub list: Vec<Criterion>,
    /// What else makes the award depend on more than the price.
    pub beside_price: Option<String>,
}

/// One structured criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Criterion {
    /// Its type, such as `price` or `quality`.
    pub kind: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its weight, in whatever way it was written.
    pub weights: Vec<String>,
}

/// A lot of a tender.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lot {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: Option<String>,
    /// Its status as published.
    pub status: Option<String>,
    /// As in [`Tender`].
    pub value: Option<Price>,
    /// As in [`Tender`].
    pub minimum: Option<Price>,
    /// Its own declared award criteria.
    pub criteria: Criteria,
}

/// A bid.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bid {
    /// Its id as published; may be empty or repeated.
    pub id: String,
    /// Its status as published.
    pub status: Option<String>,
    /// Who bids together.
    pub tenderers: Vec<Party>,
    /// Its price for everything it is for; nothing is unknown.
    pub value: Option<Price>,
    /// The lots it is for.
    pub lots: Vec<String>,
    /// Its prices lot by lot.
    pub lot_values: Vec<LotValue>,
}

/// The part of a bid that is for one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LotValue {
    /// The lot.
    pub lot: String,
    /// The status of this part as published.
    pub status: Option<String>,
    /// Its price.
    pub value: Option<Price>,
}

/// An award.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Award {
    /// Its id as published.
    pub id: String,
    /// Its status as published.
    pub status: Option<String>,
    /// Whom it goes to.
    pub suppliers: Vec<Party>,
    /// The bids it goes to.
    pub bids: Vec<String>,
    /// The lots it is for.
    pub lots: Vec<String>,
    /// Its value.
    pub value: Option<Price>,
}

/// A number of bids as counted by the publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// The lot it is for; nothing means the whole tender.
    pub lot: Option<String>,
    /// The number.
    pub bids: u64,
}
