//! Goes anywhere by a few letters (Ctrl+K), and says which keys there are (?).

use leptos::prelude::*;
use leptos::{ev, html};
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use telemetrics_common::ViewInfo;
use telemetrics_common::facets::GetFacets;
use telemetrics_common::guilties::ListGuilties;
use telemetrics_common::saved_views::ListSavedViews;

use super::places::{Place, guilties, matching, pages, reported, saved};
use crate::api::call;
use crate::browser;
use crate::components::{Dialog, Icon, Symbol, close_dialog};
use crate::reactive::{effect, memo, spawn_here};

const LIST: &str = "palette-list";

/// What each key does.
const KEYS: [(&str, &str); 8] = [
    ("Ctrl K", "Go to a view, build, classification, guilty, record or machine"),
    ("?", "Show these keys"),
    ("/", "The filter of the list of records"),
    ("j, k", "Down and up the list of records; Enter opens one"),
    ("j, →", "The next older record, where one is open"),
    ("k, ←", "The next newer record"),
    ("← →", "From place to place within a chart that has the focus; Enter opens what is behind it"),
    ("Esc", "Close what is open"),
];

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Palette,
    Keys,
}

/// The button in the header, the keys, and what they open.
#[component]
pub(super) fn Palette(
    /// The views, in the order of their tabs.
    views: Vec<ViewInfo>,
) -> impl IntoView {
    let open = RwSignal::new(None::<Open>);
    let keys = window_event_listener(ev::keydown, move |event| {
        let is_k = event.key().eq_ignore_ascii_case("k") && (event.ctrl_key() || event.meta_key());
        if is_k && !event.alt_key() && !event.shift_key() {
            event.prevent_default();
            open.set(Some(Open::Palette));
        } else if event.key() == "?" && browser::is_shortcut(&event) {
            open.set(Some(Open::Keys));
        }
    });
    on_cleanup(move || keys.remove());
    let views = StoredValue::new(views);
    let close = Callback::new(move |()| open.set(None));
    view! {
        <button
            type="button"
            class="icon-button palette__button"
            aria-label="Go to…"
            title="Go to… (Ctrl+K)"
            on:click=move |_| open.set(Some(Open::Palette))
        >
            <Icon symbol=Symbol::Search />
        </button>
        {move || match open.get() {
            Some(Open::Palette) => view! { <GoTo views=views.get_value() close /> }.into_any(),
            Some(Open::Keys) => view! { <Keys close /> }.into_any(),
            None => ().into_any(),
        }}
    }
}

/// The list of places and the one that Enter leads to.
#[derive(Clone, Copy)]
struct Finder {
    typed: RwSignal<String>,
    found: Memo<Vec<Place>>,
    /// None for the first one. A place and not its number, since answers that come later change the numbers.
    chosen: RwSignal<Option<Place>>,
    /// The number of the chosen one.
    number: Memo<usize>,
}

impl Finder {
    fn new(places: RwSignal<Vec<Place>>) -> Self {
        let (typed, chosen) = (RwSignal::new(String::new()), RwSignal::new(None::<Place>));
        let found = memo(move || typed.with(|typed| places.with(|places| matching(places, typed))));
        let number = memo(move || {
            let of_chosen = |chosen: &Place| found.with(|found| found.iter().position(|place| place == chosen));
            chosen.with(|chosen| chosen.as_ref().and_then(of_chosen)).unwrap_or_default()
        });
        Self { typed, found, chosen, number }
    }

    fn write(self, text: String) {
        self.typed.set(text);
        self.chosen.set(None);
    }

    fn target(self) -> Option<Place> {
        self.found.with_untracked(|found| found.get(self.number.get_untracked()).cloned())
    }

    /// Goes to the next place or the one before, around at the ends.
    fn step(self, forward: bool) {
        let (number, last) = (self.number.get_untracked(), self.found.with_untracked(Vec::len).saturating_sub(1));
        let next = match forward {
            true if number >= last => 0,
            true => number + 1,
            false => number.checked_sub(1).unwrap_or(last),
        };
        self.chosen.set(self.found.with_untracked(|found| found.get(next).cloned()));
        request_animation_frame(move || browser::scroll_to(&format!("#{}", option_id(next))));
    }
}

