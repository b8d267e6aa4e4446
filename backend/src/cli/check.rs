//! `telemetrics check`.

use anyhow::bail;

use crate::config::Database;
use crate::store;
use crate::store::counters::recount::{self, Difference};

/// How many differences are told one by one.
const MAX_TOLD: usize = 20;

pub(super) async fn run(database: Database) -> anyhow::Result<()> {
    let store = store::open(&database.options()).await?;
    let differences = recount::check(&store).await?;
    store.close().await?;
    for Difference { counter, counted, expected } in differences.iter().take(MAX_TOLD) {
        tracing::error!(counter, counted, expected, "a counter is wrong");
    }
    match differences.len() {
        0 => {
            tracing::info!("all counters agree with the records");
            Ok(())
        }
        wrong => bail!("{wrong} counters do not agree with the records"),
    }
}
