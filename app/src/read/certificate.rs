//! The receipt of a retirement: a file that proves, without a network, that the log holds it.

use commonweal_domain::log::note::SignedNote;
use commonweal_domain::log::proof::TlogProof;

use super::Read;
use crate::error::AppError;

impl Read<'_> {
    /// The receipt behind the number of a certificate (`c2sp.org/tlog-proof@v1`), which leads to the newest checkpoint and holds
    /// the entry; none where there is no such certificate or it is not published yet.
    pub async fn certificate(&self, number: &str) -> Result<Option<String>, AppError> {
        match self.retirement_by_certificate(number).await? {
            Some(view) => self.receipt(view.entry_index).await,
            None => Ok(None),
        }
    }

    async fn receipt(&self, index: u64) -> Result<Option<String>, AppError> {
        let newest = self.checkpoint().await?;
        let Some(newest) = newest.filter(|newest| index < newest.size) else {
            return Ok(None);
        };
        let Some(entry) = self.log_entry(index).await? else {
            return Ok(None);
        };
        let receipt = TlogProof {
            extra: Some(entry.bytes),
            index,
            hashes: self.inclusion_proof(index, newest.size).await?,
            checkpoint: SignedNote::parse(&newest.note).map_err(AppError::internal)?,
        };
        Ok(Some(receipt.to_string()))
    }
}
