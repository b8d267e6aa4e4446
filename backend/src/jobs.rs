//! The task that does what takes long, beside everything else: one job at a time, on whichever instance is free.

use std::sync::Arc;
use std::time::Duration;

use telemetrics_common::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::store::{Store, recompute};

/// How often jobs are looked for that other instances were asked for, or have left.
const POLL: Duration = Duration::from_secs(5);

/// The way to the task. Cheap to clone.
#[derive(Clone, Default)]
pub struct Jobs {
    woken: Arc<Notify>,
}

impl Jobs {
    /// Starts the task; it ends between two steps of its work when told to stop.
    pub fn start(&self, store: Store, clock: fn() -> Timestamp, stopping: CancellationToken) {
        let woken = Arc::clone(&self.woken);
        tokio::spawn(async move {
            let owner = format!("{:016x}", fastrand::u64(..));
            let look = async {
                loop {
                    match recompute::work(&store, &owner, clock).await {
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
