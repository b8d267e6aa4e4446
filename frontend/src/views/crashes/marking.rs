//! Marking frames of a backtrace as never guilty: tick, see what would happen, save, judge anew.

use leptos::prelude::*;
use telemetrics_common::guilties::Backtrace;
use telemetrics_common::never_guilty::{
    Accused, AddNeverGuilty, FramePattern, ListChange, NeverGuilty, RemoveNeverGuilty,
};

use super::frames::Boxes;
use super::judgement::Judgement;
use super::marks;
use super::preview::{AllMoves, Previewed, Previewing, Reason, written};
use super::wording;
use crate::api::{ApiError, call};
use crate::browser;
use crate::components::{Icon, Symbol};
use crate::reactive::{effect, memo, spawn};

/// Where the focus goes when a change is saved.
const SAVED_BUTTON: &str = "[data-testid=saved] button";

/// Where the editing stands.
#[derive(Clone, Copy)]
struct Editing {
    previewing: Previewing,
    reason: RwSignal<String>,
    error: RwSignal<Option<String>>,
    saved: RwSignal<bool>,
}

impl Editing {
    /// What is ticked is not what was looked at.
    fn forget(self) {
        self.previewing.forget();
        self.error.set(None);
    }

    /// Saves what was looked at, and ends the editing.
    fn save(self, judgement: Judgement, editing: RwSignal<Option<Boxes>>) {
        let Some(Previewed { change, all, .. }) = self.previewing.shown.get_untracked() else { return };
        let reason = written(self.reason);
        self.previewing.saving.set(true);
        spawn(async move {
            let saved = save_all(judgement, change, reason).await;
            self.previewing.saving.set(false);
            match saved {
                Ok(()) => {
                    judgement.moves.set(all.moves);
                    self.reason.set(String::new());
                    self.saved.set(true);
                    editing.set(None);
                    request_animation_frame(|| browser::focus(SAVED_BUTTON));
                }
                // What was saved before the failure is in the list by now: look again.
                Err(error) => {
                    self.forget();
                    self.error.set(Some(format!("Not all could be saved: {error}")));
                }
            }
        });
    }
}

/// The button that begins to edit, and what follows it.
#[component]
pub fn Marking(
    /// The record at hand.
    backtrace: StoredValue<Backtrace>,
    /// The boxes, while they are there.
    editing: RwSignal<Option<Boxes>>,
) -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let state = Editing {
        previewing: Previewing::new(),
        reason: RwSignal::new(String::new()),
        error: RwSignal::new(None),
        saved: RwSignal::new(false),
    };
    let begin = move || {
        let list = judgement.list.get_untracked();
        let ticked = backtrace.with_value(|backtrace| marks::ticked(&backtrace.frames, &list.frames));
        state.forget();
        state.saved.set(false);
        editing.set(Some(Boxes { ticked: RwSignal::new(ticked) }));
    };
    let record = backtrace.with_value(|backtrace| backtrace.record_id);
    let panel = format!("marking-{record}");
    view! {
        <button
            type="button"
            id=edit_id(record)
            class="button button--small judging"
            disabled=move || !judgement.progress().has_answer.get()
            aria-expanded=move || editing.get().is_some().to_string()
            aria-controls=panel.clone()
            on:click=move |_| if editing.get_untracked().is_some() { editing.set(None) } else { begin() }
        >
            {move || if editing.get().is_some() { "Stop editing" } else { "Edit never-guilty" }}
        </button>
        <div class="marking" id=panel>
            {move || editing.get().map(|boxes| view! { <Panel backtrace boxes editing state /> })}
            <Show when=move || state.saved.get()><Saved /></Show>
        </div>
    }
}

/// Id of the button that begins to edit.
fn edit_id(record: i64) -> String {
    format!("edit-{record}")
}

#[component]
fn Panel(
    backtrace: StoredValue<Backtrace>,
    boxes: Boxes,
    editing: RwSignal<Option<Boxes>>,
    state: Editing,
) -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let change = memo(move || {
        let ticked = boxes.ticked.get();
        judgement
            .list
            .with(|list| backtrace.with_value(|backtrace| marks::change(&backtrace.frames, &ticked, &list.frames)))
    });
    // What is ticked after a look at the outcome asks for another look.
    effect(move || {
        change.track();
        state.forget();
    });
    let record = backtrace.with_value(|backtrace| backtrace.record_id);
    let shown = state.previewing.shown;
    let error = move || state.error.get().or_else(|| state.previewing.error.get());
    view! {
        <div class="marking__panel">
            <p class="marking__hint">
                "Tick the frames that are never guilty, such as those that only report what went wrong. "
                "The first frame that is not ticked and has symbols is the guilty."
            </p>
            <Changes change />
            {move || shown.get().map(|preview| view! { <Outcome backtrace preview /> })}
            {move || error().map(|error| view! { <p class="field__error" role="alert">{error}</p> })}
            <Show when=move || shown.get().is_some()>
                <Reason reason=state.reason id=format!("reason-{record}") />
            </Show>
            <Actions record change editing state />
        </div>
    }
}

