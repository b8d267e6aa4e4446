//! A record in the database's own terms: texts that repeat as ids, what counters need to know of its payload, and the
//! key that recognises it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use telemetrics_common::Timestamp;
use telemetrics_common::classification::{HEARTBEAT, MCE, THERMAL, UPDATE};
use telemetrics_common::text::beginning;

use super::dictionary::{Dictionary, OTHER};
use super::insert::{Incoming, Payload};
use super::pool::Pool;
use super::records::Counted;
use super::{Store, stacks};
use crate::backtrace;
use crate::error::{Error, Result};
use crate::ingest::facts::{self, Update};
use crate::ingest::record::NewRecord;
use crate::key::{self, Key};

/// Longer names of programs are cut: they are counted, and kept for ever.
const MAX_PROGRAM_CHARS: usize = 256;
const MAX_SIGNAL_CHARS: usize = 32;

/// A record as a row.
pub(super) struct Row<'a> {
    pub(super) record: &'a NewRecord,
    pub(super) received_at: Timestamp,
    pub(super) from_quarantine: Option<i64>,
    pub(super) ids: TextIds,
    pub(super) system_id: i32,
    pub(super) fact: Fact,
    pub(super) hash: Option<Key>,
    pub(super) overflow: Option<String>,
    payload: Cow<'a, Payload>,
}

/// What has been looked up about a record.
#[derive(Clone, Debug)]
pub(super) struct LookedUp {
    ids: TextIds,
    system_id: i32,
    fact: Fact,
    hash: Option<Key>,
    /// JSON of the texts for which there was no room.
    overflow: Option<String>,
}

impl<'a> Row<'a> {
    pub(super) fn new(incoming: &'a Incoming, looked_up: LookedUp, payload: Cow<'a, Payload>) -> Self {
        let LookedUp { ids, system_id, fact, hash, overflow } = looked_up;
        let Incoming { record, received_at, from_quarantine, .. } = incoming;
        let (received_at, from_quarantine) = (*received_at, *from_quarantine);
        Self { record, received_at, from_quarantine, ids, system_id, fact, hash, overflow, payload }
    }

