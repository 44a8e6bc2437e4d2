//! What the log does not show: a claim that was refused, and a draft that its supplier alone reads.

use anyhow::{Result, bail};
use commonweal_app::claim::ClaimedOutcome;
use commonweal_app::claim_draft::{ClaimContent, SaveClaimDraft};
use commonweal_app::error::AppError;

use super::City;
use super::city::PLACE;
use super::delivery::{Report, period};
use super::people::Person;

/// The firm that counts the people of another: its place in the list of suppliers.
const SECOND_EMPLOYER: usize = 14;

impl City {
    /// A second firm claims the work of people who are counted already: their tokens tell, and the claim is refused.
    pub(super) async fn count_twice(&self, employer: &Person) -> Result<()> {
        let report = Report {
            supplier: &self.people.suppliers[SECOND_EMPLOYER],
            outcome: ClaimedOutcome::OutsideContracts {
                measure: self.measure("JOB-1")?,
                place: PLACE.to_owned(),
            },
            quantity: "1.25",
            period: ("2026-08-01", "2026-10-01"),
            evidence: ("payroll", "payroll of the second employer"),
            people: Some((employer, 8, "8")),
        };
        let Err(refused) = self.claim(&report).await else {
            bail!("the same people were counted twice");
        };
        match refused.downcast_ref() {
            Some(AppError::Refused {
                code: "SAME_PERSON",
                ..
            }) => Ok(()),
            _ => Err(refused.context("refused for another reason")),
        }
    }

    /// The home care cooperative has begun to write down October.
    pub(super) async fn draft(&self, supplier: &Person, outcome: ClaimedOutcome) -> Result<()> {
        let log = self.file(supplier, "visit_log", "visit log, October");
        let content = ClaimContent {
            outcome: Some(outcome),
            period: Some(period(("2026-10-01", "2026-11-01"))?),
            evidence: vec![log.await?],
            ..ClaimContent::default()
        };
        let input = SaveClaimDraft {
            draft: None,
            claimant: supplier.organisation,
            content,
        };
        self.app.save_claim_draft(&supplier.actor(), input).await?;
        Ok(())
    }
}
