//! Use-cases of challenges: raised by anyone who is signed in, answered by the body in charge, each step an entry.

mod requests;

use commonweal_domain::actor::{Action, Actor, Facts, Grant, Role};
use commonweal_domain::amount::Quantity;
use commonweal_domain::catalogue::Measure;
use commonweal_domain::challenge::entries::{
    ChallengeAccepted, ChallengeAnswered, ChallengeAppealed, ChallengeRaised, ChallengeResolved,
    ChallengeRouted, took_part,
};
use commonweal_domain::challenge::rules::{
    ANSWER_DAYS, ChallengeError, RaiseFacts, Standing, decide_appeal, decide_case, decide_handover,
    decide_raise, decide_reply, decide_resolution, decide_takeover, route, term,
};
use commonweal_domain::challenge::{Body, Challenge, Decision, Ground, Outcome, Remedy};
use commonweal_domain::contract::RecordedClaim;
use commonweal_domain::ids::{ChallengeId, ClaimId, Id, OrganisationId, PersonId};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::kinds::Body as EntryBody;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::authorization::authorize;
use crate::claim::unknown_claim;
use crate::error::AppError;
use crate::group;
use crate::organisation::{column, word};
use crate::remark::Remark;
use crate::store::challenge::{self, decision};
use crate::store::{Command, Tx, claim, contract, credit};

struct Raise {
    actor: Actor,
    id: ChallengeId,
    claim: ClaimId,
    ground: Ground,
    reason: Remark,
}

impl Command for Raise {
    const NAME: &'static str = "raise_challenge";
    type Out = ChallengeId;

    async fn run(&self, tx: &mut Tx) -> Result<ChallengeId, AppError> {
        let permit = authorize(tx, &self.actor, Action::RaiseChallenge, &Facts::default()).await?;
        let by = permit.actor;
        let recorded = claim::load(tx, self.claim)
            .await?
            .ok_or_else(unknown_claim)?;
        let claimant = group::known_group(tx, recorded.claim.claimant).await?;
        let facts = RaiseFacts {
            claim: self.claim,
            verified: recorded
                .verified
                .as_ref()
                .is_some_and(|verified| verified.units() > 0),
            own: group::known_group(tx, by.organisation).await? == claimant,
            open: challenge::open_by(tx, by.id, self.claim, None).await?,
        };
        decide_raise(facts)?;
        let buyer = buyer(tx, &recorded).await?;
        let body = ChallengeRaised {
            challenge: self.id,
            claim: self.claim,
            ground: self.ground,
            reason: self.reason.hash,
            body: route(self.ground, buyer),
            answer_by: term(tx.at(), ANSWER_DAYS),
        };
        let index = append(tx, self.id, &by, body.clone())?;
        challenge::Entity::insert(challenge::ActiveModel {
            id: Set(self.id.uuid()),
            claim_id: Set(self.claim.uuid()),
            ground: Set(self.ground.as_str().to_owned()),
            raised_by: Set(by.id.uuid()),
            raised_at: Set(tx.at().micros()),
            entry_idx: Set(column(index)?),
            buyer_id: Set(match body.body {
                Body::Registry => None,
                Body::Buyer(buyer) => Some(buyer.uuid()),
            }),
            answer_by: Set(body.answer_by.micros()),
            replied: Set(false),
            has_case: Set(false),
            appealed: Set(false),
            carried_out: Set(false),
            over: Set(false),
            freezes: Set(false),
            freezes_until: Set(None),
        })
        .exec_without_returning(tx)
        .await?;
        let words = Some(self.reason.hash);
        challenge::insert_step(tx, self.id, &by, "raised", words, index).await?;
        self.reason.keep(tx).await?;
        Ok(self.id)
    }
}

/// What somebody does with a challenge.
enum Step {
    Reply(Remark),
    Route(Body, Remark),
    Accept,
    Dismiss(Remark),
    /// With the claim's measure, which never changes.
    Uphold(String, Remedy, Remark, Box<Measure>),
    Appeal(Remark),
}

struct Act {
    actor: Actor,
    id: ChallengeId,
    step: Step,
}

/// A challenge with its claim.
struct Loaded {
    challenge: Challenge,
    recorded: RecordedClaim,
    standing: Quantity,
    claimant_group: OrganisationId,
}

