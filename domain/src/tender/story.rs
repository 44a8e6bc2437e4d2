//! A whole tender as a log, for tests of replay: three suppliers bid, one replaces its bid, a fourth withdraws, a fifth is
//! late; two evaluators mark, the panel agrees, two officers award.

use std::collections::BTreeMap;

use super::allocation::allocate;
use super::award::LotAward;
pub(crate) use super::bidder::*;
use super::confirmation::{ConfirmationContent, ConfirmedShare, confirmed};
use super::entries::*;
use super::fixtures::*;
use super::plan::Plan;
use super::validity::Validity;
use crate::actor::Role;
use crate::catalogue::entries::CataloguePublished;
use crate::ids::{BidId, CertificationId, Id, OrganisationId};
use crate::log::commitment::{Opening, SealedContent};
use crate::log::entry::{Draft, Entry, EntryActor};
use crate::log::kinds::Body;
use crate::log::state::{Finding, State};
use crate::organisation::certification::{Certification, SeoKind};
use crate::organisation::entries::{
    CertificationRecorded, CertificationRevoked, OrganisationRegistered, RoleGranted,
};
use crate::organisation::name::PublicName;
use crate::organisation::{LegalForm, Sector};
use crate::scoring::robustness::{Case, PanelMarks, robustness};
use crate::scoring::{Entrant, Facts, draw, evaluate};
use crate::time::Time;

pub(crate) const BUYER: u128 = 100;
pub(crate) const REGISTRY: u128 = 200;
pub(crate) const PROPOSER: u128 = 501;
pub(crate) const APPROVER: u128 = 502;
pub(crate) const CHAIR: u128 = 503;
pub(crate) const EVALUATORS: [u128; 2] = [504, 505];
/// Evaluators of the buyer who sit on the panel of a few stories only.
pub(crate) const MORE_EVALUATORS: [u128; 3] = [506, 507, 508];
const REGISTRAR: u128 = 509;

/// A log under construction.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) entries: Vec<Entry>,
    pub(crate) plan: Plan,
    /// Sealed confirmations that wait, by the number of their sealed entry.
    pub(crate) confirmations: Vec<(u128, ConfirmationContent)>,
    /// Whether the panel is assigned and has declared.
    pub(super) seated: bool,
    now: Time,
}

pub(crate) fn actor(role: Role, n: u128) -> EntryActor {
    let place = if role == Role::Registrar {
        REGISTRY
    } else {
        BUYER
    };
    EntryActor {
        role,
        id: person(n),
        organisation: org(place),
    }
}

impl Story {
    pub(crate) fn new(plan: Plan) -> Self {
        let mut story = Self {
            entries: Vec::new(),
            plan,
            confirmations: Vec::new(),
            seated: false,
            now: at("2026-05-02T00:00:00Z"),
        };
        story.found();
        story
    }

    /// Appends an entry a second after the last.
    pub(crate) fn add(
        &mut self,
        actors: Vec<EntryActor>,
        subject: impl ToString,
        body: impl Into<Body>,
    ) {
        self.add_upto(actors, subject, None, body);
    }

    #[expect(clippy::needless_pass_by_value, reason = "ids are small")]
    pub(crate) fn add_upto(
        &mut self,
        actors: Vec<EntryActor>,
        subject: impl ToString,
        inputs_upto: Option<u64>,
        body: impl Into<Body>,
    ) {
        self.now = self.now.plus_micros(1_000_000);
        let draft = Draft {
            actors,
            subject: subject.to_string(),
            inputs_upto,
            body: body.into(),
        };
        self.entries.push(draft.at(self.now));
    }

    /// The time of the last entry.
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    pub(crate) fn wait_until(&mut self, time: Time) {
        self.now = time;
    }

    /// The time of the next entry, if nothing waits.
    pub(crate) fn next_at(&self) -> Time {
        self.now.plus_micros(1_000_000)
    }

    /// The index of the next entry.
    pub(crate) fn next(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap()
    }

