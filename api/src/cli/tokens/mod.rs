//! `commonweal tokens FILE.csv`: the people behind a claim as hashes, made where their numbers are and without any network.

mod csv;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};
use commonweal_domain::contract::ExternalReference;
use commonweal_domain::contract::beneficiary::{
    BLOCK_SIZE, BeneficiaryFile, LOG_COST, MAX_ROWS, PARALLELISM, PersonDays, salt, scheme,
};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::{Date, Period};
use scrypt::{Params, scrypt};

use super::plain;

/// The largest file that is read.
const MAX_BYTES: u64 = 4 << 20;
/// Mistakes that are told at once.
const MAX_TOLD: usize = 20;

/// Make hashes of the people behind a claim, to submit with it. Nothing leaves this machine.
///
/// The file is a CSV with a line of column names: `register` (of the number, such as GB-NINO or KR-RRN), `number` (of the person in
/// it; blanks, capitals and punctuation make no difference), `from` and `to` (the first day claimed, and the first day after), and
/// where the measure asks for them `started` (the first day of employment) and `kind`. Days are written 2026-07-31. The text that is
/// printed goes with the claim, unchanged, as `beneficiaries`.
///
/// Exit code 1 when a row is wrong: each is named by its line and column, and nothing is printed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The CSV file; `-` reads standard input
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// The origin of the registry's log: the first line of its checkpoint at `/log/checkpoint`
    #[arg(long, value_name = "NAME")]
    pub origin: String,
}

/// Prints the file to submit, and on the error handle how many rows and people it has.
///
/// # Errors
/// When the file cannot be read, or has wrong rows.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> Result<ExitCode> {
    let origin = args.origin.trim();
    if origin.is_empty() || origin.contains("://") || origin.chars().any(char::is_whitespace) {
        bail!(
            "--origin must be the name of a log, such as `registry.example/log`: its checkpoint begins with it"
        );
    }
    let text = read(args)?;
    let rows = rows(&text)?;
    let file = hashed(&rows, origin, LOG_COST)?;
    let people: BTreeSet<Hash> = file.people.iter().map(|row| row.person).collect();
    writeln!(err, "{} rows, {} people", file.people.len(), people.len())?;
    writeln!(out, "{}", serde_json::to_string(&file)?)?;
    Ok(ExitCode::SUCCESS)
}

fn read(args: &Args) -> Result<String> {
    let name = args.file.display();
    let mut text = String::new();
    let limited =
        |source: &mut dyn Read, text: &mut String| source.take(MAX_BYTES + 1).read_to_string(text);
    let read = if args.file.as_os_str() == "-" {
        limited(&mut std::io::stdin().lock(), &mut text)
    } else {
        std::fs::File::open(&args.file).and_then(|mut file| limited(&mut file, &mut text))
    };
    let bytes = read.with_context(|| format!("cannot read {name} as text in UTF-8"))?;
    if u64::try_from(bytes).is_ok_and(|bytes| bytes > MAX_BYTES) {
        bail!("{name} has more than {MAX_BYTES} bytes: a claim names at most {MAX_ROWS} rows");
    }
    Ok(text)
}

/// A row with the person's number still in it.
struct Row {
    line: usize,
    person: String,
    period: Period,
    started: Option<Date>,
    kind: Option<String>,
}

const REQUIRED: [&str; 4] = ["register", "number", "from", "to"];
const OPTIONAL: [&str; 2] = ["started", "kind"];

/// Reads every row, or tells what is wrong with the first of those that are wrong.
fn rows(text: &str) -> Result<Vec<Row>> {
    let records = csv::records(text).map_err(|error| {
        anyhow!(
            "line {}: a quote does not fit: write a quote inside quotes twice",
            error.0
        )
    })?;
    let Some((header, records)) = records.split_first() else {
        bail!(
            "the file is empty: its first line names the columns {}",
            REQUIRED.join(", ")
        );
    };
    let names: Vec<String> = header
        .fields
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    if let Some(missing) = REQUIRED
        .iter()
        .find(|name| !names.iter().any(|n| n == *name))
    {
        bail!(
            "line {}: the column `{missing}` is missing: the first line names the columns {}",
            header.line,
            REQUIRED.join(", ")
        );
    }
    for (at, name) in names.iter().enumerate() {
        let known = REQUIRED.contains(&name.as_str()) || OPTIONAL.contains(&name.as_str());
        if !known || names[..at].contains(name) {
            bail!(
                "line {}: the column `{}` is not expected, or stands there twice: the columns are {} and, where the measure asks for \
                 them, {}",
                header.line,
                plain(name),
                REQUIRED.join(", "),
                OPTIONAL.join(", ")
            );
        }
    }
    if !(1..=MAX_ROWS).contains(&records.len()) {
        bail!(
            "{} rows, expected 1 to {MAX_ROWS}: claim parts of the year or of the place one by one",
            records.len()
        );
    }
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for record in records {
        match row(&names, record) {
            Ok(row) => rows.push(row),
            Err(mistake) => wrong.push(format!("line {}, {mistake}", record.line)),
        }
    }
    wrong.extend(twice(&rows));
    if wrong.is_empty() {
        return Ok(rows);
    }
    let count = wrong.len();
    wrong.truncate(MAX_TOLD);
    bail!(
        "{count} rows are wrong, nothing was made:\n{}",
        wrong.join("\n")
    );
}

