//! Buttons with a state.

use leptos::prelude::*;

/// A setting that is on or off.
#[component]
pub fn Switch(
    /// What it switches.
    #[prop(into)]
    label: String,
    /// Whether it is on; changed by a click.
    on: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="switch"
            role="switch"
            aria-checked=move || on.get().to_string()
            on:click=move |_| on.update(|on| *on = !*on)
        >
            <span class="switch__track" aria-hidden="true"></span>
            {label}
        </button>
    }
}
