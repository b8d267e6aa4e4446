//! Live records: one task reads what is new while somebody listens, and tells all listeners.
//!
//! It reads the database, so records of other instances and of imports come too; that the writer and other instances wake it
//! only makes it quick.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, Notify, broadcast};
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::error::Result;
use crate::store::Store;
use crate::store::live::{BACKLOG, Cursor, News};
use crate::store::records::StoredRecord;

/// How often the database is looked at when nothing wakes the reader.
const POLL: Duration = Duration::from_millis(500);
/// Other instances are told once of everything that is stored in this time.
const TELL_AFTER: Duration = Duration::from_millis(50);
/// When it is tried again to hear other instances.
const HEAR_AGAIN: Duration = Duration::from_secs(5);

/// Where to listen. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    woken: Notify,
    /// What other instances have not been told of, and who tells them.
    untold: Arc<Notify>,
    _teller: Option<AbortOnDropHandle<()>>,
    sender: broadcast::Sender<Item>,
    /// Whether the reader runs.
    running: Mutex<bool>,
}

/// What listeners are told.
#[derive(Clone)]
enum Item {
    Record(Arc<StoredRecord>),
    /// So many were left out for everybody.
    Missed(u64),
}

/// Hears of new records.
pub struct Listener(broadcast::Receiver<Item>);

impl Listener {
    /// The next record. One that is not waited for to the end is not lost.
    ///
    /// # Errors
    /// `Lagged` when records were left out, with how many: this listener was too slow, or more came than could be read.
    pub async fn recv(&mut self) -> Result<Arc<StoredRecord>, RecvError> {
        match self.0.recv().await? {
            Item::Record(record) => Ok(record),
            Item::Missed(missed) => Err(RecvError::Lagged(missed)),
        }
    }
}

impl Live {
    /// Live records of a store.
    pub fn new(store: Store) -> Self {
        let (sender, _) = broadcast::channel(usize::from(BACKLOG));
        let untold = Arc::new(Notify::new());
        let teller = store.tells_others().then(|| tokio::spawn(tell_others(store.clone(), Arc::clone(&untold))));
        let inner = Inner {
            store,
            woken: Notify::new(),
            untold,
            _teller: teller.map(AbortOnDropHandle::new),
            sender,
            running: Mutex::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Says that there is something new, to this instance and the others.
    pub fn wake(&self) {
        self.inner.woken.notify_one();
        self.inner.untold.notify_one();
    }

    /// All records that are committed from now on.
    ///
    /// # Errors
    /// The database's.
    pub async fn listen(&self) -> Result<Listener> {
        let mut running = self.inner.running.lock().await;
        let listener = Listener(self.inner.sender.subscribe());
        if !*running {
            let cursor = Cursor::at_end(&self.inner.store).await?;
            tokio::spawn(read(Arc::clone(&self.inner), cursor));
            *running = true;
        }
        Ok(listener)
    }
}

impl Inner {
    fn tell(&self, item: Item) {
        // The reader sees by itself when nobody listens any more.
        let _ = self.sender.send(item);
    }

    async fn wait(&self) {
        // Either way the database is looked at.
        let _ = timeout(POLL, self.woken.notified()).await;
    }

    /// Ends where instances do not tell each other.
    async fn hear_others(&self) -> Result<()> {
        let Some(mut hearing) = self.store.hear_others().await? else { return Ok(()) };
        loop {
            hearing.next().await?;
            self.woken.notify_one();
        }
    }
}

/// Tells other instances when there is something that they have not been told of.
async fn tell_others(store: Store, untold: Arc<Notify>) {
    loop {
        untold.notified().await;
        sleep(TELL_AFTER).await;
        if let Err(error) = store.tell_others().await {
            tracing::debug!(error = error.inside(), "cannot tell other instances of new records");
        }
    }
}

/// Lets other instances wake the reader, again and again where the connection breaks.
async fn woken_by_others(inner: Arc<Inner>) {
    while let Err(error) = inner.hear_others().await {
        tracing::debug!(error = error.inside(), "cannot hear of other instances' records");
        sleep(HEAR_AGAIN).await;
    }
}

/// Reads while somebody listens.
async fn read(inner: Arc<Inner>, mut cursor: Cursor) {
    let _hearing = AbortOnDropHandle::new(tokio::spawn(woken_by_others(Arc::clone(&inner))));
    loop {
        match cursor.next(&inner.store).await {
            Ok(News::Records(records)) if records.is_empty() => inner.wait().await,
            Ok(News::Records(records)) => {
                records.into_iter().for_each(|record| inner.tell(Item::Record(Arc::new(record))));
            }
            Ok(News::Missed(missed)) => {
                inner.tell(Item::Missed(missed));
                // Whoever cannot keep up with the commits is not woken by them.
                sleep(POLL).await;
            }
            Err(error) => {
                tracing::warn!(error = error.inside(), "cannot read new records");
                inner.wait().await;
            }
        }
        let mut running = inner.running.lock().await;
        if inner.sender.receiver_count() == 0 {
            *running = false;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Options, open};
    use crate::testing::{Database, Kind};

    #[tokio::test]
    async fn other_instances_wake_the_reader() {
        let database = Database::new(Kind::Postgres).await;
        let options = Options::new(&database.url);
        let (own, other) = (open(&options).await.unwrap(), open(&options).await.unwrap());
        let live = Live::new(own.clone());
        let hearing = AbortOnDropHandle::new(tokio::spawn(woken_by_others(Arc::clone(&live.inner))));
        let woken = async {
            // It begins to hear at some time.
            while timeout(Duration::from_millis(20), live.inner.woken.notified()).await.is_err() {
                other.tell_others().await.unwrap();
            }
        };
        timeout(Duration::from_secs(30), woken).await.expect("it was not woken");
        drop(hearing);
        for store in [own, other] {
            store.close().await.unwrap();
        }
        database.remove().await;
    }
}
