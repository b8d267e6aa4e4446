//! A chart with all that belongs to it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Node;

use super::csv::Table;
use super::data::{Data, Kind, Unit};
use super::download::{file_name, save_png, save_svg, save_table};
use super::export::{document, export};
use super::fold::{BARS, MORE_BARS, Shown, fold};
use super::legend::{SeriesLegend, SliceLegend};
use super::plot::{Chart, Plot};
use super::table::DataTable;
use crate::components::{Icon, Symbol};
use crate::reactive::{memo, spawn};

/// Width of downloaded pictures in pixels.
const PICTURE: f64 = 960.0;

/// A chart with title, legend, table and downloads. It is as wide as its container, and is drawn anew when that changes.
#[component]
pub fn ChartCard(
    /// What it shows, such as "Records per day".
    #[prop(into)]
    title: Signal<String>,
    /// What its values count or measure.
    unit: Unit,
    /// How it is drawn.
    #[prop(into)]
    kind: Signal<Kind>,
    /// What it shows.
    #[prop(into)]
    data: Signal<Data>,
    /// What a reader has to know about the numbers.
    #[prop(optional, into)]
    note: MaybeProp<String>,
    /// What is said when there is nothing but zeros.
    #[prop(optional, into)]
    empty: MaybeProp<String>,
    /// Height of the plot in pixels, where another one than the usual is wanted. Bars take what they need.
    #[prop(optional, into)]
    height: Option<u32>,
    /// More controls, beside the title.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let bars = RwSignal::new(BARS);
    let hidden = RwSignal::new(Vec::<String>::new());
    let as_table = RwSignal::new(false);
    let folded = memo(move || data.with(|data| fold(data, kind.get(), unit, bars.get())));
    let shown = memo(move || folded.get().without(&hidden.get()));
    let unfold = Callback::new(move |()| match kind.get_untracked() {
        Kind::Bars => bars.update(|bars| *bars += MORE_BARS),
        _ => as_table.set(true),
    });
    let chart = Chart { title, unit, kind, shown, height, unfold };
    let is_empty = memo(move || data.with(Data::is_empty));
    let body = move || match (is_empty.get(), as_table.get()) {
        (true, _) => {
            let text = empty.get().unwrap_or_else(|| format!("No {} to show.", unit.many()));
            view! { <p class="chart__empty">{text}</p> }.into_any()
        }
        (false, true) => view! { <DataTable title unit kind data /> }.into_any(),
        (false, false) => view! { <Picture chart folded hidden bars /> }.into_any(),
    };
    view! {
        <figure class="chart" aria-label=move || title.get()>
            <div class="chart__head">
                <Titles title unit note />
                <div class="chart__tools">
                    {children.map(|children| children())}
                    <Show when=move || !is_empty.get()>
                        <button
                            type="button"
                            class="button button--small"
                            aria-pressed=move || as_table.get().to_string()
                            on:click=move |_| as_table.update(|table| *table = !*table)
                        >
                            "Table"
                        </button>
                        <DownloadMenu chart data />
                    </Show>
                </div>
            </div>
            {body}
        </figure>
    }
}

#[component]
fn Titles(title: Signal<String>, unit: Unit, note: MaybeProp<String>) -> impl IntoView {
    view! {
        <div class="chart__titles">
            <h2 class="chart__title">
                {move || title.get()}
                {move || unit.beside(&title.get()).map(|unit| view! { <span class="chart__unit">{unit}</span> })}
            </h2>
            {move || note.get().map(|note| view! { <p class="chart__note">{note}</p> })}
        </div>
    }
}

/// The drawing with its legend.
#[component]
fn Picture(
    chart: Chart,
    folded: Memo<Shown>,
    hidden: RwSignal<Vec<String>>,
    /// How many bars there are before the rest is folded.
    bars: RwSignal<usize>,
) -> impl IntoView {
    let Chart { unit, kind, shown, unfold, .. } = chart;
    let has_series = memo(move || kind.get() != Kind::Donut && folded.with(|folded| folded.data.series.len() > 1));
    let drawing = move || {
        if kind.get() == Kind::Donut {
            return view! { <div class="chart__ring"><Plot chart /><SliceLegend shown unit unfold /></div> }.into_any();
        }
        if shown.with(|shown| shown.data.is_empty()) {
            return view! { <p class="chart__empty">"Everything is hidden. The legend shows it again."</p> }.into_any();
        }
        view! { <Plot chart /> }.into_any()
    };
    let fewer = move || {
        let is_long = kind.get() == Kind::Bars && bars.get() > BARS;
        is_long.then(
            || view! { <button type="button" class="link" on:click=move |_| bars.set(BARS)>"Show fewer"</button> },
        )
    };
    view! {
        <Show when=move || has_series.get()><SeriesLegend folded hidden unfold /></Show>
        {drawing}
        {fewer}
    }
}

/// Saves the picture or the data.
#[component]
fn DownloadMenu(chart: Chart, data: Signal<Data>) -> impl IntoView {
    let (menu, button) = (NodeRef::<html::Details>::new(), NodeRef::<html::Summary>::new());
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    // What has the focus is not seen any more.
    let close_and_go_back = move || {
        close();
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    let Chart { title, unit, kind, shown, .. } = chart;
    let name = move |ending: &str| format!("{}.{ending}", file_name(&title.get_untracked()));
    let drawn = move || {
        shown.with_untracked(|shown| {
            let (kind, title) = (kind.get_untracked(), title.get_untracked());
            let layout = chart.layout(kind, PICTURE);
            let size = export(&title, kind, unit, shown, layout);
            (document(&title, kind, unit, shown, layout), (size.width, size.height))
        })
    };
    let svg = move |_| {
        close_and_go_back();
        save_svg(&name("svg"), &drawn().0);
    };
    let png = move |_| {
        close_and_go_back();
        let (svg, size) = drawn();
        spawn(save_png(name("png"), svg, size));
    };
    let text = move |_| {
        close_and_go_back();
        save_table(&title.get_untracked(), &data.with_untracked(|data| Table::from(data)));
    };
    let leave = move |event: ev::FocusEvent| {
        let next: Option<Node> = event.related_target().and_then(|next| next.dyn_into().ok());
        if menu.get_untracked().is_some_and(|menu| !menu.contains(next.as_ref())) {
            close();
        }
    };
    let key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && menu.get_untracked().is_some_and(|menu| menu.open()) {
            event.stop_propagation();
            close_and_go_back();
        }
    };
    view! {
        <details node_ref=menu class="chart-menu" on:focusout=leave on:keydown=key>
            <summary node_ref=button class="button button--small" aria-label="Download" title="Download">
                <Icon symbol=Symbol::Download />
            </summary>
            <div class="chart-menu__items">
                <button type="button" on:click=svg>"Picture (SVG)"</button>
                <button type="button" on:click=png>"Picture (PNG)"</button>
                <button type="button" on:click=text>"Data (CSV)"</button>
            </div>
        </details>
    }
}
