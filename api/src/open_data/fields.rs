//! The fields that OCDS and the Prozorro form share, read tolerantly. What cannot be read is left out and said so.

use commonweal_domain::award_check::Price;

use super::node::{Fields, Node, decimal};
use super::release::{Criterion, LotValue, Party};

/// What was left out of a record, or why the whole record was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the record, such as `bids.details[2].value.amount`; empty for the record itself.
    pub path: String,
    /// What is wrong and what was expected.
    pub reason: String,
}

impl Problem {
    /// A problem at a path.
    pub(super) fn at(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: reason.into(),
        }
    }
}

/// The most bytes an ocid or the id of a release may have: they are keys of tables.
const LONGEST_ID_BYTES: usize = 255;

/// An id that names a process or a release; nothing when it is missing or empty, or, with a problem, too long.
pub(super) fn key(text: Option<String>, path: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let text = text?;
    if text.len() > LONGEST_ID_BYTES {
        problems.push(Problem::at(
            path,
            format!("longer than {LONGEST_ID_BYTES} bytes, the most an id may have"),
        ));
        return None;
    }
    Some(text)
}

/// A price: nothing when there is no amount, or when it is 0 without a currency, which is how publishers say "none".
pub(super) fn price(
    value: Option<Node<'_>>,
    path: impl Fn() -> String,
    problems: &mut Vec<Problem>,
) -> Option<Price> {
    let fields = value?.fields()?;
    let text = fields.text("amount")?;
    let Some(amount) = decimal(&text) else {
        problems.push(Problem::at(
            format!("{}.amount", path()),
            format!(
                "`{text}` is not an exact decimal number of at most 28 digits; read as unknown"
            ),
        ));
        return None;
    };
    let currency = fields
        .text("currency")
        .map(|currency| currency.to_uppercase());
    if amount.is_zero() && currency.is_none() {
        return None;
    }
    Some(Price {
        amount,
        currency,
        tax_included: fields.get("valueAddedTaxIncluded").and_then(Node::flag),
    })
}

/// An organisation: by its id, else by its identifier, else by its name; nothing when it has none of them.
pub(super) fn party(fields: &Fields<'_>) -> Option<Party> {
    let identifier = fields.object("identifier");
    let name = fields
        .text("name")
        .or_else(|| identifier.text("legalName"))
        .unwrap_or_default();
    let by_identifier = identifier
        .text("id")
        .map(|id| match identifier.text("scheme") {
            Some(scheme) => format!("{scheme}-{id}"),
            None => id,
        });
    let id = fields
        .text("id")
        .or(by_identifier)
        .unwrap_or_else(|| name.to_lowercase());
    (!id.is_empty()).then_some(Party { id, name })
}

/// The organisations in a list, each once, in the order written.
pub(super) fn parties(fields: &Fields<'_>, name: &str) -> Vec<Party> {
    let mut parties: Vec<Party> = Vec::new();
    for party in fields.objects(name).iter().filter_map(party) {
        if parties.iter().all(|known| known.id != party.id) {
            parties.push(party);
        }
    }
    parties
}

/// The prices of a bid lot by lot.
pub(super) fn lot_values(
    bid: &Fields<'_>,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Vec<LotValue> {
    bid.objects("lotValues")
        .iter()
        .enumerate()
        .filter_map(|(index, part)| {
            Some(LotValue {
                lot: part.text("relatedLot")?,
                status: part.text("status"),
                value: price(
                    part.get("value"),
                    || format!("{path}.lotValues[{index}].value"),
                    problems,
                ),
            })
        })
        .collect()
}

/// Structured award criteria with their weights, in whatever way these were written.
pub(super) fn criteria(list: &[Fields<'_>]) -> Vec<Criterion> {
    list.iter()
        .map(|criterion| Criterion {
            kind: criterion.text("type"),
            name: criterion.text("name"),
            weights: criterion
                .objects("numbers")
                .iter()
                .filter_map(|number| number.text("number"))
                .chain(criterion.text("weight"))
                .collect(),
        })
        .collect()
}
