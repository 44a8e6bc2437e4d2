//! The tenders of the demo city: what is bought, by which plan, and who bids what.

use anyhow::{Context, Result};
use commonweal_domain::ids::{CatalogueId, OrganisationId};
use commonweal_domain::tender::bid::BidContent;
use commonweal_domain::tender::plan::Plan;
use serde_json::{Value, json};

use super::city::{BUYER_KINDS, PLACE};

/// How far a tender has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Bids are still taken.
    Open,
    /// Given up before the opening.
    Cancelled,
    /// Opened, one evaluator has finished.
    Opened,
    /// Ranked, or the ranking withheld.
    Ranked,
    /// One officer has proposed the award.
    Proposed,
    /// Awarded, with a contract.
    Contracted,
}

/// A bid of the demo.
#[derive(Debug, Clone, Copy)]
pub(super) struct DemoBid {
    /// Place of the lot in the tender.
    pub(super) lot: usize,
    /// Place of the supplier in the list of the city.
    pub(super) supplier: usize,
    /// Price in KRW.
    pub(super) price: u64,
    /// Promised quantity of the tender's measure.
    pub(super) pledge: &'static str,
    /// A social economy organisation under the bidder, and its share.
    pub(super) partner: Option<(usize, &'static str)>,
    /// Levels that the panel agrees on for the two judged criteria, 0 to 5.
    pub(super) levels: [u32; 2],
}

/// A tender of the demo.
#[derive(Debug)]
pub(super) struct DemoTender {
    pub(super) title: &'static str,
    /// Place of the buyer in the list of the city.
    pub(super) buyer: usize,
    /// Titles of the lots where there are several; then a supplier may win one of them.
    pub(super) lots: &'static [&'static str],
    pub(super) reach: Reach,
    pub(super) measure: &'static str,
    pub(super) target: &'static str,
    pub(super) unit: &'static str,
    /// Ceiling and floor for the linear rule; none for the relative one.
    pub(super) bounds: Option<(u64, u64)>,
    pub(super) bids: &'static [DemoBid],
}

