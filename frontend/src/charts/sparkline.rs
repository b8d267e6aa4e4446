//! A tiny line beside a figure.

use leptos::prelude::*;

use super::data::Tone;
use super::draw::spark;

/// How a number went, without axes.
#[component]
pub fn Sparkline(
    /// The values, oldest first.
    #[prop(into)]
    values: Signal<Vec<u64>>,
    /// What it shows, for those who cannot see it.
    #[prop(into)]
    label: Signal<String>,
    /// Its colour.
    #[prop(optional)]
    tone: Tone,
) -> impl IntoView {
    let svg = move || values.with(|values| spark(values, tone.or_slot(0)).svg(&label.get(), ""));
    view! { <span class="sparkline" inner_html=svg></span> }
}