    fn found(&mut self) {
        let operator = vec![actor(Role::Operator, 999)];
        for n in [BUYER, REGISTRY, 1, 2, 3, 4, 5] {
            self.register(n);
        }
        let mut roles = vec![
            (REGISTRAR, Role::Registrar),
            (PROPOSER, Role::Officer),
            (APPROVER, Role::Officer),
            (CHAIR, Role::Chair),
        ];
        roles.extend(EVALUATORS.map(|n| (n, Role::Evaluator)));
        roles.extend(MORE_EVALUATORS.map(|n| (n, Role::Evaluator)));
        for (n, role) in roles {
            let granted = RoleGranted {
                person: person(n),
                organisation: actor(role, n).organisation,
                role,
            };
            self.add(operator.clone(), person(n), granted);
        }
        let catalogue = catalogue();
        let published = CataloguePublished { catalogue };
        self.add(
            vec![actor(Role::Registrar, REGISTRAR)],
            catalogue_id(),
            published,
        );
        self.certify(1, 2, "2026-01-01", None);
        self.certify(2, 3, "2025-01-01", Some("2026-06-30"));
    }

    /// Registers an organisation that is its own group.
    pub(crate) fn register(&mut self, n: u128) {
        let registered = OrganisationRegistered {
            organisation: org(n),
            legal_form: LegalForm::LegalPerson,
            name: PublicName::Clear(format!("Organisation {n}")),
            sector: Sector::Private,
            group: org(n),
            place: "KR-11".into(),
            identifier: None,
        };
        self.add(vec![actor(Role::Operator, 999)], org(n), registered);
    }

    /// Records a certification `n` of an organisation as a cooperative.
    pub(crate) fn certify(&mut self, n: u128, organisation: u128, from: &str, to: Option<&str>) {
        let certification = Certification {
            id: CertificationId::from_uuid(uuid(n)),
            organisation: org(organisation),
            kind: SeoKind::Cooperative,
            from: from.parse().unwrap(),
            to: to.map(|to| to.parse().unwrap()),
            source: format!("register/{n}"),
        };
        let recorded = CertificationRecorded { certification };
        self.add(
            vec![actor(Role::Registrar, REGISTRAR)],
            org(organisation),
            recorded,
        );
    }

    /// Ends a certification early.
    pub(crate) fn revoke(&mut self, n: u128, from: &str) {
        let revoked = CertificationRevoked {
            certification: CertificationId::from_uuid(uuid(n)),
            from: from.parse().unwrap(),
        };
        self.add(
            vec![actor(Role::Registrar, REGISTRAR)],
            CertificationId::from_uuid(uuid(n)),
            revoked,
        );
    }

    pub(crate) fn publish(&mut self) {
        self.publish_with(Vec::new());
    }

    /// The publication with the answers of the policies that bind it.
    pub(crate) fn publish_with(&mut self, policies: Vec<crate::policy::RecordedCheck>) {
        let published = TenderPublished {
            tender: tender(),
            buyer: org(BUYER),
            title: "Park maintenance".to_owned(),
            plan: self.plan.clone(),
            recipient: "age1example".to_owned(),
            policies,
        };
        self.add(vec![actor(Role::Officer, PROPOSER)], tender(), published);
    }

    /// Everyone bids: supplier 3 first seals 33, supplier 4 withdraws, supplier 5 is late.
    pub(crate) fn bid(&mut self, bidders: &[Bidder]) {
        let seal = |n: u128, content: &SealedContent| {
            let commitment = content.commit(ciphertext(n)).unwrap();
            BidSealed {
                sealed: sealed(n),
                commitment,
            }
        };
        for bidder in bidders {
            let content = sealed_bid(bidder);
            if bidder.n == 3 {
                self.add(vec![], sealed(33), seal(33, &content));
                let commitment = content.commit(ciphertext(3)).unwrap();
                let replaced = BidReplaced {
                    replaced: sealed(33),
                    sealed: sealed(3),
                    commitment,
                };
                self.add(vec![], sealed(3), replaced);
            } else {
                self.add(vec![], sealed(bidder.n), seal(bidder.n, &content));
            }
        }
        let other = sealed_bid(&bidders[0]);
        self.add(vec![], sealed(4), seal(4, &other));
        let withdrawn = BidWithdrawn {
            sealed: sealed(4),
            received_at: self.now,
        };
        self.add(vec![], sealed(4), withdrawn);
        let commitment = other.commit(ciphertext(5)).unwrap();
        self.add(
            vec![],
            sealed(5),
            BidLate {
                sealed: sealed(5),
                commitment,
            },
        );
    }

