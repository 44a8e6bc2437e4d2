//! `commonweal schema`: the GraphQL schema as text, which is checked in as `schema.graphql`.

use std::io::Write;
use std::process::ExitCode;

use crate::graphql::schema;

/// Prints the schema.
pub fn run(out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let text = schema::builder().finish().sdl();
    out.write_all(text.trim_end().as_bytes())?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}
