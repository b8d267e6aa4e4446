//! What people say about a guilty: a comment, and whether it is hidden.

use leptos::ev;
use leptos::prelude::*;
use telemetrics_common::guilties::{GuiltyPatch, MAX_COMMENT_CHARS, PatchGuilty};

use super::guilty::GuiltyAnswer;
use crate::api::call;
use crate::browser;
use crate::components::Toasts;
use crate::reactive::spawn;

const FIELD: &str = "comment-field";

/// A guilty of which something is said.
#[derive(Clone, Copy)]
struct Subject {
    id: i64,
    guilty: GuiltyAnswer,
    toasts: Toasts,
}

impl Subject {
    fn of_page(id: i64, guilty: GuiltyAnswer) -> Self {
        Self { id, guilty, toasts: Toasts::of_page() }
    }

    /// Shows a change at once, and takes it back where the server does not make it.
    fn change(self, to: Said, from: Said) {
        self.show(&to);
        spawn(async move {
            match call(&PatchGuilty { id: self.id }, &to.patch()).await {
                Ok(entry) => {
                    self.guilty.update(|guilty| {
                        guilty.comment = entry.comment;
                        guilty.hidden = entry.hidden;
                    });
                    self.toasts.undoable(to.done(), move || self.change(from.clone(), to.clone()));
                }
                Err(error) => {
                    self.show(&from);
                    let text = format!("{} {error}", to.not_done());
                    self.toasts.repeatable(text, move || self.change(to.clone(), from.clone()));
                }
            }
        });
    }

    /// Nothing happens where the page has been left by now.
    fn show(self, said: &Said) {
        self.guilty.update(|guilty| match said {
            Said::Comment(text) => guilty.comment.clone_from(text),
            Said::Hidden(hidden) => guilty.hidden = *hidden,
        });
    }
}

/// What somebody says of a guilty.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Comment(String),
    Hidden(bool),
}

impl Said {
    fn patch(&self) -> GuiltyPatch {
        match self {
            Self::Comment(text) => GuiltyPatch { comment: Some(text.clone()), hidden: None },
            Self::Hidden(hidden) => GuiltyPatch { comment: None, hidden: Some(*hidden) },
        }
    }

    fn done(&self) -> &'static str {
        match self {
            Self::Comment(text) if text.is_empty() => "The comment was removed.",
            Self::Comment(_) => "The comment was saved.",
            Self::Hidden(true) => "Hidden: it is left out of the table of crashes.",
            Self::Hidden(false) => "Shown again in the table of crashes.",
        }
    }

    fn not_done(&self) -> &'static str {
        match self {
            Self::Comment(_) => "The comment could not be saved:",
            Self::Hidden(true) => "It could not be hidden:",
            Self::Hidden(false) => "It could not be shown again:",
        }
    }
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
    let subject = Subject::of_page(id, guilty);
    let length = move || text.with(|text| text.trim().chars().count());
    let is_long = move || length() > MAX_COMMENT_CHARS;
    let close = move || {
        editing.set(false);
        request_animation_frame(|| browser::focus("[data-focus=edit-comment]"));
    };
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if is_long() {
            return;
        }
        let (to, from) = (text.with_untracked(|text| text.trim().to_owned()), comment.get_untracked());
        if to != from {
            subject.change(Said::Comment(to), Said::Comment(from));
        }
        close();
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
                    aria-describedby="comment-length"
                    aria-invalid=move || is_long().to_string()
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                />
                <p class="field__hint" class:field__hint--wrong=is_long id="comment-length">
                    {move || format!("{} of {MAX_COMMENT_CHARS} characters", length())}
                </p>
            </div>
            <div class="comment__actions">
                <button type="submit" class="button button--primary" disabled=is_long>"Save"</button>
                <button type="button" class="button" on:click=move |_| close()>"Cancel"</button>
            </div>
        </form>
    }
}

/// The button that hides a guilty or shows it again.
#[component]
pub fn Hide(
    /// The guilty's id.
    id: i64,
    /// The guilty.
    guilty: GuiltyAnswer,
) -> impl IntoView {
    let is_hidden = guilty.memo(|_, guilty| guilty.hidden);
    let subject = Subject::of_page(id, guilty);
    let click = move |_| {
        let hidden = is_hidden.get_untracked();
        subject.change(Said::Hidden(!hidden), Said::Hidden(hidden));
    };
    view! {
        <button type="button" class="button judging" on:click=click>
            {move || if is_hidden.get() { "Unhide" } else { "Hide" }}
        </button>
    }
}
