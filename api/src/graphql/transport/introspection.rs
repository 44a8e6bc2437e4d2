//! Answers about the schema, which is the same for everybody and does not change while the server runs.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// Every tool sends its own fixed text; this many different ones are remembered.
const CAPACITY: usize = 16;

/// The data of past introspection queries by their text; the oldest is forgotten first.
#[derive(Debug, Default)]
pub(super) struct IntrospectionCache(Mutex<VecDeque<(String, Arc<str>)>>);

impl IntrospectionCache {
    pub(super) fn get(&self, key: &str) -> Option<Arc<str>> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, data) = answers.iter().find(|(known, _)| known == key)?;
        Some(Arc::clone(data))
    }

    pub(super) fn put(&self, key: String, data: Arc<str>) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.iter().all(|(known, _)| *known != key) {
            answers.truncate(CAPACITY - 1);
            answers.push_front((key, data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_latest_answers_and_no_more() {
        let cache = IntrospectionCache::default();
        for n in 0..100 {
            cache.put(n.to_string(), n.to_string().into());
        }
        assert_eq!(cache.get("99").as_deref(), Some("99"));
        assert_eq!(cache.get("0"), None);
        assert_eq!(cache.0.lock().unwrap().len(), CAPACITY);
    }
}
