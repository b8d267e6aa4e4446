//! A batch into PostgreSQL: a fixed number of statements whatever its size, rows as arrays.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection, PgConnection, Postgres};
use telemetrics_common::Timestamp;

use super::counters::{self, Change, Sums};
use super::imports::{self, Step};
use super::insert::{NewQuarantined, Stored, replayed_elsewhere};
use super::room::PARTITION_IDS;
use super::row::Row;
use super::{Store, extensions, ids};
use crate::error::{Error, Result};
use crate::extension::{Arrival, HookTransaction};
use crate::key::Key;

/// How often a batch is tried that gets in the way of other transactions.
const TRIES: u32 = 3;
/// Partitions are made under this lock: two makers would both find none ("part").
const PARTITION_LOCK: i64 = 0x7061_7274;
/// Who makes a partition holds a batch up, which must not wait for long.
const SHORT_WAITS: &str = "SET LOCAL lock_timeout = '1s'";

const INSERT_RECORDS: &str = "INSERT INTO records (id, received_at, captured_at, classification_id, build_id, \
     platform_id, kernel_id, hardware_id, severity, external, record_format_version, payload_format_version, \
     machine_id, event_id, overflow, payload, packed, stack_id) \
     SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::int[], \
     $8::int[], $9::smallint[], $10::bool[], $11::smallint[], $12::int[], $13::bytea[], $14::bytea[], $15::text[], \
     $16::text[], $17::bytea[], $18::int[])";

/// The partitions that are known to be there.
#[derive(Default)]
pub(super) struct Partitions(Mutex<BTreeSet<i64>>);

impl Partitions {
    /// Of the partitions that ids fall into and the next one, those that are not known to be there.
    fn missing(&self, ids: &[i64]) -> Vec<i64> {
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Vec::new() };
        let numbers = first.div_euclid(PARTITION_IDS)..=last.div_euclid(PARTITION_IDS) + 1;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.filter(|number| !known.contains(number)).collect()
    }

    fn add(&self, number: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
    }
}

/// A connection that is closed when nobody waits any more for what is done with it. Given back, it would be asked whether
/// it still answers, and a host that has vanished be waited for without end.
struct Lent {
    connection: PoolConnection<Postgres>,
    is_at_rest: bool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_at_rest {
            self.connection.close_on_drop();
        }
    }
}