    pub(crate) fn open(&mut self, bidders: &[Bidder]) {
        self.wait_until(self.plan.opens_at);
        let officers = vec![
            actor(Role::Officer, PROPOSER),
            actor(Role::Officer, APPROVER),
        ];
        let opened = TenderOpened {
            tender: tender(),
            opened: bidders.iter().map(|bidder| sealed(bidder.n)).collect(),
            replaced: bidders
                .iter()
                .filter(|bidder| bidder.n == 3)
                .map(|_| sealed(33))
                .collect(),
            withdrawn: vec![sealed(4)],
            void: vec![],
            unconfirmed: vec![],
        };
        self.add(officers.clone(), tender(), opened);
        for (n, content) in self.confirmations.clone() {
            let shown = self.shown(n, &content);
            self.add(officers.clone(), tender(), shown);
        }
        for bidder in bidders {
            let opened = self.opened(bidder);
            self.add(officers.clone(), bid(bidder.n), opened);
        }
    }

    pub(crate) fn opening(&self, bidder: &Bidder) -> Opening {
        let content = sealed_bid(bidder);
        content
            .open(ciphertext(bidder.n), |name| self.plan.publishes(name))
            .unwrap()
    }

    pub(crate) fn opened(&self, bidder: &Bidder) -> BidOpened {
        BidOpened {
            bid: bid(bidder.n),
            tender: tender(),
            supplier: org(bidder.supplier),
            lot: bidder.content.lot.clone(),
            sealed: sealed(bidder.n),
            received_at: at("2026-05-02T00:00:05Z"),
            opening: self.opening(bidder),
            validity: Validity::Valid,
        }
    }

    /// What the use-case evaluates: everything that is known.
    pub(crate) fn evaluated(
        &self,
        bidders: &[Bidder],
        certified: &[u128],
    ) -> (Vec<Entrant>, Facts) {
        let shares: Vec<ConfirmedShare> = self
            .confirmations
            .iter()
            .map(|(_, content)| content.share.clone())
            .collect();
        let entrants: Vec<Entrant> = bidders
            .iter()
            .map(|bidder| Entrant {
                bid: bid(bidder.n),
                sealed: sealed(bidder.n),
                supplier: org(bidder.supplier),
                lot: bidder.content.lot.clone(),
                received_at: at("2026-05-02T00:00:05Z"),
                content: bidder.content.clone().into(),
                levels: bidder.levels().collect(),
                confirmed: confirmed(
                    org(bidder.supplier),
                    &bidder.content.lot,
                    &bidder.content.participations,
                    &shares,
                ),
            })
            .collect();
        let seed = draw::seed(bidders.iter().map(|bidder| sealed_bid(bidder).salt));
        let known = |organisation: OrganisationId, kind| {
            kind == SeoKind::Cooperative && certified.iter().any(|n| org(*n) == organisation)
        };
        let facts = Facts::gather(&self.plan, &entrants, seed, known);
        (entrants, facts)
    }

    /// What the use-case does: evaluate with full knowledge, publish what the plan discloses.
    pub(crate) fn result(&self, bidders: &[Bidder], certified: &[u128]) -> RankingComputed {
        let (entrants, facts) = self.evaluated(bidders, certified);
        let mut rankings = Vec::new();
        let mut lots = Vec::new();
        for lot in &self.plan.lots {
            let evaluation = evaluate(&self.plan, lot, &entrants, &facts).unwrap();
            rankings.push(evaluation.ranking().clone());
            lots.push(LotResult {
                lot: lot.code.clone(),
                result: evaluation.publish().unwrap(),
            });
        }
        let suppliers = bidders
            .iter()
            .map(|bidder| (bid(bidder.n), org(bidder.supplier)))
            .collect();
        RankingComputed {
            tender: tender(),
            lots,
            allocation: allocate(&self.plan, &rankings, &suppliers).ok(),
        }
    }

    /// The ranking and the report on it.
    pub(crate) fn rank(&mut self, bidders: &[Bidder]) -> RankingComputed {
        let ranking = self.compute(bidders);
        self.question(bidders, &[2]);
        ranking
    }

