//! Codes of policies and of their clauses.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text that is no code of a policy or clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the code of a policy or clause: expected 1 to 60 small letters, digits, `-` or `.`, such as uk-ppn-026"
)]
pub struct InvalidPolicyCode(String);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("pattern" = "^[a-z0-9.-]{1,60}$"))]
        pub struct $name(String);

        impl $name {
            /// The code.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidPolicyCode;
            fn from_str(text: &str) -> Result<Self, InvalidPolicyCode> {
                let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
                if (1..=60).contains(&text.len()) && text.bytes().all(known) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidPolicyCode(text.chars().take(80).collect()))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidPolicyCode;
            fn try_from(text: String) -> Result<Self, InvalidPolicyCode> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

codes! {
    /// The name under which the versions of a policy belong together, such as `uk-ppn-026`.
    PolicyCode;
    /// The name of a clause, unique in its policy, such as `minimum-weight`.
    ClauseCode;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_short_and_plain() {
        assert!("uk-ppn-06.20".parse::<PolicyCode>().is_ok());
        for text in ["", "UK", "a b", "é", &"x".repeat(61)] {
            assert!(text.parse::<ClauseCode>().is_err(), "{text}");
        }
    }
}
