//! The one way records come in: a batch, in one transaction with its counters.

use std::borrow::Cow;

use telemetrics_common::Timestamp;

use super::imports::Step;
use super::row::{self, LookedUp, Row};
use super::{Kind, Store, insert_postgres, insert_sqlite, payload, stacks};
use crate::backtrace;
use crate::error::{Error, Result};
use crate::ingest::record::NewRecord;

/// A record on its way into the store.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The record.
    pub record: NewRecord,
    /// When the server got it.
    pub received_at: Timestamp,
    /// The quarantined record that this one was, which then leaves the quarantine.
    pub from_quarantine: Option<i64>,
    /// What is known about it before it is stored.
    looked_up: Option<LookedUp>,
    /// Its payload as it is stored, if that has been found out already.
    pub(super) payload: Option<Payload>,
}

/// A payload as it is stored.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    Text,
    Packed(Vec<u8>),
}

impl Payload {
    fn of(store: &Store, record: &NewRecord) -> Self {
        let packed = store.inner.packs_payloads.then(|| payload::pack(&record.payload)).flatten();
        packed.map_or(Self::Text, Self::Packed)
    }
}

impl Incoming {
    /// A record that the server got at that time.
    pub fn new(record: NewRecord, received_at: Timestamp) -> Self {
        Self { record, received_at, from_quarantine: None, looked_up: None, payload: None }
    }

    /// Packs the payload, and looks up now what this process has seen already, so that who writes has less to do. What is
    /// new about a record is looked up when it is stored.
    #[must_use]
    pub fn looked_up(mut self, store: &Store) -> Self {
        self.looked_up = row::remembered(store, &self.record);
        self.payload = Some(Payload::of(store, &self.record));
        self
    }

    /// Whether nothing about it has to be looked up any more.
    pub fn is_looked_up(&self) -> bool {
        self.looked_up.is_some()
    }
}

/// A record on its way into quarantine.
#[derive(Clone, Debug)]
pub struct NewQuarantined {
    /// When the server got it.
    pub received_at: Timestamp,
    /// Which rule it broke.
    pub reason: String,
    /// Whether it was marked external.
    pub external: bool,
    /// The record in JSON form.
    pub body: String,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: i64,
    /// When the server first got it.
    pub received_at: Timestamp,
    /// Whether the same record had been stored before, so that nothing was added.
    pub resend: bool,
}

/// Stores records and quarantined records in one transaction; nothing is stored when it fails.
///
/// # Errors
/// The database's; `Unavailable` when the same batch may be stored later.
pub async fn batch(store: &Store, records: &[Incoming], quarantined: &[NewQuarantined]) -> Result<Vec<Stored>> {
    store_all(store, records, quarantined, None).await
}

/// The same, and what comes meanwhile comes along: as long as there is any, `more` adds it to the records, all of it
/// looked up. A transaction costs as much for a few records as for many, so the more load there is the less each one costs,
/// and nothing is waited for. PostgreSQL takes what there is at the beginning.
///
/// # Errors
/// As [`batch`]; all records that are there by then have not been stored.
pub async fn growing(
    store: &Store,
    records: &mut Vec<Incoming>,
    more: impl FnMut(&mut Vec<Incoming>),
    quarantined: &[NewQuarantined],
) -> Result<Vec<Stored>> {
    if store.kind() == Kind::Postgres || store.inner.discards {
        return batch(store, records, quarantined).await;
    }
    let stored = insert_sqlite::growing(store, records, more, quarantined).await;
    stored.map_err(|error| error.while_doing("storing a batch"))
}

/// The same for a step of an import, which is noted in the same transaction.
///
/// # Errors
/// As [`batch`], and `Conflict` when another import has taken the step.
pub async fn step(
    store: &Store,
    records: &[Incoming],
    quarantined: &[NewQuarantined],
    step: Step<'_>,
) -> Result<Vec<Stored>> {
    store_all(store, records, quarantined, Some(step)).await
}

/// What becomes of a record by a store that keeps none, if it has nothing to look up for it.
pub(crate) fn discarded(store: &Store, incoming: &Incoming) -> Option<Stored> {
    let is_discarded = store.inner.discards && incoming.is_looked_up();
    is_discarded.then_some(Stored { id: 0, received_at: incoming.received_at, resend: false })
}

async fn store_all(
    store: &Store,
    records: &[Incoming],
    quarantined: &[NewQuarantined],
    step: Option<Step<'_>>,
) -> Result<Vec<Stored>> {
    let rows = rows(store, records).await?;
    if store.inner.discards {
        return Ok(rows.iter().map(|row| Stored { id: 0, received_at: row.received_at, resend: false }).collect());
    }
    let stored = match store.kind() {
        Kind::Sqlite => insert_sqlite::batch(store, &rows, quarantined, step).await,
        Kind::Postgres => insert_postgres::batch(store, &rows, quarantined, step).await,
    };
    stored.map_err(|error| error.while_doing("storing a batch"))
}

/// Records as rows. Asks the database for nothing where all has been looked up.
pub(super) async fn rows<'a>(store: &Store, records: &'a [Incoming]) -> Result<Vec<Row<'a>>> {
    let stack_ids = stack_ids(store, records).await?;
    let mut rows = Vec::with_capacity(records.len());
    for (incoming, stack_id) in records.iter().zip(stack_ids) {
        let looked_up = match &incoming.looked_up {
            Some(looked_up) => looked_up.clone(),
            None => row::look_up(store, &incoming.record, stack_id).await?,
        };
        let payload = match &incoming.payload {
            Some(payload) => Cow::Borrowed(payload),
            None => Cow::Owned(Payload::of(store, &incoming.record)),
        };
        rows.push(Row::new(incoming, looked_up, payload));
    }
    Ok(rows)
}

/// Two replays at once must not store one quarantined record twice: the second one's batch fails, and its records are
/// then stored one by one.
pub(super) fn replayed_elsewhere() -> Error {
    Error::Conflict("a quarantined record has been replayed by somebody else".to_owned())
}

/// The crashing stacks of records with frames that have not been looked up.
async fn stack_ids(store: &Store, records: &[Incoming]) -> Result<Vec<Option<i32>>> {
    let mut frames = Vec::with_capacity(records.len());
    for Incoming { record, looked_up, .. } in records {
        frames.push(match looked_up.is_none() && store.has_backtraces(&record.classification) {
            true => backtrace::crashing_thread(&record.payload),
            false => Vec::new(),
        });
    }
    stacks::ids(store, &frames).await
}
