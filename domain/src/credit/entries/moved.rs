//! Log entries of units that change hands or leave circulation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::class::Class;
use super::super::ledger::movement;
use super::super::movement::{
    RetirementRequest, Trade, TransferFacts, decide_cancellation, decide_retirement,
    decide_transfer,
};
use super::super::posting::{Bucket, Posting};
use super::super::retirement::{Retirement, RetirementReason};
use super::super::serials::SerialRange;
use super::super::state::Batch;
use super::super::substitution::{SubstitutionFacts, decide_substitution};
use super::super::terms::KpiStanding;
use super::super::units;
use super::{HOLDER_ROLES, batch_and_class, post};
use crate::contract::entries::{ALLOWED, acted_for};
use crate::ids::{BatchId, KpiId, OrganisationId};
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::schema;
use crate::log::state::{Finding, State};
use crate::organisation::Sector;
use crate::time::Time;

/// Why units changed hands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TransferReason {
    /// Against payment, which is made elsewhere.
    Sale,
    /// Without payment.
    Gift,
    /// Within one beneficial-owner group.
    Group,
}

impl TransferReason {
    /// The word for the reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Gift => "gift",
            Self::Group => "group",
        }
    }
}

/// `credits.transferred`: units changed hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsTransferred {
    /// The batch.
    pub batch: BatchId,
    /// Who had them.
    pub from: OrganisationId,
    /// Who has them.
    pub to: OrganisationId,
    /// How many smallest units.
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    pub units: i64,
    /// Why.
    pub reason: TransferReason,
    /// The procurement in which a public body bought them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procurement_reference: Option<String>,
    /// SHA-256 of words about it, whose text lives in the erasable directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Hash>,
}

impl CreditsTransferred {
    /// The trade that it is.
    pub fn trade(&self) -> Trade<'_> {
        Trade {
            batch: self.batch,
            from: self.from,
            to: self.to,
            units: self.units,
            reason: self.reason,
            procurement_reference: self.procurement_reference.as_deref(),
        }
    }
}

/// What the decision about a trade needs, from what the log said before.
pub(super) fn transfer_facts(
    trade: Trade<'_>,
    (batch, class): (&Batch, &Class),
    state: &State,
    at: Time,
) -> TransferFacts {
    let receiver = state.organisations.get(trade.to);
    let group = state.organisations.group(trade.to);
    let (credits, challenges) = (&state.credits, &state.challenges);
    TransferFacts {
        available: credits.ledger().available(trade.batch, trade.from),
        receiver_holds: credits.group_holds(class.id, group),
        related: state.organisations.related(trade.from, trade.to),
        receiver_public: receiver.is_some_and(|receiver| receiver.sector == Sector::Public),
        blocks: credits.blocks(batch, trade.from, challenges, &state.organisations, at),
    }
}

impl EntryBody for CreditsTransferred {
    fn postings(&self) -> Vec<Posting> {
        let from = (Some(self.from), Bucket::Available);
        let to = (Some(self.to), Bucket::Available);
        movement(self.batch, from, to, self.units)
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        acted_for(header, self.from, HOLDER_ROLES)?;
        state.organisations.expect(self.to, header)?;
        let (batch, class) = batch_and_class(self.batch, header, state)?;
        let facts = transfer_facts(self.trade(), (batch, class), state, header.at);
        decide_transfer(self.trade(), class, facts)
            .map_err(|error| header.finding("transfer", ALLOWED, error))?;
        post(self, header, state)?;
        state.tally.recomputed("transfers");
        Ok(())
    }
}

/// `credits.retired`: units were claimed for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsRetired {
    /// The batch.
    pub batch: BatchId,
    /// Who had the units.
    pub holder: OrganisationId,
    /// The retirement.
    pub retirement: Retirement,
}

