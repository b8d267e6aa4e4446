//! What the colours of a chart mean.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::data::{Tone, Unit};
use super::fold::Shown;
use super::html::Html;
use super::number::{exact, share};

/// The series of a chart. A click hides one, or shows it again; one on what was folded together opens the table.
#[component]
pub fn SeriesLegend(
    /// All that could be shown.
    folded: Memo<Shown>,
    /// Names of those that are hidden.
    hidden: RwSignal<Vec<String>>,
    /// Shows what was folded together.
    unfold: Callback<()>,
) -> impl IntoView {
    let entry = move |name: String, tone: Tone, is_other: bool| {
        let known = name.clone();
        let is_shown = move || hidden.with(|hidden| !hidden.contains(&known));
        let this = name.clone();
        let click = move |_| {
            if is_other {
                return unfold.run(());
            }
            hidden.update(|hidden| match hidden.iter().position(|name| *name == this) {
                Some(position) => _ = hidden.remove(position),
                None => hidden.push(this.clone()),
            });
        };
        let pressed = move || (!is_other).then(|| is_shown().to_string());
        view! {
            <li>
                <button type="button" class="legend__item" aria-pressed=pressed on:click=click>
                    <span class=format!("swatch {}", tone.class()) aria-hidden="true"></span>
                    {name}
                    {is_other.then_some("…")}
                </button>
            </li>
        }
    };
    let entries = move || {
        let series: Vec<_> = folded.with(|folded| {
            let last = folded.data.series.len();
            let named = folded.data.series.iter().enumerate();
            named
                .map(|(i, series)| (series.name.clone(), series.tone, folded.folded_series > 0 && i + 1 == last))
                .collect()
        });
        series
            .into_iter()
            .map(|(name, tone, is_other)| entry(name, tone, is_other && tone == Tone::Other))
            .collect_view()
    };
    view! { <ul class="legend" aria-label="Series">{entries}</ul> }
}

/// The slices of a ring, with their values and shares.
#[component]
pub fn SliceLegend(
    /// What is drawn.
    shown: Memo<Shown>,
    /// What it counts.
    unit: Unit,
    /// Shows what was folded together.
    unfold: Callback<()>,
) -> impl IntoView {
    let click = move |event: ev::MouseEvent| {
        let target: Option<Element> = event.target().and_then(|target| target.dyn_into().ok());
        if target.is_some_and(|target| target.tag_name() == "BUTTON") {
            unfold.run(());
        }
    };
    let entries = move || shown.with(|shown| slices(shown, unit));
    view! { <ul class="slices" aria-label="Shares" on:click=click inner_html=entries></ul> }
}

/// The entries of a ring's legend; the only button stands for what was folded together.
fn slices(shown: &Shown, unit: Unit) -> String {
    let whole = shown.data.grand_total();
    let mut html = Html::default();
    for (position, category) in shown.data.categories.iter().enumerate() {
        let value = shown.data.total(position);
        html.open("li", &[("class", "slices__item")]);
        html.element("span", &[("class", &format!("swatch {}", shown.tone(position, 0).class()))], "");
        html.open("span", &[("class", "slices__name")]);
        if shown.is_other(position) {
            html.element("button", &[("type", "button"), ("class", "link")], &category.label);
        } else {
            html.linked(&category.label, Some(category.full()), category.href.as_deref());
        }
        html.close("span").open("span", &[("class", "slices__value")]).text(&exact(value));
        html.element("span", &[("class", "sr-only")], &format!(" {}", unit.name(value))).close("span");
        html.element("span", &[("class", "slices__share")], &share(value, whole)).close("li");
    }
    html.finish()
}
