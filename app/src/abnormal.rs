//! The right to explain a bid that looks abnormal: an officer asks, the supplier explains, and an officer decides by a named
//! ground. Nothing is excluded without it, and no flagged bid is awarded before somebody has looked.

use commonweal_domain::actor::{Action, Actor, Facts};
use commonweal_domain::ids::{BidId, Id, OrganisationId};
use commonweal_domain::scoring::robustness::Flags;
use commonweal_domain::tender::abnormal::{
    AbnormalError, AbnormalGround, Abnormality, Asked, check_decision, check_explanation,
    check_request, check_settled,
};
use commonweal_domain::tender::entries::{
    AbnormalDecided, ExclusionGround, ExplanationGiven, ExplanationRequested,
};
use commonweal_domain::tender::stage::Step;
use commonweal_domain::time::Time;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};

use crate::App;
use crate::apart;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::exclusion::{check_eligible, load_bid};
use crate::organisation::{column, from_word, word};
use crate::ranking::standing_allocation;
use crate::reason::NewReason;
use crate::robustness::flags;
use crate::store::bid;
use crate::store::evaluation::award;
use crate::store::explanation;
use crate::store::{Command, Tx, Written};
use crate::tender::LoadedTender;

impl From<AbnormalError> for AppError {
    fn from(error: AbnormalError) -> Self {
        use AbnormalError as E;
        let (code, path) = match &error {
            E::AskedAlready(_) => ("ASKED_ALREADY", "about"),
            E::TooShort { .. } => ("DEADLINE", "answerBy"),
            E::PricesClosed => ("PRICES_CLOSED", "about"),
            E::NotAsked(_) => ("NOT_ASKED", "about"),
            E::NotFlagged(_) => ("NOT_FLAGGED", "about"),
            E::GivenAlready => ("GIVEN_ALREADY", "explanation"),
            E::TooLate { .. } => ("CLOSED", "explanation"),
            E::DecidedAlready => ("DECIDED_ALREADY", "about"),
            E::TooEarly { .. } => ("EXPLANATION_OPEN", "about"),
            E::Ground(_) => ("GROUND", "ground"),
            E::Undecided(_) => ("EXPLANATION_OPEN", "tender"),
            E::NotLookedAt(_) => ("FLAG_OPEN", "tender"),
        };
        Self::refused_at(code, path, error)
    }
}

fn asked(row: &explanation::Model) -> Asked {
    Asked {
        answer_by: row.answer_by.map(Time::from_micros),
        given: row.given_idx.is_some(),
        decided: row.decided_idx.is_some(),
    }
}

async fn load_asked(
    connection: &impl ConnectionTrait,
    bid: BidId,
    about: Abnormality,
) -> Result<Option<Asked>, AppError> {
    let row = explanation::Entity::find_by_id((bid.uuid(), word(about)?))
        .one(connection)
        .await?;
    Ok(row.as_ref().map(asked))
}

/// Refuses to award bids of which something is flagged that nobody has decided, or whose suppliers were asked to explain and
/// wait for the decision.
pub(crate) async fn check_settled_bids(
    connection: &impl ConnectionTrait,
    bids: &[BidId],
    flags: &Flags,
) -> Result<(), AppError> {
    let rows = explanation::Entity::find()
        .filter(explanation::Column::BidId.is_in(bids.iter().map(|bid| bid.uuid())))
        .all(connection)
        .await?;
    for bid in bids {
        let own = rows.iter().filter(|row| row.bid_id == bid.uuid());
        let looks = own.map(|row| Ok::<_, AppError>((from_word(&row.about)?, asked(row))));
        check_settled(flags.of(*bid), &looks.collect::<Result<_, _>>()?)?;
    }
    Ok(())
}

/// Whether the report on the ranking that stands flags something in a bid.
async fn is_flagged(
    tx: &Tx,
    tender: &LoadedTender,
    bid: BidId,
    about: Abnormality,
) -> Result<bool, AppError> {
    let Some((ranking, _)) = standing_allocation(tx, tender).await? else {
        return Ok(false);
    };
    Ok(flags(tx, tender.id, ranking).await?.has(bid, about))
}

