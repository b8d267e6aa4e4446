//! The never-guilty list, and the work of judging all crashes by it anew. Shared by all pages of the view.

use leptos::prelude::*;
use telemetrics_common::guilties::{Recompute, Reset};
use telemetrics_common::jobs::{Job, JobState, StartedJob};
use telemetrics_common::never_guilty::{ListNeverGuilty, Move, NeverGuilty};

use crate::answer::{Answer, Progress};
use crate::api::{ApiError, call};
use crate::components::{ErrorBox, Icon, Symbol, Toasts};
use crate::jobs;
use crate::reactive::{effect, memo, spawn};

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
    toasts: Toasts,
}

impl Judgement {
    /// Makes it, for all components below.
    pub fn provide() -> Self {
        let turn = RwSignal::new(0);
        let answer = Answer::of(memo(move || Some(turn.get())), |_| ListNeverGuilty {});
        let list = answer.memo(|_, list| list.clone());
        let (work, moves) = (RwSignal::new(Work::Idle), RwSignal::new(Vec::new()));
        let judgement = Self { answer, list, work, turn, moves, toasts: Toasts::of_page() };
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
        let toasts = self.toasts;
        spawn(async move {
            let job = jobs::run(start, move |job| {
                self.work.try_set(Work::Running(job));
            });
            let outcome = match job.await {
                Ok(_) => Work::Done,
                Err(message) => Work::Failed(message),
            };
            match self.work.try_set(outcome) {
                None => self.turn.update(|turn| *turn = turn.wrapping_add(1)),
                // The view has been left by now.
                Some(Work::Failed(message)) => {
                    toasts.failed(format!("The crashes could not be judged anew: {message}"));
                }
                Some(_) => toasts.done("All crashes were judged anew."),
            }
        });
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
            <p class="notice__text">"Judging all crashes anew: " {jobs::progress(job)}</p>
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
