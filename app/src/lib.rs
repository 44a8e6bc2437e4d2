//! The use-cases of Commonweal and its store: the only crate that knows the database.

mod authorization;
pub mod catalogue;
pub mod clock;
pub mod error;
pub mod import;
pub mod organisation;
pub mod publisher;
pub mod read;
pub mod rng;
pub mod store;
pub mod token;

pub use error::AppError;

use commonweal_domain::ids::Id;

use rng::Ids;
use store::Store;

/// The application: every use-case is a method of it.
#[derive(Debug, Clone)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) ids: Ids,
}

impl App {
    /// The use-cases over a store.
    pub fn new(store: Store) -> Self {
        let ids = store.ids().clone();
        Self { store, ids }
    }

    /// A new id, for what a caller must name before it exists.
    pub fn new_id<T: Id>(&self) -> T {
        self.ids.new()
    }

    /// The store underneath, for start, stop and metrics.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
