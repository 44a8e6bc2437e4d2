//! The tour in the README, and the examples of docs/registry.md: their queries give the answers printed there.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use commonweal_tests::{Process, run_commonweal};
use serde_json::{Value, json};

/// What stands in a page for something that is another in each run.
const YOURS: &str = "YOURS";

/// The text of a page between two others.
fn between<'a>(page: &'a str, start: &str, end: &str) -> Result<&'a str> {
    let rest = page.split_once(start).map(|(_, rest)| rest);
    let found = rest.and_then(|rest| rest.split_once(end));
    found
        .map(|(found, _)| found)
        .with_context(|| format!("no {start}"))
}

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

/// Puts what was answered into what a page prints as the reader's own, and keeps it for later queries.
fn fill_in(printed: &mut Value, answered: &Value, yours: &mut Vec<(String, String)>) {
    match (printed, answered) {
        (Value::Object(printed), Value::Object(answered)) => {
            for (key, value) in printed {
                fill_in(value, answered.get(key).unwrap_or(&Value::Null), yours);
            }
        }
        (Value::Array(printed), Value::Array(answered)) => {
            for (printed, answered) in printed.iter_mut().zip(answered) {
                fill_in(printed, answered, yours);
            }
        }
        (Value::String(printed), Value::String(answered)) if printed.ends_with(YOURS) => {
            yours.push((printed.clone(), answered.clone()));
            printed.clone_from(answered);
        }
        _ => {}
    }
}

/// The demo, and who may ask it.
struct Demo {
    server: Process,
    tokens: Value,
    http: reqwest::Client,
}

impl Demo {
    fn token(&self, part: &str) -> Result<&str> {
        let token = self.tokens[part].as_str();
        token.with_context(|| format!("no token for {part}"))
    }

    /// Sends a query, as whom its first line names.
    async fn ask(&self, query: &str) -> Result<Value> {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.server.url))
            .json(&json!({ "query": query }));
        let part = query.strip_prefix("# as ");
        if let Some(part) = part.and_then(|rest| rest.lines().next()) {
            request = request.bearer_auth(self.token(part)?);
        }
        Ok(request.send().await?.json().await?)
    }

    /// Uploads the file that the guide makes, to where it says.
    async fn upload(&self, guide: &str) -> Result<()> {
        let text = between(guide, "printf '", "\\n' > visits.txt")?;
        let owner = between(guide, "localhost:8080/evidence/", "\n")?;
        let answer = self
            .http
            .post(format!("{}/evidence/{owner}", self.server.url))
            .bearer_auth(self.token("supplier")?)
            .header("Content-Type", "text/plain")
            .body(format!("{text}\n"))
            .send()
            .await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queries_of_readme_and_guide_give_the_answers_printed_there() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    let guide = std::fs::read_to_string(root.join("docs/registry.md"))?;
    let steps = [steps(&readme), steps(&guide)].concat();
    assert_eq!(
        steps.len(),
        6 + 2 + 8,
        "six queries of the tour, two of the guide, and those of a claim"
    );
    let folder = tempfile::tempdir()?;
    let server = Process::start(folder.path(), None).await?;
    let tokens = std::fs::read(folder.path().join("demo-tokens.json"))?;
    let demo = Demo {
        server,
        tokens: serde_json::from_slice(&tokens)?,
        http: reqwest::Client::new(),
    };
    demo.upload(&guide).await?;
    let mut yours: Vec<(String, String)> = Vec::new();
    for (query, printed) in steps {
        let mut query = query.to_owned();
        for (name, own) in &yours {
            query = query.replace(name.as_str(), own);
        }
        let answer = demo.ask(&query).await?;
        let mut printed: Value = serde_json::from_str(printed)?;
        fill_in(&mut printed, &answer, &mut yours);
        assert_eq!(answer["data"], printed["data"], "{query}");
    }
    demo.server.kill().await
}

#[test]
fn the_people_of_the_guide_become_the_tokens_printed_there() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let guide = std::fs::read_to_string(root.join("docs/registry.md"))?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("people.csv");
    std::fs::write(&file, between(&guide, "```csv\n", "```")?)?;
    let origin = Path::new(between(
        &guide,
        "commonweal tokens people.csv --origin ",
        " ",
    )?);
    let printed = run_commonweal(&[Path::new("tokens"), &file, Path::new("--origin"), origin])?;
    assert_eq!(
        String::from_utf8(printed.stdout)?,
        between(&guide, "```text\n", "```")?
    );
    let said = String::from_utf8(printed.stderr)?;
    assert!(guide.contains(&format!("says `{}`", said.trim())), "{said}");
    Ok(())
}
