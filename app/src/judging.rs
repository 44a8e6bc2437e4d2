//! How several drawn verifiers judge a claim: each finding is sealed, and the last one opens and concludes all.

use commonweal_domain::amount::Quantity;
use commonweal_domain::contract::entries::{ClaimRejected, ClaimVerified, VerificationSealed};
use commonweal_domain::contract::quorum::draw::Candidate;
use commonweal_domain::contract::quorum::duty::DutyError;
use commonweal_domain::contract::quorum::judgement::{
    Conclusion, ConclusionError, check_finding, conclude, seal,
};
use commonweal_domain::contract::verification::check_independent;
use commonweal_domain::contract::{ClaimStatus, Verification};
use commonweal_domain::log::commitment::Salt;
use commonweal_domain::log::entry::{Draft, EntryActor};
use sea_orm::ActiveValue::Set;

use crate::assignment::{assign, draw};
use crate::error::AppError;
use crate::group;
use crate::quorum::Prepared;
use crate::remark::Remark;
use crate::store::quorum::{self, assignment};
use crate::store::{Tx, claim};
use crate::verification::{Found, Loaded, record};

/// What a verifier says of a claim.
pub(crate) struct Saying<'a> {
    /// How much is accepted; nothing rejects.
    pub(crate) accepted: Quantity,
    /// The method, with the standard named.
    pub(crate) method: &'a str,
    /// Why.
    pub(crate) reason: &'a Remark,
    /// What hides the finding.
    pub(crate) salt: Salt,
}

/// Seals what one of several verifiers found, and concludes the claim where it is the last. `by` is who was found to sit, by
/// [`acting`](crate::verification::acting).
pub(crate) async fn judge(
    tx: &mut Tx,
    loaded: &Loaded,
    prepared: &Prepared,
    by: EntryActor,
    saying: Saying<'_>,
) -> Result<(), AppError> {
    let claimed = &loaded.recorded.claim;
    let (id, status) = (claimed.id, loaded.recorded.status);
    let groups = group::groups_of(tx, by.id).await?;
    check_independent(&loaded.facts(), by.id, &|_| groups.clone())?;
    let finding = Verification {
        verifier: by.id,
        organisation: by.organisation,
        accepted: saying.accepted,
        method: saying.method.to_owned(),
        reason: saying.reason.hash,
        salt: Some(saying.salt),
    };
    check_finding(&claimed.quantity, &finding)?;
    let commitment = seal(id, &finding, saying.salt).map_err(AppError::internal)?;
    tx.append(Draft {
        actors: vec![by.clone()],
        subject: id.to_string(),
        inputs_upto: None,
        body: VerificationSealed {
            claim: id,
            commitment,
        }
        .into(),
    })?;
    let sealed = assignment::ActiveModel {
        sealed: Set(Some(commitment.as_bytes().to_vec())),
        unanswered: Set(status == ClaimStatus::InformationRequested),
        ..Default::default()
    };
    quorum::change_seat(tx, id, by.id, sealed).await?;
    quorum::keep_finding(tx, id, &finding, saying.salt).await?;
    saying.reason.keep(tx).await?;
    open_all(tx, loaded, prepared, by).await
}

/// Opens every finding where all have judged, and does what follows.
async fn open_all(
    tx: &mut Tx,
    loaded: &Loaded,
    prepared: &Prepared,
    by: EntryActor,
) -> Result<(), AppError> {
    let claimed = &loaded.recorded.claim;
    let of = (claimed.id, &claimed.quantity);
    let seats = quorum::assignments(tx, claimed.id).await?;
    let findings = quorum::findings(tx, of, &seats).await?;
    let claim = (claimed.id, &claimed.quantity, loaded.recorded.status);
    match conclude(&prepared.quorum, claim, &seats, &findings) {
        Err(ConclusionError::Missing { .. }) => Ok(()),
        Err(refused) => Err(refused.into()),
        Ok(Conclusion::Third) => {
            let drawn: Result<Vec<Candidate>, DutyError> = draw(tx, loaded, prepared, true).await?;
            match drawn {
                Ok(drawn) => assign(tx, loaded, prepared, by, (&drawn, true)).await,
                // Nobody is left: the claim waits until somebody can be drawn.
                Err(DutyError::TooFew(_)) => Ok(()),
                Err(refused) => Err(refused.into()),
            }
        }
        Ok(Conclusion::Verified(verified)) => {
            let body = ClaimVerified {
                claim: claimed.id,
                verified: verified.clone(),
                verifications: findings.clone(),
            };
            end(tx, loaded, (by, body.into()), &findings, Some(&verified)).await
        }
        Ok(Conclusion::Rejected) => {
            let against = findings
                .iter()
                .find(|finding| finding.accepted.units() == 0);
            let against = against.ok_or_else(|| AppError::internal("nobody rejected"))?;
            let body = ClaimRejected {
                claim: claimed.id,
                reason: against.reason,
                verifications: findings.clone(),
            };
            end(tx, loaded, (by, body.into()), &findings, None).await
        }
    }
}

async fn end(
    tx: &mut Tx,
    loaded: &Loaded,
    (by, body): (EntryActor, commonweal_domain::log::kinds::Body),
    findings: &[Verification],
    verified: Option<&Quantity>,
) -> Result<(), AppError> {
    let id = loaded.recorded.claim.id;
    let index = tx.append(Draft {
        actors: vec![by],
        subject: id.to_string(),
        inputs_upto: None,
        body,
    })?;
    for finding in findings {
        let accepted =
            (finding.accepted.units() > 0).then_some((&finding.accepted, finding.method.as_str()));
        let found = Found {
            by: (finding.verifier, finding.organisation),
            accepted,
            reason: finding.reason,
            in_record: true,
        };
        record(tx, id, &found, index).await?;
    }
    let status = match verified {
        Some(_) => ClaimStatus::Verified,
        None => ClaimStatus::Rejected,
    };
    claim::decide(tx, id, status, verified, tx.at(), index).await
}
