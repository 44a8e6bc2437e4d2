//! Verification by a quorum: verifiers whom nobody picked judge behind seals, a buyer alone confirms a small claim, and an
//! outcome payer pays for what stands verified.

use anyhow::{Context, Result};
use commonweal_app::claim::ClaimedOutcome;
use commonweal_app::programme::{OpenProgramme, RecordPayment};
use commonweal_app::quorum::PublishQuorum;
use commonweal_app::read::Page;
use commonweal_app::verification::VerifyClaim;
use commonweal_domain::amount::Money;
use commonweal_domain::contract::quorum::FeePayer;
use commonweal_domain::ids::{ClaimId, ProgrammeId};
use commonweal_domain::organisation::certification::SeoKind;
use commonweal_domain::programme::Direction;

use super::city::PLACE;
use super::delivery::{Report, period};
use super::people::Person;
use super::{City, DAY};

/// What the programme pays for: staff hours given to community organisations, outside any contract.
const MEASURE: &str = "VOL-1";
/// The claimant whose hours are verified, and the one whose verification has begun: their places in the list of suppliers.
const VERIFIED: usize = 9;
const WAITING: usize = 13;

impl City {
    /// From November on two verifiers of two sectors judge each claim.
    pub(super) async fn ask_for_a_quorum(
        &self,
        cleaner: &Person,
        cleaning: &ClaimedOutcome,
    ) -> Result<()> {
        let terms = PublishQuorum {
            verifiers: 2,
            sectors: 2,
            tolerance: "0.1".parse()?,
            days: 14,
            fee: FeePayer::Claimant,
            low_values: vec![(self.measure("JOB-1")?, "0.50".to_owned())],
            audit_share: "0.1".parse()?,
        };
        let registrar = self.people.registrar.actor();
        self.app.publish_quorum(&registrar, terms).await?;
        self.define_class(MEASURE, true).await?;
        let programme = self.open_programme().await?;
        self.advance_to("2026-11-03")?;
        let helper = &self.people.suppliers[VERIFIED];
        let claim = self.hours(helper, "120.0").await?;
        let [first, second] = self.drawn(claim).await?;
        self.accept(claim, first, "118.0").await?;
        self.accept(claim, second, "112.0").await?;
        self.issue(claim).await?;
        let waiting = self.hours(&self.people.suppliers[WAITING], "64.0").await?;
        let [first, _] = self.drawn(waiting).await?;
        self.accept(waiting, first, "64.0").await?;
        self.confirm_alone(cleaner, cleaning).await?;
        self.pay(programme).await
    }

    /// Hours of October, for which verifiers are drawn at once.
    async fn hours(&self, supplier: &Person, quantity: &str) -> Result<ClaimId> {
        let text = format!("time sheet over {quantity} hours of October");
        let report = Report {
            supplier,
            outcome: ClaimedOutcome::OutsideContracts {
                measure: self.measure(MEASURE)?,
                place: PLACE.to_owned(),
            },
            quantity,
            period: ("2026-10-01", "2026-11-01"),
            evidence: ("time_sheet", &text),
            people: None,
        };
        let claim = self.claim(&report).await?;
        self.app.assign_verifiers(&supplier.actor(), claim).await?;
        Ok(claim)
    }

    /// The two who were drawn, in the order of the draw.
    async fn drawn(&self, claim: ClaimId) -> Result<[&Person; 2]> {
        let mut found = self.app.read().assignments_of(&[claim]).await?;
        let seats = found.remove(&claim).unwrap_or_default();
        let person = |at: usize| {
            let seat = seats.get(at)?;
            let mut all = self.people.verifiers.iter();
            all.find(|person| person.id == seat.verifier)
        };
        let pair = person(0).zip(person(1)).context("two seats are drawn")?;
        Ok([pair.0, pair.1])
    }

    /// A claim below the published quantity is confirmed by the buyer alone, unless chance sends it to the verifiers.
    async fn confirm_alone(&self, supplier: &Person, outcome: &ClaimedOutcome) -> Result<()> {
        let report = Report {
            supplier,
            outcome: outcome.clone(),
            quantity: "0.30",
            period: ("2026-10-22", "2026-11-03"),
            evidence: ("payroll", "payroll, the last days of October"),
            people: Some((supplier, 10, "10")),
        };
        let claim = self.claim(&report).await?;
        self.clock.advance(DAY);
        let input = VerifyClaim {
            claim,
            accepted: "0.28".to_owned(),
            method: "Payroll read line by line at the contract's desk".to_owned(),
            reason: "One of the ten was ill and not replaced for three days.".to_owned(),
        };
        let officer = self.people.buyers[0].officer.actor();
        self.app.confirm_claim(&officer, input).await?;
        Ok(())
    }

    /// The council pays a quarter of four fifths of what an hour of a social economy organisation is worth to it.
    async fn open_programme(&self) -> Result<ProgrammeId> {
        let payer = &self.people.buyers[0];
        let terms = OpenProgramme {
            payer: payer.id,
            title: "Hours for the neighbourhood 2026".to_owned(),
            rate: "0.25".parse()?,
            recognised: "0.8".parse()?,
            values: vec![(self.measure(MEASURE)?, won("12000")?)],
            cap: Some(won("2000000")?),
            budget: won("3000000")?,
            period: period(("2026-01-01", "2027-01-01"))?,
            places: vec![PLACE.to_owned()],
            kinds: vec![SeoKind::Vcse, SeoKind::SocialCooperative],
            contracted: false,
            statement_days: vec!["2026-11-07".parse()?],
        };
        let officer = payer.officer.actor();
        let opened = self.app.open_programme(&officer, "demo", terms).await?;
        Ok(opened.out)
    }

    /// States what is owed, and records the payment, which happened elsewhere.
    async fn pay(&self, programme: ProgrammeId) -> Result<()> {
        self.advance_to("2026-11-09")?;
        let officer = self.people.buyers[0].officer.actor();
        self.app
            .state_entitlements(&officer, "demo statement", programme)
            .await?;
        let page = Page::first(1);
        let lines = self
            .app
            .read()
            .programme_lines((programme, 1), &page)
            .await?;
        let owed = lines.first().context("a statement without lines")?;
        let payment = RecordPayment {
            programme,
            organisation: owed.organisation,
            direction: Direction::Paid,
            amount: Money::from_minor(owed.owed, "KRW".parse()?),
            on: "2026-11-09".parse()?,
            reference: "Council treasury 2026/881".to_owned(),
        };
        self.app
            .record_payment(&officer, "demo payment", payment)
            .await?;
        Ok(())
    }
}

fn won(amount: &str) -> Result<Money> {
    Ok(Money::parse(amount, "KRW".parse()?)?)
}