const fn bid(
    supplier: usize,
    price: u64,
    pledge: &'static str,
    partner: Option<(usize, &'static str)>,
    levels: [u32; 2],
) -> DemoBid {
    DemoBid {
        lot: 0,
        supplier,
        price,
        pledge,
        partner,
        levels,
    }
}

/// The bidder whose partner does not confirm its share: it counts nothing, and the bid says so.
pub(super) const SILENT_PARTNER_OF: usize = 28;

/// A bid for the second lot.
const fn second(bid: DemoBid) -> DemoBid {
    DemoBid { lot: 1, ..bid }
}

/// Every stage of a tender is there at least once.
pub(super) const TENDERS: &[DemoTender] = &[
    DemoTender {
        title: "Home care visits in the East District",
        buyer: 2,
        lots: &[],
        reach: Reach::Contracted,
        measure: "CAR-1",
        target: "1200.0",
        unit: "hour",
        bounds: Some((240_000_000, 160_000_000)),
        bids: &[
            bid(0, 205_000_000, "1000.0", None, [4, 5]),
            bid(26, 188_000_000, "400.0", None, [3, 3]),
            bid(27, 231_000_000, "150.0", None, [3, 2]),
        ],
    },
    DemoTender {
        title: "Cleaning of the city's offices",
        buyer: 0,
        lots: &[],
        reach: Reach::Contracted,
        measure: "JOB-1",
        target: "10.00",
        unit: "FTE-year",
        bounds: None,
        bids: &[
            bid(1, 96_000_000, "9.00", None, [4, 3]),
            bid(14, 90_000_000, "3.00", Some((4, "0.2")), [4, 4]),
            bid(5, 94_000_000, "6.00", None, [3, 3]), // its certification has lapsed
        ],
    },
    DemoTender {
        title: "Night bus to the station",
        buyer: 0,
        lots: &["Line over the bridge", "Line along the river"],
        reach: Reach::Proposed,
        measure: "CO2-1",
        target: "40.000",
        unit: "tCO2e",
        bounds: Some((520_000_000, 380_000_000)),
        bids: &[
            bid(7, 455_000_000, "32.500", None, [4, 4]),
            bid(19, 430_000_000, "11.000", Some((7, "0.25")), [4, 3]),
            second(bid(7, 441_000_000, "30.000", None, [4, 4])),
            second(bid(19, 402_000_000, "10.000", None, [3, 3])),
        ],
    },
    DemoTender {
        title: "Meals for the northern schools",
        buyer: 4,
        lots: &[],
        reach: Reach::Opened,
        measure: "VOL-1",
        target: "300.0",
        unit: "hour",
        bounds: None,
        bids: &[
            bid(3, 141_000_000, "220.0", None, [4, 4]),
            bid(16, 132_000_000, "90.0", None, [4, 3]),
            bid(28, 150_000_000, "20.0", Some((3, "0.4")), [2, 3]),
        ],
    },
    DemoTender {
        title: "Solar roof of the hospital",
        buyer: 3,
        lots: &[],
        reach: Reach::Ranked,
        measure: "CO2-1",
        target: "120.000",
        unit: "tCO2e",
        bounds: Some((310_000_000, 210_000_000)),
        bids: &[
            bid(11, 268_000_000, "110.000", Some((2, "0.3")), [4, 4]),
            bid(21, 249_000_000, "95.000", None, [5, 3]),
        ],
    },
    DemoTender {
        title: "Listening line for patients",
        buyer: 3,
        lots: &[],
        reach: Reach::Ranked, // a price of zero has no ratio: the ranking is withheld
        measure: "VOL-1",
        target: "500.0",
        unit: "hour",
        bounds: None,
        bids: &[
            bid(9, 0, "400.0", None, [5, 4]),
            bid(29, 38_000_000, "60.0", None, [3, 3]),
        ],
    },
    DemoTender {
        title: "Vehicles for pipe inspection",
        buyer: 1,
        lots: &[],
        reach: Reach::Cancelled,
        measure: "WST-1",
        target: "5.000",
        unit: "tonne",
        bounds: None,
        bids: &[bid(17, 88_000_000, "1.000", None, [0, 0])],
    },
    DemoTender {
        title: "Furniture from used wood",
        buyer: 0,
        lots: &[],
        reach: Reach::Open,
        measure: "WST-1",
        target: "12.000",
        unit: "tonne",
        bounds: None,
        bids: &[
            bid(8, 47_000_000, "9.500", None, [0, 0]),
            bid(22, 41_000_000, "2.000", None, [0, 0]),
            bid(6, 45_500_000, "11.000", None, [0, 0]),
        ],
    },
];

/// The code of a criterion in a lot: codes are unique in the whole plan.
pub(super) fn lot_code(base: &str, lot: usize) -> String {
    match lot {
        0 => base.to_owned(),
        _ => format!("{base}-{}", lot + 1),
    }
}

fn won(amount: u64) -> Value {
    json!({ "amount": amount.to_string(), "currency": "KRW" })
}

fn leaf(code: &str, title: &str, weight: &str, rule: &Value) -> Value {
    json!({ "code": code, "title": title, "weight": weight, "kind": { "rule": rule } })
}

fn group(code: &str, title: &str, weight: &str, children: &[Value]) -> Value {
    json!({ "code": code, "title": title, "weight": weight, "kind": { "group": children } })
}

impl DemoTender {
    /// The evaluation plan: price 40, quality 40 judged by the panel, social value 20.
    pub(super) fn plan(
        &self,
        catalogue: CatalogueId,
        closes_at: i64,
        commencement: &str,
    ) -> Result<Plan> {
        let price = match self.bounds {
            Some((ceiling, floor)) => {
                json!({ "price_linear": { "of": "total", "ceiling": won(ceiling), "floor": won(floor) } })
            }
            None => json!({ "price_relative_lowest": { "of": "total" } }),
        };
        let levels: Vec<Value> = ["Nothing", "Poor", "Fair", "Good", "Very good", "Excellent"]
            .iter()
            .enumerate()
            .map(|(points, name)| json!({ "points": points, "name": name }))
            .collect();
        let judged = json!({ "quality_levels": { "levels": levels } });
        let kinds = [
            "social_enterprise",
            "cooperative",
            "social_cooperative",
            "village_enterprise",
            "self_reliance_enterprise",
            "vcse",
            "sheltered_workshop",
            "mutual",
        ];
        let target = json!({ "quantity": self.target, "unit": self.unit });
        let seo = json!({ "seo_participation": { "kinds": kinds, "target": "0.5" } });
        let pledge =
            json!({ "quantity_to_target": { "measures": [self.measure], "target": target } });
        let lot = |(at, title): (usize, &&str)| {
            let code = |base: &str| lot_code(base, at);
            let quality = [
                leaf(&code("METHOD"), "How the work will be done", "60", &judged),
                leaf(&code("TEAM"), "Who will do it", "40", &judged),
            ];
            let work = "Work done by social economy organisations";
            let social = [
                leaf(&code("SEO"), work, "50", &seo),
                leaf(&code("PLEDGE"), "Promised outcome", "50", &pledge),
            ];
            json!({
                "code": (at + 1).to_string(),
                "title": title,
                "criteria": [
                    leaf(&code("PRICE"), "Price", "40", &price),
                    group(&code("QUALITY"), "Quality", "40", &quality),
                    group(&code("SOCIAL"), "Social value", "20", &social),
                ],
            })
        };
        let undivided = [self.title];
        let titles = if self.lots.is_empty() {
            &undivided
        } else {
            self.lots
        };
        let lots: Vec<Value> = titles.iter().enumerate().map(lot).collect();
        let by_seo = (0..lots.len()).map(|at| json!({ "criterion_mark": lot_code("SEO", at) }));
        let last = ["lower_price", "earlier_receipt", "drawn_lot"];
        let ties: Vec<Value> = by_seo.chain(last.map(Value::from)).collect();
        let limits = (lots.len() > 1)
            .then(|| json!({ "max_awards_per_supplier": 1, "allocation": "largest_lead" }));
        let social = (0..lots.len()).map(|at| lot_code("SOCIAL", at));
        let plan = json!({
            "catalogue": catalogue,
            "currency": "KRW",
            "method": "weighted_sum",
            "lots": lots,
            "lot_limits": limits,
            "envelopes": "one",
            "mark_scale": 4,
            "rounding": "half_even",
            "tie_breaks": ties,
            "disclosure": {
                "price": "public", "item_prices": "public", "commitments": "public",
                "participations": "public", "declarations": "public", "answers": "parties"
            },
            "seal": "plain",
            "surplus_tradable": true,
            "delivery": {
                "reporting_months": 4,
                "thresholds": { "good": "1", "approaching": "0.9", "improvement": "0.5" },
            },
            "substitution_share": "0.1",
            "closes_at": closes_at,
            "opens_at": closes_at,
            "commencement": commencement,
            "procurement": {
                "buyer_kind": BUYER_KINDS.get(self.buyer),
                "social_criteria": social.collect::<Vec<_>>(),
                "panel_size": 2,
            },
        });
        serde_json::from_value(plan).with_context(|| format!("the plan of {}", self.title))
    }
}

impl DemoBid {
    /// What the bid says.
    pub(super) fn content(
        &self,
        tender: &DemoTender,
        catalogue: CatalogueId,
        organisation: impl Fn(usize) -> OrganisationId,
    ) -> Result<BidContent> {
        let bidder = organisation(self.supplier);
        let mut participations = vec![json!({ "organisation": bidder, "share": "1" })];
        if let Some((partner, share)) = self.partner {
            participations.push(
                json!({ "organisation": organisation(partner), "share": share, "under": bidder }),
            );
        }
        let method = "We start with a visit to everyone concerned, and report each month.";
        let team = "A steady team with names on the door, and a stand-in for every one of them.";
        let content = json!({
            "lot": (self.lot + 1).to_string(),
            "price": won(self.price),
            "commitments": [{
                "measure": { "catalogue": catalogue, "code": tender.measure },
                "quantity": { "quantity": self.pledge, "unit": tender.unit },
                "period": { "from": "2026-02-01", "to": "2027-01-01" },
                "place": PLACE,
            }],
            "participations": participations,
            "answers": {
                lot_code("METHOD", self.lot): method,
                lot_code("TEAM", self.lot): team,
            },
        });
        serde_json::from_value(content).with_context(|| format!("a bid for {}", tender.title))
    }
}
