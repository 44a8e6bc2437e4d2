//! A plan, a catalogue and bids for tests.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::admission::{Admission, Condition, GroundKind, StatedGround};
use super::bid::{BidContent, Commitment};
use super::code::CriterionCode;
use super::confirmation::{ConfirmationContent, ConfirmedShare};
use super::criteria::{Criterion, CriterionKind};
use super::disclosure::DisclosurePlan;
use super::lot::{Lot, LotCode};
use super::participation::Participation;
use super::plan::{Envelopes, Method, Plan, Rounding, SealMode, TieBreak};
use super::standstill::Standstill;
use crate::amount::{Currency, Money, Quantity, Share};
use crate::catalogue::{Catalogue, Counting, Measure, MeasureKind, MeasureRef};
use crate::ids::{BidId, CatalogueId, Id, OrganisationId, PersonId, SealedId, TenderId};
use crate::log::hash::sha256;
use crate::organisation::certification::SeoKind;
use crate::policy::Procurement;
use crate::scoring::proxy::{Basis, ProxyValue, ProxyValues, YearOne};
use crate::scoring::rules::{
    Bonus, BonusItem, NamedLevel, OnFail, Outer, PassFail, Preference, PriceBand, PriceBanded,
    PriceLinear, PriceOf, PriceRelativeLowest, QualityLevels, QuantityBand, QuantityBanded,
    QuantityToTarget, Rule, SeoParticipation, SocialValueMoney, Uplift,
};
use crate::scoring::{Entrant, Facts};
use crate::time::Time;

pub(crate) fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn org(n: u128) -> OrganisationId {
    Id::from_uuid(uuid(n))
}

pub(crate) fn person(n: u128) -> PersonId {
    Id::from_uuid(uuid(n))
}

pub(crate) fn tender() -> TenderId {
    Id::from_uuid(uuid(77))
}

pub(crate) fn bid(n: u128) -> BidId {
    Id::from_uuid(uuid(n))
}

pub(crate) fn sealed(n: u128) -> SealedId {
    Id::from_uuid(uuid(n))
}

pub(crate) fn catalogue_id() -> CatalogueId {
    Id::from_uuid(uuid(55))
}

pub(crate) fn code(text: &str) -> CriterionCode {
    text.parse().unwrap()
}

pub(crate) fn at(text: &str) -> Time {
    text.parse().unwrap()
}

pub(crate) fn eur(amount: &str) -> Money {
    Money::parse(amount, "EUR".parse::<Currency>().unwrap()).unwrap()
}

pub(crate) fn hours(quantity: &str) -> Quantity {
    Quantity::parse(quantity, 1, "hour".parse().unwrap()).unwrap()
}

pub(crate) fn catalogue() -> Catalogue {
    let measure = |code: &str, unit: &str, kind| Measure {
        code: code.parse().unwrap(),
        theme: "Work".to_owned(),
        outcome: "Skills".to_owned(),
        title: code.to_owned(),
        kind,
        unit: unit.parse().unwrap(),
        scale: 1,
        evidence: vec!["register".to_owned()],
        verification_method: "sample".to_owned(),
        transferable: true,
        deadweight: Some("0".parse().unwrap()),
        counting: Counting::default(),
        source: None,
        confidence: None,
    };
    Catalogue {
        id: catalogue_id(),
        code: "test".to_owned(),
        version: "1".to_owned(),
        title: "Test".to_owned(),
        source: "ours".to_owned(),
        measures: vec![
            measure("VOL-1", "hour", MeasureKind::Quantitative),
            measure("VOL-2", "hour", MeasureKind::Quantitative),
            measure("CO2-1", "tCO2e", MeasureKind::Quantitative),
            measure("WORDS-1", "hour", MeasureKind::Qualitative),
        ],
    }
}

pub(crate) fn leaf(name: &str, weight: &str, rule: impl Into<Rule>) -> Criterion {
    Criterion {
        code: code(name),
        title: name.to_owned(),
        weight: weight.parse().unwrap(),
        kind: CriterionKind::Rule(rule.into()),
        declared: None,
    }
}

pub(crate) fn group(name: &str, weight: &str, children: Vec<Criterion>) -> Criterion {
    Criterion {
        code: code(name),
        title: name.to_owned(),
        weight: weight.parse().unwrap(),
        kind: CriterionKind::Group(children),
        declared: None,
    }
}

pub(crate) fn relative() -> PriceRelativeLowest {
    PriceRelativeLowest { of: PriceOf::Total }
}

pub(crate) fn linear(ceiling: &str, floor: &str) -> PriceLinear {
    PriceLinear {
        of: PriceOf::Total,
        ceiling: eur(ceiling),
        floor: eur(floor),
    }
}

