//! What records take on the disk, against the older server's table for the same records.

use std::path::Path;

use super::SEED;
use super::postgres::{Postgres, table_bytes};
use super::reading::{DAYS, fill};
use super::report::{Row, Target};
use super::server::url;
use crate::demo::DemoOptions;

const RECORDS: u64 = 100_000;
const TARGET: Target = Target::AtMost(0.6);

/// Bytes a record, with counters, indexes and all.
pub(super) async fn measure(folder: &Path, postgres: Option<&Postgres>) -> anyhow::Result<Vec<Row>> {
    tracing::info!(RECORDS, "measuring: what records take on the disk");
    let until = crate::now();
    let database = folder.join("disk.db");
    fill(&url(&database), RECORDS, SEED, until, &[]).await?;
    let per_record = |bytes: f64| bytes / RECORDS as f64;
    let sqlite = per_record(std::fs::metadata(&database)?.len() as f64);
    let row = |what: &str, bytes| Row::new(format!("{what}, on the disk"), bytes, "bytes/record");
    let mut rows = vec![row("Records in SQLite", sqlite)];
    let share = |on: &str| format!("Records in {on}: share of the older server's table");
    let Some(postgres) = postgres else {
        rows.push(Row::unmeasured(share("SQLite") + " (name a server by --postgres)", "ratio").target(Some(TARGET)));
        return Ok(rows);
    };
    let options = DemoOptions { records: RECORDS, days: DAYS, seed: SEED, until, only_crashes: false };
    let older = per_record(postgres.older_bytes(&options).await? as f64);
    let ours = postgres.database().await?;
    fill(&ours, RECORDS, SEED, until, &[]).await?;
    let ours = per_record(table_bytes(&ours).await? as f64);
    rows.extend([
        row("Records in PostgreSQL", ours),
        row("Records in the older server's PostgreSQL", older),
        Row::new(share("SQLite"), sqlite / older, "ratio").target(Some(TARGET)),
        Row::new(share("PostgreSQL"), ours / older, "ratio").target(Some(TARGET)),
    ]);
    Ok(rows)
}
