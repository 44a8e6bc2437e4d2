//! Bids after the opening, as far as the plan discloses them to whoever asks, and a supplier's own sealed bids. Before
//! the opening there is no row to read.

use std::collections::{BTreeMap, HashMap, HashSet};

use commonweal_domain::actor::{Actor, Role};
use commonweal_domain::amount::Money;
use commonweal_domain::ids::{BidId, Id, OrganisationId, SealedId, TenderId};
use commonweal_domain::log::commitment::{SealedCommitment, SealedContent};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::scoring::scorecard::Audience;
use commonweal_domain::tender::confirmation::{ConfirmedShare, confirmed, missing};
use commonweal_domain::tender::entries::ExclusionGround;
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::sealing::{InvalidSealed, answers, known};
use commonweal_domain::tender::validity::Validity;
use commonweal_domain::tender::{
    AdmissionDecision, BidField, Commitment, CriterionCode, LotCode, Participation,
};
use commonweal_domain::time::Time;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::visibility::Reader;
use super::{Page, Read};
use crate::error::AppError;
use crate::organisation::from_word;
use crate::ranking::sealed_content;
use crate::store::bid::{self, page_of_each, sealed_bid};
use crate::store::confirmation::shown_shares;
use crate::store::{admission, columns};

/// A bid after the opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BidView {
    /// The bid.
    pub id: BidId,
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
    /// What the opening found.
    pub validity: Validity,
    /// The decision that excluded it.
    pub exclusion: Option<ExclusionView>,
    /// The standing decisions on conditions of participation and exclusion grounds, by code.
    pub admission: Vec<AdmissionView>,
    /// What of its content the reader may see.
    pub content: ShownContent,
    /// Of the organisations in `content.participations`, those whose own confirmation, or that of one above them, is
    /// missing: their parts count nothing for social economy organisations.
    pub unconfirmed: Vec<OrganisationId>,
    /// Log index of its opening.
    pub entry_index: u64,
}

/// A decision that excluded a bid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExclusionView {
    /// The kind of ground.
    pub ground: ExclusionGround,
    /// Why; `None` when the text was erased or the reader may not see it.
    pub reason: Option<String>,
    /// Log index of the decision.
    pub entry_index: u64,
}

/// A decision for a bid on a condition of participation or an exclusion ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionView {
    /// The code in the plan.
    pub code: CriterionCode,
    /// The decision.
    pub decision: AdmissionDecision,
    /// Why; `None` when the text was erased or the reader may not see it.
    pub reason: Option<String>,
    /// Log index of the decision.
    pub entry_index: u64,
}

/// The fields of a bid that a reader may see; `None` for the others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    missing_docs,
    reason = "each field is the field of the bid of the same name"
)]
pub struct ShownContent {
    pub price: Option<Money>,
    pub item_prices: Option<BTreeMap<CriterionCode, Money>>,
    pub commitments: Option<Vec<Commitment>>,
    pub participations: Option<Vec<Participation>>,
    pub declarations: Option<BTreeMap<CriterionCode, bool>>,
    pub answers: Option<BTreeMap<CriterionCode, String>>,
}

impl ShownContent {
    /// What a reader may see; the prices of a second envelope that is still closed are not among what rests in clear.
    fn new(
        content: &SealedContent,
        plan: &Plan,
        audience: Option<Audience>,
    ) -> Result<Self, InvalidSealed> {
        let shown =
            |field| audience.is_some_and(|audience| audience.may_see(plan.disclosure.of(field)));
        let known = known(content)?;
        let answers = answers(content)?;
        Ok(Self {
            price: known.price.filter(|_| shown(BidField::Price)),
            item_prices: known.item_prices.filter(|_| shown(BidField::ItemPrices)),
            commitments: known.commitments.filter(|_| shown(BidField::Commitments)),
            participations: known
                .participations
                .filter(|_| shown(BidField::Participations)),
            declarations: known.declarations.filter(|_| shown(BidField::Declarations)),
            answers: shown(BidField::Answers).then_some(answers),
        })
    }
}

/// A supplier's own bid before the opening: its receipt, for nobody else to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBidView {
    /// Random id.
    pub id: SealedId,
    /// The tender.
    pub tender: TenderId,
    /// Who bids.
    pub supplier: OrganisationId,
    /// The lot that it is for.
    pub lot: LotCode,
    /// What has become of it.
    pub state: SealedState,
    /// When its last byte arrived.
    pub received_at: Time,
    /// What the log holds of it.
    pub commitment: SealedCommitment,
    /// Log index of its entry.
    pub entry_index: u64,
}