pub(crate) fn levels(points: &[u32], minimum: Option<u32>) -> QualityLevels {
    let named = |points: &u32| NamedLevel {
        points: *points,
        name: format!("level {points}"),
    };
    QualityLevels {
        levels: points.iter().map(named).collect(),
        minimum,
    }
}

pub(crate) fn volunteering(target: &str) -> QuantityToTarget {
    QuantityToTarget {
        measures: vec!["VOL-1".parse().unwrap(), "VOL-2".parse().unwrap()],
        target: hours(target),
        method_statement: false,
    }
}

pub(crate) fn price_bands(bands: &[(&str, &str)]) -> PriceBanded {
    let band = |(up_to, part): &(&str, &str)| PriceBand {
        up_to: eur(up_to),
        part: part.parse().unwrap(),
    };
    PriceBanded {
        of: PriceOf::Total,
        bands: bands.iter().map(band).collect(),
    }
}

pub(crate) fn quantity_bands(bands: &[(&str, &str)]) -> QuantityBanded {
    let band = |(from, part): &(&str, &str)| QuantityBand {
        from: hours(from),
        part: part.parse().unwrap(),
    };
    QuantityBanded {
        measures: vec!["VOL-1".parse().unwrap(), "VOL-2".parse().unwrap()],
        bands: bands.iter().map(band).collect(),
        method_statement: false,
    }
}

/// An hour of volunteering is worth 10 euro for one year, a quarter of which would have happened anyway.
pub(crate) fn proxies() -> ProxyValues {
    let value = |measure: &str, proxy| ProxyValue {
        measure: measure.parse().unwrap(),
        proxy: eur(proxy),
        deadweight: "0.25".parse().unwrap(),
        attribution: Share::NONE,
        displacement: Share::NONE,
        drop_off: Share::NONE,
        years: 1,
    };
    ProxyValues {
        pack: Id::from_uuid(uuid(66)),
        title: "Test pack 1".to_owned(),
        licence: "ours".to_owned(),
        basis: Basis::Gross,
        discount_rate: "0.035".parse().unwrap(),
        year_one: YearOne::Undiscounted,
        values: vec![value("VOL-1", "10"), value("VOL-2", "20")],
    }
}

pub(crate) fn in_money(outer: Outer) -> SocialValueMoney {
    SocialValueMoney {
        measures: vec!["VOL-1".parse().unwrap(), "VOL-2".parse().unwrap()],
        outer,
        method_statement: false,
    }
}

pub(crate) fn preference(share: Option<&str>) -> Preference {
    Preference {
        kinds: vec![SeoKind::SocialEnterprise, SeoKind::Cooperative],
        share: share.map(|share| share.parse().unwrap()),
    }
}

pub(crate) fn bonus(base: impl Into<Rule>, points: &str, cap: &str) -> Bonus {
    let item = |points: &str, when| BonusItem {
        points: points.parse().unwrap(),
        when,
    };
    Bonus {
        base: Box::new(base.into()),
        bonuses: vec![
            item(points, preference(None)),
            item("0.2", preference(Some("0.3"))),
        ],
        cap: cap.parse().unwrap(),
    }
}

pub(crate) fn uplift(base: impl Into<Rule>, factor: &str, share: Option<&str>) -> Uplift {
    Uplift {
        base: Box::new(base.into()),
        factor: factor.parse().unwrap(),
        when: preference(share),
    }
}

pub(crate) fn seo(target: &str) -> SeoParticipation {
    SeoParticipation {
        kinds: vec![SeoKind::SocialEnterprise, SeoKind::Cooperative],
        target: target.parse().unwrap(),
    }
}

pub(crate) fn condition(on_fail: OnFail) -> PassFail {
    PassFail {
        statement: "Pays the living wage".to_owned(),
        on_fail,
    }
}

pub(crate) fn lot(text: &str) -> LotCode {
    text.parse().unwrap()
}

/// The lot of a tender that is not divided.
pub(crate) fn only_lot(criteria: Vec<Criterion>) -> Lot {
    Lot {
        code: lot("1"),
        title: "The whole".to_owned(),
        criteria,
        minimum_price: None,
        low_prices: None,
    }
}

pub(crate) fn plan(criteria: Vec<Criterion>) -> Plan {
    Plan {
        catalogue: catalogue_id(),
        currency: "EUR".parse().unwrap(),
        method: Method::WeightedSum,
        lots: vec![only_lot(criteria)],
        lot_limits: None,
        admission: Admission::default(),
        envelopes: Envelopes::One,
        mark_scale: Plan::DEFAULT_MARK_SCALE,
        rounding: Rounding::HalfEven,
        tie_breaks: vec![
            TieBreak::LowerPrice,
            TieBreak::EarlierReceipt,
            TieBreak::DrawnLot,
        ],
        exchange_rates: Vec::new(),
        proxies: None,
        plausible_rates: Vec::new(),
        disclosure: DisclosurePlan::default(),
        seal: SealMode::Plain,
        surplus_tradable: true,
        substitution_share: crate::amount::Share::NONE,
        delivery: crate::tender::delivery::Delivery::default(),
        closes_at: at("2026-06-30T12:00:00Z"),
        opens_at: at("2026-06-30T13:00:00Z"),
        commencement: Some("2026-05-01".parse().unwrap()),
        procurement: Procurement::default(),
        questions_until: None,
        standstill: Standstill::default(),
    }
}

