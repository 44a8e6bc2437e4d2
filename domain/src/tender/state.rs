//! What replay knows of tenders.

use std::collections::{BTreeMap, BTreeSet};

use super::abnormal::{Abnormality, Asked};
use super::admission::AdmissionDecision;
use super::allocation::Allocated;
use super::award::{Award, LotAward};
use super::code::CriterionCode;
use super::confirmation::{ConfirmedShare, binding, confirmed};
use super::envelopes::ClosedPrices;
use super::lot::LotCode;
use super::panel::Panel;
use super::panel::agreed::Agreed;
use super::panel::moderation::due;
use super::participation::Participation;
use super::plan::Plan;
use super::register::{Register, SealedEntry, SealedKind};
use super::stage::{Stage, Step, TenderError};
use super::standstill::Running;
use crate::ids::{BidId, OrganisationId, PersonId, PolicyId, SealedId, TenderId};
use crate::log::commitment::Salt;
use crate::log::entry::Header;
use crate::log::state::Finding;
use crate::organisation;
use crate::policy::clause::ReservedParticipation;
use crate::scoring::draw::seed;
use crate::scoring::ranking::Ranking;
use crate::scoring::robustness::{Flags, PanelMarks};
use crate::scoring::{Entrant, Facts, KnownContent};
use crate::time::Time;

/// Tenders, bids, marks and awards as of the last entry.
#[derive(Debug, Default)]
pub struct State {
    pub(super) tenders: BTreeMap<TenderId, Tender>,
    pub(super) sealed: Register,
    /// The tender of every bid.
    pub(super) bids: BTreeMap<BidId, TenderId>,
}

/// What replay keeps of one tender.
#[derive(Debug)]
pub struct Tender {
    pub(super) plan: Plan,
    pub(super) buyer: OrganisationId,
    /// The policy versions whose clauses stood in its publication, or in its last amendment.
    pub(super) bound: BTreeSet<PolicyId>,
    pub(super) stage: Stage,
    /// Index of the publication.
    pub(super) published: u64,
    /// The clauses under which participation is reserved; none where it is open to everyone.
    pub(super) reserved: Vec<ReservedParticipation>,
    /// How many amendments there were.
    pub(super) amendments: u32,
    /// Index of the last one after which a bid must be confirmed.
    pub(super) material: Option<u64>,
    /// How many questions were answered.
    pub(super) answers: u32,
    /// Index of the opening.
    pub(super) opened: Option<u64>,
    /// Who opened the bids.
    pub(super) openers: BTreeSet<PersonId>,
    /// Who judges.
    pub(super) panel: Panel,
    /// Index of the beginning of moderation.
    pub(super) moderated: Option<u64>,
    /// What the panel agreed on, as far as it is signed.
    pub(super) agreed: Agreed,
    /// Index of the first signature under the consensus.
    pub(super) consensus: Option<u64>,
    /// Index of the cancellation.
    pub(super) cancelled: Option<u64>,
    /// Index of the last entry on which a ranking depends.
    pub(super) inputs: u64,
    /// Sealed bids that the opening names and that are not open yet.
    pub(super) to_open: BTreeSet<SealedId>,
    /// Confirmations of participation that the opening showed.
    pub(super) confirmed: Vec<ConfirmedShare>,
    /// Bids whose prices an opening names and that are not shown yet.
    pub(super) prices_to_open: BTreeSet<BidId>,
    pub(super) bids: BTreeMap<BidId, OpenedBid>,
    /// The last released mark of an evaluator for a bid and criterion, with its level.
    pub(super) released: BTreeMap<(PersonId, BidId, CriterionCode), (SealedId, u32)>,
    pub(super) ranking: Option<Standing>,
    pub(super) proposal: Option<Proposal>,
    /// One for each lot that somebody won.
    pub(super) awards: Vec<Award>,
    /// How many awards have their contract.
    pub(super) signed: usize,
    /// The standstill from the award notice on; none where the plan has none.
    pub(super) running: Option<Running>,
}

/// The last ranking, recomputed where it can be.
#[derive(Debug)]
pub(super) struct Standing {
    /// Index of its entry.
    pub(super) index: u64,
    /// The ranking of each lot, in the order of the plan.
    pub(super) rankings: Vec<Ranking>,
    /// To which bid each lot goes; none while a ranking is withheld.
    pub(super) allocation: Option<Vec<Allocated>>,
    /// What the report on the ranking of each lot flags, as far as there is one.
    pub(super) flags: BTreeMap<LotCode, Flags>,
}

