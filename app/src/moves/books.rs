//! What the decisions about the moves of one commit need, loaded once.

use std::collections::{BTreeSet, HashMap};

use commonweal_domain::actor::Permit;
use commonweal_domain::credit::movement::{Blocks, Trade, TransferFacts};
use commonweal_domain::credit::posting::{Account, Bucket};
use commonweal_domain::credit::{Batch, Class, Serials};
use commonweal_domain::ids::{
    BatchId, ChallengeId, ClaimId, ClassId, Id, LiabilityId, OrganisationId,
};
use commonweal_domain::organisation::Sector;
use commonweal_domain::time::Period;
use uuid::Uuid;

use super::{Asked, Line, Request};
use crate::error::AppError;
use crate::organisation::from_word;
use crate::store::credit::{batch, class, class_of};
use crate::store::{Staged, Tx, challenge, claim, columns, moves, organisation};

/// An organisation as far as a move asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Party {
    group: OrganisationId,
    public: bool,
}

/// Everything but balances, which the transaction's ledger has. Moves change none of it but what groups hold, so it
/// stays true from the first move of a commit to the last, and until somebody does something else.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// Whether a grant is in force.
    grants: HashMap<moves::GrantKey, bool>,
    batches: HashMap<BatchId, (batch::Model, Period)>,
    classes: HashMap<Uuid, Class>,
    parties: HashMap<OrganisationId, Party>,
    /// The challenge that freezes the unsold units of a KPI, or of a claim outside contracts, if there is one. One may end with
    /// time alone, but none begins so.
    frozen: HashMap<Uuid, Option<ChallengeId>>,
    /// The open liability of a group, if there is one.
    liable: HashMap<OrganisationId, Option<LiabilityId>>,
    /// Units that groups hold of classes with a limit, as they were when they were read.
    holds: HashMap<(ClassId, OrganisationId), i64>,
    /// What this commit has added to them since.
    moved: HashMap<(ClassId, OrganisationId), i64>,
}

impl Books {
    /// Loads what is not known yet in at most twelve statements, however many moves there are.
    pub(crate) async fn load(&mut self, tx: &mut Tx, lines: &[&Line]) -> Result<(), AppError> {
        if lines.is_empty() {
            return Ok(());
        }
        let requests = || lines.iter().map(|line| &line.request);
        let permits = lines
            .iter()
            .filter_map(|line| line.request.permit(&line.actor).ok());
        let keys = permits.map(|permit| grant_key(&permit));
        let keys: BTreeSet<_> = keys.filter(|key| !self.grants.contains_key(key)).collect();
        let granted = moves::grants(tx, &keys).await?;
        let known = keys.into_iter().map(|key| {
            let granted = granted.contains(&key);
            (key, granted)
        });
        self.grants.extend(known);
        let accounts: Vec<Account> = requests().flat_map(Request::accounts).collect();
        tx.load_balances(&accounts).await?;
        let asked: Vec<Asked> = requests().map(Request::asked).collect();
        self.load_for(tx, &asked).await
    }

    /// Whether everything that the decision about a move needs is known, balances aside.
    pub(crate) fn knows(&self, line: &Line) -> bool {
        let Asked {
            batch,
            holder,
            receiver,
            named,
        } = line.request.asked();
        let Some((row, _)) = self.batches.get(&batch) else {
            return false;
        };
        let granted = line
            .request
            .permit(&line.actor)
            .ok()
            .map(|permit| grant_key(&permit));
        let parties = [Some(holder), receiver, named, Some(claimant(row))];
        let group = self.parties.get(&holder).map(|party| party.group);
        let free =
            !self.related(claimant(row), holder) || self.frozen.get(&reach(row)) == Some(&None);
        let counted = receiver.is_none_or(|receiver| {
            !self.limited(row.class_id)
                || self
                    .pair(batch, receiver)
                    .is_some_and(|pair| self.holds.contains_key(&pair))
        });
        granted.is_some_and(|key| self.grants.contains_key(&key))
            && parties
                .into_iter()
                .flatten()
                .all(|party| self.parties.contains_key(&party))
            && group.is_some_and(|group| self.liable.contains_key(&group))
            && free
            && counted
    }

    /// How many organisations, grants, batches and others it knows.
    pub(crate) fn len(&self) -> usize {
        [
            self.grants.len(),
            self.batches.len(),
            self.parties.len(),
            self.frozen.len(),
            self.holds.len(),
        ]
        .into_iter()
        .sum()
    }

