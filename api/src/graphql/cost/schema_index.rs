//! What limits, coercion and cost need to know of the schema, read once from its SDL.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::{
    self,
    types::{
        BaseType, FieldDefinition, InputValueDefinition, ObjectType, OperationType, Type, TypeKind,
        TypeSystemDefinition,
    },
};

/// The types that every schema has beside its own (GraphQL specification, section 4.2), as far as queries select them.
const INTROSPECTION: &str = "
    type __Schema { description: String types: [__Type!]! queryType: __Type! mutationType: __Type
      subscriptionType: __Type directives: [__Directive!]! }
    type __Type { kind: String! name: String description: String specifiedByURL: String isOneOf: Boolean
      fields(includeDeprecated: Boolean): [__Field!] interfaces: [__Type!] possibleTypes: [__Type!]
      enumValues(includeDeprecated: Boolean): [__EnumValue!] inputFields(includeDeprecated: Boolean): [__InputValue!]
      ofType: __Type }
    type __Field { name: String! description: String args(includeDeprecated: Boolean): [__InputValue!]! type: __Type!
      isDeprecated: Boolean! deprecationReason: String }
    type __InputValue { name: String! description: String type: __Type! defaultValue: String isDeprecated: Boolean!
      deprecationReason: String }
    type __EnumValue { name: String! description: String isDeprecated: Boolean! deprecationReason: String }
    type __Directive { name: String! description: String locations: [String!]!
      args(includeDeprecated: Boolean): [__InputValue!]! isRepeatable: Boolean! }
    scalar String scalar Boolean";

/// The SDL could not be read: a defect of the build, found at start.
#[derive(Debug, thiserror::Error)]
#[error("the schema's own SDL cannot be read: {0}")]
pub struct SchemaIndexError(#[from] parser::Error);

/// The schema by name of type and field.
#[derive(Debug)]
pub struct SchemaIndex {
    query: String,
    mutation: Option<String>,
    subscription: Option<String>,
    types: HashMap<String, TypeInfo>,
}

/// A named type.
#[derive(Debug)]
pub enum TypeInfo {
    /// An object, an interface or a union (without fields of its own).
    Composite(HashMap<String, FieldInfo>),
    /// An input object and its fields.
    Input {
        /// The fields.
        fields: HashMap<String, InputInfo>,
        /// Exactly one field must be given (`@oneOf`).
        one_of: bool,
    },
    /// An enum and its values.
    Enum(HashSet<String>),
    /// A scalar.
    Scalar,
}

/// A field of an object or interface.
#[derive(Debug)]
pub struct FieldInfo {
    /// The named type behind all lists.
    pub named: String,
    /// The field answers a list.
    pub is_list: bool,
    /// Its arguments.
    pub arguments: HashMap<String, InputInfo>,
}

/// An argument or an input field.
#[derive(Debug)]
pub struct InputInfo {
    /// Its type.
    pub ty: Type,
    /// It may be left out because there is a default.
    pub has_default: bool,
}

impl InputInfo {
    /// A value must be given.
    pub fn is_required(&self) -> bool {
        !self.ty.nullable && !self.has_default
    }
}

impl SchemaIndex {
    /// Reads the SDL of a schema.
    pub fn new(sdl: &str) -> Result<Self, SchemaIndexError> {
        let mut index = Self {
            query: "Query".to_owned(),
            mutation: None,
            subscription: None,
            types: HashMap::new(),
        };
        for text in [INTROSPECTION, sdl] {
            for definition in parser::parse_schema(text)?.definitions {
                index.add(definition);
            }
        }
        let query = index.query.clone();
        if let Some(TypeInfo::Composite(fields)) = index.types.get_mut(&query) {
            for (name, named) in [("__schema", "__Schema"), ("__type", "__Type")] {
                let field = FieldInfo {
                    named: named.to_owned(),
                    is_list: false,
                    arguments: HashMap::new(),
                };
                fields.insert(name.to_owned(), field);
            }
        }
        Ok(index)
    }

    /// The root type of an operation, if the schema has it.
    pub fn root(&self, operation: OperationType) -> Option<&str> {
        match operation {
            OperationType::Query => Some(&self.query),
            OperationType::Mutation => self.mutation.as_deref(),
            OperationType::Subscription => self.subscription.as_deref(),
        }
    }

    /// The type of this name.
    pub fn get(&self, name: &str) -> Option<&TypeInfo> {
        self.types.get(name)
    }

    /// The field `field` of the type `on`, if both exist.
    pub fn field(&self, on: &str, field: &str) -> Option<&FieldInfo> {
        match self.types.get(on)? {
            TypeInfo::Composite(fields) => fields.get(field),
            _ => None,
        }
    }

    /// The type has fields to select.
    pub fn is_composite(&self, name: &str) -> bool {
        matches!(self.types.get(name), Some(TypeInfo::Composite(_)))
    }

    fn add(&mut self, definition: TypeSystemDefinition) {
        match definition {
            TypeSystemDefinition::Schema(schema) => {
                let schema = schema.node;
                if let Some(query) = schema.query {
                    self.query = query.node.to_string();
                }
                self.mutation = schema.mutation.map(|name| name.node.to_string());
                self.subscription = schema.subscription.map(|name| name.node.to_string());
            }
            TypeSystemDefinition::Type(definition) => {
                let one_of = definition
                    .node
                    .directives
                    .iter()
                    .any(|directive| directive.node.name.node == "oneOf");
                let info = match definition.node.kind {
                    TypeKind::Scalar => TypeInfo::Scalar,
                    TypeKind::Object(ObjectType { fields, .. }) => composite(fields),
                    TypeKind::Interface(interface) => composite(interface.fields),
                    TypeKind::Union(_) => TypeInfo::Composite(HashMap::new()),
                    TypeKind::Enum(values) => TypeInfo::Enum(
                        values
                            .values
                            .into_iter()
                            .map(|value| value.node.value.node.to_string())
                            .collect(),
                    ),
                    TypeKind::InputObject(input) => TypeInfo::Input {
                        fields: inputs(input.fields),
                        one_of,
                    },
                };
                self.types
                    .insert(definition.node.name.node.to_string(), info);
            }
            TypeSystemDefinition::Directive(_) => {}
        }
    }
}

/// The name behind all lists of a type.
pub fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(item) => named(item),
    }
}