/// A bid after the opening.
#[derive(Debug)]
pub(super) struct OpenedBid {
    pub(super) supplier: OrganisationId,
    pub(super) lot: LotCode,
    pub(super) sealed: SealedId,
    pub(super) received_at: Time,
    /// Its part in a draw; none when the opening is not what was sealed and the salt could have been chosen late.
    pub(super) salt: Option<Salt>,
    pub(super) content: KnownContent,
    /// What its second envelope must match, while it is closed.
    pub(super) closed_prices: Option<ClosedPrices>,
    pub(super) valid: bool,
    /// Looks at what seems abnormal in it.
    pub(super) asked: BTreeMap<Abnormality, Asked>,
    /// Excluded by a decision.
    pub(super) excluded: bool,
    pub(super) levels: BTreeMap<CriterionCode, u32>,
    /// The last decision on each condition of participation and exclusion ground.
    pub(super) decided: BTreeMap<CriterionCode, AdmissionDecision>,
}

/// The first step of an award.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) lots: Vec<LotAward>,
    pub(super) by: PersonId,
    pub(super) index: u64,
}

impl OpenedBid {
    /// A valid bid that no decision excludes takes part.
    pub(super) fn takes_part(&self) -> bool {
        self.valid && !self.excluded
    }
}

impl State {
    /// The awards of a tender, once they are decided: one for each lot that somebody won.
    pub fn awards(&self, tender: TenderId) -> &[Award] {
        self.tenders
            .get(&tender)
            .map_or(&[], |tender| &tender.awards)
    }

    /// The award of a lot, once it is decided.
    pub fn award(&self, tender: TenderId, lot: &LotCode) -> Option<&Award> {
        self.awards(tender).iter().find(|award| award.lot == *lot)
    }

    /// The plan of a tender with the policy versions that bound it.
    pub(crate) fn bound(&self, tender: TenderId) -> Option<(&Plan, &BTreeSet<PolicyId>)> {
        let tender = self.tenders.get(&tender)?;
        Some((&tender.plan, &tender.bound))
    }

    /// How far a tender is.
    pub fn stage(&self, tender: TenderId) -> Option<Stage> {
        Some(self.tenders.get(&tender)?.stage)
    }

    /// The plan of a tender.
    pub fn plan(&self, tender: TenderId) -> Option<&Plan> {
        Some(&self.tenders.get(&tender)?.plan)
    }

    /// The last ranking of a lot.
    pub fn ranking(&self, tender: TenderId, lot: &LotCode) -> Option<&Ranking> {
        let tender = self.tenders.get(&tender)?;
        let at = tender
            .plan
            .lots
            .iter()
            .position(|known| known.code == *lot)?;
        tender.ranking.as_ref()?.rankings.get(at)
    }

    /// Notes that the contract of one more award is signed, after the standstill; the caller checks that each award has one.
    pub(crate) fn contract(&mut self, tender: TenderId, header: &Header) -> Result<(), Finding> {
        let tender = self.expect(tender, header)?;
        tender.signed = tender.signed.saturating_add(1);
        let step = Step::sign(tender.signed, tender.awards.len());
        let ends_at = tender.running.map(|running| running.ends_at);
        let next = tender.stage.can_sign(step, ends_at, header.at);
        tender.move_to(next, step, header)?;
        if tender.stage == Stage::Contracted {
            // Nothing reads the contents after the contracts: memory follows what is live.
            for bid in tender.bids.values_mut() {
                bid.content = KnownContent::default();
            }
            tender.confirmed.clear();
        }
        Ok(())
    }

    /// What is still open when the log ends: sealed entries that every tender they could belong to has passed over, and
    /// bids that an opening names without showing them.
    pub fn unsettled(&self) -> Vec<Finding> {
        let mut findings = self
            .sealed
            .overdue(|id, entry| !self.could_still_settle(id, entry));
        for (id, tender) in &self.tenders {
            findings.extend(tender.unmarked());
            if let (Some(opened), false) = (tender.opened, tender.to_open.is_empty()) {
                findings.push(Finding::discrepancy(
                    opened,
                    "tender.opened",
                    "opening",
                    format!("each bid that the opening of {id} names to be shown"),
                    format!("{} are missing", tender.to_open.len()),
                ));
            }
            if !tender.prices_to_open.is_empty() {
                findings.push(Finding::discrepancy(
                    tender.inputs,
                    "prices.opened",
                    "prices",
                    format!("the prices of each bid that the opening of {id} names"),
                    format!("{} are missing", tender.prices_to_open.len()),
                ));
            }
        }
        findings
    }

