//! The one task that writes: it takes whatever waits, stores it in one transaction, and only then
//! answers. There are no timers: what comes while a transaction is under way comes along, or gathers for the next one.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use telemetrics_common::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::record::NewRecord;
use crate::error::{Error, Result};
use crate::live::Live;
use crate::metrics::{BATCH_RECORDS, COMMIT_MICROS, Metrics};
use crate::store::connect::BATCH_TIME;
use crate::store::insert::{self, Incoming, NewQuarantined, Stored};
use crate::store::{Kind, Store};

/// The most that one transaction takes.
const MAX_BATCH: usize = 1024;
/// Payloads that may wait, in KiB.
const MAX_WAITING_KIB: u32 = 64 * 1024;

/// What waits for the writer.
enum Command {
    Record(Box<Incoming>, oneshot::Sender<Result<(Stored, NewRecord)>>, OwnedSemaphorePermit, Instant),
    Quarantine(NewQuarantined, oneshot::Sender<Result<()>>, OwnedSemaphorePermit),
}

/// The way to the writing task. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Command>,
    room: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    store: Store,
}

/// The writing task; ends when told, after everything that waits is stored.
pub struct WriterTask {
    stop: CancellationToken,
    /// Closed when the task has ended, in whichever way.
    ended: oneshot::Receiver<()>,
}

/// Starts the writing task with a queue of at most `capacity` records.
///
/// # Errors
/// When there can be no further thread.
pub fn start(
    store: Store,
    live: Live,
    metrics: Arc<Metrics>,
    capacity: usize,
) -> std::io::Result<(Writer, WriterTask)> {
    let (queue, commands) = mpsc::channel(capacity);
    let stop = CancellationToken::new();
    let room = Arc::new(Semaphore::new(MAX_WAITING_KIB as usize));
    let writer = Writer { queue, room, metrics: Arc::clone(&metrics), store: store.clone() };
    let is_embedded = store.kind() == Kind::Sqlite;
    let task = Task { store, live, metrics };
    let (end, ended) = oneshot::channel();
    let stopped = stop.clone();
    let running = async move {
        task.run(commands, stopped).await;
        // Nobody waits for it unless the server is stopping.
        let _ = end.send(());
    };
    if is_embedded {
        on_its_own_thread(running)?;
    } else {
        tokio::spawn(running);
    }
    Ok((writer, WriterTask { stop, ended }))
}

/// SQLite answers within microseconds: among the requests' tasks the writer would wait longer for its turns than for
/// the database.
fn on_its_own_thread(task: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("writer".to_owned()).spawn(move || runtime.block_on(task))?;
    Ok(())
}

impl Writer {
    /// Stores a record and gives it back, once it is on the disk.
    ///
    /// # Errors
    /// `Unavailable` at once when the queue is full, and later when the database cannot store now.
    pub async fn record(
        &self,
        record: NewRecord,
        received_at: Timestamp,
        from_quarantine: Option<i64>,
    ) -> Result<(Stored, NewRecord)> {
        let room = self.room_for(record.payload.len())?;
        let mut incoming = Box::new(Incoming::new(record, received_at).looked_up(&self.store));
        incoming.from_quarantine = from_quarantine;
        if let Some(stored) = insert::discarded(&self.store, &incoming) {
            return Ok((stored, incoming.record));
        }
        self.ask(|answer| Command::Record(incoming, answer, room, Instant::now())).await
    }

    /// How many records wait.
    pub fn waiting(&self) -> u64 {
        (self.queue.max_capacity() - self.queue.capacity()) as u64
    }

    /// Puts a record into quarantine.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub async fn quarantine(&self, new: NewQuarantined) -> Result<()> {
        let room = self.room_for(new.body.len())?;
        self.ask(|answer| Command::Quarantine(new, answer, room)).await
    }

    fn room_for(&self, bytes: usize) -> Result<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(MAX_WAITING_KIB).min(MAX_WAITING_KIB);
        Arc::clone(&self.room).try_acquire_many_owned(kib).map_err(|_| full())
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T>>) -> Command) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(command(answer)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => full(),
            mpsc::error::TrySendError::Closed(_) => Error::unavailable("the server is stopping"),
        })?;
        self.metrics.queue_depth.set(self.waiting());
        answered.await.map_err(|_| Error::unavailable("the server is stopping"))?
    }
}

