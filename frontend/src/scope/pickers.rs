//! The controls that change the scope, and what there is to say about it.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Node;

use super::range::{PRESETS, Range};
use super::state::{ViewScope, use_go};
use super::systems::{Systems, system_name};
use crate::components::{ErrorBox, Icon, Segment, Segments, Symbol, option};
use crate::reactive::memo;
use crate::renewal::Renewal;
use crate::{browser, format};

/// Chooses one of the systems, or the view's own choice.
#[component]
pub fn SystemPicker(
    /// The view's scope.
    scope: ViewScope,
    /// Whether the view shows one system at a time; else its own choice is all of them together.
    #[prop(optional)]
    one: bool,
) -> impl IntoView {
    let systems = Systems::fetched();
    let go = use_go();
    let default = memo(move || systems.default().filter(|_| one));
    // The default by its name is the default.
    let chosen = memo(move || scope.system().filter(|system| Some(system) != default.get().as_ref()));
    let own_choice = move || match default.get() {
        Some(system) => format!("{} (default)", system_name(&system)),
        None if one => "Default system".to_owned(),
        None => "All systems".to_owned(),
    };
    let options = move || {
        let others = systems.with_chosen(chosen.get().as_deref()).into_iter();
        let option = |system: String| {
            let name = system_name(&system).to_owned();
            let value = option::value(Some(&system));
            view! { <option value=value prop:selected=move || chosen.get().as_ref() == Some(&system)>{name}</option> }
        };
        others.filter(|system| Some(system) != default.get().as_ref()).map(option).collect_view()
    };
    let change = move |event| {
        let system = option::text(&event_target_value(&event));
        go(&untrack(|| scope.address_of_system(system)));
    };
    view! {
        <select class="input select picker" aria-label="System" on:change=change>
            <option value=option::NONE prop:selected=move || chosen.get().is_none()>{own_choice}</option>
            {options}
        </select>
    }
}

/// The recent times that are one click away.
#[component]
pub fn RangePresets(
    /// The range that is shown.
    #[prop(into)]
    range: Signal<Option<Range>>,
    /// Address of the page with another range.
    address_of: Callback<Range, String>,
) -> impl IntoView {
    let segment = |(preset, text): (Range, &'static str)| {
        let href = Signal::derive(move || address_of.run(preset));
        let is_chosen = Signal::derive(move || range.get() == Some(preset));
        view! { <Segment text title=preset.words() href is_chosen /> }
    };
    PRESETS.map(segment).collect_view()
}

/// Chooses a stretch of time: one of the recent ones, or days of one's own.
#[component]
pub fn RangePicker(
    /// The view's scope.
    scope: ViewScope,
) -> impl IntoView {
    let range = Signal::derive(move || scope.range());
    view! {
        <Segments label="Time">
            <RangePresets range address_of=Callback::new(move |range| scope.address_of_range(range)) />
            <DaysPicker scope range />
        </Segments>
    }
}

/// Opens the fields for a first and a last day.
#[component]
fn DaysPicker(scope: ViewScope, range: Signal<Option<Range>>) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let whole = NodeRef::<html::Div>::new();
    let own = move || range.get().filter(|range| PRESETS.iter().all(|(preset, _)| preset != range));
    let text = move || own().map_or_else(|| "Custom".to_owned(), Range::words);
    let leave = move |event: ev::FocusEvent| {
        let next: Option<Node> = event.related_target().and_then(|next| next.dyn_into().ok());
        // Without a next one it was a click on something that takes no focus, maybe the browser's own calendar.
        if let (Some(next), Some(whole)) = (next, whole.get_untracked()) {
            is_open.update(|open| *open &= whole.contains(Some(&next)));
        }
    };
    let key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && is_open.get_untracked() {
            is_open.set(false);
            browser::focus("#range-toggle");
        }
    };
    close_on_click_elsewhere(whole, is_open);
    view! {
        <div class="segments__more" node_ref=whole on:focusout=leave on:keydown=key>
            <button
                id="range-toggle"
                type="button"
                class="segments__item"
                class:segments__item--own=move || own().is_some()
                aria-expanded=move || is_open.get().to_string()
                on:click=move |_| is_open.update(|open| *open = !*open)
            >
                <Icon symbol=Symbol::Calendar />
                <span class="segments__text">{text}</span>
            </button>
            <Show when=move || is_open.get()>
                <DaysForm scope range is_open />
            </Show>
        </div>
    }
}

fn close_on_click_elsewhere(whole: NodeRef<html::Div>, is_open: RwSignal<bool>) {
    let listener = window_event_listener(ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
        if whole.get_untracked().is_some_and(|whole| !whole.contains(target.as_ref())) && is_open.get_untracked() {
            is_open.set(false);
        }
    });
    on_cleanup(move || listener.remove());
}

#[component]
fn DaysForm(scope: ViewScope, range: Signal<Option<Range>>, is_open: RwSignal<bool>) -> impl IntoView {
    let go = use_go();
    let (first, last) = range.get_untracked().unwrap_or(Range::All).to_days(browser::now());
    let (first, last) = (RwSignal::new(first), RwSignal::new(last));
    let error = RwSignal::new(None::<&'static str>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match Range::from_days(&first.get_untracked(), &last.get_untracked()) {
            Ok(range) => {
                let address = untrack(|| scope.address_of_range(range));
                browser::focus("#range-toggle");
                is_open.set(false);
                go(&address);
            }
            Err(words) => error.set(Some(words)),
        }
    };
    let field = move |label: &'static str, id: &'static str, day: RwSignal<String>| {
        view! {
            <div class="field">
                <label class="field__label" for=id>{label}</label>
                <input
                    id=id
                    class="input"
                    type="date"
                    prop:value=move || day.get()
                    on:input=move |event| day.set(event_target_value(&event))
                />
            </div>
        }
    };
    view! {
        <form class="popover" novalidate aria-label="First and last day" on:submit=submit>
            {field("First day (UTC)", "range-first", first)}
            {field("Last day (UTC)", "range-last", last)}
            <p class="field__error" role="alert">{move || error.get()}</p>
            <button type="submit" class="button button--primary">"Show these days"</button>
        </form>
    }
}

/// Asks for everything on the page anew.
#[component]
pub fn RefreshButton() -> impl IntoView {
    let renewal = Renewal::of_page();
    view! {
        <button type="button" class="button toolbar__button" on:click=move |_| renewal.renew()>
            <Icon symbol=Symbol::Refresh />
            "Refresh"
        </button>
    }
}

/// What is wrong with the address, if anything, and the way out.
#[component]
pub fn ScopeError(
    /// The view's scope.
    scope: ViewScope,
) -> impl IntoView {
    move || {
        scope.scope.get().err().map(|message| {
            view! {
                <ErrorBox title="This address cannot be used" message>
                    <a class="button" href=move || scope.cleared()>"Clear it"</a>
                </ErrorBox>
            }
        })
    }
}

/// That some of what was counted can no longer be listed.
#[component]
pub fn PurgedNote(
    /// How many of the counted records are gone.
    #[prop(into)]
    purged: Signal<u64>,
) -> impl IntoView {
    move || {
        Some(purged.get()).filter(|purged| *purged > 0).map(|purged| {
            let words = if purged == 1 {
                "1 of these records is older than the server keeps; only its count is left, so it cannot be listed."
                    .to_owned()
            } else {
                let number = format::number(purged);
                format!(
                    "{number} of these records are older than the server keeps; only their counts are left, \
                    so they cannot be listed."
                )
            };
            view! { <p class="note" data-testid="purged-note">{words}</p> }
        })
    }
}
