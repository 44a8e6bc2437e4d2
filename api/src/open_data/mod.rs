//! Open data in: published procurement data of many forms, read as a stream of [`Release`]s in whitelisted fields.
//!
//! Read are OCDS 1.0 and 1.1 release packages, record packages, bare releases and records, versioned releases and the
//! tenders of the Prozorro central database; in lists, in `{"data": ...}` wrappers, or joined one after another; in UTF-8,
//! UTF-16 or ISO-8859-1. One record is held in memory at a time. Amounts are never read through a float.

mod contests;
mod fields;
mod merge;
mod node;
mod ocds;
mod prozorro;
mod release;
mod stream;
mod text;

#[cfg(test)]
pub(crate) mod real_files;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::ops::ControlFlow;

pub use fields::Problem;
use node::{Fields, Node};
pub use release::{
    Award, Bid, Count, Criteria, Criterion, Form, Lot, LotValue, Party, Release, Tender,
};
pub use stream::StreamError;

/// What one release, record or tender of a file holds.
#[derive(Debug)]
pub struct Record {
    /// Its number in the file, from 1.
    pub number: u64,
    /// The line it begins on, from 1.
    pub line: u64,
    /// The releases it holds; none when it was rejected.
    pub releases: Vec<Release>,
    /// Why it was rejected, or what was left out of it.
    pub problems: Vec<Problem>,
}

/// Hands over each record of a file, until the taker breaks or the file ends.
///
/// # Errors
/// When the file is no JSON, or cannot be read to its end; what came before the break was handed over.
pub fn read(
    source: impl Read,
    take: &mut dyn FnMut(Record) -> ControlFlow<()>,
) -> Result<(), StreamError> {
    stream::each_record(source, &mut |found| {
        let mut problems = Vec::new();
        let releases = releases(found.json, &mut problems);
        take(Record {
            number: found.number,
            line: found.line,
            releases,
            problems,
        })
    })
}

fn releases(json: &str, problems: &mut Vec<Problem>) -> Vec<Release> {
    let Some(fields) = Node::parse(json).ok().and_then(Node::fields) else {
        problems.push(Problem::at(
            "",
            "not an object: expected a release, a record or a tender",
        ));
        return Vec::new();
    };
    if is_record(&fields) {
        let releases = ocds::record(&fields, problems);
        if releases.is_empty() && problems.is_empty() {
            problems.push(Problem::at("releases", "the record holds no release"));
        }
        releases
    } else if prozorro::is_tender(&fields) && fields.get("ocid").is_none() {
        prozorro::tender(&fields, problems).into_iter().collect()
    } else if fields.get("ocid").is_some() || fields.get("tender").is_some() {
        let form = if fields.texts("tag").iter().any(|tag| tag == "compiled") {
            Form::Compiled
        } else if fields.get("id").is_none() && fields.get("date").is_none() {
            Form::Versioned
        } else {
            Form::Release
        };
        ocds::release(&fields, form, problems).into_iter().collect()
    } else {
        problems.push(Problem::at(
            "",
            "neither an OCDS release (no `ocid`), nor a record, nor a Prozorro tender (no `tenderID`)",
        ));
        Vec::new()
    }
}

fn is_record(fields: &Fields<'_>) -> bool {
    ["releases", "compiledRelease", "versionedRelease"]
        .iter()
        .any(|name| fields.get(name).is_some())
}
