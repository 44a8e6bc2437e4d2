//! A losing bid beside the winner, as far as the reader may see both.

use std::collections::HashMap;

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{BidId, Id};
use commonweal_domain::scoring::comparison::{Comparison, compare};
use commonweal_domain::scoring::evaluation::PublishedResult;
use commonweal_domain::scoring::ranking::Ranking;
use commonweal_domain::scoring::scorecard::{Audience, Scorecard};
use commonweal_domain::tender::allocation::Allocated;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Read;
use crate::error::AppError;
use crate::store::bid;
use crate::store::evaluation::ranking;

/// A standing ranking of a lot with some scorecards whole: what is shown of them is the caller's to decide.
pub(super) struct Standing {
    pub(super) tender: Uuid,
    /// The bid that wins the lot.
    pub(super) winner: Option<BidId>,
    pub(super) row: ranking::Model,
    pub(super) ranking: Ranking,
    /// Those of the bids that were asked for, and of the winner.
    pub(super) cards: HashMap<BidId, Scorecard>,
}

impl Standing {
    /// The ranking without what the plan withholds: what decided between equal totals tells that they are equal.
    pub(super) fn published(&self) -> Result<Ranking, AppError> {
        let result: PublishedResult =
            serde_json::from_slice(&self.row.result).map_err(AppError::internal)?;
        Ok(result.ranking)
    }

    fn of(row: ranking::Model) -> Result<Self, AppError> {
        let ranking: Ranking = serde_json::from_slice(&row.places).map_err(AppError::internal)?;
        let allocated = row.allocated.as_deref().map(serde_json::from_slice);
        let allocated: Option<Allocated> = allocated.transpose().map_err(AppError::internal)?;
        Ok(Self {
            tender: row.tender_id,
            winner: allocated.map_or(ranking.winner(), |allocated| allocated.bid),
            ranking,
            cards: HashMap::new(),
            row,
        })
    }
}

impl Read<'_> {
    /// The comparisons of bids with the bids that win their lots by the standing rankings, in a fixed number of statements. The winner
    /// itself, and a bid that is not ranked, have none.
    pub async fn comparisons_of(
        &self,
        actor: &Actor,
        bids: &[BidId],
    ) -> Result<HashMap<BidId, Comparison>, AppError> {
        let rows = self.bid_rows(bids.iter().map(|id| id.uuid())).await?;
        let standing = self.standing(&rows).await?;
        let winners = standing.iter().filter_map(|one| one.winner);
        let winners = self.bid_rows(winners.map(Id::uuid)).await?;
        let opened: HashMap<Uuid, &bid::Model> = winners
            .iter()
            .chain(&rows)
            .map(|row| (row.id, row))
            .collect();
        let reader = self
            .reader(actor, standing.iter().map(|one| one.tender))
            .await?;
        let mut found = HashMap::new();
        for one in &standing {
            let plan = reader.plan(one.tender)?;
            let shown = |bid: BidId| {
                let card = one.cards.get(&bid)?.clone();
                let audience = reader.audience_of(opened.get(&bid.uuid())?)?;
                Some(card.shown_to(audience, plan))
            };
            let Some(winner) = one.winner.and_then(shown) else {
                continue;
            };
            let whole = reader.audience(one.tender, &one.row.lot) == Some(Audience::Full);
            let ranking = if whole {
                one.ranking.clone()
            } else {
                one.published()?
            };
            let of_lot = |row: &&bid::Model| row.tender_id == one.tender && row.lot == one.row.lot;
            for row in rows.iter().filter(of_lot) {
                let Some(card) = shown(BidId::from_uuid(row.id)) else {
                    continue;
                };
                let comparison = compare(plan, &ranking, &card, &winner);
                if let Some(comparison) = comparison.map_err(AppError::internal)? {
                    found.insert(card.bid, comparison);
                }
            }
        }
        Ok(found)
    }

    pub(super) async fn bid_rows(
        &self,
        ids: impl Iterator<Item = Uuid>,
    ) -> Result<Vec<bid::Model>, AppError> {
        let rows = bid::Entity::find().filter(bid::Column::Id.is_in(ids));
        Ok(rows.all(self.db).await?)
    }

    /// The standing rankings of the lots of bids.
    pub(super) async fn standing(&self, bids: &[bid::Model]) -> Result<Vec<Standing>, AppError> {
        let tenders = bids.iter().map(|row| row.tender_id);
        let lots = bids.iter().map(|row| row.lot.clone());
        let rows = self.standing_rows(tenders, lots).await?;
        let standing = rows.into_iter().map(Standing::of);
        let mut standing: Vec<Standing> = standing.collect::<Result<_, _>>()?;
        let winners = standing.iter().filter_map(|one| one.winner);
        let winners = self.bid_rows(winners.map(Id::uuid)).await?;
        let rankings: Vec<&ranking::Model> = standing.iter().map(|one| &one.row).collect();
        let bids: Vec<&bid::Model> = bids.iter().chain(&winners).collect();
        let cards = self.explained(&rankings, &bids).await?;
        for (one, cards) in standing.iter_mut().zip(cards) {
            one.cards = cards;
        }
        Ok(standing)
    }
}
