//! The use-case of erasure: a registrar erases tokens of people behind a claim, and the log says so.

use commonweal_domain::actor::{Action, Actor};
use commonweal_domain::contract::entries::BeneficiariesErased;
use commonweal_domain::contract::erasure::{
    ErasureError, ErasureFacts, ErasureGround, Extent, decide_erasure,
};
use commonweal_domain::ids::ClaimId;
use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::hash::Hash;

use crate::App;
use crate::authorization::authorize_on_claim;
use crate::error::AppError;
use crate::store::{Command, Tx, Written, beneficiary, challenge};

struct Erase {
    actor: Actor,
    claim: ClaimId,
    /// The token of one person; everyone where it is left out.
    person: Option<Hash>,
    ground: ErasureGround,
}

impl Command for Erase {
    const NAME: &'static str = "erase_beneficiaries";
    type Out = ClaimId;

    async fn run(&self, tx: &mut Tx) -> Result<ClaimId, AppError> {
        let (recorded, permit) =
            authorize_on_claim(tx, &self.actor, Action::EraseBeneficiaries, self.claim).await?;
        let people = beneficiary::forget(tx, self.claim, self.person).await?;
        let facts = ErasureFacts {
            claim: &recorded.claim,
            status: recorded.status,
            left: people > 0,
            challenged: challenge::unsettled(tx, &recorded, tx.at()).await?,
            at: tx.at(),
        };
        decide_erasure(self.ground, &facts)?;
        let extent = if beneficiary::any_left(tx, self.claim).await? {
            Extent::Some
        } else {
            Extent::All
        };
        let index = tx.append(Draft {
            actors: vec![permit.actor],
            subject: self.claim.to_string(),
            inputs_upto: None,
            body: BeneficiariesErased {
                claim: self.claim,
                extent,
                ground: self.ground,
            }
            .into(),
        })?;
        let at = tx.at().micros();
        beneficiary::note_erasure(tx, self.claim, people, self.ground, at, index).await?;
        Ok(self.claim)
    }
}

impl From<ErasureError> for AppError {
    fn from(error: ErasureError) -> Self {
        use ErasureError as E;
        let (code, path) = match &error {
            E::Nobody(_) => ("NOBODY_NAMED", "claim"),
            E::Ended(_) => ("CLAIM_STATUS", "claim"),
            E::NotThere => ("NOT_THERE", "person"),
            E::Challenged(_) => ("CHALLENGED", "ground"),
            E::TooEarly { .. } => ("TOO_EARLY", "ground"),
        };
        Self::refused_at(code, path, error)
    }
}

impl App {
    /// Erases the tokens behind a claim: of one person, by the hash that a supplier's machine makes, or of everyone.
    pub async fn erase_beneficiaries(
        &self,
        actor: &Actor,
        claim: ClaimId,
        person: Option<Hash>,
        ground: ErasureGround,
    ) -> Result<Written<ClaimId>, AppError> {
        let key = self.beneficiary_key()?;
        let command = Erase {
            actor: actor.clone(),
            claim,
            person: person.map(|hash| key.token(hash)).transpose()?,
            ground,
        };
        self.store.write(None, command).await
    }
}
