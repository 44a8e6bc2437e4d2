//! Arguments and variables against the types of the schema, before anything runs.
//!
//! The execution library checks most of this too, but takes integers beyond 32 bits, finds a missing variable only while
//! it executes, and does not say what it found.

use std::fmt;

use async_graphql::{
    Pos, Positioned, ServerError, Variables,
    parser::types::{
        BaseType, Directive, ExecutableDocument, OperationDefinition, Selection, SelectionSet, Type,
    },
};
use async_graphql_value::Value;

use crate::graphql::{
    cost::schema_index::{InputInfo, SchemaIndex, TypeInfo},
    errors::Code,
    scalars,
};

/// Refuses the first argument or variable that does not fit its type, or holds a list of more than `max_items`.
pub fn check(
    index: &SchemaIndex,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    max_items: usize,
) -> Result<(), ServerError> {
    let check = Check { index, max_items };
    let sent = Path::root("variables");
    for definition in &operation.variable_definitions {
        let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
        let path = sent.field_of(name);
        match variables.get(name) {
            Some(value) => check.value(ty, &value.clone().into_value(), &path, definition.pos)?,
            None if definition.node.default_value.is_some() || ty.nullable => {}
            None => {
                return Err(wrong(
                    &path,
                    definition.pos,
                    &format!("is required, of type {ty}"),
                ));
            }
        }
    }
    if let Some(root) = index.root(operation.ty) {
        check.set(root, &operation.selection_set.node)?;
    }
    for fragment in document.fragments.values() {
        let on = &fragment.node.type_condition.node.on.node;
        check.set(on, &fragment.node.selection_set.node)?;
    }
    Ok(())
}

/// The one whole number of an input that may be below zero. The execution library refuses others without saying which.
const SIGNED: &str = "utcOffsetMinutes";

fn is_negative(value: &Value) -> bool {
    matches!(value, Value::Number(number) if number.as_i64().is_some_and(|number| number < 0))
}

struct Check<'a> {
    index: &'a SchemaIndex,
    max_items: usize,
}

