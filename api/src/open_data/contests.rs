//! The contests of a release: the whole tender, or each of its lots, as the check of `domain::award_check` takes them.

use std::collections::BTreeSet;

use commonweal_domain::award_check::{
    AwardState, BidState, Contest, ContestAward, ContestBid, DeclaredRule, Price,
};

use super::release::{Award, Bid, Criteria, Lot, Party, Release};

impl Release {
    /// The contests that this release tells of: one for each lot, or one for the whole tender when it has no lots, or
    /// when neither bids nor awards say which lot they are for.
    pub fn contests(&self) -> Vec<Contest> {
        let lots = self.lot_ids();
        match lots.as_slice() {
            [] => vec![self.contest(None, &Scope::Whole)],
            [only] => vec![self.contest(Some(only), &Scope::Only(only))],
            _ if self.is_silent_on_lots() => vec![self.contest(None, &Scope::Whole)],
            many => many
                .iter()
                .map(|lot| self.contest(Some(lot), &Scope::One(lot)))
                .collect(),
        }
    }

    /// The lots that are listed or referred to, in the order met.
    fn lot_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        let listed = self.tender.lots.iter().map(|lot| lot.id.as_str());
        for id in listed.chain(self.referred_lots()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// There are bids or awards, and none says which lot it is for.
    fn is_silent_on_lots(&self) -> bool {
        !(self.bids.is_empty() && self.awards.is_empty()) && self.referred_lots().next().is_none()
    }

    fn referred_lots(&self) -> impl Iterator<Item = &str> {
        let in_bids = self.bids.iter().flat_map(|bid| {
            let parts = bid.lot_values.iter().map(|part| &part.lot);
            bid.lots.iter().chain(parts)
        });
        let in_awards = self.awards.iter().flat_map(|award| &award.lots);
        in_bids.chain(in_awards).map(String::as_str)
    }

    fn contest(&self, lot: Option<&str>, scope: &Scope<'_>) -> Contest {
        let listed = lot.and_then(|id| self.tender.lots.iter().find(|lot| lot.id == id));
        Contest {
            ocid: self.ocid.clone(),
            lot: lot.map(str::to_owned),
            cancelled: self.is_cancelled(listed),
            rule: self.rule(listed, lot.is_none()),
            minimum: listed
                .and_then(|lot| lot.minimum.clone())
                // A minimum of the whole tender says nothing about one of several lots.
                .or_else(|| self.tender.minimum.clone().filter(|_| !scope.is_part()))
                .map(|minimum| self.in_currency(minimum)),
            bids: self
                .bids
                .iter()
                .filter_map(|bid| self.contest_bid(bid, scope))
                .collect(),
            awards: self
                .awards
                .iter()
                .filter(|award| self.award_is_for(award, scope))
                .map(|award| self.contest_award(award))
                .collect(),
            stated_bids: self
                .counts
                .iter()
                .filter(|count| match &count.lot {
                    Some(counted) => Some(counted.as_str()) == lot,
                    None => !scope.is_part(),
                })
                .map(|count| count.bids)
                .max(),
        }
    }

    fn is_cancelled(&self, lot: Option<&Lot>) -> bool {
        let ended = |status: &Option<String>| {
            let status = status.as_deref().unwrap_or_default().to_lowercase();
            matches!(
                status.as_str(),
                "cancelled" | "canceled" | "unsuccessful" | "withdrawn" | "draft.unsuccessful"
            )
        };
        ended(&self.tender.status) || lot.is_some_and(|lot| ended(&lot.status))
    }

    /// The rule of the lot, else that of the tender; of a tender as a whole, also that of any of its lots.
    fn rule(&self, lot: Option<&Lot>, whole: bool) -> DeclaredRule {
        let lots = self
            .tender
            .lots
            .iter()
            .filter(|listed| whole || lot.is_some_and(|lot| lot.id == listed.id))
            .map(|lot| &lot.criteria);
        lots.chain([&self.tender.criteria])
            .map(declared_rule)
            .find(|rule| *rule != DeclaredRule::None)
            .unwrap_or_default()
    }

    /// The bid as far as it is for this contest; nothing when it is for other lots.
    fn contest_bid(&self, bid: &Bid, scope: &Scope<'_>) -> Option<ContestBid> {
        let part = scope
            .lot()
            .and_then(|lot| bid.lot_values.iter().find(|part| part.lot == lot));
        let names_none = bid.lots.is_empty() && bid.lot_values.is_empty();
        let names_this =
            part.is_some() || bid.lots.iter().any(|lot| Some(lot.as_str()) == scope.lot());
        if scope.lot().is_some() && !names_none && !names_this {
            return None;
        }
        let price = match part {
            Some(part) => part.value.clone().or_else(|| {
                // One price and one lot: the price is for the lot.
                bid.value.clone().filter(|_| bid.lot_values.len() == 1)
            }),
            // One price for several lots, or for lots that are not named, is the price of none of them.
            None if scope.is_part() && (names_none || bid.lots.len() > 1) => None,
            None => bid.value.clone(),
        };
        let state = match bid_state(bid.status.as_deref()) {
            BidState::Standing => {
                part.map_or(BidState::Standing, |part| bid_state(part.status.as_deref()))
            }
            state => state,
        };
        Some(ContestBid {
            id: bid.id.clone(),
            bidders: ids(&bid.tenderers),
            name: names(&bid.tenderers),
            state,
            price: price.map(|price| self.in_currency(price)),
        })
    }

    /// An award that names no lot is for the lots of the bids that it names.
    fn award_is_for(&self, award: &Award, scope: &Scope<'_>) -> bool {
        let Scope::One(lot) = scope else {
            return scope
                .lot()
                .is_none_or(|lot| award.lots.is_empty() || award.lots.iter().any(|id| id == lot));
        };
        if !award.lots.is_empty() {
            return award.lots.iter().any(|id| id == lot);
        }
        let named = self.bids.iter().filter(|bid| award.bids.contains(&bid.id));
        named.into_iter().any(|bid| {
            bid.lots.iter().any(|id| id == lot)
                || bid.lot_values.iter().any(|part| part.lot == *lot)
        })
    }

    fn contest_award(&self, award: &Award) -> ContestAward {
        ContestAward {
            id: award.id.clone(),
            state: award_state(award.status.as_deref()),
            bids: award.bids.iter().cloned().collect(),
            suppliers: ids(&award.suppliers),
            value: award.value.clone().map(|value| self.in_currency(value)),
        }
    }

    /// A price without a currency is in that of the tender.
    fn in_currency(&self, mut price: Price) -> Price {
        if price.currency.is_none() {
            let of_tender = [&self.tender.value, &self.tender.minimum];
            price.currency = of_tender
                .into_iter()
                .flatten()
                .find_map(|price| price.currency.clone());
        }
        price
    }
}

/// What a contest covers.
enum Scope<'a> {
    /// The whole tender.
    Whole,
    /// The only lot of a tender, so that what names no lot is for it too.
    Only(&'a str),
    /// One lot of several.
    One(&'a str),
}

impl Scope<'_> {
    fn lot(&self) -> Option<&str> {
        match self {
            Self::Whole => None,
            Self::Only(lot) | Self::One(lot) => Some(lot),
        }
    }

    fn is_part(&self) -> bool {
        matches!(self, Self::One(_))
    }
}

fn ids(parties: &[Party]) -> BTreeSet<String> {
    parties.iter().map(|party| party.id.clone()).collect()
}

fn names(parties: &[Party]) -> String {
    let names: Vec<&str> = parties
        .iter()
        .map(|party| {
            if party.name.is_empty() {
                party.id.as_str()
            } else {
                party.name.as_str()
            }
        })
        .collect();
    names.join(" + ")
}

/// The codes of OCDS 1.0 and 1.1 and of Prozorro.
fn declared_rule(criteria: &Criteria) -> DeclaredRule {
    if let Some(beside) = &criteria.beside_price {
        return DeclaredRule::NotPriceOnly(beside.clone());
    }
    if !criteria.list.is_empty() {
        let kind = |kind: &Option<String>| kind.clone().unwrap_or_else(|| "untyped".to_owned());
        let kinds: BTreeSet<String> = criteria.list.iter().map(|one| kind(&one.kind)).collect();
        return if kinds.iter().all(|kind| kind == "price") {
            DeclaredRule::LowestPrice
        } else {
            let kinds: Vec<String> = kinds.into_iter().collect();
            DeclaredRule::NotPriceOnly(format!("criteria of type {}", kinds.join(", ")))
        };
    }
    match criteria.code.as_deref() {
        None => DeclaredRule::None,
        Some("priceOnly" | "lowestCost" | "lowestPrice") => DeclaredRule::LowestPrice,
        Some(
            code @ ("costOnly"
            | "qualityOnly"
            | "ratedCriteria"
            | "bestProposal"
            | "bestValueToGovernment"
            | "singleBidOnly"
            | "lifeCycleCost"),
        ) => DeclaredRule::NotPriceOnly(code.to_owned()),
        Some(other) => DeclaredRule::Unrecognised(other.to_owned()),
    }
}

/// The codes of the OCDS bid extension and of Prozorro. A bid without a status stands.
fn bid_state(status: Option<&str>) -> BidState {
    match status.map(str::to_lowercase).as_deref() {
        None | Some("valid" | "active" | "pending" | "submitted" | "qualified") => {
            BidState::Standing
        }
        Some("disqualified" | "unsuccessful" | "rejected") => BidState::Disqualified,
        Some(
            "withdrawn"
            | "deleted"
            | "draft"
            | "invited"
            | "invalid"
            | "invalid.pre-qualification"
            | "cancelled",
        ) => BidState::Withdrawn,
        Some(_) => BidState::Unrecognised(status.unwrap_or_default().to_owned()),
    }
}

/// The codes of OCDS and Prozorro. An award without a status is made.
fn award_state(status: Option<&str>) -> AwardState {
    match status.map(str::to_lowercase).as_deref() {
        None | Some("active") => AwardState::Active,
        Some("pending") => AwardState::Pending,
        Some("unsuccessful") => AwardState::Unsuccessful,
        Some(_) => AwardState::Void,
    }
}
