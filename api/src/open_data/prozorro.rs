//! Reads a tender of the Prozorro central database, which is not OCDS: the tender's fields stand at the top, bids carry
//! their prices per lot, and an award names its bid and lot as `bid_id` and `lotID`.

use super::fields::{Problem, key, lot_values, parties, party, price};
use super::node::{Fields, Node, instant};
use super::release::{Award, Bid, Criteria, Form, Lot, Release, Tender};

/// The registered prefix under which Prozorro publishes its tenders as OCDS.
const OCID_PREFIX: &str = "ocds-be6bcu";

/// Whether an object is such a tender.
pub(super) fn is_tender(fields: &Fields<'_>) -> bool {
    fields.get("tenderID").is_some() || fields.get("procurementMethodType").is_some()
}

/// One tender; nothing, and a problem, when it has no number.
pub(super) fn tender(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Option<Release> {
    let number = fields.text("tenderID").or_else(|| fields.text("id"));
    let Some(number) = key(number, "tenderID", problems) else {
        problems.push(Problem::at(
            "tenderID",
            "missing or empty: expected the number of the tender",
        ));
        return None;
    };
    let modified = fields.text("dateModified").or_else(|| fields.text("date"));
    // A tender changes in place: what names a state of it is its id together with the moment of the change.
    let id = match (fields.text("id"), &modified) {
        (Some(id), Some(modified)) => Some(format!("{id}@{modified}")),
        _ => None,
    };
    let bids = bids(fields, problems);
    let awards = awards(fields, problems);
    Some(Release {
        form: Form::Prozorro,
        ocid: format!("{OCID_PREFIX}-{number}"),
        id: key(id, "id", problems),
        date: modified.as_deref().and_then(instant),
        test: fields.text("mode").as_deref() == Some("test"),
        buyer: fields
            .get("procuringEntity")
            .and_then(Node::fields)
            .and_then(|buyer| party(&buyer)),
        counts: Vec::new(),
        tender: Tender {
            title: fields.text("title"),
            status: fields.text("status"),
            procedure: fields.text("procurementMethodType"),
            value: price(fields.get("value"), || "value".to_owned(), problems),
            minimum: None,
            criteria: award_criteria(fields),
            lots: lots(fields, problems),
        },
        bids,
        awards,
    })
}

/// The code says `lowestCost` even where published features give marks beside the price.
fn award_criteria(fields: &Fields<'_>) -> Criteria {
    let weighted = |list: &str| {
        fields
            .objects(list)
            .iter()
            .any(|element| element.get("weightedValue").is_some())
    };
    let features = fields.objects("features").len();
    let beside_price = if features > 0 {
        Some(format!("{features} features give marks beside the price"))
    } else if fields.text("procurementMethodType").as_deref() == Some("esco") {
        Some("esco: bids are compared by the energy savings they promise".to_owned())
    } else if weighted("bids") || weighted("awards") {
        Some("bids carry a weighted value".to_owned())
    } else {
        None
    };
    Criteria {
        code: fields.text("awardCriteria"),
        list: Vec::new(),
        beside_price,
    }
}

fn lots(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Vec<Lot> {
    fields
        .objects("lots")
        .iter()
        .enumerate()
        .filter_map(|(index, lot)| {
            Some(Lot {
                id: lot.text("id")?,
                title: lot.text("title"),
                status: lot.text("status"),
                value: price(
                    lot.get("value"),
                    || format!("lots[{index}].value"),
                    problems,
                ),
                minimum: None,
                criteria: Criteria::default(),
            })
        })
        .collect()
}

fn bids(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Vec<Bid> {
    fields
        .objects("bids")
        .iter()
        .enumerate()
        .map(|(index, bid)| {
            let path = format!("bids[{index}]");
            Bid {
                id: bid.text("id").unwrap_or_default(),
                status: bid.text("status"),
                tenderers: parties(bid, "tenderers"),
                value: price(bid.get("value"), || format!("{path}.value"), problems),
                lots: Vec::new(),
                lot_values: lot_values(bid, &path, problems),
            }
        })
        .collect()
}

fn awards(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Vec<Award> {
    fields
        .objects("awards")
        .iter()
        .enumerate()
        .map(|(index, award)| Award {
            id: award.text("id").unwrap_or_default(),
            status: award.text("status"),
            suppliers: parties(award, "suppliers"),
            bids: award.texts("bid_id"),
            lots: award.texts("lotID"),
            value: price(
                award.get("value"),
                || format!("awards[{index}].value"),
                problems,
            ),
        })
        .collect()
}
