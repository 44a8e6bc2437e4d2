//! The fields of an answer in the order they were asked for (GraphQL specification, section 7.2.2). The execution library
//! puts them in the order they were finished, which differs from run to run.

use async_graphql::{
    Name, Value,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

/// The response keys of a selection set in order, with what is inside them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order(Vec<(Name, Order)>);

impl Order {
    /// The order of an operation. The document is within the limits: it expands to a bounded number of fields.
    pub(super) fn of(document: &ExecutableDocument, operation: &SelectionSet) -> Self {
        let mut order = Self::default();
        order.add(document, operation);
        order
    }

    fn add(&mut self, document: &ExecutableDocument, set: &SelectionSet) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    let position = self.0.iter().position(|(known, _)| known == key);
                    let position = position.unwrap_or_else(|| {
                        self.0.push((key.clone(), Self::default()));
                        self.0.len() - 1
                    });
                    self.0[position]
                        .1
                        .add(document, &field.node.selection_set.node);
                }
                Selection::InlineFragment(inline) => {
                    self.add(document, &inline.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node)
                    {
                        self.add(document, &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    /// Puts the fields of a value into this order.
    pub(super) fn apply(&self, value: &mut Value) {
        if self.0.is_empty() {
            return; // a scalar
        }
        match value {
            Value::Object(fields) => {
                let mut finished = std::mem::take(fields);
                for (key, inner) in &self.0 {
                    if let Some(mut value) = finished.swap_remove(key) {
                        inner.apply(&mut value);
                        fields.insert(key.clone(), value);
                    }
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.apply(item)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_come_in_the_order_they_were_asked_for() {
        let document =
            parse_query("{ b x: a { d ...F ... on T { g } } b h { i } } fragment F on T { e c d }")
                .unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let order = Order::of(&document, &operation.node.selection_set.node);
        let mut value = Value::from_json(json!({
            "h": null, "x": [{ "c": 1, "d": 2, "e": { "z": 1, "a": 2 }, "g": 4 }, null], "b": 1,
        }))
        .unwrap();
        order.apply(&mut value);
        assert_eq!(
            serde_json::to_string(&value).unwrap(),
            r#"{"b":1,"x":[{"d":2,"e":{"a":2,"z":1},"c":1,"g":4},null],"h":null}"#
        );
    }
}
