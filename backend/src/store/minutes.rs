//! Parts of an hour, which no counter knows: they are counted from the records that are kept. The last days end within an hour a
//! day ahead, where only machines are whose clocks are; what has been counted of an hour with few records is remembered.

use std::sync::Arc;

use super::counters::{Change, Count, Dimension, Rewritten, SECONDS_PER_HOUR, Sums, TallyDay, day};
use super::days::Version;
use super::kept::Kept;
use super::row::{Row, recounted};
use super::sql::rows;
use super::{Store, records};
use crate::error::{Error, Result};

/// How many records are read at once: payloads of the largest size must fit into memory.
const CHUNK: usize = 256;
/// An hour with more records is not remembered.
const FEW_RECORDS: i64 = 256;
/// The most counts that are kept.
const MOST_COUNTS: usize = 1 << 16;

/// Counts of the records of an hour, each with the second of the capture.
type OfHour = Arc<[(i64, TallyDay, Count)]>;

/// What has been counted, by the hour since 1970.
pub(super) struct Cache(Kept<i64, Version, OfHour>);

impl Default for Cache {
    fn default() -> Self {
        Self(Kept::new(MOST_COUNTS))
    }
}

/// Counts of the records that were captured in some seconds, of each several.
pub(super) async fn counts(store: &Store, from: i64, end: i64) -> Result<Vec<(TallyDay, Count)>> {
    let mut counts = Vec::new();
    let mut begin = from;
    while begin < end {
        let hour = begin.div_euclid(SECONDS_PER_HOUR);
        let until = end.min((hour + 1) * SECONDS_PER_HOUR);
        if let Some(records) = of_hour(store, hour).await? {
            let within = records.iter().filter(|(second, ..)| (begin..until).contains(second));
            counts.extend(within.map(|(_, tally, count)| (*tally, *count)));
        } else {
            let mut sums = Sums::default();
            each_record(store, begin, until, |row| sums.add(row, Change::Stored)).await?;
            counts.extend(sums.days);
        }
        begin = until;
    }
    Ok(counts)
}

/// All counts of an hour; nothing where those are not remembered.
async fn of_hour(store: &Store, hour: i64) -> Result<Option<OfHour>> {
    if store.has_replica().is_some() {
        return Ok(None);
    }
    // Read before the records, which so are never older than their version.
    let (version, records) = version(store, hour).await?;
    if records > FEW_RECORDS {
        return Ok(None);
    }
    let Cache(cache) = &store.inner.minutes;
    if let Some(known) = cache.get(&hour, &version) {
        return Ok(Some(known));
    }
    let mut counts = Vec::new();
    let begin = hour * SECONDS_PER_HOUR;
    each_record(store, begin, begin + SECONDS_PER_HOUR, |row| {
        let mut sums = Sums::default();
        sums.add(row, Change::Stored);
        let second = row.record.captured_at.seconds();
        counts.extend(sums.days.into_iter().map(|(tally, count)| (second, tally, count)));
    })
    .await?;
    let counts: OfHour = counts.into();
    cache.keep(hour, version, Arc::clone(&counts), counts.len() + 1);
    Ok(Some(counts))
}

/// The version of the hour's day, and how many records the hour has had.
async fn version(store: &Store, hour: i64) -> Result<(Version, i64)> {
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(records), 0) AS BIGINT), CAST(COALESCE(SUM(purged), 0) AS BIGINT), \
         CAST(COALESCE(SUM(h{}), 0) AS BIGINT), {} FROM tally_day WHERE dimension = {} AND day = {}",
        hour.rem_euclid(24),
        Rewritten::columns(store),
        Dimension::Severity.number(),
        day(hour * SECONDS_PER_HOUR)
    );
    let found = rows(store.reader(), &sql).await?;
    let row = found.first().ok_or_else(|| Error::internal("a sum has no row"))?;
    let all_records = Count { records: row.try_get_by_index(0)?, purged: row.try_get_by_index(1)? };
    Ok((Version { rewritten: Rewritten::read(row, 3)?, all_records }, row.try_get_by_index(2)?))
}

/// Shows the records that were captured in some seconds and are kept.
async fn each_record(store: &Store, from: i64, end: i64, mut show: impl FnMut(&Row<'_>)) -> Result<()> {
    let sql = format!("SELECT id FROM records WHERE captured_at >= {from} AND captured_at < {end}");
    let rows = rows(store.reader(), &sql).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    for ids in ids.chunks(CHUNK) {
        for one in records::counted(store, store.reader(), ids).await? {
            show(&recounted(store, &one).await?);
        }
    }
    Ok(())
}
