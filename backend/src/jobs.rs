//! The task that does what takes long, beside everything else: one job at a time, on whichever instance is free.

use std::sync::Arc;
use std::time::Duration;

use telemetrics_common::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::retention::Retention;
use crate::store::{self, Store, recompute};

/// How often jobs are looked for that other instances were asked for, or have left.
const POLL: Duration = Duration::from_secs(5);

/// How long after its start a server first looks whether records are to be purged, in milliseconds: who has started it
/// with a wrong setting can still stop it.
const PURGE_AFTER_MILLIS: i64 = 3_600_000;

/// The way to the task. Cheap to clone.
#[derive(Clone, Default)]
pub struct Jobs {
    woken: Arc<Notify>,
}

impl Jobs {
    /// Starts the task; it ends between two steps of its work when told to stop.
    pub fn start(&self, store: Store, retention: Retention, clock: fn() -> Timestamp, stopping: CancellationToken) {
        let woken = Arc::clone(&self.woken);
        tokio::spawn(async move {
            let owner = format!("{:016x}", fastrand::u64(..));
            let first_purge = clock().millis() + PURGE_AFTER_MILLIS;
            let look = async {
                loop {
                    match work(&store, &retention, &owner, clock, first_purge).await {
                        Ok(true) => continue,
                        Ok(false) => {}
                        Err(error) => tracing::error!(?error, "a job broke off"),
                    }
                    // Either way jobs are looked for.
                    let _ = tokio::time::timeout(POLL, woken.notified()).await;
                }
            };
            tokio::select! {
                () = look => {}
                () = stopping.cancelled() => {}
            }
        });
    }

    /// Says that there is something to do.
    pub fn wake(&self) {
        self.woken.notify_one();
    }
}

/// Works on what waits. Says whether there was something to do.
async fn work(
    store: &Store,
    retention: &Retention,
    owner: &str,
    clock: fn() -> Timestamp,
    first_purge: i64,
) -> Result<bool> {
    if clock().millis() >= first_purge {
        store::retention::ask_daily(store, clock()).await?;
    }
    Ok(recompute::work(store, owner, clock).await? || store::retention::work(store, retention, owner, clock).await?)
}
