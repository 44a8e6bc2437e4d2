//! Use-cases of drawn verifiers: the draw, and how a seat is given back or given free.

use commonweal_domain::actor::{Action, Actor, Facts, Role};
use commonweal_domain::contract::entries::{
    VerifierDeclined, VerifierDischarged, VerifierWithdrew, VerifiersAssigned,
};
use commonweal_domain::contract::quorum::draw::{Candidate, candidates};
use commonweal_domain::contract::quorum::duty::{
    DutyError, decide_assignment, decide_discharge, decide_leaving, next_draw, seat_of,
};
use commonweal_domain::contract::quorum::{Assignment, Leaving};
use commonweal_domain::contract::status::ClaimStep;
use commonweal_domain::contract::verification::check_independent;
use commonweal_domain::ids::{ClaimId, Id, PersonId};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::kinds::Body;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::App;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::group;
use crate::organisation::word;
use crate::quorum::Prepared;
use crate::remark::Remark;
use crate::store::organisation::role_grant;
use crate::store::quorum::{self, assignment};
use crate::store::verifier::{Enrolment, count, record};
use crate::store::{Command, Tx, Written, claim};
use crate::verification::Loaded;

/// The person in the role in which they were drawn, which must still be in force.
pub(crate) async fn as_drawn(
    tx: &Tx,
    actor: &Actor,
    seats: &[Assignment],
) -> Result<EntryActor, AppError> {
    let person = actor.person_id().ok_or(AppError::Unauthenticated)?;
    let seat = seat_of(seats, person).ok_or(DutyError::NotDrawn(person))?;
    let organisation = seat.organisation;
    let role = Role::Verifier.as_str().to_owned();
    let key = (person.uuid(), organisation.uuid(), role);
    let granted = role_grant::Entity::find_by_id(key).one(tx).await?;
    if granted.is_none() || !actor.holds(organisation, Role::Verifier) {
        let message =
            format!("this needs the role verifier in organisation:{organisation}, which was drawn");
        return Err(AppError::Forbidden(message));
    }
    Ok(EntryActor {
        role: Role::Verifier,
        id: person,
        organisation,
    })
}

/// Draws for the open seats of a claim; the inner refusal is the rules'.
pub(crate) async fn draw(
    tx: &Tx,
    loaded: &Loaded,
    prepared: &Prepared,
    third: bool,
) -> Result<Result<Vec<Candidate>, DutyError>, AppError> {
    let id = loaded.recorded.claim.id;
    let seats = quorum::assignments(tx, id).await?;
    let enrolment = Enrolment::load(tx).await?;
    let facts = loaded.facts();
    let found = candidates(
        enrolment.verifiers.iter().copied(),
        &facts,
        prepared.submitted,
        |person| enrolment.groups_of(person),
    );
    let at = (loaded.recorded.status, prepared.seed);
    Ok(decide_assignment(
        &prepared.quorum,
        at,
        &found,
        &seats,
        third,
    ))
}

/// Logs and stores who was drawn.
pub(crate) async fn assign(
    tx: &mut Tx,
    loaded: &Loaded,
    prepared: &Prepared,
    by: EntryActor,
    (drawn, third): (&[Candidate], bool),
) -> Result<(), AppError> {
    let claimed = &loaded.recorded.claim;
    let id = claimed.id;
    let fee = prepared.quorum.fee;
    let fee_from = fee.organisation(claimed.claimant, loaded.buyer, prepared.registry);
    let index = tx.append(Draft {
        actors: vec![by],
        subject: id.to_string(),
        inputs_upto: None,
        body: VerifiersAssigned {
            claim: id,
            link: prepared.link,
            path: prepared.path()?,
            verifiers: drawn.iter().map(Into::into).collect(),
            third,
            fee_from,
        }
        .into(),
    })?;
    prepared.reveal(tx, id, index).await?;
    let before = quorum::assignments(tx, id).await?.len();
    let at = (tx.at(), index);
    quorum::insert_assignments(tx, (id, third, fee_from), drawn, before, at).await?;
    let people: Vec<PersonId> = drawn.iter().map(|one| one.person).collect();
    count(tx, &people, record::Column::Assigned).await?;
    let next = loaded.recorded.status.after(ClaimStep::Assign);
    claim::step(tx, id, next.map_err(DutyError::from)?).await
}

