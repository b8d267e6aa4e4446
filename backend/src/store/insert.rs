//! The one way records come in: a batch, in one transaction with its counters.

use sea_orm::DatabaseConnection;
use serde::{Deserialize, Serialize};
use telemetrics_common::Timestamp;
use telemetrics_common::classification::{HEARTBEAT, MCE, THERMAL, UPDATE};
use telemetrics_common::text::beginning;

use super::dictionary::{Dictionary, OTHER};
use super::records::Counted;
use super::{Kind, Store, insert_postgres, insert_sqlite, stacks};
use crate::backtrace;
use crate::error::{Error, Result};
use crate::ingest::facts;
use crate::ingest::record::NewRecord;

/// Longer names of programs are cut: they are counted, and kept for ever.
const MAX_PROGRAM_CHARS: usize = 256;
const MAX_SIGNAL_CHARS: usize = 32;

/// A record on its way into the store.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The record.
    pub record: NewRecord,
    /// When the server got it.
    pub received_at: Timestamp,
    /// The quarantined record that this one was, which then leaves the quarantine.
    pub from_quarantine: Option<i64>,
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
    let stack_ids = stack_ids(store, records).await?;
    let mut rows = Vec::with_capacity(records.len());
    for (incoming, stack_id) in records.iter().zip(stack_ids) {
        rows.push(prepare(store, incoming, stack_id).await?);
    }
    let stored = match store.kind() {
        Kind::Sqlite => insert_sqlite::batch(store, &rows, quarantined).await,
        Kind::Postgres => insert_postgres::batch(store, &rows, quarantined).await,
    };
    stored.map_err(|error| error.while_doing("storing a batch"))
}

/// Two replays at once must not store one quarantined record twice: the second one's batch fails.
pub(super) fn replayed_elsewhere() -> Error {
    Error::unavailable("a quarantined record has been replayed by somebody else")
}

/// A record as a row: texts that repeat replaced by ids, and the key that recognises it.
pub(super) struct Row<'a> {
    pub(super) record: &'a NewRecord,
    pub(super) received_at: Timestamp,
    pub(super) from_quarantine: Option<i64>,
    pub(super) ids: TextIds,
    pub(super) system_id: i32,
    pub(super) fact: Fact,
    pub(super) hash: Option<Vec<u8>>,
    pub(super) overflow: Option<String>,
}

/// The ids of a record's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextIds {
    pub(super) classification_id: i32,
    pub(super) build_id: i32,
    pub(super) platform_id: i32,
    pub(super) kernel_id: i32,
    pub(super) hardware_id: i32,
}

impl Row<'_> {
    /// `None` before format version 4: such records have no event id, and equal ones may be two.
    pub(super) fn event_id(&self) -> Option<&str> {
        Some(self.record.event_id.as_str()).filter(|id| !id.is_empty())
    }

    /// The crashing stack, of records with frames.
    pub(super) fn stack_id(&self) -> Option<i32> {
        match self.fact {
            Fact::Crash { stack_id, .. } => Some(stack_id),
            _ => None,
        }
    }

    pub(super) fn severity(&self) -> i16 {
        i16::from(self.record.severity)
    }

    /// Below 2^31 by the rules of the wire.
    pub(super) fn payload_format_version(&self) -> i32 {
        i32::try_from(self.record.payload_format_version).unwrap_or(i32::MAX)
    }
}

/// What only records of some classifications tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    None,
    Heartbeat,
    Thermal,
    Mce { status_id: Option<i32> },
    Update { transition_id: i32, succeeded: bool, millis: Option<i64> },
    Crash { stack_id: i32, program_id: i32 },
}

/// The texts of a record whose dictionary was full.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Overflow {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) classification: Option<[String; 1]>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) build: Option<[String; 2]>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) platform: Option<[String; 1]>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) kernel: Option<[String; 2]>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) hardware: Option<[String; 3]>,
}

/// The crashing stacks of records with frames.
async fn stack_ids(store: &Store, records: &[Incoming]) -> Result<Vec<Option<i32>>> {
    let mut frames = Vec::with_capacity(records.len());
    for Incoming { record, .. } in records {
        frames.push(match store.has_backtraces(&record.classification) {
            true => backtrace::crashing_thread(&record.payload),
            false => Vec::new(),
        });
    }
    stacks::ids(store, &frames).await
}