impl CreditsRetired {
    /// Bought cover must be allowed by the contract and the class.
    fn check_cover(
        &self,
        id: KpiId,
        (batch, class): (&Batch, &Class),
        header: &Header,
        state: &State,
    ) -> Result<(), Finding> {
        let contract = state.contracts.contract_with(id);
        let kpi = contract.and_then(|contract| Some((contract, contract.kpi(id)?)));
        let (contract, kpi) =
            kpi.ok_or_else(|| header.finding("cover", "a KPI of a signed contract", id))?;
        let facts = SubstitutionFacts {
            kpi,
            standing: KpiStanding {
                contract: contract.id,
                kpi: id,
                buyer: contract.buyer,
                quantity_units: state.contracts.binding_units(id, header.at.date()),
                account: state.credits.kpi(id),
                matches: true,
            },
            supplier: contract.supplier,
            published: contract.substitution_share,
            holder: self.holder,
            beneficiary: self.retirement.beneficiary,
        };
        decide_substitution(self.retirement.units(), batch, class, &facts)
            .map_err(|error| header.finding("cover", ALLOWED, error))?;
        Ok(())
    }
}

impl EntryBody for CreditsRetired {
    fn postings(&self) -> Vec<Posting> {
        let from = (Some(self.holder), Bucket::Available);
        movement(
            self.batch,
            from,
            (None, Bucket::Retired),
            self.retirement.units(),
        )
    }

    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        acted_for(header, self.holder, HOLDER_ROLES)?;
        let retirement = &self.retirement;
        state.organisations.expect(retirement.beneficiary, header)?;
        if state.credits.has_retirement(retirement.id) {
            return Err(header.finding("retirement", "a new id", retirement.id));
        }
        let (batch, class) = batch_and_class(self.batch, header, state)?;
        let request = RetirementRequest {
            id: retirement.id,
            holder: self.holder,
            units: retirement.units(),
            beneficiary: retirement.beneficiary,
            jurisdiction: retirement.jurisdiction.clone(),
            period: retirement.period,
            note: retirement.note,
            covers: retirement.kpi,
        };
        let available = state.credits.ledger().available(self.batch, self.holder);
        let (challenges, organisations) = (&state.challenges, &state.organisations);
        let blocks = state
            .credits
            .blocks(batch, self.holder, challenges, organisations, header.at);
        if let Some(kpi) = retirement.kpi {
            self.check_cover(kpi, (batch, class), header, state)?;
        }
        let expected = decide_retirement(request, batch, class, (available, blocks))
            .map_err(|error| header.finding("retirement", ALLOWED, error))?;
        if expected != *self {
            let describe = |r: &Retirement| {
                let reason = r.reason.as_str();
                format!(
                    "serials {}, certificate {}, {reason}",
                    r.serials, r.certificate
                )
            };
            let expected = describe(&expected.retirement);
            return Err(header.finding("retirement", expected, describe(retirement)));
        }
        post(self, header, state)?;
        state
            .credits
            .retire(
                self.batch,
                retirement,
                retirement.reason == RetirementReason::Substitution,
            )
            .map_err(|error| header.finding("serials", ALLOWED, error))?;
        state.tally.recomputed("retirements");
        Ok(())
    }
}

/// `credits.cancelled`: units were taken out without a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditsCancelled {
    /// The batch.
    pub batch: BatchId,
    /// Who had the units.
    pub holder: OrganisationId,
    /// Which units, from the high end of the batch.
    pub serials: SerialRange,
    /// SHA-256 of words about it, whose text lives in the erasable directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Hash>,
}

impl EntryBody for CreditsCancelled {
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
        acted_for(header, self.holder, HOLDER_ROLES)?;
        let (batch, _) = batch_and_class(self.batch, header, state)?;
        let available = state.credits.ledger().available(self.batch, self.holder);
        let (challenges, organisations) = (&state.challenges, &state.organisations);
        let blocks = state
            .credits
            .blocks(batch, self.holder, challenges, organisations, header.at);
        let units = self.serials.units();
        let may = (available, blocks);
        let expected = decide_cancellation(batch, self.holder, units, self.note, may)
            .map_err(|error| header.finding("cancellation", ALLOWED, error))?;
        if expected.serials != self.serials {
            return Err(header.finding("serials", expected.serials, self.serials));
        }
        post(self, header, state)?;
        state
            .credits
            .cancel(self.batch, units)
            .map_err(|error| header.finding("serials", ALLOWED, error))?;
        state.tally.recomputed("cancellations");
        Ok(())
    }
}
