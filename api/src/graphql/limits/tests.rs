use std::fmt::Write as _;

use serde_json::json;

use super::*;

const SDL: &str = r"
    type Query { a: Query n: Int all(first: Int): QueryConnection! f(ids: [ID!]): Int }
    type QueryConnection { nodes: [Query!]! } type Mutation { go: Int }
    schema { query: Query mutation: Mutation }";

fn run(text: &str) -> Result<Admitted, ServerError> {
    admit(
        &SchemaIndex::new(SDL).unwrap(),
        text,
        None,
        &Variables::default(),
    )
}

fn refused(text: &str, limit: &str, maximum: u64) -> serde_json::Value {
    let error = run(text).expect_err("refused");
    let extensions = serde_json::to_value(&error.extensions).unwrap();
    assert_eq!(extensions["code"], "QUERY_TOO_COMPLEX", "{error}");
    assert_eq!(extensions["limit"], limit);
    assert_eq!(extensions["maximum"], maximum);
    assert!(error.message.contains(&maximum.to_string()));
    extensions
}

/// `{ a { a { … n } } }` with `levels` levels in all.
fn nested(levels: usize) -> String {
    format!(
        "{}{{ n }}{}",
        "{ a ".repeat(levels - 1),
        "}".repeat(levels - 1)
    )
}

fn repeated(count: usize, part: impl Fn(usize) -> String) -> String {
    let parts: Vec<String> = (0..count).map(part).collect();
    format!("{{ {} }}", parts.join(" "))
}

#[test]
fn each_limit_admits_its_maximum_and_refuses_one_more() {
    assert!(run(&format!("{{ n }} #{}", "x".repeat(16_384 - 7))).is_ok());
    refused(
        &format!("{{ n }} #{}", "x".repeat(16_384 - 6)),
        "bytes of text",
        16_384,
    );
    refused(&repeated(1_999, |_| "n".into()), "tokens", 2_000);
    refused(&"[".repeat(51), "nested brackets", 50);
    assert!(run(&nested(15)).is_ok());
    refused(&nested(16), "levels of fields", 15);
    let aliased = |count| format!("{{ a {} }}", repeated(count, |n| format!("x{n}: n")));
    assert!(run(&aliased(50)).is_ok());
    refused(&aliased(51), "aliases", 50);
    assert!(run(&repeated(20, |_| "n".into())).is_ok());
    refused(&repeated(21, |_| "n".into()), "root fields", 20);
    let directives = |count| format!("{{ n {} }}", "@include(if: true) ".repeat(count));
    assert!(run(&directives(8)).is_ok());
    refused(&directives(9), "directives on one field", 8);
}

#[test]
fn a_thousand_aliases_are_refused_before_anything_runs() {
    let text = repeated(1_000, |n| format!("a{n}: n"));
    // 3,002 tokens: the first limit in the order speaks.
    refused(&text, "tokens", 2_000);
    refused(&repeated(600, |n| format!("a{n}: n")), "aliases", 50);
}

#[test]
fn a_fragment_bomb_of_22_levels_is_refused_after_a_bounded_count_of_nodes() {
    let mut text = "{ ...F0 }".to_owned();
    for level in 0..22 {
        let next = level + 1;
        write!(
            text,
            " fragment F{level} on Query {{ ...F{next} ...F{next} }}"
        )
        .unwrap();
    }
    text.push_str(" fragment F22 on Query { n }");
    let extensions = refused(&text, "nodes with fragments expanded", 5_000);
    assert_eq!(extensions["visited"], 46);
}

#[test]
fn the_cost_limit_is_a_thousand_points() {
    let text = |pages| {
        repeated(pages, |n| {
            format!("p{n}: all(first: 98) {{ nodes {{ n }} }}")
        })
    };
    assert_eq!(run(&text(10)).unwrap().cost, 1_000);
    refused(&text(11), "points of cost", 1_000);
}

#[test]
fn text_that_is_no_graphql_has_the_parse_code_and_a_place() {
    let error = run("{ n ").expect_err("refused");
    assert_eq!(Code::of(&error), Some(Code::GraphqlParseFailed));
    assert!(!error.locations.is_empty());
    assert_eq!(
        Code::of(&run("").expect_err("refused")),
        Some(Code::GraphqlParseFailed)
    );
}

#[test]
fn the_operation_must_be_clear() {
    let index = SchemaIndex::new(SDL).unwrap();
    let pick = |name| {
        admit(
            &index,
            "query A { n } mutation B { go }",
            name,
            &Variables::default(),
        )
    };
    assert_eq!(pick(Some("B")).unwrap().operation, OperationType::Mutation);
    for name in [None, Some("C")] {
        let error = pick(name).expect_err("refused");
        assert_eq!(Code::of(&error), Some(Code::BadUserInput));
        assert!(error.message.contains("operationName"));
    }
    assert!(admit(&index, "{ n }", Some("A"), &Variables::default()).is_err());
}

#[test]
fn the_standard_introspection_query_passes_at_the_price_of_one() {
    let admitted = run(include_str!("introspection.graphql")).unwrap();
    assert!(admitted.introspection);
    assert_eq!(admitted.cost, 1);
}

#[test]
fn an_introspection_query_that_nests_lists_without_end_is_refused() {
    let deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    refused(deep, "nested lists of the schema", 3);
    let mixed = "{ n __schema { types { fields { type { fields { args { name } } } } } } }";
    refused(mixed, "nested lists of the schema", 3);
    assert!(!run("{ n __typename }").unwrap().introspection);
    assert!(!run("{ __typename }").unwrap().introspection);
    assert!(
        !run("{ n __schema { queryType { name } } }")
            .unwrap()
            .introspection
    );
}

#[test]
fn long_lists_are_refused_with_their_place() {
    let index = SchemaIndex::new(SDL).unwrap();
    let variables = Variables::from_json(json!({ "ids": vec!["x"; 251] }));
    let error = admit(
        &index,
        "query($ids: [ID!]) { f(ids: $ids) }",
        None,
        &variables,
    )
    .expect_err("refused");
    assert!(error.message.contains("variables.ids"));
}

mod any_document {
    use proptest::prelude::*;

    use super::*;

    /// Tokens that make documents which get far, and those that break them.
    const TOKENS: &[&str] = &[
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "$",
        "$v",
        "@include",
        "@skip(if: $v)",
        "...",
        "... on Query",
        "...F",
        "fragment F on Query",
        "fragment G on Nothing",
        "query",
        "query Q($v: [Int!]! = [1])",
        "mutation",
        "subscription",
        "a",
        "n",
        "x:",
        "all",
        "first:",
        "f",
        "ids:",
        "nodes",
        "__schema",
        "__typename",
        "types",
        "go",
        "1",
        "-1",
        "1.5e3",
        "1e999",
        "99999999999999999999",
        "-",
        "\"\"",
        "\"\\u00e9\"",
        "\"\\ud83d\"",
        "\"\"\"ü\n \"\"\"",
        "\"",
        "null",
        "true",
        "ENUM",
        "{ n }",
        "{ a { n } }",
        "#\n",
        "\u{feff}",
        ",",
        "é",
        "\0",
        "&",
        "|",
        "=",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn is_admitted_or_refused_with_a_code(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..40)) {
            let text = tokens.join(" ");
            if let Err(error) = run(&text) {
                prop_assert!(Code::of(&error).is_some_and(|code| code != Code::InternalServerError), "{text}");
            }
        }
    }
}
