//! `telemetrics import --postgres`.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use telemetrics_common::never_guilty::ImportedFrame;

use super::Privacy;
use crate::backtrace::{RawFrame, normalised};
use crate::ingest::privacy::MachineKey;
use crate::older::{OlderRecord, Read, Source};
use crate::store::audit::Author;
use crate::store::imports::{self, Progress, Step};
use crate::store::insert::{self, Incoming, NewQuarantined};
use crate::store::{self, Store, never_guilty, recompute};

/// How many records go into one transaction.
const BATCH: u32 = 1000;
/// How often progress is told.
const TELL: Duration = Duration::from_secs(2);
/// How many records that break a rule are told one by one.
const MAX_TOLD: i64 = 10;
/// Who has changed the never-guilty list, and why.
const BY: &str = "(import)";
const REASON: &str = "from the older server";

pub(super) async fn run(url: &str, options: &store::Options, key: Option<MachineKey>) -> anyhow::Result<()> {
    let source = Source::open(url).await?;
    let of = source.count().await?;
    let store = store::open(options).await?;
    let imported = import(&store, &source, of, key).await;
    source.close().await;
    store.close().await?;
    imported
}

async fn import(store: &Store, source: &Source, of: u64, key: Option<MachineKey>) -> anyhow::Result<()> {
    let privacy = Privacy::load(store, key).await?;
    // First what records are judged by.
    judgements(store, source).await?;
    let mut progress = imports::progress(store, source.name()).await?;
    if progress.records > 0 {
        tracing::info!(records = progress.records, of, "going on with an import that was begun before");
    }
    let known = records(store, source, &privacy, &mut progress, of).await?;
    let here = progress.records - progress.quarantined;
    tracing::info!(
        older_server = source.count().await?,
        read = progress.records,
        stored_or_known = here,
        of_these_known_before_this_run = known,
        quarantined = progress.quarantined,
        "imported"
    );
    let left = source.count().await?.abs_diff(u64::try_from(progress.records).unwrap_or(0));
    ensure!(
        left == 0,
        "the older server's records and those that were read differ by {left}: it has changed since; import once more"
    );
    Ok(())
}

fn author() -> Author {
    Author { name: Some(BY.to_owned()), ..Author::command_line(crate::now()) }
}

async fn judgements(store: &Store, source: &Source) -> anyhow::Result<()> {
    let older = source.never_guilty().await?;
    let mut entries = Vec::with_capacity(older.len());
    for (function, module) in &older {
        entries.extend(normalised(&[RawFrame { function, module }]).into_iter().map(|frame| ImportedFrame {
            function: frame.function,
            module: frame.module,
            reason: REASON.to_owned(),
        }));
    }
    let list = entries.len();
    never_guilty::import(store, entries, &author()).await.context("the never-guilty list cannot be taken over")?;
    if never_guilty::list(store).await?.changed {
        recompute::ask(store, &author()).await?;
        let owner = format!("{:016x}", fastrand::u64(..));
        // A running server may be at it already: then it is in good hands.
        recompute::work(store, &owner, crate::now).await?;
    }
    let said = source.guilties().await?;
    let frames = said.iter().map(|said| {
        let frame = RawFrame { function: &said.function, module: &said.module };
        (frame, said.comment.clone(), said.hidden)
    });
    let cut = imports::take_over(store, frames.collect()).await.context("comments cannot be taken over")?;
    tracing::info!(never_guilty = list, guilties = said.len(), comments_cut = cut, "took over what people had said");
    Ok(())
}

/// Reads and stores all records behind those that were read before. Gives how many had been stored already.
async fn records(
    store: &Store,
    source: &Source,
    privacy: &Privacy,
    progress: &mut Progress,
    of: u64,
) -> anyhow::Result<u64> {
    let mut known = 0;
    let mut speed = Speed::from(progress);
    let mut next = source.records(progress.last_id, BATCH).await?;
    while let Some(last) = next.last().map(|record| record.id) {
        // The next ones are read while these are stored.
        let (stored, read) =
            tokio::join!(batch(store, privacy, std::mem::take(&mut next), progress), source.records(last, BATCH));
        known += stored?;
        next = read?;
        speed.tell(progress, of);
    }
    Ok(known)
}

async fn batch(
    store: &Store,
    privacy: &Privacy,
    older: Vec<OlderRecord>,
    progress: &mut Progress,
) -> anyhow::Result<u64> {
    let (mut records, mut quarantined) = (Vec::with_capacity(older.len()), Vec::<NewQuarantined>::new());
    let mut after = progress.clone();
    for older in older {
        after.last_id = older.id;
        after.records += 1;
        match older.read(crate::now()) {
            Read::Record(record, received_at) => records.push(Incoming::new(privacy.apply(*record), received_at)),
            Read::Quarantined(kept) => {
                after.quarantined += 1;
                if after.quarantined <= MAX_TOLD {
                    tracing::warn!(
                        id = after.last_id,
                        reason = kept.reason,
                        "not a valid record; it goes into quarantine"
                    );
                }
                quarantined.push(NewQuarantined { body: privacy.scrubber.scrub(kept.body), ..kept });
            }
        }
    }
    let step = Step { before: progress.last_id, after: &after };
    let stored = insert::step(store, &records, &quarantined, step).await?;
    *progress = after;
    Ok(stored.iter().filter(|stored| stored.resend).count() as u64)
}

/// Tells now and then how far it is, how fast, and how long it will take.
struct Speed {
    begin: Instant,
    told: Instant,
    before: i64,
}

impl Speed {
    fn from(progress: &Progress) -> Self {
        let now = Instant::now();
        Self { begin: now, told: now, before: progress.records }
    }

    fn tell(&mut self, progress: &Progress, of: u64) {
        if self.told.elapsed() < TELL {
            return;
        }
        self.told = Instant::now();
        let done = (progress.records - self.before) as f64;
        let per_second = done / self.begin.elapsed().as_secs_f64();
        let left = of.saturating_sub(u64::try_from(progress.records).unwrap_or(0)) as f64;
        let seconds_left = (left / per_second.max(1.0)).ceil();
        tracing::info!(records = progress.records, of, per_second = per_second.round(), seconds_left, "importing");
    }
}
