//! `telemetrics import`.

mod ndjson;
mod older;

use std::path::PathBuf;

use clap::Args;

use crate::app::App;
use crate::config::{Database, DatabaseUrl, MAX_QUARANTINE, MachineIds};
use crate::in_force;
use crate::ingest::privacy::{self, MachineKey, Scrubber};
use crate::ingest::record::NewRecord;
use crate::older::Most;
use crate::store::Store;

/// What goes into one transaction. In memory there are at most three of these at once, in several forms.
const BATCH: Most = Most { records: 1000, bytes: 16 << 20 };

/// Stores records from a file or from the older server; safe beside a running server. Records that were stored before
/// are not stored again.
#[derive(Args, Debug)]
pub(super) struct Import {
    #[command(flatten)]
    from: From,

    #[command(flatten)]
    database: Database,

    #[command(flatten)]
    machine_ids: MachineIds,

    /// The most records that are kept in quarantine
    #[arg(long, env = "TELEMETRICS_MAX_QUARANTINE", default_value = MAX_QUARANTINE)]
    max_quarantine: u64,
}

/// Where the records come from.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct From {
    /// File with a record a line, in JSON form as machines send it or as `telemetrics export` writes it; - for standard input
    #[arg(long, value_name = "FILE|-")]
    ndjson: Option<PathBuf>,

    /// Database of the older server, postgres://USER:PASSWORD@HOST/NAME: its records, the comments and hidden marks of its
    /// guilties, and its never-guilty list. An import that was interrupted goes on where it was
    #[arg(long, value_name = "URL", env = "TELEMETRICS_IMPORT_POSTGRES", hide_env_values = true, value_parser = postgres)]
    postgres: Option<DatabaseUrl>,
}

/// What is taken out of records before they are stored, as a server on the same database does it.
struct Privacy {
    scrubber: Scrubber,
    key: Option<MachineKey>,
}

impl Privacy {
    async fn load(store: &Store, key: Option<MachineKey>) -> anyhow::Result<Self> {
        Ok(Self { scrubber: in_force::scrubber(store).await?, key })
    }

    fn apply(&self, record: NewRecord) -> NewRecord {
        privacy::apply(record, &self.scrubber, self.key.as_ref())
    }
}

fn postgres(text: &str) -> Result<DatabaseUrl, &'static str> {
    let url: DatabaseUrl = text.parse()?;
    if url.0.starts_with("sqlite:") { Err("must be postgres://USER@HOST/NAME") } else { Ok(url) }
}

pub(super) async fn run(import: Import, app: &App) -> anyhow::Result<()> {
    let (key, options) = (import.machine_ids.key()?, app.options(&import.database));
    match (import.from.ndjson, import.from.postgres) {
        (Some(file), _) => ndjson::run(&file, &options, key).await,
        (None, Some(url)) => older::run(&url.0, &options, key, import.max_quarantine).await,
        // One of the two is there, as clap has seen.
        (None, None) => Ok(()),
    }
}
