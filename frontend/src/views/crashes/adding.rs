//! The form that adds an entry to the never-guilty list, after a look at what it would do.

use leptos::ev;
use leptos::prelude::*;
use telemetrics_common::never_guilty::{AddNeverGuilty, FramePattern, ListChange};

use super::judgement::Judgement;
use super::preview::{Previewed, Previewing, Proposal, Reason, written};
use super::wording::named;
use crate::api::call;
use crate::browser;
use crate::components::Field;
use crate::reactive::{effect, spawn};

const FUNCTION: &str = "add-function";
const MODULE: &str = "add-module";

/// The texts of the form and what came of it.
#[derive(Clone, Copy)]
struct Form {
    function: RwSignal<String>,
    module: RwSignal<String>,
    reason: RwSignal<String>,
    previewing: Previewing,
    error: RwSignal<Option<String>>,
    added: RwSignal<Option<String>>,
}

impl Form {
    fn new() -> Self {
        Self {
            function: RwSignal::new(String::new()),
            module: RwSignal::new(String::new()),
            reason: RwSignal::new(String::new()),
            previewing: Previewing::new(),
            error: RwSignal::new(None),
            added: RwSignal::new(None),
        }
    }

    fn pattern(self) -> FramePattern {
        let text = |signal: RwSignal<String>| signal.get().trim().to_owned();
        FramePattern { function: text(self.function), module: text(self.module), reason: None }
    }

    /// Whether both parts say something; a star says anything.
    fn is_complete(self) -> bool {
        let pattern = self.pattern();
        !pattern.function.is_empty() && !pattern.module.is_empty()
    }

    /// What is written is not what was looked at.
    fn forget(self) {
        self.previewing.forget();
        self.error.set(None);
    }

    fn look(self) {
        let pattern = untrack(|| self.pattern());
        self.forget();
        self.added.set(None);
        self.previewing.look(ListChange { add: vec![pattern], ..ListChange::default() });
    }

    fn add(self, judgement: Judgement) {
        let Some(Previewed { change, all, .. }) = self.previewing.shown.get_untracked() else { return };
        let Some(pattern) = change.add.into_iter().next() else { return };
        let body = FramePattern { reason: written(self.reason), ..pattern };
        self.previewing.saving.set(true);
        spawn(async move {
            match call(&AddNeverGuilty {}, &body).await {
                Ok(list) => {
                    judgement.take(list);
                    judgement.moves.set(all.moves);
                    for text in [self.function, self.module, self.reason] {
                        text.set(String::new());
                    }
                    self.forget();
                    self.added.set(Some(named(&body.function, &body.module)));
                    browser::focus(&format!("#{FUNCTION}"));
                }
                Err(error) => self.error.set(Some(error.to_string())),
            }
            self.previewing.saving.set(false);
        });
    }
}

/// The form.
#[component]
pub fn AddForm() -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let form = Form::new();
    let previewing = form.previewing;
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if untrack(|| form.is_complete() && !previewing.is_busy()) {
            form.look();
        }
    };
    // A look at another entry has to be taken when one of its parts changes.
    effect(move || {
        form.function.track();
        form.module.track();
        form.forget();
    });
    let shown = previewing.shown;
    view! {
        <section class="card judging" aria-labelledby="add-title">
            <h2 class="section-title" id="add-title">"Add an entry"</h2>
            <form class="add-form" on:submit=submit>
                <Field id=FUNCTION label="Function" placeholder="g_log*" text=form.function code=true />
                <Field id=MODULE label="Module" placeholder="*libglib-2.0.so*" text=form.module code=true />
                <Reason reason=form.reason id="add-reason" />
                <button
                    type="submit"
                    class="button"
                    class:button--primary=move || shown.get().is_none()
                    disabled=move || !form.is_complete() || previewing.is_busy()
                >
                    "Preview"
                </button>
            </form>
            <p class="field__hint">
                "A star stands for any text, and there is no other wildcard. Write C++ and Rust names demangled."
            </p>
            <Proposal previewing testid="preview" verb="Add to the list"
                make=Callback::new(move |()| form.add(judgement)) />
            <p class="field__error" role="alert">
                {move || form.error.get().or_else(|| previewing.error.get())}
            </p>
            <p class="muted" role="status">
                {move || form.added.get().map(|name| format!("{name} is never guilty from now on."))}
            </p>
        </section>
    }
}
