//! What became of the promises: claims at every stage, credits, a transfer and retirements.

use std::convert::Infallible;

use anyhow::{Context, Result};
use bytes::Bytes;
use commonweal_app::claim::{ClaimedOutcome, NamedEvidence, SubmitClaim};
use commonweal_app::class::DefineClass;
use commonweal_app::performance::RateKpi;
use commonweal_app::retirement::RetireCredits;
use commonweal_app::transfer::TransferCredits;
use commonweal_app::verification::VerifyClaim;
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::contract::counting::Line;
use commonweal_domain::credit::class::{BUFFER_YEARS, SUBSTITUTABLE, TRADABLE};
use commonweal_domain::credit::entries::TransferReason;
use commonweal_domain::ids::{BatchId, ClaimId, ContractId, KpiId};
use commonweal_domain::time::{Date, Period};
use futures_util::stream;

use super::city::PLACE;
use super::people::Person;
use super::tenders::DemoTender;
use super::{City, DAY, named};

/// The firm that buys surplus credits: its place in the list of suppliers.
const BUYER_OF_SURPLUS: usize = 19;

/// A delivery report of the demo.
pub(super) struct Report<'a> {
    pub(super) supplier: &'a Person,
    pub(super) outcome: ClaimedOutcome,
    pub(super) quantity: &'a str,
    pub(super) period: (&'a str, &'a str),
    /// The kind of the first file, and its text.
    pub(super) evidence: (&'a str, &'a str),
    /// The firm whose people worked, how many, and their full-time equivalents together.
    pub(super) people: Option<(&'a Person, u32, &'a str)>,
}

impl City {
    /// The first contract is over-delivered and its surplus moves; the second has claims that still wait.
    pub(super) async fn deliver(&self, contracts: &[(&DemoTender, ContractId)]) -> Result<()> {
        let [(care, care_contract), (cleaning, cleaning_contract)] = contracts else {
            anyhow::bail!("the story has two contracts");
        };
        self.define_class(care.measure, true).await?;
        self.define_class(cleaning.measure, false).await?;
        self.over_deliver(care, *care_contract).await?;
        let spring = self.wait(cleaning, *cleaning_contract).await?;
        for (tender, contract) in contracts {
            self.rate(tender, *contract).await?;
        }
        let claimant = self.winner(cleaning)?;
        self.challenge(claimant, spring).await?;
        let cleaning_kpi = ClaimedOutcome::Kpi(self.kpi(*cleaning_contract).await?);
        let care_kpi = ClaimedOutcome::Kpi(self.kpi(*care_contract).await?);
        self.report_autumn(claimant, &cleaning_kpi).await?;
        self.ask_for_a_quorum(claimant, &cleaning_kpi).await?;
        self.count_twice(claimant).await?;
        self.draft(self.winner(care)?, care_kpi).await
    }

    /// The first period of a contract, which is over, is rated by the thresholds of the tender documents.
    async fn rate(&self, tender: &DemoTender, contract: ContractId) -> Result<()> {
        let rating = RateKpi {
            kpi: self.kpi(contract).await?,
            from: "2026-02-01".parse()?,
            rating: None,
            reason: None,
        };
        let officer = self.people.buyers[tender.buyer].officer.actor();
        self.app.rate_kpi(&officer, rating).await?;
        Ok(())
    }

    pub(super) async fn define_class(&self, measure: &str, transferable: bool) -> Result<()> {
        let input = DefineClass {
            measure: self.measure(measure)?,
            place: PLACE.to_owned(),
            vintage: 2026,
            buffer_share: "0.1".parse()?,
            tradable_share: TRADABLE,
            substitution_share: SUBSTITUTABLE,
            buffer_years: BUFFER_YEARS,
            holding_limit_units: None,
            transferable,
        };
        self.app
            .define_class(&self.people.registrar.actor(), input)
            .await?;
        Ok(())
    }

