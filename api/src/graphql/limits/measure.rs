//! The size of a document with its fragments expanded, counted without expanding them.
//!
//! Each fragment is measured once and remembered, so the work is bounded by the document as written (at most one visit
//! per token), however large it would be expanded. The execution library walks spreads without a memo: a fragment bomb
//! must be refused before it.

use std::collections::HashMap;

use async_graphql::{
    Positioned, ServerError,
    parser::types::{Directive, ExecutableDocument, OperationType, Selection, SelectionSet},
};

use crate::graphql::errors::Code;

/// The expanded size of a selection set. Sums saturate: a saturated sum is over every limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Fields, spreads and inline fragments.
    pub nodes: u64,
    /// Fields with an alias.
    pub aliases: u64,
    /// Levels of nested fields.
    pub depth: u64,
    /// Fields of the first level.
    pub fields: u64,
}

/// The measure of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    /// Nodes and aliases summed over all operations, depth and root fields of the largest.
    pub size: Size,
    /// The largest number of expanded nodes of one fragment, used or not.
    pub largest_fragment: u64,
    /// The largest number of directives on one selection.
    pub directives: usize,
    /// Root fields of the largest subscription.
    pub subscription_fields: u64,
    /// The selections looked at to find all this: the work done.
    pub visited: usize,
}

/// Measures a document. A fragment that contains itself is an error.
pub fn measure(document: &ExecutableDocument) -> Result<Measure, ServerError> {
    let mut walk = Walk {
        document,
        known: HashMap::new(),
        path: Vec::new(),
        measure: Measure::default(),
    };
    let mut size = Size::default();
    for (_, operation) in document.operations.iter() {
        walk.directives(&operation.node.directives);
        let one = walk.set(&operation.node.selection_set.node)?;
        size.nodes = size.nodes.saturating_add(one.nodes);
        size.aliases = size.aliases.saturating_add(one.aliases);
        size.depth = size.depth.max(one.depth);
        size.fields = size.fields.max(one.fields);
        if operation.node.ty == OperationType::Subscription {
            let most = &mut walk.measure.subscription_fields;
            *most = one.fields.max(*most);
        }
    }
    for name in document.fragments.keys() {
        let fragment = walk.fragment(name)?;
        walk.measure.largest_fragment = walk.measure.largest_fragment.max(fragment.nodes);
    }
    Ok(Measure {
        size,
        ..walk.measure
    })
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    known: HashMap<&'a str, Size>,
    path: Vec<&'a str>,
    measure: Measure,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Size, ServerError> {
        let mut total = Size::default();
        for item in &set.items {
            self.measure.visited += 1;
            self.directives(item.node.directives());
            let one = match &item.node {
                Selection::Field(field) => {
                    let inner = self.set(&field.node.selection_set.node)?;
                    Size {
                        aliases: inner
                            .aliases
                            .saturating_add(u64::from(field.node.alias.is_some())),
                        depth: inner.depth.saturating_add(1),
                        fields: 1,
                        ..inner
                    }
                }
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node)?
                }
            };
            total.nodes = total.nodes.saturating_add(one.nodes).saturating_add(1);
            total.aliases = total.aliases.saturating_add(one.aliases);
            total.fields = total.fields.saturating_add(one.fields);
            total.depth = total.depth.max(one.depth);
        }
        Ok(total)
    }

    /// The size of a fragment; an unknown one is empty here and refused by validation.
    fn fragment(&mut self, name: &'a str) -> Result<Size, ServerError> {
        if let Some(size) = self.known.get(name) {
            return Ok(*size);
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Size::default());
        };
        if let Some(start) = self.path.iter().position(|on_path| *on_path == name) {
            let mut cycle = self.path[start..].to_vec();
            cycle.push(name);
            return Err(Code::GraphqlValidationFailed.refusal(
                format!("a fragment may not contain itself: {}", cycle.join(" > ")),
                Some(fragment.pos),
            ));
        }
        self.path.push(name);
        self.directives(&fragment.node.directives);
        let size = self.set(&fragment.node.selection_set.node)?;
        self.path.pop();
        self.known.insert(name, size);
        Ok(size)
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        self.measure.directives = self.measure.directives.max(directives.len());
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;

    use super::*;

    fn measured(text: &str) -> Measure {
        measure(&parse_query(text).unwrap()).unwrap()
    }

    /// Each fragment spreads the next one twice: 2^levels nodes in a few hundred bytes.
    fn bomb(levels: usize) -> String {
        let mut text = "{ ...F0 }".to_owned();
        for level in 0..levels {
            let next = level + 1;
            write!(
                text,
                " fragment F{level} on Query {{ ...F{next} ...F{next} }}"
            )
            .unwrap();
        }
        write!(text, " fragment F{levels} on Query {{ a }}").unwrap();
        text
    }

    #[test]
    fn counts_nodes_aliases_depth_and_root_fields_with_fragments_expanded() {
        let measure = measured(
            "{ x: a { b { c } } ...F ... on Query { d } } fragment F on Query { y: e z: f { g } }",
        );
        let size = Size {
            nodes: 9,
            aliases: 3,
            depth: 3,
            fields: 4,
        };
        assert_eq!(measure.size, size);
        assert_eq!((measure.visited, measure.largest_fragment), (9, 3));
    }

    #[test]
    fn a_fragment_bomb_costs_one_visit_per_selection_written() {
        let measure = measured(&bomb(22));
        assert!(measure.size.nodes > 1 << 23);
        assert_eq!(measure.visited, 1 + 2 * 22 + 1);
        assert_eq!(measured(&bomb(63)).size.nodes, u64::MAX);
    }

    #[test]
    fn a_bomb_that_no_operation_uses_is_measured_too() {
        let text = bomb(22).replacen("{ ...F0 }", "{ a }", 1);
        let measure = measured(&text);
        assert_eq!(measure.size.nodes, 1);
        assert!(measure.largest_fragment > 1 << 22);
    }

    #[test]
    fn a_fragment_cycle_is_named() {
        let text = "{ ...A } fragment A on Q { a { ...B } } fragment B on Q { ...C } fragment C on Q { ...B }";
        let error = measure(&parse_query(text).unwrap()).unwrap_err();
        assert!(
            error.message.ends_with("B > C > B") || error.message.ends_with("C > B > C"),
            "{error}"
        );
        assert_eq!(Code::of(&error), Some(Code::GraphqlValidationFailed));
    }

    #[test]
    fn directives_are_counted_wherever_they_stand() {
        assert_eq!(measured("{ a @x @y ... @x @y @z { b } }").directives, 3);
        assert_eq!(measured("query @a @b { c } ").directives, 2);
    }

    #[test]
    fn sizes_of_several_operations_add_up() {
        let measure = measured("query A { a b } query B { c { d } }");
        assert_eq!(
            (measure.size.nodes, measure.size.depth, measure.size.fields),
            (4, 2, 2)
        );
    }
}
