//! The details of one record, in a sheet over the list.

use leptos::ev;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use leptos_router::location::State as RouterState;
use telemetrics_common::classification::Pattern;
use telemetrics_common::records::{GetRecord, GuiltyRef, ListRecords, RecordDetails};
use telemetrics_common::{RecordFilter, Timestamp};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::address::{list_address, record_address};
use super::state::{FROM_LIST, State};
use crate::api::{ApiError, call};
use crate::app::Views;
use crate::components::{Clock, CopyButton, Drawer, ErrorBox, Icon, SeverityBadge, SkeletonRows, Symbol, Times};
use crate::reactive::memo;
use crate::scope::system_name;
use crate::views::crashes::guilty_address;
use crate::{browser, format};

/// Name of the part of the address that holds the record's id.
pub const ID: &str = "id";
const TITLE_ID: &str = "record-title";

/// The records before and behind the one that is open, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Neighbours {
    newer: Option<i64>,
    older: Option<i64>,
}

impl Neighbours {
    /// As far as a list, newest first, knows.
    fn within(ids: &[i64], id: i64) -> Self {
        let Some(place) = ids.iter().position(|other| *other == id) else { return Self::default() };
        let newer = place.checked_sub(1).and_then(|place| ids.get(place));
        Self { newer: newer.copied(), older: ids.get(place + 1).copied() }
    }
}

/// The sheet.
#[component]
pub fn RecordDrawer() -> impl IntoView {
    let state = expect_context::<State>();
    let params = use_params_map();
    let id = memo(move || params.with(|params| params.get(ID)).and_then(|id| id.parse::<i64>().ok()));
    let (neighbours, step, close) = (use_neighbours(state, id), use_step(state), use_close(state));
    use_keys(neighbours, step);
    on_cleanup(move || {
        if let Some(id) = id.get_untracked() {
            request_animation_frame(move || browser::focus(&format!("[data-record-id='{id}'] a")));
        }
    });
    view! {
        <Drawer labelled_by=TITLE_ID on_close=close>
            <Bar id neighbours step close />
            <Content id />
        </Drawer>
    }
}

/// The keys that lead to the neighbours.
fn use_keys(neighbours: Memo<Neighbours>, step: Callback<Option<i64>>) {
    let keys = window_event_listener(ev::keydown, move |event| {
        if !browser::is_shortcut(&event) {
            return;
        }
        let Neighbours { newer, older } = neighbours.get_untracked();
        match event.key().as_str() {
            "j" => step.run(older),
            "k" => step.run(newer),
            "ArrowRight" if !scrolls(&event) => step.run(older),
            "ArrowLeft" if !scrolls(&event) => step.run(newer),
            _ => (),
        }
    });
    on_cleanup(move || keys.remove());
}

/// Whether an arrow key scrolls what has the focus.
fn scrolls(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| matches!(target.closest("[role=region][tabindex]"), Ok(Some(_))))
}

/// The ways to other records, the link to this one, and the way out.
#[component]
fn Bar(
    id: Memo<Option<i64>>,
    neighbours: Memo<Neighbours>,
    step: Callback<Option<i64>>,
    close: Callback<()>,
) -> impl IntoView {
    let link = Signal::derive(move || {
        let address = id.get().map(|id| record_address(id, &RecordFilter::default()));
        format!("{}{}", browser::origin(), address.unwrap_or_default())
    });
    view! {
        <div class="drawer__bar">
            <Steps neighbours step />
            <span class="drawer__space"></span>
            <CopyButton text=link label="Copy link" />
            <button type="button" class="icon-button" aria-label="Close" title="Close (Esc)"
                on:click=move |_| close.run(())>
                <Icon symbol=Symbol::Close />
            </button>
        </div>
    }
}

/// The record, or why it cannot be shown.
#[component]
fn Content(id: Memo<Option<i64>>) -> impl IntoView {
    // Together with what was asked for: until the next record has come, the one before is still the answer.
    let answer = LocalResource::new(move || {
        let asked = id.get();
        async move {
            let not_found = ApiError::Refused { status: 404, message: String::new() };
            let record = match asked {
                Some(id) => call(&GetRecord { id }, &()).await,
                None => Err(not_found),
            };
            (asked, record)
        }
    });
    move || match answer.get().filter(|(asked, _)| *asked == id.get()) {
        Some((_, Ok(record))) => view! { <Details record /> }.into_any(),
        Some((_, Err(error))) => {
            let retry = Callback::new(move |()| answer.refetch());
            view! { <NoDetails error retry /> }.into_any()
        }
        None => view! {
            <h2 class="sr-only" id=TITLE_ID>"Record"</h2>
            <SkeletonRows count=10 />
        }
        .into_any(),
    }
}

