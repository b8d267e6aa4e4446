//! Texts to be copied.

use std::time::Duration;

use leptos::prelude::*;

use super::{Icon, Symbol};
use crate::browser;
use crate::reactive::spawn;

const THANKS: Duration = Duration::from_secs(2);

/// A button that puts a text on the clipboard, and says so.
#[component]
pub fn CopyButton(
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// What the button says.
    #[prop(into, default = "Copy".to_owned())]
    label: String,
) -> impl IntoView {
    let outcome = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let text = text.get_untracked();
        spawn(async move {
            let copied = browser::copy(&text).await;
            // The button may be gone by now.
            outcome.try_set(Some(copied));
            set_timeout(move || _ = outcome.try_set(None), THANKS);
        });
    };
    view! {
        <button type="button" class="button button--small copy" on:click=copy>
            {move || {
                let symbol = if outcome.get() == Some(true) { Symbol::Check } else { Symbol::Copy };
                view! { <Icon symbol /> }
            }}
            <span aria-live="polite">
                {move || match outcome.get() {
                    None => label.clone(),
                    Some(true) => "Copied".to_owned(),
                    Some(false) => "Could not copy".to_owned(),
                }}
            </span>
        </button>
    }
}

/// Some lines of code with a copy button.
#[component]
pub fn Snippet(
    /// What it is, for those who cannot see it.
    #[prop(into)]
    label: String,
    /// The lines.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! {
        <div class="snippet">
            <pre class="snippet__text" tabindex="0" role="region" aria-label=label>{move || text.get()}</pre>
            <CopyButton text />
        </div>
    }
}
