//! The tour in the README, and the examples of docs/registry.md: their queries give the answers printed there.

use std::path::Path;

use anyhow::{Context, Result};
use commonweal_tests::Process;
use serde_json::{Value, json};

/// The queries of a page, each with the answer printed below it.
fn steps(page: &str) -> Vec<(&str, &str)> {
    let mut steps = Vec::new();
    for part in page.split("```graphql\n").skip(1) {
        let (query, rest) = part.split_once("```").unwrap_or((part, ""));
        let answer = rest
            .split_once("```json\n")
            .and_then(|(_, rest)| rest.split_once("```"));
        steps.push((query, answer.map_or("", |(answer, _)| answer)));
    }
    steps
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queries_of_readme_and_guide_give_the_answers_printed_there() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    let guide = std::fs::read_to_string(root.join("docs/registry.md"))?;
    let steps = [steps(&readme), steps(&guide)].concat();
    assert_eq!(
        steps.len(),
        6 + 2,
        "six queries of the tour, two of the guide"
    );
    let folder = tempfile::tempdir()?;
    let server = Process::start(folder.path(), None).await?;
    let tokens: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("demo-tokens.json"))?)?;
    for (query, printed) in steps {
        let mut request = reqwest::Client::new()
            .post(format!("{}/graphql", server.url))
            .json(&json!({ "query": query }));
        if let Some(part) = query
            .strip_prefix("# as ")
            .and_then(|rest| rest.lines().next())
        {
            let token = tokens[part]
                .as_str()
                .with_context(|| format!("no token for {part}"))?;
            request = request.bearer_auth(token);
        }
        let answer: Value = request.send().await?.json().await?;
        let printed: Value = serde_json::from_str(printed)?;
        assert_eq!(answer["data"], printed["data"], "{query}");
    }
    server.kill().await
}