/// The neighbours within the filter: those of the list, or the next older one by asking for it.
fn use_neighbours(state: State, id: Memo<Option<i64>>) -> Memo<Neighbours> {
    let in_list = memo(move || {
        let ids: Vec<i64> = state.pager.rows.with(|rows| rows.iter().map(|row| row.id).collect());
        id.get().map(|id| Neighbours::within(&ids, id)).unwrap_or_default()
    });
    // Not by the status, which changes again and again while a search of payloads goes on.
    let loaded = memo(move || state.pager.is_loaded());
    let asked = LocalResource::new(move || {
        let wanted = in_list.get().older.is_none() && loaded.get();
        let before = id.get().filter(|_| wanted);
        let filter = state.filter.get();
        async move {
            let page = call(&ListRecords { params: filter?, limit: Some(1), before: Some(before?) }, &()).await.ok()?;
            Some((before?, page.records.first()?.id))
        }
    });
    memo(move || {
        let Neighbours { newer, older } = in_list.get();
        // An answer about the record that was open before does not count.
        let asked = asked.get().flatten().filter(|(before, _)| Some(*before) == id.get()).map(|(_, older)| older);
        Neighbours { newer, older: older.or(asked) }
    })
}

/// Whether the list is the page before this one.
fn is_from_list() -> bool {
    let mark = window().history().and_then(|history| history.state());
    mark.is_ok_and(|mark| mark.as_string().as_deref() == Some(FROM_LIST))
}

/// Leads back to the list.
fn use_close(state: State) -> Callback<()> {
    let navigate = use_navigate();
    Callback::new(move |()| {
        if is_from_list() {
            if let Ok(history) = window().history() {
                let _ = history.back();
            }
        } else {
            let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
            navigate(&untrack(|| state.query_or_all().list_address()), options);
        }
    })
}

/// Leads to a neighbour, in the place of the record that is open, so that going back leads to the list.
fn use_step(state: State) -> Callback<Option<i64>> {
    let navigate = use_navigate();
    Callback::new(move |id: Option<i64>| {
        if let Some(id) = id {
            let mark = RouterState::new(is_from_list().then(|| FROM_LIST.into()));
            let options = NavigateOptions { scroll: false, replace: true, state: mark, ..NavigateOptions::default() };
            navigate(&untrack(|| state.query_or_all().record_address(id)), options);
        }
    })
}

#[component]
fn Steps(neighbours: Memo<Neighbours>, step: Callback<Option<i64>>) -> impl IntoView {
    let newer = move || neighbours.get().newer;
    let older = move || neighbours.get().older;
    view! {
        <div class="steps" role="group" aria-label="Other records of this list">
            <button type="button" class="button button--small" title="Newer record (k)"
                disabled=move || newer().is_none() on:click=move |_| step.run(newer())>
                <Icon symbol=Symbol::Back />
                "Newer"
            </button>
            <button type="button" class="button button--small" title="Older record (j)"
                disabled=move || older().is_none() on:click=move |_| step.run(older())>
                "Older"
                <Icon symbol=Symbol::Forward />
            </button>
        </div>
    }
}

#[component]
fn NoDetails(error: ApiError, retry: Callback<()>) -> impl IntoView {
    view! {
        <h2 class="sr-only" id=TITLE_ID>"Record"</h2>
        <div class="drawer__content">
            {if error.is_not_found() {
                view! {
                    <ErrorBox
                        title="There is no such record"
                        message="It may have been deleted because of its age, or the link is wrong."
                    />
                }.into_any()
            } else {
                view! { <ErrorBox title="The record could not be loaded" message=error.to_string() retry /> }.into_any()
            }}
        </div>
    }
}

/// A name with a value; an empty value is said to be empty.
#[component]
fn Item(name: &'static str, value: String, #[prop(optional)] href: Option<String>) -> impl IntoView {
    let shown = match (value.is_empty(), href) {
        (true, _) => view! { <span class="muted">"not given"</span> }.into_any(),
        (false, Some(href)) => {
            view! { <a href=href title=format!("All records with this {}", name.to_lowercase())>{value}</a> }.into_any()
        }
        (false, None) => value.into_any(),
    };
    view! { <div class="facts__item"><dt>{name}</dt><dd>{shown}</dd></div> }
}

