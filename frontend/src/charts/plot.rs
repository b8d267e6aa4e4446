//! A drawn chart in the page: its picture, the places that can be pointed at, and their tooltip.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, HtmlElement, Node};

use super::data::{Kind, Unit};
use super::fold::Shown;
use super::keys;
use super::pointed::Pointed;
use super::resize::use_width;
use super::scene::{Action, Hit, Layout, Scene, Shape, description, scene};
use super::tooltip::Tooltip;

use crate::reactive::{effect, memo};

/// What a chart needs to draw itself.
#[derive(Clone, Copy)]
pub struct Chart {
    /// What it is called.
    pub title: Signal<String>,
    /// What it counts.
    pub unit: Unit,
    /// How it is drawn.
    pub kind: Signal<Kind>,
    /// What is drawn.
    pub shown: Memo<Shown>,
    /// Height of the plot in pixels; none for that of its kind.
    pub height: Option<u32>,
    /// Shows what was folded together.
    pub unfold: Callback<()>,
}

impl Chart {
    /// The layout of a kind for a width in pixels.
    pub fn layout(self, kind: Kind, width: f64) -> Layout {
        let usual = match kind {
            Kind::Donut => 220,
            _ if width < 480.0 => 220,
            _ => 260,
        };
        Layout::new(width, f64::from(self.height.unwrap_or(usual)))
    }
}

/// Which place is pointed at, and by what.
#[derive(Clone, Copy)]
struct Pointer {
    hovered: RwSignal<Option<usize>>,
    focused: RwSignal<Option<usize>>,
    /// The one place that the Tab key leads to.
    tab_stop: RwSignal<usize>,
    is_touch: RwSignal<bool>,
    /// Whether the click that follows only shows the tooltip.
    is_first_tap: StoredValue<bool>,
}

impl Pointer {
    fn new() -> Self {
        Self {
            hovered: RwSignal::new(None),
            focused: RwSignal::new(None),
            tab_stop: RwSignal::new(0),
            is_touch: RwSignal::new(false),
            is_first_tap: StoredValue::new(false),
        }
    }

    fn active(self) -> Option<usize> {
        self.hovered.get().or_else(|| self.focused.get())
    }

    fn clear(self) {
        self.hovered.set(None);
        self.focused.set(None);
    }

    fn over(self, event: &ev::PointerEvent) {
        if event.pointer_type() != "touch" {
            self.is_touch.set(false);
            self.hovered.set(place(event.target()));
        }
    }

    fn leave(self, event: &ev::PointerEvent) {
        if event.pointer_type() != "touch" {
            self.hovered.set(None);
        }
    }

    /// The first tap on a place shows its tooltip, the second one follows its link.
    fn down(self, event: &ev::PointerEvent) {
        let touched = place(event.target()).filter(|_| event.pointer_type() == "touch");
        let is_first = touched.is_some() && self.hovered.get_untracked() != touched;
        self.is_first_tap.set_value(is_first);
        if touched.is_some() {
            self.is_touch.set(true);
            self.hovered.set(touched);
        }
    }

