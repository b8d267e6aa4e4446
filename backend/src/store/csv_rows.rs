//! Records as rows of CSV show them, read as fast as the database gives them: nothing is read that CSV leaves out, and the
//! next rows are on their way while some are unpacked and written.

use std::sync::Arc;

use async_stream::stream;
use futures_util::{Stream, StreamExt};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, QueryResult};
use telemetrics_common::{RecordFilter, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::records::read_overflow;
use super::search::PayloadSearch;
use super::select::{self, Plan};
use super::{Store, ids, payload};
use crate::entity::records::{Column, Entity};
use crate::error::{Error, Result};

/// How many records are read at once: payloads of the largest size must fit into memory.
const CHUNK: u64 = 512;
const COLUMNS: [Column; 10] = [
    Column::Id,
    Column::External,
    Column::ReceivedAt,
    Column::Severity,
    Column::ClassificationId,
    Column::BuildId,
    Column::MachineId,
    Column::Overflow,
    Column::Payload,
    Column::Packed,
];

/// What a row says of a record.
pub struct CsvRow {
    /// Its id.
    pub id: i64,
    /// Whether it was marked external.
    pub external: bool,
    /// When the server got it.
    pub received_at: Timestamp,
    /// 1 to 4.
    pub severity: u8,
    classification: Arc<[String]>,
    build: Arc<[String]>,
    /// The machine's id.
    pub machine_id: String,
    /// The payload.
    pub payload: String,
}

impl CsvRow {
    /// Its classification.
    pub fn classification(&self) -> &str {
        self.classification.first().map(String::as_str).unwrap_or_default()
    }

    /// Its build.
    pub fn build(&self) -> &str {
        self.build.get(1).map(String::as_str).unwrap_or_default()
    }
}

/// All records that pass a filter in chunks, newest id first. Each chunk is a short read of its own: a slow reader holds
/// nothing up.
///
/// # Errors
/// `BadRequest` at once for a regular expression that cannot be read; the database's in the stream.
pub async fn rows(
    store: &Store,
    filter: RecordFilter,
) -> Result<impl Stream<Item = Result<Vec<CsvRow>>> + Send + 'static> {
    let search = PayloadSearch::new(&filter)?;
    let plan = select::plan(store, &filter, crate::now()).await?;
    let store = store.in_bulk();
    let (chunks, read) = mpsc::channel(1);
    let reading = tokio::spawn({
        let store = store.clone();
        async move {
            if let Some(plan) = plan {
                read_ahead(&store, &plan, chunks).await;
            }
        }
    });
    Ok(to_its_end(read, reading).map(move |chunk| {
        let mut rows: Vec<CsvRow> = chunk?.iter().map(|row| unpacked(&store, row)).collect::<Result<_>>()?;
        if let Some(search) = &search {
            rows.retain(|row| search.passes(&row.payload));
        }
        Ok(rows)
    }))
}

/// Reads on while a chunk is being written, until it has sent all or nobody wants more.
async fn read_ahead(store: &Store, plan: &Plan, chunks: mpsc::Sender<Result<Vec<QueryResult>>>) {
    let mut before = None;
    loop {
        let chunk = chunk_below(store, plan, before).await;
        before = chunk.as_ref().ok().and_then(|(_, next)| *next);
        let is_last = before.is_none();
        // Who has read enough goes away.
        if chunks.send(chunk.map(|(rows, _)| rows)).await.is_err() || is_last {
            return;
        }
    }
}

/// What a task sends, with an error behind it where the task has not come to its end: what is missing then must not look
/// as if it had never been there.
fn to_its_end<T: Send + 'static>(
    mut sent: mpsc::Receiver<Result<T>>,
    task: JoinHandle<()>,
) -> impl Stream<Item = Result<T>> + Send + 'static {
    stream! {
        while let Some(item) = sent.recv().await {
            yield item;
        }
        if let Err(error) = task.await {
            yield Err(Error::Internal(anyhow::Error::new(error).context("the records were not read to their end")));
        }
    }
}

/// Rows whose texts are known, and what the next ones are below, if there are any. Records may go between the look at their
/// ids and at them.
async fn chunk_below(store: &Store, plan: &Plan, before: Option<i64>) -> Result<(Vec<QueryResult>, Option<i64>)> {
    let next = |read: usize, last: Option<i64>| last.filter(|_| read as u64 == CHUNK);
    let mut query = Query::select().columns(COLUMNS).from(Entity).order_by(Column::Id, Order::Desc).take();
    if plan.is_everything() {
        // Straight down the table, without a look at the ids first.
        query.and_where_option(before.map(|before| Expr::col(Column::Id).lt(before))).limit(CHUNK);
        let rows = read(store, &query).await?;
        let last = rows.last().map(|row| row.try_get_by_index(0)).transpose()?;
        let next = next(rows.len(), last);
        return Ok((rows, next));
    }
    let ids = plan.ids(store, before, CHUNK).await?;
    let next = next(ids.len(), ids.last().copied());
    query.and_where(Expr::col(Column::Id).is_in(ids));
    Ok((read(store, &query).await?, next))
}

async fn read(store: &Store, query: &SelectStatement) -> Result<Vec<QueryResult>> {
    let rows = store.reader().query_all(query).await?;
    let ids =
        |column: usize| -> Result<Vec<i32>> { rows.iter().map(|row| Ok(row.try_get_by_index(column)?)).collect() };
    store.dictionaries().classification.load(store.reader(), ids(4)?.into_iter()).await?;
    store.dictionaries().build.load(store.reader(), ids(5)?.into_iter()).await?;
    Ok(rows)
}

fn unpacked(store: &Store, row: &QueryResult) -> Result<CsvRow> {
    let dictionaries = store.dictionaries();
    let overflow: Option<String> = row.try_get_by_index(7)?;
    let overflow = read_overflow(overflow.as_deref())?;
    let (received_at, severity): (i64, i16) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
    Ok(CsvRow {
        id: row.try_get_by_index(0)?,
        external: row.try_get_by_index(1)?,
        received_at: Timestamp::from_millis(received_at),
        severity: u8::try_from(severity).unwrap_or_default(),
        classification: match overflow.classification {
            Some(kept) => kept.into(),
            None => dictionaries.classification.texts(row.try_get_by_index(4)?)?,
        },
        build: match overflow.build {
            Some(kept) => kept.into(),
            None => dictionaries.build.texts(row.try_get_by_index(5)?)?,
        },
        machine_id: ids::text(&row.try_get_by_index::<Vec<u8>>(6)?),
        payload: payload::read(row.try_get_by_index(8)?, row.try_get_by_index(9)?)?,
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn what_breaks_off_does_not_look_complete() {
        let (items, sent) = mpsc::channel::<Result<()>>(1);
        let task = tokio::spawn(async move { while items.send(Ok(())).await.is_ok() {} });
        let stop = task.abort_handle();
        let mut stream = pin!(to_its_end(sent, task));
        assert!(matches!(stream.next().await, Some(Ok(()))));
        stop.abort();
        let rest: Vec<Result<()>> = stream.collect().await;
        assert!(matches!(rest.last(), Some(Err(Error::Internal(_)))), "{rest:?}");
    }

    #[tokio::test]
    async fn what_comes_to_its_end_is_complete() {
        let (items, sent) = mpsc::channel::<Result<i32>>(1);
        let task = tokio::spawn(async move {
            assert!(items.send(Ok(1)).await.is_ok());
        });
        let all: Vec<Result<i32>> = to_its_end(sent, task).collect().await;
        assert!(matches!(all[..], [Ok(1)]), "{all:?}");
    }
}