    /// 1,000 hours were promised: 620 and 530 are delivered, so that 150 are surplus.
    async fn over_deliver(&self, tender: &DemoTender, contract: ContractId) -> Result<()> {
        let supplier = self.winner(tender)?;
        let kpi = self.kpi(contract).await?;
        self.app.intend_surplus(&supplier.actor(), kpi).await?;
        self.advance_to("2026-06-10")?;
        let spring = Report {
            supplier,
            outcome: ClaimedOutcome::Kpi(kpi),
            quantity: "620.0",
            period: ("2026-02-01", "2026-06-01"),
            evidence: ("visit_log", "visit log, February to May"),
            people: None,
        };
        let claim = self.claim(&spring).await?;
        self.verify(claim, 0, "620.0").await?;
        self.issue(claim).await?;
        self.advance_to("2026-10-08")?;
        let summer = Report {
            quantity: "530.0",
            period: ("2026-06-01", "2026-10-01"),
            evidence: ("visit_log", "visit log, June to September"),
            ..spring
        };
        let claim = self.claim(&summer).await?;
        self.verify(claim, 2, "530.0").await?;
        let batch = self.issue(claim).await?;
        self.move_surplus(supplier, batch).await
    }

    /// A firm buys 50 hours and retires 20 of them in its own name.
    async fn move_surplus(&self, supplier: &Person, batch: BatchId) -> Result<()> {
        let firm = &self.people.suppliers[BUYER_OF_SURPLUS];
        let transfer = TransferCredits {
            batch,
            from: supplier.organisation,
            to: firm.organisation,
            units: 500,
            reason: TransferReason::Sale,
            procurement_reference: None,
            note: None,
        };
        self.app
            .transfer_credits(&supplier.actor(), "demo-transfer", transfer)
            .await?;
        let retirement = RetireCredits {
            batch,
            holder: firm.organisation,
            units: 200,
            beneficiary: firm.organisation,
            jurisdiction: "KR".to_owned(),
            period: period(("2026-01-01", "2027-01-01"))?,
            covers: None,
            note: None,
        };
        self.app
            .retire_credits(&firm.actor(), "demo-retirement", retirement)
            .await?;
        Ok(())
    }

    /// One claim is issued, one was rejected and, put right, waits for its issue, one waits for an answer. Returns the first.
    async fn wait(&self, tender: &DemoTender, contract: ContractId) -> Result<ClaimId> {
        let supplier = self.winner(tender)?;
        let kpi = self.kpi(contract).await?;
        let report = |quantity, period, evidence, (count, fte)| Report {
            supplier,
            outcome: ClaimedOutcome::Kpi(kpi),
            quantity,
            period,
            evidence: ("payroll", evidence),
            people: Some((supplier, count, fte)),
        };
        let first = report(
            "3.25",
            ("2026-02-01", "2026-06-01"),
            "payroll, February to May",
            (10, "10"),
        );
        let spring = self.claim(&first).await?;
        self.verify(spring, 1, "3.00").await?;
        self.issue(spring).await?;
        let second = report(
            "1.50",
            ("2026-06-01", "2026-08-01"),
            "payroll, June and July",
            (10, "10"),
        );
        let rejected = self.claim(&second).await?;
        let reason = "Two of the people on the payroll worked for another contract.";
        self.app
            .reject_claim(&self.people.verifiers[2].actor(), rejected, None, reason)
            .await?;
        let corrected = report(
            "1.25",
            ("2026-06-01", "2026-08-01"),
            "payroll of this contract alone, June and July",
            (8, "7.5"),
        );
        let summer = self.claim(&corrected).await?;
        self.verify(summer, 0, "1.25").await?;
        let third = report(
            "2.75",
            ("2026-08-01", "2026-10-01"),
            "payroll, August and September",
            (17, "16.5"),
        );
        let asked = self.claim(&third).await?;
        let question = "Which of the 17 people left before the end of September?";
        self.app
            .request_information(&self.people.verifiers[1].actor(), asked, question)
            .await?;
        Ok(spring)
    }

    /// A claim that nobody has looked at yet.
    async fn report_autumn(&self, supplier: &Person, kpi: &ClaimedOutcome) -> Result<()> {
        let autumn = Report {
            supplier,
            outcome: kpi.clone(),
            quantity: "0.50",
            period: ("2026-10-01", "2026-10-22"),
            evidence: ("payroll", "payroll, the first weeks of October"),
            people: Some((supplier, 10, "10")),
        };
        self.claim(&autumn).await?;
        Ok(())
    }

