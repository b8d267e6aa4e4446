//! The task that does what takes long, beside everything else: one job at a time, on whichever instance is free.

use std::sync::Arc;
use std::time::Duration;

use telemetrics_common::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::in_force::InForce;
use crate::metrics::Metrics;
use crate::store::jobs::new_owner;
use crate::store::{Store, recompute, retention, room};

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

/// What the task works with.
pub struct Work {
    /// Where records are kept.
    pub store: Store,
    /// Has how long.
    pub in_force: InForce,
    /// The largest that the database may become, in bytes.
    pub ceiling: Option<u64>,
    /// Where it is counted.
    pub metrics: Arc<Metrics>,
    /// The server's clock.
    pub clock: fn() -> Timestamp,
}

impl Jobs {
    /// Starts the task; it ends between two steps of its work when told to stop.
    pub fn start(&self, work: Work, stopping: CancellationToken) {
        let woken = Arc::clone(&self.woken);
        tokio::spawn(async move {
            let owner = new_owner();
            let first_purge = (work.clock)().millis() + PURGE_AFTER_MILLIS;
            let look = async {
                loop {
                    match work.next(&owner, first_purge).await {
                        Ok(true) => continue,
                        Ok(false) => {}
                        Err(error) => {
                            work.metrics.broken_jobs.add(1);
                            tracing::error!(?error, "a job broke off");
                        }
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

impl Work {
    /// Works on what waits. Says whether there was something to do.
    async fn next(&self, owner: &str, first_purge: i64) -> Result<bool> {
        let (store, clock) = (&self.store, self.clock);
        if clock().millis() >= first_purge {
            retention::ask_daily(store, clock()).await?;
            if room::needs_purge(store, self.ceiling).await? {
                retention::ask(store).await?;
            }
        }
        if recompute::work(store, owner, clock).await? {
            self.metrics.recomputes.add(1);
            return Ok(true);
        }
        let settings = self.in_force.now();
        let Some(records) = retention::work(store, &settings.retention, self.ceiling, owner, clock).await? else {
            return Ok(false);
        };
        self.metrics.purged.add(records);
        self.metrics.purges.add(1);
        self.metrics.purged_at.set(u64::try_from(clock().seconds()).unwrap_or(0));
        Ok(true)
    }
}
