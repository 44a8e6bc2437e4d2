//! Use-cases of holds: units are bound to a trade, delivered, given up or expired.

use commonweal_domain::actor::{self, Action, Actor, Facts};
use commonweal_domain::credit::entries::TransferReason;
use commonweal_domain::credit::hold::{Delivery, Hold, HoldRequest, decide_release};
use commonweal_domain::ids::{BatchId, HoldId, Id, OrganisationId};
use commonweal_domain::log::entry::Draft;
use commonweal_domain::time::Time;
use sea_orm::EntityTrait;
use serde::Serialize;

use crate::App;
use crate::account::units_as_text;
use crate::authorization::authorize;
use crate::error::AppError;
use crate::moves::{Asked, Books, Move, Moved};
use crate::store::{Command, IdempotencyKey, Tx, Written, hold};

/// Input of [`App::hold_credits`].
#[derive(Debug, Clone, Serialize)]
pub struct HoldCredits {
    /// Which batch.
    pub batch: BatchId,
    /// Whose units.
    pub holder: OrganisationId,
    /// For whom they are held; none when that is still open.
    pub to: Option<OrganisationId>,
    /// How many smallest units.
    #[serde(serialize_with = "units_as_text")]
    pub units: i64,
    /// From when on nobody can deliver them.
    pub expires_at: Time,
}

/// Input of [`App::deliver_hold`].
#[derive(Debug, Clone, Serialize)]
pub struct DeliverHold {
    /// Which hold.
    pub hold: HoldId,
    /// Who gets the units.
    pub to: OrganisationId,
    /// How many smallest units; the rest is the holder's again.
    #[serde(serialize_with = "units_as_text")]
    pub units: i64,
    /// Why.
    pub reason: TransferReason,
    /// The procurement in which a public body buys them.
    pub procurement_reference: Option<String>,
}

/// How somebody wants a hold to end.
enum Wanted {
    Deliver(Delivery),
    GiveUp,
    Expire,
}

struct EndHold {
    actor: Actor,
    id: HoldId,
    wanted: Wanted,
}

impl Command for EndHold {
    const NAME: &'static str = "end_hold";
    type Out = HoldId;

    async fn run(&self, tx: &mut Tx) -> Result<HoldId, AppError> {
        let found = open(tx, self.id).await?;
        let whose = found.to.unwrap_or(found.holder);
        let (action, organisation) = match self.wanted {
            Wanted::Deliver(_) => (Action::DeliverHold, found.holder),
            Wanted::GiveUp => (Action::GiveUpHold, whose),
            Wanted::Expire => (Action::ExpireHold, found.holder),
        };
        let facts = Facts {
            organisation: Some(organisation),
            ..Facts::default()
        };
        let actor = self.expiring(&found);
        self.check_side(&actor, &found, organisation)?;
        let permit = authorize(tx, &actor, action, &facts).await?;
        let asked = Asked {
            receiver: match &self.wanted {
                Wanted::Deliver(delivery) => Some(delivery.to),
                _ => None,
            },
            ..Asked::of(found.batch, found.holder)
        };
        let books = Books::one(tx, asked).await?;
        let (batch, class) = books.batch(tx.staged(), found.batch)?;
        let request = match &self.wanted {
            Wanted::Deliver(delivery) => {
                let facts =
                    books.transfer_facts(tx.staged(), delivery.trade(&found), (&batch, class))?;
                HoldRequest::Deliver(delivery.clone(), facts)
            }
            Wanted::GiveUp => HoldRequest::GiveUp(permit.actor.organisation),
            Wanted::Expire => HoldRequest::Expire,
        };
        let body = decide_release(&found, class, request, tx.at())?;
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: found.batch.to_string(),
            inputs_upto: None,
            body: body.clone().into(),
        })?;
        let delivered = body.delivered.as_ref().map_or(0, |delivery| delivery.units);
        hold::end(tx, self.id, body.end.as_str(), delivered, index).await?;
        Ok(self.id)
    }
}

