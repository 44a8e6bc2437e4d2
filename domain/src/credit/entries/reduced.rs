//! Log entries of corrections, reversals, and what makes them good.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::buffer::{BufferFacts, decide_buffer_release};
use super::super::ledger::movement;
use super::super::liability::decide_clearance;
use super::super::posting::{Bucket, Posting};
use super::super::reduction::{Reduction, ReductionFacts, decide_fall};
use super::super::serials::SerialRange;
use super::super::units;
use super::{HOLDER_ROLES, batch_and_class, post};
use crate::actor::Role;
use crate::challenge::Remedy;
use crate::challenge::entries::impartial;
use crate::contract::entries::{ALLOWED, acted_for};
use crate::ids::{BatchId, Id, LiabilityId, OrganisationId};
use crate::log::difference::plain;
use crate::log::entry::{EntryBody, Header};
use crate::log::schema;
use crate::log::state::{Finding, State};

/// `credits.corrected`: a claim was verified or issued in error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsCorrected {
    /// What falls.
    pub reduction: Reduction,
}

/// `credits.reversed`: the outcome of a claim was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsReversed {
    /// What falls.
    pub reduction: Reduction,
}

impl EntryBody for CreditsCorrected {
    fn postings(&self) -> Vec<Posting> {
        postings(&self.reduction)
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        apply(self, &self.reduction, Remedy::Correct, header, state)
    }
}

impl EntryBody for CreditsReversed {
    fn postings(&self) -> Vec<Posting> {
        postings(&self.reduction)
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        apply(self, &self.reduction, Remedy::Reverse, header, state)
    }
}

fn postings(reduction: &Reduction) -> Vec<Posting> {
    let mut postings = Vec::new();
    for loss in &reduction.losses {
        for taken in &loss.taken {
            let whose = |bucket| (Some(taken.holder), bucket);
            for broken in &taken.broken {
                let (held, available) = (whose(Bucket::Held), whose(Bucket::Available));
                postings.extend(movement(loss.batch, held, available, broken.units));
            }
            let (from, to) = (whose(Bucket::Available), (None, Bucket::Reversed));
            postings.extend(movement(loss.batch, from, to, taken.serials.units()));
        }
    }
    for draw in &reduction.drawn {
        let (from, to) = ((None, Bucket::Buffer), (None, Bucket::Cancelled));
        postings.extend(movement(draw.batch, from, to, draw.serials.units()));
    }
    postings
}

fn apply(
    body: &impl EntryBody,
    reduction: &Reduction,
    remedy: Remedy,
    header: &Header,
    state: &mut State,
) -> Result<(), Finding> {
    let registrar = header.actor(Role::Registrar)?.id;
    let basis = state.challenges.basis(reduction.basis, header.at);
    let expected = "an upheld challenge that cannot be appealed, or a proposal, once";
    let basis = basis.filter(|(claim, _, asked, _)| (*claim, *asked) == (reduction.claim, remedy));
    let (claim, reduced, _, deciders) =
        basis.ok_or_else(|| header.finding("decision", expected, plain(&reduction.basis)))?;
    let recorded = state.contracts.claim(claim);
    let recorded = recorded.ok_or_else(|| header.finding("claim", "a submitted claim", claim))?;
    impartial(registrar, recorded, header, state)?;
    let verified = recorded.verified.as_ref();
    let verified = verified.ok_or_else(|| header.finding("claim", "a verified claim", claim))?;
    let outside = match recorded.claim.answers {
        Some(_) => None,
        None => state
            .catalogues
            .measure(&recorded.claim.measure)
            .and_then(|m| m.deadweight),
    };
    let earlier: Vec<_> = state
        .credits
        .earlier(recorded)
        .into_iter()
        .chain(deciders)
        .collect();
    let facts = ReductionFacts {
        claim,
        claimant: recorded.claim.claimant,
        verified,
        basis: reduction.basis,
        reduced,
        outside,
        batches: &state.credits.standings(claim, &state.organisations),
        registrar,
        earlier: &earlier,
    };
    let nil = LiabilityId::from_uuid(uuid::Uuid::nil());
    let owed = reduction.owed.as_ref().map_or(nil, |owed| owed.liability);
    let expected = decide_fall(&facts)
        .and_then(|fall| fall.made_good(owed, state.credits.pool_of(claim)))
        .map_err(|error| header.finding("reduction", ALLOWED, error))?;
    if expected != *reduction {
        return Err(header.difference("reduction", &expected, reduction));
    }
    if state.credits.liability(owed).is_some() {
        return Err(header.finding("liability", "a new id", owed));
    }
    let group = state.organisations.group(recorded.claim.claimant);
    post(body, header, state)?;
    state
        .credits
        .reduce(reduction, group)
        .map_err(|error| header.finding("serials", ALLOWED, error))?;
    state
        .contracts
        .reduce(claim, reduction.verified.clone())
        .map_err(|error| header.finding("rating", ALLOWED, error))?;
    state.challenges.carry_out(reduction.basis);
    state.tally.recomputed("corrections and reversals");
    Ok(())
}