/// A condition, a mandatory ground and a discretionary one.
pub(crate) fn admission() -> Admission {
    let ground = |name: &str, kind| StatedGround {
        code: code(name),
        kind,
        statement: format!("{name} in the last three years"),
        citation: "Act, section 57".to_owned(),
    };
    Admission {
        conditions: vec![Condition {
            code: code("INSURED"),
            statement: "Is insured against damage to others".to_owned(),
            evidence: "a certificate of insurance".to_owned(),
            proportionate: "machines are used among passers-by".to_owned(),
        }],
        grounds: vec![
            ground("FRAUD", GroundKind::Mandatory),
            ground("LATE-TAX", GroundKind::Discretionary),
        ],
    }
}

/// Every rule once: 40 price, 30 quality, 15 volunteering, 10 SEO, 5 living wage.
pub(crate) fn full_plan() -> Plan {
    let social = vec![
        leaf("VOL", "50", volunteering("100.0")),
        leaf("SEO", "33.3333", seo("0.3")),
        leaf("WAGE", "16.6667", condition(OnFail::NoMark)),
    ];
    plan(vec![
        leaf("PRICE", "40", relative()),
        leaf("QUALITY", "30", levels(&[0, 1, 2, 3, 4, 5], Some(1))),
        group("SOCIAL", "30", social),
    ])
}

pub(crate) fn commitment(measure: &str, quantity: &str) -> Commitment {
    Commitment {
        measure: MeasureRef {
            catalogue: catalogue_id(),
            code: measure.parse().unwrap(),
        },
        quantity: hours(quantity),
        period: serde_json::from_str(r#"{"from":"2027-01-01","to":"2028-01-01"}"#).unwrap(),
        place: "KR-11".to_owned(),
    }
}

pub(crate) fn alone(supplier: OrganisationId) -> Vec<Participation> {
    vec![Participation {
        organisation: supplier,
        share: "1".parse().unwrap(),
        under: None,
    }]
}

pub(crate) fn part(n: u128, share: &str, under: Option<u128>) -> Participation {
    Participation {
        organisation: org(n),
        share: share.parse().unwrap(),
        under: under.map(org),
    }
}

/// What organisation `n` confirms to a bidder for the lot of a tender that is not divided.
pub(crate) fn confirmation(
    bidder: u128,
    n: u128,
    share: &str,
    under: Option<u128>,
) -> ConfirmationContent {
    ConfirmationContent {
        tender: tender(),
        share: ConfirmedShare {
            bidder: org(bidder),
            lot: lot("1"),
            organisation: org(n),
            share: share.parse().unwrap(),
            under: under.map(org),
        },
        work: "mowing and pruning".to_owned(),
    }
}

/// A bid for [`full_plan`].
pub(crate) fn full_content(supplier: OrganisationId, price: &str, promised: &str) -> BidContent {
    BidContent {
        lot: lot("1"),
        price: eur(price),
        item_prices: BTreeMap::new(),
        commitments: vec![commitment("VOL-1", promised)],
        participations: alone(supplier),
        answers: BTreeMap::from([(code("QUALITY"), "We train our people.".to_owned())]),
        declarations: BTreeMap::from([(code("WAGE"), true)]),
    }
}

/// The bid `n` of supplier `n`, with a price and levels by criterion.
pub(crate) fn entrant(n: u128, price: &str, given: &[(&str, u32)]) -> Entrant {
    let content = BidContent {
        commitments: Vec::new(),
        answers: BTreeMap::new(),
        declarations: BTreeMap::new(),
        ..full_content(org(n), price, "1.0")
    };
    Entrant {
        bid: bid(n),
        sealed: sealed(n),
        supplier: org(n),
        lot: lot("1"),
        received_at: at("2026-06-01T00:00:00Z"),
        content: content.into(),
        levels: given
            .iter()
            .map(|(name, level)| (code(name), *level))
            .collect(),
        confirmed: BTreeSet::new(),
    }
}

pub(crate) fn facts(certified: &[(u128, SeoKind)]) -> Facts {
    Facts {
        certified: certified
            .iter()
            .map(|(n, kind)| (org(*n), *kind))
            .collect::<BTreeSet<_>>(),
        seed: sha256(b"seed"),
    }
}
