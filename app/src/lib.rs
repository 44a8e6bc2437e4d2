//! The use-cases of Commonweal and its store: the only crate that knows the database.

pub mod abnormal;
mod account;
pub mod admission;
pub mod amendment;
pub mod annulment;
mod apart;
mod assignment;
mod authorization;
pub mod award;
mod beneficiaries;
pub mod beneficiary_key;
pub mod bid;
pub mod calibration;
pub mod cancellation;
pub mod catalogue;
mod certification;
pub mod challenge;
pub mod claim;
pub mod claim_draft;
mod claim_erasure;
mod claim_exclusion;
mod claim_refusal;
pub mod class;
pub mod clock;
pub mod confirmation;
pub mod conflict;
pub mod consensus;
pub mod contract;
pub mod draft;
pub mod error;
pub mod evaluation;
pub mod evidence;
pub mod exclusion;
pub mod failpoint;
mod group;
mod history;
pub mod hold;
pub mod import;
mod inquiry;
pub mod issue;
mod judging;
pub mod log_export;
mod log_rotation;
pub mod low_value;
mod mark_change;
pub mod moderation;
pub mod moves;
mod noise;
pub mod notice;
pub mod opening;
pub mod organisation;
pub mod panel;
pub mod performance;
mod places;
pub mod policy;
pub mod prices;
pub mod programme;
pub mod proxy_pack;
pub mod publisher;
pub mod question;
pub mod quorum;
pub mod ranking;
pub mod read;
mod reason;
pub mod reduction;
mod refusal;
mod refusal_credit;
mod refusal_quorum;
mod refused_read;
mod remark;
mod reservation;
pub mod retirement;
pub mod rng;
mod robustness;
mod sealed_mark;
pub mod sealing;
mod sight;
pub mod store;
pub mod tender;
mod text;
pub mod token;
pub mod transfer;
pub mod verification;
mod words_erasure;

pub use error::AppError;

use commonweal_domain::ids::Id;
use commonweal_domain::time::Time;

use beneficiary_key::BeneficiaryKey;
use rng::Ids;
use sealing::SealingKey;
use store::Store;

/// The application: every use-case is a method of it.
#[derive(Debug, Clone)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) ids: Ids,
    sealing: Option<SealingKey>,
    people: Option<BeneficiaryKey>,
    evidence: Option<evidence::EvidenceObjects>,
    naming: claim_refusal::Turns,
    pub(crate) rankings: ranking::InProgress,
    /// Refused reads that are being noted.
    pub(crate) notes: refused_read::Notes,
}

impl App {
    /// The use-cases over a store. Publishing and opening tenders also need [`App::with_sealing_key`], and
    /// claims that name people [`App::with_beneficiary_key`].
    pub fn new(store: Store) -> Self {
        let ids = store.ids().clone();
        Self {
            store,
            ids,
            sealing: None,
            people: None,
            evidence: None,
            naming: claim_refusal::Turns::default(),
            rankings: ranking::InProgress::default(),
            notes: refused_read::Notes::default(),
        }
    }

    /// The same with the key under which the private keys of tenders rest.
    #[must_use]
    pub fn with_sealing_key(self, key: SealingKey) -> Self {
        Self {
            sealing: Some(key),
            ..self
        }
    }

    /// The same with the key that makes tokens of people behind claims.
    #[must_use]
    pub fn with_beneficiary_key(self, key: BeneficiaryKey) -> Self {
        Self {
            people: Some(key),
            ..self
        }
    }

    /// The key that makes tokens of people behind claims; who may know its public side asks for no more.
    pub fn beneficiary_key(&self) -> Result<&BeneficiaryKey, AppError> {
        self.people
            .as_ref()
            .ok_or_else(|| AppError::internal("this process has no beneficiary key"))
    }

    pub(crate) fn sealing(&self) -> Result<&SealingKey, AppError> {
        self.sealing
            .as_ref()
            .ok_or_else(|| AppError::internal("this process has no sealing key"))
    }

    /// The present instant by the injected clock.
    pub fn now(&self) -> Time {
        self.ids.clock().now()
    }

    /// A new id, for what a caller must name before it exists.
    pub fn new_id<T: Id>(&self) -> T {
        self.ids.new()
    }

    /// The store underneath, for start, stop and metrics.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