fn full() -> Error {
    Error::unavailable("the queue is full; send the record again later")
}

impl WriterTask {
    /// Ends when the task has ended though nobody has told it to: nothing can be stored any more.
    pub async fn broken(&mut self) {
        // Closed without a word when the task is gone.
        let _ = (&mut self.ended).await;
    }

    /// Takes no more, stores what waits, and ends.
    pub async fn finish(self) {
        self.stop.cancel();
        if self.ended.await.is_err() {
            tracing::error!("the writing task failed");
        }
    }
}

struct Task {
    store: Store,
    live: Live,
    metrics: Arc<Metrics>,
}

impl Task {
    async fn run(self, mut commands: mpsc::Receiver<Command>, stop: CancellationToken) {
        let mut waiting = Vec::with_capacity(MAX_BATCH);
        loop {
            // What did not come along with the last batch is there already.
            if waiting.is_empty() {
                let is_open = !commands.is_closed();
                let taken = tokio::select! {
                    taken = commands.recv_many(&mut waiting, MAX_BATCH) => taken,
                    () = stop.cancelled(), if is_open => {
                        commands.close();
                        continue;
                    }
                };
                if taken == 0 {
                    return;
                }
            }
            waiting = self.write(std::mem::take(&mut waiting), &mut commands).await;
            self.metrics.queue_depth.set(commands.len() as u64);
        }
    }

    /// Stores what waits, and records that come meanwhile. Gives what came and has to wait for the next transaction.
    async fn write(&self, waiting: Vec<Command>, commands: &mut mpsc::Receiver<Command>) -> Vec<Command> {
        let mut records = Batch::default();
        let mut quarantined = Batch::default();
        let begin = Instant::now();
        let mut first = begin;
        for command in waiting {
            match command {
                Command::Record(record, answer, room, asked) => {
                    first = first.min(asked);
                    records.push(*record, answer, room);
                }
                Command::Quarantine(record, answer, room) => quarantined.push(record, answer, room),
            }
        }
        let mut left = Vec::new();
        let Batch { items, answers, rooms } = &mut records;
        let more = |items: &mut Vec<Incoming>| {
            while left.is_empty()
                && items.len() < MAX_BATCH
                && let Ok(command) = commands.try_recv()
            {
                match command {
                    Command::Record(record, answer, room, _) if record.is_looked_up() => {
                        items.push(*record);
                        answers.push(answer);
                        rooms.push(room);
                    }
                    other => left.push(other),
                }
            }
        };
        let result = self.in_time(insert::growing(&self.store, items, more, &quarantined.items)).await;
        self.measure(begin.duration_since(first), begin.elapsed(), records.items.len());
        self.store.waited(first.elapsed());
        match result {
            Ok(stored) => {
                let fresh = records.items.iter().zip(&stored).filter(|(_, stored)| !stored.resend);
                self.metrics.stored_of(fresh.map(|(incoming, _)| incoming.record.classification.as_str()));
                answer(records, stored, quarantined);
            }
            Err(error) => self.answer_failed(error, records, quarantined).await,
        }
        self.live.wake();
        left
    }

    /// Gives up when PostgreSQL does not answer. SQLite always does.
    async fn in_time<T>(&self, storing: impl Future<Output = Result<T>>) -> Result<T> {
        if self.store.kind() == Kind::Sqlite {
            return storing.await;
        }
        let stored = tokio::time::timeout(BATCH_TIME, storing).await;
        stored.unwrap_or_else(|_| Err(Error::unavailable("the database does not answer")))
    }

    fn measure(&self, waited: Duration, took: Duration, records: usize) {
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let metrics = &self.metrics;
        metrics.queue_age_micros.set(micros(waited));
        metrics.commits.add(&COMMIT_MICROS, micros(took));
        metrics.batches.add(&BATCH_RECORDS, records as u64);
    }

