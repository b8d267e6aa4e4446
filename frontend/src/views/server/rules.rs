//! Lists that an admin changes as a whole, each with a version: what is typed is sent when it is saved.

use leptos::prelude::*;
use telemetrics_common::Endpoint;
use web_sys::Event;

use crate::api::call;
use crate::components::{Sending, Wrong};

/// A document that is being changed, and what the server said about it last.
pub(super) struct Draft<T: Send + Sync + 'static> {
    /// As the server has it.
    saved: RwSignal<Option<T>>,
    /// As it is on the page.
    pub(super) draft: RwSignal<Option<T>>,
    pub(super) sending: Sending,
}

impl<T: Send + Sync> Clone for Draft<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Draft<T> {}

impl<T: Clone + PartialEq + Send + Sync + 'static> Draft<T> {
    /// Asks the server for it.
    pub(super) fn load<E: Endpoint<Body = (), Response = T> + 'static>(question: E) -> Self {
        let draft = Self { saved: RwSignal::new(None), draft: RwSignal::new(None), sending: Sending::new() };
        draft.sending.send(async move { call(&question, &()).await }, move |document| draft.take(document));
        draft
    }

    fn take(self, document: T) {
        self.saved.set(Some(document.clone()));
        self.draft.set(Some(document));
    }

    /// Changes it on the page.
    pub(super) fn change(self, change: impl FnOnce(&mut T)) {
        self.draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
    }

    /// Sends it as it is on the page.
    pub(super) fn save<E: Endpoint<Body = T, Response = T> + 'static>(self, call_of: E) {
        if let Some(document) = self.draft.get_untracked() {
            self.sending.send(async move { call(&call_of, &document).await }, move |document| self.take(document));
        }
    }

    /// Whether it must not be changed now: it is not there yet, or the answer to what was sent will take its place.
    pub(super) fn is_fixed(self) -> bool {
        self.sending.busy.get() || self.draft.with(Option::is_none)
    }

    /// Whether the server has said something, be it that it is not there.
    pub(super) fn is_answered(self) -> bool {
        self.draft.with(Option::is_some) || !self.sending.busy.get()
    }

    fn is_changed(self) -> bool {
        self.draft.with(|draft| self.saved.with(|saved| draft != saved))
    }
}

/// A field's text while it is being typed: shown as it is, whatever the draft makes of it.
#[derive(Clone, Copy)]
pub(super) struct Typed(RwSignal<Option<String>>);

impl Typed {
    pub(super) fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// What the field shows: what is being typed, else the draft's text.
    pub(super) fn or(self, text: impl FnOnce() -> String) -> String {
        self.0.get().unwrap_or_else(text)
    }

    /// Takes what is typed, and gives it.
    pub(super) fn take(self, event: &Event) -> String {
        let text = event_target_value(event);
        self.0.set(Some(text.clone()));
        text
    }

    /// The field has been left.
    pub(super) fn end(self) {
        self.0.set(None);
    }
}

/// The buttons that save a draft, or throw it away, and what went wrong.
#[component]
pub(super) fn SaveButtons<T: Clone + PartialEq + Send + Sync + 'static>(
    draft: Draft<T>,
    save: Callback<()>,
) -> impl IntoView {
    let idle = move || draft.sending.busy.get() || !draft.is_changed();
    view! {
        <div class="toolbar">
            <button type="button" class="button button--primary" disabled=idle on:click=move |_| save.run(())>
                {move || if draft.sending.busy.get() { "Saving…" } else { "Save" }}
            </button>
            <button type="button" class="button" disabled=idle
                on:click=move |_| draft.draft.set(draft.saved.get_untracked())>"Undo changes"</button>
        </div>
        <Wrong sending=draft.sending />
    }
}