    /// The same for a command of its own, whose permit it asks for itself.
    pub(crate) async fn one(tx: &mut Tx, asked: Asked) -> Result<Self, AppError> {
        let own = [Some(asked.holder), asked.receiver].into_iter().flatten();
        let own = own.map(|holder| (Some(holder), Bucket::Available));
        load_accounts(tx, &[asked.batch], own.chain(COUNTERS).collect()).await?;
        let mut books = Self::default();
        books.load_for(tx, &[asked]).await?;
        Ok(books)
    }

    /// Batches with their serials and classes, and nothing else.
    pub(crate) async fn of_batches(tx: &mut Tx, ids: &[BatchId]) -> Result<Self, AppError> {
        load_accounts(tx, ids, COUNTERS.to_vec()).await?;
        let mut books = Self::default();
        books
            .load_batches(tx, ids.iter().copied().collect())
            .await?;
        Ok(books)
    }

    async fn load_for(&mut self, tx: &mut Tx, asked: &[Asked]) -> Result<(), AppError> {
        let batches = asked.iter().map(|asked| asked.batch).collect();
        self.load_batches(tx, batches).await?;
        let named = asked
            .iter()
            .flat_map(|asked| [Some(asked.holder), asked.receiver, asked.named]);
        let asked_for = asked
            .iter()
            .filter_map(|asked| self.batches.get(&asked.batch));
        let claimants = asked_for.map(|(row, _)| claimant(row));
        let parties = named.flatten().chain(claimants).collect();
        self.load_parties(tx, parties).await?;
        self.load_blocks(tx, asked).await?;
        self.load_holds(tx, asked).await
    }

    async fn load_batches(&mut self, tx: &Tx, ids: BTreeSet<BatchId>) -> Result<(), AppError> {
        let ids = ids.iter().filter(|id| !self.batches.contains_key(id));
        let ids = ids.map(|id| id.uuid()).collect();
        let rows: Vec<batch::Model> = moves::by_id::<batch::Entity>(tx, &ids).await?;
        let classes = rows.iter().map(|row| row.class_id).collect();
        for row in moves::by_id::<class::Entity>(tx, &classes).await? {
            self.classes.insert(row.id, class_of(&row)?);
        }
        let claims = rows.iter().map(|row| row.claim_id).collect();
        let mut periods = HashMap::new();
        for row in moves::by_id::<claim::Entity>(tx, &claims).await? {
            periods.insert(row.id, columns::period(&row.from_day, &row.to_day)?);
        }
        for row in rows {
            let period = periods.get(&row.claim_id).copied();
            let period = period.ok_or_else(|| gone(row.id))?;
            self.batches
                .insert(BatchId::from_uuid(row.id), (row, period));
        }
        Ok(())
    }

    async fn load_parties(
        &mut self,
        tx: &Tx,
        ids: BTreeSet<OrganisationId>,
    ) -> Result<(), AppError> {
        let ids = ids.iter().filter(|id| !self.parties.contains_key(id));
        let ids = ids.map(|id| id.uuid()).collect();
        for row in moves::by_id::<organisation::Entity>(tx, &ids).await? {
            let party = Party {
                group: OrganisationId::from_uuid(row.group_id),
                public: from_word::<Sector>(&row.sector)? == Sector::Public,
            };
            self.parties
                .insert(OrganisationId::from_uuid(row.id), party);
        }
        Ok(())
    }

