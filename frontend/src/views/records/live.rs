//! The list kept up to date by server-sent events.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use gloo_timers::future::sleep;
use leptos::ev;
use leptos::prelude::*;
use telemetrics_common::RecordFilter;
use telemetrics_common::endpoint::path_with_query;
use telemetrics_common::records::{DEFAULT_LIMIT, LIVE_PATH, ListRecords, RecordRow};

use super::address::Query;
use super::arrivals::{MAX_ROWS, Rows};
use super::choices;
use super::state::State;
use crate::api::{Event, Events, call};
use crate::browser;
use crate::components::{Icon, Switch, Symbol};
use crate::format;
use crate::pager::Status;
use crate::reactive::{effect, memo, spawn_here};

/// Where the choice is kept.
const KEY: &str = "telemetrics.live";
/// Events of this long are shown together, so that a burst does not redraw the list for each.
const GATHER: Duration = Duration::from_millis(150);
/// How long until a connection that was closed for good is tried again.
const RETRY: Duration = Duration::from_secs(3);
/// How long the counts of facets may lag behind live records.
const RECOUNT: Duration = Duration::from_secs(5);
/// Below this many pixels from the top the list is being read, and must not move.
const TOP: f64 = 160.0;

/// How the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    Off,
    Connecting,
    Open,
    Lost,
}

/// State of the live list.
#[derive(Clone, Copy)]
pub struct Live {
    /// Whether it is switched on.
    pub on: RwSignal<bool>,
    connection: RwSignal<Connection>,
    /// What came while the list must not move, newest first.
    waiting: RwSignal<Rows>,
    /// Rows that came live since the list was loaded.
    fresh: RwSignal<HashSet<i64>>,
    /// Whether a recount of the facets is due.
    recounting: RwSignal<bool>,
    /// Whether the page is scrolled down.
    scrolled: RwSignal<bool>,
    /// Whether the browser shows this tab.
    visible: RwSignal<bool>,
}

impl Live {
    /// On, unless it was switched off in this browser.
    pub fn new() -> Self {
        Self {
            on: RwSignal::new(browser::stored(KEY).as_deref() != Some("off")),
            connection: RwSignal::new(Connection::Off),
            waiting: RwSignal::new(Rows::default()),
            fresh: RwSignal::new(HashSet::new()),
            recounting: RwSignal::new(false),
            scrolled: RwSignal::new(false),
            visible: RwSignal::new(true),
        }
    }

    /// Whether a row came live.
    pub fn is_fresh(&self, id: i64) -> bool {
        self.fresh.with_untracked(|fresh| fresh.contains(&id))
    }
}

/// Keeps the list of a view up to date from now on.
pub fn start(state: State) {
    let live = state.live;
    effect(move || browser::store(KEY, if live.on.get() { "on" } else { "off" }));
    watch_page(state);
    let loaded = memo(move || state.pager.is_loaded());
    effect(move || {
        // A list that is loaded anew holds what was waiting.
        if !loaded.get() {
            live.waiting.set(Rows::default());
            live.fresh.update(HashSet::clear);
            live.recounting.set(false);
        }
    });
    effect(move || {
        // A record that was open has held the list.
        if state.open.get().is_none() && !live.scrolled.get_untracked() {
            show_waiting(state);
        }
    });
    effect(move || {
        // The task that would have done it has ended with the last run.
        if live.recounting.get_untracked() {
            live.recounting.set(false);
            state.facets.refetch();
        }
        let listen = live.on.get() && live.visible.get() && loaded.get();
        match following(state).filter(|_| listen) {
            Some(filter) => spawn_here(follow(state, filter)),
            None => live.connection.set(Connection::Off),
        }
    });
}

/// The filter for what is to come: an end that moves on with time is none.
fn following(state: State) -> Option<RecordFilter> {
    let filter = state.filter.get()?;
    let moves_on = state.query.with(|query| query.as_ref().is_some_and(Query::moves_on));
    Some(if moves_on { RecordFilter { to: None, ..filter } } else { filter })
}