    /// The payload's two columns: as text, and packed.
    pub(super) fn payload(&self) -> (&str, Option<&[u8]>) {
        match self.payload.as_ref() {
            Payload::Text => (&self.record.payload, None),
            Payload::Packed(packed) => ("", Some(packed)),
        }
    }

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

/// The ids of a record's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextIds {
    pub(super) classification_id: i32,
    pub(super) build_id: i32,
    pub(super) platform_id: i32,
    pub(super) kernel_id: i32,
    pub(super) hardware_id: i32,
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

/// The texts of a record that have ids.
struct Texts<'a> {
    classification: [&'a str; 1],
    build: [&'a str; 2],
    platform: [&'a str; 1],
    kernel: [&'a str; 2],
    hardware: [&'a str; 3],
    system: [&'a str; 1],
}

impl<'a> From<&'a NewRecord> for Texts<'a> {
    fn from(record: &'a NewRecord) -> Self {
        Self {
            classification: [&record.classification],
            build: [&record.system_name, &record.build],
            platform: [&record.host_type],
            kernel: [&record.kernel_version, &record.arch],
            hardware: [&record.board_name, &record.cpu_model, &record.bios_version],
            system: [&record.system_name],
        }
    }
}

/// What a record's payload tells counters. Pure.
enum Told<'a> {
    Nothing,
    Heartbeat,
    Thermal,
    Mce { status: Option<&'a str> },
    Update(Update<'a>),
    Crash { stack_id: i32, program: [&'a str; 2] },
}

impl<'a> Told<'a> {
    fn by(record: &'a NewRecord, stack_id: Option<i32>) -> Self {
        if let Some(stack_id) = stack_id {
            let header = backtrace::header(&record.payload);
            let program = beginning(header.program.unwrap_or_default(), MAX_PROGRAM_CHARS);
            let signal = beginning(header.signal.unwrap_or_default(), MAX_SIGNAL_CHARS);
            return Self::Crash { stack_id, program: [program, signal] };
        }
        match record.classification.as_str() {
            HEARTBEAT => Self::Heartbeat,
            THERMAL => Self::Thermal,
            name if MCE.contains(&name) => Self::Mce { status: facts::mce_status(&record.payload) },
            UPDATE => facts::update(&record.payload).map_or(Self::Nothing, Self::Update),
            _ => Self::Nothing,
        }
    }
}

/// What this process has seen of a record; none when anything is new.
pub(super) fn remembered(store: &Store, record: &NewRecord) -> Option<LookedUp> {
    let dictionaries = store.dictionaries();
    let texts = Texts::from(record);
    let ids = TextIds {
        classification_id: dictionaries.classification.remembered(&texts.classification)?,
        build_id: dictionaries.build.remembered(&texts.build)?,
        platform_id: dictionaries.platform.remembered(&texts.platform)?,
        kernel_id: dictionaries.kernel.remembered(&texts.kernel)?,
        hardware_id: dictionaries.hardware.remembered(&texts.hardware)?,
    };
    let stack_id = match store.has_backtraces(&record.classification) {
        true => match backtrace::crashing_thread(&record.payload) {
            frames if frames.is_empty() => None,
            frames => Some(stacks::remembered(store, &frames)?),
        },
        false => None,
    };
    let fact = match Told::by(record, stack_id) {
        Told::Nothing => Fact::None,
        Told::Heartbeat => Fact::Heartbeat,
        Told::Thermal => Fact::Thermal,
        Told::Mce { status: None } => Fact::Mce { status_id: None },
        Told::Mce { status: Some(status) } => {
            Fact::Mce { status_id: Some(dictionaries.mce_status.remembered(&[status])?) }
        }
        Told::Update(Update { from, to, succeeded, millis }) => {
            Fact::Update { transition_id: dictionaries.transition.remembered(&[from, to])?, succeeded, millis }
        }
        Told::Crash { stack_id, program } => {
            Fact::Crash { stack_id, program_id: dictionaries.program.remembered(&program)? }
        }
    };
    let system_id = dictionaries.system.remembered(&texts.system)?;
    Some(LookedUp { ids, system_id, fact, hash: hash_of(record), overflow: None })
}

/// Looks up all ids of a record; texts that are new go into their dictionaries. It asks by the connection that writes:
/// those who read must not hold it up.
pub(super) async fn look_up(store: &Store, record: &NewRecord, stack_id: Option<i32>) -> Result<LookedUp> {
    let dictionaries = store.dictionaries();
    let texts = Texts::from(record);
    let mut overflow = Overflow::default();
    let ids = TextIds {
        classification_id: id(store, &dictionaries.classification, texts.classification, &mut overflow.classification)
            .await?,
        build_id: id(store, &dictionaries.build, texts.build, &mut overflow.build).await?,
        platform_id: id(store, &dictionaries.platform, texts.platform, &mut overflow.platform).await?,
        kernel_id: id(store, &dictionaries.kernel, texts.kernel, &mut overflow.kernel).await?,
        hardware_id: id(store, &dictionaries.hardware, texts.hardware, &mut overflow.hardware).await?,
    };
    let overflow = (overflow != Overflow::default()).then(|| serde_json::to_string(&overflow));
    Ok(LookedUp {
        ids,
        system_id: dictionaries.system.id(store, store.writer(), &texts.system).await?,
        fact: fact(store, store.writer(), Told::by(record, stack_id)).await?,
        hash: hash_of(record),
        overflow: overflow.transpose().map_err(|error| Error::Internal(error.into()))?,
    })
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
        fact: fact(store, store.reader(), Told::by(record, stored.stack_id)).await?,
        hash: hash_of(record),
        overflow: None,
        payload: Cow::Owned(Payload::Text),
    })
}

async fn fact(store: &Store, db: &Pool, told: Told<'_>) -> Result<Fact> {
    let dictionaries = store.dictionaries();
    Ok(match told {
        Told::Nothing => Fact::None,
        Told::Heartbeat => Fact::Heartbeat,
        Told::Thermal => Fact::Thermal,
        Told::Mce { status: None } => Fact::Mce { status_id: None },
        Told::Mce { status: Some(status) } => {
            Fact::Mce { status_id: Some(dictionaries.mce_status.id(store, db, &[status]).await?) }
        }
        Told::Update(Update { from, to, succeeded, millis }) => {
            let transition_id = dictionaries.transition.id(store, db, &[from, to]).await?;
            Fact::Update { transition_id, succeeded, millis }
        }
        Told::Crash { stack_id, program } => {
            Fact::Crash { stack_id, program_id: dictionaries.program.id(store, db, &program).await? }
        }
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
fn hash_of(record: &NewRecord) -> Option<Key> {
    (record.record_format_version >= 4).then(|| hash(record))
}

/// 128 bits over everything that is stored of what the client sent: two records with the same hash are the same record.
fn hash(record: &NewRecord) -> Key {
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
    let bytes = texts.iter().map(|text| text.len() + size_of::<u64>()).sum::<usize>() + size_of_val(&numbers);
    let mut whole = Vec::with_capacity(bytes);
    for number in numbers {
        whole.extend_from_slice(&number.to_le_bytes());
    }
    for text in texts {
        key::append(&mut whole, text);
    }
    key::of(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::wire::sample;

    #[test]
    fn hashes_are_those_that_are_in_databases() {
        let check = |payload: String, expected: &str| {
            assert_eq!(hex::encode(hash(&NewRecord { payload, ..sample::record() })), expected);
        };
        check("hello\n\n".to_owned(), "1f916b71c2e5eac806bd5b90b8b4f94c");
        check("x".repeat(5000), "9ee9694805575d0799dc26a3f02cde47");
    }
}
