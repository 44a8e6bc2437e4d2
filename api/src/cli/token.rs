//! `commonweal token`: API tokens, and the first people of a new registry.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args as ClapArgs, Subcommand};
use commonweal_app::App;
use commonweal_app::token::NewToken;
use commonweal_domain::actor::{Grant, Role};
use commonweal_domain::ids::{OrganisationId, PersonId, TokenId};
use secrecy::ExposeSecret;

use super::database::DatabaseArgs;
use super::runtime;

/// API tokens.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// What to do with tokens.
    #[command(subcommand)]
    action: Action,
    /// Where the database is.
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Found the registry's own organisation in an empty database, and print its id.
    Found {
        /// Name of the body that runs the registry.
        #[arg(long)]
        name: String,
        /// Country or place code, such as KR-11.
        #[arg(long)]
        place: String,
    },
    /// Make a token, shown once. Roles that the person does not hold yet are granted, in the log.
    Create {
        /// The organisation in which the roles are held.
        #[arg(long)]
        organisation: OrganisationId,
        /// A role that the token may use; repeat for several.
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
        /// The person; left out, a new pseudonym is made.
        #[arg(long)]
        person: Option<PersonId>,
        /// What the token is for, seen by the operator only.
        #[arg(long, default_value = "")]
        label: String,
        /// Days until it expires, 1 to 731.
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// End a token at once.
    Revoke {
        /// The token's id.
        token: TokenId,
    },
}

/// Runs the subcommand. The server may run meanwhile on PostgreSQL; on SQLite it is safe too, one writes after the other.
pub fn run(args: Args, out: &mut dyn Write) -> Result<ExitCode> {
    runtime()?.block_on(async {
        let app = args.database.open().await?;
        let done = act(&app, args.action, out).await;
        app.store().close().await;
        done
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn act(app: &App, action: Action, out: &mut dyn Write) -> Result<()> {
    match action {
        Action::Found { name, place } => {
            let id = app.found_registry(&name, &place).await?;
            writeln!(out, "{id}")?;
        }
        Action::Create {
            organisation,
            roles,
            person,
            label,
            days,
        } => {
            let scope = roles
                .into_iter()
                .map(|role| Grant { organisation, role })
                .collect();
            let request = NewToken {
                person,
                scope,
                label,
                days,
            };
            let token = app
                .issue_token(request)
                .await
                .context("the token was not made")?;
            writeln!(out, "token   {}", token.secret.expose_secret())?;
            writeln!(out, "id      {}", token.id)?;
            writeln!(out, "person  {}", token.person)?;
            writeln!(out, "expires {}", token.expires_at)?;
        }
        Action::Revoke { token } => {
            app.revoke_token(token).await?;
            writeln!(out, "revoked {token}")?;
        }
    }
    Ok(())
}
