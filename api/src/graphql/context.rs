//! What resolvers take from the request: the app, the caller, and the errors of use-cases as GraphQL errors.

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, SimpleObject};
use commonweal_app::{App, AppError};
use commonweal_domain::actor::Actor;
use commonweal_domain::time::Time;

use super::errors::{Code, INTERNAL_MESSAGE};
use super::loaders::Loader;
use super::transport::ReceivedAt;

/// The caller of a request, as request data: made anew for each request, with a loader that nobody else uses.
#[derive(Clone)]
pub struct Caller {
    actor: Actor,
    expires_at: Option<Time>,
    loader: Arc<DataLoader<Loader>>,
}

impl Caller {
    /// The public, or a signed-in caller until the credentials expire.
    pub fn new(app: Arc<App>, actor: Actor, expires_at: Option<Time>) -> Self {
        let loader = Arc::new(DataLoader::new(
            Loader::new(app, actor.clone()),
            tokio::spawn,
        ));
        Self {
            actor,
            expires_at,
            loader,
        }
    }

    /// Who it is.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// When the credentials end.
    pub fn expires_at(&self) -> Option<Time> {
        self.expires_at
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Caller").field(&self.actor).finish()
    }
}

/// The request's loader.
pub(crate) fn loader<'a>(context: &Context<'a>) -> async_graphql::Result<&'a DataLoader<Loader>> {
    Ok(&context.data::<Caller>()?.loader)
}

/// The app, which the schema holds.
pub(crate) fn app<'a>(context: &Context<'a>) -> async_graphql::Result<&'a Arc<App>> {
    context.data::<Arc<App>>()
}

/// The caller; whoever sent no credentials is the public.
pub(crate) fn actor(context: &Context<'_>) -> Actor {
    context
        .data_opt::<Caller>()
        .map_or_else(Actor::public, |caller| caller.actor.clone())
}

/// When the last byte of the operation arrived: what lateness is judged by.
pub(crate) fn received_at(context: &Context<'_>) -> async_graphql::Result<Time> {
    Ok(Time::from_micros(context.data::<ReceivedAt>()?.0))
}

/// Something that a rule refused, and what to change.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// A stable word in capitals for programs.
    pub code: String,
    /// What was expected and what to do, for people.
    pub message: String,
    /// The input field at fault, such as `criteria.0.weight`.
    pub path: Option<String>,
}

/// The outcome of a mutation: what it made, or why a rule refused it. Everything else is an error of the request.
pub(crate) fn settle<T>(
    result: Result<T, AppError>,
) -> async_graphql::Result<(Option<T>, Vec<UserError>)> {
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(AppError::Refused {
            code,
            message,
            path,
        }) => {
            let code = code.to_owned();
            Ok((
                None,
                vec![UserError {
                    code,
                    message,
                    path,
                }],
            ))
        }
        Err(error) => Err(refuse(error)),
    }
}

/// An error of a use-case or a query as an error of the request.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
pub(crate) fn refuse(error: AppError) -> async_graphql::Error {
    let code = code_of(&error);
    match &error {
        AppError::Refused {
            path: Some(path), ..
        } => code.error_at(path, error.to_string()),
        _ => code.error(error.to_string()),
    }
}

fn code_of(error: &AppError) -> Code {
    match error {
        AppError::Refused { .. } => Code::BadUserInput,
        AppError::Unauthenticated => Code::Unauthenticated,
        AppError::Forbidden(_) => Code::Forbidden,
        AppError::NotFound(_) => Code::NotFound,
        AppError::Conflict(_) => Code::Conflict,
        AppError::Sealed(_) => Code::Sealed,
        AppError::ReadOnly(_) => Code::ReadOnly,
        AppError::Overloaded => Code::RateLimited,
        AppError::OutcomeUnknown | AppError::Internal(_) => Code::InternalServerError,
    }
}

/// The error of one part of a call whose other parts stand: beside them, so that all are answered. A fault of ours is
/// masked as it is everywhere.
pub(crate) fn user_error(error: AppError) -> UserError {
    let (code, message, path) = match error {
        AppError::Refused {
            code,
            message,
            path,
        } => (code, message, path),
        error => {
            let code = code_of(&error);
            let message = match code {
                Code::InternalServerError => {
                    tracing::error!(detail = %error, "masked error of a part");
                    INTERNAL_MESSAGE.to_owned()
                }
                _ => error.to_string(),
            };
            (code.as_str(), message, None)
        }
    };
    UserError {
        code: code.to_owned(),
        message,
        path,
    }
}
