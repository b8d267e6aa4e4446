//! Reading records: pages, single ones, and all of a selection in chunks.

use std::time::{Duration, Instant};

use async_stream::try_stream;
use futures_util::Stream;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use telemetrics_common::legacy::LegacyRecord;
use telemetrics_common::records::{EXCERPT_CHARS, GuiltyRef, RecordDetails, RecordPage, RecordRow, Searched};
use telemetrics_common::text::excerpt;
use telemetrics_common::{RecordFilter, Timestamp};

use super::Store;
use super::counters::is_wrong_clock;
use super::dictionary::Dictionary;
use super::ids;
use super::ingest;
use super::payload;
use super::row::{Overflow, TextIds};
use super::search::PayloadSearch;
use super::select::{self, Plan};
use super::stacks;
use crate::entity::records::{Column, Entity, Model};
use crate::error::{Error, Result};
use crate::ingest::record::NewRecord;

/// How much of a payload a row's excerpt is made from: enough, unless it begins with much white space.
const HEAD_CHARS: i32 = 400;
/// How many records are read at once: payloads of the largest size must fit into memory.
const CHUNK: u64 = 256;

/// A record with all its texts.
#[derive(Clone, Debug)]
pub struct StoredRecord {
    /// Its id.
    pub id: i64,
    /// When the server got it.
    pub received_at: Timestamp,
    /// Everything else.
    pub record: NewRecord,
    /// The stack of its backtrace, where it has one with frames.
    pub stack_id: Option<i32>,
    /// The guilty of its backtrace, by the rules in use.
    pub guilty: Option<GuiltyRef>,
}

impl StoredRecord {
    /// Whether its clock was so far from the server's that its time says nothing.
    pub fn has_wrong_clock(&self) -> bool {
        is_wrong_clock(self.record.captured_at.seconds(), self.received_at.seconds())
    }

    /// As lists show it.
    pub fn into_row(self) -> RecordRow {
        RecordRow {
            id: self.id,
            received_at: self.received_at,
            captured_at: self.record.captured_at,
            external: self.record.external,
            machine_id: self.record.machine_id,
            severity: self.record.severity,
            classification: self.record.classification,
            system_name: self.record.system_name,
            build: self.record.build,
            guilty_id: self.guilty.map(|guilty| guilty.id),
            excerpt: excerpt(&self.record.payload, EXCERPT_CHARS),
        }
    }

    /// With every field.
    pub fn into_details(self) -> RecordDetails {
        RecordDetails {
            id: self.id,
            received_at: self.received_at,
            captured_at: self.record.captured_at,
            external: self.record.external,
            record_format_version: self.record.record_format_version,
            classification: self.record.classification,
            severity: self.record.severity,
            machine_id: self.record.machine_id,
            arch: self.record.arch,
            host_type: self.record.host_type,
            build: self.record.build,
            kernel_version: self.record.kernel_version,
            payload_format_version: self.record.payload_format_version,
            system_name: self.record.system_name,
            board_name: self.record.board_name,
            cpu_model: self.record.cpu_model,
            bios_version: self.record.bios_version,
            event_id: self.record.event_id,
            payload: self.record.payload,
            guilty: self.guilty,
        }
    }

    /// Under the older server's names.
    pub fn into_legacy(self) -> LegacyRecord {
        LegacyRecord {
            id: self.id,
            machine_id: self.record.machine_id,
            machine_type: self.record.host_type,
            arch: self.record.arch,
            build: self.record.build,
            kernel_version: self.record.kernel_version,
            ts_capture: self.record.captured_at.to_older_format(),
            ts_reception: self.received_at.to_older_format(),
            severity: self.record.severity,
            classification: self.record.classification,
            record_format_version: self.record.record_format_version,
            payload_format_version: self.record.payload_format_version,
            system_name: self.record.system_name,
            payload: self.record.payload,
            board_name: self.record.board_name,
            bios_version: self.record.bios_version,
            cpu_model: self.record.cpu_model,
            event_id: self.record.event_id,
            external: self.record.external,
        }
    }
}

/// The payloads of the newest records, with their ids.
///
/// # Errors
/// The database's.
pub async fn newest_payloads(store: &Store, most: u64) -> Result<Vec<(i64, String)>> {
    let query = Entity::find().select_only().columns([Column::Id, Column::Payload, Column::Packed]);
    let newest: Vec<(i64, String, Option<Vec<u8>>)> =
        query.order_by_desc(Column::Id).limit(most).into_tuple().all(store.reader()).await?;
    newest.into_iter().map(|(id, text, packed)| Ok((id, payload::read(text, packed)?))).collect()
}

/// One record.
///
/// # Errors
/// `NotFound`, and the database's.
pub async fn get(store: &Store, id: i64) -> Result<StoredRecord> {
    let found = by_ids(store, &[id]).await?.pop();
    found.ok_or_else(|| Error::NotFound(format!("there is no record {id}")))
}

