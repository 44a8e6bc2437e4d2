//! The entries of a log against the published schemas of their kinds, by a JSON Schema library that others wrote.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow, ensure};
use boon::{Compiler, SchemaIndex, Schemas};
use commonweal_domain::log::schema::{entry_schema, schema_path};
use serde_json::Value;

/// Schemas that were compiled so far.
#[derive(Default)]
pub struct EntrySchemas {
    schemas: Schemas,
    compiled: HashMap<String, SchemaIndex>,
}

impl EntrySchemas {
    /// Adds a schema as it was published under a path.
    pub fn add(&mut self, path: &str, schema: Value) -> Result<()> {
        let mut compiler = Compiler::new();
        for (name, schema) in [
            (path.to_owned(), schema.clone()),
            (format!("{path}.body"), body_of(schema)),
        ] {
            compiler
                .add_resource(&name, schema)
                .map_err(|error| anyhow!("{name}: {error}"))?;
            let index = compiler
                .compile(&name, &mut self.schemas)
                .map_err(|error| anyhow!("{name}: {error:#}"))?;
            self.compiled.insert(name, index);
        }
        Ok(())
    }

    /// Fails unless an entry, and its body where that stands beside the log, have the form of their kind.
    pub fn validate(&mut self, entry: &[u8], blob: Option<&[u8]>) -> Result<()> {
        let entry: Value = serde_json::from_slice(entry)?;
        let kind = entry["kind"].as_str().context("kind")?;
        let version = u32::try_from(entry["bv"].as_u64().context("bv")?)?;
        let path = schema_path(kind, version);
        if !self.compiled.contains_key(&path) {
            let schema = entry_schema(kind, version).with_context(|| format!("no {path}"))?;
            self.add(&path, schema)?;
        }
        self.check(&path, &entry)?;
        match blob {
            Some(blob) => self.check(&format!("{path}.body"), &serde_json::from_slice(blob)?),
            None => Ok(()),
        }
    }

    fn check(&self, path: &str, value: &Value) -> Result<()> {
        let index = self.compiled.get(path).context("not compiled")?;
        let valid = self.schemas.validate(value, *index);
        ensure!(valid.is_ok(), "{path}: {:#}", valid.err().context("valid")?);
        Ok(())
    }
}

/// The schema of the body alone.
fn body_of(mut schema: Value) -> Value {
    let mut body = schema["properties"]["body"].take();
    body["$defs"] = schema["$defs"].take();
    body
}
