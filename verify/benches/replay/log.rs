//! A log that grows while its live state stays as it is: credits go round among holders, and an officer comes and goes.

use anyhow::Result;
use commonweal_domain::actor::Role;
use commonweal_domain::amount::Quantity;
use commonweal_domain::amount::Share;
use commonweal_domain::catalogue::entries::CataloguePublished;
use commonweal_domain::catalogue::{Catalogue, Counting, Measure, MeasureKind, MeasureRef};
use commonweal_domain::contract::entries::{ClaimSubmitted, ClaimVerified};
use commonweal_domain::contract::{Claim, Evidence, Verification};
use commonweal_domain::credit::Class;
use commonweal_domain::credit::class::{BUFFER_YEARS, SUBSTITUTABLE, TRADABLE};
use commonweal_domain::credit::entries::{
    ClassDefined, CreditsIssued, CreditsTransferred, TransferReason,
};
use commonweal_domain::ids::{BatchId, Id, OrganisationId, PersonId, v7};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::hash::sha256;
use commonweal_domain::log::kinds::Body;
use commonweal_domain::organisation::entries::{OrganisationRegistered, RoleGranted, RoleRevoked};
use commonweal_domain::organisation::name::PublicName;
use commonweal_domain::organisation::{LegalForm, Sector};
use commonweal_domain::time::{Period, Time};

/// 2026-07-01T00:00:00Z.
const START: i64 = 1_782_864_000_000_000;
/// Organisations: the registry, verifiers, and the holders, of whom the first delivered.
const REGISTRY: u16 = 0;
const ASSURER: u16 = 1;
const HOLDERS: std::ops::Range<u16> = 10..60;
/// People: each organisation's own has its number.
const OFFICER: u16 = 100;
/// Of so many entries one lets the officer in or out; the others are transfers.
const ROUND: u64 = 5;

/// The entries of the log, from the first.
pub(crate) fn entries() -> Result<impl Iterator<Item = Result<Vec<u8>>>> {
    let founding = founding()?.into_iter().map(Ok);
    let all = founding.chain((0..).map(grown));
    Ok((0_i64..).zip(all).map(|(number, entry)| {
        let (actor, body) = entry?;
        let draft = Draft {
            subject: actor.id.to_string(),
            actors: vec![actor],
            inputs_upto: None,
            body,
        };
        Ok(draft
            .at(Time::from_micros(START + number))
            .canonical_bytes()?)
    }))
}

/// The id of a number.
fn id<I: Id>(number: u16) -> I {
    let [high, low] = number.to_be_bytes();
    I::from_uuid(v7(
        Time::from_micros(START),
        [high, low, 7, 7, 7, 7, 7, 7, 7, 7],
    ))
}

fn by(number: u16, role: Role) -> EntryActor {
    EntryActor {
        role,
        id: id(number),
        organisation: id(number),
    }
}

/// What comes round again and again.
fn grown(number: u64) -> Result<(EntryActor, Body)> {
    let round = number / ROUND;
    if number.is_multiple_of(ROUND) {
        let (person, organisation, role) = (id(OFFICER), id(REGISTRY), Role::Officer);
        let body = if round.is_multiple_of(2) {
            RoleGranted {
                person,
                organisation,
                role,
            }
            .into()
        } else {
            RoleRevoked {
                person,
                organisation,
                role,
            }
            .into()
        };
        return Ok((by(REGISTRY, Role::Registrar), body));
    }
    let count = u64::from(HOLDERS.end - HOLDERS.start);
    let holder =
        |number: u64| Ok::<u16, anyhow::Error>(HOLDERS.start + u16::try_from(number % count)?);
    let (from, to) = (holder(number - round)?, holder(number - round + 1)?);
    let body = transfer(from, to, 1);
    Ok((by(from, Role::Supplier), body))
}

fn transfer(from: u16, to: u16, units: i64) -> Body {
    CreditsTransferred {
        batch: id(0),
        from: id(from),
        to: id(to),
        units,
        reason: TransferReason::Sale,
        procurement_reference: None,
        note: None,
    }
    .into()
}

