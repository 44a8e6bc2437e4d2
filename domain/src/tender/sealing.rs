//! Bids and marks as sealed content: which fields they have, and which of them an opening publishes.
//!
//! The content names its tender and its author, so that a commitment cannot be moved to another tender or taken by
//! another bidder.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bid::BidContent;
use super::code::CriterionCode;
use super::disclosure::{BidField, DisclosurePlan};
use super::lot::LotCode;
use crate::ids::{BidId, OrganisationId, PersonId, TenderId};
use crate::log::canonical::EncodingError;
use crate::log::commitment::{FieldOpening, Opening, Salt, SealedContent};
use crate::log::hash::Hash;
use crate::scoring::KnownContent;

const TENDER: &str = "tender";
const SUPPLIER: &str = "supplier";
const LOT: &str = "lot";
const REASON: &str = "reason";

/// Sealed content that is not a bid or a mark. The content itself is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sealed field `{field}` is missing or has not its form")]
pub struct InvalidSealed {
    /// The field.
    pub field: String,
}

/// A mark as its evaluator made it final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkContent {
    /// The tender.
    pub tender: TenderId,
    /// The bid.
    pub bid: BidId,
    /// The criterion.
    pub criterion: CriterionCode,
    /// Who marked.
    pub evaluator: PersonId,
    /// The level, in the points of the criterion's table.
    pub level: u32,
    /// Why. It stands in the log as a hash; the text can be erased.
    pub reason: String,
}

/// A mark as an opening shows it: all but the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownMark {
    /// The tender.
    pub tender: TenderId,
    /// The bid.
    pub bid: BidId,
    /// The criterion.
    pub criterion: CriterionCode,
    /// Who marked.
    pub evaluator: PersonId,
    /// The level.
    pub level: u32,
}

pub(super) fn seal_fields(
    fields: Vec<(&str, Value)>,
    salt: &mut impl FnMut() -> Salt,
) -> SealedContent {
    let whole = salt();
    let fields = fields.into_iter().map(|(name, value)| {
        let opening = FieldOpening {
            value,
            salt: salt(),
        };
        (name.to_owned(), opening)
    });
    SealedContent {
        salt: whole,
        fields: fields.collect(),
    }
}

impl BidContent {
    /// The content ready to be committed to and encrypted; `salt` gives a fresh random salt at each call.
    pub fn seal(
        &self,
        tender: TenderId,
        supplier: OrganisationId,
        mut salt: impl FnMut() -> Salt,
    ) -> SealedContent {
        let fields = vec![
            (TENDER, json!(tender)),
            (SUPPLIER, json!(supplier)),
            (LOT, json!(self.lot)),
            (BidField::Price.as_str(), json!(self.price)),
            (BidField::ItemPrices.as_str(), json!(self.item_prices)),
            (BidField::Commitments.as_str(), json!(self.commitments)),
            (
                BidField::Participations.as_str(),
                json!(self.participations),
            ),
            (BidField::Declarations.as_str(), json!(self.declarations)),
            (BidField::Answers.as_str(), json!(self.answers)),
            (BidField::Answered.as_str(), json!(self.answered())),
        ];
        seal_fields(fields, &mut salt)
    }

    /// Reads sealed content back after decryption.
    pub fn unseal(
        sealed: &SealedContent,
    ) -> Result<(TenderId, OrganisationId, Self), InvalidSealed> {
        let content = Self {
            lot: field(&sealed.fields, LOT)?,
            price: field(&sealed.fields, BidField::Price.as_str())?,
            item_prices: field(&sealed.fields, BidField::ItemPrices.as_str())?,
            commitments: field(&sealed.fields, BidField::Commitments.as_str())?,
            participations: field(&sealed.fields, BidField::Participations.as_str())?,
            answers: field(&sealed.fields, BidField::Answers.as_str())?,
            declarations: field(&sealed.fields, BidField::Declarations.as_str())?,
        };
        let tender = field(&sealed.fields, TENDER)?;
        Ok((tender, field(&sealed.fields, SUPPLIER)?, content))
    }
}

pub(super) fn field<T: for<'de> Deserialize<'de>>(
    fields: &BTreeMap<String, FieldOpening>,
    name: &str,
) -> Result<T, InvalidSealed> {
    let value = fields.get(name).map(|field| field.value.clone());
    parse(value, name)
}

pub(super) fn shown<T: for<'de> Deserialize<'de>>(
    opening: &Opening,
    name: &str,
) -> Result<T, InvalidSealed> {
    let published = opening.fields.get(name).and_then(|field| field.value());
    parse(published.cloned(), name)
}

fn parse<T: for<'de> Deserialize<'de>>(
    value: Option<Value>,
    name: &str,
) -> Result<T, InvalidSealed> {
    value
        .and_then(|value| serde_json::from_value(value).ok())
        .ok_or_else(|| InvalidSealed {
            field: name.to_owned(),
        })
}

/// What sealed content says, with or without the prices of a second envelope that is still closed.
pub fn known(sealed: &SealedContent) -> Result<KnownContent, InvalidSealed> {
    let fields = &sealed.fields;
    let price = BidField::Price.as_str();
    let items = BidField::ItemPrices.as_str();
    Ok(KnownContent {
        price: optional(fields, price)?,
        item_prices: optional(fields, items)?,
        commitments: Some(field(fields, BidField::Commitments.as_str())?),
        participations: Some(field(fields, BidField::Participations.as_str())?),
        declarations: Some(field(fields, BidField::Declarations.as_str())?),
        answered: Some(field(fields, BidField::Answered.as_str())?),
    })
}

/// The answers of a bid.
pub fn answers(sealed: &SealedContent) -> Result<BTreeMap<CriterionCode, String>, InvalidSealed> {
    field(&sealed.fields, BidField::Answers.as_str())
}