/// Notices scrolling, and whether the tab is shown: a hidden one gives its connection back, of which
/// a browser has few.
fn watch_page(state: State) {
    let live = state.live;
    let scroll = window_event_listener(ev::scroll, move |_| {
        let scrolled = window().scroll_y().unwrap_or_default() > TOP;
        if live.scrolled.get_untracked() != scrolled {
            live.scrolled.set(scrolled);
            if !scrolled {
                show_waiting(state);
            }
        }
    });
    let visibility = window_event_listener(ev::visibilitychange, move |_| live.visible.set(!document().hidden()));
    on_cleanup(move || {
        scroll.remove();
        visibility.remove();
    });
}

/// Listens until it is cancelled, and begins again when the connection is closed for good.
async fn follow(state: State, filter: RecordFilter) {
    let connection = state.live.connection;
    let url = path_with_query(LIVE_PATH, &filter);
    connection.set(Connection::Connecting);
    loop {
        if let Ok(mut events) = Events::<RecordRow>::listen(&url) {
            let mut next = events.next().await;
            while let Some(event) = next {
                let mut ahead = None;
                match event {
                    Event::Open => {
                        connection.set(Connection::Open);
                        catch_up(state, &filter).await;
                    }
                    Event::Missed => catch_up(state, &filter).await,
                    Event::Item(row) => ahead = gather_and_show(state, row, &mut events).await,
                    Event::Lost => connection.set(Connection::Lost),
                    Event::Closed => break,
                }
                next = if ahead.is_some() { ahead } else { events.next().await };
            }
        }
        connection.set(Connection::Lost);
        sleep(RETRY).await;
    }
}

/// Takes in a record with those that come right behind it; answers an event of another kind that it met.
async fn gather_and_show(state: State, first: RecordRow, events: &mut Events<RecordRow>) -> Option<Event<RecordRow>> {
    let (mut rows, mut ahead) = (vec![first], None);
    sleep(GATHER).await;
    while rows.len() < MAX_ROWS
        && let Some(Some(event)) = events.next().now_or_never()
    {
        match event {
            Event::Item(row) => rows.push(row),
            other => {
                ahead = Some(other);
                break;
            }
        }
    }
    arrive(state, rows);
    ahead
}

/// Asks for what came in while nobody listened.
async fn catch_up(state: State, filter: &RecordFilter) {
    let call_for = ListRecords { params: filter.clone(), limit: Some(DEFAULT_LIMIT), before: None };
    // When it fails the next event or connection brings the rest.
    let Ok(page) = call(&call_for, &()).await else { return };
    let waiting = state.live.waiting;
    let pager = state.pager;
    let mut known = Rows { rows: pager.rows.get_untracked(), next_before: pager.next_before.get_untracked() };
    known.add(waiting.with_untracked(|waiting| waiting.rows.clone()));
    let is_behind = known.is_behind(&page);
    if is_behind && !is_held(state) {
        state.reload();
        return;
    }
    let newest = known.newest().unwrap_or(0);
    arrive(state, page.records.into_iter().filter(|row| row.id > newest).collect());
    if is_behind {
        // The gap is closed when the list may move.
        waiting.update(|waiting| waiting.next_before = page.next_before);
    }
}

/// Whether the list must not move: it is being read, or records that came earlier are waiting still.
fn is_held(state: State) -> bool {
    let live = state.live;
    live.scrolled.get_untracked()
        || state.open.get_untracked().is_some()
        || live.waiting.with_untracked(|waiting| !waiting.rows.is_empty())
}

