//! `telemetrics backup` and `telemetrics restore`.

use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use clap::Args;

use crate::config::Database;
use crate::store::backup;
use crate::store::connect::sqlite_path;

/// Write a copy of a SQLite database to a file. Safe beside a running server, which goes on meanwhile.
#[derive(Args, Debug)]
pub(super) struct Backup {
    /// The file
    file: PathBuf,

    /// Write over a file that is there
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    database: Database,
}

/// Check a copy, and put it in the place of a SQLite database that no server has open.
#[derive(Args, Debug)]
pub(super) struct Restore {
    /// The file that `telemetrics backup` has written
    file: PathBuf,

    /// Put it in the place of a database that is there
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    database: Database,
}

pub(super) async fn run(Backup { file, force, database }: Backup) -> anyhow::Result<()> {
    let Some(path) = sqlite_path(&database.url.0) else {
        bail!(
            "PostgreSQL has a better tool: pg_dump --format=custom --file={} {}",
            file.display(),
            database.url.shown()
        );
    };
    ensure!(force || !file.exists(), "{} is there already; --force writes over it", file.display());
    let copied = backup::write(Path::new(path), &file).await?;
    tracing::info!(records = copied.records, megabytes = copied.bytes.div_ceil(1_000_000), "the copy is whole");
    Ok(())
}

pub(super) async fn run_restore(Restore { file, force, database }: Restore) -> anyhow::Result<()> {
    let Some(path) = sqlite_path(&database.url.0) else {
        bail!(
            "PostgreSQL has a better tool: pg_restore --clean --if-exists --dbname={} {}",
            database.url.shown(),
            file.display()
        );
    };
    let is_there = Path::new(path).exists();
    ensure!(force || !is_there, "{path} is there already; --force puts the copy in its place");
    let copied = backup::restore(&file, &database.options()).await?;
    tracing::info!(records = copied.records, "the database is the copy now");
    Ok(())
}
