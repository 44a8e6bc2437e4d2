//! The static cost of an operation: what it may at most ask of the store, known before it runs.
//!
//! An object costs 1, a connection 2 and its page times the cost of one item; scalars and page information are free. A
//! list that answers a list of ids costs once per id. What computes costs as `COMPUTED` says. Everything that `@skip`
//! might leave out is counted.

pub mod bucket;
pub mod schema_index;

use std::collections::HashMap;

use async_graphql::{
    Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::{ConstValue, Value};

use self::schema_index::SchemaIndex;
use super::connection::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};

/// Fields that compute rather than read, with the points that they cost beside their answer. A simulation of a plan takes
/// about a second of a core, and one document has room for one; the targets of a place add up as many as 200,000 rows.
const COMPUTED: &[(&str, u64)] = &[("planReport", 800), ("placeTargets", 400)];

/// The cost of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationCost {
    /// Points, at least 1.
    pub points: u64,
    /// How many lists of the introspection types are nested in one another: their product is the size of the answer.
    pub introspection_lists: u64,
}

/// The cost of the operation with these variables. The fragments must be free of cycles.
pub fn operation_cost(
    index: &SchemaIndex,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> OperationCost {
    let mut costing = Costing {
        index,
        document,
        operation,
        variables,
        known: HashMap::new(),
    };
    let cost = index
        .root(operation.ty)
        .map(|root| costing.set(root, &operation.selection_set.node))
        .unwrap_or_default();
    OperationCost {
        points: cost.once.max(1),
        introspection_lists: cost.lists,
    }
}

/// The cost of a selection set: once, and for a connection's also per item of the page.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    once: u64,
    per_item: u64,
    lists: u64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.once = self.once.saturating_add(other.once);
        self.per_item = self.per_item.saturating_add(other.per_item);
        self.lists = self.lists.max(other.lists);
    }
}

struct Costing<'a> {
    index: &'a SchemaIndex,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    known: HashMap<&'a str, Cost>,
}

