//! What nested fields of tenders and bids load, in batches, as far as the caller may see it.

use std::collections::HashMap;

use async_graphql::dataloader::Loader as Load;
use commonweal_app::AppError;
use commonweal_app::read::Page;
use commonweal_app::read::bid::{BidView, SealedBidView};
use commonweal_app::read::calibration::CalibrationView;
use commonweal_app::read::confirmation::ConfirmationRequestView;
use commonweal_app::read::evaluation::{AwardView, ConsensusView, MarkView, RankingView};
use commonweal_app::read::explanation::ExplanationView;
use commonweal_app::read::moderation::{LevelView, StatisticsView};
use commonweal_app::read::panel::PanelView;
use commonweal_app::read::policy::CheckView;
use commonweal_app::read::process::{LetterView, StandstillView, TenderEventView};
use commonweal_app::read::question::{AnswerView, QuestionView};
use commonweal_app::read::robustness::RobustnessView;
use commonweal_app::read::tender::TenderView;
use commonweal_domain::ids::{BidId, ConfirmationRequestId, SealedId, TenderId};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::scoring::comparison::Comparison;
use commonweal_domain::scoring::scorecard::Scorecard;
use commonweal_domain::tender::LotRef;

use super::context::refuse;
use super::loaders::Loader;

/// A page of the opened bids of a tender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BidsOf(pub TenderId, pub Page<BidId>);