    /// A database that is away refuses all; else one record may be at fault, and the others must not suffer.
    async fn answer_failed(
        &self,
        error: Error,
        records: Batch<Incoming, (Stored, NewRecord)>,
        quarantined: Batch<NewQuarantined, ()>,
    ) {
        let alone = records.items.len() + quarantined.items.len() == 1;
        if alone || matches!(error, Error::Unavailable { .. }) {
            log(&error);
            records.refuse(&error);
            quarantined.refuse(&error);
        } else {
            self.store_each(records, quarantined).await;
        }
    }

    /// Stores one after the other, each in a transaction of its own. A sender that has gone does not hear of it.
    async fn store_each(&self, records: Batch<Incoming, (Stored, NewRecord)>, quarantined: Batch<NewQuarantined, ()>) {
        let mut away = None;
        for (record, answer, _room) in records.into_parts() {
            let storing = insert::batch(&self.store, std::slice::from_ref(&record), &[]);
            let stored = self.store_one(storing, &mut away).await;
            let first = stored.and_then(|stored| stored.first().copied().ok_or_else(cannot_store));
            if let Ok(Stored { resend: false, .. }) = first {
                self.metrics.stored_of(std::iter::once(record.record.classification.as_str()));
            }
            let _ = answer.send(first.map(|first| (first, record.record)));
        }
        for (record, answer, _room) in quarantined.into_parts() {
            let storing = insert::batch(&self.store, &[], std::slice::from_ref(&record));
            let stored = self.store_one(storing, &mut away).await;
            let _ = answer.send(stored.map(|_| ()));
        }
    }

    /// Stores, or says what the sender is told. Once the database is away nothing is tried any more: each would wait for it
    /// in vain.
    async fn store_one<T>(&self, storing: impl Future<Output = Result<T>>, away: &mut Option<Error>) -> Result<T> {
        if let Some(error) = away {
            return Err(refusal(error));
        }
        self.in_time(storing).await.map_err(|error| {
            log(&error);
            let told = refusal(&error);
            *away = Some(error).filter(|error| matches!(error, Error::Unavailable { .. }));
            told
        })
    }
}

/// Commands of one kind: what to store, and who waits for it.
struct Batch<T, A> {
    items: Vec<T>,
    answers: Vec<oneshot::Sender<Result<A>>>,
    rooms: Vec<OwnedSemaphorePermit>,
}

impl<T, A> Default for Batch<T, A> {
    fn default() -> Self {
        Self { items: Vec::new(), answers: Vec::new(), rooms: Vec::new() }
    }
}

impl<T, A> Batch<T, A> {
    fn push(&mut self, item: T, answer: oneshot::Sender<Result<A>>, room: OwnedSemaphorePermit) {
        self.items.push(item);
        self.answers.push(answer);
        self.rooms.push(room);
    }

    fn into_parts(self) -> impl Iterator<Item = (T, oneshot::Sender<Result<A>>, OwnedSemaphorePermit)> {
        self.items.into_iter().zip(self.answers).zip(self.rooms).map(|((item, answer), room)| (item, answer, room))
    }

    fn refuse(self, error: &Error) {
        for answer in self.answers {
            let _ = answer.send(Err(refusal(error)));
        }
    }
}

fn answer(records: Batch<Incoming, (Stored, NewRecord)>, stored: Vec<Stored>, quarantined: Batch<NewQuarantined, ()>) {
    // A sender that has gone does not hear that its record is stored; it will send it again.
    for ((record, answer, _room), stored) in records.into_parts().zip(stored) {
        let _ = answer.send(Ok((stored, record.record)));
    }
    for answer in quarantined.answers {
        let _ = answer.send(Ok(()));
    }
}

/// What a sender is told: to come again.
fn refusal(error: &Error) -> Error {
    match error {
        Error::Unavailable { message, .. } => Error::unavailable(message.clone()),
        _ => cannot_store(),
    }
}

fn cannot_store() -> Error {
    Error::unavailable("the record cannot be stored now")
}

fn log(error: &Error) {
    match error {
        Error::Internal(inside) | Error::Unavailable { inside: Some(inside), .. } => {
            tracing::error!(error = format!("{inside:#}"), "a batch was not stored");
        }
        other => tracing::warn!(error = %other, "a batch was not stored"),
    }
}

#[cfg(test)]
mod tests;