impl Check<'_> {
    fn set(&self, on: &str, set: &SelectionSet) -> Result<(), ServerError> {
        for item in &set.items {
            self.conditions(item.node.directives())?;
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let Some(info) = self.index.field(on, &field.name.node) else {
                        continue;
                    };
                    let path = Path::root(&field.name.node);
                    for (name, value) in &field.arguments {
                        if let Some(argument) = info.arguments.get(name.node.as_str()) {
                            self.value(
                                &argument.ty,
                                &value.node,
                                &path.field_of(&name.node),
                                value.pos,
                            )?;
                        }
                    }
                    self.set(&info.named, &field.selection_set.node)?;
                }
                Selection::InlineFragment(inline) => {
                    let on = inline
                        .node
                        .type_condition
                        .as_ref()
                        .map_or(on, |condition| condition.node.on.node.as_str());
                    self.set(on, &inline.node.selection_set.node)?;
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        Ok(())
    }

    /// `@skip` and `@include` decide by `if`, a boolean.
    fn conditions(&self, directives: &[Positioned<Directive>]) -> Result<(), ServerError> {
        for directive in directives.iter().map(|directive| &directive.node) {
            if matches!(directive.name.node.as_str(), "skip" | "include") {
                let path = Path::root(&directive.name.node);
                for (name, value) in &directive.arguments {
                    let boolean = Type {
                        base: BaseType::Named(async_graphql::Name::new("Boolean")),
                        nullable: false,
                    };
                    self.value(&boolean, &value.node, &path.field_of(&name.node), value.pos)?;
                }
            }
        }
        Ok(())
    }

    fn value(&self, ty: &Type, value: &Value, path: &Path<'_>, at: Pos) -> Result<(), ServerError> {
        match (value, &ty.base) {
            (Value::Variable(_), _) => Ok(()),
            (Value::Null, _) if ty.nullable => Ok(()),
            (Value::Null, _) => Err(expected(ty, value, path, at)),
            (Value::List(items), BaseType::List(item)) => {
                if items.len() > self.max_items {
                    let text = format!(
                        "has {} items, and at most {} are accepted: send them in several requests",
                        items.len(),
                        self.max_items
                    );
                    return Err(wrong(path, at, &text));
                }
                items
                    .iter()
                    .enumerate()
                    .try_for_each(|(n, value)| self.value(item, value, &path.item(n), at))
            }
            // A single value stands for a list of one (GraphQL specification, section 3.11).
            (_, BaseType::List(item)) => self.value(item, value, path, at),
            (_, BaseType::Named(name)) => self.named(name, ty, value, path, at),
        }
    }

    fn named(
        &self,
        name: &str,
        ty: &Type,
        value: &Value,
        path: &Path<'_>,
        at: Pos,
    ) -> Result<(), ServerError> {
        if matches!(value, Value::String(text) if text.contains('\0')) {
            return Err(wrong(
                path,
                at,
                "has a NUL character, which no text here may have: leave it out",
            ));
        }
        let fits = match (name, value) {
            ("Int", Value::Number(number)) => number
                .as_i64()
                .is_some_and(|number| i32::try_from(number).is_ok()),
            ("ID", Value::Number(number)) => number.is_i64() || number.is_u64(),
            ("ID" | "String", Value::String(_)) | ("Boolean", Value::Boolean(_)) => true,
            ("Int" | "ID" | "String" | "Boolean", _) => false,
            _ => match (self.index.get(name), value) {
                (Some(TypeInfo::Enum(values)), Value::Enum(given)) => {
                    values.contains(given.as_str())
                }
                (Some(TypeInfo::Enum(values)), Value::String(given)) => values.contains(given),
                (Some(TypeInfo::Input { fields, one_of }), Value::Object(given)) => {
                    for (name, value) in given {
                        let path = path.field_of(name);
                        let Some(field) = fields.get(name.as_str()) else {
                            return Err(wrong(&path, at, &format!("is not a field of {ty}")));
                        };
                        if name != SIGNED && is_negative(value) {
                            let text = format!("must be 0 or more, and is {value}");
                            return Err(wrong(&path, at, &text));
                        }
                        self.value(&field.ty, value, &path, at)?;
                    }
                    if *one_of && (given.len() != 1 || given.values().any(|v| *v == Value::Null)) {
                        return Err(wrong(path, at, "takes exactly one of its fields"));
                    }
                    let missing = |(name, field): &(&String, &InputInfo)| {
                        field.is_required() && !given.contains_key(name.as_str())
                    };
                    if let Some((name, field)) = fields.iter().find(missing) {
                        let text = format!("is required, of type {}", field.ty);
                        return Err(wrong(&path.field_of(name), at, &text));
                    }
                    true
                }
                (Some(TypeInfo::Enum(_) | TypeInfo::Input { .. }), _) => false,
                _ => {
                    let refusal = value
                        .clone()
                        .into_const()
                        .and_then(|value| scalars::refusal(name, &value));
                    return refusal.map_or(Ok(()), |reason| {
                        Err(wrong(path, at, &format!("must be {ty}: {reason}")))
                    });
                }
            },
        };
        if fits {
            Ok(())
        } else if let Some(TypeInfo::Enum(values)) = self.index.get(name) {
            let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
            values.sort_unstable();
            let text = format!("must be {ty}, one of {}", values.join(", "));
            Err(wrong(path, at, &text))
        } else {
            Err(expected(ty, value, path, at))
        }
    }
}

fn expected(ty: &Type, value: &Value, path: &Path<'_>, at: Pos) -> ServerError {
    let range = match &ty.base {
        BaseType::Named(name) if name == "Int" => " (a whole number of 32 bits)",
        _ => "",
    };
    let found = match value {
        Value::Null => "null",
        Value::Number(_) => "a number that does not fit",
        Value::String(_) => "a string",
        Value::Boolean(_) => "a boolean",
        Value::List(_) => "a list",
        Value::Object(_) => "an object",
        Value::Enum(_) => "an enum value that does not fit",
        Value::Binary(_) | Value::Variable(_) => "something else",
    };
    wrong(path, at, &format!("must be {ty}{range}, and is {found}"))
}

fn wrong(path: &Path<'_>, at: Pos, text: &str) -> ServerError {
    let path = path.to_string();
    let mut error = Code::BadUserInput.refusal(format!("`{path}` {text}"), Some(at));
    if let Some(extensions) = &mut error.extensions {
        extensions.set("field", path);
    }
    error
}

/// Where a value stands, as `variables.input.bids[3].price`.
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    segment: Segment<'a>,
}

enum Segment<'a> {
    Field(&'a str),
    Item(usize),
}

impl<'a> Path<'a> {
    fn root(name: &'a str) -> Self {
        Self {
            parent: None,
            segment: Segment::Field(name),
        }
    }

    fn field_of<'b>(&'b self, name: &'b str) -> Path<'b> {
        Path {
            parent: Some(self),
            segment: Segment::Field(name),
        }
    }

    fn item(&self, number: usize) -> Path<'_> {
        Path {
            parent: Some(self),
            segment: Segment::Item(number),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match (&self.segment, self.parent) {
            (Segment::Item(number), _) => write!(f, "[{number}]"),
            (Segment::Field(name), Some(_)) => write!(f, ".{name}"),
            (Segment::Field(name), None) => f.write_str(name),
        }
    }
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
