//! Several releases of one contracting process as one: what a later release says counts, what it leaves out stays.

use super::release::{Award, Bid, Criteria, Lot, Release, Tender};

impl Release {
    /// Takes in another release of the same process. The one with the later date counts; of equal dates, the other.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        if other.date < self.date {
            return other.merged(self);
        }
        Self {
            form: other.form,
            ocid: self.ocid,
            id: other.id.or(self.id),
            date: other.date.or(self.date),
            test: self.test || other.test,
            buyer: other.buyer.or(self.buyer),
            tender: merged_tender(self.tender, other.tender),
            bids: merged_list(self.bids, other.bids, |bid| &bid.id, merged_bid),
            awards: merged_list(self.awards, other.awards, |award| &award.id, merged_award),
            counts: later(self.counts, other.counts),
        }
    }
}

fn merged_tender(old: Tender, new: Tender) -> Tender {
    Tender {
        title: new.title.or(old.title),
        status: new.status.or(old.status),
        procedure: new.procedure.or(old.procedure),
        value: new.value.or(old.value),
        minimum: new.minimum.or(old.minimum),
        criteria: merged_criteria(old.criteria, new.criteria),
        lots: merged_list(old.lots, new.lots, |lot| &lot.id, merged_lot),
    }
}

fn merged_criteria(old: Criteria, new: Criteria) -> Criteria {
    Criteria {
        code: new.code.or(old.code),
        list: later(old.list, new.list),
        beside_price: new.beside_price.or(old.beside_price),
    }
}

fn merged_lot(old: Lot, new: Lot) -> Lot {
    Lot {
        id: new.id,
        title: new.title.or(old.title),
        status: new.status.or(old.status),
        value: new.value.or(old.value),
        minimum: new.minimum.or(old.minimum),
        criteria: merged_criteria(old.criteria, new.criteria),
    }
}

fn merged_bid(old: Bid, new: Bid) -> Bid {
    Bid {
        id: new.id,
        status: new.status.or(old.status),
        tenderers: later(old.tenderers, new.tenderers),
        value: new.value.or(old.value),
        lots: later(old.lots, new.lots),
        lot_values: later(old.lot_values, new.lot_values),
    }
}

fn merged_award(old: Award, new: Award) -> Award {
    Award {
        id: new.id,
        status: new.status.or(old.status),
        suppliers: later(old.suppliers, new.suppliers),
        bids: later(old.bids, new.bids),
        lots: later(old.lots, new.lots),
        value: new.value.or(old.value),
    }
}

fn later<T>(old: Vec<T>, new: Vec<T>) -> Vec<T> {
    if new.is_empty() { old } else { new }
}

/// Merges two lists by id, as OCDS does. Where ids are empty or repeated they name nothing, and the later list counts.
fn merged_list<T>(
    old: Vec<T>,
    new: Vec<T>,
    id: impl Fn(&T) -> &String,
    merge: impl Fn(T, T) -> T,
) -> Vec<T> {
    let by_id = |list: &[T]| {
        let mut ids: Vec<&String> = list.iter().map(&id).collect();
        ids.sort();
        ids.windows(2).all(|pair| pair.first() != pair.last())
            && ids.iter().all(|id| !id.is_empty())
    };
    if new.is_empty() || !by_id(&old) || !by_id(&new) {
        return later(old, new);
    }
    let mut new: Vec<Option<T>> = new.into_iter().map(Some).collect();
    let mut merged = Vec::with_capacity(old.len() + new.len());
    for element in old {
        let same = new.iter_mut().find(|candidate| {
            candidate
                .as_ref()
                .is_some_and(|new| id(new) == id(&element))
        });
        merged.push(match same.and_then(Option::take) {
            Some(new) => merge(element, new),
            None => element,
        });
    }
    merged.extend(new.into_iter().flatten());
    merged
}
