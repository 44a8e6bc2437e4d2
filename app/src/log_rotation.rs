//! Changing the key that signs the log.

use commonweal_domain::log::entry::Draft;
use commonweal_domain::log::note::{NoteSigner, VerifierKey};
use commonweal_domain::log::rotation::{KeyRotated, Rotation};

use crate::App;
use crate::error::AppError;
use crate::store::log_key::log_keys;
use crate::store::{Command, Tx};

impl App {
    /// Lets `to` sign the log from now on, in the place of `from`. Done already, it changes nothing. Only the operator's
    /// command line calls this; a running publisher stops at its next checkpoint, for it has the earlier key.
    pub async fn rotate_log_key(&self, from: &NoteSigner, to: &NoteSigner) -> Result<(), AppError> {
        let command = RotateLogKey {
            from: from.verifier_key().clone(),
            to: to.verifier_key().clone(),
            rotated: Rotation::sign(from, to)
                .map_err(|error| AppError::refused("LOG_KEY", error))?,
        };
        self.store.write(None, command).await?;
        Ok(())
    }
}

struct RotateLogKey {
    from: VerifierKey,
    to: VerifierKey,
    rotated: KeyRotated,
}

impl Command for RotateLogKey {
    const NAME: &'static str = "rotate_log_key";
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        match log_keys(tx).await?.last() {
            Some(present) if *present == self.to => return Ok(()),
            Some(present) if *present == self.from => {}
            Some(present) => {
                let message = format!("the log is signed with {present}, not with {}", self.from);
                return Err(AppError::refused("LOG_KEY", message));
            }
            None => {
                let message =
                    "nothing is signed yet: start the service once, or exchange the key file";
                return Err(AppError::refused("LOG_KEY", message));
            }
        }
        let origin = self.to.name().to_string();
        tx.append(Draft {
            actors: Vec::new(),
            subject: origin,
            inputs_upto: None,
            body: self.rotated.clone().into(),
        })?;
        Ok(())
    }
}
