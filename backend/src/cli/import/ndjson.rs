//! `telemetrics import --ndjson`.

use std::path::Path;
use std::pin::Pin;

use anyhow::{Context, bail};
use tokio::fs::File;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader};

use super::Privacy;
use crate::ingest::privacy::MachineKey;
use crate::ingest::wire;
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
    let counts = read(&store, &privacy, input).await?;
    store.close().await?;
    tracing::info!(stored = counts.stored, known = counts.resent, invalid = counts.invalid, "imported");
    match counts.invalid {
        0 => Ok(()),
        invalid => bail!("{invalid} lines were no valid records and were not stored"),
    }
}

async fn open(path: &Path) -> anyhow::Result<Pin<Box<dyn AsyncBufRead + Send>>> {
    if path == Path::new("-") {
        return Ok(Box::pin(BufReader::new(tokio::io::stdin())));
    }
    let file = File::open(path).await.with_context(|| format!("cannot open {}", path.display()))?;
    Ok(Box::pin(BufReader::with_capacity(1 << 20, file)))
}

async fn read(
    store: &Store,
    privacy: &Privacy,
    mut input: Pin<Box<dyn AsyncBufRead + Send>>,
) -> anyhow::Result<Counts> {
    let mut counts = Counts::default();
    let mut waiting = Vec::with_capacity(BATCH);
    for number in 1_u64.. {
        let mut line = Vec::new();
        let read = input.read_until(b'\n', &mut line).await.context("cannot read on")?;
        if line.len() > MAX_LINE_BYTES {
            bail!("line {number} is too long for a record");
        }
        if read > 0 && !line.trim_ascii().is_empty() {
            match wire::parse_json_form(&line, false) {
                Ok(record) => waiting.push(Incoming::new(privacy.apply(record), crate::now())),
                Err(error) => {
                    counts.invalid += 1;
                    if counts.invalid <= MAX_TOLD {
                        tracing::warn!(line = number, %error, "not a valid record");
                    }
                }
            }
        }
        if waiting.len() == BATCH || read == 0 {
            for stored in batch(store, &waiting, &[]).await? {
                if stored.resend { counts.resent += 1 } else { counts.stored += 1 }
            }
            waiting.clear();
            store.checkpoint_in_turn().await?;
        }
        if read == 0 {
            break;
        }
    }
    Ok(counts)
}