impl EndHold {
    /// Says whose step it is to somebody of another organisation. Holds are public.
    fn check_side(
        &self,
        actor: &Actor,
        found: &Hold,
        organisation: OrganisationId,
    ) -> Result<(), AppError> {
        let mut grants = actor.grants().iter();
        let other = !grants.any(|grant| grant.organisation == organisation);
        let part = match (&self.wanted, found.to) {
            (Wanted::Expire, _) => return Ok(()),
            (Wanted::GiveUp, Some(_)) => "for which the units are held",
            (Wanted::GiveUp, None) | (Wanted::Deliver(_), _) => "which holds the units",
        };
        if actor.person_id().is_none() || !other {
            return Ok(());
        }
        Err(AppError::Forbidden(format!(
            "this needs the role supplier or officer in organisation:{organisation}, {part}"
        )))
    }

    /// Whoever lets a hold expire is a registrar, or acts for one of its two sides.
    fn expiring(&self, found: &Hold) -> Actor {
        let Some(person) = self.actor.person_id() else {
            return Actor::public();
        };
        let side = |grant: &&actor::Grant| {
            grant.role == actor::Role::Registrar
                || grant.organisation == found.holder
                || Some(grant.organisation) == found.to
        };
        match self.wanted {
            Wanted::Expire => {
                let grants = self.actor.grants().iter().filter(side).copied();
                Actor::person(person, grants.collect())
            }
            _ => self.actor.clone(),
        }
    }
}

/// An open hold.
async fn open(db: &impl sea_orm::ConnectionTrait, id: HoldId) -> Result<Hold, AppError> {
    let row = hold::Entity::find_by_id(id.uuid()).one(db).await?;
    let row = row.filter(|row| row.ended.is_none());
    let row = row.ok_or(commonweal_domain::credit::hold::HoldError::NotOpen(id))?;
    Ok(hold::hold_of(&row))
}

impl App {
    /// Binds units to a trade. With the same key and body it happens once.
    pub async fn hold_credits(
        &self,
        actor: &Actor,
        key: &str,
        input: HoldCredits,
    ) -> Result<Written<HoldId>, AppError> {
        let answer = self.move_one(actor, key, &Move::Hold(input)).await?;
        answer.only(|moved| match moved {
            Moved::Hold(id) => Some(id),
            _ => None,
        })
    }

    /// Delivers held units; what is not delivered is the holder's again. With the same key and body it happens once.
    pub async fn deliver_hold(
        &self,
        actor: &Actor,
        key: &str,
        input: DeliverHold,
    ) -> Result<Written<HoldId>, AppError> {
        let row = hold::Entity::find_by_id(input.hold.uuid())
            .one(self.store.read())
            .await?;
        let missing = commonweal_domain::credit::hold::HoldError::NotOpen(input.hold);
        let holder = OrganisationId::from_uuid(row.ok_or(missing)?.holder_id);
        let facts = Facts {
            organisation: Some(holder),
            ..Facts::default()
        };
        actor::authorize(actor, Action::DeliverHold, &facts)?;
        let key = IdempotencyKey::of_body(holder, key, &input)?;
        let command = EndHold {
            actor: actor.clone(),
            id: input.hold,
            wanted: Wanted::Deliver(Delivery {
                to: input.to,
                units: input.units,
                reason: input.reason,
                procurement_reference: input.procurement_reference,
            }),
        };
        self.store.write(Some(key), command).await
    }

    /// Gives a hold up, as the organisation for which the units are held, or as their holder where nobody is named.
    pub async fn give_up_hold(
        &self,
        actor: &Actor,
        id: HoldId,
    ) -> Result<Written<HoldId>, AppError> {
        self.end_hold(actor, id, Wanted::GiveUp).await
    }

    /// Lets a hold end whose time is over.
    pub async fn expire_hold(
        &self,
        actor: &Actor,
        id: HoldId,
    ) -> Result<Written<HoldId>, AppError> {
        self.end_hold(actor, id, Wanted::Expire).await
    }

    async fn end_hold(
        &self,
        actor: &Actor,
        id: HoldId,
        wanted: Wanted,
    ) -> Result<Written<HoldId>, AppError> {
        let actor = actor.clone();
        self.store.write(None, EndHold { actor, id, wanted }).await
    }
}
