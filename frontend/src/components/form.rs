//! What forms have in common.

use std::fmt::Display;
use std::future::Future;

use leptos::prelude::*;

use crate::reactive::spawn;

/// Something that is being sent, and what came of it.
#[derive(Clone, Copy)]
pub struct Sending {
    /// Whether the answer is not there yet.
    pub busy: RwSignal<bool>,
    /// What went wrong.
    pub error: RwSignal<Option<String>>,
}

impl Sending {
    /// Nothing yet.
    #[expect(clippy::new_without_default, reason = "it makes signals of the component that it is in")]
    pub fn new() -> Self {
        Self { busy: RwSignal::new(false), error: RwSignal::new(None) }
    }

    /// Waits for an answer and takes it, unless the page has been left by then.
    pub fn send<T: 'static, E: Display + 'static>(
        self,
        answer: impl Future<Output = Result<T, E>> + 'static,
        take: impl FnOnce(T) + 'static,
    ) {
        self.busy.set(true);
        self.error.set(None);
        spawn(async move {
            let answer = answer.await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(answer) => take(answer),
                Err(error) => self.error.set(Some(error.to_string())),
            }
        });
    }
}

/// What went wrong.
#[component]
pub fn Wrong(
    /// Of what.
    sending: Sending,
) -> impl IntoView {
    view! { <p class="field__error" role="alert">{move || sending.error.get()}</p> }
}

/// A field of a form with its label.
#[component]
pub fn Field(
    /// Its id in the page.
    id: &'static str,
    /// What is to be written.
    label: &'static str,
    /// What is written.
    text: RwSignal<String>,
    /// What the browser calls such fields.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// An example of what may be written.
    #[prop(optional)]
    placeholder: Option<&'static str>,
    /// Whether it is code.
    #[prop(optional)]
    code: bool,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            <input
                id=id
                class="input"
                class:input--code=code
                type=kind
                required
                placeholder=placeholder
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
            />
        </div>
    }
}
