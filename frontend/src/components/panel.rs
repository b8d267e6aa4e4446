//! A card with a title that looks like a chart's, for what is no chart.

use leptos::prelude::*;

/// A titled card of a grid of charts.
#[component]
pub fn Panel(
    /// What is in it.
    title: &'static str,
    /// What its numbers count or measure.
    #[prop(optional)]
    unit: &'static str,
    /// What a reader has to know about it.
    #[prop(optional, into)]
    note: MaybeProp<String>,
    /// Controls beside the title.
    #[prop(optional, into)]
    tools: ViewFn,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="chart">
            <div class="chart__head">
                <div class="chart__titles">
                    <h2 class="chart__title">{title} " " <span class="chart__unit">{unit}</span></h2>
                    {move || note.get().map(|note| view! { <p class="chart__note">{note}</p> })}
                </div>
                <div class="chart__tools">{move || tools.run()}</div>
            </div>
            {children()}
        </section>
    }
}
