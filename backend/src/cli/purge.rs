//! `telemetrics purge`.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::config::{Database, Keep};
use crate::in_force;
use crate::store;
use crate::store::audit::{self, Author, Change};
use crate::store::retention::{preview, purge};

/// Delete the records that have been kept long enough; their counts stay. Safe beside a running server; declines while
/// another purge is under way. Rules that admins have set in the dashboard go before those given here.
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
    let rules = in_force::retention(&store, retention.rules()).await?;
    let purged = match dry_run {
        true => preview(&store, &rules, crate::now(), Duration::MAX).await?.0,
        false => purge(&store, &rules, crate::now).await?,
    };
    if !dry_run {
        let after = Some(json!({"records": purged.records}));
        let told = Change { action: "records.purge", target: "records", before: None, after };
        audit::tell_alone(&store, &Author::command_line(crate::now()), told).await?;
    }
    store.close().await?;
    let what = if dry_run { "would be deleted" } else { "deleted" };
    tracing::info!(records = purged.records, megabytes = purged.bytes.div_ceil(1_000_000), "{what}");
    Ok(())
}
