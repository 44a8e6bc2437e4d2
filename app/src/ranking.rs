//! The ranking: computed outside the transaction from one state of the log, and refused when that state has moved on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::ids::{BidId, Id, OrganisationId, SealedId, TenderId};
use commonweal_domain::log::commitment::SealedContent;
use commonweal_domain::log::entry::Draft;
use commonweal_domain::organisation::certification::{Certification, SeoKind};
use commonweal_domain::scoring::draw::seed;
use commonweal_domain::scoring::evaluation::{Basis, PublishedResult};
use commonweal_domain::scoring::exclusion::Excluded;
use commonweal_domain::scoring::ranking::Ranking;
use commonweal_domain::scoring::robustness::{
    Case, Noise, PanelMarks, Robustness, evaluator_noise, robustness_of,
};
use commonweal_domain::scoring::{Entrant, Facts, evaluate};
use commonweal_domain::tender::allocation::{Allocated, allocate};
use commonweal_domain::tender::confirmation::confirmed;
use commonweal_domain::tender::entries::{LotResult, RankingComputed};
use commonweal_domain::tender::sealing::known;
use commonweal_domain::tender::{ConfirmedShare, LotCode, Plan};
use commonweal_domain::time::{Date, Time};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use tracing::Instrument;
use uuid::Uuid;

use crate::App;
use crate::admission::check_decided;
use crate::apart;
use crate::error::AppError;
use crate::exclusion::takes_part;
use crate::noise::{self, panel_marks};
use crate::organisation::column;
use crate::panel::LoadedPanel;
use crate::read::organisation::certification_view;
use crate::robustness;
use crate::store::bid;
use crate::store::confirmation::shown_shares;
use crate::store::evaluation::{consensus, ranking};
use crate::store::organisation::certification;
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

