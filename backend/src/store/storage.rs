//! What takes the room, and how it grows.

use std::cmp::Reverse;
use std::collections::HashMap;

use telemetrics_common::Timestamp;
use telemetrics_common::storage::{ClassificationSize, DaySize, Storage};

use super::counters::{catch_up, day, day_start};
use super::dictionary::OTHER;
use super::room::{bytes, kept, reusable};
use super::sql::rows;
use super::{Kind, Store, ingest};
use crate::error::Result;

/// How many of the newest records of a classification are looked at for their size.
const SAMPLE: u32 = 100;
/// How many classifications are looked at, those with the most records.
const SAMPLED: usize = 100;
/// What a record takes beside its payload: its row, its part of indexes and counters.
const BESIDE_PAYLOAD: f64 = 400.0;
const DAYS: i32 = 28;
/// How many whole days the growth is taken from.
const GROWTH_DAYS: usize = 7;

/// What bounds the database beside itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Free bytes of the disk, where they are known.
    pub disk_free: Option<u64>,
    /// How many of them must stay free.
    pub disk_floor: u64,
    /// The most that the database may take.
    pub ceiling: Option<u64>,
    /// How many days most records are kept; 0 for ever.
    pub days: u32,
}

/// Size, growth and time left.
///
/// # Errors
/// The database's.
pub async fn storage(store: &Store, bounds: Bounds, now: Timestamp) -> Result<Storage> {
    catch_up(store).await?;
    let (database, free, records) = (bytes(store).await?, reusable(store).await?, kept(store).await?);
    let used = database.saturating_sub(free);
    let per_record = used as f64 / records.max(1) as f64;
    let days = days(store, now, per_record).await?;
    // The present day is not over.
    let whole: Vec<u64> = days.iter().rev().skip(1).take(GROWTH_DAYS).map(|day| day.bytes).collect();
    let bytes_per_day = whole.iter().sum::<u64>() / (whole.len() as u64).max(1);
    let ceiling = bounds.ceiling.filter(|_| store.kind() == Kind::Sqlite);
    let by_disk = bounds.disk_free.map(|disk| (disk + free).saturating_sub(bounds.disk_floor));
    let by_ceiling = ceiling.map(|ceiling| ceiling.saturating_sub(used));
    let room = [by_disk, by_ceiling].into_iter().flatten().min();
    Ok(Storage {
        database_bytes: database,
        reusable_bytes: free,
        disk_free_bytes: bounds.disk_free,
        disk_floor_bytes: bounds.disk_floor,
        ceiling_bytes: ceiling,
        records,
        oldest_received_at: ingest::oldest(store).await?,
        classifications: classifications(store, used).await?,
        days,
        bytes_per_day,
        days_left: room.filter(|_| bytes_per_day > 0).map(|room| room as f64 / bytes_per_day as f64),
        settled_bytes: (bounds.days > 0).then(|| bytes_per_day * u64::from(bounds.days)),
    })
}

async fn days(store: &Store, now: Timestamp, per_record: f64) -> Result<Vec<DaySize>> {
    let last = day(now.seconds());
    let first = last - DAYS + 1;
    let sql = format!(
        "SELECT day, CAST(SUM(records) AS BIGINT) FROM record_day WHERE day BETWEEN {first} AND {last} \
         GROUP BY day ORDER BY day"
    );
    let mut counted = HashMap::<i32, u64>::new();
    for row in rows(store.reader(), &sql).await? {
        let records: i64 = row.try_get_by_index(1)?;
        counted.insert(row.try_get_by_index(0)?, u64::try_from(records).unwrap_or(0));
    }
    // Days before the first record are none that tell how much comes in.
    let begin = counted.keys().min().copied().unwrap_or(last);
    let size = |day: i32| {
        let records = counted.get(&day).copied().unwrap_or(0);
        DaySize { day: day_start(day), records, bytes: (records as f64 * per_record) as u64 }
    };
    Ok((begin..=last).map(size).collect())
}

async fn classifications(store: &Store, used: u64) -> Result<Vec<ClassificationSize>> {
    let sql = "SELECT classification_id, CAST(SUM(records - purged) AS BIGINT) AS n FROM record_total \
               GROUP BY classification_id HAVING SUM(records - purged) > 0 ORDER BY n DESC, classification_id";
    let mut counted = Vec::<(i32, u64)>::new();
    for row in rows(store.reader(), sql).await? {
        let records: i64 = row.try_get_by_index(1)?;
        counted.push((row.try_get_by_index(0)?, u64::try_from(records).unwrap_or(0)));
    }
    let mut payloads = HashMap::new();
    for (id, _) in counted.iter().filter(|(id, _)| *id != OTHER).take(SAMPLED) {
        payloads.extend(mean_payload(store, *id).await?.map(|bytes| (*id, bytes)));
    }
    let mean = payloads.values().sum::<f64>() / payloads.len().max(1) as f64;
    let weight =
        |(id, records): &(i32, u64)| (payloads.get(id).copied().unwrap_or(mean) + BESIDE_PAYLOAD) * *records as f64;
    let all: f64 = counted.iter().map(weight).sum();
    let names = &store.dictionaries().classification;
    names.load(store.reader(), counted.iter().map(|(id, _)| *id)).await?;
    let mut sizes = Vec::with_capacity(counted.len());
    for one in &counted {
        let bytes = (used as f64 * weight(one) / all.max(1.0)) as u64;
        sizes.push(ClassificationSize { name: names.name(one.0)?, records: one.1, bytes });
    }
    sizes.sort_by(|a, b| (Reverse(a.bytes), &a.name).cmp(&(Reverse(b.bytes), &b.name)));
    Ok(sizes)
}

/// The size of payloads of a classification, in bytes.
async fn mean_payload(store: &Store, classification_id: i32) -> Result<Option<f64>> {
    let newest = format!(
        "SELECT COALESCE(octet_length(packed), octet_length(payload)) AS bytes FROM records{} WHERE classification_id = {classification_id} ORDER BY id DESC LIMIT {SAMPLE}",
        store.by_index("records_classification")
    );
    let sql = format!("SELECT CAST(AVG(bytes) AS DOUBLE PRECISION) FROM ({newest}) newest");
    let row = rows(store.reader(), &sql).await?.pop();
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
}
