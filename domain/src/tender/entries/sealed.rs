//! `bid.sealed`, `bid.replaced`, `bid.withdrawn` and `bid.late`: what an observer sees before the opening. None of them
//! names a tender, a supplier or a person.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::SealedId;
use crate::log::commitment::SealedCommitment;
use crate::log::entry::{EntryBody, Header};
use crate::log::state::{Finding, State};
use crate::tender::register::{Fate, SealedKind, check_anonymous};
use crate::time::Time;

/// `bid.sealed`: a bid arrived in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidSealed {
    /// Random id.
    pub sealed: SealedId,
    /// What it commits to.
    pub commitment: SealedCommitment,
}

impl EntryBody for BidSealed {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let kind = SealedKind::Bid;
        let register = &mut state.tenders.sealed;
        register.seal(self.sealed, kind, self.commitment, header)
    }
}

/// `bid.replaced`: a bid took the place of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidReplaced {
    /// The earlier one.
    pub replaced: SealedId,
    /// Random id of the new one; the entry's subject.
    pub sealed: SealedId,
    /// What the new one commits to.
    pub commitment: SealedCommitment,
}

impl EntryBody for BidReplaced {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let register = &mut state.tenders.sealed;
        let replaced = register.decide(self.replaced, SealedKind::Bid, Fate::Replaced, header);
        register.seal(self.sealed, SealedKind::Bid, self.commitment, header)?;
        replaced
    }
}

/// `bid.withdrawn`: a supplier took a bid back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidWithdrawn {
    /// The bid.
    pub sealed: SealedId,
    /// When the request arrived.
    pub received_at: Time,
}

impl EntryBody for BidWithdrawn {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        check_anonymous(header, self.sealed)?;
        let fate = Fate::Withdrawn(self.received_at);
        let register = &mut state.tenders.sealed;
        register.decide(self.sealed, SealedKind::Bid, fate, header)?;
        if self.received_at > header.at {
            let expected = format!("at most {}", header.at);
            return Err(header.finding("received_at", expected, self.received_at));
        }
        Ok(())
    }
}

/// `bid.late`: a bid arrived after its deadline and was refused. It is settled at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidLate {
    /// Random id.
    pub sealed: SealedId,
    /// What it commits to.
    pub commitment: SealedCommitment,
}

impl EntryBody for BidLate {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        check_anonymous(header, self.sealed)?;
        if state.tenders.sealed.get(self.sealed).is_some() {
            return Err(header.finding("sealed", "a new sealed id", self.sealed));
        }
        state.tally.attested("late bid");
        Ok(())
    }
}
