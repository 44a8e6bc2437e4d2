//! Reads OCDS 1.0 and 1.1: releases, compiled and versioned releases, and the releases of records.

use std::collections::HashMap;

use super::fields::{Problem, criteria, key, lot_values, parties, party, price};
use super::node::{Fields, Node, instant};
use super::release::{Award, Bid, Count, Criteria, Form, Lot, Party, Release, Tender};

/// The releases of a record: its compiled release, else its versioned one, else those that are embedded. A release that is
/// only linked is a problem, as nothing is fetched.
pub(super) fn record(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Vec<Release> {
    for (name, form) in [
        ("compiledRelease", Form::Compiled),
        ("versionedRelease", Form::Versioned),
    ] {
        let release = fields.get(name).and_then(Node::fields);
        if let Some(found) = release.and_then(|release| self::release(&release, form, problems)) {
            return vec![found];
        }
    }
    let mut releases = Vec::new();
    for (index, embedded) in fields.objects("releases").iter().enumerate() {
        if embedded.get("ocid").is_none() && embedded.get("url").is_some() {
            problems.push(Problem::at(
                format!("releases[{index}]"),
                "only a link to a release; links are not fetched, give the file it points to",
            ));
        } else {
            releases.extend(release(embedded, Form::Release, problems));
        }
    }
    releases
}

/// One release; nothing, and a problem, when it has no ocid.
pub(super) fn release(
    fields: &Fields<'_>,
    form: Form,
    problems: &mut Vec<Problem>,
) -> Option<Release> {
    let Some(ocid) = key(fields.text("ocid"), "ocid", problems) else {
        problems.push(Problem::at(
            "ocid",
            "missing or empty: expected the id of the contracting process",
        ));
        return None;
    };
    let names = Names::of(fields);
    let tender = fields.object("tender");
    let date = fields.text("date");
    let parsed = date.as_deref().and_then(instant);
    if let (Some(date), None) = (&date, parsed) {
        problems.push(Problem::at(
            "date",
            format!(
                "`{date}` is not a date: expected RFC 3339, such as 2026-11-22T12:00:00Z; left out"
            ),
        ));
    }
    Some(Release {
        form,
        ocid,
        id: key(fields.text("id"), "id", problems),
        date: parsed,
        test: tender
            .text("mode")
            .or_else(|| fields.text("mode"))
            .as_deref()
            == Some("test"),
        buyer: fields
            .get("buyer")
            .or_else(|| {
                tender
                    .get("procuringEntity")
                    .filter(|_| fields.get("buyer").is_none())
            })
            .and_then(Node::fields)
            .and_then(|buyer| party(&buyer))
            .map(|buyer| names.named(buyer)),
        counts: counts(fields, &tender),
        bids: bids(fields, &names, problems),
        awards: awards(fields, &names, problems),
        tender: read_tender(&tender, problems),
    })
}

fn read_tender(tender: &Fields<'_>, problems: &mut Vec<Problem>) -> Tender {
    let mut price_of = |name: &str| price(tender.get(name), || format!("tender.{name}"), problems);
    let (value, minimum) = (price_of("value"), price_of("minValue"));
    Tender {
        title: tender.text("title"),
        status: tender.text("status"),
        procedure: tender
            .text("procurementMethodDetails")
            .or_else(|| tender.text("procurementMethod")),
        value,
        minimum,
        criteria: award_criteria(tender),
        lots: lots(tender, problems),
    }
}

fn lots(tender: &Fields<'_>, problems: &mut Vec<Problem>) -> Vec<Lot> {
    let lots = tender.objects("lots");
    lots.iter()
        .enumerate()
        .filter_map(|(index, lot)| {
            let mut price_of = |name: &str| {
                price(
                    lot.get(name),
                    || format!("tender.lots[{index}].{name}"),
                    problems,
                )
            };
            let (value, minimum) = (price_of("value"), price_of("minValue"));
            Some(Lot {
                id: lot.text("id")?,
                title: lot.text("title"),
                status: lot.text("status"),
                value,
                minimum,
                criteria: award_criteria(lot),
            })
        })
        .collect()
}

/// A code in `awardCriteria`, or the structured criteria of the lots extension in an object of that name.
fn award_criteria(owner: &Fields<'_>) -> Criteria {
    let structured = owner.object("awardCriteria");
    Criteria {
        code: owner.text("awardCriteria"),
        list: criteria(&structured.objects("criteria")),
        beside_price: None,
    }
}

fn bids(fields: &Fields<'_>, names: &Names, problems: &mut Vec<Problem>) -> Vec<Bid> {
    let details = fields.object("bids").objects("details");
    details
        .iter()
        .enumerate()
        .map(|(index, bid)| {
            let path = format!("bids.details[{index}]");
            Bid {
                id: bid.text("id").unwrap_or_default(),
                status: bid.text("status"),
                tenderers: names.all_named(parties(bid, "tenderers")),
                value: price(bid.get("value"), || format!("{path}.value"), problems),
                lots: related(bid, "relatedLots", "relatedLot"),
                lot_values: lot_values(bid, &path, problems),
            }
        })
        .collect()
}

fn awards(fields: &Fields<'_>, names: &Names, problems: &mut Vec<Problem>) -> Vec<Award> {
    fields
        .objects("awards")
        .iter()
        .enumerate()
        .map(|(index, award)| Award {
            id: award.text("id").unwrap_or_default(),
            status: award.text("status"),
            suppliers: names.all_named(parties(award, "suppliers")),
            bids: related(award, "relatedBids", "relatedBid"),
            lots: related(award, "relatedLots", "relatedLot"),
            value: price(
                award.get("value"),
                || format!("awards[{index}].value"),
                problems,
            ),
        })
        .collect()
}

fn related(fields: &Fields<'_>, many: &str, one: &str) -> Vec<String> {
    let mut ids = fields.texts(many);
    ids.extend(fields.text(one));
    ids.dedup();
    ids
}

/// Counts of bids: the bid statistics, and the number of tenderers.
fn counts(fields: &Fields<'_>, tender: &Fields<'_>) -> Vec<Count> {
    let whole = |text: String| text.split('.').next().and_then(|whole| whole.parse().ok());
    let mut counts = Vec::new();
    for statistic in fields.object("bids").objects("statistics") {
        let measure = statistic.text("measure");
        if !matches!(measure.as_deref(), Some("bids" | "validBids")) {
            continue;
        }
        let Some(bids) = statistic.text("value").and_then(whole) else {
            continue;
        };
        let lots = related(&statistic, "relatedLots", "relatedLot");
        if lots.is_empty() {
            counts.push(Count { lot: None, bids });
        }
        counts.extend(lots.into_iter().map(|lot| Count {
            lot: Some(lot),
            bids,
        }));
    }
    if let Some(bids) = tender.text("numberOfTenderers").and_then(whole) {
        counts.push(Count { lot: None, bids });
    }
    counts
}

/// The names of the parties of a release, for the references that carry only an id.
struct Names(HashMap<String, String>);

impl Names {
    fn of(release: &Fields<'_>) -> Self {
        Self(
            parties(release, "parties")
                .into_iter()
                .map(|party| (party.id, party.name))
                .collect(),
        )
    }

    fn named(&self, mut party: Party) -> Party {
        if party.name.is_empty()
            && let Some(name) = self.0.get(&party.id)
        {
            party.name.clone_from(name);
        }
        party
    }

    fn all_named(&self, parties: Vec<Party>) -> Vec<Party> {
        parties.into_iter().map(|party| self.named(party)).collect()
    }
}