fn composite(fields: Vec<async_graphql::Positioned<FieldDefinition>>) -> TypeInfo {
    let fields = fields.into_iter().map(|field| {
        let field = field.node;
        let info = FieldInfo {
            named: named(&field.ty.node).to_owned(),
            is_list: matches!(field.ty.node.base, BaseType::List(_)),
            arguments: inputs(field.arguments),
        };
        (field.name.node.to_string(), info)
    });
    TypeInfo::Composite(fields.collect())
}

fn inputs(
    values: Vec<async_graphql::Positioned<InputValueDefinition>>,
) -> HashMap<String, InputInfo> {
    values
        .into_iter()
        .map(|value| {
            let info = InputInfo {
                ty: value.node.ty.node,
                has_default: value.node.default_value.is_some(),
            };
            (value.node.name.node.to_string(), info)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_types_fields_arguments_and_roots() {
        let index = SchemaIndex::new(
            r#"
            "A tender." type Tender { bids(first: Int = 20, after: String): BidConnection! tags: [String!]! }
            type BidConnection { nodes: [Bid!]! } type Bid { id: ID! }
            input Filter @oneOf { id: ID name: String } enum Stage { OPEN CLOSED }
            union Any = Tender | Bid
            type Q { tender(id: ID!, where: Filter): Tender } type M { open(stages: [Stage!]!): Tender }
            schema { query: Q mutation: M }"#,
        )
        .unwrap();
        assert_eq!(index.root(OperationType::Query), Some("Q"));
        assert_eq!(index.root(OperationType::Mutation), Some("M"));
        assert_eq!(index.root(OperationType::Subscription), None);
        let bids = index.field("Tender", "bids").unwrap();
        assert_eq!(
            (bids.named.as_str(), bids.is_list),
            ("BidConnection", false)
        );
        assert!(index.field("Tender", "tags").unwrap().is_list);
        assert!(index.field("Q", "tender").unwrap().arguments["id"].is_required());
        assert!(!bids.arguments["first"].is_required());
        assert!(matches!(
            index.get("Filter"),
            Some(TypeInfo::Input { one_of: true, .. })
        ));
        assert!(index.is_composite("Any") && !index.is_composite("Stage"));
        assert_eq!(index.field("Q", "__schema").unwrap().named, "__Schema");
        assert!(index.field("__Type", "fields").unwrap().is_list);
    }

    #[test]
    fn an_unreadable_schema_is_an_error() {
        assert!(SchemaIndex::new("type {").is_err());
    }
}
