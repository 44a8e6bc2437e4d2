//! A promise that did not hold: a paper challenges a verified claim, the challenge is upheld, and certificate, KPI and rating
//! follow.

use anyhow::Result;
use commonweal_domain::challenge::{Basis, Ground, Remedy};
use commonweal_domain::ids::ClaimId;

use super::people::Person;
use super::{City, DAY};

/// Days in which a decision can be appealed, and one more.
const APPEALS: i64 = 15 * DAY;

impl City {
    /// Everybody acts once: the paper, the claimant, the registrar who decides, and another who carries the decision out.
    pub(super) async fn challenge(&self, claimant: &Person, claim: ClaimId) -> Result<()> {
        let doubt = "One of the ten people left at the end of April, and is counted until June.";
        let raised = self
            .app
            .raise_challenge(
                &self.people.watchdog.actor(),
                claim,
                Ground::Delivery,
                doubt,
            )
            .await?
            .out;
        self.clock.advance(DAY);
        let reply = "The notice of the end reached our payroll office in May only.";
        self.app
            .reply_to_challenge(&claimant.actor(), raised, reply)
            .await?;
        let registrar = self.people.registrar.actor();
        self.app.accept_challenge(&registrar, raised).await?;
        self.clock.advance(2 * DAY);
        let found = "Nine people worked the whole period and one until the end of April.";
        self.app
            .uphold_challenge(&registrar, raised, "2.75", Remedy::Correct, found)
            .await?;
        self.clock.advance(APPEALS);
        let carrier = self.people.third_registrar.actor();
        self.app
            .carry_out(&carrier, Basis::Challenge(raised))
            .await?;
        Ok(())
    }
}
