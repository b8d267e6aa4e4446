//! `telemetrics import --ndjson`.

use std::path::Path;
use std::pin::Pin;

use anyhow::{Context, bail, ensure};
use telemetrics_common::Timestamp;
use telemetrics_common::collector::JsonRecord;
use telemetrics_common::records::RecordDetails;
use tokio::fs::File;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::sync::mpsc;

use super::{BATCH, Privacy};
use crate::ingest::privacy::MachineKey;
use crate::ingest::record::NewRecord;
use crate::ingest::wire::{self, WireError};
use crate::older::Most;
use crate::store;
use crate::store::Store;
use crate::store::insert::{Incoming, batch};

/// A line longer than this is no record.
const MAX_LINE_BYTES: usize = 64 << 20;
/// How many bad lines are told one by one.
const MAX_TOLD: u64 = 10;

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    stored: u64,
    resent: u64,
    invalid: u64,
}

pub(super) async fn run(file: &Path, options: &store::Options, key: Option<MachineKey>) -> anyhow::Result<()> {
    let input = open(file).await?;
    let store = store::open(options).await?;
    let privacy = Privacy::load(&store, key).await?;
    let counts = import(&store, privacy, input, BATCH).await?;
    store.close().await?;
    tracing::info!(stored = counts.stored, known = counts.resent, invalid = counts.invalid, "imported");
    match counts.invalid {
        0 => Ok(()),
        invalid => bail!("{invalid} lines were no valid records and were not stored"),
    }
}

type Input = Pin<Box<dyn AsyncBufRead + Send>>;

async fn open(path: &Path) -> anyhow::Result<Input> {
    if path == Path::new("-") {
        return Ok(Box::pin(BufReader::new(tokio::io::stdin())));
    }
    let file = File::open(path).await.with_context(|| format!("cannot open {}", path.display()))?;
    Ok(Box::pin(BufReader::with_capacity(1 << 20, file)))
}

/// The next batch is read while one is being stored.
async fn import(store: &Store, privacy: Privacy, input: Input, most: Most) -> anyhow::Result<Counts> {
    let (batches, mut read) = mpsc::channel(1);
    let reader = tokio::spawn(Reader { store: store.clone(), privacy, most, invalid: 0 }.read(input, batches));
    let mut counts = Counts::default();
    while let Some(waiting) = read.recv().await {
        for stored in batch(store, &waiting, &[]).await? {
            if stored.resend { counts.resent += 1 } else { counts.stored += 1 }
        }
    }
    Ok(Counts { invalid: reader.await??, ..counts })
}

struct Reader {
    store: Store,
    privacy: Privacy,
    /// Of a batch.
    most: Most,
    invalid: u64,
}

impl Reader {
    /// Gives how many lines were no records.
    async fn read(mut self, mut input: Input, batches: mpsc::Sender<Vec<Incoming>>) -> anyhow::Result<u64> {
        let mut waiting = Waiting::default();
        let mut line = Vec::new();
        for number in 1_u64.. {
            if !read_line(&mut input, number, &mut line).await? {
                break;
            }
            let Some(record) = self.record(number, &line) else { continue };
            // Nobody takes it when storing has failed, which is told by who stores.
            if let Some(full) = waiting.add(record, self.most)
                && batches.send(full).await.is_err()
            {
                return Ok(self.invalid);
            }
        }
        let _ = batches.send(waiting.records).await;
        Ok(self.invalid)
    }

    /// None for an empty line, and for one that is no valid record, which is counted.
    fn record(&mut self, number: u64, line: &[u8]) -> Option<Incoming> {
        if line.trim_ascii().is_empty() {
            return None;
        }
        match parse(line) {
            Ok((record, received_at)) => {
                let incoming = Incoming::new(self.privacy.apply(record), received_at.unwrap_or_else(crate::now));
                Some(incoming.looked_up(&self.store))
            }
            Err(error) => {
                self.invalid += 1;
                if self.invalid <= MAX_TOLD {
                    tracing::warn!(line = number, %error, "not a valid record");
                }
                None
            }
        }
    }
}

