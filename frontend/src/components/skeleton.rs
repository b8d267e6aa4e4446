//! Where rows will be.

use leptos::prelude::*;

/// Grey bars in the place of rows that are on their way.
#[component]
pub fn SkeletonRows(
    /// How many.
    count: usize,
) -> impl IntoView {
    let rows = (0..count).map(|_| view! { <div class="skeleton__row"></div> }).collect_view();
    view! { <div class="skeleton" aria-hidden="true">{rows}</div> }
}
