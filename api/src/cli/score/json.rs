//! The report as one JSON object, with names in the place of ids.

use std::io::Write;

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Report;
use super::bids::Names;

/// Writes the report.
pub(super) fn write(out: &mut dyn Write, report: &Report<'_>) -> anyhow::Result<()> {
    let cards: Vec<_> = report.evaluation.scorecards().collect();
    let plan = report.plan.as_ref();
    let mut value = json!({
        "title": report.contest.title,
        "ranking": report.evaluation.ranking(),
        "excluded": report.evaluation.excluded(),
        "scorecards": cards,
        "robustness": report.robustness,
        "price_equivalents": plan.map(|plan| &plan.price_equivalents),
        "seed": hex::encode(report.contest.facts.seed.as_bytes()),
    });
    if let (true, Some(fields)) = (report.whole_plan, value.as_object_mut()) {
        fields.insert("plan".to_owned(), serde_json::to_value(plan)?);
    }
    name(&mut value, &report.contest.names);
    let mut writer = serde_json::Serializer::pretty(&mut *out);
    value.serialize(&mut writer)?;
    writeln!(out)?;
    Ok(())
}

/// Puts the name of a bid or organisation wherever its id stands.
fn name(value: &mut Value, names: &Names) {
    match value {
        Value::String(text) => {
            if let Some(named) = named(text, names) {
                *text = named;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| name(item, names)),
        Value::Object(fields) => fields.values_mut().for_each(|field| name(field, names)),
        _ => {}
    }
}

/// A text with names for the ids in it, if there are any.
pub(super) fn named(text: &str, names: &Names) -> Option<String> {
    let words: Vec<&str> = text.split_inclusive([' ', ',']).collect();
    let mut found = false;
    let replaced = words.into_iter().map(|word| {
        let bare = word.trim_end_matches([' ', ',']);
        let known = (bare.len() == 36)
            .then(|| Uuid::try_parse(bare).ok())
            .flatten()
            .and_then(|id| names.get(&id));
        known.map_or_else(
            || word.to_owned(),
            |known| {
                found = true;
                format!("{known}{}", &word[bare.len()..])
            },
        )
    });
    let text: String = replaced.collect();
    found.then_some(text)
}