/// What has become of a sealed bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealedState {
    /// It waits for the opening.
    Waiting,
    /// Another took its place.
    Replaced,
    /// The supplier took it back.
    Withdrawn,
    /// It was opened.
    Opened,
    /// It stays closed for ever.
    Void,
}

impl Read<'_> {
    /// Opened bids by id, in a fixed number of statements.
    pub async fn bids_by_id(
        &self,
        actor: &Actor,
        ids: &[BidId],
    ) -> Result<HashMap<BidId, BidView>, AppError> {
        let rows = bid::Entity::find()
            .filter(bid::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.db)
            .await?;
        let views = self.shown(actor, rows).await?;
        Ok(views.into_iter().map(|view| (view.id, view)).collect())
    }

    /// The same page of the opened bids of each of several tenders, in a fixed number of statements.
    pub async fn bids_of(
        &self,
        actor: &Actor,
        tenders: &[TenderId],
        page: &Page<BidId>,
    ) -> Result<HashMap<TenderId, Vec<BidView>>, AppError> {
        let tenders: Vec<Uuid> = tenders.iter().map(|id| id.uuid()).collect();
        let rows = page_of_each(&tenders, page).all(self.db).await?;
        let mut found: HashMap<TenderId, Vec<BidView>> = HashMap::new();
        for view in self.shown(actor, rows).await? {
            found.entry(view.tender).or_default().push(view);
        }
        Ok(found)
    }

    /// How many opened bids each tender has, in one statement.
    pub async fn bid_counts(
        &self,
        tenders: &[TenderId],
    ) -> Result<HashMap<TenderId, u64>, AppError> {
        let rows: Vec<(Uuid, i64)> = bid::Entity::find()
            .select_only()
            .column(bid::Column::TenderId)
            .column_as(bid::Column::Id.count(), "bids")
            .filter(bid::Column::TenderId.is_in(tenders.iter().map(|id| id.uuid())))
            .group_by(bid::Column::TenderId)
            .into_tuple()
            .all(self.db)
            .await?;
        let count = |count| u64::try_from(count).map_err(AppError::internal);
        rows.into_iter()
            .map(|(id, bids)| Ok((TenderId::from_uuid(id), count(bids)?)))
            .collect()
    }

    async fn shown(&self, actor: &Actor, rows: Vec<bid::Model>) -> Result<Vec<BidView>, AppError> {
        let tenders: Vec<_> = rows
            .iter()
            .map(|row| TenderId::from_uuid(row.tender_id))
            .collect();
        let reader = Reader::new(self, actor, &tenders).await?;
        let decisions = admission::Entity::find()
            .filter(admission::Column::BidId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(admission::Column::EntryIdx)
            .all(self.db)
            .await?;
        let excluded = rows.iter().filter_map(|row| row.excluded_reason_id);
        let decided = decisions.iter().map(|decision| decision.reason_id);
        let reasons = self.reasons(excluded.chain(decided).collect()).await?;
        let opened: HashSet<Uuid> = rows.iter().map(|row| row.tender_id).collect();
        let shares = shown_shares(self.db, opened).await?;
        rows.into_iter()
            .map(|row| {
                let reason = row
                    .excluded_reason_id
                    .and_then(|id| reasons.get(&id).cloned());
                let mut view = view(&row, reason, &reader)?;
                view.unconfirmed = unconfirmed(&view, &shares);
                let audience = reader.audience_of(&row);
                let public = matches!(audience, None | Some(Audience::Public));
                let own = decisions.iter().filter(|one| one.bid_id == row.id);
                view.admission = standing(own, &reasons, public)?;
                Ok(view)
            })
            .collect()
    }

    /// A supplier's sealed bids in the order of their random ids, for those who act for the supplier; empty for others.
    pub async fn sealed_bids(
        &self,
        actor: &Actor,
        supplier: OrganisationId,
        page: &Page<SealedId>,
    ) -> Result<Vec<SealedBidView>, AppError> {
        if !actor.holds(supplier, Role::Supplier) {
            return Ok(Vec::new());
        }
        let select =
            sealed_bid::Entity::find().filter(sealed_bid::Column::SupplierId.eq(supplier.uuid()));
        let rows = page
            .of(select, sealed_bid::Column::Id, |id| id.uuid().into())
            .all(self.db)
            .await?;
        rows.iter().map(sealed_view).collect()
    }

    /// How many sealed bids a supplier has, for those who act for it.
    pub async fn sealed_bid_count(
        &self,
        actor: &Actor,
        supplier: OrganisationId,
    ) -> Result<u64, AppError> {
        if !actor.holds(supplier, Role::Supplier) {
            return Ok(0);
        }
        let own = sealed_bid::Column::SupplierId.eq(supplier.uuid());
        Ok(sealed_bid::Entity::find()
            .filter(own)
            .count(self.db)
            .await?)
    }

    /// Sealed bids by id, as far as the actor acts for their suppliers.
    pub async fn sealed_bids_by_id(
        &self,
        actor: &Actor,
        ids: &[SealedId],
    ) -> Result<HashMap<SealedId, SealedBidView>, AppError> {
        let own = actor.organisations(Role::Supplier).map(Id::uuid);
        let rows = sealed_bid::Entity::find()
            .filter(sealed_bid::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .filter(sealed_bid::Column::SupplierId.is_in(own))
            .all(self.db)
            .await?;
        rows.into_iter()
            .map(|row| Ok((SealedId::from_uuid(row.id), sealed_view(&row)?)))
            .collect()
    }
}

/// The standing decisions of one bid: a later one on the same code takes the place of an earlier one.
fn standing<'a>(
    decisions: impl Iterator<Item = &'a admission::Model>,
    reasons: &HashMap<Uuid, String>,
    public: bool,
) -> Result<Vec<AdmissionView>, AppError> {
    let mut standing = BTreeMap::new();
    for decision in decisions {
        let reason = reasons.get(&decision.reason_id).filter(|_| !public);
        let code: CriterionCode = decision.code.parse().map_err(AppError::internal)?;
        let view = AdmissionView {
            code: code.clone(),
            decision: from_word(&decision.decision)?,
            reason: reason.cloned(),
            entry_index: columns::index(decision.entry_idx)?,
        };
        standing.insert(code, view);
    }
    Ok(standing.into_values().collect())
}