/// A name with a time.
#[component]
fn Moment(name: &'static str, time: Timestamp) -> impl IntoView {
    let (times, clock) = (Times::of_page(), use_context::<Clock>());
    view! {
        <div class="facts__item">
            <dt>{name}</dt>
            <dd>{move || times.exact(time)} " " <span class="muted">{move || format!("({})", Clock::age(clock, time))}</span></dd>
        </div>
    }
}

#[component]
fn Details(record: RecordDetails) -> impl IntoView {
    let RecordDetails { id, classification, severity, payload, external, .. } = record.clone();
    let size = format::counted(payload.len() as u64, "byte", "bytes");
    let text = Signal::stored(payload.clone());
    let display =
        Views::payload(&record).map(|display| view! { <section class="details__display">{display}</section> });
    view! {
        <div class="drawer__content" data-testid="record-details">
            <header class="details__head">
                <div class="details__marks">
                    <SeverityBadge severity />
                    <span class="tag">{if external { "external" } else { "internal" }}</span>
                    <span class="muted">"Record " {id}</span>
                </div>
                <h2 class="details__title" id=TITLE_ID>{classification}</h2>
            </header>
            <Facts record />
            {display}
            <section>
                <div class="details__bar">
                    <h3>"Payload"</h3>
                    <span class="muted">{size}</span>
                    <span class="drawer__space"></span>
                    <CopyButton text label="Copy payload" />
                </div>
                <pre class="payload" tabindex="0" role="region" aria-label="Payload" data-testid="payload">
                    {payload}
                </pre>
            </section>
        </div>
    }
}

/// Everything but the payload.
#[component]
fn Facts(record: RecordDetails) -> impl IntoView {
    let all = RecordFilter::default;
    let of = |filter: RecordFilter| list_address(&filter);
    let system = Some(record.system_name.clone());
    let of_system = of(RecordFilter { system: system.clone(), ..all() });
    let of_build = of(RecordFilter { system, build: Some(record.build.clone()), ..all() });
    let of_class = of(RecordFilter { classification: Some(Pattern::Exact(record.classification.clone())), ..all() });
    let of_machine = of(RecordFilter { machine_id: record.machine_id.parse().ok(), ..all() });
    let of_event = of(RecordFilter { event_id: record.event_id.parse().ok(), ..all() });
    let system_name = system_name(&record.system_name).to_owned();
    let guilty = record.guilty.map(|GuiltyRef { id, function, module }| {
        let records = of(RecordFilter { guilty: Some(id), ..all() });
        view! {
            <div class="facts__item">
                <dt>"Guilty"</dt>
                <dd>
                    <a href=guilty_address(id) title="Its crashes and backtraces">
                        {format!("{function} - [{module}]")}
                    </a>
                    " ("<a href=records>"all its records"</a>")"
                </dd>
            </div>
        }
    });
    view! {
        <dl class="facts">
            <Moment name="Captured" time=record.captured_at />
            <Moment name="Received" time=record.received_at />
            <Item name="Classification" value=record.classification href=of_class />
            {guilty}
            <Item name="Machine" value=record.machine_id href=of_machine />
            <Item name="Event" value=record.event_id href=of_event />
            <Item name="System" value=system_name href=of_system />
            <Item name="Build" value=record.build href=of_build />
            <Item name="Kernel" value=record.kernel_version />
            <Item name="Architecture" value=record.arch />
            <Item name="Hardware" value=record.host_type />
            <Item name="Board" value=record.board_name />
            <Item name="Processor" value=record.cpu_model />
            <Item name="Firmware" value=record.bios_version />
            <Item name="Record format" value=record.record_format_version.to_string() />
            <Item name="Payload format" value=record.payload_format_version.to_string() />
        </dl>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_those_of_the_list() {
        let check = |id: i64, newer: Option<i64>, older: Option<i64>| {
            assert_eq!(Neighbours::within(&[9, 7, 4], id), Neighbours { newer, older });
        };
        check(9, None, Some(7));
        check(7, Some(9), Some(4));
        check(4, Some(7), None);
        check(5, None, None);
    }
}
