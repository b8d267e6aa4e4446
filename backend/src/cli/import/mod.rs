//! `telemetrics import`.

mod ndjson;
mod older;

use std::path::PathBuf;

use clap::Args;

use crate::config::{Database, DatabaseUrl};

/// Stores records from a file or from the older server; safe beside a running server. Records that were stored before
/// are not stored again.
#[derive(Args, Debug)]
pub(super) struct Import {
    #[command(flatten)]
    from: From,

    #[command(flatten)]
    database: Database,
}

/// Where the records come from.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct From {
    /// File with one record in JSON form a line, or - for standard input
    #[arg(long, value_name = "FILE|-")]
    ndjson: Option<PathBuf>,

    /// Database of the older server, postgres://USER:PASSWORD@HOST/NAME: its records, the comments and hidden marks of its
    /// guilties, and its never-guilty list. An import that was interrupted goes on where it was
    #[arg(long, value_name = "URL", env = "TELEMETRICS_IMPORT_POSTGRES", hide_env_values = true, value_parser = postgres)]
    postgres: Option<DatabaseUrl>,
}

fn postgres(text: &str) -> Result<DatabaseUrl, &'static str> {
    let url: DatabaseUrl = text.parse()?;
    if url.0.starts_with("sqlite:") { Err("must be postgres://USER@HOST/NAME") } else { Ok(url) }
}

pub(super) async fn run(import: Import) -> anyhow::Result<()> {
    match (import.from.ndjson, import.from.postgres) {
        (Some(file), _) => ndjson::run(&file, &import.database).await,
        (None, Some(url)) => older::run(&url.0, &import.database).await,
        // One of the two is there, as clap has seen.
        (None, None) => Ok(()),
    }
}
