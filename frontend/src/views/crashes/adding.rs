//! The form that adds an entry to the never-guilty list, after a look at what it would do.

use leptos::ev;
use leptos::prelude::*;
use telemetrics_common::never_guilty::{AddNeverGuilty, FramePattern, ListChange};

use super::judgement::Judgement;
use super::preview::{AllMoves, Previewed, Previewing, Reason, written};
use super::wording::named;
use crate::api::call;
use crate::browser;
use crate::reactive::spawn;

const FUNCTION: &str = "add-function";
const MODULE: &str = "add-module";

/// The texts of the form and what came of it.
#[derive(Clone, Copy)]
struct Form {
    function: RwSignal<String>,
    module: RwSignal<String>,
    reason: RwSignal<String>,
    previewing: Previewing,
    saving: RwSignal<bool>,
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
            saving: RwSignal::new(false),
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

    fn is_busy(self) -> bool {
        self.previewing.busy.get() || self.saving.get()
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
        self.saving.set(true);
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
            self.saving.set(false);
        });
    }
}

/// The form.
#[component]
pub fn AddForm() -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let form = Form::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if untrack(|| form.is_complete() && !form.is_busy()) {
            form.look();
        }
    };
    let shown = form.previewing.shown;
    view! {
        <section class="card judging" aria-labelledby="add-title">
            <h2 class="section-title" id="add-title">"Add an entry"</h2>
            <form class="add-form" on:submit=submit>
                <PatternField id=FUNCTION label="Function" placeholder="g_log*" text=form.function form />
                <PatternField id=MODULE label="Module" placeholder="*libglib-2.0.so*" text=form.module form />
                <Reason reason=form.reason id="add-reason" />
                <button
                    type="submit"
                    class="button"
                    class:button--primary=move || shown.get().is_none()
                    disabled=move || !form.is_complete() || form.is_busy()
                >
                    "Preview"
                </button>
            </form>
            <p class="field__hint">
                "A star stands for any text, and there is no other wildcard. Write C++ and Rust names demangled."
            </p>
            {move || shown.get().map(|preview| view! {
                <div class="outcome" role="status" data-testid="preview">
                    <AllMoves preview=preview.all />
                    <button type="button" class="button button--primary" disabled=move || form.is_busy()
                        on:click=move |_| form.add(judgement)>"Add to the list"</button>
                </div>
            })}
            <p class="field__error" role="alert">
                {move || form.error.get().or_else(|| form.previewing.error.get())}
            </p>
            <p class="muted" role="status">
                {move || form.added.get().map(|name| format!("{name} is never guilty from now on."))}
            </p>
        </section>
    }
}

/// A part of the entry; a look at another one has to be taken when it changes.
#[component]
fn PatternField(
    id: &'static str,
    label: &'static str,
    placeholder: &'static str,
    text: RwSignal<String>,
    form: Form,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            <input
                id=id
                class="input input--code"
                type="text"
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                prop:value=move || text.get()
                on:input=move |event| {
                    text.set(event_target_value(&event));
                    form.forget();
                }
            />
        </div>
    }
}
