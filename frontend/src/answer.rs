//! The answer to a call, kept while the next one is on its way.

use leptos::prelude::*;
use telemetrics_common::Endpoint;

use crate::api::{ApiError, call};
use crate::components::ErrorBox;
use crate::reactive::{effect, memo, spawn_here};
use crate::renewal::Renewal;

/// How far an answer is, whatever it is about.
#[derive(Clone, Copy)]
pub struct Progress {
    /// Whether there is an answer, be it one to an earlier question.
    pub has_answer: Memo<bool>,
    /// Whether an answer is on its way.
    pub is_loading: RwSignal<bool>,
    /// Why the last question has no answer.
    pub error: RwSignal<Option<ApiError>>,
    turn: RwSignal<u32>,
}

impl Progress {
    /// Asks the same again.
    pub fn retry(self) {
        self.turn.update(|turn| *turn = turn.wrapping_add(1));
    }
}

/// The last answer together with what was asked for, so that links belong to the numbers that are shown.
pub struct Answer<P: Send + Sync + 'static, T: Send + Sync + 'static> {
    last: RwSignal<Option<(P, T)>>,
    /// How far the next one is.
    pub progress: Progress,
}

impl<P: Send + Sync, T: Send + Sync> Clone for Answer<P, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Send + Sync, T: Send + Sync> Copy for Answer<P, T> {}

impl<P, T> Answer<P, T>
where
    P: Clone + PartialEq + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// Asks the server now, whenever the parameters change, and when the page is renewed. Without any, it waits.
    pub fn of<E>(params: Memo<Option<P>>, to_call: fn(&P) -> E) -> Self
    where
        E: Endpoint<Body = (), Response = T> + 'static,
    {
        let last = RwSignal::new(None);
        let has_answer = memo(move || last.with(Option::is_some));
        let progress = Progress {
            has_answer,
            is_loading: RwSignal::new(true),
            error: RwSignal::new(None),
            turn: RwSignal::new(0),
        };
        let answer = Self { last, progress };
        let renewal = Renewal::of_page();
        let mut asked = None;
        // The effect runs again when something else is wanted, which also ends the request under way.
        effect(move || {
            progress.turn.track();
            renewal.track();
            let params = params.get();
            if params != asked {
                // What went wrong belongs to what was asked for before.
                progress.error.set(None);
                asked.clone_from(&params);
            }
            progress.is_loading.set(params.is_some());
            if let Some(params) = params {
                let question = to_call(&params);
                spawn_here(async move { answer.take(params, call(&question, &()).await) });
            }
        });
        answer
    }

    fn take(self, params: P, answer: Result<T, ApiError>) {
        match answer {
            Ok(answer) => {
                self.last.set(Some((params, answer)));
                self.progress.error.set(None);
            }
            Err(error) => self.progress.error.set(Some(error)),
        }
        self.progress.is_loading.set(false);
    }

    /// Changes the answer by what the server says that has become of it since.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        self.last.update(|last| {
            if let Some((_, answer)) = last {
                change(answer);
            }
        });
    }

    /// What is to be made of the answer; what is usual for `R` before the first one.
    pub fn memo<R>(self, make: impl Fn(&P, &T) -> R + Send + Sync + 'static) -> Memo<R>
    where
        R: Clone + Default + PartialEq + Send + Sync + 'static,
    {
        memo(move || {
            self.last.with(|last| last.as_ref().map(|(params, answer)| make(params, answer)).unwrap_or_default())
        })
    }
}

/// What is made of an answer, in each state that it can be in.
#[component]
pub fn Answered(
    /// How far the answer is.
    progress: Progress,
    /// What could not be done when there is none: `The builds could not be loaded`.
    failure: &'static str,
    /// What is shown until the first answer is there.
    #[prop(into)]
    skeleton: ViewFn,
    /// What is shown then.
    children: ChildrenFn,
) -> impl IntoView {
    let retry = Callback::new(move |()| progress.retry());
    let error = move || {
        progress.error.get().map(|error| {
            view! { <ErrorBox title=failure message=error.to_string() retry /> }
        })
    };
    let waits = move || progress.is_loading.get() && progress.error.with(Option::is_none);
    let skeleton = move || waits().then(|| skeleton.run());
    // The controls already say what was asked for since.
    let is_old =
        move || progress.has_answer.get() && (progress.is_loading.get() || progress.error.with(Option::is_some));
    view! {
        {error}
        <div
            class="answer"
            class:answer--old=is_old
            aria-busy=move || progress.is_loading.get().to_string()
        >
            <Show when=move || progress.has_answer.get() fallback=skeleton>{children()}</Show>
        </div>
    }
}