/// The pages, and with each answer more places. What who is here may not ask for is not offered.
fn use_places(views: &[ViewInfo]) -> RwSignal<Vec<Place>> {
    let places = RwSignal::new(pages(views));
    effect(move || {
        spawn_here(async move {
            if let Ok(views) = call(&ListSavedViews {}, &()).await {
                places.update(|places| places.splice(..0, saved(&views)).for_each(drop));
            }
            if let Ok(facets) = call(&GetFacets::default(), &()).await {
                places.update(|places| places.extend(reported(&facets)));
            }
            // One call for all systems.
            if let Ok(list) = call(&ListGuilties { hidden: None }, &()).await {
                places.update(|places| places.extend(guilties(&list)));
            }
        });
    });
    places
}

#[component]
fn GoTo(views: Vec<ViewInfo>, close: Callback<()>) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let finder = Finder::new(use_places(&views));
    let navigate = use_navigate();
    let leave = Callback::new(move |href: String| {
        close_dialog(node);
        navigate(&href, NavigateOptions::default());
    });
    let found = finder.found;
    view! {
        <Dialog node title="Go to" on_close=close>
            <FinderField finder leave />
            <ul class="palette" id=LIST role="listbox" aria-label="Places">
                {move || {
                    let option = |(number, place)| view! { <Choice number place chosen=finder.number leave /> };
                    found.get().into_iter().enumerate().map(option).collect_view()
                }}
            </ul>
            {move || found.with(Vec::is_empty).then(|| view! { <p class="muted" role="status">"There is no such place."</p> })}
        </Dialog>
    }
}

/// Where one types; arrow keys choose, and Enter goes there.
#[component]
fn FinderField(finder: Finder, leave: Callback<String>) -> impl IntoView {
    let on_key = move |event: ev::KeyboardEvent| {
        match event.key().as_str() {
            "ArrowDown" => finder.step(true),
            "ArrowUp" => finder.step(false),
            "Enter" => {
                if let Some(place) = finder.target() {
                    leave.run(place.href);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let active = move || {
        let is_any = finder.found.with(|found| !found.is_empty());
        is_any.then(|| option_id(finder.number.get()))
    };
    view! {
        <input
            class="input"
            type="text"
            role="combobox"
            autofocus
            autocomplete="off"
            aria-label="Where to"
            aria-expanded="true"
            aria-controls=LIST
            aria-activedescendant=active
            placeholder="A view, saved view, build, classification, guilty, record, machine"
            on:input=move |event| finder.write(event_target_value(&event))
            on:keydown=on_key
        />
    }
}

fn option_id(number: usize) -> String {
    format!("palette-{number}")
}

#[component]
fn Choice(number: usize, place: Place, chosen: Memo<usize>, leave: Callback<String>) -> impl IntoView {
    let Place { kind, name, href, .. } = place;
    let is_chosen = move || chosen.get() == number;
    view! {
        <li
            class="palette__place"
            class:palette__place--chosen=is_chosen
            id=option_id(number)
            role="option"
            aria-selected=move || is_chosen().to_string()
            on:click=move |_| leave.run(href.clone())
        >
            <span class="palette__name">{name}</span>
            <span class="palette__kind">{kind}</span>
        </li>
    }
}

#[component]
fn Keys(close: Callback<()>) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let key = |(key, meaning): (&'static str, &'static str)| {
        view! { <div class="keys__item"><dt><kbd>{key}</kbd></dt><dd>{meaning}</dd></div> }
    };
    view! {
        <Dialog node title="Keys" on_close=close>
            <dl class="keys">{KEYS.map(key).collect_view()}</dl>
            <div class="confirm__actions">
                <button type="button" class="button" on:click=move |_| close_dialog(node)>"Close"</button>
            </div>
        </Dialog>
    }
}
