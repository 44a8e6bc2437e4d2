//! `tender.opened`, `bid.opened` and `bid.excluded`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::ids::{BidId, OrganisationId, SealedId, TenderId};
use crate::log::commitment::Opening;
use crate::log::entry::{EntryBody, Header};
use crate::log::hash::Hash;
use crate::log::state::{Finding, State};
use crate::tender::envelopes::ClosedPrices;
use crate::tender::lot::LotCode;
use crate::tender::people::check_unrelated;
use crate::tender::plan::Envelopes;
use crate::tender::register::{Fate, Listed, Register, SealedEntry, SealedKind};
use crate::tender::sealing::BidHead;
use crate::tender::stage::Step;
use crate::tender::state::{OpenedBid, Tender};
use crate::tender::validity::{Validity, is_public, judge};
use crate::time::Time;

/// `tender.opened`: two officers opened the bids. Every sealed entry of the tender stands in exactly one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderOpened {
    /// The tender.
    pub tender: TenderId,
    /// Bids that are open now; a `bid.opened` follows for each.
    pub opened: Vec<SealedId>,
    /// Bids whose place another took.
    pub replaced: Vec<SealedId>,
    /// Bids that were taken back.
    pub withdrawn: Vec<SealedId>,
    /// Bids that could not be opened at all.
    pub void: Vec<SealedId>,
    /// Bids sealed before the last material amendment and neither confirmed nor replaced: they stay closed for ever.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unconfirmed: Vec<SealedId>,
}

/// Accounts for one entry: it must be of the kind and sealed for this tender's time, and have the fate of its list.
pub(super) fn settle(
    (id, sealed): (SealedId, SealedKind),
    fits: impl Fn(&SealedEntry) -> bool,
    register: &mut Register,
    tender: &Tender,
    header: &Header,
) -> Result<(), Finding> {
    let entry = register.settle(id, header)?;
    let SealedEntry { kind, index, .. } = entry;
    if kind != sealed || index < tender.published {
        let expected = format!("a {sealed} sealed after the publication");
        return Err(header.finding("sealed", expected, id));
    }
    if !fits(&entry) {
        let expected = format!("{id} listed by its fate");
        return Err(header.finding("sealed", expected, entry.fate));
    }
    Ok(())
}

impl EntryBody for TenderOpened {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tenders = &mut state.tenders;
        tenders.expect(self.tender, header)?;
        let (Some(tender), register) = (tenders.tenders.get_mut(&self.tender), &mut tenders.sealed)
        else {
            return Ok(());
        };
        let named = tender.people(header, Role::Officer, 2);
        tender.openers = named.iter().flatten().copied().collect();
        let named = named.map(|_| ());
        let next = tender.stage.can_open(&tender.plan, header.at);
        tender.move_to(next, Step::Open, header)?;
        tender.opened = Some(header.index);
        tender.inputs = header.index;
        tender.to_open = self.opened.iter().copied().collect();
        let closes_at = tender.plan.closes_at;
        let material = tender.material;
        let stands = move |entry: &SealedEntry| {
            entry.fate == Fate::Waiting && entry.stands(material, closes_at)
        };
        let unconfirmed = move |entry: &SealedEntry| {
            entry.fate == Fate::Waiting && !entry.stands(material, closes_at)
        };
        let replaced = |entry: &SealedEntry| entry.fate == Fate::Replaced;
        let in_time = move |entry: &SealedEntry| matches!(entry.fate, Fate::Withdrawn(received_at) if received_at <= closes_at);
        let lists: [Listed<'_>; 4] = [
            (&self.void, &stands),
            (&self.unconfirmed, &unconfirmed),
            (&self.replaced, &replaced),
            (&self.withdrawn, &in_time),
        ];
        let mut outcome = named;
        for (ids, fits) in lists {
            for id in ids {
                let bid = (*id, SealedKind::Bid);
                outcome = outcome.and(settle(bid, fits, register, tender, header));
            }
        }
        for _ in &self.void {
            state.tally.attested("bid that could not be opened");
        }
        // The opened ones stay in the register until each is shown, with what it committed to.
        for id in &self.opened {
            let fits = register
                .get(*id)
                .is_some_and(|entry| entry.kind == SealedKind::Bid && stands(entry));
            if !fits {
                let error = header.finding("sealed", "a sealed bid that is still waiting", id);
                outcome = outcome.and(Err(error));
            }
        }
        outcome
    }
}

/// `bid.opened`: what was in a sealed bid, as far as the plan discloses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidOpened {
    /// The bid.
    pub bid: BidId,
    /// Its tender.
    pub tender: TenderId,
    /// Who bids.
    pub supplier: OrganisationId,
    /// The lot that it is for.
    pub lot: LotCode,
    /// The sealed entry.
    pub sealed: SealedId,
    /// When its last byte arrived.
    pub received_at: Time,
    /// The fields, published or withheld.
    pub opening: Opening,
    /// What the opening found; a bid that is not valid takes no part.
    pub validity: Validity,
}

