//! Confirmations of participation: an organisation that a bid names says itself which part of the work it will do. Without
//! its word the bid could borrow its certification.
//!
//! A confirmation is sealed like a bid. It names the bidder, the lot, the share and the organisation above, so that it stands
//! for exactly the participation that the bid for that lot must state.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::disclosure::{BidField, DisclosurePlan};
use super::lot::LotCode;
use super::participation::{MAX_LEVELS, Participation};
use super::sealing::{InvalidSealed, field, seal_fields, shown};
use crate::amount::Share;
use crate::ids::{OrganisationId, TenderId};
use crate::log::commitment::{Opening, Salt, SealedContent};
use crate::text::is_words;

/// The longest description of the work, in characters.
pub const MAX_WORK: usize = 500;

const TENDER: &str = "tender";
const WORK: &str = "work";

/// A confirmation as the named organisation seals it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationContent {
    /// The tender.
    pub tender: TenderId,
    /// What is confirmed.
    pub share: ConfirmedShare,
    /// The kind of work, in words. They may name people, so the log holds a salted hash.
    pub work: String,
}

/// The participation that a confirmation stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmedShare {
    /// Who bids.
    pub bidder: OrganisationId,
    /// The lot that the bid is for: whoever confirmed for one confirmed for no other.
    pub lot: LotCode,
    /// Who takes part and confirms it.
    pub organisation: OrganisationId,
    /// Its share of the contract value, or of the part of the organisation above it.
    pub share: Share,
    /// The organisation whose part it takes a share of; `None` for a member of the bidder's consortium.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<OrganisationId>,
}

/// A confirmation that says nothing which could count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfirmation {
    /// The bidder and the organisation are one.
    #[error("the bidder signs its own share with its bid: name another organisation")]
    OwnShare,
    /// A share of nothing.
    #[error("the share is 0: state more than 0")]
    NoShare,
    /// Under itself.
    #[error("an organisation takes no share of its own part: name another one above it")]
    UnderItself,
    /// The description of the work.
    #[error(
        "the kind of work has 1 to {MAX_WORK} characters without blanks at its ends: say it in words"
    )]
    Work,
}

impl ConfirmedShare {
    /// Whether a participation of a bid for a lot is exactly what was confirmed.
    pub fn covers(&self, bidder: OrganisationId, lot: &LotCode, part: &Participation) -> bool {
        self.bidder == bidder
            && self.lot == *lot
            && self.organisation == part.organisation
            && self.share == part.share
            && self.under == part.under
    }

    /// What an opening shows; an error names a field that is withheld or has not its form.
    pub fn from_opening(opening: &Opening) -> Result<Self, InvalidSealed> {
        Ok(Self {
            bidder: shown(opening, "bidder")?,
            lot: shown(opening, "lot")?,
            organisation: shown(opening, "organisation")?,
            share: shown(opening, "share")?,
            under: shown(opening, "under")?,
        })
    }
}

impl ConfirmationContent {
    /// Checks what can be checked without the bid.
    pub fn check(&self) -> Result<(), InvalidConfirmation> {
        let ConfirmedShare {
            bidder,
            organisation,
            share,
            under,
            ..
        } = self.share;
        if organisation == bidder {
            return Err(InvalidConfirmation::OwnShare);
        }
        if share == Share::NONE {
            return Err(InvalidConfirmation::NoShare);
        }
        if under == Some(organisation) {
            return Err(InvalidConfirmation::UnderItself);
        }
        if self.work.trim() == self.work && is_words(&self.work, MAX_WORK) {
            Ok(())
        } else {
            Err(InvalidConfirmation::Work)
        }
    }

    /// The confirmation ready to be committed to and encrypted; `salt` gives a fresh random salt at each call.
    pub fn seal(&self, mut salt: impl FnMut() -> Salt) -> SealedContent {
        let fields = vec![
            (TENDER, json!(self.tender)),
            ("bidder", json!(self.share.bidder)),
            ("lot", json!(self.share.lot)),
            ("organisation", json!(self.share.organisation)),
            ("share", json!(self.share.share)),
            ("under", json!(self.share.under)),
            (WORK, json!(self.work)),
        ];
        seal_fields(fields, &mut salt)
    }

    /// Reads sealed content back after decryption.
    pub fn unseal(sealed: &SealedContent) -> Result<Self, InvalidSealed> {
        let fields = &sealed.fields;
        Ok(Self {
            tender: field(fields, TENDER)?,
            share: ConfirmedShare {
                bidder: field(fields, "bidder")?,
                lot: field(fields, "lot")?,
                organisation: field(fields, "organisation")?,
                share: field(fields, "share")?,
                under: field(fields, "under")?,
            },
            work: field(fields, WORK)?,
        })
    }
}

impl DisclosurePlan {
    /// Whether the opening of a confirmation publishes the sealed field of a name: what the participations of the bid show,
    /// and never the words.
    pub fn publishes_confirmed(&self, name: &str) -> bool {
        name == TENDER || (name != WORK && self.in_log(BidField::Participations))
    }
}

/// The tender that an opening of a confirmation names.
pub(crate) fn tender_of(opening: &Opening) -> Result<TenderId, InvalidSealed> {
    shown(opening, TENDER)
}

/// The organisations of a bid for a lot that confirmed exactly the share that the bid states for them.
pub fn confirmed(
    bidder: OrganisationId,
    lot: &LotCode,
    participations: &[Participation],
    shares: &[ConfirmedShare],
) -> BTreeSet<OrganisationId> {
    participations
        .iter()
        .filter(|part| shares.iter().any(|share| share.covers(bidder, lot, part)))
        .map(|part| part.organisation)
        .collect()
}

