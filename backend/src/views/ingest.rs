//! How records come in. A page that is no tab.

use std::cmp::Reverse;

use telemetrics_common::facets::NameCount;
use telemetrics_common::ingest::{GetIngest, IngestStatus, Queue, Warning};

use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::metrics::COMMIT_MICROS;
use crate::store::{ingest, quarantine, room};

/// How full the quarantine, or the database's bound, may be before that is told, in percent.
const TOLD_FROM_PERCENT: u64 = 90;

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new().routes(endpoint::<GetIngest, _, _>(status))
}

async fn status(state: AppState, _: GetIngest, (): ()) -> Result<IngestStatus> {
    let results = state.metrics.results();
    let quarantined = quarantine::count(&state.store).await?;
    let count = |(name, records): (&str, u64)| NameCount { name: name.to_owned(), records, ..NameCount::default() };
    let mut reasons: Vec<NameCount> = state.metrics.reasons().into_iter().map(count).collect();
    reasons.sort_by_key(|reason| Reverse(reason.records));
    Ok(IngestStatus {
        since: state.watch.started(),
        results,
        minutes: state.watch.minutes(results),
        reasons,
        queue: queue(&state),
        quarantined,
        systems: ingest::last_seen(&state.store).await?,
        warnings: warnings(&state, quarantined).await?,
    })
}

fn queue(state: &AppState) -> Queue {
    let metrics = &state.metrics;
    let (commits, batches) = (&metrics.commits, &metrics.batches);
    Queue {
        waiting: state.writer.waiting(),
        capacity: state.config.queue_capacity as u64,
        age_millis: metrics.queue_age_micros.get() as f64 / 1e3,
        commits: commits.count(),
        records_per_commit: batches.sum() as f64 / batches.count().max(1) as f64,
        commit_median_millis: commits.quantile(&COMMIT_MICROS, 0.5) / 1e3,
        commit_p99_millis: commits.quantile(&COMMIT_MICROS, 0.99) / 1e3,
    }
}

async fn warnings(state: &AppState, quarantined: u64) -> Result<Vec<Warning>> {
    let mut warnings = Vec::new();
    let mut warn = |kind: &str, message: String| warnings.push(Warning { kind: kind.to_owned(), message });
    if let Err(error) = state.watch.check_disk() {
        warn("disk", format!("No records are taken: {error}."));
    }
    let most = state.config.max_quarantine;
    if quarantined >= (most.saturating_mul(TOLD_FROM_PERCENT) / 100).max(1) {
        warn(
            "quarantine",
            format!("{quarantined} of at most {most} records are in quarantine; then further ones have to wait."),
        );
    }
    let ceiling = state.config.retention.max_database_size;
    if room::is_above(&state.store, ceiling.map(|bytes| bytes / 100 * TOLD_FROM_PERCENT)).await? {
        let bytes = ceiling.unwrap_or_default() / 1_000_000;
        warn(
            "ceiling",
            format!("The database is near its bound of {bytes} MB: the oldest records of the lowest severity go."),
        );
    }
    if state.store.has_replica() == Some(false) {
        warn(
            "replica",
            "The read database is away or behind: lists, exports and charts read the database itself.".to_owned(),
        );
    }
    for (view, batches) in state.store.lost_by_hooks() {
        warn("hook", format!("The view `{view}` has failed to count {batches} batches of records; the log says why."));
    }
    warnings.extend(ingest::met_bounds(&state.store).await?);
    Ok(warnings)
}
