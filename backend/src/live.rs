//! Live records: one task reads what is new while somebody listens, and tells all listeners.
//!
//! It reads the database, so records of other instances and of imports come too; the writer's wake-up
//! only makes it quick.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, Notify, broadcast};
use tokio::time::{sleep, timeout};

use crate::error::Result;
use crate::store::Store;
use crate::store::live::{BACKLOG, Cursor, News};
use crate::store::records::StoredRecord;

/// How often the database is looked at when no commit of this instance wakes the reader.
const POLL: Duration = Duration::from_millis(500);

/// Where to listen. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    woken: Notify,
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
        Self { inner: Arc::new(Inner { store, woken: Notify::new(), sender, running: Mutex::new(false) }) }
    }

    /// Says that there is something new.
    pub fn wake(&self) {
        self.inner.woken.notify_one();
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
}

/// Reads while somebody listens.
async fn read(inner: Arc<Inner>, mut cursor: Cursor) {
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