/// The buttons: look first, then save.
#[component]
fn Actions(record: i64, change: Memo<ListChange>, editing: RwSignal<Option<Boxes>>, state: Editing) -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let shown = state.previewing.shown;
    let is_empty = move || change.with(marks::is_empty);
    let preview = move |_| {
        state.error.set(None);
        state.previewing.look(ListChange { record_id: Some(record), ..change.get_untracked() });
    };
    let cancel = move |_| {
        editing.set(None);
        browser::focus(&format!("#{}", edit_id(record)));
    };
    view! {
        <div class="marking__actions">
            <button
                type="button"
                class="button"
                class:button--primary=move || shown.get().is_none()
                disabled=move || is_empty() || state.previewing.is_busy()
                on:click=preview
            >
                "Preview"
            </button>
            <Show when=move || shown.get().is_some()>
                <button
                    type="button"
                    class="button button--primary"
                    disabled=move || state.previewing.is_busy()
                    on:click=move |_| state.save(judgement, editing)
                >
                    "Save"
                </button>
            </Show>
            <button type="button" class="button" on:click=cancel>"Cancel"</button>
        </div>
    }
}

/// Saves entry by entry; the list is taken after each, so that a second try does the rest.
async fn save_all(judgement: Judgement, change: ListChange, reason: Option<String>) -> Result<(), ApiError> {
    let with_reason = |pattern: FramePattern| FramePattern { reason: reason.clone(), ..pattern };
    for pattern in change.add {
        judgement.take(call(&AddNeverGuilty {}, &with_reason(pattern)).await?);
    }
    for pattern in change.remove {
        judgement.take(call(&RemoveNeverGuilty {}, &with_reason(pattern)).await?);
    }
    Ok(())
}

/// The entries that come and go.
#[component]
fn Changes(change: Memo<ListChange>) -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let line = move |verb: &'static str, pattern: FramePattern| {
        let is_wide = pattern.function.contains('*') || pattern.module.contains('*');
        let is_shipped = judgement.list.with_untracked(|list| is_shipped(list, &pattern));
        view! {
            <li>
                {verb} " " <code>{wording::named(&pattern.function, &pattern.module)}</code>
                {is_shipped.then_some(", which is shipped")}
                {is_wide.then_some(": it covers other functions too")}
            </li>
        }
    };
    let lines = move || {
        let ListChange { add, remove, .. } = change.get();
        let added = add.into_iter().map(|pattern| line("Adds", pattern));
        let removed = remove.into_iter().map(|pattern| line("Takes out", pattern));
        added.chain(removed).collect_view()
    };
    view! { <ul class="marking__changes" aria-label="Changes of the list" aria-live="polite">{lines}</ul> }
}

fn is_shipped(list: &NeverGuilty, pattern: &FramePattern) -> bool {
    let is_it = |function: &str, module: &str| function == pattern.function && module == pattern.module;
    list.frames.iter().any(|entry| entry.shipped && is_it(&entry.function, &entry.module))
}

#[component]
fn Outcome(backtrace: StoredValue<Backtrace>, preview: Previewed) -> impl IntoView {
    let now = backtrace.with_value(|backtrace| {
        let frame = backtrace.guilty_frame.and_then(|place| backtrace.frames.get(usize::try_from(place).ok()?));
        frame.map(|frame| Accused { function: frame.function.clone(), module: frame.module.clone() })
    });
    let of_record = wording::of_record(&now.unwrap_or_default(), preview.record.as_ref());
    view! {
        <div class="outcome" role="status" data-testid="preview">
            <p>{of_record}</p>
            <AllMoves preview=preview.all />
        </div>
    }
}

/// Says that it is saved, and offers to judge anew.
#[component]
fn Saved() -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    view! {
        <Show when=move || judgement.is_changed() && !judgement.is_running()>
            <div class="notice" data-testid="saved">
                <Icon symbol=Symbol::Check />
                <p class="notice__text" role="status">
                    "Saved. Crashes stay where they are until they are judged anew."
                </p>
                <button type="button" class="button button--primary" on:click=move |_| judgement.recompute()>
                    "Recompute now"
                </button>
            </div>
        </Show>
    }
}
