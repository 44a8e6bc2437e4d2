//! What a call over HTTP costs at least: axum, serde and the same use-case. No limits, no sign-in, no schema.

use std::sync::Arc;

use anyhow::Result;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use commonweal_app::moves::{Move, Moved};
use commonweal_app::transfer::TransferCredits;
use commonweal_app::{App, AppError};
use commonweal_domain::actor::{Actor, Grant, Role};
use commonweal_domain::credit::entries::TransferReason;
use commonweal_domain::ids::{BatchId, OrganisationId, PersonId};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// A transfer and who asks for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) person: PersonId,
    pub(crate) batch: BatchId,
    pub(crate) from: OrganisationId,
    pub(crate) to: OrganisationId,
    pub(crate) units: i64,
    pub(crate) key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    entry_index: u64,
}

type Answer = Result<Json<Vec<Made>>, (StatusCode, String)>;

impl From<Asked> for TransferCredits {
    fn from(asked: Asked) -> Self {
        Self {
            batch: asked.batch,
            from: asked.from,
            to: asked.to,
            units: asked.units,
            reason: TransferReason::Sale,
            procurement_reference: None,
            note: None,
        }
    }
}

/// A person who acts for an organisation.
pub(crate) fn actor(person: PersonId, organisation: OrganisationId) -> Actor {
    let grant = Grant {
        organisation,
        role: Role::Supplier,
    };
    Actor::person(person, vec![grant])
}

/// Serves both calls and answers the address.
pub(crate) async fn serve(app: Arc<App>) -> Result<String> {
    let router = Router::new()
        .route("/transfer", post(transfer))
        .route("/moves", post(moves))
        .with_state(app);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

#[expect(clippy::needless_pass_by_value, reason = "where an error ends its way")]
fn failed(error: AppError) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, error.to_string())
}

async fn transfer(State(app): State<Arc<App>>, Json(asked): Json<Vec<Asked>>) -> Answer {
    let mut made = Vec::new();
    for one in asked {
        let (actor, key) = (actor(one.person, one.from), one.key.clone());
        let written = app.transfer_credits(&actor, &key, one.into()).await;
        made.push(Made {
            entry_index: written.map_err(failed)?.out,
        });
    }
    Ok(Json(made))
}

async fn moves(State(app): State<Arc<App>>, Json(asked): Json<Vec<Asked>>) -> Answer {
    let Some(first) = asked.first() else {
        return Ok(Json(Vec::new()));
    };
    let actor = actor(first.person, first.from);
    let moves = asked.into_iter();
    let moves = moves.map(|one| (one.key.clone(), Move::Transfer(one.into())));
    let answers = app.move_credits(&actor, moves.collect()).await;
    let mut made = Vec::new();
    for answer in answers.map_err(failed)? {
        if let Moved::Transfer(entry_index) = answer.map_err(failed)?.out {
            made.push(Made { entry_index });
        }
    }
    Ok(Json(made))
}
