//! The command line.

mod backup;
mod check;
mod demo;
mod export;
mod import;
mod manual;
mod openapi;
#[cfg(test)]
mod options;
mod purge;
mod serve;
mod settings;
mod user;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::app::App;
use crate::bench;
use crate::config::{Config, Database, File, LogFormat, Logging};
use crate::store;

/// Collects records from a fleet of Linux machines, keeps them, and shows them.
#[derive(Parser, Debug)]
#[command(name = "telemetrics", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: Config,

    #[command(flatten)]
    file: File,

    #[command(flatten)]
    logging: Logging,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Collect records and serve the dashboard (what happens without a word, too)
    Serve(Box<Config>),
    /// Bring a database's schema up to date, and end
    Migrate(Database),
    /// Fill a database with the records of a believable fleet
    Demo(demo::Demo),
    /// Store records from a file
    Import(import::Import),
    /// Write records out
    Export(Box<export::Export>),
    /// Count the records that are kept and report every counter that does not agree; safe beside a running server
    Check(Database),
    /// Delete the records that have been kept long enough; their counts stay
    Purge(purge::Purge),
    /// Write a copy of a SQLite database, while it is in use
    Backup(backup::Backup),
    /// Put a copy in the place of a SQLite database
    Restore(backup::Restore),
    /// Make and change accounts
    User(user::User),
    /// Make and take back tokens for scripts
    Token(user::Token),
    /// Write the manual pages into a folder
    Man(manual::Manual),
    /// Print what a shell needs to complete commands
    Completions(manual::Completions),
    /// Print the OpenAPI document of the API
    Openapi,
    /// Measure this program on this machine
    Bench(bench::Options),
}

/// Runs the program with the views of `app`.
pub fn run(app: impl Fn() -> App) -> ExitCode {
    let matches = match settings::parse(Cli::command()) {
        Ok(matches) => matches,
        Err(end) => return end,
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return settings::refuse(&error),
    };
    let config = match &cli.command {
        None => Some(&cli.serve),
        Some(Command::Serve(config)) => Some(config.as_ref()),
        Some(_) => None,
    };
    if let Some(Err(message)) = config.map(|config| config.access.check(config.listen)) {
        eprintln!("error: {message}");
        return ExitCode::from(2);
    }
    if let Err(error) = start_logging(&cli.logging) {
        eprintln!("error: --log: {error}");
        return ExitCode::from(2);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(dispatch(cli, app())));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(cli: Cli, app: App) -> anyhow::Result<()> {
    match cli.command {
        None => serve::run(cli.serve, app).await,
        Some(Command::Serve(config)) => serve::run(*config, app).await,
        Some(Command::Migrate(database)) => {
            store::open(&app.options(&database)).await?.close().await?;
            tracing::info!("the schema is up to date");
            Ok(())
        }
        Some(Command::Demo(demo)) => demo::run(demo, &app).await,
        Some(Command::Import(import)) => import::run(import, &app).await,
        Some(Command::Export(export)) => export::run(*export).await,
        Some(Command::Check(database)) => check::run(database).await,
        Some(Command::Purge(purge)) => purge::run(purge).await,
        Some(Command::Backup(backup)) => backup::run(backup).await,
        Some(Command::Restore(restore)) => backup::run_restore(restore).await,
        Some(Command::User(user)) => user::run(user).await,
        Some(Command::Token(token)) => user::run_token(token).await,
        Some(Command::Man(manual)) => manual::run(&manual, Cli::command()),
        Some(Command::Completions(completions)) => manual::complete(&completions, Cli::command()),
        Some(Command::Openapi) => openapi::run(&app),
        Some(Command::Bench(options)) => bench::run(options, app.dashboard()).await,
    }
}

fn start_logging(logging: &Logging) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&logging.log)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match logging.log_format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
