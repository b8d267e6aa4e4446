//! What has become of something, told at the foot of the page for a while, whatever page is open by then.

use std::sync::Arc;
use std::time::Duration;

use gloo_timers::future::sleep;
use leptos::prelude::*;

use super::{Icon, Symbol};
use crate::reactive::spawn;

/// How long a toast is shown, unless it is pointed at or holds the focus. One that tells of a failure stays.
const SHOWN: Duration = Duration::from_secs(10);
/// How many are shown at once; the oldest makes room.
const MOST: usize = 3;

/// What a toast's button does. It outlives the page that made it, so it must not hold what belongs to the page alone.
pub type Act = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
    is_failure: bool,
    button: Option<(&'static str, Act)>,
}

/// All toasts, shared by context.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
    /// Whether somebody points at them, or has the focus there.
    held: RwSignal<bool>,
}

impl Toasts {
    fn new() -> Self {
        Self { shown: RwSignal::new(Vec::new()), last: StoredValue::new(0), held: RwSignal::new(false) }
    }

    /// Makes them, for all components below.
    pub fn provide() {
        provide_context(Self::new());
    }

    /// Those of this page, to be taken before waiting for an answer; where there are none, nobody is told.
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(Self::new)
    }

    /// Says that something is done.
    pub fn done(self, text: impl Into<String>) {
        self.show(text.into(), false, None);
    }

    /// Says that something is done, and offers to take it back.
    pub fn undoable(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.show(text.into(), false, Some(("Undo", Arc::new(undo))));
    }

    /// Says that something has failed.
    pub fn failed(self, text: impl Into<String>) {
        self.show(text.into(), true, None);
    }

    /// Says that something has failed, and offers to do it again.
    pub fn repeatable(self, text: impl Into<String>, again: impl Fn() + Send + Sync + 'static) {
        self.show(text.into(), true, Some(("Try again", Arc::new(again))));
    }

    fn show(self, text: String, is_failure: bool, button: Option<(&'static str, Act)>) {
        let next = |last: &mut u32| {
            *last = last.wrapping_add(1);
            *last
        };
        let Some(id) = self.last.try_update_value(next) else { return };
        self.shown.update(|shown| {
            shown.push(Toast { id, text, is_failure, button });
            let over = shown.len().saturating_sub(MOST);
            shown.drain(..over);
        });
        if !is_failure {
            spawn(async move {
                sleep(SHOWN).await;
                while self.held.try_get_untracked() == Some(true) {
                    sleep(SHOWN / 5).await;
                }
                self.close(id);
            });
        }
    }

    fn close(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
        if self.shown.try_with_untracked(Vec::is_empty) == Some(true) {
            self.held.set(false);
        }
    }
}

/// Where they are shown.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = Toasts::of_page();
    let hold = move |held: bool| move |_| toasts.held.set(held);
    view! {
        <div class="toasts" role="status" aria-label="Messages" data-testid="toasts"
            on:pointerenter=hold(true) on:pointerleave=hold(false)
            on:focusin=move |_| toasts.held.set(true) on:focusout=move |_| toasts.held.set(false)>
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                <Shown toast />
            </For>
        </div>
    }
}

#[component]
fn Shown(toast: Toast) -> impl IntoView {
    let toasts = Toasts::of_page();
    let Toast { id, text, is_failure, button } = toast;
    let act = button.map(|(label, act)| {
        let click = move |_| {
            toasts.close(id);
            act();
        };
        view! { <button type="button" class="button button--small" on:click=click>{label}</button> }
    });
    view! {
        <div class="toast" class:toast--failure=is_failure>
            <Icon symbol=if is_failure { Symbol::Alert } else { Symbol::Check } />
            <p class="toast__text">{text}</p>
            {act}
            <button type="button" class="icon-button" aria-label="Close message" on:click=move |_| toasts.close(id)>
                <Icon symbol=Symbol::Close />
            </button>
        </div>
    }
}
