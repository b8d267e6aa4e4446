//! The list: rows, the way to more of them, and what is there instead of rows.

use std::time::Duration;

use leptos::prelude::*;
use telemetrics_common::filter::MachineId;
use telemetrics_common::records::RecordRow;
use telemetrics_common::{RecordFilter, Timestamp};

use super::address::list_address;
use super::columns::{Column, Columns};
use super::empty::NoRecords;
use super::live::Waiting;
use super::state::{FROM_LIST, State};
use crate::components::{Age, ErrorBox, SeverityBadge, SkeletonRows, Times};
use crate::pager::Status;
use crate::reactive::memo;
use crate::{browser, format};

const SKELETON_ROWS: usize = 12;
/// In pixels, as `styles/records.css` has it; where rows are cards they are higher.
const ROW_HEIGHT: f64 = 42.0;
/// From this difference on between a machine's clock and the reception both are shown.
const LATE_SECONDS: i64 = 3600;

/// The list in every state.
#[component]
pub fn List() -> impl IntoView {
    let state = expect_context::<State>();
    let pager = state.pager;
    let has_rows = memo(move || pager.rows.with(|rows| !rows.is_empty()));
    let invalid = memo(move || state.filter_error());
    let failed = memo(move || match pager.status.get() {
        Status::Failed(error) => Some(error.to_string()),
        _ => None,
    });
    let waits = move || pager.status.get() == Status::Loading && !has_rows.get();
    let is_empty = move || !has_rows.get() && pager.status.get() == Status::Ready && pager.next_before.get().is_none();
    view! {
        <p class="sr-only" role="status">{move || announcement(state)}</p>
        <Waiting />
        {move || match (invalid.get(), failed.get()) {
            (Some(error), _) => view! {
                <ErrorBox title="This filter cannot be used" message=error.text()>
                    <a class="button" href=list_address(&RecordFilter::default())>"Clear filters"</a>
                </ErrorBox>
            }.into_any(),
            (None, Some(message)) if !has_rows.get() => view! {
                <ErrorBox title="The records could not be loaded" message
                    retry=Callback::new(move |()| pager.retry()) />
            }.into_any(),
            _ => ().into_any(),
        }}
        <Show when=move || waits() && invalid.with(Option::is_none)>
            <SkeletonRows count=SKELETON_ROWS />
        </Show>
        <Show when=move || has_rows.get() && invalid.with(Option::is_none)>
            <Table />
        </Show>
        <Show when=move || is_empty() && invalid.with(Option::is_none)>
            <NoRecords />
        </Show>
        <Show when=move || invalid.with(Option::is_none)>
            <End failed has_rows />
        </Show>
    }
}

/// What a screen reader is told when the list changes.
fn announcement(state: State) -> String {
    let searching = state.searching;
    match state.pager.status.get() {
        Status::Loading => "Loading records".to_owned(),
        // The box with the error speaks for itself.
        Status::Failed(_) => String::new(),
        Status::LoadingMore | Status::Ready if searching.goes_on() => {
            let percent = searching.reached().and_then(|reached| reached.time).map_or(0, |(_, percent)| percent);
            // Not each answer is to be talked about.
            format!("Searching, {} % done", percent / 10 * 10)
        }
        Status::LoadingMore if !searching.is_open() => "Loading more records".to_owned(),
        Status::LoadingMore | Status::Ready => {
            // Not tracked: live records are not to be talked about one by one.
            let rows = state.pager.rows.with_untracked(Vec::len) as u64;
            format!("{} shown", format::counted(rows, "record", "records"))
        }
    }
}

/// How many rows are drawn: at first those that fill the window, and all of them when the browser has painted these,
/// which so do not wait for what is below.
fn use_drawn() -> RwSignal<usize> {
    let drawn = RwSignal::new((browser::window_height() / ROW_HEIGHT).ceil() as usize);
    // A frame calls back before it is painted, a timeout that is set there comes after.
    request_animation_frame(move || set_timeout(move || _ = drawn.try_set(usize::MAX), Duration::ZERO));
    drawn
}

// On a phone the rows are cards, made by CSS; the roles keep the table a table then.
#[component]
fn Table() -> impl IntoView {
    let state = expect_context::<State>();
    let busy = move || state.pager.status.get() == Status::Loading;
    let drawn = use_drawn();
    let rows = move || {
        let count = drawn.get();
        state.pager.rows.with(|rows| rows.iter().take(count).cloned().collect::<Vec<_>>())
    };
    let (columns, times) = (Columns::of_page(), Times::of_page());
    let head = |column: Column| {
        view! { <th role="columnheader" scope="col" class=format!("head--{}", column.name())>{column.title()}</th> }
    };
    view! {
        <table class="table" role="table" data-left-out=move || columns.left_out() data-times=move || times.style().name() aria-busy=move || busy().to_string() class:table--busy=busy>
            <caption class="sr-only">"Records, newest first"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Captured"</th>
                    {head(Column::Severity)}
                    <th role="columnheader" scope="col">"Classification"</th>
                    {[Column::Payload, Column::Build, Column::Machine, Column::Source].map(head)}
                </tr>
            </thead>
            <tbody role="rowgroup">
                <For each=rows key=|row| row.id let:row>
                    <Row row />
                </For>
            </tbody>
        </table>
    }
}

