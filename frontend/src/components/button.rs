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
    view! { <Toggle label on on_click=Callback::new(move |()| on.update(|on| *on = !*on)) /> }
}

/// The same for a setting that is kept elsewhere.
#[component]
pub fn Toggle(
    /// What it switches.
    #[prop(into)]
    label: String,
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// Whether it cannot be switched.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Switches it.
    on_click: Callback<()>,
    /// What else is said about it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="switch"
            role="switch"
            aria-checked=move || on.get().to_string()
            disabled=move || disabled.get()
            on:click=move |_| on_click.run(())
        >
            <span class="switch__track" aria-hidden="true"></span>
            {label}
            {children.map(|children| children())}
        </button>
    }
}
