//! Issuing: the credits that follow from one verified claim, and no others.

use super::class::Class;
use super::entries::CreditsIssued;
use super::retirement::{Retirement, RetirementReason, certificate_number};
use super::serials::{Serials, SerialsError};
use super::split::{Split, SplitError, SplitFacts, part, sub};
use super::terms::Terms;
use crate::amount::Quantity;
use crate::contract::Claim;
use crate::fraction::ArithmeticError;
use crate::ids::{
    BatchId, ChallengeId, ClaimId, KpiId, LiabilityId, OrganisationId, PersonId, RetirementId,
};

/// What the decision needs.
#[derive(Debug, Clone, Copy)]
pub struct IssueFacts<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// Its verified quantity as it stands now; none when it was not verified.
    pub verified: Option<&'a Quantity>,
    /// The batch that was already issued for the claim.
    pub issued: Option<BatchId>,
    /// The class in which the registrar issues.
    pub class: &'a Class,
    /// What the claim answers.
    pub terms: &'a Terms,
    /// A challenge of the claim that freezes it. One of another claim of its KPI freezes what is issued, and keeps nothing from
    /// being issued.
    pub challenged: Option<ChallengeId>,
    /// A liability of the claimant's group that was not made good.
    pub liable: Option<LiabilityId>,
    /// A batch of another class behind which days of the same person stand. Only the registry can know: none in replay.
    pub elsewhere: Option<BatchId>,
    /// The registrar.
    pub registrar: PersonId,
    /// Whether the registrar holds a role in the claimant's group.
    pub related: bool,
    /// Who submitted and who verified the claim.
    pub earlier: &'a [PersonId],
}

/// Why nothing is issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The claim was not verified.
    #[error("`claim`: claim:{0} has no verified quantity: have it verified first")]
    NotVerified(ClaimId),
    /// Issued before: a retry, or a second try. The batch is the answer to the first.
    #[error("`claim`: its credits were issued as batch:{batch}: one issue per claim")]
    AlreadyIssued {
        /// The batch.
        batch: BatchId,
    },
    /// The class is of something else.
    #[error("`class`: its {field} is {found}, the claim's is {expected}")]
    WrongClass {
        /// What differs.
        field: &'static str,
        /// The claim's.
        expected: String,
        /// The class's.
        found: String,
    },
    /// Somebody objects, with a case.
    #[error(
        "`claim`: its challenge:{0} has a case: its credits wait until the challenge is settled"
    )]
    Challenged(ChallengeId),
    /// Units are owed.
    #[error(
        "`claim`: the claimant's group owes the units of liability:{0}: have it made good first"
    )]
    Liable(LiabilityId),
    /// Issued in another class.
    #[error(
        "`claim`: days of the same person stand behind the credits of batch:{0} in another class: they may be reported under both \
         measures, and are issued once"
    )]
    Elsewhere(BatchId),
    /// The registrar took an earlier step.
    #[error(
        "`registrar`: person:{0} submitted or verified the claim: issuing needs a second person"
    )]
    SamePerson(PersonId),
    /// The registrar belongs to whoever gets the credits.
    #[error(
        "`registrar`: person:{0} holds a role in the claimant's group: choose a registrar outside it"
    )]
    NotIndependent(PersonId),
    /// The deadweight takes everything.
    #[error(
        "the verified quantity less its deadweight is no whole unit: there is nothing to issue"
    )]
    Nothing,
    /// No split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// Too much for serials.
    #[error(transparent)]
    Serials(#[from] SerialsError),
}

impl From<ArithmeticError> for IssueError {
    fn from(error: ArithmeticError) -> Self {
        Self::Split(error.into())
    }
}

/// The credits of a verified claim; `retirement` makes an id for each retirement at issue.
///
/// Obligated units retire to their contract's buyer at once, KPI by KPI. Surplus that may be traded goes to the claimant,
/// less the class's buffer share (rounded down); other surplus retires to the buyer. Outside contracts there is no buyer:
/// what no KPI of the group asked for goes to the claimant, who can transfer it only if the class is transferable.
pub fn decide_issue(
    batch: BatchId,
    mut retirement: impl FnMut() -> RetirementId,
    facts: &IssueFacts<'_>,
) -> Result<CreditsIssued, IssueError> {
    let claim = facts.claim;
    if let Some(batch) = facts.issued {
        return Err(IssueError::AlreadyIssued { batch });
    }
    let verified = facts
        .verified
        .ok_or(IssueError::NotVerified(claim.id))?
        .units();
    check_class(claim, facts.class)?;
    if let Some(challenge) = facts.challenged {
        return Err(IssueError::Challenged(challenge));
    }
    if let Some(liability) = facts.liable {
        return Err(IssueError::Liable(liability));
    }
    if let Some(batch) = facts.elsewhere {
        return Err(IssueError::Elsewhere(batch));
    }
    if facts.earlier.contains(&facts.registrar) {
        return Err(IssueError::SamePerson(facts.registrar));
    }
    if facts.related {
        return Err(IssueError::NotIndependent(facts.registrar));
    }
    let split_facts = SplitFacts {
        began: claim.period.from(),
        transferable: facts.class.transferable,
        tradable_share: facts.class.tradable_share,
    };
    let split = Split::of_claim(verified, facts.terms, split_facts)?;
    if split.total()? == 0 {
        return Err(IssueError::Nothing);
    }
    let mut serials = Serials::issue(split.total()?)?;
    let mut retire = |buyer: OrganisationId, kpi: Option<KpiId>, units| {
        let id = retirement();
        Ok::<_, IssueError>(Retirement {
            id,
            beneficiary: buyer,
            jurisdiction: claim.place.clone(),
            period: claim.period,
            reason: match kpi {
                Some(_) => RetirementReason::Obligation,
                None => RetirementReason::Surplus,
            },
            kpi,
            note: None,
            serials: serials.take_low(units)?,
            certificate: certificate_number(id, facts.class.vintage),
        })
    };
    let mut retirements = Vec::new();
    for fill in &split.fills {
        retirements.push(retire(fill.buyer, Some(fill.kpi), fill.units)?);
    }
    if let (Some(named), true) = (facts.terms.named(), split.retained > 0) {
        retirements.push(retire(named.buyer, None, split.retained)?);
    }
    let buffer = part(split.circulating, facts.class.buffer_share.fraction()?)?;
    Ok(CreditsIssued {
        batch,
        claim: claim.id,
        class: facts.class.id,
        claimant: claim.claimant,
        buffer_units: buffer,
        available_units: sub(split.circulating, buffer)?,
        retirements,
    })
}

fn check_class(claim: &Claim, class: &Class) -> Result<(), IssueError> {
    let measure =
        |m: &crate::catalogue::MeasureRef| format!("`{}` of catalogue {}", m.code, m.catalogue);
    let vintage = claim
        .period
        .vintage()
        .map_or_else(|| "two years".to_owned(), |year| year.to_string());
    let fields = [
        ("measure", measure(&claim.measure), measure(&class.measure)),
        ("place", claim.place.to_string(), class.place.to_string()),
        ("vintage", vintage, class.vintage.to_string()),
        (
            "scale",
            claim.quantity.scale().to_string(),
            class.scale.to_string(),
        ),
    ];
    match fields.into_iter().find(|(_, claim, class)| claim != class) {
        None => Ok(()),
        Some((field, expected, found)) => Err(IssueError::WrongClass {
            field,
            expected,
            found,
        }),
    }
}

#[cfg(test)]
mod tests;