impl Loaded {
    async fn load(tx: &Tx, id: ChallengeId) -> Result<Self, AppError> {
        let row = challenge::Entity::find_by_id(id.uuid()).one(tx).await?;
        let row = row.ok_or_else(unknown_challenge)?;
        let recorded = claim::load(tx, ClaimId::from_uuid(row.claim_id)).await?;
        let recorded = recorded.ok_or_else(unknown_claim)?;
        let standing = recorded.verified.clone();
        let standing = standing.ok_or(ChallengeError::NotVerified(recorded.claim.id))?;
        let decisions = challenge::decisions(tx, id).await?;
        Ok(Self {
            challenge: challenge::challenge_of(&row, &decisions, &standing)?,
            claimant_group: group::known_group(tx, recorded.claim.claimant).await?,
            standing,
            recorded,
        })
    }

    /// Somebody of the body in charge, a registrar or an officer of the buyer, who is not among `earlier` and has not decided
    /// about the challenge before.
    async fn in_charge(
        &self,
        tx: &Tx,
        actor: &Actor,
        action: Action,
        earlier: &[PersonId],
    ) -> Result<EntryActor, AppError> {
        let body = self.challenge.body;
        self.acting(tx, (actor, body), action, earlier).await
    }

    /// The same of somebody who acts for a body.
    async fn acting(
        &self,
        tx: &Tx,
        (actor, body): (&Actor, Body),
        action: Action,
        earlier: &[PersonId],
    ) -> Result<EntryActor, AppError> {
        let decided = self.challenge.decisions.iter().map(|decision| decision.by);
        let earlier: Vec<PersonId> = earlier.iter().copied().chain(decided).collect();
        let grants = grants_for(actor, body);
        if grants.is_empty() && actor.person_id().is_some() {
            return Err(AppError::Forbidden(whose(body)));
        }
        let theirs = group::members(tx, &[self.claimant_group]).await?;
        let facts = Facts {
            organisation: grants.first().map(|grant| grant.organisation),
            earlier: &earlier,
            interested: &theirs,
            ..Facts::default()
        };
        let acting = match actor.person_id() {
            Some(person) => Actor::person(person, grants),
            None => Actor::public(),
        };
        Ok(authorize(tx, &acting, action, &facts).await?.actor)
    }
}

/// The roles in which somebody acts for a body.
fn grants_for(actor: &Actor, body: Body) -> Vec<Grant> {
    let may = |grant: &&Grant| match body {
        Body::Registry => grant.role == Role::Registrar,
        Body::Buyer(buyer) => grant.role == Role::Officer && grant.organisation == buyer,
    };
    actor.grants().iter().filter(may).copied().collect()
}

/// Who acts for a body in charge.
fn whose(body: Body) -> String {
    match body {
        Body::Registry => {
            "the registry is in charge of the challenge: this needs the role registrar".to_owned()
        }
        Body::Buyer(buyer) => format!(
            "the contract's buyer is in charge of the challenge: this needs the role officer in organisation:{buyer}"
        ),
    }
}

impl Command for Act {
    const NAME: &'static str = "step_of_challenge";
    type Out = ChallengeId;

    async fn run(&self, tx: &mut Tx) -> Result<ChallengeId, AppError> {
        let mut loaded = Loaded::load(tx, self.id).await?;
        match &self.step {
            Step::Reply(words) => self.reply(tx, &mut loaded, words).await?,
            Step::Route(body, words) => self.route(tx, &mut loaded, *body, words).await?,
            Step::Accept => self.accept(tx, &mut loaded).await?,
            Step::Dismiss(words) => {
                self.resolve(tx, &mut loaded, Outcome::Dismissed, words)
                    .await?;
            }
            Step::Uphold(verified, remedy, words, _) => {
                let like = &loaded.standing;
                let verified = Quantity::parse(verified, like.scale(), like.unit().clone())
                    .map_err(|error| AppError::refused_at("QUANTITY", "verified", error))?;
                let remedy = *remedy;
                let outcome = Outcome::Upheld { verified, remedy };
                self.resolve(tx, &mut loaded, outcome, words).await?;
            }
            Step::Appeal(words) => self.appeal(tx, &mut loaded, words).await?,
        }
        Ok(self.id)
    }
}