/// Reads the next line; false at the end of the input.
async fn read_line(input: &mut Input, number: u64, line: &mut Vec<u8>) -> anyhow::Result<bool> {
    line.clear();
    // One byte more than a line may have shows that it is too long.
    let mut bounded = input.take(MAX_LINE_BYTES as u64 + 1);
    let read = bounded.read_until(b'\n', line).await.context("cannot read on")?;
    ensure!(line.len() <= MAX_LINE_BYTES, "line {number} is too long for a record");
    Ok(read > 0)
}

/// Records of one batch.
#[derive(Default)]
struct Waiting {
    records: Vec<Incoming>,
    /// Of their payloads: all else in a record is short.
    bytes: i64,
}

impl Waiting {
    /// Adds a record. Gives those before it where all of them together would be too much.
    fn add(&mut self, record: Incoming, most: Most) -> Option<Vec<Incoming>> {
        let bytes = record.record.payload.len() as i64;
        let is_full = self.records.len() as i64 >= most.records || self.bytes + bytes > most.bytes;
        let full = (is_full && !self.records.is_empty()).then(|| std::mem::take(self).records);
        self.records.push(record);
        self.bytes += bytes;
        full
    }
}

/// A record as machines send it; or as `telemetrics export` writes it, with when the server got it.
fn parse(line: &[u8]) -> Result<(NewRecord, Option<Timestamp>), WireError> {
    let Ok(exported) = serde_json::from_slice::<RecordDetails>(line) else {
        return Ok((wire::parse_json_form(line, false)?, None));
    };
    let (received_at, external) = (exported.received_at, exported.external);
    // A text can always be written as JSON.
    let sent = serde_json::to_vec(&JsonRecord::from(exported)).unwrap_or_default();
    Ok((wire::parse_json_form(&sent, external)?, Some(received_at)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::ingest::privacy::Scrubber;
    use crate::store::Options;
    use crate::testing::request::Record;
    use crate::testing::{self, Database};

    const MOST: Most = Most { records: 3, bytes: 100 };

    /// Lines with records whose payloads have so many bytes.
    fn lines(payloads: &[usize]) -> String {
        let line = |(number, bytes): (u32, &usize)| {
            let payload = "x".repeat(*bytes);
            Record::numbered(number).with("payload", &payload).to_json() + "\n"
        };
        (0..).zip(payloads).map(line).collect()
    }

    fn input(lines: &str) -> Input {
        Box::pin(Cursor::new(lines.to_owned().into_bytes()))
    }

    fn privacy() -> Privacy {
        Privacy { scrubber: Scrubber::default(), key: None }
    }

    /// Checks how many records are in each batch.
    async fn check(store: &Store, payloads: &[usize], expected: &[usize]) {
        let (batches, mut read) = mpsc::channel(10);
        let reader = Reader { store: store.clone(), privacy: privacy(), most: MOST, invalid: 0 };
        assert_eq!(reader.read(input(&lines(payloads)), batches).await.unwrap(), 0);
        let mut sizes = Vec::new();
        while let Some(batch) = read.recv().await {
            sizes.push(batch.len());
        }
        assert_eq!(sizes, expected, "{payloads:?}");
    }

    #[tokio::test]
    async fn a_batch_has_few_records_and_bytes_but_one_record_in_any_case() {
        let database = Database::new(testing::Kind::Sqlite).await;
        let store = store::open(&Options::new(&database.url)).await.unwrap();
        check(&store, &[1, 1, 1], &[3]).await;
        check(&store, &[1, 1, 1, 1], &[3, 1]).await;
        check(&store, &[50, 50, 1], &[2, 1]).await;
        check(&store, &[60, 50, 50, 1], &[1, 2, 1]).await;
        check(&store, &[500, 1, 500, 500], &[1, 1, 1, 1]).await;
        store.close().await.unwrap();
        database.remove().await;
    }

    #[tokio::test]
    async fn each_line_counts_once_whatever_its_batch() {
        let database = Database::new(testing::Kind::Sqlite).await;
        let store = store::open(&Options::new(&database.url)).await.unwrap();
        let lines = lines(&[60, 50, 500, 1, 1, 1, 1]) + "\nno record\n";
        let run = async || import(&store, privacy(), input(&lines), MOST).await.unwrap();
        assert_eq!(run().await, Counts { stored: 7, resent: 0, invalid: 1 });
        assert_eq!(run().await, Counts { stored: 0, resent: 7, invalid: 1 });
        store.close().await.unwrap();
        database.remove().await;
    }
}