    /// Sealed entries that are not yet accounted for, by their kind.
    pub fn waiting(&self) -> BTreeMap<&'static str, u64> {
        let mut waiting = BTreeMap::new();
        for (_, entry) in self.sealed.iter() {
            let count = waiting.entry(entry.kind.entry_kind()).or_insert(0_u64);
            *count = count.saturating_add(1);
        }
        waiting
    }

    /// Whether some tender that the entry could belong to has not yet accounted for its sealed entries.
    fn could_still_settle(&self, id: SealedId, entry: &SealedEntry) -> bool {
        let after = |index: Option<u64>| index.is_none_or(|index| index > entry.index);
        self.tenders.values().any(|tender| match entry.kind {
            SealedKind::Bid | SealedKind::Confirmation => {
                let open = tender.opened.is_none() && tender.cancelled.is_none();
                open && tender.published < entry.index
            }
            SealedKind::Mark => {
                let judged_then = tender.opened.is_some_and(|index| index < entry.index)
                    && after(tender.consensus);
                let released = tender.stage >= Stage::Awarded;
                judged_then && !released
            }
            SealedKind::Calibration => {
                let marked_then = tender.opened.is_some_and(|index| index < entry.index)
                    && after(tender.moderated);
                marked_then && tender.stage < Stage::Awarded
            }
            SealedKind::Reference => {
                let prepared = tender.panel.prepared();
                prepared.and_then(|prepared| prepared.reference) == Some(id)
                    && tender.stage < Stage::Awarded
            }
        })
    }

    pub(super) fn expect(&mut self, id: TenderId, header: &Header) -> Result<&mut Tender, Finding> {
        self.tenders
            .get_mut(&id)
            .ok_or_else(|| header.finding("tender", "a published tender", id))
    }
}

impl Tender {
    /// The organisation that buys.
    pub fn buyer(&self) -> OrganisationId {
        self.buyer
    }

    /// Takes a step of the table, or finds that it is not there.
    pub(super) fn step(&mut self, step: Step, header: &Header) -> Result<(), Finding> {
        let next = self.stage.after(step);
        self.move_to(next, step, header)
    }

    /// The same at the time of the entry: a published tender may be closed by then.
    pub(super) fn step_now(&mut self, step: Step, header: &Header) -> Result<(), Finding> {
        let next = self.stage.at(&self.plan, header.at).after(step);
        self.move_to(next, step, header)
    }

    pub(super) fn move_to(
        &mut self,
        next: Result<Stage, TenderError>,
        step: Step,
        header: &Header,
    ) -> Result<(), Finding> {
        match next {
            Ok(stage) => {
                self.stage = stage;
                Ok(())
            }
            Err(error) => Err(header.finding("stage", format!("a tender that can {step}"), error)),
        }
    }

    /// A valid bid that no decision excludes.
    pub(super) fn eligible(
        &mut self,
        bid: BidId,
        header: &Header,
    ) -> Result<&mut OpenedBid, Finding> {
        self.bids
            .get_mut(&bid)
            .filter(|opened| opened.takes_part())
            .ok_or_else(|| header.finding("bid", "a valid bid of the tender, not excluded", bid))
    }

    /// Takes in what the report on the ranking of a lot flags.
    pub(super) fn take_flags(&mut self, lot: &LotCode, flags: Flags) {
        if let Some(standing) = &mut self.ranking {
            standing.flags.insert(lot.clone(), flags);
        }
    }

    /// Whether the report on the ranking that stands flags something in a bid.
    pub(super) fn flags(&self, bid: BidId, about: Abnormality) -> bool {
        let mut reports = self
            .ranking
            .iter()
            .flat_map(|standing| standing.flags.values());
        reports.any(|flags| flags.has(bid, about))
    }