/// The organisations of a bid whose parts nobody confirmed, as far as the reader sees its participations.
fn unconfirmed(view: &BidView, shares: &[(TenderId, ConfirmedShare)]) -> Vec<OrganisationId> {
    let parts = view.content.participations.as_deref().unwrap_or_default();
    let shares: Vec<ConfirmedShare> = shares
        .iter()
        .filter(|(tender, _)| *tender == view.tender)
        .map(|(_, share)| share.clone())
        .collect();
    let confirmed = confirmed(view.supplier, &view.lot, parts, &shares);
    let named = parts.iter().map(|part| part.organisation);
    named
        .filter(|id| missing(view.supplier, parts, &confirmed, *id).is_some())
        .collect()
}

fn view(
    row: &bid::Model,
    reason: Option<String>,
    reader: &Reader<'_>,
) -> Result<BidView, AppError> {
    let index = |index: i64| u64::try_from(index).map_err(AppError::internal);
    let plan = reader.plan(row.tender_id)?;
    let audience = reader.audience_of(row);
    // Content that has not the form of a bid shows nothing.
    let content = ShownContent::new(&sealed_content(row)?, plan, audience);
    let exclusion = match (&row.excluded_ground, row.excluded_idx) {
        (Some(ground), Some(at)) => Some(ExclusionView {
            ground: from_word(ground)?,
            reason: reason.filter(|_| !matches!(audience, None | Some(Audience::Public))),
            entry_index: index(at)?,
        }),
        _ => None,
    };
    Ok(BidView {
        id: BidId::from_uuid(row.id),
        tender: TenderId::from_uuid(row.tender_id),
        supplier: OrganisationId::from_uuid(row.supplier_id),
        lot: row.lot.parse().map_err(AppError::internal)?,
        sealed: SealedId::from_uuid(row.sealed_id),
        received_at: Time::from_micros(row.received_at),
        validity: from_word(&row.validity)?,
        exclusion,
        content: content.unwrap_or_default(),
        unconfirmed: Vec::new(),
        admission: Vec::new(),
        entry_index: index(row.entry_idx)?,
    })
}

fn sealed_view(row: &sealed_bid::Model) -> Result<SealedBidView, AppError> {
    let commitment = Hash::try_from(row.commitment.as_slice()).map_err(AppError::internal)?;
    Ok(SealedBidView {
        id: SealedId::from_uuid(row.id),
        tender: TenderId::from_uuid(row.tender_id),
        supplier: OrganisationId::from_uuid(row.supplier_id),
        lot: row.lot.parse().map_err(AppError::internal)?,
        state: from_word(&row.state)?,
        received_at: Time::from_micros(row.received_at),
        commitment: SealedCommitment(commitment),
        entry_index: u64::try_from(row.entry_idx).map_err(AppError::internal)?,
    })
}
