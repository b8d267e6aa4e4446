//! What records take on the disk, against the older server's table for the same records.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;

use super::mixed;
use super::postgres::{Postgres, table_bytes};
use super::reading::DAYS;
use super::report::{Row, Target};
use super::server::{run, url};
use crate::demo::DemoRecord;
use crate::store::records::StoredRecord;

const TARGET: Target = Target::AtMost(0.6);

/// Bytes a record, with counters, indexes and all: of a fleet's records those that are sent, too.
pub(super) async fn measure(folder: &Path, of: u64, postgres: Option<&Postgres>) -> anyhow::Result<Vec<Row>> {
    tracing::info!("measuring: what records take on the disk");
    let (lines, database) = (folder.join("disk.ndjson"), folder.join("disk.db"));
    let (until, file) = (crate::now(), lines.to_str().context("the folder's name is no text")?);
    let records = write_lines(&lines, mixed(of, DAYS, until))?;
    let per_record = |bytes: f64| bytes / records as f64;
    run(&["import", "--ndjson", file, "--database", &url(&database)]).await?;
    let sqlite = per_record(std::fs::metadata(&database)?.len() as f64);
    let row = |what: &str, bytes| Row::new(format!("{what}, on the disk"), bytes, "bytes/record");
    let mut rows = vec![row("Records in SQLite", sqlite)];
    let share = |on: &str| format!("Records in {on}: share of the older server's table");
    let Some(postgres) = postgres else {
        rows.push(Row::unmeasured(share("SQLite") + " (name a server by --postgres)", "ratio").target(Some(TARGET)));
        return Ok(rows);
    };
    let older = per_record(postgres.older_bytes(mixed(of, DAYS, until)).await? as f64);
    let ours = postgres.database().await?;
    run(&["import", "--ndjson", file, "--database", &ours]).await?;
    let ours = per_record(table_bytes(&ours).await? as f64);
    rows.extend([
        row("Records in PostgreSQL", ours),
        row("Records in the older server's PostgreSQL", older),
        Row::new(share("SQLite"), sqlite / older, "ratio").target(Some(TARGET)),
        Row::new(share("PostgreSQL"), ours / older, "ratio").target(Some(TARGET)),
    ]);
    Ok(rows)
}

/// As `telemetrics export` writes them. Gives how many there are.
fn write_lines(file: &Path, records: impl Iterator<Item = DemoRecord>) -> anyhow::Result<u64> {
    let mut lines = BufWriter::new(File::create(file)?);
    let mut written = 0;
    for DemoRecord { record, received_at } in records {
        let stored = StoredRecord { id: 0, received_at, record, stack_id: None, guilty: None };
        serde_json::to_writer(&mut lines, &stored.into_details())?;
        lines.write_all(b"\n")?;
        written += 1;
    }
    lines.flush()?;
    Ok(written)
}
