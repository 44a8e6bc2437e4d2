//! The use-case of many moves in one call: transfers, holds and retirements, each with a key and an answer of its own.
//!
//! Single moves go the same way. The writer decides all moves of a commit together: what they need is loaded in a fixed
//! number of statements, each is decided in memory after the one before it, and their rows are written together.

mod books;
mod decide;
mod line;

use commonweal_domain::actor::Actor;
use commonweal_domain::ids::{HoldId, RetirementId};

use crate::App;
use crate::error::AppError;
use crate::hold::HoldCredits;
use crate::remark::Remark;
use crate::retirement::RetireCredits;
use crate::store::{IdempotencyKey, Written};
use crate::text::place;
use crate::transfer::TransferCredits;

pub(crate) use books::Books;
pub(crate) use decide::decide;
pub(crate) use line::{Asked, Line, RETIRE, Request};

/// Moves in one call.
pub const MOVES_MAX: usize = 200;

/// A move as a caller asks for it.
#[derive(Debug, Clone)]
pub enum Move {
    /// Units change hands.
    Transfer(TransferCredits),
    /// Units are bound to a trade.
    Hold(HoldCredits),
    /// Units are claimed for ever. Cover for a KPI is a call of its own.
    Retire(RetireCredits),
}

/// What a move made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// The transfer at this index of the log.
    Transfer(u64),
    /// This hold.
    Hold(HoldId),
    /// This retirement.
    Retirement(RetirementId),
}

/// The answer to one move: done now, done earlier under the same key, or refused with the field.
pub type MoveAnswer = Result<Written<Moved>, AppError>;

impl Moved {
    /// The answer as the single mutation stores it, so that a key means the same in both.
    pub(crate) fn to_answer(self) -> Result<Vec<u8>, AppError> {
        let answer = match self {
            Self::Transfer(index) => serde_json::to_vec(&index),
            Self::Hold(id) => serde_json::to_vec(&id),
            Self::Retirement(id) => serde_json::to_vec(&id),
        };
        answer.map_err(AppError::internal)
    }
}

impl App {
    /// Makes up to [`MOVES_MAX`] moves, in their order, and answers each by itself: one that is refused holds none of the
    /// others up. A key is one of the single mutation, also where it comes twice in one call.
    pub async fn move_credits(
        &self,
        actor: &Actor,
        moves: Vec<(String, Move)>,
    ) -> Result<Vec<MoveAnswer>, AppError> {
        if actor.person_id().is_none() {
            return Err(AppError::Unauthenticated);
        }
        if moves.is_empty() || moves.len() > MOVES_MAX {
            let found = moves.len();
            let message =
                format!("`moves`: {found} given, expected 1 to {MOVES_MAX}: send several calls");
            return Err(AppError::refused_at("MOVES", "moves", message));
        }
        let prepared = moves
            .into_iter()
            .map(|(key, asked)| self.line(actor, &key, &asked));
        let mut lines = Vec::new();
        let places: Vec<Result<(), AppError>> = prepared
            .map(|line| line.map(|line| lines.push(line)))
            .collect();
        let mut answers = if lines.is_empty() {
            Vec::new()
        } else {
            self.store.write_moves(lines).await?
        }
        .into_iter();
        let lost = || AppError::internal("a move without an answer");
        let mut answer =
            |place: Result<(), AppError>| place.and_then(|()| answers.next().ok_or_else(lost)?);
        Ok(places.into_iter().map(&mut answer).collect())
    }

    /// Makes one move.
    pub(crate) async fn move_one(&self, actor: &Actor, key: &str, asked: &Move) -> MoveAnswer {
        let line = self.line(actor, key, asked)?;
        let mut answers = self.store.write_moves(vec![line]).await?;
        answers
            .pop()
            .unwrap_or_else(|| Err(AppError::internal("a move without an answer")))
    }

    /// Everything about a move that can be done before the writer has it.
    fn line(&self, actor: &Actor, key: &str, asked: &Move) -> Result<Line, AppError> {
        let request = match asked {
            Move::Transfer(input) => Request::Transfer {
                input: input.clone(),
                note: None,
            },
            Move::Hold(input) => Request::Hold {
                id: self.ids.new(),
                input: input.clone(),
            },
            Move::Retire(input) if input.covers.is_some() => {
                let message = "`covers`: cover for a KPI is decided with its contract: send it alone, as retireCredits";
                return Err(AppError::refused_at("COVER_ALONE", "covers", message));
            }
            Move::Retire(input) => Request::Retire {
                id: self.ids.new(),
                jurisdiction: place("jurisdiction", &input.jurisdiction)?,
                input: input.clone(),
                note: None,
            },
        };
        request.permit(actor)?;
        let owner = request.asked().holder;
        let key = match asked {
            Move::Transfer(input) => IdempotencyKey::of_body(owner, key, input),
            Move::Hold(input) => IdempotencyKey::of_body(owner, key, input),
            Move::Retire(input) => IdempotencyKey::of_body(owner, key, input),
        }?;
        Ok(Line {
            actor: actor.clone(),
            key,
            request: self.with_note(request)?,
        })
    }

    fn with_note(&self, mut request: Request) -> Result<Request, AppError> {
        match &mut request {
            Request::Transfer { input, note } => {
                *note = Remark::optional(self, "note", input.note.as_deref())?;
            }
            Request::Retire { input, note, .. } => {
                *note = Remark::optional(self, "note", input.note.as_deref())?;
            }
            Request::Hold { .. } => {}
        }
        Ok(request)
    }
}
