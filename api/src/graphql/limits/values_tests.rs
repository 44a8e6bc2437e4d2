use async_graphql::parser::parse_query;
use serde_json::json;

use super::*;

const SDL: &str = r"
    enum Stage { OPEN CLOSED } scalar Decimal
    input Bid { price: Decimal! count: Int = 1 tags: [String!] }
    input Pick @oneOf { id: ID name: String }
    type Query { f(n: Int, id: ID, stage: Stage, bids: [Bid!], pick: Pick, flag: Boolean, text: String): Query x: Int }
    schema { query: Query }";

fn run(text: &str, variables: serde_json::Value) -> Result<(), String> {
    let index = SchemaIndex::new(SDL).unwrap();
    let document = parse_query(text).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    let variables = Variables::from_json(variables);
    check(&index, &document, &operation.node, &variables, 250).map_err(|error| {
        assert_eq!(Code::of(&error), Some(Code::BadUserInput));
        error.message
    })
}

fn literal(arguments: &str) -> Result<(), String> {
    run(&format!("{{ f({arguments}) {{ x }} }}"), json!({}))
}

fn refused(result: Result<(), String>, parts: &[&str]) {
    let message = result.expect_err("refused");
    for part in parts {
        assert!(message.contains(part), "{message} names {part}");
    }
}

#[test]
fn values_that_fit_pass() {
    for arguments in [
        "n: 2147483647",
        "n: null",
        "id: 5",
        "id: \"a\"",
        "stage: OPEN",
        "bids: {price: \"1.0\"}",
        "bids: [{price: \"1.0\", count: 2, tags: [\"a\"]}]",
        "pick: {id: \"a\"}",
        "flag: true, text: \"\"",
    ] {
        assert_eq!(literal(arguments), Ok(()), "{arguments}");
    }
}

#[test]
fn a_number_of_an_input_below_zero_is_refused_with_its_field() {
    let below = literal("bids: [{price: \"1.0\", count: -1}]");
    refused(below, &["`f.bids[0].count`", "0 or more", "-1"]);
    assert_eq!(literal("n: -1"), Ok(()));
}

#[test]
fn numbers_beyond_32_bits_and_fractions_are_no_int() {
    refused(literal("n: 2147483648"), &["`f.n`", "Int", "32 bits"]);
    refused(literal("n: -2147483649"), &["`f.n`"]);
    refused(literal("n: 1.5"), &["`f.n`"]);
    refused(literal("n: 99999999999999999999"), &["`f.n`"]);
    refused(literal("n: \"5\""), &["`f.n`", "a string"]);
}

#[test]
fn the_place_of_a_wrong_value_is_named_down_to_the_item() {
    let query = "query($bids: [Bid!]!) { f(bids: $bids) { x } }";
    refused(
        run(
            query,
            json!({ "bids": [{ "price": "1" }, { "price": "1", "count": "two" }] }),
        ),
        &["`variables.bids[1].count`", "must be Int"],
    );
    refused(
        run(query, json!({ "bids": [{}] })),
        &["`variables.bids[0].price`", "required", "Decimal!"],
    );
    refused(
        run(
            query,
            json!({ "bids": [{ "price": "1", "colour": "red" }] }),
        ),
        &["`variables.bids[0].colour`", "not a field of Bid"],
    );
    refused(run(query, json!({})), &["`variables.bids`", "required"]);
    refused(
        run(query, json!({ "bids": null })),
        &["`variables.bids`", "null"],
    );
}

#[test]
fn an_object_is_asked_for_where_a_plain_value_was_given() {
    refused(literal("bids: [3]"), &["`f.bids[0]`", "must be Bid!"]);
    refused(
        literal("stage: SHUT"),
        &["`f.stage`", "Stage", "one of CLOSED, OPEN"],
    );
    refused(
        literal("pick: {id: \"a\", name: \"b\"}"),
        &["`f.pick`", "exactly one"],
    );
    refused(literal("pick: {id: null}"), &["`f.pick`", "exactly one"]);
}

#[test]
fn a_list_of_more_than_250_items_is_refused_wherever_it_stands() {
    let query = "query($t: [String!]) { f(bids: [{price: \"1\", tags: $t}]) { x } }";
    assert_eq!(run(query, json!({ "t": vec!["a"; 250] })), Ok(()));
    refused(
        run(query, json!({ "t": vec!["a"; 251] })),
        &["`variables.t`", "251", "250"],
    );
    let items = "{price: \"1\"}, ".repeat(251);
    refused(literal(&format!("bids: [{items}]")), &["`f.bids`", "251"]);
}

#[test]
fn arguments_inside_fragments_are_checked() {
    let text = "{ ...F ... on Query { f(n: 1) { x } } } fragment F on Query { f(n: 1.5) { x } }";
    refused(run(text, json!({})), &["`f.n`"]);
    refused(run("{ ... { f(n: 1.5) { x } } }", json!({})), &["`f.n`"]);
}

#[test]
fn conditions_of_skip_and_include_are_booleans() {
    refused(
        run("{ x @skip(if: 1) }", json!({})),
        &["`skip.if`", "Boolean!"],
    );
}

#[test]
fn a_scalar_says_what_it_expected() {
    let place = ["`f.bids.price`", "must be Decimal!", "expected digits"];
    refused(literal("bids: {price: \"1,5\"}"), &place);
    refused(
        literal("bids: {price: 1.5}"),
        &["`f.bids.price`", "as a string"],
    );
}
