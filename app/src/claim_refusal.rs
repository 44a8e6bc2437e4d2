//! Refused claims are counted, outside the transaction that was refused: for the public report, and to stop a claimant who
//! tries out people.

use commonweal_domain::contract::refusals::{MAX_SAME_PERSON, country, rule_words};
use commonweal_domain::ids::{Id, OrganisationId};
use commonweal_domain::time::Date;
use tokio::sync::OwnedSemaphorePermit;

use crate::App;
use crate::claim::ClaimedOutcome;
use crate::error::AppError;
use crate::places::Places;
use crate::store::{PrivateCommand, PrivateTx, claim_refusal};

/// The rule that says that somebody is counted already.
const SAME_PERSON: &str = "SAME_PERSON";
/// Claims of one claimant that name people and are looked at or wait for it. Whoever hangs up leaves a claim there, which holds
/// its list of people in memory until its turn.
const WAITING: usize = 32;
/// Months for which it is known who was refused.
const MONTHS_KEPT: u32 = 12;

struct Note {
    claimant: OrganisationId,
    cell: claim_refusal::Model,
    forget_before: String,
}

impl PrivateCommand for Note {
    const NAME: &'static str = "note_refusal";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let (cell, claimant) = (&self.cell, self.claimant);
        claim_refusal::count(tx, cell).await?;
        claim_refusal::count_by(tx, claimant, &cell.month, &cell.rule, &self.forget_before).await
    }
}

/// Whose turn it is to name people behind a claim: one claim at a time of each claimant, and a few that wait.
#[derive(Debug, Clone)]
pub(crate) struct Turns {
    waiting: Places<OrganisationId>,
    one: Places<OrganisationId>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            waiting: Places::new(WAITING),
            one: Places::new(1),
        }
    }
}

impl Turns {
    /// Waits for a claimant's turn, unless too many wait.
    async fn of(&self, claimant: OrganisationId) -> Result<[OwnedSemaphorePermit; 2], AppError> {
        let place = self.waiting.of(claimant).try_acquire_owned();
        let place = place.map_err(|_| {
            let message = format!(
                "{WAITING} claims of this claimant that name people are being looked at: send the next when one of them is answered"
            );
            AppError::refused_at("TOO_MANY_CLAIMS", "beneficiaries", message)
        })?;
        let turn = self.one.of(claimant).acquire_owned().await;
        Ok([place, turn.map_err(AppError::internal)?])
    }
}

impl App {
    /// Waits for a claimant's turn to name people, which lasts until a refusal is counted: otherwise many claims at once
    /// would all be looked at before the first is.
    pub(crate) async fn turn_to_name(
        &self,
        claimant: OrganisationId,
    ) -> Result<[OwnedSemaphorePermit; 2], AppError> {
        self.naming.of(claimant).await
    }

    /// Refuses a claim that names people when its claimant was refused too often this month for people counted already.
    pub(crate) async fn check_refusals(&self, claimant: OrganisationId) -> Result<(), AppError> {
        let month = month(self.now().date());
        let refused =
            claim_refusal::refused_by(self.store.read(), claimant, &month, SAME_PERSON).await?;
        if refused < MAX_SAME_PERSON {
            return Ok(());
        }
        let message = format!(
            "claims of this claimant were refused {refused} times this month because somebody was counted already: claims that name \
             people wait for the next month, so that nobody finds out by trial who is claimed"
        );
        Err(AppError::refused_at(
            "TOO_MANY_REFUSALS",
            "beneficiaries",
            message,
        ))
    }

    /// Counts a refusal of whoever may claim, as far as its rule is reported. That it could not be counted changes nothing
    /// for the caller.
    pub(crate) async fn note_refusal(
        &self,
        error: &AppError,
        claimant: OrganisationId,
        outcome: &ClaimedOutcome,
    ) {
        let AppError::Refused { code, .. } = error else {
            return;
        };
        if rule_words(code).is_none() {
            return;
        }
        if let Err(error) = self.count_refusal(code, claimant, outcome).await {
            tracing::warn!(%error, "a refused claim was not counted");
        }
    }

    async fn count_refusal(
        &self,
        rule: &str,
        claimant: OrganisationId,
        outcome: &ClaimedOutcome,
    ) -> Result<(), AppError> {
        let (answers, reference, place) = self.claimed(outcome).await?;
        let Some(measure) = self.read().measure(&reference).await? else {
            return Ok(());
        };
        let today = self.now().date();
        // Places of KPIs are as many as contracts say; anyone may write any other.
        let place = if answers.is_some() {
            place
        } else {
            country(&place)
        };
        let note = Note {
            claimant,
            cell: claim_refusal::Model {
                month: month(today),
                rule: rule.to_owned(),
                catalogue_id: reference.catalogue.uuid(),
                measure_code: reference.code.to_string(),
                place: place.to_string(),
                people: measure.counting.basis.is_some(),
                refused: 1,
            },
            forget_before: kept_from(today),
        };
        self.store.write_private(note).await
    }
}

/// The month of a day, such as `2026-07`.
fn month(day: Date) -> String {
    day.to_string().chars().take(7).collect()
}

fn kept_from(today: Date) -> String {
    let years = MONTHS_KEPT / 12;
    today.years_before(years).map_or_else(String::new, month)
}

#[cfg(test)]
mod tests {
    use tokio::task::{spawn, yield_now};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn a_claimant_has_one_turn_and_so_many_claims_wait() {
        let turns = Turns::default();
        let [one, other] = [1, 2].map(|n| OrganisationId::from_uuid(Uuid::from_u128(n)));
        let first = turns.of(one).await.unwrap();
        let wait = |_| {
            let turns = turns.clone();
            spawn(async move { turns.of(one).await.map(drop) })
        };
        let waiting: Vec<_> = (1..WAITING).map(wait).collect();
        while turns.waiting.of(one).available_permits() > 0 {
            yield_now().await;
        }
        let refused = turns.of(one).await.unwrap_err().to_string();
        assert!(refused.contains("send the next"), "{refused}");
        drop(turns.of(other).await.unwrap());
        drop(first);
        for waited in waiting {
            waited.await.unwrap().unwrap();
        }
        drop(turns.of(one).await.unwrap());
    }
}