fn optional<T: for<'de> Deserialize<'de>>(
    fields: &BTreeMap<String, FieldOpening>,
    name: &str,
) -> Result<Option<T>, InvalidSealed> {
    fields.get(name).map(|_| field(fields, name)).transpose()
}

impl DisclosurePlan {
    /// Whether a bid that is open whole publishes the sealed field of a name ([`SealedContent::open`]).
    pub fn publishes(&self, name: &str) -> bool {
        let field = BidField::ALL
            .into_iter()
            .find(|field| field.as_str() == name);
        field.map_or([TENDER, SUPPLIER, LOT].contains(&name), |field| {
            self.in_log(field)
        })
    }
}

/// Whose bid it is and what for: what every opening shows, whatever the plan discloses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BidHead {
    /// The tender.
    pub tender: TenderId,
    /// Who bids.
    pub supplier: OrganisationId,
    /// The lot that the bid is for.
    pub lot: LotCode,
}

impl BidHead {
    /// What an opening of a bid names.
    pub fn from_opening(opening: &Opening) -> Result<Self, InvalidSealed> {
        Ok(Self {
            tender: shown(opening, TENDER)?,
            supplier: shown(opening, SUPPLIER)?,
            lot: shown(opening, LOT)?,
        })
    }
}

impl MarkContent {
    /// The mark ready to be committed to; `salt` gives a fresh random salt at each call.
    pub fn seal(&self, mut salt: impl FnMut() -> Salt) -> SealedContent {
        let fields = vec![
            (TENDER, json!(self.tender)),
            ("bid", json!(self.bid)),
            ("criterion", json!(self.criterion)),
            ("evaluator", json!(self.evaluator)),
            ("level", json!(self.level)),
            (REASON, json!(self.reason)),
        ];
        seal_fields(fields, &mut salt)
    }

    /// Whether the release of a mark publishes the sealed field of a name ([`SealedContent::open`]): all but the reason.
    pub fn publishes(name: &str) -> bool {
        name != REASON
    }
}

impl ShownMark {
    /// What a released mark shows.
    pub fn from_opening(opening: &Opening) -> Result<Self, InvalidSealed> {
        Ok(Self {
            tender: shown(opening, TENDER)?,
            bid: shown(opening, "bid")?,
            criterion: shown(opening, "criterion")?,
            evaluator: shown(opening, "evaluator")?,
            level: shown(opening, "level")?,
        })
    }
}

/// How a reason in free words stands in the log: a salted hash. Text and salt are kept beside the log, where they can be
/// erased.
pub fn commit_reason(reason: &str, salt: Salt) -> Result<Hash, EncodingError> {
    let value = Value::from(reason);
    FieldOpening { value, salt }.commitment(REASON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;
    use crate::log::commitment::verify_opening;
    use crate::log::hash::sha256;
    use crate::scoring::KnownContent;
    use crate::tender::disclosure::Disclosure;
    use crate::tender::fixtures::{bid, code, full_content, lot, org, uuid};

    fn salts() -> impl FnMut() -> Salt {
        let mut next = 0_u8;
        move || {
            next = next.wrapping_add(1);
            Salt([next; 32])
        }
    }

    #[test]
    fn a_bid_is_sealed_and_read_back() {
        let tender = TenderId::from_uuid(uuid(77));
        let content = full_content(org(1), "100", "5.0");
        let sealed = content.seal(tender, org(1), salts());
        assert_eq!(BidContent::unseal(&sealed), Ok((tender, org(1), content)));
        let mut salts: Vec<_> = sealed.fields.values().map(|field| field.salt.0).collect();
        salts.push(sealed.salt.0);
        salts.sort_unstable();
        salts.dedup();
        assert_eq!(salts.len(), 11, "each salt is used once");
    }

    #[test]
    fn an_opening_publishes_what_the_plan_discloses_and_no_answer() {
        let tender = TenderId::from_uuid(uuid(77));
        let sealed = full_content(org(1), "100", "5.0").seal(tender, org(1), salts());
        let plan = DisclosurePlan {
            price: Disclosure::Parties,
            ..DisclosurePlan::default()
        };
        let ciphertext = sha256(b"c");
        let opening = sealed
            .open(ciphertext, |name| plan.publishes(name))
            .unwrap();
        let text = serde_json::to_string(&opening).unwrap();
        assert!(
            !text.contains("100.00") && !text.contains("train our people"),
            "{text}"
        );
        let head = BidHead {
            tender,
            supplier: org(1),
            lot: lot("1"),
        };
        assert_eq!(BidHead::from_opening(&opening), Ok(head));
        let known = KnownContent::from_opening(&opening).unwrap();
        assert_eq!(known.price, None);
        assert_eq!(known.commitments.map(|all| all.len()), Some(1));
        let commitment = sealed.commit(ciphertext).unwrap();
        assert_eq!(verify_opening(&commitment, &opening), Ok(()));
    }

    #[test]
    fn a_released_mark_shows_all_but_its_reason() {
        let mark = MarkContent {
            tender: TenderId::from_uuid(uuid(77)),
            bid: bid(1),
            criterion: code("Q"),
            evaluator: PersonId::from_uuid(uuid(5)),
            level: 3,
            reason: "Ms Kim's method is sound".to_owned(),
        };
        let opening = mark
            .seal(salts())
            .open(sha256(b""), MarkContent::publishes)
            .unwrap();
        assert!(!serde_json::to_string(&opening).unwrap().contains("Kim"));
        let shown = ShownMark::from_opening(&opening).unwrap();
        assert_eq!((shown.bid, shown.level), (bid(1), 3));
    }
}