    pub(super) async fn claim(&self, report: &Report<'_>) -> Result<ClaimId> {
        let period = period(report.period)?;
        let mut working = Vec::new();
        let (kind, text) = report.evidence;
        let mut evidence = vec![self.file(report.supplier, kind, text).await?];
        let mut beneficiaries = None;
        if let Some((employer, people, fte)) = report.people {
            let programme = format!("recruitment programme behind the {text}");
            evidence.push(
                self.file(report.supplier, "recruitment_programme", &programme)
                    .await?,
            );
            let started = "2026-02-01".parse()?;
            let firm = employer.organisation.to_string();
            beneficiaries = Some(named::file(&self.app, &firm, people, period, started)?);
            working.push(Line {
                people,
                fte: fte.parse()?,
                period,
                started: Some(started),
            });
        }
        let input = SubmitClaim {
            claimant: report.supplier.organisation,
            outcome: report.outcome.clone(),
            quantity: report.quantity.to_owned(),
            period,
            share: None,
            working,
            beneficiaries,
            evidence,
            external_reference: None,
        };
        let key = format!("demo {text}");
        Ok(self
            .app
            .submit_claim(&report.supplier.actor(), &key, input)
            .await?
            .out)
    }

    /// A file of a supplier, with a line of text in it.
    pub(super) async fn file(
        &self,
        supplier: &Person,
        kind: &str,
        text: &str,
    ) -> Result<NamedEvidence> {
        let mut body = stream::iter([Ok::<_, Infallible>(Bytes::from(text.to_owned()))]);
        let actor = supplier.actor();
        let stored = self
            .app
            .upload_evidence(&actor, supplier.organisation, "text/plain", None, &mut body)
            .await?;
        Ok(NamedEvidence {
            sha256: stored.sha256,
            kind: kind.to_owned(),
        })
    }

    async fn verify(&self, claim: ClaimId, verifier: usize, accepted: &str) -> Result<()> {
        self.accept(claim, &self.people.verifiers[verifier], accepted)
            .await
    }

    pub(super) async fn accept(&self, claim: ClaimId, by: &Person, accepted: &str) -> Result<()> {
        self.clock.advance(DAY);
        let input = VerifyClaim {
            claim,
            accepted: accepted.to_owned(),
            method: "ISAE 3000, sample of one visit or payslip in ten".to_owned(),
            reason: "The sample agrees with the register; what it does not show is left out."
                .to_owned(),
        };
        self.app.verify_claim(&by.actor(), input).await?;
        Ok(())
    }

    pub(super) async fn issue(&self, claim: ClaimId) -> Result<BatchId> {
        let registrar = self.people.second_registrar.actor();
        Ok(self
            .app
            .issue_credits(&registrar, &format!("demo {claim}"), claim)
            .await?
            .out)
    }

    async fn kpi(&self, contract: ContractId) -> Result<KpiId> {
        let mut kpis = self.app.read().kpis_of(&[contract]).await?;
        let first = kpis
            .remove(&contract)
            .and_then(|kpis| kpis.into_iter().next());
        Ok(first.context("a contract without KPIs")?.kpi.id)
    }

    /// The first bid of each contracted tender wins; the story is checked by a test.
    fn winner(&self, tender: &DemoTender) -> Result<&Person> {
        let bid = tender.bids.first().context("a tender without bids")?;
        Ok(&self.people.suppliers[bid.supplier])
    }

    pub(super) fn measure(&self, code: &str) -> Result<MeasureRef> {
        Ok(MeasureRef {
            catalogue: self.catalogue.id,
            code: code.parse()?,
        })
    }

    pub(super) fn advance_to(&self, day: &str) -> Result<()> {
        self.clock.set(day.parse::<Date>()?.start());
        Ok(())
    }
}

pub(super) fn period((from, to): (&str, &str)) -> Result<Period> {
    Ok(Period::new(from.parse()?, to.parse()?)?)
}