/// A page of the records that pass a filter, newest id first. A search of payloads ends after `budget`:
/// the page then begins where it stopped.
///
/// # Errors
/// `BadRequest` for a regular expression that cannot be read, and the database's.
pub async fn page(
    store: &Store,
    filter: RecordFilter,
    before: Option<i64>,
    limit: u64,
    budget: Duration,
) -> Result<RecordPage> {
    let search = PayloadSearch::new(&filter)?;
    let Some(plan) = select::plan(store, &filter, crate::now()).await? else {
        return Ok(RecordPage::default());
    };
    match search {
        Some(search) => search_page(store, &plan, &search, before, limit, budget).await,
        None => {
            let mut ids = plan.ids(store, before, limit + 1).await?;
            let more = ids.len() as u64 > limit;
            ids.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let records = rows_by_ids(store, &ids).await?;
            Ok(RecordPage { records, next_before: ids.last().copied().filter(|_| more), searched: None })
        }
    }
}

async fn search_page(
    store: &Store,
    plan: &Plan,
    search: &PayloadSearch,
    mut before: Option<i64>,
    limit: u64,
    budget: Duration,
) -> Result<RecordPage> {
    let begin = Instant::now();
    let mut page = RecordPage::default();
    let mut last = None;
    loop {
        let (chunk, next) = chunk_below(store, plan, before).await?;
        for record in chunk {
            if page.records.len() as u64 == limit {
                page.next_before = before;
                return Ok(page);
            }
            before = Some(record.id);
            last = Some(record.received_at);
            if search.passes(&record.record.payload) {
                page.records.push(record.into_row());
            }
        }
        if next.is_none() {
            return Ok(page);
        }
        before = next;
        if begin.elapsed() >= budget {
            page.next_before = before;
            page.searched = searched(store, last).await?;
            return Ok(page);
        }
    }
}

/// How far a search got, by when the record came in that it looked at last.
async fn searched(store: &Store, last: Option<Timestamp>) -> Result<Option<Searched>> {
    let oldest = ingest::oldest(store).await?;
    Ok(last.zip(oldest).map(|(received_at, oldest_received_at)| Searched { received_at, oldest_received_at }))
}

/// All records that pass a filter in chunks, newest id first. Each chunk is a short read of its own: a slow
/// reader holds nothing up.
///
/// # Errors
/// `BadRequest` at once for a regular expression that cannot be read; the database's in the stream.
pub async fn all(
    store: &Store,
    filter: RecordFilter,
    mut before: Option<i64>,
) -> Result<impl Stream<Item = Result<Vec<StoredRecord>>> + Send + 'static> {
    let search = PayloadSearch::new(&filter)?;
    let plan = select::plan(store, &filter, crate::now()).await?;
    let store = store.in_bulk();
    Ok(try_stream! {
        while let Some(plan) = &plan {
            let (mut chunk, next) = chunk_below(&store, plan, before).await?;
            before = next;
            if let Some(search) = &search {
                chunk.retain(|record| search.passes(&record.record.payload));
            }
            yield chunk;
            if next.is_none() {
                break;
            }
        }
    })
}

/// Records, and what the next ones are below, if there are any. Records may go between the look at their ids and at them.
async fn chunk_below(store: &Store, plan: &Plan, before: Option<i64>) -> Result<(Vec<StoredRecord>, Option<i64>)> {
    let ids = plan.ids(store, before, CHUNK).await?;
    let next = ids.last().copied().filter(|_| ids.len() as u64 == CHUNK);
    Ok((by_ids(store, &ids).await?, next))
}

/// Records with all their texts, newest id first; ids that are gone are left out.
pub(super) async fn by_ids(store: &Store, ids: &[i64]) -> Result<Vec<StoredRecord>> {
    Ok(counted(store, store.reader(), ids).await?.into_iter().map(|counted| counted.stored).collect())
}

/// A record with the ids of its texts, by which it has been counted.
pub(super) struct Counted {
    pub(super) stored: StoredRecord,
    pub(super) ids: TextIds,
}

/// The same with what counters count them by, as a connection or a transaction sees it.
pub(super) async fn counted(store: &Store, db: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<Counted>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let models = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).order_by_desc(Column::Id).all(db).await?;
    let dictionaries = store.dictionaries();
    let reader = store.reader();
    dictionaries.classification.load(reader, models.iter().map(|model| model.classification_id)).await?;
    dictionaries.build.load(reader, models.iter().map(|model| model.build_id)).await?;
    dictionaries.platform.load(reader, models.iter().map(|model| model.platform_id)).await?;
    dictionaries.kernel.load(reader, models.iter().map(|model| model.kernel_id)).await?;
    dictionaries.hardware.load(reader, models.iter().map(|model| model.hardware_id)).await?;
    let guilties = stacks::guilties(reader, models.iter().filter_map(|model| model.stack_id)).await?;
    let guilty = |stack_id: Option<i32>| stack_id.and_then(|id| guilties.get(&id).cloned());
    models.into_iter().map(|model| with_texts(store, guilty(model.stack_id), model)).collect()
}

