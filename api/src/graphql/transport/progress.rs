//! What the execution library leaves undone, as an extension around each step of it.
//!
//! - It answers errors of the request and of fields alike, and GraphQL over HTTP asks for different statuses: here we
//!   learn whether the operation began to run, and the former get their code.
//! - It leaves a failed field out of its object. The specification (section 6.4.4) wants null, and the nearest nullable
//!   parent null when the field is not nullable: that is done here, field by field.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_graphql::{
    QueryPathNode, QueryPathSegment, Response, ServerError, ServerResult, ValidationResult, Value,
    Variables, async_trait,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextResolve,
        NextValidation, ResolveInfo,
    },
    indexmap::IndexMap,
    parser::types::ExecutableDocument,
};

use crate::graphql::errors::Code;

/// How far one operation came; put into its data.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<State>);

#[derive(Debug, Default)]
struct State {
    ran: AtomicBool,
    /// Something failed: until then there is nothing to look up.
    failed: AtomicBool,
    failures: Mutex<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    errors: Vec<ServerError>,
    /// Paths of objects and lists that are null because of a failure inside.
    nulls: HashSet<String>,
}

impl Progress {
    /// The operation began to run.
    pub(super) fn ran(&self) -> bool {
        self.0.ran.load(Ordering::Acquire)
    }

    /// Moves the errors of fields into the response, and the last null that went all the way up.
    pub(super) fn complete(&self, response: &mut Response) {
        if self.0.failed.swap(false, Ordering::AcqRel) {
            let failures = std::mem::take(&mut *self.failures());
            response.errors.extend(failures.errors);
            if failures.nulls.contains("") {
                response.data = Value::Null;
            }
        } else if response.data == Value::Null && response.errors.is_empty() {
            response.data = Value::Object(IndexMap::default()); // everything was skipped
        }
    }

    /// The value of an item of a list. Whether it may be null is not known here (the library's type of an item is not to
    /// be relied on): a failure is noted for the field around it.
    fn settle_item(&self, path: &QueryPathNode<'_>, result: ServerResult<Option<Value>>) -> Value {
        result.map_or_else(
            |error| {
                self.keep(error, Some(path.to_string()));
                Value::Null
            },
            Option::unwrap_or_default,
        )
    }

    /// The value of a field of this type, after the failures in it and below it were taken into account.
    fn settle_field(
        &self,
        path: &QueryPathNode<'_>,
        ty: &str,
        result: ServerResult<Option<Value>>,
    ) -> Value {
        let (ty, nullable) = strip_non_null(ty);
        let (mut value, failed) = match result {
            Ok(value) if self.0.failed.load(Ordering::Acquire) => {
                let mut value = value.unwrap_or_default();
                let failed = self.failures().take_inside(path, ty, &mut value);
                (value, failed)
            }
            Ok(value) => (value.unwrap_or_default(), false),
            Err(error) => {
                self.keep(error, None);
                (Value::Null, true)
            }
        };
        if failed {
            value = Value::Null;
            if !nullable {
                let parent = path.parent.map(ToString::to_string).unwrap_or_default();
                self.failures().nulls.insert(parent);
            }
        } else if value == Value::Null && !nullable {
            value = Value::Object(IndexMap::default()); // all of its fields were skipped
        }
        value
    }