/// Looks up all ids of a record; texts that are new go into their dictionaries. It asks by the connection that writes:
/// those who read must not hold it up.
async fn prepare<'a>(store: &Store, incoming: &'a Incoming, stack_id: Option<i32>) -> Result<Row<'a>> {
    let record = &incoming.record;
    let dictionaries = store.dictionaries();
    let mut overflow = Overflow::default();
    let name = [record.classification.as_str()];
    let build = [record.system_name.as_str(), record.build.as_str()];
    let host_type = [record.host_type.as_str()];
    let kernel = [record.kernel_version.as_str(), record.arch.as_str()];
    let hardware = [record.board_name.as_str(), record.cpu_model.as_str(), record.bios_version.as_str()];
    let row = Row {
        record,
        received_at: incoming.received_at,
        from_quarantine: incoming.from_quarantine,
        ids: TextIds {
            classification_id: id(store, &dictionaries.classification, name, &mut overflow.classification).await?,
            build_id: id(store, &dictionaries.build, build, &mut overflow.build).await?,
            platform_id: id(store, &dictionaries.platform, host_type, &mut overflow.platform).await?,
            kernel_id: id(store, &dictionaries.kernel, kernel, &mut overflow.kernel).await?,
            hardware_id: id(store, &dictionaries.hardware, hardware, &mut overflow.hardware).await?,
        },
        system_id: dictionaries.system.id(store, store.writer(), &[&record.system_name]).await?,
        fact: fact(store, store.writer(), record, stack_id).await?,
        hash: hash_of(record),
        overflow: None,
    };
    let overflow = (overflow != Overflow::default()).then(|| serde_json::to_string(&overflow));
    let overflow = overflow.transpose().map_err(|error| Error::Internal(error.into()))?;
    Ok(Row { overflow, ..row })
}

/// A stored record as the row that it is: whatever the settings are now, it has been counted by those ids.
pub(super) async fn recounted<'a>(store: &Store, Counted { stored, ids }: &'a Counted) -> Result<Row<'a>> {
    let record = &stored.record;
    Ok(Row {
        record,
        received_at: stored.received_at,
        from_quarantine: None,
        ids: *ids,
        system_id: store.dictionaries().system.id(store, store.reader(), &[&record.system_name]).await?,
        fact: fact(store, store.reader(), record, stored.stack_id).await?,
        hash: hash_of(record),
        overflow: None,
    })
}

async fn fact(store: &Store, db: &DatabaseConnection, record: &NewRecord, stack_id: Option<i32>) -> Result<Fact> {
    let dictionaries = store.dictionaries();
    if let Some(stack_id) = stack_id {
        let header = backtrace::header(&record.payload);
        let program = beginning(header.program.unwrap_or_default(), MAX_PROGRAM_CHARS);
        let signal = beginning(header.signal.unwrap_or_default(), MAX_SIGNAL_CHARS);
        return Ok(Fact::Crash { stack_id, program_id: dictionaries.program.id(store, db, &[program, signal]).await? });
    }
    Ok(match record.classification.as_str() {
        HEARTBEAT => Fact::Heartbeat,
        THERMAL => Fact::Thermal,
        name if MCE.contains(&name) => {
            let status_id = match facts::mce_status(&record.payload) {
                Some(status) => Some(dictionaries.mce_status.id(store, db, &[status]).await?),
                None => None,
            };
            Fact::Mce { status_id }
        }
        UPDATE => match facts::update(&record.payload) {
            Some(update) => {
                let transition_id = dictionaries.transition.id(store, db, &[update.from, update.to]).await?;
                Fact::Update { transition_id, succeeded: update.succeeded, millis: update.millis }
            }
            None => Fact::None,
        },
        _ => Fact::None,
    })
}

async fn id<const N: usize>(
    store: &Store,
    dictionary: &Dictionary,
    texts: [&str; N],
    overflow: &mut Option<[String; N]>,
) -> Result<i32> {
    let id = dictionary.id(store, store.writer(), &texts).await?;
    if id == OTHER {
        *overflow = Some(texts.map(str::to_owned));
    }
    Ok(id)
}

/// The key that recognises a record; `None` before format version 4.
fn hash_of(record: &NewRecord) -> Option<Vec<u8>> {
    (record.record_format_version >= 4).then(|| hash(record))
}

/// 128 bits over everything that the client sent: two records with the same hash are the same record.
fn hash(record: &NewRecord) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    let texts = [
        &record.classification,
        &record.machine_id,
        &record.arch,
        &record.host_type,
        &record.build,
        &record.kernel_version,
        &record.system_name,
        &record.board_name,
        &record.cpu_model,
        &record.bios_version,
        &record.event_id,
        &record.payload,
    ];
    let numbers = [
        i64::from(record.record_format_version),
        i64::from(record.severity),
        record.captured_at.millis(),
        i64::from(record.payload_format_version),
        i64::from(record.external),
    ];
    for number in numbers {
        hasher.update(&number.to_le_bytes());
    }
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    let mut hash = vec![0; 16];
    hasher.finalize_xof().fill(&mut hash);
    hash
}
