//! `telemetrics export`.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;

use anyhow::Context;
use axum::body::Bytes;
use clap::{Args, ValueEnum};
use futures_util::{Stream, TryStreamExt};
use telemetrics_common::csv::Csv;
use telemetrics_common::{RecordFilter, query};
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};

use crate::config::Database;
use crate::error::Result as StoreResult;
use crate::{export, store};

/// Write records out, newest first. Safe beside a running server.
#[derive(Args, Debug)]
pub(super) struct Export {
    /// Which records, as the Records page's address says it behind the `?`, such as 'severity=3,4&from=2026-11-01'; all
    /// when left out
    #[arg(value_name = "FILTER", default_value = "", hide_default_value = true, value_parser = filter)]
    filter: RecordFilter,

    /// In which form
    #[arg(long, value_enum, default_value = "ndjson")]
    format: Format,

    /// CSV: put a ' before cells that spreadsheets would take for formulas
    #[arg(long)]
    guard_formulas: bool,

    /// The file to write; - is the standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,

    #[command(flatten)]
    database: Database,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// JSON, one record a line, with all its fields
    Ndjson,
    /// The eight columns of the older server's export
    Csv,
}

fn filter(text: &str) -> Result<RecordFilter, String> {
    query::parse(text.trim_start_matches('?')).map_err(|error| error.to_string())
}

pub(super) async fn run(Export { filter, format, guard_formulas, output, database }: Export) -> anyhow::Result<()> {
    let store = store::open(&database.options()).await?;
    let written = match format {
        Format::Ndjson => write(export::ndjson(&store.aside(), filter).await?, &output).await,
        Format::Csv => {
            let export = Csv { params: filter, guard_formulas: Some(guard_formulas) };
            write(export::csv(&store.aside(), export).await?, &output).await
        }
    };
    store.close().await?;
    written
}

async fn write(chunks: impl Stream<Item = StoreResult<Bytes>>, output: &Path) -> anyhow::Result<()> {
    if output == Path::new("-") {
        return write_to(chunks, tokio::io::stdout()).await.context("cannot write the records");
    }
    let cannot_write = || format!("cannot write {}", output.display());
    write_to(chunks, File::create(output).await.with_context(cannot_write)?).await.with_context(cannot_write)
}

async fn write_to(
    chunks: impl Stream<Item = StoreResult<Bytes>>,
    output: impl AsyncWrite + Unpin,
) -> anyhow::Result<()> {
    let (mut chunks, mut output) = (pin!(chunks), BufWriter::new(output));
    while let Some(chunk) = chunks.try_next().await? {
        match output.write_all(&chunk).await {
            // Whoever reads it has seen enough: `| head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    match output.flush().await {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        flushed => Ok(flushed?),
    }
}