/// Stores a batch; see [`super::insert::batch`].
pub(super) async fn batch(
    store: &Store,
    rows: &[Row<'_>],
    quarantined: &[NewQuarantined],
    step: Option<Step<'_>>,
) -> Result<Vec<Stored>> {
    let connection = store.writer().get_postgres_connection_pool().acquire().await?;
    let mut lent = Lent { connection, is_at_rest: false };
    let mut tries = 1;
    let stored = loop {
        match try_once(store, &mut lent.connection, rows, quarantined, step).await {
            Err(error) if error.is_collision() && tries < TRIES => tries += 1,
            stored => break stored,
        }
    };
    lent.is_at_rest = true;
    stored
}

async fn try_once(
    store: &Store,
    connection: &mut PgConnection,
    rows: &[Row<'_>],
    quarantined: &[NewQuarantined],
    step: Option<Step<'_>>,
) -> Result<Vec<Stored>> {
    let mut transaction = connection.begin().await?;
    let ids = take_ids(&mut transaction, rows.len()).await?;
    if !store.inner.distributed && !store.inner.partitions.missing(&ids).is_empty() {
        // The ids stay taken; partitions are made for other instances, too, whatever becomes of this batch.
        transaction.rollback().await?;
        make_partitions(store, connection, &ids).await?;
        transaction = connection.begin().await?;
    }
    let numbered: Vec<(i64, &Row<'_>)> = ids.into_iter().zip(rows).collect();
    let known = claim_keys(&mut transaction, &numbered).await?;
    let fresh: Vec<(i64, &Row<'_>)> = numbered.iter().filter(|(id, _)| !known.contains_key(id)).copied().collect();
    insert_records(&mut transaction, &fresh).await?;
    if store.inner.counters {
        let mut sums = Sums::default();
        fresh.iter().for_each(|(_, row)| sums.add(row, Change::Stored));
        counters::postgres::apply(&mut transaction, store.inner.shard, &mut sums).await?;
    }
    if !store.inner.extensions.is_empty() {
        let arrivals = fresh.iter().map(|(id, row)| Arrival::new(*id, row.received_at, row.record));
        extensions::show(store, &mut HookTransaction::postgres(&mut transaction), arrivals).await?;
    }
    change_quarantine(&mut transaction, rows, quarantined).await?;
    if let Some(step) = step {
        imports::note_in_postgres(&mut transaction, step).await?;
    }
    transaction.commit().await?;
    let stored = |(id, row): &(i64, &Row<'_>)| match known.get(id) {
        Some(first) => *first,
        None => Stored { id: *id, received_at: row.received_at, resend: false },
    };
    Ok(numbered.iter().map(stored).collect())
}

async fn take_ids(connection: &mut PgConnection, count: usize) -> Result<Vec<i64>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = sqlx::query_scalar("SELECT nextval('records_id_seq') FROM generate_series(1, $1::bigint)")
        .bind(i64::try_from(count).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await?;
    Ok(ids)
}

/// Makes the partitions that ids fall into, and the next one: without that one this batch can be stored all the same,
/// and the next batch tries again.
async fn make_partitions(store: &Store, connection: &mut PgConnection, ids: &[i64]) -> Result<()> {
    for number in store.inner.partitions.missing(ids) {
        let is_ahead = ids.iter().all(|id| *id < number * PARTITION_IDS);
        match make_partition(connection, number).await {
            Ok(()) => store.inner.partitions.add(number),
            Err(error) if is_ahead => {
                tracing::warn!(error = error.inside(), number, "the next partition cannot be made yet");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes a partition, if nobody has made it yet.
async fn make_partition(connection: &mut PgConnection, number: i64) -> Result<()> {
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(SHORT_WAITS).execute(&mut *transaction).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(PARTITION_LOCK).execute(&mut *transaction).await?;
    let is_there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("records_p{number}"))
        .fetch_one(&mut *transaction)
        .await?;
    if !is_there {
        let (from, to) = (number * PARTITION_IDS, (number + 1) * PARTITION_IDS);
        // Made as `PARTITION OF` it would wait for everybody who reads `records`, and everybody who comes then for it.
        let sql = format!(
            "CREATE TABLE records_p{number} (LIKE records INCLUDING ALL); \
             ALTER TABLE records ATTACH PARTITION records_p{number} FOR VALUES FROM ({from}) TO ({to})"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Claims the keys of records that have one. Another instance that is storing the same record is waited
/// for; the answer holds the rows that had been stored before, by the id they would have got.
async fn claim_keys(connection: &mut PgConnection, rows: &[(i64, &Row<'_>)]) -> Result<HashMap<i64, Stored>> {
    let mut keyed: Vec<(i64, &Key, i64)> =
        rows.iter().filter_map(|(id, row)| Some((row.record.captured_at.seconds(), row.hash.as_ref()?, *id))).collect();
    if keyed.is_empty() {
        return Ok(HashMap::new());
    }
    keyed.sort_unstable();
    let claimed: Vec<i64> = sqlx::query_scalar(
        "INSERT INTO record_key (captured_at, hash, record_id) \
         SELECT * FROM UNNEST($1::bigint[], $2::bytea[], $3::bigint[]) \
         ON CONFLICT DO NOTHING RETURNING record_id",
    )
    .bind(keyed.iter().map(|(captured_at, ..)| *captured_at).collect::<Vec<_>>())
    .bind(keyed.iter().map(|(_, hash, _)| hash.as_slice()).collect::<Vec<_>>())
    .bind(keyed.iter().map(|(.., id)| *id).collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    let claimed: HashSet<i64> = claimed.into_iter().collect();
    let received: HashMap<i64, Timestamp> = rows.iter().map(|(id, row)| (*id, row.received_at)).collect();
    let mut known = HashMap::new();
    for (captured_at, hash, id) in keyed.into_iter().filter(|(.., id)| !claimed.contains(id)) {
        let (first, received_at): (i64, Option<i64>) = sqlx::query_as(
            "SELECT k.record_id, r.received_at FROM record_key k LEFT JOIN records r ON r.id = k.record_id \
             WHERE k.captured_at = $1 AND k.hash = $2",
        )
        .bind(captured_at)
        .bind(hash.as_slice())
        .fetch_optional(&mut *connection)
        .await?
        .ok_or_else(|| Error::internal("a record is neither new nor stored"))?;
        // Twice in one batch: the first one's row comes a statement later.
        let received_at = received_at.map(Timestamp::from_millis).or_else(|| received.get(&first).copied());
        let received_at = received_at.or_else(|| received.get(&id).copied()).unwrap_or_default();
        known.insert(id, Stored { id: first, received_at, resend: true });
    }
    Ok(known)
}

async fn insert_records(connection: &mut PgConnection, rows: &[(i64, &Row<'_>)]) -> Result<()> {
    fn column<'r, T>(rows: &[(i64, &'r Row<'r>)], value: impl Fn(&'r Row<'r>) -> T) -> Vec<T> {
        rows.iter().map(|(_, row)| value(row)).collect()
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(INSERT_RECORDS)
        .bind(rows.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(column(rows, |row| row.received_at.millis()))
        .bind(column(rows, |row| row.record.captured_at.seconds()))
        .bind(column(rows, |row| row.ids.classification_id))
        .bind(column(rows, |row| row.ids.build_id))
        .bind(column(rows, |row| row.ids.platform_id))
        .bind(column(rows, |row| row.ids.kernel_id))
        .bind(column(rows, |row| row.ids.hardware_id))
        .bind(column(rows, Row::severity))
        .bind(column(rows, |row| row.record.external))
        .bind(column(rows, |row| i16::from(row.record.record_format_version)))
        .bind(column(rows, Row::payload_format_version))
        .bind(column(rows, |row| ids::bytes(&row.record.machine_id)))
        .bind(column(rows, |row| row.event_id().map(ids::bytes)))
        .bind(column(rows, |row| row.overflow.as_deref()))
        .bind(column(rows, |row| row.payload().0))
        .bind(column(rows, |row| row.payload().1))
        .bind(column(rows, Row::stack_id))
        .execute(connection)
        .await?;
    Ok(())
}

async fn change_quarantine(
    connection: &mut PgConnection,
    rows: &[Row<'_>],
    quarantined: &[NewQuarantined],
) -> Result<()> {
    if !quarantined.is_empty() {
        sqlx::query(
            "INSERT INTO quarantine (received_at, reason, external, body) \
             SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::bool[], $4::text[])",
        )
        .bind(quarantined.iter().map(|new| new.received_at.millis()).collect::<Vec<_>>())
        .bind(quarantined.iter().map(|new| new.reason.as_str()).collect::<Vec<_>>())
        .bind(quarantined.iter().map(|new| new.external).collect::<Vec<_>>())
        .bind(quarantined.iter().map(|new| new.body.as_str()).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await?;
    }
    let replayed: Vec<i64> = rows.iter().filter_map(|row| row.from_quarantine).collect();
    if !replayed.is_empty() {
        let count = replayed.len() as u64;
        let gone = sqlx::query("DELETE FROM quarantine WHERE id = ANY($1)").bind(replayed).execute(connection).await?;
        if gone.rows_affected() != count {
            return Err(replayed_elsewhere());
        }
    }
    Ok(())
}