    async fn load_blocks(&mut self, tx: &Tx, asked: &[Asked]) -> Result<(), AppError> {
        let (mut reached, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for Asked { batch, holder, .. } in asked {
            groups.extend(self.parties.get(holder).map(|party| party.group.uuid()));
            let found = self.batches.get(batch);
            let own = found.filter(|(row, _)| self.related(claimant(row), *holder));
            reached.extend(own.map(|(row, _)| reach(row)));
        }
        reached.retain(|id| !matches!(self.frozen.get(id), Some(None)));
        let frozen = challenge::frozen(tx, &reached).await?;
        let found = reached.into_iter().map(|id| (id, frozen.get(&id).copied()));
        self.frozen.extend(found);
        groups.retain(|group| !self.liable.contains_key(&OrganisationId::from_uuid(*group)));
        let liable = moves::liable(tx, &groups).await?;
        let found = groups.into_iter().map(OrganisationId::from_uuid);
        let found = found.map(|group| (group, liable.get(&group).copied()));
        self.liable.extend(found);
        Ok(())
    }

    fn related(&self, one: OrganisationId, other: OrganisationId) -> bool {
        let group = |id| self.parties.get(&id).map(|party| party.group);
        group(one).is_some() && group(one) == group(other)
    }

    /// What the receivers' groups hold of classes with a limit.
    async fn load_holds(&mut self, tx: &Tx, asked: &[Asked]) -> Result<(), AppError> {
        let mut wanted = BTreeSet::new();
        for Asked {
            batch, receiver, ..
        } in asked
        {
            let class = self.batches.get(batch).map(|(row, _)| row.class_id);
            let limited = class.filter(|class| self.limited(*class));
            let party = receiver.and_then(|receiver| self.parties.get(&receiver));
            if let (Some(class), Some(party)) = (limited, party) {
                wanted.insert((class, party.group.uuid()));
            }
        }
        let key = |(class, group): &(Uuid, Uuid)| {
            (
                ClassId::from_uuid(*class),
                OrganisationId::from_uuid(*group),
            )
        };
        wanted.retain(|pair| !self.holds.contains_key(&key(pair)));
        if wanted.is_empty() {
            return Ok(());
        }
        let mut holds = moves::holds(tx, &wanted).await?;
        // The tables do not show what this commit has moved so far.
        let staged: Vec<_> = tx.staged().postings().copied().collect();
        let batches = staged.iter().map(|posting| posting.account.batch);
        self.load_batches(tx, batches.collect()).await?;
        let holders = staged.iter().filter_map(|posting| posting.account.holder);
        self.load_parties(tx, holders.collect()).await?;
        for posting in staged {
            if let Some(holder) = posting.account.holder
                && let Some(pair) = self.pair(posting.account.batch, holder)
                && let Some(units) = holds.get_mut(&pair)
            {
                *units = units.saturating_add(posting.amount);
            }
        }
        self.holds.extend(holds);
        Ok(())
    }

    fn limited(&self, class: Uuid) -> bool {
        let class = self.classes.get(&class);
        class.is_some_and(|class| class.holding_limit_units.is_some())
    }

    /// The class of a batch and the group of a holder.
    fn pair(&self, batch: BatchId, holder: OrganisationId) -> Option<(ClassId, OrganisationId)> {
        let (row, _) = self.batches.get(&batch)?;
        let party = self.parties.get(&holder)?;
        Some((ClassId::from_uuid(row.class_id), party.group))
    }

    fn holder_moved(&mut self, batch: BatchId, holder: OrganisationId, units: i64) {
        if let Some(pair) = self.pair(batch, holder)
            && self.holds.contains_key(&pair)
        {
            let moved = self.moved.entry(pair).or_default();
            *moved = moved.saturating_add(units);
        }
    }

    /// Takes in for good what this commit has moved, once it is durable.
    pub(crate) fn settle(&mut self) {
        for (pair, units) in self.moved.drain() {
            let holds = self.holds.entry(pair).or_default();
            *holds = holds.saturating_add(units);
        }
    }

    /// Takes back what this commit has moved.
    pub(crate) fn forget(&mut self) {
        self.moved.clear();
    }

    /// Takes a move in that was accepted.
    pub(crate) fn accept(&mut self, request: &Request) {
        match request {
            Request::Transfer { input, .. } => {
                self.holder_moved(input.batch, input.from, input.units.saturating_neg());
                self.holder_moved(input.batch, input.to, input.units);
            }
            Request::Retire { input, .. } => {
                self.holder_moved(input.batch, input.holder, input.units.saturating_neg());
            }
            Request::Hold { .. } => {}
        }
    }

    /// The permit, while the role behind it is still held.
    pub(super) fn permit(&self, line: &Line) -> Result<Permit, AppError> {
        let permit = line.request.permit(&line.actor)?;
        if self.grants.get(&grant_key(&permit)) == Some(&true) {
            return Ok(permit);
        }
        Err(AppError::Forbidden(
            "the role was revoked: sign in again".to_owned(),
        ))
    }

    /// An organisation that joined.
    pub(crate) fn party(&self, id: OrganisationId) -> Option<Party> {
        self.parties.get(&id).copied()
    }

    /// A batch with its serials as they stand in this commit, and its class.
    pub(crate) fn batch(&self, staged: &Staged, id: BatchId) -> Result<(Batch, &Class), AppError> {
        let (row, period) = self
            .batches
            .get(&id)
            .ok_or_else(crate::account::unknown_batch)?;
        let class = self
            .classes
            .get(&row.class_id)
            .ok_or_else(|| gone(row.id))?;
        let counter = |bucket| {
            staged.known_balance(Account {
                batch: id,
                holder: None,
                bucket,
            })
        };
        let issued = row.obligated_units.saturating_add(row.surplus_units);
        let removed = counter(Bucket::Cancelled).saturating_add(counter(Bucket::Reversed));
        let serials = Serials::resume(issued, counter(Bucket::Retired), removed);
        let batch = Batch {
            id,
            class: class.id,
            claim: ClaimId::from_uuid(row.claim_id),
            claimant: claimant(row),
            period: *period,
            serials: serials.map_err(AppError::internal)?,
        };
        Ok((batch, class))
    }

    /// The units of a batch that a holder may use now, and what keeps them where they are.
    pub(crate) fn free(
        &self,
        staged: &Staged,
        batch: &Batch,
        holder: OrganisationId,
    ) -> (i64, Blocks) {
        let available = staged.known_balance(Account {
            batch: batch.id,
            holder: Some(holder),
            bucket: Bucket::Available,
        });
        let group = self.parties.get(&holder).map(|party| party.group);
        let blocks = Blocks {
            frozen: self.related(batch.claimant, holder) && self.is_frozen(batch.id),
            liable: group.and_then(|group| self.liable.get(&group).copied().flatten()),
        };
        (available, blocks)
    }

    fn is_frozen(&self, batch: BatchId) -> bool {
        let found = self.batches.get(&batch);
        found.is_some_and(|(row, _)| self.frozen.get(&reach(row)).is_some_and(Option::is_some))
    }

    /// A challenge that freezes a batch, whoever holds its units.
    pub(crate) async fn freezing(
        &self,
        tx: &Tx,
        batch: BatchId,
    ) -> Result<Option<ChallengeId>, AppError> {
        let found = self.batches.get(&batch);
        let reached = found.map(|(row, _)| reach(row)).into_iter().collect();
        let frozen = challenge::frozen(tx, &reached).await?;
        Ok(frozen.into_values().min())
    }

    /// What the decision about a trade needs.
    pub(crate) fn transfer_facts(
        &self,
        staged: &Staged,
        trade: Trade<'_>,
        (batch, class): (&Batch, &Class),
    ) -> Result<TransferFacts, AppError> {
        let receiver = self.party(trade.to);
        let receiver = receiver.ok_or_else(|| unknown("to", "the receiver is not registered"))?;
        let sender = self.party(trade.from);
        let sender = sender.ok_or_else(|| unknown("from", "the sender is not registered"))?;
        let (available, blocks) = self.free(staged, batch, trade.from);
        let pair = (class.id, receiver.group);
        let [holds, moved] = [&self.holds, &self.moved].map(|units| units.get(&pair).copied());
        Ok(TransferFacts {
            available,
            receiver_holds: holds.unwrap_or(0).saturating_add(moved.unwrap_or(0)),
            related: sender.group == receiver.group,
            receiver_public: receiver.public,
            blocks,
        })
    }
}

/// Where units of a batch are that belong to nobody.
const COUNTERS: [(Option<OrganisationId>, Bucket); 4] = [
    (None, Bucket::Retired),
    (None, Bucket::Cancelled),
    (None, Bucket::Reversed),
    (None, Bucket::Buffer),
];

async fn load_accounts(
    tx: &mut Tx,
    batches: &[BatchId],
    of_each: Vec<(Option<OrganisationId>, Bucket)>,
) -> Result<(), AppError> {
    let accounts = batches.iter().flat_map(|batch| {
        of_each.iter().map(|(holder, bucket)| Account {
            batch: *batch,
            holder: *holder,
            bucket: *bucket,
        })
    });
    tx.load_balances(&accounts.collect::<Vec<_>>()).await
}

/// Somebody is named who never joined.
pub(super) fn unknown(field: &'static str, message: &str) -> AppError {
    AppError::refused_at("UNKNOWN_ORGANISATION", field, message)
}

fn grant_key(permit: &Permit) -> moves::GrantKey {
    let by = &permit.actor;
    (
        by.id.uuid(),
        by.organisation.uuid(),
        by.role.as_str().to_owned(),
    )
}

/// Whose challenges freeze a batch: those of all issued claims of its KPI, from each of which a reduction takes from it, and
/// outside contracts those of its claim.
fn reach(row: &batch::Model) -> Uuid {
    row.kpi_id.unwrap_or(row.claim_id)
}

fn claimant(row: &batch::Model) -> OrganisationId {
    OrganisationId::from_uuid(row.claimant_id)
}

fn gone(batch: Uuid) -> AppError {
    AppError::internal(format!("the batch {batch} lacks its class or claim"))
}
