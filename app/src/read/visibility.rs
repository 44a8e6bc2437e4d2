//! What a reader is to a tender: the table of `domain` says from it what they may see. The buyer and auditors see bids
//! whole, bidders what is for the parties
//! of their lots, others what is public; a member of the panel what their own state allows.

use std::collections::{HashMap, HashSet};

use commonweal_domain::actor::{Actor, Role};
use commonweal_domain::ids::{Id, OrganisationId, TenderId};
use commonweal_domain::scoring::scorecard::Audience;
use commonweal_domain::tender::CriterionCode;
use commonweal_domain::tender::panel::sight::{self, Own, Phase, What, may_see, may_see_in};
use commonweal_domain::tender::plan::Plan;
use commonweal_domain::tender::stage::Stage;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::Read;
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::bid;
use crate::store::organisation::{self, role_grant};
use crate::store::panel::panel_member;
use crate::store::tender;

/// A tender as far as it decides what is seen.
#[derive(Debug)]
struct Known {
    buyer: OrganisationId,
    plan: Plan,
    stage: Stage,
}

/// What a reader is to some tenders.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    actor: &'a Actor,
    tenders: HashMap<Uuid, Known>,
    /// The lots for which one of the actor's organisations bids, by tender.
    party: HashMap<Uuid, HashSet<String>>,
    /// Tenders in which someone bids who belongs to an organisation of the actor; asked for officers and auditors only.
    interested: HashSet<Uuid>,
    /// Tenders on whose panel the actor sits or sat.
    member: HashMap<Uuid, sight::Reader>,
}

impl<'a> Reader<'a> {
    /// Finds out in four statements at most.
    pub(crate) async fn new(
        read: &Read<'_>,
        actor: &'a Actor,
        tenders: &[TenderId],
    ) -> Result<Self, AppError> {
        let ids: HashSet<Uuid> = tenders.iter().map(|id| id.uuid()).collect();
        let rows = tender::Entity::find()
            .filter(tender::Column::Id.is_in(ids.iter().copied()))
            .all(read.db)
            .await?;
        let known = rows.into_iter().map(|row| {
            let known = Known {
                buyer: OrganisationId::from_uuid(row.buyer_id),
                plan: serde_json::from_slice(&row.plan).map_err(AppError::internal)?,
                stage: from_word(&row.stage)?,
            };
            Ok((row.id, known))
        });
        let suppliers: Vec<Uuid> = actor.organisations(Role::Supplier).map(Id::uuid).collect();
        let mut party: HashMap<Uuid, HashSet<String>> = HashMap::new();
        if !suppliers.is_empty() {
            let own = bid::Entity::find()
                .filter(bid::Column::TenderId.is_in(ids.iter().copied()))
                .filter(bid::Column::SupplierId.is_in(suppliers))
                .all(read.db)
                .await?;
            for row in own {
                party.entry(row.tender_id).or_default().insert(row.lot);
            }
        }
        Ok(Self {
            actor,
            tenders: known.collect::<Result<_, AppError>>()?,
            party,
            interested: interests(read, actor, &ids).await?,
            member: seats(read, actor, ids).await?,
        })
    }

    fn known(&self, tender: Uuid) -> Result<&Known, AppError> {
        let found = self.tenders.get(&tender);
        found.ok_or_else(|| AppError::internal("a bid without its tender"))
    }

    /// The plan of a tender.
    pub(crate) fn plan(&self, tender: Uuid) -> Result<&Plan, AppError> {
        Ok(&self.known(tender)?.plan)
    }

    /// What the actor is to a tender. Whoever sits or sat on its panel is that and nothing else, and nobody audits a tender
    /// or is an officer of it in which their own side bids.
    pub(crate) fn reader(&self, tender: Uuid) -> sight::Reader {
        if let Some(member) = self.member.get(&tender) {
            return *member;
        }
        let buyer = self.tenders.get(&tender).map(|known| known.buyer);
        let apart = !self.interested.contains(&tender);
        if apart && buyer.is_some_and(|buyer| self.actor.holds(buyer, Role::Officer)) {
            sight::Reader::Officer
        } else if apart && self.audits() {
            sight::Reader::Auditor
        } else if self.party.contains_key(&tender) {
            sight::Reader::Bidder
        } else {
            sight::Reader::Public
        }
    }

    fn audits(&self) -> bool {
        audits(self.actor)
    }

    /// Whether the actor may see something of a tender now.
    pub(crate) fn sees(&self, tender: Uuid, what: What) -> bool {
        let stage = self.tenders.get(&tender).map(|known| known.stage);
        stage.is_some_and(|stage| may_see(self.reader(tender), stage, what))
    }

