//! A move on its way through the writer.

use commonweal_domain::actor::{self, Action, Actor, Facts, Permit};
use commonweal_domain::credit::posting::{Account, Bucket};
use commonweal_domain::ids::{BatchId, HoldId, OrganisationId, RetirementId};
use commonweal_domain::place::Place;

use super::Moved;
use crate::error::AppError;
use crate::hold::HoldCredits;
use crate::remark::Remark;
use crate::retirement::RetireCredits;
use crate::store::IdempotencyKey;
use crate::transfer::TransferCredits;

/// A move with who asks for it and the key under which its answer is kept.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) actor: Actor,
    pub(crate) key: IdempotencyKey,
    pub(crate) request: Request,
}

/// A move with the ids and the salted words that were made for it.
#[derive(Debug)]
pub(crate) enum Request {
    Transfer {
        input: TransferCredits,
        note: Option<Remark>,
    },
    Hold {
        id: HoldId,
        input: HoldCredits,
    },
    Retire {
        id: RetirementId,
        input: RetireCredits,
        jurisdiction: Place,
        note: Option<Remark>,
    },
}

/// Units of a batch about which something is decided, and whom the decision names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) batch: BatchId,
    /// Whose units they are.
    pub(crate) holder: OrganisationId,
    /// Who gets them; its group may hold so many only.
    pub(crate) receiver: Option<OrganisationId>,
    /// Who else must have joined.
    pub(crate) named: Option<OrganisationId>,
}

impl Asked {
    /// Units of one holder, with nobody else named.
    pub(crate) fn of(batch: BatchId, holder: OrganisationId) -> Self {
        Self {
            batch,
            holder,
            receiver: None,
            named: None,
        }
    }
}

impl Line {
    /// The single mutation that does the same: the scope of the key.
    pub(crate) fn name(&self) -> &'static str {
        match self.request {
            Request::Transfer { .. } => TRANSFER,
            Request::Hold { .. } => HOLD,
            Request::Retire { .. } => RETIRE,
        }
    }

    /// What an earlier request under the same key made.
    pub(crate) fn earlier(&self, answer: &[u8]) -> Result<Moved, AppError> {
        match self.request {
            Request::Transfer { .. } => serde_json::from_slice(answer).map(Moved::Transfer),
            Request::Hold { .. } => serde_json::from_slice(answer).map(Moved::Hold),
            Request::Retire { .. } => serde_json::from_slice(answer).map(Moved::Retirement),
        }
        .map_err(AppError::internal)
    }
}

const TRANSFER: &str = "transfer_credits";
const HOLD: &str = "hold_credits";
/// Also the scope of retirements as cover.
pub(crate) const RETIRE: &str = "retire_credits";

impl Request {
    /// What its decision is about.
    pub(crate) fn asked(&self) -> Asked {
        match self {
            Self::Transfer { input, .. } => Asked {
                receiver: Some(input.to),
                ..Asked::of(input.batch, input.from)
            },
            Self::Hold { input, .. } => Asked {
                named: input.to,
                ..Asked::of(input.batch, input.holder)
            },
            Self::Retire { input, .. } => Asked {
                named: Some(input.beneficiary),
                ..Asked::of(input.batch, input.holder)
            },
        }
    }

    /// Whether the actor may ask for it, by the table alone.
    pub(crate) fn permit(&self, actor: &Actor) -> Result<Permit, AppError> {
        let action = match self {
            Self::Transfer { .. } => Action::TransferCredits,
            Self::Hold { .. } => Action::HoldCredits,
            Self::Retire { .. } => Action::RetireCredits,
        };
        let facts = Facts {
            organisation: Some(self.asked().holder),
            ..Facts::default()
        };
        Ok(actor::authorize(actor, action, &facts)?)
    }

    /// Every account whose balance it reads or changes.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        let Asked { batch, holder, .. } = self.asked();
        let account = |holder, bucket| Account {
            batch,
            holder,
            bucket,
        };
        let own = |bucket| account(Some(holder), bucket);
        let mut accounts = vec![own(Bucket::Available)];
        match self {
            Self::Transfer { input, .. } => {
                accounts.push(account(Some(input.to), Bucket::Available));
            }
            Self::Hold { .. } => accounts.push(own(Bucket::Held)),
            Self::Retire { .. } => accounts.extend(
                [Bucket::Retired, Bucket::Cancelled, Bucket::Reversed]
                    .map(|bucket| account(None, bucket)),
            ),
        }
        accounts
    }
}
