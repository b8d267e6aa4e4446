//! What is shown in the place of things that are on their way.

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

/// Grey boxes in the place of charts that are on their way.
#[component]
pub fn SkeletonCards(
    /// Their widths, in twelfths of the page.
    spans: &'static [u8],
) -> impl IntoView {
    let card = |span: &u8| view! { <div class=format!("skeleton skeleton__card span-{span}")></div> };
    view! { <div class="card-grid" aria-hidden="true">{spans.iter().map(card).collect_view()}</div> }
}