impl Act {
    async fn reply(
        &self,
        tx: &mut Tx,
        loaded: &mut Loaded,
        words: &Remark,
    ) -> Result<(), AppError> {
        let facts = Facts {
            organisation: Some(loaded.recorded.claim.claimant),
            ..Facts::default()
        };
        let permit = authorize(tx, &self.actor, Action::ReplyToChallenge, &facts).await?;
        decide_reply(&loaded.challenge)?;
        let body = ChallengeAnswered {
            challenge: self.id,
            reply: words.hash,
        };
        let index = append(tx, self.id, &permit.actor, body)?;
        loaded.challenge.replied = true;
        self.save(tx, loaded, &permit.actor, "answered", Some(words), index)
            .await
    }

    async fn route(
        &self,
        tx: &mut Tx,
        loaded: &mut Loaded,
        body: Body,
        words: &Remark,
    ) -> Result<(), AppError> {
        let earlier = earlier(tx, &loaded.recorded).await?;
        // A registrar who is nobody of the buyer in charge takes over. The entry says in which role somebody acts.
        let holds = |body| !grants_for(&self.actor, body).is_empty();
        let charge = loaded.challenge.body;
        let of_buyer = charge != Body::Registry && !holds(charge);
        let taking = of_buyer && body == Body::Registry && holds(body);
        let acting = if taking { body } else { charge };
        let by = loaded
            .acting(tx, (&self.actor, acting), Action::RouteChallenge, &earlier)
            .await?;
        if taking {
            decide_takeover(&loaded.challenge, (by.id, &earlier), tx.at())?;
        } else {
            let buyer = buyer(tx, &loaded.recorded).await?;
            decide_handover(&loaded.challenge, (by.id, &earlier), body, buyer)?;
        }
        let answer_by = term(tx.at(), ANSWER_DAYS);
        let entry = ChallengeRouted {
            challenge: self.id,
            body,
            reason: words.hash,
            answer_by,
        };
        let index = append(tx, self.id, &by, entry)?;
        (loaded.challenge.body, loaded.challenge.answer_by) = (body, answer_by);
        self.save(tx, loaded, &by, "routed", Some(words), index)
            .await
    }

    async fn accept(&self, tx: &mut Tx, loaded: &mut Loaded) -> Result<(), AppError> {
        let earlier = earlier(tx, &loaded.recorded).await?;
        let by = loaded
            .in_charge(tx, &self.actor, Action::AcceptChallenge, &earlier)
            .await?;
        decide_case(&loaded.challenge, by.id, &earlier)?;
        let index = append(tx, self.id, &by, ChallengeAccepted { challenge: self.id })?;
        loaded.challenge.has_case = true;
        self.save(tx, loaded, &by, "accepted", None, index).await
    }

    async fn resolve(
        &self,
        tx: &mut Tx,
        loaded: &mut Loaded,
        outcome: Outcome,
        words: &Remark,
    ) -> Result<(), AppError> {
        let earlier = earlier(tx, &loaded.recorded).await?;
        let by = loaded
            .in_charge(tx, &self.actor, Action::ResolveChallenge, &earlier)
            .await?;
        decide_resolution(
            &loaded.challenge,
            &outcome,
            by.id,
            self.standing(loaded),
            &earlier,
        )?;
        let body = ChallengeResolved {
            challenge: self.id,
            decision: outcome.clone(),
            reason: words.hash,
        };
        let index = append(tx, self.id, &by, body)?;
        let (remedy, units) = match &outcome {
            Outcome::Dismissed => (None, None),
            Outcome::Upheld { verified, remedy } => (Some(word(remedy)?), Some(verified.units())),
        };
        decision::Entity::insert(decision::ActiveModel {
            challenge_id: Set(self.id.uuid()),
            entry_idx: Set(column(index)?),
            by_id: Set(by.id.uuid()),
            remedy: Set(remedy),
            verified_units: Set(units),
            at: Set(tx.at().micros()),
        })
        .exec_without_returning(tx)
        .await?;
        let at = tx.at();
        let by_id = by.id;
        loaded.challenge.decisions.push(Decision {
            by: by_id,
            outcome,
            at,
        });
        self.save(tx, loaded, &by, "resolved", Some(words), index)
            .await
    }

