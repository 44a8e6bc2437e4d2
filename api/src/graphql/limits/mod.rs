//! The limits on a document, in the order of `graphql.md`: each step is cheap enough to be safe on what the steps before
//! it let through, and the document is parsed once.

pub mod lexer;
pub mod measure;
pub mod values;

use std::time::Duration;

use async_graphql::{
    Name, Positioned, ServerError, Variables,
    parser::{
        parse_query,
        types::{
            DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
        },
    },
};

use self::{lexer::LexLimit, measure::Measure};
use super::{
    cost::{operation_cost, schema_index::SchemaIndex},
    errors::Code,
};

/// The limits. There is one set, for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// Bytes of a document's text.
    pub text_bytes: usize,
    /// Tokens of a document.
    pub tokens: usize,
    /// Brackets nested in one another, of every kind: the parser's stack.
    pub nesting: usize,
    /// Fields, spreads and inline fragments, with fragments expanded.
    pub nodes: u64,
    /// Levels of fields.
    pub depth: u64,
    /// Aliased fields, with fragments expanded.
    pub aliases: u64,
    /// Fields of the root, with fragments expanded.
    pub root_fields: u64,
    /// Directives on one field.
    pub directives: usize,
    /// Points of static cost.
    pub cost: u64,
    /// Items of a list argument.
    pub list_items: usize,
    /// How long an operation may run.
    pub run_time: Duration,
}

impl Limits {
    /// The limits of `graphql.md`.
    pub const STANDARD: Self = Self {
        body_bytes: 1 << 20,
        text_bytes: 16 << 10,
        tokens: 2_000,
        nesting: 50,
        nodes: 5_000,
        depth: 15,
        aliases: 50,
        root_fields: 20,
        directives: 8,
        cost: 1_000,
        list_items: 250,
        run_time: Duration::from_secs(10),
    };

    /// The limits of a query of the schema alone. The standard one nests types nine deep inside arguments of fields.
    const INTROSPECTION: Self = Self {
        nodes: 1_000,
        depth: 20,
        aliases: 10,
        ..Self::STANDARD
    };

    /// Lists of introspection types in one another; the standard query has three: types, fields, arguments.
    const INTROSPECTION_LISTS: u64 = 3;
}

/// A document within the limits.
#[derive(Debug)]
pub struct Admitted {
    /// The document, parsed.
    pub document: ExecutableDocument,
    /// What the selected operation is.
    pub operation: OperationType,
    /// Its static cost in points.
    pub cost: u32,
    /// It asks for the schema and nothing else.
    pub introspection: bool,
    /// Nodes looked at while measuring: the work that was done.
    pub visited: usize,
}

/// Parses and checks a document; what it refuses has a code and says the limit.
pub fn admit(
    index: &SchemaIndex,
    text: &str,
    operation_name: Option<&str>,
    variables: &Variables,
) -> Result<Admitted, ServerError> {
    let limits = Limits::STANDARD;
    within("bytes of text", size(text.len()), size(limits.text_bytes))?;
    match lexer::count_tokens(text, limits.tokens, limits.nesting) {
        Ok(_) => {}
        Err(LexLimit::Tokens) => return Err(too_complex("tokens", size(limits.tokens))),
        Err(LexLimit::Nesting) => {
            return Err(too_complex("nested brackets", size(limits.nesting)));
        }
    }
    let document = parse_query(text).map_err(|error| {
        let mut refusal = ServerError::from(error);
        Code::GraphqlParseFailed.assign(&mut refusal);
        refusal
    })?;
    let operation = &select(&document.operations, operation_name)?.node;
    let introspection = is_introspection(operation);
    let measure = measure::measure(&document)?;
    if measure.subscription_fields > 1 {
        return Err(Code::GraphqlValidationFailed.refusal(
            "a subscription has exactly one root field: subscribe to each on its own",
            None,
        ));
    }
    check_size(
        &measure,
        &if introspection {
            Limits::INTROSPECTION
        } else {
            limits
        },
    )?;
    let cost = operation_cost(index, &document, operation, variables);
    within(
        "nested lists of the schema",
        cost.introspection_lists,
        Limits::INTROSPECTION_LISTS,
    )?;
    let points = if introspection { 1 } else { cost.points };
    within("points of cost", points, limits.cost)?;
    values::check(index, &document, operation, variables, limits.list_items)?;
    Ok(Admitted {
        operation: operation.ty,
        cost: u32::try_from(points).unwrap_or(u32::MAX),
        introspection,
        visited: measure.visited,
        document,
    })
}

fn check_size(measure: &Measure, limits: &Limits) -> Result<(), ServerError> {
    let nodes = measure.size.nodes.max(measure.largest_fragment);
    within("nodes with fragments expanded", nodes, limits.nodes).map_err(|mut error| {
        if let Some(extensions) = &mut error.extensions {
            extensions.set("visited", size(measure.visited));
        }
        error
    })?;
    within("levels of fields", measure.size.depth, limits.depth)?;
    within("aliases", measure.size.aliases, limits.aliases)?;
    within("root fields", measure.size.fields, limits.root_fields)?;
    within(
        "directives on one field",
        size(measure.directives),
        size(limits.directives),
    )
}

/// The operation that is asked for: the only one, or the one of that name.
pub(crate) fn select<'a>(
    operations: &'a DocumentOperations,
    name: Option<&str>,
) -> Result<&'a Positioned<OperationDefinition>, ServerError> {
    let found = match (operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => all.values().next(),
        (DocumentOperations::Multiple(all), Some(name)) => all.get(&Name::new(name)),
        _ => None,
    };
    found.ok_or_else(|| {
        Code::BadUserInput.refusal(
            match name {
                Some(name) => format!(
                    "`operationName` is `{name}`, and the document has no operation of that name"
                ),
                None => {
                    "`operationName` must say which of the document's operations to run".to_owned()
                }
            },
            None,
        )
    })
}

/// Only `__schema`, `__type` and `__typename`, written at the root, as every tool's introspection query is.
fn is_introspection(operation: &OperationDefinition) -> bool {
    let mut asks = false;
    operation.ty == OperationType::Query
        && operation
            .selection_set
            .node
            .items
            .iter()
            .all(|item| match &item.node {
                Selection::Field(field) => match field.node.name.node.as_str() {
                    "__schema" | "__type" => {
                        asks = true;
                        true
                    }
                    name => name == "__typename",
                },
                _ => false,
            })
        && asks
}

fn size(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn within(what: &str, actual: u64, most: u64) -> Result<(), ServerError> {
    if actual <= most {
        Ok(())
    } else {
        Err(too_complex(what, most))
    }
}

fn too_complex(what: &str, most: u64) -> ServerError {
    let message = format!("the document has more than {most} {what}: ask for less in one request");
    let mut error = Code::QueryTooComplex.refusal(message, None);
    if let Some(extensions) = &mut error.extensions {
        extensions.set("limit", what);
        extensions.set("maximum", most);
    }
    error
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
