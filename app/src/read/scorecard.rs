//! Scorecards, explained when they are asked for: a ranking stores what all of them follow from, and a bid the rest.

use std::collections::{HashMap, HashSet};

use commonweal_domain::ids::{BidId, Id, TenderId};
use commonweal_domain::scoring::evaluation::Basis;
use commonweal_domain::scoring::scorecard::Scorecard;
use commonweal_domain::tender::{ConfirmedShare, Plan};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Read;
use crate::error::AppError;
use crate::ranking::entrants;
use crate::store::confirmation::shown_shares;
use crate::store::evaluation::{consensus, ranking};
use crate::store::{bid, tender};

impl Read<'_> {
    /// For each standing ranking the scorecards of its lot's bids among some, whole: what is shown of them is the caller's
    /// to decide. A bid that was excluded has none. A fixed number of statements.
    pub(super) async fn explained(
        &self,
        rankings: &[&ranking::Model],
        bids: &[&bid::Model],
    ) -> Result<Vec<HashMap<BidId, Scorecard>>, AppError> {
        let tenders: HashSet<Uuid> = rankings.iter().map(|row| row.tender_id).collect();
        let plans = tender::Entity::find()
            .filter(tender::Column::Id.is_in(tenders.iter().copied()))
            .all(self.db)
            .await?;
        let levels = consensus::Entity::find()
            .filter(consensus::Column::BidId.is_in(bids.iter().map(|row| row.id)))
            .all(self.db)
            .await?;
        let shares = shown_shares(self.db, tenders).await?;
        let mut found = Vec::new();
        for row in rankings {
            let plan = plans.iter().find(|tender| tender.id == row.tender_id);
            let plan = plan.ok_or_else(|| AppError::internal("a ranking without its tender"))?;
            let plan: Plan = serde_json::from_slice(&plan.plan).map_err(AppError::internal)?;
            let lot = plan.lots.iter().find(|lot| lot.code.as_str() == row.lot);
            let lot = lot.ok_or_else(|| AppError::internal("a ranking of no lot of the plan"))?;
            let basis: Basis = serde_json::from_slice(&row.basis).map_err(AppError::internal)?;
            let of_tender =
                |(tender, _): &&(TenderId, ConfirmedShare)| tender.uuid() == row.tender_id;
            let shares = shares.iter().filter(of_tender);
            let shares: Vec<ConfirmedShare> = shares.map(|(_, share)| share.clone()).collect();
            let of_lot = |bid: &&bid::Model| bid.tender_id == row.tender_id && bid.lot == row.lot;
            let own = bids.iter().copied().filter(of_lot);
            let mut cards = HashMap::new();
            for entrant in entrants(own, &levels, &shares)? {
                let card = basis.scorecard(&plan, lot, &entrant);
                if let Some(card) = card.map_err(AppError::internal)? {
                    cards.insert(card.bid, card);
                }
            }
            found.push(cards);
        }
        Ok(found)
    }
}
