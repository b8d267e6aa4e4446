//! What people say about a guilty: a comment, and whether it is hidden.

use leptos::ev;
use leptos::prelude::*;
use telemetrics_common::guilties::{GuiltyPatch, MAX_COMMENT_CHARS, PatchGuilty};

use super::guilty::GuiltyAnswer;
use crate::api::{ApiError, call};
use crate::browser;
use crate::components::{Icon, Symbol};
use crate::reactive::spawn;

const FIELD: &str = "comment-field";

/// Changes what is said, and takes it over when the server has.
async fn patch(guilty: GuiltyAnswer, id: i64, patch: GuiltyPatch) -> Result<(), ApiError> {
    let entry = call(&PatchGuilty { id }, &patch).await?;
    guilty.update(|guilty| {
        guilty.comment = entry.comment;
        guilty.hidden = entry.hidden;
    });
    Ok(())
}

/// The comment, edited in its place.
#[component]
pub fn Comment(
    /// The guilty's id.
    id: i64,
    /// The guilty.
    guilty: GuiltyAnswer,
) -> impl IntoView {
    let editing = RwSignal::new(false);
    let comment = guilty.memo(|_, guilty| guilty.comment.clone());
    let edit = move |_| {
        editing.set(true);
        request_animation_frame(|| browser::focus(&format!("#{FIELD}")));
    };
    let shown = move || {
        let is_empty = comment.with(String::is_empty);
        let text = if is_empty { "No comment yet".to_owned() } else { comment.get() };
        let label = if is_empty { "Add comment" } else { "Edit comment" };
        view! {
            <p class="comment__text" class:muted=is_empty data-testid="comment">{text}</p>
            <button type="button" class="button button--small judging" data-focus="edit-comment" on:click=edit>{label}</button>
        }
    };
    view! {
        <div class="comment">
            {move || if editing.get() {
                view! { <Editor id guilty comment editing /> }.into_any()
            } else {
                shown().into_any()
            }}
        </div>
    }
}

#[component]
fn Editor(id: i64, guilty: GuiltyAnswer, comment: Memo<String>, editing: RwSignal<bool>) -> impl IntoView {
    let text = RwSignal::new(comment.get_untracked());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let length = move || text.with(|text| text.trim().chars().count());
    let is_long = move || length() > MAX_COMMENT_CHARS;
    let close = move || {
        editing.set(false);
        request_animation_frame(|| browser::focus("[data-focus=edit-comment]"));
    };
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let comment = text.get_untracked().trim().to_owned();
        if comment.chars().count() > MAX_COMMENT_CHARS || busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn(async move {
            let saved = patch(guilty, id, GuiltyPatch { comment: Some(comment), hidden: None }).await;
            busy.set(false);
            match saved {
                Ok(()) => close(),
                Err(failed) => error.set(Some(failed.to_string())),
            }
        });
    };
    let key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            close();
        }
    };
    view! {
        <form class="comment__form" on:submit=save on:keydown=key>
            <div class="field comment__field">
                <label class="field__label" for=FIELD>"Comment"</label>
                <input
                    id=FIELD
                    class="input"
                    type="text"
                    autocomplete="off"
                    aria-describedby="comment-length comment-error"
                    aria-invalid=move || is_long().to_string()
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                />
                <p class="field__hint" class:field__hint--wrong=is_long id="comment-length">
                    {move || format!("{} of {MAX_COMMENT_CHARS} characters", length())}
                </p>
                <p class="field__error" id="comment-error" aria-live="polite">{move || error.get()}</p>
            </div>
            <div class="comment__actions">
                <button type="submit" class="button button--primary" disabled=move || is_long() || busy.get()>
                    "Save"
                </button>
                <button type="button" class="button" on:click=move |_| close()>"Cancel"</button>
            </div>
        </form>
    }
}

/// The button that hides a guilty or shows it again, with a way back.
#[component]
pub fn Hide(
    /// The guilty's id.
    id: i64,
    /// The guilty.
    guilty: GuiltyAnswer,
    /// What to say after a click.
    notice: RwSignal<Option<Hiding>>,
) -> impl IntoView {
    let is_hidden = guilty.memo(|_, guilty| guilty.hidden);
    view! {
        <button type="button" class="button judging" on:click=move |_| set_hidden(guilty, id, !is_hidden.get_untracked(), notice)>
            {move || if is_hidden.get() { "Unhide" } else { "Hide" }}
        </button>
    }
}

/// What came of hiding.
#[derive(Clone, Debug, PartialEq)]
pub enum Hiding {
    /// It is hidden now.
    Hidden,
    /// It is shown again.
    Shown,
    /// It could not be changed.
    Failed(String),
}

fn set_hidden(guilty: GuiltyAnswer, id: i64, hidden: bool, notice: RwSignal<Option<Hiding>>) {
    spawn(async move {
        let outcome = match patch(guilty, id, GuiltyPatch { comment: None, hidden: Some(hidden) }).await {
            Ok(()) if hidden => Hiding::Hidden,
            Ok(()) => Hiding::Shown,
            Err(error) => Hiding::Failed(error.to_string()),
        };
        notice.set(Some(outcome));
    });
}

/// Says what came of hiding, and takes it back.
#[component]
pub fn HideNotice(
    /// The guilty's id.
    id: i64,
    /// The guilty.
    guilty: GuiltyAnswer,
    /// What came of it.
    notice: RwSignal<Option<Hiding>>,
) -> impl IntoView {
    let undo = move |hidden: bool| {
        view! {
            <button type="button" class="button button--small" on:click=move |_| set_hidden(guilty, id, hidden, notice)>
                "Undo"
            </button>
        }
    };
    let shown = move || {
        notice.get().map(|notice| match notice {
            Hiding::Hidden => view! {
                <div class="notice">
                    <Icon symbol=Symbol::Check />
                    <p class="notice__text">"Hidden: it is left out of the table of crashes."</p>
                    {undo(false)}
                </div>
            }
            .into_any(),
            Hiding::Shown => view! {
                <div class="notice">
                    <Icon symbol=Symbol::Check />
                    <p class="notice__text">"Shown again in the table of crashes."</p>
                    {undo(true)}
                </div>
            }
            .into_any(),
            Hiding::Failed(error) => view! {
                <div class="notice notice--warn">
                    <Icon symbol=Symbol::Alert />
                    <p class="notice__text">"That could not be changed: " {error}</p>
                </div>
            }
            .into_any(),
        })
    };
    view! { <div role="status">{shown}</div> }
}