    /// The same for what belongs to calibration: whether everyone who marks has calibrated decides with the stage.
    pub(crate) fn sees_calibration(&self, tender: Uuid, calibrated: bool, what: What) -> bool {
        let stage = self.tenders.get(&tender).map(|known| known.stage);
        let phase = stage.map(|stage| Phase::calibrating(stage, calibrated));
        phase.is_some_and(|phase| may_see_in(self.reader(tender), phase, what))
    }

    /// As whom the actor reads a bid; `None` when they may not see it at all.
    pub(crate) fn audience_of(&self, bid: &bid::Model) -> Option<Audience> {
        let supplier = OrganisationId::from_uuid(bid.supplier_id);
        let own = self.actor.holds(supplier, Role::Supplier);
        if own && !self.sees(bid.tender_id, What::WholeBids) {
            return Some(Audience::Own);
        }
        self.audience(bid.tender_id, &bid.lot)
    }

    /// As whom the actor reads what is said of the bids for a lot; `None` when they may not see them at all. Who bids for
    /// another lot of the tender competes with none of them, and is the public here.
    pub(crate) fn audience(&self, tender: Uuid, lot: &str) -> Option<Audience> {
        let party = self.party.get(&tender);
        if self.sees(tender, What::WholeBids) {
            Some(Audience::Full)
        } else if !self.sees(tender, What::PublicFields) {
            None
        } else if party.is_some_and(|lots| lots.contains(lot)) {
            Some(Audience::Party)
        } else {
            Some(Audience::Public)
        }
    }
}

/// Whether a reason in words may be shown, which may quote the answers: whoever may see those of a criterion's lot.
pub(super) fn may_quote(
    reader: &Reader<'_>,
    tender: Uuid,
    criterion: &CriterionCode,
) -> Result<bool, AppError> {
    let plan = reader.plan(tender)?;
    let lot = plan.lot_of(criterion);
    let audience = lot.and_then(|lot| reader.audience(tender, lot.code.as_str()));
    Ok(audience.is_some_and(|audience| audience.may_see(&plan.disclosure.answers)))
}

fn audits(actor: &Actor) -> bool {
    actor.organisations(Role::Auditor).next().is_some()
}

/// Tenders with a bid of the beneficial-owner group of an organisation in which an officer or auditor holds any role, also one
/// that their token does not name; no statement for others.
async fn interests(
    read: &Read<'_>,
    actor: &Actor,
    tenders: &HashSet<Uuid>,
) -> Result<HashSet<Uuid>, AppError> {
    let sees_whole = audits(actor) || actor.organisations(Role::Officer).next().is_some();
    let Some(person) = actor.person_id().filter(|_| sees_whole) else {
        return Ok(HashSet::new());
    };
    let own = Query::select()
        .column(role_grant::Column::OrganisationId)
        .from(role_grant::Entity)
        .and_where(role_grant::Column::PersonId.eq(person.uuid()))
        .to_owned();
    let groups = Query::select()
        .column(organisation::Column::GroupId)
        .from(organisation::Entity)
        .and_where(organisation::Column::Id.in_subquery(own))
        .to_owned();
    let related = Query::select()
        .column(organisation::Column::Id)
        .from(organisation::Entity)
        .and_where(organisation::Column::GroupId.in_subquery(groups))
        .to_owned();
    let tenders = bid::Entity::find()
        .select_only()
        .column(bid::Column::TenderId)
        .distinct()
        .filter(bid::Column::TenderId.is_in(tenders.iter().copied()))
        .filter(bid::Column::SupplierId.in_subquery(related))
        .into_tuple()
        .all(read.db)
        .await?;
    Ok(tenders.into_iter().collect())
}

/// The actor's seats on the panels of tenders; no statement for the public.
async fn seats(
    read: &Read<'_>,
    actor: &Actor,
    tenders: HashSet<Uuid>,
) -> Result<HashMap<Uuid, sight::Reader>, AppError> {
    let Some(person) = actor.person_id() else {
        return Ok(HashMap::new());
    };
    let rows = panel_member::Entity::find()
        .filter(panel_member::Column::PersonId.eq(person.uuid()))
        .filter(panel_member::Column::TenderId.is_in(tenders))
        .all(read.db)
        .await?;
    let seat = |row: panel_member::Model| {
        let own = match (row.removed_idx, row.cleared, row.finished) {
            (Some(_), ..) => Own::Removed,
            (_, false, _) => Own::Undeclared,
            (.., true) => Own::Finished,
            (.., false) => Own::Marking,
        };
        (row.tender_id, sight::Reader::member(own, row.chairs))
    };
    Ok(rows.into_iter().map(seat).collect())
}
