//! `COMMONWEAL_*` of the environment as settings.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use figment::{
    Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

use super::{ConfigError, settings::Settings};

const PREFIX: &str = "COMMONWEAL_";
/// Belongs to the tests, which share the environment with the server they start.
const TEST_PREFIX: &str = "COMMONWEAL_TEST_";
/// Names the configuration file; not a setting in it.
const CONFIG_FILE: &str = "COMMONWEAL_CONFIG";

/// The variables that are settings, each in the form of its key.
pub(super) struct Environment {
    values: Dict,
    config_file: Option<PathBuf>,
}

impl Environment {
    pub(super) fn new<N: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ConfigError> {
        let defaults = figment::util::map![];
        let mut environment = Self {
            values: defaults,
            config_file: None,
        };
        let known = known_keys();
        for (name, value) in variables {
            let name = name.into().to_string_lossy().into_owned();
            let Some(key) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let value = value.into();
            if name == CONFIG_FILE {
                environment.config_file = Some(value.into());
            } else if !name.starts_with(TEST_PREFIX) {
                let key = key.to_ascii_lowercase();
                let Some(example) = known.get(&key) else {
                    return Err(unknown(name, &known));
                };
                let value = parse(&value.to_string_lossy(), example);
                environment.values.insert(key, value);
            }
        }
        Ok(environment)
    }

    pub(super) fn config_file(&self) -> Option<&Path> {
        self.config_file.as_deref()
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("the environment")
            .interpolater(|_, keys| format!("{PREFIX}{}", keys.join("_").to_ascii_uppercase()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// The keys with their defaults, which tell the form of their values.
fn known_keys() -> Dict {
    match Value::serialize(Settings::default()) {
        Ok(Value::Dict(_, keys)) => keys,
        _ => Dict::new(),
    }
}

fn unknown(name: String, known: &Dict) -> ConfigError {
    let known: Vec<String> = known
        .keys()
        .map(|key| format!("{PREFIX}{}", key.to_ascii_uppercase()))
        .chain([CONFIG_FILE.to_owned()])
        .collect();
    ConfigError::UnknownVariable {
        name,
        known: known.join(", "),
    }
}

/// Text as the form of its key: a list is separated by commas, a number or boolean is read as such, all else is text.
fn parse(text: &str, example: &Value) -> Value {
    match example {
        Value::Array(..) => text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(Value::from)
            .collect::<Vec<_>>()
            .into(),
        Value::Bool(..) => text
            .parse::<bool>()
            .map_or_else(|_| text.into(), Value::from),
        Value::Num(..) => text
            .parse::<u64>()
            .map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    }
}
