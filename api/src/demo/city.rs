//! The people and organisations of the demo city. All of them are invented.

use commonweal_domain::organisation::certification::SeoKind;
use commonweal_domain::organisation::{LegalForm, Sector};
use commonweal_domain::policy::BuyerKind;

/// The place code of the city.
pub(super) const PLACE: &str = "KR-11";

/// Buyers: name.
pub(super) const BUYERS: [&str; 5] = [
    "Maeul City Council",
    "Maeul City Water Works",
    "Maeul East District Office",
    "Maeul Public Hospital",
    "Maeul Schools Authority",
];

/// What the buyers are in the eyes of procurement law, in their order.
pub(super) const BUYER_KINDS: [BuyerKind; 5] = [
    BuyerKind::LocalGovernment,
    BuyerKind::PublicInstitution,
    BuyerKind::LocalGovernment,
    BuyerKind::HealthService,
    BuyerKind::Education,
];

/// Organisations of verifiers: name and sector.
pub(super) const VERIFIERS: [(&str, Sector); 3] = [
    ("Open Ledger Audit Office", Sector::Public),
    ("Honest Measure Assurance", Sector::Private),
    ("Neighbourhood Watchers' Union", Sector::CivilSociety),
];

/// The paper that reads the log.
pub(super) const PAPER: &str = "Maeul Morning Paper";

/// A supplier of the demo city.
pub(super) struct Supplier {
    pub(super) name: &'static str,
    pub(super) legal_form: LegalForm,
    pub(super) sector: Sector,
    /// Kind, first day and first day after of its certification.
    pub(super) certification: Option<(SeoKind, &'static str, Option<&'static str>)>,
    /// Place in this list of the supplier at the top of its group.
    pub(super) group: Option<usize>,
}

const fn firm(name: &'static str) -> Supplier {
    Supplier {
        name,
        legal_form: LegalForm::LegalPerson,
        sector: Sector::Private,
        certification: None,
        group: None,
    }
}

const fn seo(
    name: &'static str,
    kind: SeoKind,
    from: &'static str,
    to: Option<&'static str>,
) -> Supplier {
    Supplier {
        sector: Sector::CivilSociety,
        certification: Some((kind, from, to)),
        ..firm(name)
    }
}

const fn trader(name: &'static str) -> Supplier {
    Supplier {
        legal_form: LegalForm::SoleTrader,
        ..firm(name)
    }
}

const fn daughter(name: &'static str, group: usize) -> Supplier {
    Supplier {
        group: Some(group),
        ..firm(name)
    }
}

use SeoKind::{
    Cooperative, Mutual, PreliminarySocialEnterprise, SelfRelianceEnterprise, ShelteredWorkshop,
    SocialCooperative, SocialEnterprise, Vcse, VillageEnterprise,
};

/// Thirty suppliers: social economy organisations, some with lapsed papers, firms, groups and sole traders.
pub(super) const SUPPLIERS: [Supplier; 30] = [
    seo(
        "Riverbank Care Cooperative",
        SocialCooperative,
        "2023-04-01",
        Some("2028-04-01"),
    ),
    seo(
        "Second Spring Cleaning",
        SelfRelianceEnterprise,
        "2022-01-01",
        Some("2027-01-01"),
    ),
    seo(
        "Green Roof Makers",
        SocialEnterprise,
        "2024-06-01",
        Some("2027-06-01"),
    ),
    seo("Maeul Kitchen", VillageEnterprise, "2021-03-01", None),
    seo(
        "Bright Thread Workshop",
        ShelteredWorkshop,
        "2020-09-01",
        None,
    ),
    seo(
        "Wheels for All",
        SocialEnterprise,
        "2022-02-01",
        Some("2025-02-01"),
    ), // lapsed
    seo(
        "Paper Again Cooperative",
        Cooperative,
        "2019-05-01",
        Some("2025-12-31"),
    ), // lapsed a week before the epoch
    seo("Night Bus Mutual", Mutual, "2023-10-01", None),
    seo("Hanok Repair Collective", Cooperative, "2024-01-01", None),
    seo("Listening Ear Counselling", Vcse, "2023-01-01", None),
    seo(
        "Seedling Training House",
        PreliminarySocialEnterprise,
        "2025-07-01",
        Some("2026-07-01"),
    ),
    seo("Solar Commons", Cooperative, "2022-08-01", None),
    seo(
        "Old Books New Readers",
        SocialEnterprise,
        "2021-11-01",
        Some("2024-11-01"),
    ), // lapsed
    seo(
        "Garden Path Cooperative",
        SocialCooperative,
        "2025-02-01",
        None,
    ),
    firm("Daon Facility Services"),
    daughter("Daon Security", 14),
    daughter("Daon Catering", 14),
    firm("Baram Construction"),
    firm("Haneul Systems"),
    firm("Nuri Logistics"),
    daughter("Nuri Cold Chain", 19),
    firm("Saebyeok Energy"),
    firm("Mirae Office Supply"),
    firm("Gaon Engineering"),
    firm("Byeol Software"),
    firm("Dure Landscaping"),
    firm("Onsae Health Staffing"),
    trader("Mina Park"),
    trader("Jisoo Kwon"),
    trader("Taeyang Ahn"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_city_has_thirty_suppliers_of_every_sort() {
        let certified = SUPPLIERS
            .iter()
            .filter(|supplier| supplier.certification.is_some());
        assert!(certified.count() >= 10);
        let epoch = "2026-01-05";
        let lapsed = SUPPLIERS.iter().filter(|supplier| {
            supplier
                .certification
                .is_some_and(|(_, _, to)| to.is_some_and(|to| to < epoch))
        });
        assert_eq!(lapsed.count(), 3);
    }

    #[test]
    fn groups_name_a_supplier_that_stands_before() {
        for (at, supplier) in SUPPLIERS.iter().enumerate() {
            assert!(
                supplier.group.is_none_or(|group| group < at),
                "{}",
                supplier.name
            );
        }
    }
}