    /// A bid that takes part and declares something on which nothing is decided, with the code of it.
    pub(super) fn undecided(&self) -> Option<(BidId, &CriterionCode)> {
        self.bids
            .iter()
            .filter(|(_, opened)| opened.takes_part())
            .find_map(|(bid, opened)| {
                let declared = opened.content.declarations.as_ref()?;
                let code = self.plan.admission.undecided(declared, &opened.decided)?;
                Some((*bid, code))
            })
    }

    /// The organisations of a bid that confirmed their shares, as far as the log shows both.
    fn confirmed_in(&self, opened: &OpenedBid) -> BTreeSet<OrganisationId> {
        let parts = opened.content.participations.as_deref();
        confirmed(
            opened.supplier,
            &opened.lot,
            parts.unwrap_or_default(),
            &self.confirmed,
        )
    }

    /// Who is bound to which part of the work of a bid; none where the plan withholds participations.
    pub(super) fn binding(&self, opened: &OpenedBid) -> Option<Vec<Participation>> {
        let parts = opened.content.participations.as_deref()?;
        Some(binding(opened.supplier, parts, &self.confirmed_in(opened)))
    }

    /// What an evaluation knows beside the bids. What was recorded after the opening was recorded in the knowledge of the
    /// bids, and changes no ranking.
    pub(super) fn facts(&self, entrants: &[Entrant], organisations: &organisation::State) -> Facts {
        let seed = seed(self.bids.values().filter_map(|opened| opened.salt));
        let day = self.plan.certification_day();
        let known = self.opened.unwrap_or_default();
        Facts::gather(&self.plan, entrants, seed, |organisation, kind| {
            organisations.certified(organisation, &[kind], day, known)
        })
    }

    /// Who made each bid.
    pub(super) fn suppliers(&self) -> BTreeMap<BidId, OrganisationId> {
        let bids = self.bids.iter();
        bids.map(|(bid, opened)| (*bid, opened.supplier)).collect()
    }

    /// Every organisation whose bid was opened.
    pub(super) fn bidders(&self) -> BTreeSet<OrganisationId> {
        self.bids.values().map(|opened| opened.supplier).collect()
    }

    /// The bids that take part, each with its lot.
    pub(super) fn eligible_bids(&self) -> impl Iterator<Item = (BidId, LotCode)> {
        self.bids
            .iter()
            .filter(|(_, opened)| opened.takes_part())
            .map(|(bid, opened)| (*bid, opened.lot.clone()))
    }

    /// Once the marks are released: a finding for each evaluator of the panel whose marks were neither made nor stated
    /// missing before moderation.
    fn unmarked(&self) -> Vec<Finding> {
        let released = self.stage >= Stage::Awarded && self.stage != Stage::Cancelled;
        let Some(moderated) = self.moderated.filter(|_| released) else {
            return Vec::new();
        };
        let due = due(&self.plan, self.eligible_bids());
        let made = |person: PersonId| {
            let own = self.released.keys().filter(move |key| key.0 == person);
            own.map(|(_, bid, criterion)| (*bid, criterion.clone()))
                .collect()
        };
        let left = self
            .panel
            .active()
            .map(|(person, _)| (person, self.panel.unfinished(person, &due, &made(person))));
        left.filter(|(_, marks)| !marks.is_empty())
            .map(|(person, marks)| {
                Finding::discrepancy(
                    moderated,
                    "moderation.started",
                    "marks",
                    "every mark released with the award or stated missing",
                    format!("{} marks of {person} are neither", marks.len()),
                )
            })
            .collect()
    }

    /// The released marks of those who sit on the panel.
    pub(super) fn panel_marks(&self) -> PanelMarks {
        let mut marks = PanelMarks::new();
        for ((person, bid, criterion), (_, level)) in &self.released {
            if self.panel.seated(*person).is_ok() {
                let of = marks.entry((*bid, criterion.clone())).or_default();
                of.push(*level);
            }
        }
        marks
    }

    /// The bids that are evaluated.
    pub(super) fn entrants(&self) -> Vec<Entrant> {
        self.bids
            .iter()
            .filter(|(_, opened)| opened.takes_part())
            .map(|(bid, opened)| Entrant {
                bid: *bid,
                sealed: opened.sealed,
                supplier: opened.supplier,
                lot: opened.lot.clone(),
                received_at: opened.received_at,
                content: opened.content.clone(),
                levels: opened.levels.clone(),
                confirmed: self.confirmed_in(opened),
            })
            .collect()
    }
}
