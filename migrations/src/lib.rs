//! The database schema, one file per change, the same on SQLite and PostgreSQL.
//!
//! To add a change: write `mYYYYMMDD_NNNNNN_noun.rs` with one `pub(crate) const CHANGE: Change`, declare the module
//! and list it at the end of [`Migrator`]. A change that was released is never edited.

mod change;
mod m20261122_000001_log;
mod m20261122_000002_idempotency;
mod m20261122_000003_posting;
mod m20261122_000004_tree;
mod m20261122_000005_log_key;
mod m20261122_000010_organisation;
mod m20261122_000011_token;
mod m20261122_000012_catalogue;
mod m20261122_000020_tender;
mod m20261122_000021_bid;
mod m20261122_000022_evaluation;
mod m20261122_000030_contract;
mod m20261122_000031_claim;
mod m20261122_000032_credit;
mod m20261122_000090_import;
mod m20261123_000110_proxy_pack;
mod m20261123_000120_log_blob;
mod m20261123_000130_confirmation;
mod m20261123_000131_admission;
mod m20261123_000140_panel;
mod m20261123_000150_stage;
mod m20261123_000151_process;
mod m20261123_000152_question;
mod m20261123_000153_explanation;
mod m20261123_000154_draft;
mod m20261123_000160_robustness;
mod m20261123_000165_policy;
mod m20261123_000170_participation;
mod m20261123_000175_calibration;
mod m20261123_000176_noise;
mod m20261123_000180_look;
mod m20261123_000200_claim;
mod m20261123_000201_delivery;
mod m20261123_000202_evidence_file;
mod m20261123_000203_claim_draft;
mod m20261123_000205_quorum;
mod m20261123_000210_beneficiary;
mod m20261123_000215_programme;
mod m20261123_000220_credit;
mod m20261123_000221_challenge;
mod m20261123_000222_statement;
mod m20261123_000240_log_lease;
mod m20261123_000241_witnessed;
mod m20261123_000250_exclusions;
mod m20261123_000700_refused_read;
mod m20261123_000701_words_erasure;
mod m20261123_000750_cancelled;
mod m20261123_000751_freezes;
mod m20261123_000752_freezes_until;
mod m20261123_000760_unchecked;
mod m20261123_000770_key_order;

pub use change::{Change, InsertOnly};
pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// Every change in order.
const CHANGES: &[Change] = &[
    m20261122_000001_log::CHANGE,
    m20261122_000002_idempotency::CHANGE,
    m20261122_000003_posting::CHANGE,
    m20261122_000004_tree::CHANGE,
    m20261122_000005_log_key::CHANGE,
    m20261122_000010_organisation::CHANGE,
    m20261122_000011_token::CHANGE,
    m20261122_000012_catalogue::CHANGE,
    m20261122_000020_tender::CHANGE,
    m20261122_000021_bid::CHANGE,
    m20261122_000022_evaluation::CHANGE,
    m20261122_000030_contract::CHANGE,
    m20261122_000031_claim::CHANGE,
    m20261122_000032_credit::CHANGE,
    m20261122_000090_import::CHANGE,
    m20261123_000110_proxy_pack::CHANGE,
    m20261123_000120_log_blob::CHANGE,
    m20261123_000130_confirmation::CHANGE,
    m20261123_000131_admission::CHANGE,
    m20261123_000140_panel::CHANGE,
    m20261123_000150_stage::CHANGE,
    m20261123_000151_process::CHANGE,
    m20261123_000152_question::CHANGE,
    m20261123_000153_explanation::CHANGE,
    m20261123_000154_draft::CHANGE,
    m20261123_000160_robustness::CHANGE,
    m20261123_000165_policy::CHANGE,
    m20261123_000170_participation::CHANGE,
    m20261123_000175_calibration::CHANGE,
    m20261123_000176_noise::CHANGE,
    m20261123_000180_look::CHANGE,
    m20261123_000200_claim::CHANGE,
    m20261123_000201_delivery::CHANGE,
    m20261123_000202_evidence_file::CHANGE,
    m20261123_000203_claim_draft::CHANGE,
    m20261123_000205_quorum::CHANGE,
    m20261123_000210_beneficiary::CHANGE,
    m20261123_000215_programme::CHANGE,
    m20261123_000220_credit::CHANGE,
    m20261123_000221_challenge::CHANGE,
    m20261123_000222_statement::CHANGE,
    m20261123_000240_log_lease::CHANGE,
    m20261123_000241_witnessed::CHANGE,
    m20261123_000250_exclusions::CHANGE,
    m20261123_000700_refused_read::CHANGE,
    m20261123_000701_words_erasure::CHANGE,
    m20261123_000750_cancelled::CHANGE,
    m20261123_000751_freezes::CHANGE,
    m20261123_000752_freezes_until::CHANGE,
    m20261123_000760_unchecked::CHANGE,
    m20261123_000770_key_order::CHANGE,
];

/// Brings a database to the schema of this program.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        CHANGES
            .iter()
            .map(|change| -> Box<dyn MigrationTrait> { Box::new(*change) })
            .collect()
    }
}

/// The names of every change in order, as they stand in the table `seaql_migrations`.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHANGES.iter().map(|change| change.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_listed_once_and_in_the_order_of_their_names() {
        assert!(names().is_sorted_by(|a, b| a < b));
    }
}
