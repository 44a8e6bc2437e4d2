//! The form of every mutation's answer.

/// Defines payloads: what the mutation made, the refusals, and the client's own id.
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $field:ident: $type:ty })*) => {$(
        $(#[$doc])*
        #[derive(Debug, async_graphql::SimpleObject)]
        pub struct $name {
            $(#[$field_doc])*
            pub $field: Option<$type>,
            /// Why a rule refused it; empty when it was done.
            pub user_errors: Vec<$crate::graphql::context::UserError>,
            /// The id that the client gave.
            pub client_mutation_id: Option<String>,
        }

        impl $name {
            /// The answer from a use-case's result and the view of what it made.
            pub(crate) fn new(
                (made, user_errors): (Option<$type>, Vec<$crate::graphql::context::UserError>),
                client_mutation_id: Option<String>,
            ) -> Self {
                Self { $field: made, user_errors, client_mutation_id }
            }
        }
    )*};
}

pub(crate) use payloads;
