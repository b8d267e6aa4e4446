//! Work that the server does in the background, followed until it ends.

use std::time::Duration;

use gloo_timers::future::sleep;
use telemetrics_common::jobs::{GetJob, Job, JobState, StartedJob};

use crate::api::{ApiError, call};
use crate::format;

/// How long from one look at the job to the next. The first looks are closer, since most jobs are short.
const POLL: Duration = Duration::from_secs(1);
const FIRST_POLL: Duration = Duration::from_millis(125);
/// How many looks may fail in a row: the job goes on while the server is away for a moment.
const MAX_FAILURES: u32 = 5;

/// Starts a job and waits for its end, whatever page is open by then. Gives the job as it was then, or says why it
/// could not be done.
pub async fn run(
    start: impl Future<Output = Result<StartedJob, ApiError>>,
    on_progress: impl Fn(Job),
) -> Result<Job, String> {
    let id = start.await.map_err(|error| error.to_string())?.job;
    let (mut pause, mut failures) = (FIRST_POLL, 0);
    loop {
        match call(&GetJob { id }, &()).await {
            Ok(job) if job.state == JobState::Done => return Ok(job),
            Ok(Job { state: JobState::Failed, .. }) => {
                return Err("The server could not do it; its log says why.".to_owned());
            }
            Ok(job) => {
                failures = 0;
                on_progress(job);
            }
            Err(error) => {
                failures += 1;
                if failures >= MAX_FAILURES {
                    return Err(error.to_string());
                }
            }
        }
        sleep(pause).await;
        pause = POLL.min(pause * 2);
    }
}

/// How far a job is, in words.
pub fn progress(job: Job) -> String {
    match job {
        Job { state: JobState::Queued, .. } | Job { total: 0, .. } => "about to begin".to_owned(),
        Job { done, total, .. } => format!("{} of {}", format::number(done.min(total)), format::number(total)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told() {
        let check = |state: JobState, done: u64, total: u64, text: &str| {
            assert_eq!(progress(Job { state, done, total }), text);
        };
        check(JobState::Queued, 0, 0, "about to begin");
        check(JobState::Running, 0, 0, "about to begin");
        check(JobState::Running, 1000, 12_345, "1,000 of 12,345");
        check(JobState::Running, 20, 10, "10 of 10");
    }
}
