//! Opaque ids of nodes: `noun:uuid`, so that an id of one noun is never taken for another.

use async_graphql::ID;
use commonweal_app::read::Page;
use commonweal_domain::ids::Id;
use serde::{Serialize, de::DeserializeOwned};

use super::connection::{Cursor, Direction, PageArgs};
use super::errors::Code;

/// Lists of nodes are ordered by id: ids are made in the order of time.
impl<T: Id + Serialize + DeserializeOwned> Cursor for T {
    const KIND: &'static str = T::NOUN;
}

impl<K: Copy + Cursor> From<&PageArgs<K>> for Page<K> {
    fn from(args: &PageArgs<K>) -> Self {
        Self {
            rows: args.rows_to_read(),
            backward: args.direction == Direction::Backward,
            after: args.after,
            before: args.before,
        }
    }
}

/// The public id of a node.
pub(crate) fn node_id<T: Id>(id: T) -> ID {
    ID(format!("{}:{id}", T::NOUN))
}

/// Parses the id of one noun; the error names the input field.
pub(crate) fn parse_id<T: Id>(field: &str, id: &ID) -> async_graphql::Result<T> {
    let text = id.as_str();
    let parsed = text
        .strip_prefix(T::NOUN)
        .and_then(|rest| rest.strip_prefix(':'))
        .and_then(|uuid| uuid.parse().ok());
    parsed.ok_or_else(|| {
        let shown: String = text.chars().take(80).collect();
        let noun = T::NOUN;
        let message = format!(
            "`{field}` is not the id of a {noun}: expected `{noun}:` and a UUID, given `{shown}`"
        );
        Code::BadUserInput.error_at(field, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonweal_domain::ids::{BidId, TenderId};

    #[test]
    fn an_id_of_another_noun_is_refused() {
        let id = "01931f3e-7c2a-7000-8000-000000000000"
            .parse::<TenderId>()
            .unwrap();
        assert_eq!(parse_id::<TenderId>("tender", &node_id(id)).unwrap(), id);
        let error = parse_id::<BidId>("bid", &node_id(id)).unwrap_err();
        assert!(
            error.message.starts_with("`bid` is not the id of a bid"),
            "{}",
            error.message
        );
    }
}
