//! The messages and close codes of the protocol graphql-transport-ws.

use axum::extract::ws::{CloseFrame, Message};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::graphql::transport::envelope::{Envelope, EnvelopeError, from_json};

/// The WebSocket subprotocol.
pub(super) const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Longer operation ids are refused: they come back in every message.
const MAX_ID_LENGTH: usize = 128;

/// The reason of a close frame may have 123 bytes (RFC 6455, section 5.5).
const MAX_REASON_LENGTH: usize = 123;

/// A message of the client.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ClientMessage {
    /// The first message; may carry credentials.
    ConnectionInit { payload: Option<Map<String, Value>> },
    /// Asks for a pong.
    Ping { payload: Option<Map<String, Value>> },
    /// Answers a ping.
    Pong {
        #[serde(rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
    /// Starts an operation.
    Subscribe { id: String, payload: Envelope },
    /// Ends an operation.
    Complete { id: String },
}

impl ClientMessage {
    pub(super) fn parse(text: &str) -> Result<Self, EnvelopeError> {
        let message: Self = from_json(text.as_bytes(), "the message")?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id }
                if id.is_empty() || id.len() > MAX_ID_LENGTH =>
            {
                Err(EnvelopeError::new(format!(
                    "`id` must have 1 to {MAX_ID_LENGTH} bytes"
                )))
            }
            _ => Ok(message),
        }
    }
}

/// A message of the server, without payload or with one made elsewhere.
pub(super) fn server_message(kind: &str, id: Option<&str>, payload: Option<&str>) -> Message {
    let id = id.map_or_else(String::new, |id| format!(",\"id\":{}", json!(id)));
    let payload = payload.map_or_else(String::new, |payload| format!(",\"payload\":{payload}"));
    let text = format!("{{\"type\":{}{id}{payload}}}", json!(kind));
    Message::Text(text.into())
}

/// Why a socket is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Close {
    /// The server stops, or nothing was heard for too long.
    GoingAway(&'static str),
    /// The message is not one of the protocol.
    Invalid(String),
    /// An operation before the connection was acknowledged.
    Unauthorized,
    /// The credentials do not do, or have ended.
    Forbidden(String),
    /// The client does not speak the protocol.
    SubprotocolNotAcceptable,
    /// No `connection_init` in time.
    InitTimeout,
    /// An operation of this id is running.
    SubscriberExists(String),
    /// More than one `connection_init`.
    TooManyInits,
}

impl Close {
    pub(super) fn code(&self) -> u16 {
        match self {
            Self::GoingAway(_) => 1001,
            Self::Invalid(_) => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden(_) => 4403,
            Self::SubprotocolNotAcceptable => 4406,
            Self::InitTimeout => 4408,
            Self::SubscriberExists(_) => 4409,
            Self::TooManyInits => 4429,
        }
    }

    pub(super) fn frame(&self) -> CloseFrame {
        let mut reason = match self {
            Self::GoingAway(reason) => (*reason).to_owned(),
            Self::Invalid(reason) => reason.clone(),
            Self::Unauthorized => "Unauthorized".to_owned(),
            Self::Forbidden(reason) => format!("Forbidden: {reason}"),
            Self::SubprotocolNotAcceptable => "Subprotocol not acceptable".to_owned(),
            Self::InitTimeout => "Connection initialisation timeout".to_owned(),
            Self::SubscriberExists(id) => format!("Subscriber for {id} already exists"),
            Self::TooManyInits => "Too many initialisation requests".to_owned(),
        };
        reason.truncate(reason.floor_char_boundary(MAX_REASON_LENGTH));
        CloseFrame {
            code: self.code(),
            reason: reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        ClientMessage::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn reads_each_message() {
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":{"authorization":"Bearer x"}}"#,
            r#"{"type":"ping","payload":{"n":1}}"#,
            r#"{"type":"pong"}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"id":"1","type":"complete"}"#,
        ] {
            assert!(ClientMessage::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_message() {
        assert!(refused("{").contains("not well-formed JSON"));
        assert!(refused("[]").contains("the message"));
        assert!(refused(r#"{"type":"start","id":"1"}"#).contains("start"));
        assert!(refused(r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#).contains("id"));
        assert!(refused(r#"{"type":"subscribe","id":"1"}"#).contains("payload"));
        assert!(
            refused(r#"{"type":"subscribe","id":"1","payload":{"qurey":"{ a }"}}"#)
                .contains("qurey")
        );
        assert!(refused(r#"{"type":"ping","id":"1"}"#).contains("id"));
        assert!(refused(r#"{"type":"complete","id":""}"#).contains("`id`"));
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let frame = Close::Invalid("ü".repeat(200)).frame();
        assert_eq!(frame.reason.as_str().len(), 122);
    }
}