/// From the first organisation to a batch that all holders have a part of.
fn founding() -> Result<Vec<(EntryActor, Body)>> {
    let mut all = Vec::new();
    for (number, role) in [(REGISTRY, Role::Registrar), (ASSURER, Role::Verifier)]
        .into_iter()
        .chain(HOLDERS.map(|number| (number, Role::Supplier)))
    {
        let organisation: OrganisationId = id(number);
        let registered = OrganisationRegistered {
            organisation,
            legal_form: LegalForm::LegalPerson,
            name: PublicName::Clear(format!("Organisation {number}")),
            sector: Sector::Private,
            group: organisation,
            place: "KR-11".parse()?,
            identifier: None,
        };
        let granted = RoleGranted {
            person: id(number),
            organisation,
            role,
        };
        all.push((by(REGISTRY, Role::Operator), registered.into()));
        all.push((by(REGISTRY, Role::Operator), granted.into()));
    }
    let measure = measure()?;
    let quantity = measure.quantity("100000.0")?;
    let reference = MeasureRef {
        catalogue: id(0),
        code: measure.code.clone(),
    };
    let registrar = || by(REGISTRY, Role::Registrar);
    all.push((registrar(), catalogue(measure).into()));
    let class = class(reference.clone())?;
    all.push((registrar(), ClassDefined { class }.into()));
    let claim = claim(reference, quantity.clone())?;
    all.push((
        by(HOLDERS.start, Role::Supplier),
        ClaimSubmitted { claim }.into(),
    ));
    all.push((by(ASSURER, Role::Verifier), verified(quantity).into()));
    all.push((registrar(), issued().into()));
    for number in HOLDERS.skip(1) {
        let dealt = transfer(HOLDERS.start, number, 10_000);
        all.push((by(HOLDERS.start, Role::Supplier), dealt));
    }
    Ok(all)
}

/// Hours, counted in tenths; a quarter would have happened anyway.
fn measure() -> Result<Measure> {
    Ok(Measure {
        code: "VOL-1".parse()?,
        theme: "Community".to_owned(),
        outcome: "More help for neighbours".to_owned(),
        title: "Volunteer hours".to_owned(),
        kind: MeasureKind::Quantitative,
        unit: "hour".parse()?,
        scale: 1,
        evidence: vec!["timesheet".to_owned()],
        verification_method: "sample of time sheets".to_owned(),
        transferable: true,
        deadweight: Some("0.25".parse()?),
        counting: Counting::default(),
        source: None,
        confidence: None,
    })
}

fn catalogue(measure: Measure) -> CataloguePublished {
    CataloguePublished {
        catalogue: Catalogue {
            id: id(0),
            code: "bench".to_owned(),
            version: "1".to_owned(),
            title: "Measures of a bench".to_owned(),
            source: "ours".to_owned(),
            measures: vec![measure],
        },
    }
}

fn class(measure: MeasureRef) -> Result<Class> {
    Ok(Class {
        id: id(0),
        measure,
        place: "KR-11".parse()?,
        vintage: 2026,
        scale: 1,
        buffer_share: "0.1".parse()?,
        tradable_share: TRADABLE,
        substitution_share: SUBSTITUTABLE,
        buffer_years: BUFFER_YEARS,
        holding_limit_units: None,
        transferable: true,
    })
}

fn claim(measure: MeasureRef, quantity: Quantity) -> Result<Claim> {
    Ok(Claim {
        id: id(0),
        claimant: id(HOLDERS.start),
        answers: None,
        measure,
        quantity,
        period: Period::new("2026-03-01".parse()?, "2026-06-01".parse()?)?,
        place: "KR-11".parse()?,
        share: Share::WHOLE,
        counted: None,
        beneficiaries: None,
        evidence: vec![Evidence {
            sha256: sha256(b"time sheets"),
            kind: "timesheet".to_owned(),
            size: 1_234,
            media_type: "application/pdf".to_owned(),
        }],
        external_reference: None,
    })
}

fn verified(accepted: Quantity) -> ClaimVerified {
    ClaimVerified {
        claim: id(0),
        verified: accepted.clone(),
        verifications: vec![Verification {
            verifier: id::<PersonId>(ASSURER),
            organisation: id(ASSURER),
            accepted,
            method: "sample".to_owned(),
            reason: sha256(b"agrees"),
            salt: None,
        }],
    }
}

/// Of a million tenths of an hour three quarters, of which a tenth is kept back.
fn issued() -> CreditsIssued {
    CreditsIssued {
        batch: id::<BatchId>(0),
        claim: id(0),
        class: id(0),
        claimant: id(HOLDERS.start),
        buffer_units: 75_000,
        available_units: 675_000,
        retirements: Vec::new(),
    }
}
