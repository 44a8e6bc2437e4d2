//! The request around a document: from a JSON body, the query string of a GET, or a `subscribe` message.

use async_graphql::Variables;
use serde::{Deserialize, de::DeserializeOwned};

/// What a client sends to run one operation. Other fields are refused by name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Envelope {
    /// The document.
    pub(crate) query: String,
    /// Which of its operations to run.
    pub(crate) operation_name: Option<String>,
    /// The values of its variables.
    pub(crate) variables: Option<Variables>,
    /// Reserved by the GraphQL over HTTP specification for additions of clients; we read none.
    extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// What is wrong with an envelope, for the client to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct EnvelopeError(String);

impl EnvelopeError {
    pub(crate) fn new(message: String) -> Self {
        Self(message)
    }
}

impl Envelope {
    /// From the body of a POST.
    pub(crate) fn from_body(body: &[u8]) -> Result<Self, EnvelopeError> {
        if body.trim_ascii_start().starts_with(b"[") {
            return Err(EnvelopeError(
                "batches are not accepted: send each operation as a request of its own".to_owned(),
            ));
        }
        from_json(body, "the request")
    }

    /// From the query string of a GET.
    pub(crate) fn from_query(pairs: Vec<(String, String)>) -> Result<Self, EnvelopeError> {
        let mut query = None;
        let mut envelope = Self::default();
        for (name, value) in pairs {
            let repeated = match name.as_str() {
                "query" => query.replace(value).is_some(),
                "operationName" => {
                    let value = Some(value).filter(|value| !value.is_empty());
                    std::mem::replace(&mut envelope.operation_name, value).is_some()
                }
                "variables" => {
                    let value = from_json(value.as_bytes(), "`variables`")?;
                    std::mem::replace(&mut envelope.variables, value).is_some()
                }
                "extensions" => {
                    let value = from_json(value.as_bytes(), "`extensions`")?;
                    std::mem::replace(&mut envelope.extensions, value).is_some()
                }
                _ => {
                    return Err(EnvelopeError(format!(
                        "unknown parameter `{name}`, expected one of `query`, `operationName`, `variables`, `extensions`"
                    )));
                }
            };
            if repeated {
                return Err(EnvelopeError(format!("parameter `{name}` is given twice")));
            }
        }
        envelope.query =
            query.ok_or_else(|| EnvelopeError("parameter `query` is missing".to_owned()))?;
        Ok(envelope)
    }
}

/// Reads JSON, saying whether it is malformed or which part is not as expected.
pub(crate) fn from_json<T: DeserializeOwned>(json: &[u8], what: &str) -> Result<T, EnvelopeError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        EnvelopeError(match inner.classify() {
            serde_json::error::Category::Data if path == "." => format!("{what} is wrong: {inner}"),
            serde_json::error::Category::Data => format!("`{path}` of {what} is wrong: {inner}"),
            _ => format!("{what} is not well-formed JSON: {inner}"),
        })
    })?;
    reader
        .end()
        .map_err(|error| EnvelopeError(format!("{what} is not well-formed JSON: {error}")))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        Envelope::from_body(body.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn reads_the_four_fields() {
        let body =
            br#"{"query":"{ a }","operationName":"A","variables":{"n":1},"extensions":{"x":[]}}"#;
        let envelope = Envelope::from_body(body).unwrap();
        assert_eq!(envelope.query, "{ a }");
        assert_eq!(envelope.operation_name.as_deref(), Some("A"));
        assert_eq!(envelope.variables.unwrap().len(), 1);
        let nulls = br#"{"query":"{ a }","operationName":null,"variables":null}"#;
        assert!(Envelope::from_body(nulls).is_ok());
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(refused("").contains("not well-formed JSON"));
        assert!(refused("{\"query\": ").contains("not well-formed JSON"));
        assert!(refused("{\"query\": \"{ a }\"} x").contains("not well-formed JSON"));
        assert!(refused("{\"query\": \"{ a }\", \"qurey\": 1}").contains("`qurey`"));
        assert!(refused("{}").contains("`query`"));
        assert!(refused("{\"query\": 1}").contains("`query`"));
        assert!(refused("{\"query\": \"{ a }\", \"variables\": []}").contains("`variables`"));
        assert!(refused("{\"query\": \"{ a }\", \"query\": \"{ b }\"}").contains("`query`"));
        assert!(refused("  [{\"query\": \"{ a }\"}]").contains("batches are not accepted"));
        assert!(refused("\"{ a }\"").contains("is wrong"));
    }

    #[test]
    fn reads_the_query_string() {
        let pairs = |pairs: &[(&str, &str)]| {
            let owned = pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
            Envelope::from_query(owned.collect())
        };
        let envelope = pairs(&[
            ("query", "{ a }"),
            ("variables", "{\"n\":1}"),
            ("operationName", ""),
        ])
        .unwrap();
        assert_eq!(
            (envelope.operation_name, envelope.variables.unwrap().len()),
            (None, 1)
        );
        for (wrong, name) in [
            (&[("variables", "{}")][..], "`query`"),
            (&[("query", "{ a }"), ("token", "x")][..], "`token`"),
            (&[("query", "{ a }"), ("query", "{ b }")][..], "`query`"),
            (&[("query", "{ a }"), ("variables", "{")][..], "`variables`"),
        ] {
            assert!(
                pairs(wrong).unwrap_err().to_string().contains(name),
                "{name}"
            );
        }
    }
}