/// Input of [`App::request_explanation`].
#[derive(Debug, Clone)]
pub struct RequestExplanation {
    /// The bid.
    pub bid: BidId,
    /// What looks abnormal.
    pub about: Abnormality,
    /// Until when the supplier may explain.
    pub answer_by: Time,
    /// What is asked.
    pub request: String,
}

struct Request {
    actor: Actor,
    input: RequestExplanation,
    asked: NewReason,
}

impl Command for Request {
    const NAME: &'static str = "request_explanation";
    type Out = BidId;

    async fn run(&self, tx: &mut Tx) -> Result<BidId, AppError> {
        let RequestExplanation {
            bid,
            about,
            answer_by,
            ..
        } = self.input;
        let (row, tender) = load_bid(tx, bid).await?;
        let action = Action::RequestExplanation;
        let permit = apart::permit(tx, tx.at(), &tender, &self.actor, action, &[]).await?;
        tender.after(Step::AskExplanation)?;
        check_eligible(&row)?;
        let earlier = load_asked(tx, bid, about).await?;
        let prices_open = tender.stage.shows_prices(&tender.plan);
        check_request(earlier.as_ref(), about, prices_open, answer_by, tx.at())?;
        let body = ExplanationRequested {
            tender: tender.id,
            bid,
            about,
            answer_by,
            request: self.asked.hash()?,
        };
        let index = tender.append(tx, vec![permit.actor], None, body).await?;
        self.asked.insert(tx, tender.id).await?;
        explanation::Entity::insert(explanation::ActiveModel {
            bid_id: Set(row.id),
            about: Set(word(about)?),
            tender_id: Set(tender.row.id),
            answer_by: Set(Some(answer_by.micros())),
            request_reason_id: Set(Some(self.asked.id)),
            requested_idx: Set(Some(column(index)?)),
            ..Default::default()
        })
        .exec_without_returning(tx)
        .await?;
        Ok(bid)
    }
}

/// Input of [`App::explain_bid`].
#[derive(Debug, Clone)]
pub struct ExplainBid {
    /// The bid.
    pub bid: BidId,
    /// What looks abnormal.
    pub about: Abnormality,
    /// The explanation.
    pub explanation: String,
    /// When the last byte of the request arrived.
    pub received_at: Time,
}

struct Explain {
    actor: Actor,
    input: ExplainBid,
    explanation: NewReason,
}

impl Command for Explain {
    const NAME: &'static str = "explain_bid";
    type Out = BidId;

    async fn run(&self, tx: &mut Tx) -> Result<BidId, AppError> {
        let (bid, about) = (self.input.bid, self.input.about);
        let (row, tender) = load_bid(tx, bid).await?;
        let facts = Facts {
            organisation: Some(OrganisationId::from_uuid(row.supplier_id)),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::ExplainBid, &facts).await?;
        tender.after(Step::AskExplanation)?;
        check_eligible(&row)?;
        let earlier = load_asked(tx, bid, about).await?;
        let received_at = self.input.received_at.min(tx.at());
        check_explanation(earlier.as_ref(), about, received_at)?;
        let body = ExplanationGiven {
            tender: tender.id,
            bid,
            about,
            received_at,
            explanation: self.explanation.hash()?,
        };
        let index = tender.append(tx, vec![permit.actor], None, body).await?;
        self.explanation.insert(tx, tender.id).await?;
        explanation::ActiveModel {
            bid_id: Set(row.id),
            about: Set(word(about)?),
            explanation_reason_id: Set(Some(self.explanation.id)),
            given_idx: Set(Some(column(index)?)),
            ..Default::default()
        }
        .update(tx)
        .await?;
        Ok(bid)
    }
}

/// Input of [`App::decide_abnormal`].
#[derive(Debug, Clone)]
pub struct DecideAbnormal {
    /// The bid.
    pub bid: BidId,
    /// What looked abnormal.
    pub about: Abnormality,
    /// The ground, which accepts or excludes.
    pub ground: AbnormalGround,
    /// Why.
    pub reason: String,
}