/// A row of a record, or its first mistake as `column NAME: ..`. What the row holds is personal and is not repeated.
fn row(names: &[String], record: &csv::Record) -> Result<Row, String> {
    if record.fields.len() != names.len() {
        let (found, expected) = (record.fields.len(), names.len());
        return Err(format!("{found} columns, expected {expected}"));
    }
    let field = |name: &str| {
        let at = names.iter().position(|known| known == name);
        let text = at.and_then(|at| record.fields.get(at));
        text.map_or("", String::as_str)
    };
    let (register, number) = (field("register"), field("number"));
    let person = ExternalReference::new(register, number).map_err(|error| match error {
        commonweal_domain::contract::reference::InvalidReference::Source => {
            "column register: expected 2 to 40 capitals, digits, `-` or `.`, such as GB-NINO".to_owned()
        }
        commonweal_domain::contract::reference::InvalidReference::Number => {
            "column number: expected 1 to 100 letters and digits of ASCII, with blanks or one of -./_:# between them".to_owned()
        }
    })?;
    let day = |name: &str| {
        let wrong = |_| format!("column {name}: expected a day such as 2026-07-31");
        Date::from_str(field(name)).map_err(wrong)
    };
    let (from, to) = (day("from")?, day("to")?);
    let period = Period::new(from, to).map_err(|_| {
        "column to: expected the first day after the last, so a day after `from`".to_owned()
    })?;
    let started = match field("started") {
        "" => None,
        _ => Some(day("started")?),
    };
    if started.is_some_and(|day| day > from) {
        return Err("column started: expected a day that is not after `from`".to_owned());
    }
    let kind = Some(field("kind")).filter(|kind| !kind.is_empty());
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if kind.is_some_and(|kind| kind.len() > 60 || !kind.bytes().all(word)) {
        return Err(
            "column kind: expected a kind of the measure, in small letters, digits, `-` and `_`"
                .to_owned(),
        );
    }
    Ok(Row {
        line: record.line,
        person: person.key(),
        period,
        started,
        kind: kind.map(str::to_owned),
    })
}

/// Rows that have a day of the same person in common with an earlier one.
fn twice(rows: &[Row]) -> Vec<String> {
    let mut people: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in rows {
        let earlier = people.entry(&row.person).or_default();
        if let Some(other) = earlier
            .iter()
            .find(|other| other.period.overlaps(row.period))
        {
            wrong.push(format!(
                "line {}, column from: the same person has days in common in line {}",
                row.line, other.line
            ));
        }
        earlier.push(row);
    }
    wrong
}

/// The file to submit. Its rows are in the order of their hashes, so that it does not tell the order of the people in the CSV.
fn hashed(rows: &[Row], origin: &str, log_cost: u8) -> Result<BeneficiaryFile> {
    let people: BTreeSet<&str> = rows.iter().map(|row| row.person.as_str()).collect();
    let people: Vec<&str> = people.into_iter().collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = people.len().div_ceil(threads).max(1);
    let salt = salt(origin);
    let hashes = std::thread::scope(|scope| {
        let parts = people.chunks(part).map(|part| {
            scope.spawn(move || -> Result<Vec<(&str, Hash)>> {
                let mut hashes = Vec::with_capacity(part.len());
                for person in part {
                    hashes.push((*person, slow_hash(person, salt, log_cost)?));
                }
                Ok(hashes)
            })
        });
        let running: Vec<_> = parts.collect();
        let mut hashes = BTreeMap::new();
        for part in running {
            let part = part.join().map_err(|_| anyhow!("a thread ended early"))?;
            hashes.extend(part?);
        }
        Ok::<_, anyhow::Error>(hashes)
    })?;
    let row = |row: &Row| {
        let person = hashes.get(row.person.as_str()).copied();
        Ok(PersonDays {
            person: person.context("a row without its hash")?,
            period: row.period,
            started: row.started,
            kind: row.kind.clone(),
        })
    };
    let mut people: Vec<PersonDays> = rows.iter().map(row).collect::<Result<_>>()?;
    people.sort_by_key(|row| (row.person, row.period));
    Ok(BeneficiaryFile {
        scheme: scheme(origin),
        people,
    })
}

fn slow_hash(person: &str, salt: Hash, log_cost: u8) -> Result<Hash> {
    let mut hash = [0; 32];
    let params = Params::new(log_cost, BLOCK_SIZE, PARALLELISM, hash.len())
        .map_err(|error| anyhow!("{error}"))?;
    scrypt(person.as_bytes(), salt.as_bytes(), &params, &mut hash)
        .map_err(|error| anyhow!("{error}"))?;
    Ok(Hash(hash))
}

#[cfg(test)]
mod tests;
