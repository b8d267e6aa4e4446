//! The never-guilty list, and the work of judging all crashes by it anew. Shared by all pages of the view.

use std::time::Duration;

use gloo_timers::future::sleep;
use leptos::prelude::*;
use telemetrics_common::guilties::{Recompute, Reset};
use telemetrics_common::jobs::{GetJob, Job, JobState, StartedJob};
use telemetrics_common::never_guilty::{ListNeverGuilty, Move, NeverGuilty};

use crate::answer::{Answer, Progress};
use crate::api::{ApiError, call};
use crate::components::{ErrorBox, Icon, Symbol};
use crate::format;
use crate::reactive::{effect, memo, spawn};

/// How long from one look at the job to the next. The first looks are closer, since most jobs are short.
const POLL: Duration = Duration::from_secs(1);
const FIRST_POLL: Duration = Duration::from_millis(125);
/// How many looks may fail in a row: the job goes on while the server is away for a moment.
const MAX_FAILURES: u32 = 5;

/// Where the work stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Nobody has asked for it.
    Idle,
    /// On its way.
    Running(Job),
    /// Done since this view was opened.
    Done,
    /// Not done.
    Failed(String),
}

/// Shared by context.
#[derive(Clone, Copy)]
pub struct Judgement {
    answer: Answer<u32, NeverGuilty>,
    /// The list; empty until it is known.
    pub list: Memo<NeverGuilty>,
    /// Where the work stands.
    pub work: RwSignal<Work>,
    /// Grows when crashes have been judged anew, so that pages ask again.
    pub turn: RwSignal<u32>,
    /// What the last change of the list that was previewed here moves.
    pub moves: RwSignal<Vec<Move>>,
}

impl Judgement {
    /// Makes it, for all components below.
    pub fn provide() -> Self {
        let turn = RwSignal::new(0);
        let answer = Answer::of(memo(move || Some(turn.get())), |_| ListNeverGuilty {});
        let list = answer.memo(|_, list| list.clone());
        let judgement = Self { answer, list, work: RwSignal::new(Work::Idle), turn, moves: RwSignal::new(Vec::new()) };
        judgement.follow_others();
        provide_context(judgement);
        judgement
    }

    /// Shows work that was begun elsewhere: before the page was loaded anew, or by somebody else.
    fn follow_others(self) {
        let job = self.answer.memo(|_, list| list.job);
        effect(move || {
            if let Some(job) = job.get()
                && !untrack(|| self.is_running())
            {
                self.follow(async move { Ok(StartedJob { job }) });
            }
        });
    }

    /// How far the list is.
    pub fn progress(self) -> Progress {
        self.answer.progress
    }

    /// Takes the list as a change has left it.
    pub fn take(self, list: NeverGuilty) {
        self.answer.update(|last| *last = list);
        self.work.update(|work| {
            if *work == Work::Done {
                *work = Work::Idle;
            }
        });
    }

    /// Whether crashes are being judged.
    pub fn is_running(self) -> bool {
        self.work.with(|work| matches!(work, Work::Running(_)))
    }

    /// Whether the list has changed since crashes were judged.
    pub fn is_changed(self) -> bool {
        self.list.with(|list| list.changed)
    }

    /// Judges all crashes anew.
    pub fn recompute(self) {
        self.follow(async { call(&Recompute {}, &()).await });
    }

    /// Takes back everything that people have said, and judges all crashes anew.
    pub fn reset(self) {
        self.moves.set(Vec::new());
        self.follow(async { call(&Reset {}, &()).await });
    }

    fn follow(self, start: impl Future<Output = Result<StartedJob, ApiError>> + 'static) {
        self.work.set(Work::Running(Job::default()));
        spawn(async move {
            let outcome = match start.await {
                Ok(StartedJob { job }) => self.wait_for(job).await,
                Err(error) => Err(error.to_string()),
            };
            // Nothing happens where the view has been left by now.
            self.work.set(match outcome {
                Ok(()) => Work::Done,
                Err(message) => Work::Failed(message),
            });
            self.turn.update(|turn| *turn = turn.wrapping_add(1));
        });
    }

    async fn wait_for(self, id: i64) -> Result<(), String> {
        let (mut pause, mut failures) = (FIRST_POLL, 0);
        loop {
            match call(&GetJob { id }, &()).await {
                Ok(Job { state: JobState::Done, .. }) => return Ok(()),
                Ok(Job { state: JobState::Failed, .. }) => {
                    return Err("The server could not do it; its log says why.".to_owned());
                }
                Ok(job) => {
                    failures = 0;
                    if self.work.try_set(Work::Running(job)).is_some() {
                        return Ok(());
                    }
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
}

/// How far a job is, in words.
fn progress(job: Job) -> String {
    match job {
        Job { state: JobState::Queued, .. } | Job { total: 0, .. } => "about to begin".to_owned(),
        Job { done, total, .. } => format!("{} of {}", format::number(done.min(total)), format::number(total)),
    }
}

/// Says that the list has changed, how far the work is, and what came of it.
#[component]
pub fn JudgementBar() -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let bar = move || match judgement.work.get() {
        Work::Running(job) => view! { <JobProgress job /> }.into_any(),
        Work::Failed(message) => view! {
            <ErrorBox
                title="The crashes could not be judged anew"
                message
                retry=Callback::new(move |()| judgement.recompute())
            />
        }
        .into_any(),
        Work::Idle | Work::Done if judgement.is_changed() => view! {
            <div class="notice notice--warn" data-testid="list-changed">
                <Icon symbol=Symbol::Alert />
                <p class="notice__text">"The never-guilty list has changed since the crashes were judged."</p>
                <button type="button" class="button button--primary judging" on:click=move |_| judgement.recompute()>
                    "Recompute"
                </button>
            </div>
        }
        .into_any(),
        Work::Done => view! {
            <div class="notice" data-testid="judged">
                <Icon symbol=Symbol::Check />
                <p class="notice__text">"All crashes were judged by the never-guilty list as it is now."</p>
                <button type="button" class="button button--small" on:click=move |_| judgement.work.set(Work::Idle)>
                    "Close"
                </button>
            </div>
        }
        .into_any(),
        Work::Idle => ().into_any(),
    };
    let told = memo(move || match judgement.work.get() {
        Work::Running(_) => "Judging all crashes anew",
        Work::Done => "All crashes were judged anew",
        Work::Idle | Work::Failed(_) => "",
    });
    view! {
        <p class="sr-only" role="status">{told}</p>
        {bar}
    }
}

#[component]
fn JobProgress(job: Job) -> impl IntoView {
    let begun = job.total > 0 && job.state != JobState::Queued;
    view! {
        <div class="notice" data-testid="judging">
            <p class="notice__text">"Judging all crashes anew: " {progress(job)}</p>
            // Without a value it shows that there is work of unknown length.
            <progress
                class="notice__progress"
                aria-label="Crashes judged anew"
                max=begun.then_some(job.total)
                value=begun.then_some(job.done.min(job.total))
            ></progress>
        </div>
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
