//! The use-cases of challenges as the edge calls them, and their refusals.

use commonweal_domain::actor::Actor;
use commonweal_domain::challenge::rules::ChallengeError;
use commonweal_domain::challenge::screen::screen;
use commonweal_domain::challenge::{Basis, Body, Ground, Remedy};
use commonweal_domain::ids::{ChallengeId, ClaimId};

use super::{Act, Raise, Step};
use crate::App;
use crate::error::AppError;
use crate::remark::Remark;
use crate::store::{Written, challenge};

impl App {
    /// Words that everybody will read: screened for what looks like personal data.
    pub(crate) fn public_words(
        &self,
        field: &'static str,
        words: &str,
    ) -> Result<Remark, AppError> {
        screen(words).map_err(|error| AppError::refused_at("PERSONAL_DATA", field, error))?;
        Remark::new(self, field, words)
    }

    /// Raises a challenge of a verified claim.
    pub async fn raise_challenge(
        &self,
        actor: &Actor,
        claim: ClaimId,
        ground: Ground,
        reason: &str,
    ) -> Result<Written<ChallengeId>, AppError> {
        let command = Raise {
            actor: actor.clone(),
            id: self.ids.new(),
            claim,
            ground,
            reason: self.public_words("reason", reason)?,
        };
        self.store.write(None, command).await
    }

    async fn act(
        &self,
        actor: &Actor,
        id: ChallengeId,
        step: Step,
    ) -> Result<Written<ChallengeId>, AppError> {
        let actor = actor.clone();
        self.store.write(None, Act { actor, id, step }).await
    }

    /// The claimant's right of reply, once.
    pub async fn reply_to_challenge(
        &self,
        actor: &Actor,
        id: ChallengeId,
        reply: &str,
    ) -> Result<Written<ChallengeId>, AppError> {
        let words = self.public_words("reply", reply)?;
        self.act(actor, id, Step::Reply(words)).await
    }

    /// Hands a challenge over to another body, as somebody of the one in charge; or takes it over from a buyer who did not answer
    /// in time, as a registrar.
    pub async fn route_challenge(
        &self,
        actor: &Actor,
        id: ChallengeId,
        body: Body,
        reason: &str,
    ) -> Result<Written<ChallengeId>, AppError> {
        let words = self.public_words("reason", reason)?;
        self.act(actor, id, Step::Route(body, words)).await
    }

    /// Finds that a challenge has a case: unsold units of the batches of its KPI are frozen until it is settled.
    pub async fn accept_challenge(
        &self,
        actor: &Actor,
        id: ChallengeId,
    ) -> Result<Written<ChallengeId>, AppError> {
        self.act(actor, id, Step::Accept).await
    }

    /// Decides that the claim stands.
    pub async fn dismiss_challenge(
        &self,
        actor: &Actor,
        id: ChallengeId,
        reason: &str,
    ) -> Result<Written<ChallengeId>, AppError> {
        let words = self.public_words("reason", reason)?;
        self.act(actor, id, Step::Dismiss(words)).await
    }

    /// Decides that less of the claim stands: `verified` is decimal text in the measure's unit.
    pub async fn uphold_challenge(
        &self,
        actor: &Actor,
        id: ChallengeId,
        verified: &str,
        remedy: Remedy,
        reason: &str,
    ) -> Result<Written<ChallengeId>, AppError> {
        let words = self.public_words("reason", reason)?;
        let claim = challenge::claim_of(self.store.read(), Basis::Challenge(id)).await?;
        let measure = match claim {
            Some(claim) => self.measure_behind(claim).await?,
            None => return Err(super::unknown_challenge()),
        };
        let step = Step::Uphold(verified.to_owned(), remedy, words, Box::new(measure));
        self.act(actor, id, step).await
    }

    /// Asks for a second decision by somebody else, as the challenger or for the claimant.
    pub async fn appeal_challenge(
        &self,
        actor: &Actor,
        id: ChallengeId,
        reason: &str,
    ) -> Result<Written<ChallengeId>, AppError> {
        let words = self.public_words("reason", reason)?;
        self.act(actor, id, Step::Appeal(words)).await
    }
}

/// Why a step was refused, as an error of the use-case.
impl From<ChallengeError> for AppError {
    fn from(error: ChallengeError) -> Self {
        use ChallengeError as E;
        let (code, path) = match &error {
            E::NotVerified(_) => ("NOT_VERIFIED", "claim"),
            E::TooMany(_) => ("TOO_MANY_CHALLENGES", "claim"),
            E::Already(_) => ("CHALLENGE_EXISTS", "claim"),
            E::OwnClaim => ("OWN_CLAIM", "claim"),
            E::SameBody | E::NotTheBuyer => ("BODY", "body"),
            E::WrongStep(_) => ("CHALLENGE_STATUS", "challenge"),
            E::NoLess(..) => ("NO_LESS", "verified"),
            E::AppealOver(_) => ("APPEAL_OVER", "challenge"),
            E::AppealOpen(_) => ("APPEAL_OPEN", "challenge"),
            E::NotOverdue(_) => ("NOT_OVERDUE", "challenge"),
            E::NotUpheld => ("NOT_UPHELD", "challenge"),
            E::SmallCell(_) => ("FEW_PEOPLE", "verified"),
            E::NotInCharge | E::SamePerson(_) => return Self::Forbidden(error.to_string()),
        };
        Self::refused_at(code, path, error)
    }
}