    /// What stands of the claim; its measure is looked at only where less is to stand.
    fn standing<'a>(&'a self, loaded: &'a Loaded) -> Standing<'a> {
        Standing {
            claim: &loaded.recorded.claim,
            measure: match &self.step {
                Step::Uphold(_, _, _, measure) => Some(measure),
                _ => None,
            },
            verified: &loaded.standing,
        }
    }

    async fn appeal(
        &self,
        tx: &mut Tx,
        loaded: &mut Loaded,
        words: &Remark,
    ) -> Result<(), AppError> {
        let claimant = loaded.recorded.claim.claimant;
        let raised = self.actor.person_id() == Some(loaded.challenge.raised_by);
        let acting = match self.actor.person_id() {
            // The claimant appeals through those who report for it.
            Some(person) if !raised => {
                let theirs = Grant {
                    organisation: claimant,
                    role: Role::Supplier,
                };
                let grants = self.actor.grants().iter().filter(|grant| **grant == theirs);
                Actor::person(person, grants.copied().collect())
            }
            _ => self.actor.clone(),
        };
        let facts = Facts {
            organisation: Some(claimant),
            ..Facts::default()
        };
        let permit = authorize(tx, &acting, Action::AppealChallenge, &facts).await?;
        let (by, claim) = (loaded.challenge.raised_by, loaded.challenge.claim);
        let others = challenge::open_by(tx, by, claim, Some(self.id)).await?;
        decide_appeal(&loaded.challenge, others, tx.at()).map_err(at_challenge)?;
        let body = ChallengeAppealed {
            challenge: self.id,
            reason: words.hash,
        };
        let index = append(tx, self.id, &permit.actor, body)?;
        loaded.challenge.appealed = true;
        loaded.challenge.answer_by = term(tx.at(), ANSWER_DAYS);
        self.save(tx, loaded, &permit.actor, "appealed", Some(words), index)
            .await
    }

    async fn save(
        &self,
        tx: &Tx,
        loaded: &Loaded,
        by: &EntryActor,
        kind: &str,
        words: Option<&Remark>,
        index: u64,
    ) -> Result<(), AppError> {
        let hash = words.map(|words| words.hash);
        challenge::save(tx, &loaded.challenge, by, kind, hash, index).await?;
        match words {
            Some(words) => words.keep(tx).await,
            None => Ok(()),
        }
    }
}

fn append(
    tx: &mut Tx,
    id: ChallengeId,
    by: &EntryActor,
    body: impl Into<EntryBody>,
) -> Result<u64, AppError> {
    tx.append(Draft {
        actors: vec![by.clone()],
        subject: id.to_string(),
        inputs_upto: None,
        body: body.into(),
    })
}

/// A limit on open challenges that was met by what names a challenge and no claim.
fn at_challenge(error: ChallengeError) -> AppError {
    match &error {
        ChallengeError::TooMany(_) => {
            AppError::refused_at("TOO_MANY_CHALLENGES", "challenge", error)
        }
        ChallengeError::Already(_) => AppError::refused_at("CHALLENGE_EXISTS", "challenge", error),
        _ => error.into(),
    }
}

/// The buyer of the contract under which a claim was made.
async fn buyer(tx: &Tx, recorded: &RecordedClaim) -> Result<Option<OrganisationId>, AppError> {
    match recorded.claim.answers {
        Some(answers) => {
            let signed = contract::load(tx, answers.contract).await?;
            Ok(signed.map(|signed| signed.buyer))
        }
        None => Ok(None),
    }
}

/// Everyone who submitted, verified or issued.
pub(crate) async fn earlier(tx: &Tx, recorded: &RecordedClaim) -> Result<Vec<PersonId>, AppError> {
    let row = credit::batch::Entity::find()
        .filter(credit::batch::Column::ClaimId.eq(recorded.claim.id.uuid()))
        .one(tx)
        .await?;
    let issuer = row.and_then(|row| row.issuer_id).map(PersonId::from_uuid);
    Ok(took_part(recorded, issuer))
}

fn unknown_challenge() -> AppError {
    AppError::refused_at(
        "UNKNOWN_CHALLENGE",
        "challenge",
        "there is no such challenge: `challenges` lists them",
    )
}
