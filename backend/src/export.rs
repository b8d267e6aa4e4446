//! Records written out: as CSV for spreadsheets, as JSON a line for programs. The same from the API and the command line.

use std::borrow::Cow;

use axum::body::Bytes;
use futures_util::{Stream, StreamExt};
use telemetrics_common::RecordFilter;
use telemetrics_common::csv::{Csv, guarded};

use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::csv_rows::{self, CsvRow};
use crate::store::records;

const COLUMNS: [&str; 8] =
    ["id", "external", "server_timestamp", "severity", "classification", "build", "machine_id", "payload"];

/// Records that pass a filter as CSV with a header, newest id first.
///
/// # Errors
/// `BadRequest` at once for a regular expression that cannot be read; the database's in the stream.
pub async fn csv(
    store: &Store,
    export: Csv<RecordFilter>,
) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static> {
    let header = written(|writer| writer.write_record(COLUMNS));
    let guards = export.guard_formulas.unwrap_or(false);
    let rows = csv_rows::rows(store, export.params).await?.map(move |chunk| {
        let chunk = chunk?;
        written(|writer| {
            chunk.iter().try_for_each(|row| writer.write_record(csv_row(row, guards).iter().map(Cow::as_ref)))
        })
    });
    Ok(futures_util::stream::once(async { header }).chain(rows))
}

/// Records that pass a filter as JSON, one a line, newest id first.
///
/// # Errors
/// `BadRequest` at once for a regular expression that cannot be read; the database's in the stream.
pub async fn ndjson(store: &Store, filter: RecordFilter) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static> {
    Ok(records::all(store, filter, None).await?.map(|chunk| {
        let mut lines = Vec::new();
        for record in chunk? {
            serde_json::to_writer(&mut lines, &record.into_details()).map_err(|error| Error::Internal(error.into()))?;
            lines.push(b'\n');
        }
        Ok(Bytes::from(lines))
    }))
}

/// RFC 4180: quoted where needed, rows end in CRLF, a payload keeps its own line ends.
///
/// # Errors
/// `Internal` when it cannot be written, which memory can.
pub fn written(write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> Result<Bytes> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let written = write(&mut writer).and_then(|()| writer.into_inner().map_err(|error| error.into_error().into()));
    written.map(Bytes::from).map_err(|error| Error::Internal(error.into()))
}

fn csv_row(row: &CsvRow, guards: bool) -> [Cow<'_, str>; COLUMNS.len()] {
    let text = |text| if guards { guarded(text) } else { Cow::Borrowed(text) };
    [
        row.id.to_string().into(),
        if row.external { "true" } else { "false" }.into(),
        row.received_at.to_string().into(),
        row.severity.to_string().into(),
        text(row.classification()),
        text(row.build()),
        text(&row.machine_id),
        text(&row.payload),
    ]
}
