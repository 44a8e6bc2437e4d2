//! One move decided in memory: its entry is staged, its rows are handed back.

use commonweal_domain::credit::entries::{CreditsHeld, CreditsTransferred};
use commonweal_domain::credit::hold::decide_hold;
use commonweal_domain::credit::movement::{RetirementRequest, decide_retirement, decide_transfer};
use commonweal_domain::ids::{BatchId, HoldId, RetirementId};
use commonweal_domain::log::entry::{Draft, EntryActor};
use commonweal_domain::log::kinds::Body;
use commonweal_domain::place::Place;

use super::books::unknown;
use super::{Books, Line, Moved, Request};
use crate::error::AppError;
use crate::hold::HoldCredits;
use crate::remark::Remark;
use crate::retirement::RetireCredits;
use crate::store::Staged;
use crate::store::moves::Rows;
use crate::transfer::TransferCredits;

/// An accepted move.
pub(crate) struct Decided {
    pub(crate) moved: Moved,
    pub(crate) rows: Rows,
}

/// Decides a move by what the books and the balances say at its turn. It makes no statement.
pub(crate) fn decide(staged: &mut Staged, books: &Books, line: &Line) -> Result<Decided, AppError> {
    let by = books.permit(line)?.actor;
    match &line.request {
        Request::Transfer { input, note } => transfer(staged, books, by, input, note.as_ref()),
        Request::Hold { id, input } => hold(staged, books, by, *id, input),
        Request::Retire {
            id,
            input,
            jurisdiction,
            note,
        } => retire(staged, books, by, (*id, jurisdiction), input, note.as_ref()),
    }
}

fn append(
    staged: &mut Staged,
    by: EntryActor,
    batch: BatchId,
    body: Body,
) -> Result<u64, AppError> {
    staged.append(Draft {
        actors: vec![by],
        subject: batch.to_string(),
        inputs_upto: None,
        body,
    })
}

fn transfer(
    staged: &mut Staged,
    books: &Books,
    by: EntryActor,
    input: &TransferCredits,
    note: Option<&Remark>,
) -> Result<Decided, AppError> {
    let (batch, class) = books.batch(staged, input.batch)?;
    let body = CreditsTransferred {
        batch: input.batch,
        from: input.from,
        to: input.to,
        units: input.units,
        reason: input.reason,
        procurement_reference: input.procurement_reference.clone(),
        note: note.map(|note| note.hash),
    };
    let facts = books.transfer_facts(staged, body.trade(), (&batch, class))?;
    decide_transfer(body.trade(), class, facts)?;
    let mut rows = Rows::default();
    let index = staged.log_size();
    rows.transfer(&body, staged.at(), index)?;
    rows.remark(note);
    append(staged, by, input.batch, body.into())?;
    let moved = Moved::Transfer(index);
    Ok(Decided { moved, rows })
}

fn hold(
    staged: &mut Staged,
    books: &Books,
    by: EntryActor,
    id: HoldId,
    input: &HoldCredits,
) -> Result<Decided, AppError> {
    if input.to.is_some_and(|to| books.party(to).is_none()) {
        return Err(unknown("to", "nobody is registered under this id"));
    }
    let (batch, class) = books.batch(staged, input.batch)?;
    let body = CreditsHeld {
        hold: id,
        batch: input.batch,
        holder: input.holder,
        to: input.to,
        units: input.units,
        expires_at: input.expires_at,
    };
    let free = books.free(staged, &batch, input.holder);
    decide_hold(&body.opened(), class, free, staged.at())?;
    let mut rows = Rows::default();
    rows.hold(&body.opened(), staged.at(), staged.log_size())?;
    append(staged, by, input.batch, body.into())?;
    let moved = Moved::Hold(id);
    Ok(Decided { moved, rows })
}

fn retire(
    staged: &mut Staged,
    books: &Books,
    by: EntryActor,
    (id, jurisdiction): (RetirementId, &Place),
    input: &RetireCredits,
    note: Option<&Remark>,
) -> Result<Decided, AppError> {
    let (batch, class) = books.batch(staged, input.batch)?;
    if books.party(input.beneficiary).is_none() {
        let message =
            "the beneficiary is not registered: a retirement names a registered organisation";
        return Err(unknown("beneficiary", message));
    }
    let request = RetirementRequest {
        id,
        holder: input.holder,
        units: input.units,
        beneficiary: input.beneficiary,
        jurisdiction: jurisdiction.clone(),
        period: input.period,
        note: note.map(|note| note.hash),
        covers: None,
    };
    let free = books.free(staged, &batch, input.holder);
    let body = decide_retirement(request, &batch, class, free)?;
    let mut rows = Rows::default();
    rows.retirement(&body, staged.at(), staged.log_size())?;
    rows.remark(note);
    append(staged, by, input.batch, body.into())?;
    let moved = Moved::Retirement(id);
    Ok(Decided { moved, rows })
}