/// Draws who follows where somebody left, as far as there is anybody: otherwise the seat stays open.
async fn follow(
    tx: &mut Tx,
    loaded: &Loaded,
    prepared: &Prepared,
    by: EntryActor,
) -> Result<(), AppError> {
    let seats = quorum::assignments(tx, loaded.recorded.claim.id).await?;
    let third = next_draw(&prepared.quorum, &seats)?;
    match draw(tx, loaded, prepared, third).await? {
        Ok(drawn) => assign(tx, loaded, prepared, by, (&drawn, third)).await,
        Err(DutyError::TooFew(_)) => Ok(()),
        Err(refused) => Err(refused.into()),
    }
}

struct Assign {
    actor: Actor,
    id: ClaimId,
    prepared: Prepared,
}

impl Command for Assign {
    const NAME: &'static str = "assign_verifiers";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let facts = Facts::default();
        let permit = authorize(tx, &self.actor, Action::AssignVerifiers, &facts).await?;
        let loaded = Loaded::load(tx, self.id).await?;
        let seats = quorum::assignments(tx, self.id).await?;
        loaded
            .recorded
            .status
            .after(ClaimStep::Assign)
            .map_err(DutyError::from)?;
        let third = next_draw(&self.prepared.quorum, &seats)?;
        let drawn = draw(tx, &loaded, &self.prepared, third).await??;
        assign(tx, &loaded, &self.prepared, permit.actor, (&drawn, third)).await?;
        Ok(self.id)
    }
}

struct Leave {
    actor: Actor,
    id: ClaimId,
    prepared: Prepared,
    how: Leaving,
    reason: Remark,
}

impl Command for Leave {
    const NAME: &'static str = "leave_assignment";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let facts = Facts::default();
        authorize(tx, &self.actor, Action::LeaveAssignment, &facts).await?;
        let loaded = Loaded::load(tx, self.id).await?;
        let seats = quorum::assignments(tx, self.id).await?;
        let by = as_drawn(tx, &self.actor, &seats).await?;
        decide_leaving(loaded.recorded.status, &seats, by.id, self.how)?;
        let (claim, reason) = (self.id, self.reason.hash);
        let (body, counted): (Body, _) = match self.how {
            Leaving::Withdrew => (
                VerifierWithdrew { claim, reason }.into(),
                record::Column::Withdrew,
            ),
            _ => (
                VerifierDeclined { claim, reason }.into(),
                record::Column::Declined,
            ),
        };
        tx.append(Draft {
            actors: vec![by.clone()],
            subject: claim.to_string(),
            inputs_upto: None,
            body,
        })?;
        let left = assignment::ActiveModel {
            left_how: Set(Some(word(self.how)?)),
            reason: Set(Some(reason.as_bytes().to_vec())),
            ..Default::default()
        };
        quorum::change_seat(tx, claim, by.id, left).await?;
        self.reason.keep(tx).await?;
        count(tx, &[by.id], counted).await?;
        follow(tx, &loaded, &self.prepared, by).await?;
        Ok(claim)
    }
}

struct Discharge {
    actor: Actor,
    id: ClaimId,
    prepared: Prepared,
    verifier: PersonId,
}

impl Command for Discharge {
    const NAME: &'static str = "discharge_verifier";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let loaded = Loaded::load(tx, self.id).await?;
        let permit = loaded
            .permit(tx, &self.actor, Action::DischargeVerifier)
            .await?;
        let seats = quorum::assignments(tx, self.id).await?;
        let fit = self.fit(tx, &loaded, &seats).await?;
        let at = (loaded.recorded.status, tx.at());
        decide_discharge(at, &self.prepared.quorum, &seats, self.verifier, fit).map_err(
            |error| match error {
                DutyError::NotDrawn(_) => AppError::refused_at("NOT_DRAWN", "verifier", error),
                other => other.into(),
            },
        )?;
        tx.append(Draft {
            actors: vec![permit.actor.clone()],
            subject: self.id.to_string(),
            inputs_upto: None,
            body: VerifierDischarged {
                claim: self.id,
                verifier: self.verifier,
            }
            .into(),
        })?;
        let left = assignment::ActiveModel {
            left_how: Set(Some(word(Leaving::Discharged)?)),
            ..Default::default()
        };
        quorum::change_seat(tx, self.id, self.verifier, left).await?;
        count(tx, &[self.verifier], record::Column::Discharged).await?;
        follow(tx, &loaded, &self.prepared, permit.actor).await?;
        Ok(self.id)
    }
}