impl<'a> Costing<'a> {
    fn set(&mut self, on: &'a str, set: &'a SelectionSet) -> Cost {
        let mut total = Cost::default();
        for item in &set.items {
            total.add(match &item.node {
                Selection::Field(field) => self.field(on, &field.node),
                Selection::InlineFragment(inline) => {
                    let on = inline
                        .node
                        .type_condition
                        .as_ref()
                        .map_or(on, |condition| condition.node.on.node.as_str());
                    self.set(on, &inline.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
            });
        }
        total
    }

    fn fragment(&mut self, name: &'a str) -> Cost {
        if let Some(cost) = self.known.get(name) {
            return *cost;
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Cost::default();
        };
        let on = &fragment.node.type_condition.node.on.node;
        let cost = self.set(on, &fragment.node.selection_set.node);
        self.known.insert(name, cost);
        cost
    }

    fn field(&mut self, on: &'a str, field: &'a Field) -> Cost {
        let name = field.name.node.as_str();
        let Some(info) = self.index.field(on, name) else {
            return Cost::default(); // `__typename`, or a field that validation refuses
        };
        let named = info.named.as_str();
        if !self.index.is_composite(named) {
            let lists = u64::from(info.is_list && on.starts_with("__"));
            return Cost {
                lists,
                ..Cost::default()
            };
        }
        let inner = self.set(named, &field.selection_set.node);
        let mut cost = Cost {
            lists: inner.lists,
            ..Cost::default()
        };
        if named.ends_with("Connection") {
            cost.once = self
                .page_size(field)
                .saturating_mul(inner.per_item)
                .saturating_add(inner.once)
                .saturating_add(2);
        } else if on.ends_with("Connection") && name == "edges" {
            cost.per_item = inner.once.max(1);
        } else if on.ends_with("Connection") && name == "nodes" {
            cost.per_item = inner.once.saturating_add(1);
        } else if named == "PageInfo" {
            cost.once = inner.once;
        } else {
            let times = if info.is_list {
                self.longest_list(field)
            } else {
                1
            };
            let computed = COMPUTED.iter().find(|(field, _)| *field == name);
            let own = computed.map_or(1, |(_, points)| *points);
            cost.once = inner.once.saturating_add(own).saturating_mul(times);
            cost.lists += u64::from(info.is_list && on.starts_with("__"));
        }
        cost
    }

    /// What `first` or `last` asks for; anything that cannot be read counts as a full page.
    fn page_size(&self, field: &Field) -> u64 {
        let Some(value) = field
            .get_argument("first")
            .or_else(|| field.get_argument("last"))
        else {
            return DEFAULT_PAGE_SIZE.into();
        };
        let number = match self.resolved(&value.node) {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::Null) | None => Some(DEFAULT_PAGE_SIZE.into()),
            Some(_) => None,
        };
        let most = u64::from(MAX_PAGE_SIZE);
        number.map_or(most, |number| number.min(most))
    }

    fn longest_list(&self, field: &Field) -> u64 {
        let lengths = field
            .arguments
            .iter()
            .map(|(_, value)| match self.resolved(&value.node) {
                Some(Value::List(items)) => u64::try_from(items.len()).unwrap_or(u64::MAX),
                _ => 1,
            });
        lengths.max().unwrap_or(1).max(1)
    }

    /// The value, with a variable replaced by what was sent for it or its default.
    fn resolved(&self, value: &Value) -> Option<Value> {
        let Value::Variable(name) = value else {
            return Some(value.clone());
        };
        let sent = self.variables.get(name).cloned();
        let default = || {
            let mut definitions = self.operation.variable_definitions.iter();
            let definition = definitions.find(|definition| definition.node.name.node == *name)?;
            Some(definition.node.default_value.as_ref()?.node.clone())
        };
        sent.or_else(default).map(ConstValue::into_value)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    const SDL: &str = r"
        type Query { me: Org orgs(first: Int, last: Int): OrgConnection! nodes(ids: [ID!]!): [Org]! planReport: Org n: Int }
        type OrgConnection { nodes: [Org!]! edges: [OrgEdge!]! pageInfo: PageInfo! totalCount: Int }
        type OrgEdge { node: Org! cursor: String! } type PageInfo { hasNextPage: Boolean! }
        type Org { name: String! parent: Org bids(first: Int): OrgConnection! kpis: [Org!]! }
        schema { query: Query }";

    fn cost(text: &str, variables: serde_json::Value) -> u64 {
        full(text, variables).points
    }

    fn full(text: &str, variables: serde_json::Value) -> OperationCost {
        let index = SchemaIndex::new(SDL).unwrap();
        let document = parse_query(text).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        operation_cost(
            &index,
            &document,
            &operation.node,
            &Variables::from_json(variables),
        )
    }

    #[test]
    fn an_object_costs_one_and_scalars_nothing() {
        assert_eq!(cost("{ n __typename }", json!({})), 1);
        assert_eq!(
            cost("{ me { name parent { parent { name } } } }", json!({})),
            3
        );
        assert_eq!(cost("{ me { kpis { name } } }", json!({})), 2);
    }

    #[test]
    fn what_computes_costs_what_it_computes_under_every_alias() {
        let twice = "{ planReport { name } again: planReport { parent { name } } }";
        assert_eq!(cost(twice, json!({})), 800 + 801);
    }

    #[test]
    fn a_connection_costs_two_and_its_page_times_one_item() {
        assert_eq!(
            cost("{ orgs(first: 10) { nodes { name } } }", json!({})),
            12
        );
        assert_eq!(
            cost(
                "{ orgs(first: 10) { edges { cursor node { parent { name } } } } }",
                json!({})
            ),
            22
        );
        assert_eq!(
            cost(
                "{ orgs(first: 10) { edges { cursor } pageInfo { hasNextPage } totalCount } }",
                json!({})
            ),
            12
        );
        assert_eq!(cost("{ orgs(last: 10) { totalCount } }", json!({})), 2);
        assert_eq!(
            cost(
                "{ orgs(first: 10) { nodes { bids(first: 5) { nodes { name } } } } }",
                json!({})
            ),
            2 + 10 * (1 + 2 + 5)
        );
    }

    #[test]
    fn the_page_may_come_from_a_variable_its_default_or_ours() {
        let text = "query($n: Int = 7) { orgs(first: $n) { nodes { name } } }";
        assert_eq!(cost(text, json!({ "n": 30 })), 32);
        assert_eq!(cost(text, json!({})), 9);
        assert_eq!(
            cost("{ orgs { nodes { name } } }", json!({})),
            2 + u64::from(DEFAULT_PAGE_SIZE)
        );
        assert_eq!(cost(text, json!({ "n": "x" })), 102);
        assert_eq!(
            cost("{ orgs(first: 2000000000) { nodes { name } } }", json!({})),
            102
        );
    }

    #[test]
    fn a_list_by_ids_costs_once_per_id() {
        assert_eq!(cost("{ nodes(ids: [1, 2, 3]) { name } }", json!({})), 3);
        let text = "query($ids: [ID!]!) { nodes(ids: $ids) { parent { name } } }";
        assert_eq!(cost(text, json!({ "ids": ["a", "b", "c", "d"] })), 8);
    }

    #[test]
    fn fragments_cost_where_they_are_spread() {
        let text = "{ orgs(first: 10) { ...Page } again: orgs(first: 1) { ...Page } ... { me { ...Org } } }
            fragment Page on OrgConnection { nodes { ...Org } } fragment Org on Org { parent { name } }";
        assert_eq!(cost(text, json!({})), 22 + 4 + 2);
    }

    #[test]
    fn nested_lists_of_introspection_are_counted() {
        let text = "{ __schema { types { fields { args { type { fields { name } } } } directives { name } } } }";
        assert_eq!(full(text, json!({})).introspection_lists, 4);
        assert_eq!(
            full("{ orgs { nodes { kpis { kpis { name } } } } }", json!({})).introspection_lists,
            0
        );
    }
}
