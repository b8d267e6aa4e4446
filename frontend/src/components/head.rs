//! The head of a page.

use leptos::prelude::*;

/// A page's title, what it is about, and its controls.
#[component]
pub fn PageHead(
    /// The title.
    title: &'static str,
    /// What is on the page, in a sentence.
    #[prop(into)]
    subtitle: Signal<String>,
    /// The controls, at the side where there is room.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="page__head">
            <div class="page__titles">
                <h1 class="page__title">{title}</h1>
                <p class="page__subtitle">{move || subtitle.get()}</p>
            </div>
            <div class="toolbar">{children()}</div>
        </div>
    }
}