struct Decide {
    actor: Actor,
    input: DecideAbnormal,
    reason: NewReason,
}

impl Command for Decide {
    const NAME: &'static str = "decide_abnormal";
    type Out = BidId;

    async fn run(&self, tx: &mut Tx) -> Result<BidId, AppError> {
        let (bid, about, ground) = (self.input.bid, self.input.about, self.input.ground);
        let (row, tender) = load_bid(tx, bid).await?;
        let permit = apart::permit(
            tx,
            tx.at(),
            &tender,
            &self.actor,
            Action::DecideAbnormal,
            &[],
        )
        .await?;
        let stage = if ground.excludes() {
            tender.stage.can_exclude(&tender.plan)?
        } else {
            tender.after(Step::AskExplanation)?
        };
        check_eligible(&row)?;
        let earlier = load_asked(tx, bid, about).await?;
        let flagged = is_flagged(tx, &tender, bid, about).await?;
        check_decision(earlier.as_ref(), flagged, about, ground, tx.at())?;
        let body = AbnormalDecided {
            tender: tender.id,
            bid,
            about,
            ground,
            reason: self.reason.hash()?,
        };
        let index = tender.append(tx, vec![permit.actor], None, body).await?;
        let index = column(index)?;
        self.reason.insert(tx, tender.id).await?;
        let decided = explanation::ActiveModel {
            bid_id: Set(row.id),
            about: Set(word(about)?),
            tender_id: Set(tender.row.id),
            ground: Set(Some(word(ground)?)),
            decision_reason_id: Set(Some(self.reason.id)),
            decided_idx: Set(Some(index)),
            ..Default::default()
        };
        if earlier.is_some() {
            decided.update(tx).await?;
        } else {
            explanation::Entity::insert(decided)
                .exec_without_returning(tx)
                .await?;
        }
        if !ground.excludes() {
            return Ok(bid);
        }
        bid::ActiveModel {
            id: Set(row.id),
            excluded_ground: Set(Some(word(ExclusionGround::Abnormal)?)),
            excluded_reason_id: Set(Some(self.reason.id)),
            excluded_idx: Set(Some(index)),
            ..Default::default()
        }
        .update(tx)
        .await?;
        // A proposal stands on a ranking, and both are void now.
        award::Entity::delete_many()
            .filter(award::Column::TenderId.eq(tender.row.id))
            .exec(tx)
            .await?;
        tender
            .store(tx, stage, |row| row.inputs_idx = Set(index))
            .await?;
        Ok(bid)
    }
}

impl App {
    /// Asks a supplier to explain what looks abnormal in its bid.
    pub async fn request_explanation(
        &self,
        actor: &Actor,
        input: RequestExplanation,
    ) -> Result<Written<BidId>, AppError> {
        let command = Request {
            actor: actor.clone(),
            asked: NewReason::new(&self.ids, "request", input.request.clone())?,
            input,
        };
        self.store.write(None, command).await
    }

    /// Explains what looks abnormal in the own bid.
    pub async fn explain_bid(
        &self,
        actor: &Actor,
        input: ExplainBid,
    ) -> Result<Written<BidId>, AppError> {
        let command = Explain {
            actor: actor.clone(),
            explanation: NewReason::letter(&self.ids, "explanation", input.explanation.clone())?,
            input,
        };
        self.store.write(None, command).await
    }

    /// Accepts a bid that looked abnormal or excludes it, after its explanation or the time for it. What the report on the
    /// ranking flags can be found not abnormal without asking.
    pub async fn decide_abnormal(
        &self,
        actor: &Actor,
        input: DecideAbnormal,
    ) -> Result<Written<BidId>, AppError> {
        let command = Decide {
            actor: actor.clone(),
            reason: NewReason::new(&self.ids, "reason", input.reason.clone())?,
            input,
        };
        self.store.write(None, command).await
    }
}