/// Takes records in: into the list, or into the queue before it while the list must not move.
fn arrive(state: State, mut rows: Vec<RecordRow>) {
    let live = state.live;
    let moving = state.query.get_untracked().filter(Query::moves_on);
    let end = moving.and_then(|query| query.at(browser::now()).to);
    rows.retain(|row| end.is_none_or(|end| row.captured_at < end));
    recount(state, &rows);
    if is_held(state) {
        let known: HashSet<i64> = state.pager.rows.with_untracked(|rows| rows.iter().map(|row| row.id).collect());
        let rows: Vec<RecordRow> = rows.into_iter().filter(|row| !known.contains(&row.id)).collect();
        if !rows.is_empty() {
            live.waiting.update(|waiting| {
                waiting.add(rows);
                waiting.trim(MAX_ROWS);
            });
        }
    } else {
        put_on_top(state, rows);
    }
}

/// Brings the facets up to date: at once for a new choice, else once for many records.
fn recount(state: State, rows: &[RecordRow]) {
    let new = state.with_facets_untracked(|facets| rows.iter().any(|row| !choices::know(facets, row)));
    if new == Some(true) {
        state.facets.refetch();
    } else if !rows.is_empty() && !state.live.recounting.get_untracked() {
        state.live.recounting.set(true);
        spawn_here(async move {
            sleep(RECOUNT).await;
            state.live.recounting.set(false);
            state.facets.refetch();
        });
    }
}

fn put_on_top(state: State, arrived: Vec<RecordRow>) {
    let (pager, live) = (state.pager, state.live);
    let mut list = Rows { rows: pager.rows.get_untracked(), next_before: pager.next_before.get_untracked() };
    let new = list.add(arrived);
    if new.is_empty() {
        return;
    }
    // Not below what was loaded by hand, nor while more of that is on its way.
    if pager.status.get_untracked() == Status::Ready {
        list.trim(MAX_ROWS.max(pager.rows.with_untracked(Vec::len)));
    }
    live.fresh.update(|fresh| fresh.extend(new));
    pager.next_before.set(list.next_before);
    pager.rows.set(list.rows);
}

/// Puts what was waiting on top of the list.
fn show_waiting(state: State) {
    let Rows { rows, next_before } = state.live.waiting.get_untracked();
    state.live.waiting.set(Rows::default());
    if next_before.is_some() {
        // More came than was kept.
        state.reload();
    } else {
        put_on_top(state, rows);
    }
}

/// The switch, and how the connection is.
#[component]
pub fn LiveSwitch() -> impl IntoView {
    let state = expect_context::<State>();
    let live = state.live;
    let held = move || live.scrolled.get() || state.open.get().is_some();
    let status = move || match live.connection.get() {
        _ if !live.on.get() => ("off", "Off"),
        Connection::Open if held() => ("paused", "Paused"),
        Connection::Open => ("open", "Connected"),
        Connection::Off if state.pager.status.get() != Status::Loading => ("paused", "Paused"),
        Connection::Off | Connection::Connecting => ("connecting", "Connecting…"),
        Connection::Lost => ("lost", "Reconnecting…"),
    };
    view! {
        <div class="live" data-testid="live" data-state=move || status().0>
            <Switch label="Live" on=live.on />
            <span class="live__dot" aria-hidden="true"></span>
            <span class="live__text" role="status">{move || status().1}</span>
        </div>
    }
}

/// Offers what is waiting.
#[component]
pub fn Waiting() -> impl IntoView {
    let state = expect_context::<State>();
    let text = move || {
        state.live.waiting.with(|waiting| {
            let more = if waiting.next_before.is_some() { "+" } else { "" };
            let count = waiting.rows.len();
            (count > 0).then(|| format!("{}{more} new", format::number(count as u64)))
        })
    };
    let show = move |_| {
        show_waiting(state);
        window().scroll_to_with_x_and_y(0.0, 0.0);
    };
    view! {
        <div class="waiting" aria-live="polite">
            {move || text().map(|text| view! {
                <button type="button" class="waiting__button" on:click=show>
                    <Icon symbol=Symbol::Up />
                    {text}
                </button>
            })}
        </div>
    }
}
