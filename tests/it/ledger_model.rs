//! A naive ledger: every unit is a row that says where it is. It knows no balances, no postings and no splits.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

/// How many organisations hold credits. The first one delivers.
pub(crate) const HOLDERS: usize = 3;

/// How many batches there are at most.
const MAX_BATCHES: usize = 50;

/// Where one unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Its holder may use it.
    With(usize),
    /// Kept back.
    Buffer,
    /// Claimed for ever.
    Retired,
}

/// A request that moves value. Indexes are taken modulo what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Units go from one holder to another.
    Transfer {
        batch: usize,
        from: usize,
        to: usize,
        units: i64,
    },
    /// Units are claimed for ever by their holder.
    Retire {
        batch: usize,
        holder: usize,
        units: i64,
    },
}

/// One step.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A new claim of some tenths of an hour, verified and issued.
    Issue { tenths: i64 },
    /// Another issue of a claim that was issued.
    IssueAgain { batch: usize },
    /// A request under a key of its sender, which may have been used before.
    Send { request: Request, key: u8 },
    /// An earlier request again, word for word.
    Repeat { earlier: usize },
}

/// What must come of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A batch of so many units; none when everything is deadweight.
    Issued(usize),
    /// The batch that there is.
    Known(usize),
    /// Done.
    Moved,
    /// Done, with these serials.
    Retired(usize, usize),
    /// The answer to the earlier request of this number.
    Again(usize),
    /// Refused with this code.
    Refused(&'static str),
}

/// An accepted request and the key under which its sender sent it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) request: Request,
    pub(crate) key: u8,
}

/// The whole naive ledger.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    /// The units of each batch, in the order of their serials as far as they are retired.
    pub(crate) batches: Vec<Vec<Unit>>,
    /// Accepted requests in order.
    pub(crate) sent: Vec<Sent>,
    /// Which accepted request used a key: by sender, whether it is a transfer, and key.
    keys: HashMap<(usize, bool, u8), usize>,
    /// What the last step must have come to.
    pub(crate) outcome: Option<Outcome>,
}

impl Request {
    fn scope(&self, key: u8) -> (usize, bool, u8) {
        match self {
            Self::Transfer { from, .. } => (*from, true, key),
            Self::Retire { holder, .. } => (*holder, false, key),
        }
    }
}

impl Model {
    /// Units of a batch in one place.
    pub(crate) fn count(&self, batch: usize, place: Unit) -> usize {
        self.batches[batch]
            .iter()
            .filter(|unit| **unit == place)
            .count()
    }

    fn issue(&mut self, tenths: i64) -> Outcome {
        // A quarter is deadweight, of the rest a tenth is kept back; unit by unit, so that rounding is no formula.
        let mut units = Vec::new();
        for tenth in 1..=tenths {
            if tenth * 3 / 4 > (tenth - 1) * 3 / 4 {
                let kept = (units.len() + 1).is_multiple_of(10);
                units.push(if kept { Unit::Buffer } else { Unit::With(0) });
            }
        }
        if units.is_empty() {
            return Outcome::Refused("NOTHING_TO_ISSUE");
        }
        self.batches.push(units);
        Outcome::Issued(self.batches.len() - 1)
    }

    fn send(&mut self, request: &Request, key: u8) -> Outcome {
        let scope = request.scope(key);
        if let Some(earlier) = self.keys.get(&scope) {
            return if self.sent[*earlier].request == *request {
                Outcome::Again(*earlier)
            } else {
                Outcome::Refused("CONFLICT")
            };
        }
        let (batch, from, to, units) = match *request {
            Request::Transfer {
                batch,
                from,
                to,
                units,
            } => (batch, from, Unit::With(to), units),
            Request::Retire {
                batch,
                holder,
                units,
            } => (batch, holder, Unit::Retired, units),
        };
        if units <= 0 {
            return Outcome::Refused("UNITS");
        }
        let there: Vec<usize> = (0..self.batches[batch].len())
            .filter(|unit| self.batches[batch][*unit] == Unit::With(from))
            .collect();
        let Some(moved) = usize::try_from(units)
            .ok()
            .and_then(|units| there.get(..units))
        else {
            return Outcome::Refused("INSUFFICIENT_BALANCE");
        };
        if to == Unit::With(from) {
            return Outcome::Refused("SAME_HOLDER");
        }
        let before = self.count(batch, Unit::Retired);
        for unit in moved {
            self.batches[batch][*unit] = to;
        }
        self.keys.insert(scope, self.sent.len());
        self.sent.push(Sent {
            request: request.clone(),
            key,
        });
        match to {
            Unit::Retired => Outcome::Retired(before, self.count(batch, Unit::Retired)),
            _ => Outcome::Moved,
        }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        let issue = (0_i64..60).prop_map(|tenths| Step::Issue { tenths: tenths + 1 });
        if state.batches.is_empty() {
            return issue.boxed();
        }
        let batches = state.batches.len();
        let units = prop_oneof![
            8 => 1_i64..25,
            1 => -2_i64..=0,
            1 => Just(i64::MAX),
        ];
        let transfer = (0..batches, 0..HOLDERS, 0..HOLDERS, units.clone()).prop_map(
            |(batch, from, to, units)| Request::Transfer {
                batch,
                from,
                to,
                units,
            },
        );
        let retire =
            (0..batches, 0..HOLDERS, units).prop_map(|(batch, holder, units)| Request::Retire {
                batch,
                holder,
                units,
            });
        // Few keys, so that they meet again.
        let send = (prop_oneof![3 => transfer, 1 => retire], 0_u8..40)
            .prop_map(|(request, key)| Step::Send { request, key });
        // A page of the interface shows all of them.
        let issue = if batches < MAX_BATCHES {
            issue.boxed()
        } else {
            (0..batches)
                .prop_map(|batch| Step::IssueAgain { batch })
                .boxed()
        };
        let again = (0..batches).prop_map(|batch| Step::IssueAgain { batch });
        if state.sent.is_empty() {
            return prop_oneof![1 => issue, 1 => again, 8 => send].boxed();
        }
        let repeat = (0..state.sent.len()).prop_map(|earlier| Step::Repeat { earlier });
        prop_oneof![2 => issue, 1 => again, 14 => send, 3 => repeat].boxed()
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        let batches = state.batches.len();
        match step {
            Step::Issue { .. } => batches < MAX_BATCHES,
            Step::IssueAgain { batch } => *batch < batches,
            Step::Send { request, .. } => match request {
                Request::Transfer { batch, .. } | Request::Retire { batch, .. } => *batch < batches,
            },
            Step::Repeat { earlier } => *earlier < state.sent.len(),
        }
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        let outcome = match step {
            Step::Issue { tenths } => state.issue(*tenths),
            Step::IssueAgain { batch } => Outcome::Known(*batch),
            Step::Send { request, key } => state.send(request, *key),
            Step::Repeat { earlier } => {
                let sent = state.sent[*earlier].clone();
                state.send(&sent.request, sent.key)
            }
        };
        state.outcome = Some(outcome);
        state
    }
}
