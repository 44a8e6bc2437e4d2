//! So many things at once for each organisation, or each person, in this process.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

/// The places of everybody.
#[derive(Debug, Clone)]
pub(crate) struct Places<K> {
    each: usize,
    used: Arc<Mutex<HashMap<K, Weak<Semaphore>>>>,
}

impl<K: Eq + Hash> Places<K> {
    /// So many for each.
    pub(crate) fn new(each: usize) -> Self {
        let used = Arc::default();
        Self { each, used }
    }

    /// The places of one. They are forgotten once nobody has one or waits for one.
    pub(crate) fn of(&self, whose: K) -> Arc<Semaphore> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, places| places.strong_count() > 0);
        if let Some(places) = used.get(&whose).and_then(Weak::upgrade) {
            return places;
        }
        let places = Arc::new(Semaphore::new(self.each));
        used.insert(whose, Arc::downgrade(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use commonweal_domain::ids::{Id, OrganisationId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_organisation_has_its_places_whoever_else_is_there_and_is_forgotten_after() {
        let places = Places::new(1);
        let [one, two] = [1, 2].map(|n| OrganisationId::from_uuid(Uuid::from_u128(n)));
        let first = places.of(one).try_acquire_owned().unwrap();
        let second = places.of(two).try_acquire_owned().unwrap();
        assert!(places.of(one).try_acquire_owned().is_err());
        drop(first);
        let again = places.of(one).try_acquire_owned().unwrap();
        drop((second, again));
        places.of(one);
        assert_eq!(places.used.lock().unwrap().len(), 1);
    }
}
