//! `telemetrics purge`.

use clap::Args;
use serde_json::json;

use crate::config::{Database, Keep};
use crate::store;
use crate::store::audit::{self, Author, Change};
use crate::store::retention::{Mode, purge};

/// Delete the records that have been kept long enough; their counts stay. Safe beside a running server.
#[derive(Args, Debug)]
pub(super) struct Purge {
    /// Only say what would be deleted
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    retention: Keep,

    #[command(flatten)]
    database: Database,
}

pub(super) async fn run(Purge { dry_run, retention, database }: Purge) -> anyhow::Result<()> {
    let store = store::open(&database.options()).await?;
    let mode = if dry_run { Mode::DryRun } else { Mode::Delete };
    let purged = purge(&store, &retention.rules(), crate::now(), mode).await?;
    if !dry_run {
        let after = Some(json!({"records": purged.records}));
        let told = Change { action: "records.purge", target: "records", before: None, after };
        audit::tell_afterwards(&store, &Author::command_line(crate::now()), told).await?;
    }
    store.close().await?;
    let what = if dry_run { "would be deleted" } else { "deleted" };
    tracing::info!(records = purged.records, megabytes = purged.bytes.div_ceil(1_000_000), "{what}");
    Ok(())
}
