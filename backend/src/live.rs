//! Live records: one task reads what is new while somebody listens, and tells all listeners.
//!
//! It reads the database, so records of other instances and of imports come too; the writer's wake-up
//! only makes it quick.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, broadcast};

use crate::error::Result;
use crate::store::Store;
use crate::store::live::Cursor;
use crate::store::records::StoredRecord;

/// How often the database is looked at when no commit of this instance wakes the reader.
const POLL: Duration = Duration::from_millis(500);
/// How many records a listener may be behind before it loses some and is told so.
const BACKLOG: usize = 4096;

/// Where to listen. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    woken: Notify,
    sender: broadcast::Sender<Arc<StoredRecord>>,
    /// Whether the reader runs.
    running: Mutex<bool>,
}

impl Live {
    /// Live records of a store.
    pub fn new(store: Store) -> Self {
        let (sender, _) = broadcast::channel(BACKLOG);
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
    pub async fn listen(&self) -> Result<broadcast::Receiver<Arc<StoredRecord>>> {
        let mut running = self.inner.running.lock().await;
        let receiver = self.inner.sender.subscribe();
        if !*running {
            let cursor = Cursor::at_end(&self.inner.store).await?;
            tokio::spawn(read(Arc::clone(&self.inner), cursor));
            *running = true;
        }
        Ok(receiver)
    }
}

/// Reads while somebody listens.
async fn read(inner: Arc<Inner>, mut cursor: Cursor) {
    loop {
        let more = match cursor.next(&inner.store).await {
            Ok(records) => {
                let more = !records.is_empty();
                for record in records {
                    // Nobody listening is looked at below.
                    let _ = inner.sender.send(Arc::new(record));
                }
                more
            }
            Err(error) => {
                tracing::warn!(error = error.inside(), "cannot read new records");
                false
            }
        };
        if !more {
            // Either way the database is looked at.
            let _ = tokio::time::timeout(POLL, inner.woken.notified()).await;
        }
        let mut running = inner.running.lock().await;
        if inner.sender.receiver_count() == 0 {
            *running = false;
            return;
        }
    }
}