/// Whose confirmation is missing before the part of an organisation can count: its own, or that of one above it, since a
/// share of an invented part is invented too. The bidder signs the bid and needs none.
pub fn missing(
    bidder: OrganisationId,
    participations: &[Participation],
    confirmed: &BTreeSet<OrganisationId>,
    organisation: OrganisationId,
) -> Option<OrganisationId> {
    let mut at = Some(organisation);
    for _ in 0..MAX_LEVELS {
        let id = at?;
        if id != bidder && !confirmed.contains(&id) {
            return Some(id);
        }
        at = participations
            .iter()
            .find(|part| part.organisation == id)
            .and_then(|part| part.under);
    }
    None
}

/// The participations of a bid that bind: the bidder's own, which it signs with the bid, and each one that is confirmed with
/// all above it. At award they become obligations of the contract.
pub fn binding(
    bidder: OrganisationId,
    participations: &[Participation],
    confirmed: &BTreeSet<OrganisationId>,
) -> Vec<Participation> {
    let binds = |part: &&Participation| {
        missing(bidder, participations, confirmed, part.organisation).is_none()
    };
    participations.iter().filter(binds).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::commitment::verify_opening;
    use crate::log::hash::sha256;
    use crate::tender::disclosure::Disclosure;
    use crate::tender::fixtures::{confirmation, lot, org, part};

    fn salts() -> impl FnMut() -> Salt {
        let mut next = 0_u8;
        move || {
            next = next.wrapping_add(1);
            Salt([next; 32])
        }
    }

    #[test]
    fn a_confirmation_is_sealed_and_read_back() {
        for under in [None, Some(1)] {
            let content = confirmation(1, 2, "0.4", under);
            assert_eq!(
                ConfirmationContent::unseal(&content.seal(salts())),
                Ok(content)
            );
        }
    }

    #[test]
    fn an_opening_shows_what_participations_show_and_never_the_words() {
        let content = confirmation(1, 2, "0.4", Some(1));
        let sealed = content.seal(salts());
        let mut plan = DisclosurePlan::default();
        let open = |plan: &DisclosurePlan| {
            sealed
                .open(sha256(b"c"), |name| plan.publishes_confirmed(name))
                .unwrap()
        };
        let public = open(&plan);
        assert_eq!(ConfirmedShare::from_opening(&public), Ok(content.share));
        assert!(!serde_json::to_string(&public).unwrap().contains("mowing"));
        plan.participations = Disclosure::Parties;
        let hidden = open(&plan);
        assert!(ConfirmedShare::from_opening(&hidden).is_err());
        assert_eq!(tender_of(&hidden), Ok(content.tender));
        let commitment = sealed.commit(sha256(b"c")).unwrap();
        for opening in [public, hidden] {
            assert_eq!(verify_opening(&commitment, &opening), Ok(()));
        }
    }

    #[test]
    fn a_confirmation_stands_for_exactly_one_participation() {
        let shares = [confirmation(1, 2, "0.4", Some(1)).share];
        let with = |participation| confirmed(org(1), &lot("1"), &[participation], &shares);
        assert_eq!(with(part(2, "0.4", Some(1))), BTreeSet::from([org(2)]));
        for other in [
            part(2, "0.41", Some(1)),
            part(2, "0.4", None),
            part(2, "0.4", Some(3)),
            part(3, "0.4", Some(1)),
        ] {
            assert!(with(other.clone()).is_empty(), "{other:?}");
        }
        let same = [part(2, "0.4", Some(1))];
        let another_bidder = confirmed(org(9), &lot("1"), &same, &shares);
        assert!(another_bidder.is_empty());
        let another_lot = confirmed(org(1), &lot("2"), &same, &shares);
        assert!(another_lot.is_empty());
    }

    #[test]
    fn a_share_of_an_unconfirmed_part_is_not_confirmed() {
        let parts = [
            part(1, "1", None),
            part(2, "0.9", Some(1)),
            part(3, "1", Some(2)),
        ];
        let lower = BTreeSet::from([org(3)]);
        assert_eq!(missing(org(1), &parts, &lower, org(3)), Some(org(2)));
        assert_eq!(binding(org(1), &parts, &lower), parts[..1]);
        let both = BTreeSet::from([org(2), org(3)]);
        assert_eq!(missing(org(1), &parts, &both, org(3)), None);
        assert_eq!(binding(org(1), &parts, &both), parts);
        assert_eq!(missing(org(1), &parts, &BTreeSet::new(), org(1)), None);
    }

    #[test]
    fn what_could_never_count_is_refused() {
        let with = |change: &dyn Fn(&mut ConfirmationContent)| {
            let mut content = confirmation(1, 2, "0.4", Some(1));
            change(&mut content);
            content.check()
        };
        assert_eq!(with(&|_| ()), Ok(()));
        let own = with(&|content| content.share.organisation = org(1));
        assert_eq!(own, Err(InvalidConfirmation::OwnShare));
        let nothing = with(&|content| content.share.share = Share::NONE);
        assert_eq!(nothing, Err(InvalidConfirmation::NoShare));
        let under = with(&|content| content.share.under = Some(org(2)));
        assert_eq!(under, Err(InvalidConfirmation::UnderItself));
        for words in ["", " a", "a\u{0}", &"x".repeat(501)] {
            let wrong = with(&|content| words.clone_into(&mut content.work));
            assert_eq!(wrong, Err(InvalidConfirmation::Work), "{words:?}");
        }
    }
}