/// The tenders whose ranking this process is computing.
#[derive(Debug, Clone, Default)]
pub(crate) struct InProgress(Arc<Mutex<BTreeSet<TenderId>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
struct Computing {
    all: InProgress,
    tender: TenderId,
}

impl InProgress {
    fn begin(&self, tender: TenderId) -> Result<Computing, AppError> {
        if !self.tenders().insert(tender) {
            let message = "the ranking is being computed: ask for the tender again in a moment";
            return Err(AppError::Conflict(message.to_owned()));
        }
        Ok(Computing {
            all: self.clone(),
            tender,
        })
    }

    /// A set stays whole whoever panicked while holding it.
    fn tenders(&self) -> MutexGuard<'_, BTreeSet<TenderId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Computing {
    fn drop(&mut self) {
        self.all.tenders().remove(&self.tender);
    }
}

/// A result with what it was made from.
struct Computed {
    /// The tender's last input when it was made.
    inputs_idx: i64,
    /// Size of the log on which it was based.
    inputs_upto: u64,
    /// In the order of the plan.
    lots: Vec<ComputedLot>,
    /// To which bid each lot goes; none while the ranking of a lot is withheld.
    allocation: Option<Vec<Allocated>>,
}

/// The result of a lot, with all totals.
struct ComputedLot {
    lot: LotCode,
    result: PublishedResult,
    ranking: Ranking,
    /// With every ground, the withheld ones too.
    excluded: Vec<Excluded>,
    /// What scorecards are explained from, when one is asked for.
    basis: Basis,
    /// What would have changed its winner; none without one.
    robustness: Option<Robustness>,
    /// How often each bid wins when the panel's marks are drawn; none without marks.
    noise: Option<Noise>,
}

struct Compute {
    actor: Actor,
    tender: TenderId,
    computed: Computed,
}

impl Command for Compute {
    const NAME: &'static str = "compute_ranking";
    type Out = u64;

    async fn run(&self, tx: &mut Tx) -> Result<u64, AppError> {
        let tender = LoadedTender::load(tx, self.tender).await?;
        let permit = apart::permit(
            tx,
            tx.at(),
            &tender,
            &self.actor,
            Action::ComputeRanking,
            &[],
        )
        .await?;
        let stage = tender.stage.can_rank(&tender.plan)?;
        let computed = &self.computed;
        if tender.row.inputs_idx != computed.inputs_idx {
            let message =
                "a bid was excluded or a level signed meanwhile: compute the ranking again";
            return Err(AppError::Conflict(message.to_owned()));
        }
        let index = tx.append(Draft {
            actors: vec![permit.actor.clone()],
            subject: self.tender.to_string(),
            inputs_upto: Some(computed.inputs_upto),
            body: computed.body(self.tender).into(),
        })?;
        tender.note(tx, "ranking.computed", index, None).await?;
        for (at, lot) in computed.lots.iter().enumerate() {
            let allocated = computed.allocation.as_ref().and_then(|lots| lots.get(at));
            self.insert(tx, index, lot, allocated).await?;
        }
        for lot in &computed.lots {
            if let Some(found) = &lot.noise {
                noise::keep(tx, self.tender, index, &lot.lot, found).await?;
            }
            if let Some(report) = &lot.robustness {
                let actor = permit.actor.clone();
                robustness::append(tx, &tender, &lot.lot, actor, index, report).await?;
            }
        }
        tender.store(tx, stage, |_| {}).await?;
        Ok(index)
    }
}

impl Computed {
    fn body(&self, tender: TenderId) -> RankingComputed {
        let result = |lot: &ComputedLot| LotResult {
            lot: lot.lot.clone(),
            result: lot.result.clone(),
        };
        RankingComputed {
            tender,
            lots: self.lots.iter().map(result).collect(),
            allocation: self.allocation.clone(),
        }
    }
}

impl Compute {
    async fn insert(
        &self,
        tx: &Tx,
        index: u64,
        lot: &ComputedLot,
        allocated: Option<&Allocated>,
    ) -> Result<(), AppError> {
        let allocated = allocated.map(serde_json::to_vec).transpose();
        ranking::Entity::insert(ranking::ActiveModel {
            tender_id: Set(self.tender.uuid()),
            entry_idx: Set(column(index)?),
            lot: Set(lot.lot.to_string()),
            inputs_upto: Set(column(self.computed.inputs_upto)?),
            computed_at: Set(tx.at().micros()),
            result: Set(serde_json::to_vec(&lot.result).map_err(AppError::internal)?),
            places: Set(serde_json::to_vec(&lot.ranking).map_err(AppError::internal)?),
            basis: Set(serde_json::to_vec(&lot.basis).map_err(AppError::internal)?),
            allocated: Set(allocated.map_err(AppError::internal)?),
            excluded: Set(Some(
                serde_json::to_vec(&lot.excluded).map_err(AppError::internal)?,
            )),
        })
        .exec_without_returning(tx)
        .await?;
        Ok(())
    }
}

/// The index of the last ranking of a tender and to which bid each lot goes by it, unless something that it depends on came after it.
pub(crate) async fn standing_allocation(
    connection: &impl ConnectionTrait,
    tender: &LoadedTender,
) -> Result<Option<(u64, Option<Vec<Allocated>>)>, AppError> {
    let rows = ranking::Entity::find()
        .filter(ranking::Column::TenderId.eq(tender.row.id))
        .filter(ranking::Column::EntryIdx.gt(tender.row.inputs_idx))
        .order_by_desc(ranking::Column::EntryIdx)
        .limit(u64::try_from(tender.plan.lots.len()).map_err(AppError::internal)?)
        .all(connection)
        .await?;
    let Some(last) = rows.first() else {
        return Ok(None);
    };
    let index = u64::try_from(last.entry_idx).map_err(AppError::internal)?;
    let mut allocation = Vec::new();
    for lot in &tender.plan.lots {
        let row = rows.iter().find(|row| row.lot == lot.code.as_str());
        let row = row.ok_or_else(|| AppError::internal("a ranking without one of its lots"))?;
        let Some(allocated) = &row.allocated else {
            return Ok(Some((index, None)));
        };
        allocation.push(serde_json::from_slice(allocated).map_err(AppError::internal)?);
    }
    Ok(Some((index, Some(allocation))))
}

/// What a stored bid says, with its salts.
pub(crate) fn sealed_content(row: &bid::Model) -> Result<SealedContent, AppError> {
    serde_json::from_slice(&row.content).map_err(AppError::internal)
}

/// The bids that take part, with their levels, as the evaluation takes them.
pub(crate) fn entrants<'b>(
    bids: impl IntoIterator<Item = &'b bid::Model>,
    levels: &[consensus::Model],
    shares: &[ConfirmedShare],
) -> Result<Vec<Entrant>, AppError> {
    let mut by_bid: BTreeMap<Uuid, Vec<&consensus::Model>> = BTreeMap::new();
    for level in levels {
        by_bid.entry(level.bid_id).or_default().push(level);
    }
    let mut entrants = Vec::new();
    for row in bids {
        if !takes_part(row)? {
            continue;
        }
        let supplier = OrganisationId::from_uuid(row.supplier_id);
        let content = known(&sealed_content(row)?).map_err(AppError::internal)?;
        let parts = content.participations.as_deref().unwrap_or_default();
        let lot = row.lot.parse().map_err(AppError::internal)?;
        let mut agreed = BTreeMap::new();
        for level in by_bid.get(&row.id).into_iter().flatten() {
            let criterion = level.criterion.parse().map_err(AppError::internal)?;
            let level = u32::try_from(level.level).map_err(AppError::internal)?;
            agreed.insert(criterion, level);
        }
        entrants.push(Entrant {
            bid: BidId::from_uuid(row.id),
            sealed: SealedId::from_uuid(row.sealed_id),
            supplier,
            confirmed: confirmed(supplier, &lot, parts, shares),
            lot,
            received_at: Time::from_micros(row.received_at),
            content,
            levels: agreed,
        });
    }
    Ok(entrants)
}

