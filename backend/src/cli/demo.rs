//! `telemetrics demo`.

use clap::Args;
use telemetrics_common::Timestamp;

use crate::app::App;
use crate::config::Database;
use crate::demo::{DemoOptions, fleet};
use crate::store;
use crate::store::Store;
use crate::store::insert::Incoming;

/// Fills a database with the records of a believable fleet; the same options give the same records.
#[derive(Args, Debug)]
pub(super) struct Demo {
    /// How many records
    #[arg(long, default_value = "20000")]
    records: u64,

    /// Over how many days
    #[arg(long, default_value = "30", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,

    /// Chooses the fleet
    #[arg(long, default_value = "1")]
    seed: u64,

    /// When the last record comes, as date or date-time (default: now)
    #[arg(long)]
    until: Option<Timestamp>,

    /// Nothing but crashes and what kernels complain about
    #[arg(long)]
    only_crashes: bool,

    #[command(flatten)]
    database: Database,
}

/// How many records go into one transaction.
const BATCH: usize = 1000;
/// After so many batches it is told how far the filling is.
const TOLD_BATCHES: u64 = 20;

pub(super) async fn run(demo: Demo, app: &App) -> anyhow::Result<()> {
    let Demo { records, days, seed, until, only_crashes, database } = demo;
    let store = store::open(&app.options(&database)).await?;
    let options = DemoOptions { records, days, seed, until: until.unwrap_or_else(crate::now), only_crashes };
    let stored = fill(&store, &options).await?;
    store.close().await?;
    tracing::info!(records = stored, "the fleet has reported");
    Ok(())
}

/// Stores a fleet's records; gives their number.
pub(crate) async fn fill(store: &Store, options: &DemoOptions) -> anyhow::Result<u64> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut records = fleet(options).peekable();
    let (mut stored, mut batches) = (0, 0);
    while let Some(demo) = records.next() {
        batch.push(Incoming::new(demo.record, demo.received_at));
        if batch.len() == BATCH || records.peek().is_none() {
            let done = store::insert::batch(store, &batch, &[]).await?;
            stored += done.iter().filter(|stored| !stored.resend).count() as u64;
            batches += 1;
            if batches % TOLD_BATCHES == 0 {
                tracing::info!(stored, of = options.records, "filling");
            }
            batch.clear();
        }
    }
    Ok(stored)
}