impl EntryBody for BidOpened {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let tender = state.tenders.expect(self.tender, header)?;
        let named = tender.people(header, Role::Officer, 1).map(|_| ());
        if !tender.to_open.remove(&self.sealed) {
            return Err(header.finding("opening", "a bid that the opening names", self.sealed));
        }
        let sealed = state.tenders.sealed.settle(self.sealed, header)?;
        if state.tenders.bids.insert(self.bid, self.tender).is_some() {
            return Err(header.finding("bid", "a new bid id", self.bid));
        }
        let tender = state.tenders.expect(self.tender, header)?;
        let Some(catalogue) = state.catalogues.get(tender.plan.catalogue) else {
            return Err(header.finding("catalogue", "the plan's catalogue", tender.plan.catalogue));
        };
        let head = BidHead {
            tender: self.tender,
            supplier: self.supplier,
            lot: self.lot.clone(),
        };
        let commitment = &sealed.commitment;
        let (found, content) = judge(&tender.plan, catalogue, &head, commitment, &self.opening);
        let mut outcome = named.and(self.check_validity(found, tender, header));
        outcome = outcome.and(self.check_disclosure(tender, header));
        outcome = outcome.and(self.check_receipt(&sealed, tender, header));
        outcome = outcome.and(self.check_one_of_supplier(tender, header));
        tender.inputs = header.index;
        let opened = OpenedBid {
            supplier: self.supplier,
            lot: self.lot.clone(),
            sealed: self.sealed,
            received_at: self.received_at,
            salt: (found != Validity::CommitmentMismatch).then_some(self.opening.salt),
            content,
            closed_prices: ClosedPrices::of(&self.opening)
                .filter(|_| tender.plan.envelopes == Envelopes::Two),
            valid: found == Validity::Valid && self.validity == Validity::Valid,
            asked: std::collections::BTreeMap::new(),
            excluded: false,
            levels: std::collections::BTreeMap::new(),
            decided: std::collections::BTreeMap::new(),
        };
        tender.bids.insert(self.bid, opened);
        let bidder = BTreeSet::from([self.supplier]);
        let unrelated = check_unrelated(&tender.openers, &bidder, &state.organisations, header);
        outcome = outcome.and(unrelated);
        state.organisations.expect(self.supplier, header)?;
        if outcome.is_ok() {
            state.tally.recomputed("bid against its commitment");
        }
        outcome
    }
}

impl BidOpened {
    fn check_validity(
        &self,
        found: Validity,
        tender: &Tender,
        header: &Header,
    ) -> Result<(), Finding> {
        // Where the plan withholds fields, content that does not answer it can only be attested.
        let hidden = found == Validity::Valid && self.validity == Validity::Content;
        if self.validity == found || (hidden && !is_public(&tender.plan)) {
            return Ok(());
        }
        Err(header.difference("validity", &found, &self.validity))
    }

    /// A supplier has one valid bid for a lot, and for no more lots than the plan allows.
    fn check_one_of_supplier(&self, tender: &Tender, header: &Header) -> Result<(), Finding> {
        if self.validity != Validity::Valid {
            return Ok(());
        }
        let own = tender.bids.values();
        let own = own.filter(|other| other.valid && other.supplier == self.supplier);
        if own.clone().any(|other| other.lot == self.lot) {
            let expected = "one bid of each supplier for a lot";
            return Err(header.finding("supplier", expected, self.supplier));
        }
        let limits = tender.plan.lot_limits.as_ref();
        let most = limits.and_then(|limits| limits.max_bids_per_supplier);
        let with_this = u32::try_from(own.count())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        match most.filter(|most| with_this > *most) {
            None => Ok(()),
            Some(most) => {
                let expected = format!("bids of one supplier for at most {most} lots");
                Err(header.finding("lot_limits", expected, with_this))
            }
        }
    }

    fn check_disclosure(&self, tender: &Tender, header: &Header) -> Result<(), Finding> {
        let plan = &tender.plan;
        let wrong = self
            .opening
            .fields
            .iter()
            .find(|(name, field)| plan.publishes(name) != field.value().is_some());
        match wrong {
            None => Ok(()),
            Some((name, _)) => {
                Err(header.finding("disclosure", "fields shown as the plan says", name))
            }
        }
    }

    fn check_receipt(
        &self,
        sealed: &SealedEntry,
        tender: &Tender,
        header: &Header,
    ) -> Result<(), Finding> {
        let latest = tender.plan.closes_at.min(sealed.at);
        if self.received_at > latest {
            let expected = format!("at most {latest}");
            return Err(header.finding("received_at", expected, self.received_at));
        }
        if sealed.index < tender.published {
            return Err(header.finding(
                "sealed",
                "a bid sealed after the publication",
                self.sealed,
            ));
        }
        Ok(())
    }
}

/// Why a decision excludes a bid. What the plan excludes by itself stands in the ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionGround {
    /// The law excludes the supplier.
    Mandatory,
    /// The law lets the buyer exclude the supplier.
    Discretionary,
    /// The supplier does not meet a condition of participation.
    ConditionOfParticipation,
    /// The bid does not comply with the tender.
    NonCompliant,
    /// The bid is abnormal, and its explanation does not account for it ([`crate::tender::abnormal`]).
    Abnormal,
}

/// `bid.excluded`: a decision excluded a bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidExcluded {
    /// The tender.
    pub tender: TenderId,
    /// The bid.
    pub bid: BidId,
    /// The kind of ground.
    pub ground: ExclusionGround,
    /// Salted hash of the reason ([`crate::tender::sealing::commit_reason`]).
    pub reason: Hash,
}

impl EntryBody for BidExcluded {
    fn apply(&self, header: &Header, state: &mut State) -> Result<(), Finding> {
        let organisations = &state.organisations;
        let tender = state.tenders.expect(self.tender, header)?;
        tender.deciders(header, organisations, 1)?;
        let next = tender.stage.can_exclude(&tender.plan);
        tender.move_to(next, Step::ExcludeBid, header)?;
        tender.inputs = header.index;
        tender.ranking = None;
        tender.proposal = None;
        tender.prices_to_open.remove(&self.bid);
        tender.eligible(self.bid, header)?.excluded = true;
        state.tally.attested("exclusion of a bid by a decision");
        Ok(())
    }
}