/// To which bid each lot goes; none while the ranking of a lot is withheld.
fn allocated(plan: &Plan, entrants: &[Entrant], lots: &[ComputedLot]) -> Option<Vec<Allocated>> {
    let rankings: Vec<Ranking> = lots.iter().map(|lot| lot.ranking.clone()).collect();
    let suppliers = entrants
        .iter()
        .map(|entrant| (entrant.bid, entrant.supplier));
    allocate(plan, &rankings, &suppliers.collect()).ok()
}

/// Whether one of the organisation's certifications of a kind was valid on a day, as far as the log knew before `upto`.
pub(crate) fn certified(
    known: &[certification::Model],
    organisation: OrganisationId,
    kind: SeoKind,
    day: Date,
    upto: i64,
) -> Result<bool, AppError> {
    let of_kind = known.iter().filter(|row| {
        row.organisation_id == organisation.uuid()
            && row.kind == kind.as_str()
            && row.entry_idx < upto
    });
    for row in of_kind {
        let revoked = row.revoked_idx.is_some_and(|index| index < upto);
        let view = certification_view(row.clone())?;
        let fact = Certification {
            id: view.id,
            organisation,
            kind,
            from: view.from,
            to: view.to,
            source: view.source,
        };
        if fact.valid_on(day, view.revoked_from.filter(|_| revoked)) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl App {
    /// Computes the ranking of a tender, or why it is withheld. Answers the index of its entry. Whoever asked may give up
    /// waiting: the work goes on and is written, and is not begun a second time meanwhile.
    pub async fn compute_ranking(
        &self,
        actor: &Actor,
        tender: TenderId,
    ) -> Result<Written<u64>, AppError> {
        let loaded = LoadedTender::load(self.store.read(), tender).await?;
        commonweal_domain::actor::authorize(actor, Action::ComputeRanking, &loaded.facts())?;
        loaded.stage.can_rank(&loaded.plan)?;
        let computing = self.rankings.begin(tender)?;
        let (app, actor) = (self.clone(), actor.clone());
        let work = async move {
            let command = Compute {
                actor,
                tender,
                computed: app.compute(loaded).await?,
            };
            let written = app.store.write(None, command).await;
            drop(computing);
            written
        };
        tokio::spawn(work.in_current_span())
            .await
            .map_err(AppError::internal)?
    }

    async fn compute(&self, tender: LoadedTender) -> Result<Computed, AppError> {
        let read = self.store.read();
        check_decided(read, &tender).await?;
        // Everything before the tender's last input is in the database, and so is all that this process has committed:
        // what is read from here on knows the log up to there at least.
        let inputs = u64::try_from(tender.row.inputs_idx).map_err(AppError::internal)?;
        let inputs_upto = (*self.store.committed().borrow()).max(inputs + 1);
        let bids = bid::Entity::find()
            .filter(bid::Column::TenderId.eq(tender.row.id))
            .all(read)
            .await?;
        let levels = consensus::Entity::find()
            .filter(consensus::Column::TenderId.eq(tender.row.id))
            .all(read)
            .await?;
        let shares = shown_shares(read, [tender.row.id]).await?;
        let shares: Vec<ConfirmedShare> = shares.into_iter().map(|(_, share)| share).collect();
        let entrants = entrants(&bids, &levels, &shares)?;
        let known = self.certifications_of(&entrants).await?;
        let groups = robustness::groups(read, &entrants).await?;
        let panel = LoadedPanel::load(read, &tender).await?.panel;
        let marks = panel_marks(read, tender.id, &panel).await?;
        let salts = bids.iter().map(|row| Ok(sealed_content(row)?.salt));
        let seed = seed(salts.collect::<Result<Vec<_>, AppError>>()?.into_iter());
        let score = move || {
            let plan = &tender.plan;
            let day = plan.certification_day();
            // What was recorded after the opening was recorded in the knowledge of the bids, and changes no ranking.
            let opened = tender
                .row
                .opened_idx
                .ok_or_else(|| AppError::internal("no opening"))?;
            // Rows whose facts cannot be read are a fault, and `gather` asks by yes and no: they are read once before.
            for row in &known {
                certification_view(row.clone())?;
            }
            let facts = Facts::gather(plan, &entrants, seed, |organisation, kind| {
                certified(&known, organisation, kind, day, opened).unwrap_or(false)
            });
            let lots = plan.lots.iter().map(|lot| {
                let evaluation = evaluate(plan, lot, &entrants, &facts);
                let evaluation = evaluation.map_err(AppError::internal)?;
                let case = |panel| Case {
                    plan,
                    lot,
                    entrants: &entrants,
                    facts: &facts,
                    groups: &groups,
                    panel,
                };
                let basis = evaluation.basis();
                // The marks are sealed until the award: what is logged with the ranking follows from none of them.
                let none = PanelMarks::new();
                Ok(ComputedLot {
                    lot: lot.code.clone(),
                    result: evaluation.publish().map_err(AppError::internal)?,
                    ranking: evaluation.ranking().clone(),
                    excluded: evaluation.excluded().to_vec(),
                    basis: basis.ok_or_else(|| AppError::internal("a bid is not known whole"))?,
                    robustness: robustness_of(&evaluation, &case(&none))
                        .map_err(AppError::internal)?,
                    noise: evaluator_noise(&case(&marks)).map_err(AppError::internal)?,
                })
            });
            let lots = lots.collect::<Result<Vec<_>, AppError>>()?;
            Ok(Computed {
                inputs_idx: tender.row.inputs_idx,
                inputs_upto,
                allocation: allocated(plan, &entrants, &lots),
                lots,
            })
        };
        tokio::task::spawn_blocking(score)
            .await
            .map_err(AppError::internal)?
    }

    async fn certifications_of(
        &self,
        entrants: &[Entrant],
    ) -> Result<Vec<certification::Model>, AppError> {
        let parts = entrants
            .iter()
            .filter_map(|entrant| entrant.content.participations.as_ref());
        let ids = parts.flatten().map(|part| part.organisation.uuid());
        let rows = certification::Entity::find()
            .filter(certification::Column::OrganisationId.is_in(ids))
            .all(self.store.read())
            .await?;
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranking_of_a_tender_is_computed_once_at_a_time() {
        let all = InProgress::default();
        let tender = |n| TenderId::from_uuid(Uuid::from_u128(n));
        let first = all.begin(tender(1)).unwrap();
        assert!(matches!(all.begin(tender(1)), Err(AppError::Conflict(_))));
        assert!(all.begin(tender(2)).is_ok());
        drop(first);
        assert!(all.begin(tender(1)).is_ok());
    }
}