/// `liability.cleared`: whoever owed units made some of them good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiabilityCleared {
    /// The liability.
    pub liability: LiabilityId,
    /// The batch of the units that make it good.
    pub batch: BatchId,
    /// Who had them.
    pub holder: OrganisationId,
    /// Which units, from the high end of the batch.
    pub serials: SerialRange,
}

impl EntryBody for LiabilityCleared {
    fn postings(&self) -> Vec<Posting> {
        let from = (Some(self.holder), Bucket::Available);
        movement(
            self.batch,
            from,
            (None, Bucket::Cancelled),
            self.serials.units(),
        )
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let known = state.credits.liability(self.liability);
        let liability = known
            .ok_or_else(|| header.finding("liability", "a recorded liability", self.liability))?;
        acted_for(header, liability.organisation, HOLDER_ROLES)?;
        let owed = state.credits.class(liability.class);
        let owed = owed.ok_or_else(|| header.finding("class", "a class", liability.class))?;
        let of = batch_and_class(self.batch, header, state)?;
        let available = state
            .credits
            .ledger()
            .available(self.batch, liability.organisation);
        let units = self.serials.units();
        let (debtor, challenges) = (liability.organisation, &state.challenges);
        let group = state.organisations.group(debtor);
        let blocks =
            state
                .credits
                .blocks(of.0, debtor, challenges, &state.organisations, header.at);
        let expected = decide_clearance(liability, owed, of, units, (available, blocks))
            .map_err(|error| header.finding("liability", ALLOWED, error))?;
        if expected != *self {
            return Err(header.finding("serials", expected.serials, self.serials));
        }
        post(self, header, state)?;
        state.credits.make_good(self.liability, group, units);
        state
            .credits
            .remove(self.batch, units)
            .map_err(|error| header.finding("serials", ALLOWED, error))?;
        state.tally.recomputed("liabilities made good");
        Ok(())
    }
}

/// `buffer.released`: what a batch kept back is its claimant's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BufferReleased {
    /// The batch.
    pub batch: BatchId,
    /// Who delivered.
    pub claimant: OrganisationId,
    /// All that was left.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub units: i64,
}

impl EntryBody for BufferReleased {
    fn postings(&self) -> Vec<Posting> {
        let to = (Some(self.claimant), Bucket::Available);
        movement(self.batch, (None, Bucket::Buffer), to, self.units)
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        header.actor(Role::Registrar)?;
        let (batch, class) = batch_and_class(self.batch, header, state)?;
        let (credits, challenges) = (&state.credits, &state.challenges);
        let open = challenges.open(batch.claim);
        let facts = BufferFacts {
            buffer: credits.buffer(self.batch),
            challenged: open.or_else(|| credits.freezing(batch, challenges, header.at)),
            liable: state.credits.liable(batch.claimant, &state.organisations),
            at: header.at,
        };
        let expected = decide_buffer_release(batch, class, facts)
            .map_err(|error| header.finding("buffer", ALLOWED, error))?;
        if expected != *self {
            return Err(header.finding("buffer", expected.units, self.units));
        }
        post(self, header, state)?;
        state.tally.recomputed("releases of buffers");
        Ok(())
    }
}
