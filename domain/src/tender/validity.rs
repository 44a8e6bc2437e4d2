//! Whether an opened bid is valid: it is what was sealed, it belongs here, and it answers the plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bid_check::{
    BidError, BidProblem, asked_by, check_codes, check_commitments, check_participations,
    check_price,
};
use super::disclosure::BidField;
use super::lot::LotCode;
use super::plan::Plan;
use super::sealing::BidHead;
use crate::catalogue::Catalogue;
use crate::ids::OrganisationId;
use crate::log::commitment::{Opening, SealedCommitment, verify_opening};
use crate::scoring::KnownContent;
use crate::scoring::rules::Rule;

/// What the opening found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// The bid takes part.
    Valid,
    /// The opening is not what was sealed, or names another tender, supplier or lot.
    CommitmentMismatch,
    /// The content does not answer the plan.
    Content,
}

/// Judges an opening by what it publishes: its validity, and what is known of the content when it is valid.
pub fn judge(
    plan: &Plan,
    catalogue: &Catalogue,
    head: &BidHead,
    sealed: &SealedCommitment,
    opening: &Opening,
) -> (Validity, KnownContent) {
    let matches = verify_opening(sealed, opening).is_ok();
    if !matches || BidHead::from_opening(opening).as_ref() != Ok(head) {
        return (Validity::CommitmentMismatch, KnownContent::default());
    }
    match KnownContent::from_opening(opening) {
        Ok(known) if check_known(plan, catalogue, head.supplier, &head.lot, &known).is_ok() => {
            (Validity::Valid, known)
        }
        _ => (Validity::Content, KnownContent::default()),
    }
}

/// Whether every field that validity depends on at the opening stands in the log, so that a stranger can judge it. What a
/// second envelope closes counts at its own opening; for what follows from all fields ask
/// [`super::DisclosurePlan::shows_results`].
pub fn is_public(plan: &Plan) -> bool {
    BidField::ALL
        .into_iter()
        .filter(|field| *field != BidField::Answers && !plan.envelopes.closes(*field))
        .all(|field| plan.disclosure.in_log(field))
}

/// The checks of [`super::BidContent::check`] on what is known. Answers are not among them: the panel judges them.
pub fn check_known(
    plan: &Plan,
    catalogue: &Catalogue,
    supplier: OrganisationId,
    lot: &LotCode,
    known: &KnownContent,
) -> Result<(), BidError> {
    let wrong = |path: &str| {
        let path = path.to_owned();
        move |problem| BidError { path, problem }
    };
    let lot = plan
        .lot(lot)
        .ok_or_else(|| wrong("/lot")(BidProblem::UnknownLot(lot.clone())))?;
    let leaves = plan
        .leaves_of(lot)
        .map_err(|_| wrong("")(BidProblem::Plan))?;
    if let Some(price) = known.price {
        check_price(plan, price).map_err(wrong("/price"))?;
    }
    if let Some(items) = &known.item_prices {
        for price in items.values() {
            check_price(plan, *price).map_err(wrong("/item_prices"))?;
        }
        let asked = asked_by(&leaves, Rule::asks_item_price);
        check_codes(asked, "/item_prices", true, items.keys())?;
    }
    if let Some(commitments) = &known.commitments {
        check_commitments(plan, catalogue, commitments)?;
    }
    if let Some(participations) = &known.participations {
        check_participations(participations, supplier)?;
    }
    if let Some(declared) = &known.declarations {
        let mut asked = asked_by(&leaves, Rule::asks_declaration);
        asked.extend(plan.admission.codes());
        check_codes(asked, "/declarations", true, declared.keys())?;
    }
    if let Some(answered) = &known.answered {
        let mut asked = asked_by(&leaves, Rule::asks_answer);
        let admission = &plan.admission;
        match &known.declarations {
            Some(declared) => asked.extend(admission.declared_grounds(declared)),
            None => asked.extend(admission.codes()),
        }
        check_codes(asked, "/answers", false, answered.iter())?;
    }
    Ok(())
}
