//! Many moves in one call: transfers, holds and retirements, each answered by itself.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, OneofObject, SimpleObject};
use commonweal_app::moves::{Move, MoveAnswer, Moved};

use super::context::{UserError, actor, app, loader, settle, user_error};
use super::credit_account::Transfer;
use super::credit_hold::{self, Hold, HoldCreditsInput};
use super::credit_loaders::TransferAt;
use super::credit_mutation::{RetireCreditsInput, TransferCreditsInput};
use super::credit_retirement::{self, Retirement};
use super::errors::Code;
use super::payload::payloads;

/// One move: the input of the mutation that makes it alone.
#[derive(Debug, OneofObject)]
pub enum MoveInput {
    /// As in `transferCredits`.
    Transfer(TransferCreditsInput),
    /// As in `holdCredits`.
    Hold(HoldCreditsInput),
    /// As in `retireCredits`, but without `covers`: cover for a KPI is sent alone.
    Retire(RetireCreditsInput),
}

/// A move as the use-case takes it.
struct Asked {
    /// Its place in the input, such as `moves.3.transfer`.
    path: String,
    key: String,
    what: Move,
    client_mutation_id: Option<String>,
}

impl MoveInput {
    fn parse(self, place: usize) -> async_graphql::Result<Asked> {
        let (word, parsed, key, client_mutation_id) = match self {
            Self::Transfer(input) => (
                "transfer",
                input.parse().map(Move::Transfer),
                input.idempotency_key,
                input.client_mutation_id,
            ),
            Self::Hold(input) => (
                "hold",
                input.parse().map(Move::Hold),
                input.idempotency_key,
                input.client_mutation_id,
            ),
            Self::Retire(input) => (
                "retire",
                input.parse().map(Move::Retire),
                input.idempotency_key,
                input.client_mutation_id,
            ),
        };
        let path = format!("moves.{place}.{word}");
        Ok(Asked {
            what: parsed.map_err(|error| inside(&path, &error))?,
            path,
            key,
            client_mutation_id,
        })
    }
}

/// The error of a field inside a move, with the move's place in front.
fn inside(path: &str, error: &async_graphql::Error) -> async_graphql::Error {
    let field = error
        .extensions
        .as_ref()
        .and_then(|values| values.get("field"));
    let Some(async_graphql::Value::String(field)) = field else {
        return Code::BadUserInput.error_at(path, format!("`{path}`: {}", error.message));
    };
    let whole = format!("{path}.{field}");
    let message = error
        .message
        .replacen(&format!("`{field}`"), &format!("`{whole}`"), 1);
    Code::BadUserInput.error_at(&whole, message)
}

/// Input of `moveCredits`.
#[derive(Debug, InputObject)]
pub struct MoveCreditsInput {
    /// The moves, 1 to 200, which are made in this order.
    moves: Vec<MoveInput>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// What became of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MoveOutcome {
    /// It was made by this call.
    Done,
    /// It was made before under the same key: this is the earlier answer.
    Earlier,
    /// It was not made; the user errors say why.
    Refused,
}

/// The answer to one move.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct MoveResult {
    /// What became of it.
    outcome: MoveOutcome,
    /// Why it was refused; the path leads to the field in the input, such as `moves.3.transfer.units`.
    user_errors: Vec<UserError>,
    /// The id that the client gave this move.
    client_mutation_id: Option<String>,
    #[graphql(skip)]
    moved: Option<Moved>,
}

impl MoveResult {
    fn new(answer: MoveAnswer, path: &str, client_mutation_id: Option<String>) -> Self {
        match answer {
            Ok(written) => Self {
                outcome: if written.replayed {
                    MoveOutcome::Earlier
                } else {
                    MoveOutcome::Done
                },
                user_errors: Vec::new(),
                client_mutation_id,
                moved: Some(written.out),
            },
            Err(error) => {
                let mut shown = user_error(error);
                shown.path = shown.path.map(|field| format!("{path}.{field}"));
                Self {
                    outcome: MoveOutcome::Refused,
                    user_errors: vec![shown],
                    client_mutation_id,
                    moved: None,
                }
            }
        }
    }
}

#[ComplexObject]
impl MoveResult {
    /// The transfer, where it is one that was made.
    async fn transfer(&self, context: &Context<'_>) -> async_graphql::Result<Option<Transfer>> {
        match self.moved {
            Some(Moved::Transfer(index)) => {
                let found = loader(context)?.load_one(TransferAt(index)).await?;
                Ok(found.map(Into::into))
            }
            _ => Ok(None),
        }
    }

    /// The hold, where it is one that was made.
    async fn hold(&self, context: &Context<'_>) -> async_graphql::Result<Option<Hold>> {
        match self.moved {
            Some(Moved::Hold(id)) => credit_hold::load(context, id).await,
            _ => Ok(None),
        }
    }

    /// The retirement with its certificate number, where it is one that was made.
    async fn retirement(&self, context: &Context<'_>) -> async_graphql::Result<Option<Retirement>> {
        match self.moved {
            Some(Moved::Retirement(id)) => credit_retirement::load(context, id).await,
            _ => Ok(None),
        }
    }
}

payloads! {
    /// Answer of `moveCredits`.
    MoveCreditsPayload {
        /// An answer to each move, in their order; null when the call itself was refused.
        results: Vec<MoveResult>
    }
}

/// The mutation of many moves.
#[derive(Debug, Default)]
pub struct MoveMutation;

#[Object]
impl MoveMutation {
    /// Makes up to 200 transfers, holds and retirements in one call, each with a key and an answer of its own: one that is
    /// refused holds none of the others up. Keys are those of `transferCredits`, `holdCredits` and `retireCredits`, so a
    /// move may be repeated alone, and the other way round.
    async fn move_credits(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The moves.")] input: MoveCreditsInput,
    ) -> async_graphql::Result<MoveCreditsPayload> {
        let (app, actor) = (app(context)?, actor(context));
        let asked = input.moves.into_iter().enumerate();
        let asked: Vec<Asked> = asked
            .map(|(place, one)| one.parse(place))
            .collect::<Result<_, _>>()?;
        let (mut moves, mut shown) = (Vec::new(), Vec::new());
        for one in asked {
            moves.push((one.key, one.what));
            shown.push((one.path, one.client_mutation_id));
        }
        let (answers, errors) = settle(app.move_credits(&actor, moves).await)?;
        let results = answers.map(|answers| {
            let results = answers.into_iter().zip(shown);
            results
                .map(|(answer, (path, id))| MoveResult::new(answer, &path, id))
                .collect()
        });
        Ok(MoveCreditsPayload::new(
            (results, errors),
            input.client_mutation_id,
        ))
    }
}