impl Discharge {
    /// Whether the verifier still holds the role for which they were drawn, and belongs to no party.
    async fn fit(&self, tx: &Tx, loaded: &Loaded, seats: &[Assignment]) -> Result<bool, AppError> {
        let Some(seat) = seat_of(seats, self.verifier) else {
            return Ok(false);
        };
        let role = Role::Verifier.as_str().to_owned();
        let key = (self.verifier.uuid(), seat.organisation.uuid(), role);
        let granted = role_grant::Entity::find_by_id(key).one(tx).await?;
        let groups = group::groups_of(tx, self.verifier).await?;
        let independent = check_independent(&loaded.facts(), self.verifier, &|_| groups.clone());
        Ok(granted.is_some() && independent.is_ok())
    }
}

impl Prepared {
    /// Stores the seed that an entry reveals, unless an earlier one has.
    pub(crate) async fn reveal(&self, tx: &Tx, id: ClaimId, index: u64) -> Result<(), AppError> {
        let (place, drawn) = ((self.number, self.position), (self.link, self.seed));
        quorum::reveal(tx, id, place, drawn, index).await
    }
}

impl App {
    /// What the draws for a claim need, which a quorum must bind.
    pub(crate) async fn bound(&self, id: ClaimId) -> Result<Prepared, AppError> {
        let message =
            "no quorum was published before the claim: any independent verifier may verify it";
        let prepared = self.prepared(id).await?;
        prepared.ok_or_else(|| AppError::refused_at("NO_QUORUM", "claim", message))
    }

    /// Draws verifiers for the open seats of a claim. Whoever calls for it, the draw is the same.
    pub async fn assign_verifiers(
        &self,
        actor: &Actor,
        id: ClaimId,
    ) -> Result<Written<ClaimId>, AppError> {
        let command = Assign {
            actor: actor.clone(),
            id,
            prepared: self.bound(id).await?,
        };
        self.store.write(None, command).await
    }

    /// Gives a seat back before beginning, as the verifier who was drawn. The next by lot is drawn.
    pub async fn decline_assignment(
        &self,
        actor: &Actor,
        id: ClaimId,
        reason: &str,
    ) -> Result<Written<ClaimId>, AppError> {
        self.leave(actor, id, Leaving::Declined, reason).await
    }

    /// Gives a seat back after asking about the claim. The next by lot is drawn.
    pub async fn withdraw_from_assignment(
        &self,
        actor: &Actor,
        id: ClaimId,
        reason: &str,
    ) -> Result<Written<ClaimId>, AppError> {
        self.leave(actor, id, Leaving::Withdrew, reason).await
    }

    async fn leave(
        &self,
        actor: &Actor,
        id: ClaimId,
        how: Leaving,
        reason: &str,
    ) -> Result<Written<ClaimId>, AppError> {
        let command = Leave {
            actor: actor.clone(),
            id,
            prepared: self.bound(id).await?,
            how,
            reason: Remark::new(self, "reason", reason)?,
        };
        self.store.write(None, command).await
    }

    /// Gives the seat of a verifier free who is too late or may not judge any more, as a registrar. The next by lot is drawn.
    pub async fn discharge_verifier(
        &self,
        actor: &Actor,
        id: ClaimId,
        verifier: PersonId,
    ) -> Result<Written<ClaimId>, AppError> {
        let command = Discharge {
            actor: actor.clone(),
            id,
            prepared: self.bound(id).await?,
            verifier,
        };
        self.store.write(None, command).await
    }
}
