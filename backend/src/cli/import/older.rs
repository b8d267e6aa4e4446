//! `telemetrics import --postgres`.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use telemetrics_common::never_guilty::ImportedFrame;

use super::{BATCH, Privacy};
use crate::backtrace::{RawFrame, WITHOUT_SYMBOL, normalise};
use crate::error::{Error, Result};
use crate::ingest::privacy::MachineKey;
use crate::older::{OlderRecord, Read, Source};
use crate::store::audit::Author;
use crate::store::imports::{self, Progress, Step};
use crate::store::insert::{self, Incoming, NewQuarantined};
use crate::store::jobs::new_owner;
use crate::store::{self, Store, never_guilty, quarantine, recompute};

/// How often progress is told.
const TELL: Duration = Duration::from_secs(2);
/// How many records that break a rule are told one by one.
const MAX_TOLD: u64 = 10;
/// Who has changed the never-guilty list, and why.
const BY: &str = "(import)";
const REASON: &str = "from the older server";

/// What became of the records that were read.
#[derive(Debug, Default)]
struct Counts {
    read: u64,
    stored: u64,
    known: u64,
    quarantined: u64,
    refused: u64,
}

/// Where records go, and by what rules.
struct Target<'a> {
    store: &'a Store,
    privacy: Privacy,
    max_quarantine: u64,
}

pub(super) async fn run(
    url: &str,
    options: &store::Options,
    key: Option<MachineKey>,
    max_quarantine: u64,
) -> anyhow::Result<()> {
    let source = Source::open(url).await?;
    let horizon = source.horizon().await?;
    let store = store::open(options).await?;
    let imported = import(&store, &source, horizon, key, max_quarantine).await;
    source.close().await;
    store.close().await?;
    imported
}

async fn import(
    store: &Store,
    source: &Source,
    horizon: i64,
    key: Option<MachineKey>,
    max_quarantine: u64,
) -> anyhow::Result<()> {
    let into = Target { store, privacy: Privacy::load(store, key).await?, max_quarantine };
    // First what records are judged by.
    judgements(store, source).await?;
    let progress = progress(store, source).await?;
    if progress.records > 0 {
        tracing::info!(records = progress.records, "going on with an import that was begun before");
    }
    let before = progress.last_id;
    let of = source.count(before, horizon).await?;
    let counts = records(&into, source, progress, (horizon, of)).await?;
    // The older server purges: there may be fewer than at first, but none that was not read.
    let there = source.count(before, horizon).await?;
    tracing::info!(
        read = counts.read,
        stored = counts.stored,
        known = counts.known,
        quarantined = counts.quarantined,
        gone_there = of.saturating_sub(there),
        records_here = imports::records_here(store).await?,
        "imported"
    );
    if counts.refused > 0 {
        tracing::warn!(
            refused = counts.refused,
            "the quarantine is full (--max-quarantine {max_quarantine}): these records are only at the older server"
        );
    }
    ensure!(
        there <= counts.read,
        "the older server has {there} records from id {} to {horizon}, but only {} were read: somebody has added records \
         with smaller ids than the last one",
        before + 1,
        counts.read
    );
    Ok(())
}

/// Where the import is. It may be noted under the source's name, from when the source did not tell its identity; afterwards
/// that name may stand for another server.
async fn progress(store: &Store, source: &Source) -> anyhow::Result<Progress> {
    let begin = imports::progress(store, source.identity()).await?;
    if source.identity() == source.name() {
        return Ok(begin);
    }
    let by_name = imports::progress(store, source.name()).await?;
    if begin.records > 0 {
        // A server never has more records than have been read from it, unless it is a copy that has gone its own way.
        let there = source.count(0, begin.last_id).await?;
        let is_copy = there > u64::try_from(begin.records).unwrap_or(0);
        return Ok(if is_copy { by_name } else { begin });
    }
    if by_name.records == 0 {
        return Ok(begin);
    }
    let taken_over = Progress { source: begin.source, ..by_name.clone() };
    insert::step(store, &[], &[], Step { before: begin.last_id, after: &taken_over }).await?;
    let given_up = Progress { source: by_name.source, ..Progress::default() };
    insert::step(store, &[], &[], Step { before: by_name.last_id, after: &given_up }).await?;
    Ok(taken_over)
}

fn author() -> Author {
    Author { name: Some(BY.to_owned()), ..Author::command_line(crate::now()) }
}

async fn judgements(store: &Store, source: &Source) -> anyhow::Result<()> {
    let older = source.never_guilty().await?;
    let entries = entries(&older);
    let (list, left_out) = (entries.len(), older.len() - entries.len());
    imports::take_over_list(store, entries, &author()).await.context("the never-guilty list cannot be taken over")?;
    if never_guilty::list(store).await?.changed {
        recompute::ask(store, &author()).await?;
        // A running server may be at it already: then it is in good hands.
        recompute::work(store, &new_owner(), crate::now).await?;
    }
    let said = source.guilties().await?;
    let frames = said.iter().map(|said| {
        let frame = RawFrame { function: &said.function, module: &said.module };
        (frame, said.comment.clone(), said.hidden)
    });
    let cut = imports::take_over(store, frames.collect()).await.context("comments cannot be taken over")?;
    tracing::info!(
        never_guilty = list,
        left_out,
        guilties = said.len(),
        comments_cut = cut,
        "took over what people had said"
    );
    Ok(())
}

/// The entries of the older list that can be some here. The others are told one by one.
fn entries(older: &[(String, String)]) -> Vec<ImportedFrame> {
    let entry = |(function, module): &(String, String)| match entry(function, module) {
        Ok(entry) => Some(entry),
        Err(error) => {
            tracing::warn!(function, module, %error, "this entry of the never-guilty list is left out");
            None
        }
    };
    older.iter().filter_map(entry).collect()
}

