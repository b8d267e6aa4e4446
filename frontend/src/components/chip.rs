//! A filter that is set, as something to take away.

use leptos::prelude::*;

use super::{Icon, Symbol};

/// Shows a filter's name and value; its link leads to the page without it.
#[component]
pub fn Chip(
    /// Name of the filter.
    #[prop(into)]
    label: String,
    /// Its value.
    #[prop(into)]
    value: String,
    /// The address without this filter.
    #[prop(into)]
    without: String,
) -> impl IntoView {
    let remove = format!("Remove filter {label}: {value}");
    view! {
        <li class="chip">
            <span class="chip__label">{label}</span>
            <span class="chip__value" title=value>{value.clone()}</span>
            <a class="chip__remove" href=without aria-label=remove.clone() title=remove data-noscroll>
                <Icon symbol=Symbol::Close />
            </a>
        </li>
    }
}
