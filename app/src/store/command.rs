//! What callers hand to the store, and how it waits in the writer's queue.

use std::ops::Range;
use std::time::Instant;

use commonweal_domain::time::Time;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::idempotency::{IdempotencyKey, Scope, scope};
use super::session::PrivateTx;
use super::tx::Tx;
use crate::error::AppError;
use crate::moves::Line;

/// A public write: it changes rows and appends to the log, all or nothing.
///
/// The writer may run it again when a batch is discarded for the fault of another, so it decides from what it reads
/// through `tx` alone. Whatever is slow (files, network, encryption, scoring) is done before, ids come in with it.
pub trait Command: Send + Sync + 'static {
    /// The mutation's name: the scope of idempotency keys, and the label of metrics.
    const NAME: &'static str;
    /// The answer. With an idempotency key it is stored as JSON, so it holds no secrets.
    type Out: Serialize + DeserializeOwned + Send + 'static;
    /// Decides and writes. An error undoes everything that this command did, and nothing else.
    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Out, AppError>> + Send;
}

/// A write of what is not public: drafts, autosaved marks, sessions, tokens, refused reads. It cannot append.
pub trait PrivateCommand: Send + Sync + 'static {
    /// The label of metrics.
    const NAME: &'static str;
    /// The answer.
    type Out: Send + 'static;
    /// Decides and writes. An error undoes everything that this command did.
    fn run(&self, tx: &mut PrivateTx) -> impl Future<Output = Result<Self::Out, AppError>> + Send;
}

/// The answer to an accepted public command. It is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// What the command answered.
    pub out: T,
    /// The log's time of the commit.
    pub at: Time,
    /// Indexes of the entries that the command appended.
    pub entries: Vec<u64>,
    /// Whether this is the answer to an earlier request with the same idempotency key.
    pub replayed: bool,
}

impl<T> Written<T> {
    /// The same with a part of what the command answered.
    pub(crate) fn only<U>(self, part: impl FnOnce(T) -> Option<U>) -> Result<Written<U>, AppError> {
        let wrong = || AppError::internal("the answer is another than was asked for");
        Ok(Written {
            out: part(self.out).ok_or_else(wrong)?,
            at: self.at,
            entries: self.entries,
            replayed: self.replayed,
        })
    }
}

/// What the writer decided about one command.
#[derive(Debug)]
pub(super) enum Verdict {
    Accepted {
        at: Time,
        entries: Range<u64>,
        /// The answer as it is stored; empty without an idempotency key.
        answer: Vec<u8>,
    },
    Replayed {
        at: Time,
        entries: Range<u64>,
        answer: Vec<u8>,
    },
    Failed(AppError),
    /// Of each move of a call.
    Moved(Vec<Verdict>),
}

impl Verdict {
    /// Whether anything was accepted that a commit must make durable.
    pub(super) fn changed_anything(&self) -> bool {
        match self {
            Self::Accepted { .. } => true,
            Self::Replayed { .. } | Self::Failed(_) => false,
            Self::Moved(verdicts) => verdicts.iter().any(Self::changed_anything),
        }
    }

    /// Whether nothing of it was refused.
    pub(super) fn went_through(&self) -> bool {
        match self {
            Self::Accepted { .. } | Self::Replayed { .. } => true,
            Self::Failed(_) => false,
            Self::Moved(verdicts) => verdicts.iter().all(Self::went_through),
        }
    }

    /// A short word for metrics.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Replayed { .. } => "replayed",
            Self::Failed(error) => error.kind(),
            Self::Moved(verdicts) => match verdicts.as_slice() {
                [verdict] => verdict.outcome(),
                _ => "answered",
            },
        }
    }
}

/// A command of any type as the writer sees it.
pub(super) trait Work: Send {
    fn name(&self) -> &'static str;
    fn key(&self) -> Option<&IdempotencyKey> {
        None
    }
    /// Under which keys it may have been answered before.
    fn scopes(&self) -> Vec<Scope> {
        let key = self.key();
        key.map(|key| scope(self.name(), key)).into_iter().collect()
    }
    /// The moves that it is made of, which are decided together with those of other jobs. Nothing else is run then.
    fn lines(&self) -> &[Line] {
        &[]
    }
    /// Runs the command. The bytes are the answer to store, empty without an idempotency key.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<Vec<u8>, AppError>>;
    /// Answers the caller, who may have gone.
    fn answer(self: Box<Self>, verdict: Verdict);
}

/// A command in the queue.
pub(super) struct Job {
    pub(super) work: Box<dyn Work>,
    pub(super) queued: Instant,
    /// Whether a batch with it was discarded before: then it runs alone.
    pub(super) again: bool,
}

impl Job {
    pub(super) fn new(work: Box<dyn Work>) -> Self {
        Self {
            work,
            queued: Instant::now(),
            again: false,
        }
    }

    /// Whether it is made of moves.
    pub(super) fn only_moves(&self) -> bool {
        !self.work.lines().is_empty()
    }
}

type Reply<T> = oneshot::Sender<Result<T, AppError>>;

pub(super) struct PublicWork<C: Command> {
    pub(super) command: C,
    pub(super) key: Option<IdempotencyKey>,
    pub(super) out: Option<C::Out>,
    pub(super) reply: Reply<Written<C::Out>>,
}

impl<C: Command> Work for PublicWork<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<Vec<u8>, AppError>> {
        async move {
            let out = self.command.run(tx).await?;
            let answer = match self.key {
                Some(_) => serde_json::to_vec(&out).map_err(AppError::internal)?,
                None => Vec::new(),
            };
            self.out = Some(out);
            Ok(answer)
        }
        .boxed()
    }

    fn answer(self: Box<Self>, verdict: Verdict) {
        let written = |out, at, entries: Range<u64>, replayed| Written {
            out,
            at,
            entries: entries.collect(),
            replayed,
        };
        let result = match verdict {
            Verdict::Accepted { at, entries, .. } => match self.out {
                Some(out) => Ok(written(out, at, entries, false)),
                None => Err(AppError::internal("an accepted command has no answer")),
            },
            Verdict::Replayed {
                at,
                entries,
                answer,
            } => serde_json::from_slice(&answer)
                .map(|out| written(out, at, entries, true))
                .map_err(AppError::internal),
            Verdict::Failed(error) => Err(error),
            Verdict::Moved(_) => Err(AppError::internal("a command is no set of moves")),
        };
        // The caller may have gone; what is done stays done.
        let _ = self.reply.send(result);
    }
}

/// A private command in the writer's queue, where SQLite has one writer for all.
pub(super) struct PrivateWork<C: PrivateCommand> {
    pub(super) command: C,
    pub(super) out: Option<C::Out>,
    pub(super) reply: Reply<C::Out>,
}

impl<C: PrivateCommand> Work for PrivateWork<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<Vec<u8>, AppError>> {
        async move {
            self.out = Some(self.command.run(&mut tx.session).await?);
            Ok(Vec::new())
        }
        .boxed()
    }

    fn answer(self: Box<Self>, verdict: Verdict) {
        let result = match (verdict, self.out) {
            (Verdict::Failed(error), _) => Err(error),
            (_, Some(out)) => Ok(out),
            (_, None) => Err(AppError::internal("an accepted command has no answer")),
        };
        let _ = self.reply.send(result);
    }
}
