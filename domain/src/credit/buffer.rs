//! Buffers: units kept back against reversals, pooled over the vintages of a measure and place.

use super::class::Class;
use super::entries::BufferReleased;
use super::state::Batch;
use crate::ids::{BatchId, ChallengeId, LiabilityId};
use crate::time::{Date, Time};

/// What the decision needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferFacts {
    /// Units of the batch that are kept back.
    pub buffer: i64,
    /// A challenge of the batch's claim that is not over, or one that freezes the batch.
    pub challenged: Option<ChallengeId>,
    /// A liability of the claimant's group that was not made good.
    pub liable: Option<LiabilityId>,
    /// The log's time.
    pub at: Time,
}

/// Why a buffer stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BufferError {
    /// Nothing kept back.
    #[error("`batch`: {0} has no buffer left")]
    Empty(BatchId),
    /// Too early.
    #[error("`batch`: its buffer is kept through {0}")]
    TooEarly(i64),
    /// Somebody objects.
    #[error(
        "`batch`: challenge:{0} of its claim or of another claim of its KPI is not settled: wait until it is"
    )]
    Challenged(ChallengeId),
    /// Units are owed.
    #[error("`batch`: the claimant's group owes the units of liability:{0}")]
    Liable(LiabilityId),
}

/// The release of all that is left of a batch's buffer to its claimant: when the years of the class are over, nobody
/// objects to the claim or has a case against another of its KPI, and the claimant owes nothing.
pub fn decide_buffer_release(
    batch: &Batch,
    class: &Class,
    facts: BufferFacts,
) -> Result<BufferReleased, BufferError> {
    let last = i64::from(class.vintage).saturating_add(i64::from(class.buffer_years));
    let year = Date::year(facts.at.date());
    if i64::from(year) <= last {
        return Err(BufferError::TooEarly(last));
    }
    if let Some(challenge) = facts.challenged {
        return Err(BufferError::Challenged(challenge));
    }
    if let Some(liability) = facts.liable {
        return Err(BufferError::Liable(liability));
    }
    if facts.buffer <= 0 {
        return Err(BufferError::Empty(batch.id));
    }
    Ok(BufferReleased {
        batch: batch.id,
        claimant: batch.claimant,
        units: facts.buffer,
    })
}

#[cfg(test)]
mod tests {
    use super::super::class::example;
    use super::super::serials::Serials;
    use super::*;
    use crate::contract::fixtures::{SUPPLIER, id, organisation, period};

    fn decide(at: &str, change: impl FnOnce(&mut BufferFacts)) -> Result<i64, BufferError> {
        let batch = Batch {
            id: id(90),
            class: id(80),
            claim: id(5),
            claimant: organisation(SUPPLIER),
            period: period("2026-03-01", "2026-06-01"),
            serials: Serials::issue(50).unwrap(),
        };
        let mut facts = BufferFacts {
            buffer: 5,
            challenged: None,
            liable: None,
            at: at.parse().unwrap(),
        };
        change(&mut facts);
        decide_buffer_release(&batch, &example(), facts).map(|released| released.units)
    }

    #[test]
    fn a_buffer_is_released_when_its_years_are_over() {
        let last = decide("2029-12-31T23:59:59Z", |_| ());
        assert_eq!(last, Err(BufferError::TooEarly(2029)));
        assert_eq!(decide("2030-01-01T00:00:00Z", |_| ()), Ok(5));
    }

    #[test]
    fn a_challenge_a_liability_and_an_empty_buffer_keep_it() {
        let decide = |change: fn(&mut BufferFacts)| decide("2030-01-01T00:00:00Z", change);
        let challenged = decide(|facts| facts.challenged = Some(id(7)));
        assert_eq!(challenged, Err(BufferError::Challenged(id(7))));
        let liable = decide(|facts| facts.liable = Some(id(8)));
        assert_eq!(liable, Err(BufferError::Liable(id(8))));
        assert_eq!(
            decide(|facts| facts.buffer = 0),
            Err(BufferError::Empty(id(90)))
        );
    }
}