    fn focus_in(self, event: &ev::FocusEvent) {
        if let Some(place) = place(event.target()) {
            self.tab_stop.set(place);
            // A click focuses as well, but its tooltip must not stay.
            let by_key = element(event.target()).is_some_and(|found| found.matches(":focus-visible").unwrap_or(false));
            self.focused.set(by_key.then_some(place));
        }
    }
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

/// The number of the place that an event is about.
fn place(target: Option<EventTarget>) -> Option<usize> {
    element(target)?.closest("[data-place]").ok()??.get_attribute("data-place")?.parse().ok()
}

/// The picture with its places and tooltip. Nothing is drawn before the width of its container is known.
#[component]
pub fn Plot(
    /// What is drawn.
    chart: Chart,
) -> impl IntoView {
    let container = NodeRef::<html::Div>::new();
    let width = use_width(container);
    let drawn = memo(move || {
        let width = f64::from(width.get());
        let Chart { unit, kind, shown, .. } = chart;
        if width > 0.0 {
            shown.with(|shown| scene(kind.get(), unit, shown, chart.layout(kind.get(), width)))
        } else {
            Scene::default()
        }
    });
    let pointer = Pointer::new();
    effect(move || {
        drawn.track();
        pointer.clear();
        pointer.tab_stop.set(0);
    });
    let elsewhere = window_event_listener(ev::pointerdown, move |event| {
        let target: Option<Node> = event.target().and_then(|target| target.dyn_into().ok());
        let is_inside = container.get_untracked().is_some_and(|container| container.contains(target.as_ref()));
        if !is_inside && pointer.hovered.get_untracked().is_some() {
            pointer.hovered.set(None);
        }
    });
    on_cleanup(move || elsewhere.remove());
    let svg = move || {
        let description = chart.shown.with(|shown| description(&shown.data, chart.unit));
        drawn.with(
            |drawn| if drawn.body.is_empty() { String::new() } else { drawn.svg(&chart.title.get(), &description) },
        )
    };
    let height = move || match drawn.with(|drawn| drawn.height) {
        0.0 => format!("{}px", chart.layout(chart.kind.get(), 0.0).height),
        height => format!("{height}px"),
    };
    view! {
        <div node_ref=container class="chart__plot" style:height=height>
            <div class="chart__picture" inner_html=svg></div>
            <Places chart drawn pointer />
            {move || pointer.active().map(|active| view! { <Pointed chart drawn active is_touch=pointer.is_touch.get_untracked() /> })}
        </div>
    }
}

/// The places, as links where they lead somewhere, on top of the picture.
#[component]
fn Places(chart: Chart, drawn: Memo<Scene>, pointer: Pointer) -> impl IntoView {
    let container = NodeRef::<html::Div>::new();
    let unfolds = move |place: usize| {
        drawn.with_untracked(|drawn| drawn.hits.get(place).is_some_and(|hit| hit.action == Action::Unfold))
    };
    let click = move |event: ev::MouseEvent| {
        // It stands for this click only: the next one may come from the keyboard.
        if pointer.is_first_tap.try_update_value(std::mem::take).unwrap_or_default() {
            event.prevent_default();
        } else if place(event.target()).is_some_and(unfolds) {
            chart.unfold.run(());
        }
    };
    let key = move |event: ev::KeyboardEvent| {
        let Some(from) = place(event.target()) else { return };
        let (key, kind) = (event.key(), chart.kind.get_untracked());
        let with_modifier = event.ctrl_key() || event.alt_key() || event.meta_key();
        if key == "Escape" && untrack(|| pointer.active()).is_some() {
            pointer.clear();
            event.stop_propagation();
        } else if matches!(key.as_str(), "Enter" | " ") && unfolds(from) {
            event.prevent_default();
            chart.unfold.run(());
        } else if let Some(to) = drawn.with_untracked(|drawn| keys::target(kind, &drawn.hits, from, &key))
            && !with_modifier
        {
            event.prevent_default();
            pointer.tab_stop.set(to);
            let found =
                container.get_untracked().and_then(|all| all.query_selector(&format!("[data-place='{to}']")).ok()?);
            if let Some(found) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
                let _ = found.focus();
            }
        }
    };
    let places = move || {
        let (kind, hits) = (chart.kind.get(), drawn.get().hits);
        chart.shown.with(|shown| {
            let view = |(number, hit): (usize, Hit)| place_view(chart.unit, kind, shown, number, hit, pointer.tab_stop);
            hits.into_iter().enumerate().map(view).collect_view()
        })
    };
    view! {
        <div
            node_ref=container
            class="chart__places"
            role="group"
            aria-label=move || format!("{}: values, by the arrow keys", chart.title.get())
            on:pointerover=move |event| pointer.over(&event)
            on:pointerleave=move |event| pointer.leave(&event)
            on:pointerdown=move |event| pointer.down(&event)
            on:focusin=move |event| pointer.focus_in(&event)
            on:focusout=move |_| pointer.focused.set(None)
            on:click=click
            on:keydown=key
        >
            {places}
        </div>
    }
}

fn place_view(
    unit: Unit,
    kind: Kind,
    shown: &Shown,
    number: usize,
    hit: Hit,
    tab_stop: RwSignal<usize>,
) -> impl IntoView + use<> {
    let label = Tooltip::new(kind, unit, shown, hit.category, hit.series).sentence();
    let bounds = hit.shape.bounds();
    let (href, role) = match hit.action {
        Action::Link(href) => (Some(href), None),
        Action::Unfold => (None, Some("button")),
        Action::None => (None, Some("img")),
    };
    let outline = match hit.shape {
        Shape::Rect(_) => None,
        Shape::Polygon(points) => {
            let corner = |(x, y): &(f64, f64)| format!("{:.1}px {:.1}px", x - bounds.x, y - bounds.y);
            Some(format!("polygon({})", points.iter().map(corner).collect::<Vec<_>>().join(",")))
        }
    };
    view! {
        <a
            class="chart__place"
            class:chart__place--shaped=outline.is_some()
            data-place=number.to_string()
            href=href
            role=role
            aria-label=label
            tabindex=move || if tab_stop.get() == number { "0" } else { "-1" }
            style:left=format!("{:.2}px", bounds.x)
            style:top=format!("{:.2}px", bounds.y)
            style:width=format!("{:.2}px", bounds.width)
            style:height=format!("{:.2}px", bounds.height)
            style:clip-path=outline.unwrap_or_default()
        ></a>
    }
}