/// An entry of the older list, in which each text stood for itself.
fn entry(function: &str, module: &str) -> Result<ImportedFrame> {
    let (older, module) = (function.trim(), module.trim());
    let function = normalise(older);
    if function == WITHOUT_SYMBOL && older != WITHOUT_SYMBOL {
        return Err(Error::BadRequest("function: must be a name, or ??? for those without symbols".to_owned()));
    }
    // One among a function's parameters is no harm: its own name is among those that it then stands for.
    if module.contains('*') || function.bytes().all(|byte| byte == b'*') {
        return Err(Error::BadRequest("here its * would stand for any text".to_owned()));
    }
    let entry = ImportedFrame { function, module: module.to_owned(), reason: REASON.to_owned() };
    never_guilty::check(&entry)?;
    Ok(entry)
}

/// Reads and stores the records behind those that were read before, up to the horizon; about `of` of them.
async fn records(
    into: &Target<'_>,
    source: &Source,
    mut progress: Progress,
    (horizon, of): (i64, u64),
) -> anyhow::Result<Counts> {
    let mut counts = Counts::default();
    let mut speed = Speed::new(of);
    let mut next = source.records(progress.last_id, horizon, BATCH).await?;
    while let Some(last) = next.last().map(|record| record.id) {
        // The next ones are read while these are stored.
        let (stored, read) = tokio::join!(
            batch(into, std::mem::take(&mut next), &mut progress, &mut counts),
            source.records(last, horizon, BATCH)
        );
        stored?;
        next = read?;
        speed.tell(counts.read);
    }
    Ok(counts)
}

async fn batch(
    into: &Target<'_>,
    older: Vec<OlderRecord>,
    progress: &mut Progress,
    counts: &mut Counts,
) -> anyhow::Result<()> {
    let read = older.len() as u64;
    let (mut records, mut invalid) = (Vec::with_capacity(older.len()), Vec::new());
    let mut after = progress.clone();
    for older in older {
        after.last_id = older.id;
        after.records += 1;
        match older.read(crate::now()) {
            Read::Record(record, received_at) => records.push(Incoming::new(into.privacy.apply(*record), received_at)),
            Read::Quarantined(new) => invalid.push((after.last_id, new)),
        }
    }
    let quarantined = kept(into, invalid, counts).await?;
    after.quarantined += quarantined.len() as i64;
    let step = Step { before: progress.last_id, after: &after };
    let stored = insert::step(into.store, &records, &quarantined, step).await?;
    *progress = after;
    let known = stored.iter().filter(|stored| stored.resend).count();
    counts.read += read;
    counts.stored += (stored.len() - known) as u64;
    counts.known += known as u64;
    Ok(())
}

/// Of the records that break a rule, with their ids, those that the quarantine has room for. The others are refused.
async fn kept(
    into: &Target<'_>,
    mut invalid: Vec<(i64, NewQuarantined)>,
    counts: &mut Counts,
) -> Result<Vec<NewQuarantined>> {
    if invalid.is_empty() {
        return Ok(Vec::new());
    }
    let room = quarantine::room(into.store, into.max_quarantine).await?;
    let refused = invalid.split_off(usize::try_from(room).unwrap_or(usize::MAX).min(invalid.len()));
    for (id, new) in &invalid {
        tell(&mut counts.quarantined, *id, &new.reason, "it goes into quarantine");
    }
    for (id, new) in &refused {
        tell(&mut counts.refused, *id, &new.reason, "it is refused, since the quarantine is full");
    }
    let scrubbed = |new: NewQuarantined| NewQuarantined { body: into.privacy.scrubber.scrub(new.body), ..new };
    Ok(invalid.into_iter().map(|(_, new)| scrubbed(new)).collect())
}

/// Counts a record that breaks a rule; the first ones are told.
fn tell(counted: &mut u64, id: i64, reason: &str, what: &str) {
    *counted += 1;
    if *counted <= MAX_TOLD {
        tracing::warn!(id, reason, "not a valid record; {what}");
    }
}

/// Tells now and then how far it is, how fast, and how long it will take.
struct Speed {
    begin: Instant,
    told: Instant,
    of: u64,
}

impl Speed {
    fn new(of: u64) -> Self {
        let now = Instant::now();
        Self { begin: now, told: now, of }
    }

    fn tell(&mut self, read: u64) {
        if self.told.elapsed() < TELL {
            return;
        }
        self.told = Instant::now();
        let per_second = read as f64 / self.begin.elapsed().as_secs_f64();
        let left = self.of.saturating_sub(read) as f64;
        let seconds_left = (left / per_second.max(1.0)).ceil();
        tracing::info!(read, of = self.of, per_second = per_second.round(), seconds_left, "importing");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_become_entries_of_the_list() {
        let check = |function: &str, module: &str, expected: Option<&str>| {
            let entry = entry(function, module).ok();
            assert_eq!(entry.as_ref().map(|entry| entry.function.as_str()), expected, "{function} {module}");
        };
        check("our_abort()", "/usr/lib64/libours.so.1", Some("our_abort()"));
        check("_ZN3img7Decoder6decodeEv()", "a", Some("img::Decoder::decode()"));
        check("???", "a", Some("???"));
        check("free(void*)", "a", Some("free(void*)"));
        for function in ["", " ", "??", "? vsnprintf", "*", "f\u{1}()"] {
            check(function, "a", None);
        }
        check("f()", "lib*", None);
    }
}
