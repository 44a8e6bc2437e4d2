//! One small world for the tests of contracts and credits.

use uuid::Uuid;

use super::claim::{Claim, Evidence, KpiRef};
use crate::amount::{Currency, Money, Share};
use crate::catalogue::{Counting, Measure, MeasureKind, MeasureRef};
use crate::ids::{Id, OrganisationId};
use crate::log::hash::sha256;
use crate::tender::delivery::Delivery;
use crate::tender::{Award, Commitment, Participation};
use crate::time::Period;

/// An id from a small number.
pub(crate) fn id<T: Id>(n: u128) -> T {
    T::from_uuid(Uuid::from_u128(n))
}

/// The registry's own organisation.
pub(crate) const REGISTRY: u128 = 1;
/// A council that buys.
pub(crate) const BUYER: u128 = 2;
/// The firm that delivers.
pub(crate) const SUPPLIER: u128 = 3;
/// A firm of verifiers.
pub(crate) const ASSURER: u128 = 4;
/// A fund that buys credits.
pub(crate) const FUND: u128 = 5;

/// An organisation by its number.
pub(crate) fn organisation(n: u128) -> OrganisationId {
    id(n)
}

/// Hours of volunteering, counted in tenths.
pub(crate) fn measure() -> Measure {
    Measure {
        code: "VOL-1".parse().unwrap(),
        theme: "Community".into(),
        outcome: "More help for neighbours".into(),
        title: "Volunteer hours".into(),
        kind: MeasureKind::Quantitative,
        unit: "hour".parse().unwrap(),
        scale: 1,
        evidence: vec!["payroll".into()],
        verification_method: "sample of time sheets".into(),
        transferable: true,
        deadweight: Some("0.25".parse::<Share>().unwrap()),
        counting: Counting::default(),
        source: None,
        confidence: None,
    }
}

/// Where [`measure`] stands.
pub(crate) fn measure_ref() -> MeasureRef {
    MeasureRef {
        catalogue: id(50),
        code: measure().code,
    }
}

/// A period from two dates.
pub(crate) fn period(from: &str, to: &str) -> Period {
    Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

/// An award with one commitment over 2026.
pub(crate) fn award(quantity: &str) -> Award {
    Award {
        tender: id(60),
        lot: "1".parse().unwrap(),
        buyer: organisation(BUYER),
        supplier: organisation(SUPPLIER),
        bid: id(61),
        price: Some(Money::from_minor(
            100_000,
            "EUR".parse::<Currency>().unwrap(),
        )),
        commitments: vec![Commitment {
            measure: measure_ref(),
            quantity: measure().quantity(quantity).unwrap(),
            period: period("2026-01-01", "2027-01-01"),
            place: "KR-11".into(),
        }],
        participations: Some(vec![
            part(SUPPLIER, "1", None),
            part(FUND, "0.3", Some(SUPPLIER)),
        ]),
        surplus_tradable: true,
        substitution_share: Share::percent(10),
        delivery: Delivery::default(),
        decided_by: vec![id(70), id(71)],
        decided_on: "2026-02-01".parse().unwrap(),
        index: 7,
    }
}

fn part(n: u128, share: &str, under: Option<u128>) -> Participation {
    Participation {
        organisation: organisation(n),
        share: share.parse().unwrap(),
        under: under.map(organisation),
    }
}

/// A claim of the supplier in spring 2026, outside contracts, with one payroll file of its own.
pub(crate) fn claim(n: u128, quantity: &str) -> Claim {
    Claim {
        id: id(n),
        claimant: organisation(SUPPLIER),
        answers: None,
        measure: measure_ref(),
        quantity: measure().quantity(quantity).unwrap(),
        period: period("2026-03-01", "2026-06-01"),
        place: "KR-11".into(),
        share: Share::WHOLE,
        counted: None,
        beneficiaries: None,
        evidence: vec![Evidence {
            sha256: sha256(&n.to_be_bytes()),
            kind: "payroll".into(),
            size: 1234,
            media_type: "application/pdf".into(),
        }],
        external_reference: None,
    }
}

/// The same claim under a KPI of contract 1.
pub(crate) fn claim_under(n: u128, kpi: u128, quantity: &str) -> Claim {
    Claim {
        answers: Some(KpiRef {
            contract: id(1),
            kpi: id(kpi),
        }),
        ..claim(n, quantity)
    }
}