    /// Keeps an error of a field. An argument that its own validator refuses comes without a code and without a source,
    /// which errors of resolvers have: it is told from them by this text.
    fn keep(&self, mut error: ServerError, null: Option<String>) {
        if error.source.is_none() && error.message.starts_with("Failed to parse \"") {
            Code::BadUserInput.assign(&mut error);
        }
        let mut failures = self.failures();
        failures.errors.push(error);
        failures.nulls.extend(null);
        self.0.failed.store(true, Ordering::Release);
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, Failures> {
        self.0
            .failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    /// Makes null what failed inside the value of a field of this type (without its own `!`), and tells whether that went
    /// up to the field itself.
    fn take_inside(&mut self, path: &QueryPathNode<'_>, ty: &str, value: &mut Value) -> bool {
        let path = path.to_string();
        let mut failed = self.nulls.remove(&path);
        let items: Vec<String> = self
            .nulls
            .extract_if(|null| item_of(null, &path).is_some())
            .collect();
        for item in items {
            let indices: Option<Vec<usize>> = item_of(&item, &path).map(|rest| {
                rest.split('.')
                    .map_while(|index| index.parse().ok())
                    .collect()
            });
            failed |= indices.is_some_and(|indices| null_item(value, ty, &indices));
        }
        failed
    }
}

/// What follows `field` in the path of one of its items: `0`, or `0.3` for a list of lists.
fn item_of<'a>(path: &'a str, field: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(field)?.strip_prefix('.')?;
    rest.starts_with(|first: char| first.is_ascii_digit())
        .then_some(rest)
}

/// Makes an item of a list of this type null, and tells whether the list must be null as well.
fn null_item(list: &mut Value, ty: &str, indices: &[usize]) -> bool {
    let inner = ty.strip_prefix('[').and_then(|ty| ty.strip_suffix(']'));
    let (Value::List(items), Some(inner), Some((index, deeper))) =
        (list, inner, indices.split_first())
    else {
        return false;
    };
    let (inner, nullable) = strip_non_null(inner);
    let Some(item) = items.get_mut(*index) else {
        return false;
    };
    if deeper.is_empty() || null_item(item, inner, deeper) {
        *item = Value::Null;
        return !nullable;
    }
    false
}

/// The type without its own `!`, and whether it had none.
fn strip_non_null(ty: &str) -> (&str, bool) {
    ty.strip_suffix('!').map_or((ty, true), |ty| (ty, false))
}

/// Makes the extension for each request.
pub(super) struct Steps;

impl ExtensionFactory for Steps {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(StepsExtension)
    }
}

struct StepsExtension;

#[async_trait::async_trait]
impl Extension for StepsExtension {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        // The document comes parsed: what the library refuses here is nesting beyond its own limit.
        next.run(ctx, query, variables).await.map_err(|mut error| {
            Code::QueryTooComplex.assign(&mut error);
            error
        })
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        next.run(ctx).await.map_err(|mut errors| {
            for error in &mut errors {
                // A scalar that refuses its value is told from a misuse of the schema by this text alone.
                if error.message.starts_with("Invalid value for argument") {
                    Code::BadUserInput.assign(error);
                } else {
                    Code::GraphqlValidationFailed.assign(error);
                }
            }
            errors
        })
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if let Some(progress) = ctx.data_opt::<Progress>() {
            progress.0.ran.store(true, Ordering::Release);
        }
        next.run(ctx, operation_name).await
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if info.is_for_introspection {
            return next.run(ctx, info).await;
        }
        let (path, ty) = (info.path_node, info.return_type);
        let result = next.run(ctx, info).await;
        match (ctx.data_opt::<Progress>(), &path.segment) {
            (Some(progress), QueryPathSegment::Index(_)) => {
                Ok(Some(progress.settle_item(path, result)))
            }
            (Some(progress), QueryPathSegment::Name(_)) => {
                Ok(Some(progress.settle_field(path, ty, result)))
            }
            (None, _) => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(ty: &str, indices: &[usize]) -> (bool, String) {
        let mut value = Value::from_json(serde_json::json!([[1, 2], [3, 4]])).unwrap();
        let failed = null_item(&mut value, ty, indices);
        (failed, value.to_string())
    }

    #[test]
    fn a_failed_item_is_null_as_far_up_as_its_type_says() {
        assert_eq!(
            after("[[Int]]", &[1, 0]),
            (false, "[[1, 2], [null, 4]]".into())
        );
        assert_eq!(after("[[Int!]]", &[1, 0]), (false, "[[1, 2], null]".into()));
        assert_eq!(after("[[Int!]!]", &[1, 0]), (true, "[[1, 2], null]".into()));
        assert_eq!(after("[[Int]!]", &[1]), (true, "[[1, 2], null]".into()));
        assert_eq!(after("[[Int]]", &[0]), (false, "[null, [3, 4]]".into()));
    }

    #[test]
    fn items_are_told_from_fields() {
        assert_eq!(item_of("a.b.0.3", "a.b"), Some("0.3"));
        assert_eq!(item_of("a.b.c", "a.b"), None);
        assert_eq!(item_of("a.bc.0", "a.b"), None);
        assert_eq!(item_of("a.b", "a.b"), None);
    }
}
