//! Tables of confirmations of participation.

use commonweal_domain::ids::{Id, TenderId};
use commonweal_domain::tender::{ConfirmationContent, ConfirmedShare};
use sea_orm::entity::prelude::*;

use crate::error::AppError;

/// A bidder's request that an organisation confirm its share.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "confirmation_request")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tender_id: Uuid,
    pub bidder_id: Uuid,
    pub lot: String,
    pub organisation_id: Uuid,
    /// The confirmation that is asked for, encrypted to the service's key.
    pub content: Vec<u8>,
    pub asked_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// Table `sealed_confirmation`.
pub(crate) mod sealed_confirmation {
    use sea_orm::entity::prelude::*;

    /// A confirmation as ciphertext, and what was in it once it is open.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sealed_confirmation")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub request_id: Uuid,
        pub tender_id: Uuid,
        pub bidder_id: Uuid,
        pub lot: String,
        pub organisation_id: Uuid,
        pub state: String,
        pub received_at: i64,
        pub ended_at: Option<i64>,
        pub commitment: Vec<u8>,
        pub ciphertext: Vec<u8>,
        pub entry_idx: i64,
        /// The sealed content with its salts, as JSON.
        pub content: Option<Vec<u8>>,
        pub opened_idx: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Table `late_bid`.
pub(crate) mod late_bid {
    use sea_orm::entity::prelude::*;

    /// A bid that came after its deadline: it is in the log and nowhere else.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "late_bid")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub sealed_id: Uuid,
        pub tender_id: Uuid,
        pub supplier_id: Uuid,
        pub entry_idx: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The shares of some tenders that the opening showed as confirmed, with their tenders, in one statement.
pub(crate) async fn shown_shares(
    db: &impl ConnectionTrait,
    tenders: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<(TenderId, ConfirmedShare)>, AppError> {
    use sealed_confirmation::{Column, Entity as Sealed};
    let rows = Sealed::find()
        .filter(Column::TenderId.is_in(tenders))
        .filter(Column::State.eq("opened"))
        .all(db)
        .await?;
    rows.iter()
        .filter_map(|row| Some((row.tender_id, row.content.as_ref()?)))
        .map(|(tender, content)| {
            let sealed = serde_json::from_slice(content).map_err(AppError::internal)?;
            let content = ConfirmationContent::unseal(&sealed).map_err(AppError::internal)?;
            Ok((TenderId::from_uuid(tender), content.share))
        })
        .collect()
}
