//! A choice of a few, all of them visible. Each is an address, so that a choice can be opened elsewhere and be linked to.

use leptos::prelude::*;

/// The frame around the choices.
#[component]
pub fn Segments(
    /// What is chosen.
    label: &'static str,
    /// The choices.
    children: Children,
) -> impl IntoView {
    view! { <div class="segments" role="group" aria-label=label>{children()}</div> }
}

/// One of the choices.
#[component]
pub fn Segment(
    /// What is written there.
    text: &'static str,
    /// The same in full, where that is not enough.
    #[prop(optional, into)]
    title: Option<String>,
    /// The page's address with this choice.
    #[prop(into)]
    href: Signal<String>,
    /// Whether it is the one that is shown.
    #[prop(into)]
    is_chosen: Signal<bool>,
) -> impl IntoView {
    view! {
        <a
            class="segments__item"
            href=move || href.get()
            title=title
            aria-current=move || is_chosen.get().then_some("true")
            data-noscroll
        >
            {text}
        </a>
    }
}