/// Defines what a loader finds by a key that wraps an id.
macro_rules! loads {
    ($($(#[$doc:meta])* $key:ident($id:ty) -> $value:ty = |$app:ident, $actor:ident, $ids:ident| $load:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $key(pub $id);

        impl Load<$key> for Loader {
            type Value = $value;
            type Error = async_graphql::Error;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>, Self::Error> {
                let ids: Vec<$id> = keys.iter().map(|key| key.0.clone()).collect();
                let ($app, $actor, $ids) = (self.app(), self.actor(), &ids);
                let _ = $actor;
                keyed($load.await, $key)
            }
        }
    )*};
}

fn keyed<I, K: Eq + std::hash::Hash, V>(
    found: Result<HashMap<I, V>, AppError>,
    key: impl Fn(I) -> K,
) -> async_graphql::Result<HashMap<K, V>> {
    let found = found.map_err(refuse)?;
    Ok(found
        .into_iter()
        .map(|(id, value)| (key(id), value))
        .collect())
}

loads! {
    /// How many opened bids a tender has.
    BidCountOf(TenderId) -> u64 = |app, actor, ids| app.read().bid_counts(ids);
    /// The standing ranking of a lot.
    RankingOf(LotRef) -> RankingView = |app, actor, ids| app.read().rankings_of(actor, ids);
    /// What the policies that bound a tender said of its plan.
    ChecksOf(TenderId) -> Vec<CheckView> = |app, actor, ids| app.read().checks_by_tender(ids);
    /// What would have changed the standing ranking of a lot.
    RobustnessOf(LotRef) -> RobustnessView = |app, actor, ids| app.read().robustness_of(actor, ids);
    /// The award of a lot, from its proposal on.
    AwardOf(LotRef) -> AwardView = |app, actor, ids| app.read().awards_of(ids);
    /// The questions and answers of a tender.
    AnswersOf(TenderId) -> Vec<AnswerView> = |app, actor, ids| app.read().answers_of(ids);
    /// The questions about a tender that the caller may read.
    QuestionsOf(TenderId) -> Vec<QuestionView> = |app, actor, ids| app.read().questions_of(actor, ids);
    /// The history of a tender.
    EventsOf(TenderId) -> Vec<TenderEventView> = |app, actor, ids| app.read().tender_events_of(ids);
    /// The standstill of a tender.
    StandstillOf(TenderId) -> StandstillView = |app, actor, ids| app.read().standstills_of(ids);
    /// The requests to explain a bid.
    ExplanationsOf(BidId) -> Vec<ExplanationView> = |app, actor, ids| app.read().explanations_of(actor, ids);
    /// The last letter about a bid.
    SentLetterOf(BidId) -> LetterView = |app, actor, ids| app.read().sent_letters_of(actor, ids);
    /// The scorecard of a bid in the standing ranking.
    ScorecardOf(BidId) -> Scorecard = |app, actor, ids| app.read().scorecards_of(actor, ids);
    /// A losing bid beside the winner of the standing ranking.
    ComparisonOf(BidId) -> Comparison = |app, actor, ids| app.read().comparisons_of(actor, ids);
    /// The marks of a bid.
    MarksOf(BidId) -> Vec<MarkView> = |app, actor, ids| app.read().marks_of(actor, ids);
    /// The panel of a tender.
    PanelOf(TenderId) -> PanelView = |app, actor, ids| app.read().panels_of(actor, ids);
    /// The hash of what the panel of a tender agreed on.
    AgreedOf(TenderId) -> Hash = |app, actor, ids| app.read().agreed_of(actor, ids);
    /// The calibration of the panel of a tender.
    CalibrationOf(TenderId) -> CalibrationView = |app, actor, ids| app.read().calibrations_of(actor, ids);
    /// How far the panel of a tender agrees.
    StatisticsOf(TenderId) -> Vec<StatisticsView> = |app, actor, ids| app.read().statistics_of(actor, ids);
    /// Every level that the panel set for a bid.
    DiscussionOf(BidId) -> Vec<LevelView> = |app, actor, ids| app.read().discussion_of(actor, ids);
    /// The consensus levels of a bid.
    ConsensusOf(BidId) -> Vec<ConsensusView> = |app, actor, ids| app.read().consensus_of(actor, ids);
}

impl Load<TenderId> for Loader {
    type Value = TenderView;
    type Error = async_graphql::Error;

    async fn load(&self, keys: &[TenderId]) -> Result<HashMap<TenderId, TenderView>, Self::Error> {
        let app = self.app();
        app.read()
            .tenders_by_id(keys, app.now())
            .await
            .map_err(refuse)
    }
}

impl Load<BidId> for Loader {
    type Value = BidView;
    type Error = async_graphql::Error;

    async fn load(&self, keys: &[BidId]) -> Result<HashMap<BidId, BidView>, Self::Error> {
        self.app()
            .bids_by_id(self.actor(), keys)
            .await
            .map_err(refuse)
    }
}

impl Load<SealedId> for Loader {
    type Value = SealedBidView;
    type Error = async_graphql::Error;

    async fn load(
        &self,
        keys: &[SealedId],
    ) -> Result<HashMap<SealedId, SealedBidView>, Self::Error> {
        self.app()
            .sealed_bids_by_id(self.actor(), keys)
            .await
            .map_err(refuse)
    }
}

impl Load<ConfirmationRequestId> for Loader {
    type Value = ConfirmationRequestView;
    type Error = async_graphql::Error;

    async fn load(
        &self,
        keys: &[ConfirmationRequestId],
    ) -> Result<HashMap<ConfirmationRequestId, ConfirmationRequestView>, Self::Error> {
        self.app()
            .confirmation_requests_by_id(self.actor(), keys)
            .await
            .map_err(refuse)
    }
}

impl Load<BidsOf> for Loader {
    type Value = Vec<BidView>;
    type Error = async_graphql::Error;

    /// One query for each different page: a field with its arguments asks for one page of every tender.
    async fn load(&self, keys: &[BidsOf]) -> Result<HashMap<BidsOf, Vec<BidView>>, Self::Error> {
        let mut pages: HashMap<Page<BidId>, Vec<TenderId>> = HashMap::new();
        for BidsOf(tender, page) in keys {
            pages.entry(*page).or_default().push(*tender);
        }
        let mut found = HashMap::new();
        for (page, tenders) in pages {
            let bids = self
                .app()
                .read()
                .bids_of(self.actor(), &tenders, &page)
                .await;
            found.extend(keyed(bids, |tender| BidsOf(tender, page))?);
        }
        Ok(found)
    }
}