    /// The ranking alone.
    pub(crate) fn compute(&mut self, bidders: &[Bidder]) -> RankingComputed {
        let ranking = self.result(bidders, &[2]);
        let officer = vec![actor(Role::Officer, PROPOSER)];
        self.add_upto(officer, tender(), Some(self.next()), ranking.clone());
        ranking
    }

    /// Questions the last ranking of every lot that has a winner.
    pub(crate) fn question(&mut self, bidders: &[Bidder], certified: &[u128]) {
        let (entrants, facts) = self.evaluated(bidders, certified);
        let public = self.plan.disclosure.shows_results();
        for lot in self.plan.lots.clone() {
            let found = robustness(&Case {
                plan: &self.plan,
                lot: &lot,
                entrants: &entrants,
                facts: &facts,
                groups: &BTreeMap::new(),
                panel: &PanelMarks::new(),
            });
            let Some(found) = found.unwrap() else {
                continue;
            };
            let reported = RobustnessReported {
                tender: tender(),
                lot: lot.code,
                ranking: self.position("ranking.computed"),
                summary: found.summary().unwrap(),
                report: public.then(|| found.hash().unwrap()),
            };
            self.add(vec![actor(Role::Officer, PROPOSER)], tender(), reported);
        }
    }

    pub(crate) fn propose(&mut self, winner: BidId) {
        self.propose_lots(only(winner));
    }

    pub(crate) fn propose_lots(&mut self, lots: Vec<LotAward>) {
        let proposed = AwardProposed {
            tender: tender(),
            lots,
            ranking: self.position("ranking.computed"),
        };
        self.add(vec![actor(Role::Officer, PROPOSER)], tender(), proposed);
    }

    pub(crate) fn decide(&mut self, winner: BidId, officers: &[u128]) {
        self.decide_lots(only(winner), officers);
    }

    pub(crate) fn decide_lots(&mut self, lots: Vec<LotAward>, officers: &[u128]) {
        let decided = AwardDecided {
            tender: tender(),
            lots,
            ranking: self.position("ranking.computed"),
            proposal: self.position("award.proposed"),
        };
        let officers = officers.iter().map(|n| actor(Role::Officer, *n)).collect();
        self.add(officers, tender(), decided);
    }

    /// The index of the last entry of a kind.
    pub(crate) fn position(&self, kind: &str) -> u64 {
        let found = self
            .entries
            .iter()
            .rposition(|entry| entry.body.kind() == kind);
        u64::try_from(found.unwrap()).unwrap()
    }

    /// The whole story up to the award, won by supplier 2, the cooperative.
    pub(crate) fn whole(plan: Plan, bidders: &[Bidder]) -> Self {
        let mut story = Self::new(plan);
        story.publish();
        story.bid(bidders);
        story.open(bidders);
        story.seal_marks(bidders);
        story.agree(bidders);
        story.rank(bidders);
        story.propose(bid(2));
        story.release_marks(bidders);
        story.decide(bid(2), &[PROPOSER, APPROVER]);
        story
    }

    /// Replays the story from its bytes; every finding and the state at the end.
    pub(crate) fn replay(&self) -> (Vec<Finding>, State) {
        let mut state = State::default();
        let mut findings = Vec::new();
        for (index, entry) in (0..).zip(&self.entries) {
            let encoded = entry.encode().unwrap();
            let blob = encoded.blob.as_ref().map(|blob| blob.bytes.as_slice());
            let entry = Entry::parse_with(&encoded.leaf, blob).unwrap();
            findings.extend(state.replay(index, &entry).err());
        }
        findings.extend(state.unsettled(self.next()));
        (findings, state)
    }

    /// The checks that failed, with the kinds of their entries.
    pub(crate) fn checks(&self) -> Vec<(String, &'static str)> {
        let (findings, _) = self.replay();
        findings
            .into_iter()
            .map(|finding| (finding.kind, finding.check))
            .collect()
    }

    /// Changes the body of the last entry of a kind.
    pub(crate) fn tamper<T: Clone>(
        &mut self,
        kind: &str,
        body: impl Fn(&mut Body) -> Option<&mut Box<T>>,
        change: impl FnOnce(&mut T),
    ) {
        let index = usize::try_from(self.position(kind)).unwrap();
        change(body(&mut self.entries[index].body).unwrap());
    }
}