fn with_texts(store: &Store, guilty: Option<GuiltyRef>, model: Model) -> Result<Counted> {
    let dictionaries = store.dictionaries();
    let overflow = read_overflow(model.overflow.as_deref())?;
    let [classification] = texts(&dictionaries.classification, model.classification_id, overflow.classification)?;
    let [system_name, build] = texts(&dictionaries.build, model.build_id, overflow.build)?;
    let [host_type] = texts(&dictionaries.platform, model.platform_id, overflow.platform)?;
    let [kernel_version, arch] = texts(&dictionaries.kernel, model.kernel_id, overflow.kernel)?;
    let [board_name, cpu_model, bios_version] = texts(&dictionaries.hardware, model.hardware_id, overflow.hardware)?;
    let record = NewRecord {
        record_format_version: u8::try_from(model.record_format_version).unwrap_or_default(),
        classification,
        severity: u8::try_from(model.severity).unwrap_or_default(),
        machine_id: ids::text(&model.machine_id),
        captured_at: Timestamp::from_seconds(model.captured_at),
        arch,
        host_type,
        build,
        kernel_version,
        payload_format_version: u32::try_from(model.payload_format_version).unwrap_or_default(),
        system_name,
        board_name,
        cpu_model,
        bios_version,
        event_id: model.event_id.as_deref().map(ids::text).unwrap_or_default(),
        external: model.external,
        payload: payload::read(model.payload, model.packed)?,
    };
    let ids = TextIds {
        classification_id: model.classification_id,
        build_id: model.build_id,
        platform_id: model.platform_id,
        kernel_id: model.kernel_id,
        hardware_id: model.hardware_id,
    };
    let (id, received_at) = (model.id, Timestamp::from_millis(model.received_at));
    Ok(Counted { stored: StoredRecord { id, received_at, record, stack_id: model.stack_id, guilty }, ids })
}

/// The texts of a column: those that the record keeps itself, else the dictionary's.
fn texts<const N: usize>(dictionary: &Dictionary, id: i32, kept: Option<[String; N]>) -> Result<[String; N]> {
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let texts = dictionary.texts(id)?.to_vec();
    texts.try_into().map_err(|_| Error::internal("a dictionary row has another number of texts"))
}

pub(super) fn read_overflow(json: Option<&str>) -> Result<Overflow> {
    let overflow = json.map(serde_json::from_str).transpose();
    overflow.map(Option::unwrap_or_default).map_err(|error| Error::Internal(error.into()))
}

/// The columns of a row, with the payload's beginning only.
#[derive(FromQueryResult)]
struct Head {
    id: i64,
    received_at: i64,
    captured_at: i64,
    external: bool,
    machine_id: Vec<u8>,
    severity: i16,
    classification_id: i32,
    build_id: i32,
    overflow: Option<String>,
    stack_id: Option<i32>,
    head: String,
    packed: Option<Vec<u8>>,
}

async fn rows_by_ids(store: &Store, ids: &[i64]) -> Result<Vec<RecordRow>> {
    let columns = [
        Column::Id,
        Column::ReceivedAt,
        Column::CapturedAt,
        Column::External,
        Column::MachineId,
        Column::Severity,
        Column::ClassificationId,
        Column::BuildId,
        Column::Overflow,
        Column::StackId,
        Column::Packed,
    ];
    let head = Func::cust("substr").args([Expr::col(Column::Payload), Expr::value(1), Expr::value(HEAD_CHARS)]);
    let heads = Entity::find()
        .select_only()
        .columns(columns)
        .expr_as(head, "head")
        .filter(Column::Id.is_in(ids.iter().copied()))
        .order_by_desc(Column::Id)
        .into_model::<Head>()
        .all(store.reader())
        .await?;
    let dictionaries = store.dictionaries();
    dictionaries.classification.load(store.reader(), heads.iter().map(|head| head.classification_id)).await?;
    dictionaries.build.load(store.reader(), heads.iter().map(|head| head.build_id)).await?;
    let guilties = stacks::guilties(store.reader(), heads.iter().filter_map(|head| head.stack_id)).await?;
    let guilty = |head: &Head| head.stack_id.and_then(|id| guilties.get(&id)).map(|guilty| guilty.id);
    heads.into_iter().map(|head| into_row(store, guilty(&head), head)).collect()
}

fn into_row(store: &Store, guilty_id: Option<i64>, head: Head) -> Result<RecordRow> {
    let dictionaries = store.dictionaries();
    let overflow = read_overflow(head.overflow.as_deref())?;
    let [classification] = texts(&dictionaries.classification, head.classification_id, overflow.classification)?;
    let [system_name, build] = texts(&dictionaries.build, head.build_id, overflow.build)?;
    Ok(RecordRow {
        id: head.id,
        received_at: Timestamp::from_millis(head.received_at),
        captured_at: Timestamp::from_seconds(head.captured_at),
        external: head.external,
        machine_id: ids::text(&head.machine_id),
        severity: u8::try_from(head.severity).unwrap_or_default(),
        classification,
        system_name,
        build,
        guilty_id,
        excerpt: excerpt(&payload::read(head.head, head.packed)?, EXCERPT_CHARS),
    })
}
