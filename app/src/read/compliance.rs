//! The facts of a buyer's year, as far as the reader may see them, and the compliance report over them.

use std::collections::{BTreeSet, HashMap};

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{BidId, Id, KpiId, OrganisationId, TenderId};
use commonweal_domain::organisation::certification::SeoKind;
use commonweal_domain::policy::compliance::{
    ComplianceReport, WorkPart, YearAward, YearFacts, YearKpis, report,
};
use commonweal_domain::policy::selection::is_place;
use commonweal_domain::policy::{PlanView, Procurement};
use commonweal_domain::tender::participation::own_parts;
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::time::Date;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Read;
use super::bid::BidView;
use crate::error::AppError;
use crate::policy::published;
use crate::store::contract::{self, kpi};
use crate::store::evaluation::{award, consensus, reason};
use crate::store::organisation::certification;
use crate::store::{claim, tender};

/// The most awards, and the most KPIs, of one buyer's year.
const MAX_ROWS: u64 = 10_000;

/// Certifications of organisations with what decides their validity on a day and in an evaluation.
type Certifications = HashMap<OrganisationId, Vec<certification::Model>>;

impl Read<'_> {
    /// The compliance report of a buyer for a calendar year, from what the actor may see: a price that is withheld from
    /// the reader leaves a share unknown and is never taken for zero.
    pub async fn compliance_report(
        &self,
        actor: &Actor,
        buyer: OrganisationId,
        year: u16,
    ) -> Result<ComplianceReport, AppError> {
        let (first_day, last_day) = bounds(year)?;
        let organisation = self.organisation(buyer).await?;
        let organisation =
            organisation.ok_or_else(|| AppError::NotFound("no such organisation".to_owned()))?;
        let awards = self.awards_of_year(buyer, first_day, last_day).await?;
        let plans = self.plans(awards.iter().map(|row| row.tender_id)).await?;
        let bids: Vec<BidId> = awards
            .iter()
            .filter_map(|row| row.bid_id.map(BidId::from_uuid))
            .collect();
        let bids = self.bids_by_id(actor, &bids).await?;
        let certifications = self.certifications_of_parts(bids.values()).await?;
        let unexplained = self
            .unexplained(awards.iter().map(|row| row.tender_id))
            .await?;
        let mut facts = Vec::new();
        for row in &awards {
            let Some(plan) = plans.get(&row.tender_id) else {
                continue;
            };
            let bid = row.bid_id.and_then(|id| bids.get(&BidId::from_uuid(id)));
            facts.push(year_award(row, plan, bid, &certifications, &unexplained)?);
        }
        let kind = awards
            .iter()
            .rev()
            .find_map(|row| plans.get(&row.tender_id)?.procurement.buyer_kind);
        let buyer_facts = Procurement {
            buyer_kind: kind,
            place: Some(organisation.place).filter(|place| is_place(place)),
            ..Procurement::default()
        };
        let policies = published(self.db).await?.policies;
        report(&YearFacts {
            policies: &policies,
            buyer: &buyer_facts,
            last_day,
            awards: &facts,
            kpis: self.kpis_of_year(buyer, first_day, last_day).await?,
        })
        .map_err(|error| AppError::refused("OUT_OF_RANGE", error))
    }

    /// The lots that the buyer awarded to somebody in the year, in the order of the decision.
    async fn awards_of_year(
        &self,
        buyer: OrganisationId,
        first: Date,
        last: Date,
    ) -> Result<Vec<award::Model>, AppError> {
        let own = Query::select()
            .column(tender::Column::Id)
            .from(tender::Entity)
            .and_where(tender::Column::BuyerId.eq(buyer.uuid()))
            .to_owned();
        let day = 86_400_000_000;
        let rows = award::Entity::find()
            .filter(award::Column::TenderId.in_subquery(own))
            .filter(award::Column::BidId.is_not_null())
            .filter(award::Column::DecidedAt.gte(first.start().micros()))
            .filter(award::Column::DecidedAt.lt(last.start().plus_micros(day).micros()))
            .order_by_asc(award::Column::DecidedIdx)
            .limit(MAX_ROWS + 1)
            .all(self.db)
            .await?;
        bounded(rows)
    }

    async fn plans(
        &self,
        tenders: impl Iterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Plan>, AppError> {
        let rows: Vec<(Uuid, Vec<u8>)> = tender::Entity::find()
            .select_only()
            .column(tender::Column::Id)
            .column(tender::Column::Plan)
            .filter(tender::Column::Id.is_in(tenders))
            .into_tuple()
            .all(self.db)
            .await?;
        rows.iter()
            .map(|(id, plan)| {
                Ok((
                    *id,
                    serde_json::from_slice(plan).map_err(AppError::internal)?,
                ))
            })
            .collect()
    }

    async fn certifications_of_parts(
        &self,
        bids: impl Iterator<Item = &BidView>,
    ) -> Result<Certifications, AppError> {
        let named: BTreeSet<Uuid> = bids
            .filter_map(|bid| bid.content.participations.as_ref())
            .flatten()
            .map(|part| part.organisation.uuid())
            .collect();
        let rows = certification::Entity::find()
            .filter(certification::Column::OrganisationId.is_in(named))
            .all(self.db)
            .await?;
        let mut found = Certifications::new();
        for row in rows {
            let id = OrganisationId::from_uuid(row.organisation_id);
            found.entry(id).or_default().push(row);
        }
        Ok(found)
    }

    /// Tenders with an agreed level whose reason was erased.
    async fn unexplained(
        &self,
        tenders: impl Iterator<Item = Uuid>,
    ) -> Result<BTreeSet<Uuid>, AppError> {
        let kept = Query::select()
            .column(reason::Column::Id)
            .from(reason::Entity)
            .to_owned();
        let rows: Vec<Uuid> = consensus::Entity::find()
            .select_only()
            .column(consensus::Column::TenderId)
            .distinct()
            .filter(consensus::Column::TenderId.is_in(tenders))
            .filter(consensus::Column::ReasonId.not_in_subquery(kept))
            .into_tuple()
            .all(self.db)
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// The KPIs of the buyer's contracts whose period touches the year.
    async fn kpis_of_year(
        &self,
        buyer: OrganisationId,
        first: Date,
        last: Date,
    ) -> Result<YearKpis, AppError> {
        let own = Query::select()
            .column(contract::Column::Id)
            .from(contract::Entity)
            .and_where(contract::Column::BuyerId.eq(buyer.uuid()))
            .to_owned();
        let rows: Vec<(Uuid, i64)> = kpi::Entity::find()
            .select_only()
            .column(kpi::Column::Id)
            .column(kpi::Column::Units)
            .filter(kpi::Column::ContractId.in_subquery(own))
            .filter(kpi::Column::FromDay.lte(last.to_string()))
            .filter(kpi::Column::ToDay.gt(first.to_string()))
            .limit(MAX_ROWS + 1)
            .into_tuple()
            .all(self.db)
            .await?;
        let rows = bounded(rows)?;
        let ids: Vec<KpiId> = rows.iter().map(|(id, _)| KpiId::from_uuid(*id)).collect();
        let verified = claim::verified_units(self.db, &ids).await?;
        let units = |id: &Uuid| verified.get(&KpiId::from_uuid(*id)).copied().unwrap_or(0);
        let count = |wanted: &dyn Fn(&(Uuid, i64)) -> bool| {
            u64::try_from(rows.iter().filter(|row| wanted(row)).count()).unwrap_or(u64::MAX)
        };
        Ok(YearKpis {
            total: count(&|_| true),
            verified: count(&|(id, _)| units(id) > 0),
            reached: count(&|(id, wanted)| units(id) >= *wanted),
        })
    }
}

/// The first and the last day of a year.
fn bounds(year: u16) -> Result<(Date, Date), AppError> {
    let day = |rest: &str| format!("{year:04}-{rest}").parse::<Date>();
    match (day("01-01"), day("12-31")) {
        (Ok(first), Ok(last)) if (2000..=2999).contains(&year) => Ok((first, last)),
        _ => {
            let message = format!("{year} is no year of a report: expected 2000 to 2999");
            Err(AppError::refused_at("YEAR", "year", message))
        }
    }
}

fn bounded<T>(rows: Vec<T>) -> Result<Vec<T>, AppError> {
    if u64::try_from(rows.len()).unwrap_or(u64::MAX) > MAX_ROWS {
        let message = format!(
            "the year has more than {MAX_ROWS} awards or KPIs, which is more than one report takes"
        );
        return Err(AppError::refused("TOO_MANY_ROWS", message));
    }
    Ok(rows)
}

fn year_award(
    row: &award::Model,
    plan: &Plan,
    bid: Option<&BidView>,
    certifications: &Certifications,
    unexplained: &BTreeSet<Uuid>,
) -> Result<YearAward, AppError> {
    let view = PlanView::new(plan).and_then(|view| view.social_points());
    let parts = bid
        .and_then(|bid| bid.content.participations.as_deref())
        .map(own_parts);
    let parts = parts.transpose().map_err(AppError::internal)?;
    let known = row.decided_idx.unwrap_or(i64::MAX);
    let work = |(organisation, part)| WorkPart {
        organisation,
        part,
        kinds: kinds_on(
            certifications.get(&organisation),
            plan.certification_day(),
            known,
        ),
    };
    Ok(YearAward {
        tender: TenderId::from_uuid(row.tender_id),
        price: bid.and_then(|bid| bid.content.price),
        parts: parts.map(|parts| parts.into_iter().map(work).collect()),
        social_percent: view.map_err(AppError::internal)?,
        explained: !unexplained.contains(&row.tender_id),
    })
}

/// The kinds of certifications that were valid on a day and stood in the log before an index.
fn kinds_on(rows: Option<&Vec<certification::Model>>, day: Date, known: i64) -> Vec<SeoKind> {
    let day = day.to_string();
    let valid = |row: &&certification::Model| {
        let revoked = row
            .revoked_from
            .as_ref()
            .filter(|_| row.revoked_idx.is_some_and(|at| at < known));
        let ended = |end: &String| *end <= day;
        row.entry_idx < known
            && row.from_day <= day
            && !row.to_day.as_ref().is_some_and(ended)
            && !revoked.is_some_and(ended)
    };
    rows.into_iter()
        .flatten()
        .filter(valid)
        .filter_map(|row| row.kind.parse().ok())
        .collect()
}
