//! One number of a row of numbers.

use leptos::prelude::*;

/// A number with its name, and what belongs to it below.
#[component]
pub fn Figure(
    /// What it counts.
    label: &'static str,
    /// The number, in words.
    #[prop(into)]
    value: Signal<String>,
    /// Address in the dashboard of what is behind it; without one it is no link.
    #[prop(optional, into)]
    href: MaybeProp<String>,
    /// What belongs to it: how it has changed, a tiny line.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let shown = move || match href.get() {
        Some(href) => view! { <a href=href>{value.get()}</a> }.into_any(),
        None => value.get().into_any(),
    };
    view! {
        <div class="figure">
            <dt class="figure__label">{label}</dt>
            <dd class="figure__value">{shown}</dd>
            {children.map(|children| view! { <dd class="figure__more">{children()}</dd> })}
        </div>
    }
}