#[component]
fn Row(row: RecordRow) -> impl IntoView {
    let state = expect_context::<State>();
    let id = row.id;
    let details = move || state.query_or_all().record_address(id);
    let machine: Option<MachineId> = row.machine_id.parse().ok();
    let of_machine = move || state.query_or_all().with(|filter| filter.machine_id.clone_from(&machine)).list_address();
    let source = if row.external { "external" } else { "internal" };
    let of_build = format!("{} {}", row.system_name, row.build);
    view! {
        <tr role="row" class="record" class:record--fresh=state.live.is_fresh(id) data-record-id=id>
            <td role="cell" class="record__age">
                <Age time=row.captured_at received=row.received_at />
                {is_late(&row).then(|| view! {
                    <span class="record__late">"received " <Age time=row.received_at /></span>
                })}
            </td>
            <td role="cell" class="record__severity"><SeverityBadge severity=row.severity /></td>
            <td role="cell" class="record__class">
                <a
                    class="record__link"
                    href=details
                    prop:state=FROM_LIST
                    data-noscroll
                    title=row.classification.clone()
                >
                    {row.classification.clone()}
                    <span class="sr-only">{format!(", record {id}")}</span>
                </a>
            </td>
            <td role="cell" class="record__excerpt">{row.excerpt}</td>
            <td role="cell" class="record__build" title=of_build>
                <div class="record__two">
                    <span class="record__system">{row.system_name}</span>
                    " "
                    <span class="record__version">{row.build}</span>
                </div>
            </td>
            <td role="cell" class="record__machine">
                <a href=of_machine title=format!("Only machine {}", row.machine_id)>{row.machine_id.clone()}</a>
            </td>
            <td role="cell" class="record__source"><span class=format!("tag tag--{source}")>{source}</span></td>
        </tr>
    }
}

/// Whether the record came long after its capture, or before it: the machine was offline, or its clock is wrong.
fn is_late(row: &RecordRow) -> bool {
    let seconds = |time: Timestamp| time.seconds();
    (seconds(row.received_at) - seconds(row.captured_at)).abs() >= LATE_SECONDS
}

/// Below the rows: the way to more, or why there are no more.
#[component]
fn End(failed: Memo<Option<String>>, has_rows: Memo<bool>) -> impl IntoView {
    let pager = expect_context::<State>().pager;
    let has_more = memo(move || pager.next_before.get().is_some());
    view! {
        <div class="list-end" data-testid="list-end">
            {move || match failed.get() {
                Some(message) if has_rows.get() => view! {
                    <ErrorBox title="More records could not be loaded" message
                        retry=Callback::new(move |()| pager.retry()) />
                }.into_any(),
                // It is told where the rows would be.
                Some(_) => ().into_any(),
                None if has_more.get() => view! { <More /> }.into_any(),
                None if has_rows.get() => view! { <p class="muted">"No older records"</p> }.into_any(),
                None => ().into_any(),
            }}
        </div>
    }
}

/// Loads more, or halts the search that does and lets it go on: one button, so that the focus stays where it is.
#[component]
fn More() -> impl IntoView {
    let state = expect_context::<State>();
    let (pager, searching) = (state.pager, state.searching);
    let busy = move || match pager.status.get() {
        Status::Ready => false,
        Status::LoadingMore => !searching.is_open(),
        Status::Loading | Status::Failed(_) => true,
    };
    let text = move || match searching.is_open() {
        true if searching.goes_on() => "Stop",
        true => "Go on searching",
        false if pager.status.get() == Status::LoadingMore => "Loading…",
        false => "Load more",
    };
    let act = move |_| if untrack(|| searching.is_open()) { searching.toggle() } else { pager.more() };
    view! {
        <SearchNote />
        <button type="button" class="button" disabled=busy on:click=act>{text}</button>
    }
}

/// How far a search is that has not filled its page yet.
#[component]
fn SearchNote() -> impl IntoView {
    let searching = expect_context::<State>().searching;
    move || {
        searching.reached().map(|reached| {
            let state = if searching.goes_on() { "Searching" } else { "Stopped" };
            let record = format::number(reached.id.unsigned_abs());
            view! {
                <p class="list-end__note">
                    {format!("{state}: down to record {record}")}
                    {reached.time.map(|(received_at, percent)| view! {
                        ", received " <Age time=received_at /> {format!(", {percent} % done")}
                    })}
                </p>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::records::arrivals::tests::row;

    #[test]
    fn late_records_are_noticed() {
        let check = |captured: i64, received: i64, late: bool| {
            let (captured_at, received_at) = (Timestamp::from_seconds(captured), Timestamp::from_seconds(received));
            assert_eq!(is_late(&RecordRow { captured_at, received_at, ..row(1) }), late);
        };
        check(10_000, 10_010, false);
        check(10_000, 13_600, true);
        check(10_000, 0, true);
    }
}
