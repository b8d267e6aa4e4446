//! What is shown where there is nothing.

use leptos::prelude::*;

use super::{Icon, Symbol};

/// Says that there is nothing, why, and what to do.
#[component]
pub fn EmptyState(
    /// The picture above it.
    symbol: Symbol,
    /// That there is nothing.
    #[prop(into)]
    title: String,
    /// Why, and what to do.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="empty" data-testid="empty-state">
            <span class="empty__icon"><Icon symbol /></span>
            <h2 class="empty__title">{title}</h2>
            <div class="empty__text">{children()}</div>
        </section>
    }
}
