//! `telemetrics user` and `telemetrics token`.

use std::io::Write;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use telemetrics_common::Role;
use telemetrics_common::accounts::{AccountPatch, GivenPassword, NewAccount};
use telemetrics_common::tokens::NewToken;

use crate::access::{self, Caller, Gate, Settings};
use crate::config::Database;
use crate::store::audit::Author;
use crate::store::{self, Store, accounts, sessions};

/// Accounts of people who use the dashboard. Safe beside a running server, which notices within seconds.
#[derive(Args, Debug)]
pub(super) struct User {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Make an account; its password is printed once
    Add {
        /// The name to log in with
        name: String,
        /// What the account may do; the first one must be an admin
        #[arg(long, value_enum, default_value = "viewer")]
        role: RoleName,
        #[command(flatten)]
        database: Database,
    },
    /// List accounts
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Change what an account may do; its sessions end
    SetRole {
        /// The account
        name: String,
        /// What it may do
        #[arg(value_enum)]
        role: RoleName,
        #[command(flatten)]
        database: Database,
    },
    /// Switch an account off; its sessions end, and its tokens do not work
    Disable {
        /// The account
        name: String,
        #[command(flatten)]
        database: Database,
    },
    /// Switch an account on again
    Enable {
        /// The account
        name: String,
        #[command(flatten)]
        database: Database,
    },
    /// Give an account a new password, which is printed once; its sessions end
    ResetPassword {
        /// The account
        name: String,
        #[command(flatten)]
        database: Database,
    },
}

/// Tokens for scripts, shown in `Authorization: Bearer …`.
#[derive(Args, Debug)]
pub(super) struct Token {
    #[command(subcommand)]
    what: TokenWhat,
}

#[derive(Subcommand, Debug)]
enum TokenWhat {
    /// Make a token, which is printed once
    Add {
        /// What it is for
        name: String,
        /// What its holder may do
        #[arg(long, value_enum, default_value = "viewer")]
        role: RoleName,
        /// After how many days it ends; never, when this is left out
        #[arg(long)]
        days: Option<u32>,
        #[command(flatten)]
        database: Database,
    },
    /// List tokens
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Take a token back
    Revoke {
        /// Its number in the list
        id: i64,
        #[command(flatten)]
        database: Database,
    },
}

/// A role at the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    /// Sees
    Viewer,
    /// Sees and judges
    Maintainer,
    /// Does everything
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Maintainer => Self::Maintainer,
            RoleName::Admin => Self::Admin,
        }
    }
}

fn name_of(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Maintainer => "maintainer",
        Role::Admin => "admin",
    }
}

pub(super) async fn run(User { what }: User) -> anyhow::Result<()> {
    match what {
        What::Add { name, role, database } => {
            on(&database, async |store| {
                let new = NewAccount { name, role: role.into() };
                say_password(&access::add_account(&gate(), store, new, &author()).await?)
            })
            .await
        }
        What::List { database } => on(&database, async |store| list(store).await).await,
        What::SetRole { name, role, database } => {
            patch(&database, &name, AccountPatch { role: Some(role.into()), disabled: None }).await
        }
        What::Disable { name, database } => {
            patch(&database, &name, AccountPatch { role: None, disabled: Some(true) }).await
        }
        What::Enable { name, database } => {
            patch(&database, &name, AccountPatch { role: None, disabled: Some(false) }).await
        }
        What::ResetPassword { name, database } => {
            on(&database, async |store| say_password(&access::reset_password(&gate(), store, name, &author()).await?))
                .await
        }
    }
}

pub(super) async fn run_token(Token { what }: Token) -> anyhow::Result<()> {
    match what {
        TokenWhat::Add { name, role, days, database } => {
            on(&database, async |store| {
                let new = NewToken { name, role: role.into(), days };
                let given = access::add_token(store, &Caller::command_line(), new, crate::now()).await?;
                say(&format!("token {}: {}", given.id, given.token))
            })
            .await
        }
        TokenWhat::List { database } => on(&database, async |store| list_tokens(store).await).await,
        TokenWhat::Revoke { id, database } => {
            on(&database, async |store| Ok(sessions::revoke_token(store, None, id, &author()).await?)).await
        }
    }
}

async fn on(database: &Database, work: impl AsyncFnOnce(&Store) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let store = store::open(&database.options()).await?;
    let done = work(&store).await;
    store.close().await?;
    done
}

fn author() -> Author {
    Author::command_line(crate::now())
}

fn gate() -> Gate {
    Gate::new(Settings::default(), ([127, 0, 0, 1], 0).into())
}

async fn patch(database: &Database, name: &str, patch: AccountPatch) -> anyhow::Result<()> {
    on(database, async |store| Ok(accounts::patch(store, name, patch, &author()).await?)).await
}

async fn list(store: &Store) -> anyhow::Result<()> {
    for account in accounts::list(store).await? {
        let state = if account.disabled { "off" } else { "on" };
        let login = account.login_at.map_or_else(|| "never logged in".to_owned(), |at| format!("logged in {at}"));
        say(&format!("{}\t{}\t{state}\t{login}", account.name, name_of(account.role)))?;
    }
    Ok(())
}

async fn list_tokens(store: &Store) -> anyhow::Result<()> {
    for token in sessions::tokens(store, None).await? {
        let whose = token.account.as_deref().unwrap_or("-");
        let ends = token.expires_at.map_or_else(|| "never ends".to_owned(), |at| format!("ends {at}"));
        say(&format!("{}\t{}\t{}\t{whose}\t{ends}", token.id, token.name, name_of(token.role)))?;
    }
    Ok(())
}

fn say_password(given: &GivenPassword) -> anyhow::Result<()> {
    say(&format!("password of {}: {}", given.name, given.password))
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("cannot write to standard output")
}
