//! `telemetrics import --ndjson`.

use std::path::Path;
use std::pin::Pin;

use anyhow::{Context, bail};
use telemetrics_common::Timestamp;
use telemetrics_common::collector::JsonRecord;
use telemetrics_common::records::RecordDetails;
use tokio::fs::File;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::sync::mpsc;

use super::Privacy;
use crate::ingest::privacy::MachineKey;
use crate::ingest::record::NewRecord;
use crate::ingest::wire::{self, WireError};
use crate::store;
use crate::store::Store;
use crate::store::insert::{Incoming, batch};

const BATCH: usize = 1000;
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
    let counts = import(&store, privacy, input).await?;
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
async fn import(store: &Store, privacy: Privacy, input: Input) -> anyhow::Result<Counts> {
    let (batches, mut read) = mpsc::channel(1);
    let reader = tokio::spawn(Reader { store: store.clone(), privacy, invalid: 0 }.read(input, batches));
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
    invalid: u64,
}

impl Reader {
    /// Gives how many lines were no records.
    async fn read(mut self, mut input: Input, batches: mpsc::Sender<Vec<Incoming>>) -> anyhow::Result<u64> {
        let mut waiting = Vec::with_capacity(BATCH);
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            // One byte more than a line may have shows that it is too long.
            let mut bounded = (&mut input).take(MAX_LINE_BYTES as u64 + 1);
            let read = bounded.read_until(b'\n', &mut line).await.context("cannot read on")?;
            if line.len() > MAX_LINE_BYTES {
                bail!("line {number} is too long for a record");
            }
            if read > 0 && !line.trim_ascii().is_empty() {
                waiting.extend(self.record(number, &line));
            }
            if waiting.len() == BATCH || read == 0 {
                // Nobody takes it when storing has failed, which is told by who stores.
                let is_taken = batches.send(std::mem::take(&mut waiting)).await.is_ok();
                if read == 0 || !is_taken {
                    break;
                }
            }
        }
        Ok(self.invalid)
    }

    fn record(&mut self, number: u64, line: &[u8]) -> Option<Incoming> {
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
