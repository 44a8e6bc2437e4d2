//! Marks are given against the criterion and not bid to bid: a reason that names another bid or bidder compares.

use crate::ids::{BidId, OrganisationId};

/// A bid and its bidder as a reason might name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The bid.
    pub bid: BidId,
    /// Who bids.
    pub supplier: OrganisationId,
    /// The bidder's name, where it is known.
    pub name: Option<String>,
}

/// What of another bid a reason for a level of `own` names: its id, the id of its bidder, or the bidder's name.
///
/// A name counts as whole words. One of several words counts in any case; one of a single word as it is written, since it may
/// be a word of the language. Where the own bidder's name contains another's, it names nobody else. In scripts that join
/// particles to a name, such as Korean, letters may follow it.
pub fn names_another<'a>(reason: &str, own: &Named, others: &'a [Named]) -> Option<&'a Named> {
    let lower = reason.to_lowercase();
    let own_name = own.name.as_deref().unwrap_or_default();
    let rest = without(reason, own_name);
    let rest_lower = without(&lower, &own_name.to_lowercase());
    others.iter().find(|other| {
        let ids = [other.bid.to_string(), other.supplier.to_string()];
        let by_id = other.supplier != own.supplier && lower.contains(&ids[1]);
        let by_name = other.name.as_deref().is_some_and(|name| {
            let name = name.trim();
            if name.contains(char::is_whitespace) {
                has_words(&rest_lower, &name.to_lowercase())
            } else {
                has_words(&rest, name)
            }
        });
        let same = other.supplier == own.supplier;
        lower.contains(&ids[0]) || by_id || (by_name && !same)
    })
}

fn without(text: &str, name: &str) -> String {
    if name.trim().is_empty() {
        text.to_owned()
    } else {
        text.replace(name, " ")
    }
}

/// Whether a text has a name as whole words.
fn has_words(text: &str, name: &str) -> bool {
    let joins = name.chars().last().is_some_and(|last| !last.is_ascii());
    !name.is_empty()
        && text.match_indices(name).any(|(at, found)| {
            let before = text.get(..at).and_then(|before| before.chars().last());
            let end = at.saturating_add(found.len());
            let after = text.get(end..).and_then(|after| after.chars().next());
            let ends = !after.is_some_and(char::is_alphanumeric);
            !before.is_some_and(char::is_alphanumeric) && (ends || joins)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::{bid, org};

    fn named(n: u128, name: &str) -> Named {
        Named {
            bid: bid(n),
            supplier: org(n.wrapping_add(100)),
            name: Some(name.to_owned()),
        }
    }

    fn found(reason: &str, own: &str, other: &str) -> bool {
        let others = [named(2, other)];
        names_another(reason, &named(1, own), &others).is_some()
    }

    #[test]
    fn a_reason_that_names_another_bidder_or_bid_compares() {
        let own = "Bright Benches Ltd";
        for reason in [
            "Clearer than Han River Care Cooperative.",
            "clearer than HAN RIVER care cooperative",
            &format!("Better than bid:{}.", bid(2)),
            &format!("Better than {}", org(102)).to_uppercase(),
        ] {
            assert!(found(reason, own, "Han River Care Cooperative"), "{reason}");
        }
        for reason in [
            "Each step has a date and a name.",
            "The Han River is near, and care is taken.",
            "Bright Benches Ltd names a mentor for each apprentice.",
            &format!("As bid:{} says itself.", bid(1)),
        ] {
            assert!(
                !found(reason, own, "Han River Care Cooperative"),
                "{reason}"
            );
        }
    }

    #[test]
    fn a_name_of_one_word_counts_as_it_is_written_and_as_a_whole_word() {
        assert!(found("Weaker than Care.", "Bright", "Care"));
        assert!(!found("It takes care of tools.", "Bright", "Care"));
        assert!(!found("Careful planning.", "Bright", "Care"));
        assert!(!found(
            "Bright Care plans each step.",
            "Bright Care",
            "Care"
        ));
        assert!(!found("Sound.", "Bright", ""));
    }

    #[test]
    fn a_korean_name_counts_with_its_particle() {
        assert!(found("한빛조합보다 구체적입니다.", "새벽", "한빛조합"));
        assert!(!found("구체적입니다.", "새벽", "한빛조합"));
    }

    #[test]
    fn another_bid_of_the_same_bidder_is_told_by_its_id_only() {
        let own = named(1, "Bright");
        let other = Named {
            bid: bid(2),
            ..own.clone()
        };
        let others = [other];
        assert_eq!(names_another("Bright plans.", &own, &others), None);
        let by_id = format!("As in {}.", bid(2));
        assert!(names_another(&by_id, &own, &others).is_some());
    }
}
