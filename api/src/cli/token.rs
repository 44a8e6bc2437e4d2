//! `commonweal token`: API tokens, and the first people of a new registry.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Subcommand};
use commonweal_app::App;
use commonweal_app::token::NewToken;
use commonweal_domain::actor::{Grant, Role};
use commonweal_domain::ids::{Id, InvalidId, OrganisationId, PersonId, TokenId};
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
        /// The organisation in which the roles are held, with or without `organisation:`.
        #[arg(long, value_name = "ID", value_parser = id::<OrganisationId>)]
        organisation: OrganisationId,
        /// A role that the token may use; repeat for several.
        #[arg(long = "role", required = true, value_parser = role())]
        roles: Vec<Role>,
        /// The person, with or without `person:`; left out, a new pseudonym is made.
        #[arg(long, value_name = "ID", value_parser = id::<PersonId>)]
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
        #[arg(value_name = "ID", value_parser = id::<TokenId>)]
        token: TokenId,
    },
}

/// An id as GraphQL writes it, or the UUID alone.
fn id<I: Id>(text: &str) -> Result<I, InvalidId> {
    let bare = text.strip_prefix(I::NOUN);
    let bare = bare.and_then(|rest| rest.strip_prefix(':'));
    bare.unwrap_or(text).parse()
}

/// The roles of the domain, which the help lists.
fn role() -> impl TypedValueParser<Value = Role> {
    let words = PossibleValuesParser::new(Role::ALL.map(Role::as_str));
    words.try_map(|word| word.parse::<Role>())
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

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn an_id_may_name_its_noun_and_the_database_may_stand_last() {
        let uuid = "01931f3e-7c2a-7000-8000-000000000000";
        for given in [uuid.to_owned(), format!("organisation:{uuid}")] {
            let words = ["commonweal", "token", "create", "--role", "officer"];
            let rest = ["--organisation", &given, "--data", "elsewhere"];
            let cli = Cli::try_parse_from(words.into_iter().chain(rest)).unwrap();
            let Command::Token(args) = cli.command else {
                panic!("another command: {:?}", cli.command);
            };
            assert_eq!(args.database.data, Some("elsewhere".into()));
            assert!(
                matches!(args.action, Action::Create { organisation, .. } if organisation.to_string() == uuid)
            );
        }
        let wrong = id::<OrganisationId>(&format!("person:{uuid}")).unwrap_err();
        assert!(wrong.to_string().contains("not a valid organisation id"));
    }

    #[test]
    fn the_help_lists_every_role_and_a_word_that_is_none_is_refused() {
        let parse = |words: &[&str]| {
            let words = ["commonweal", "token", "create"].iter().chain(words);
            Cli::try_parse_from(words).unwrap_err().to_string()
        };
        let uuid = "01931f3e-7c2a-7000-8000-000000000000";
        let wrong = parse(&["--organisation", uuid, "--role", "mayor"]);
        for role in Role::ALL {
            assert!(parse(&["--help"]).contains(role.as_str()), "{role}");
            assert!(wrong.contains(role.as_str()), "{wrong}");
        }
    }
}
