//! The page: filters at the side, the list beside them, the details over both.

use leptos::ev;
use leptos::prelude::*;
use leptos_router::components::Outlet;
use telemetrics_common::endpoint::path_with_query;
use telemetrics_common::records::{CSV_PATH, NDJSON_PATH};

use super::chips::Chips;
use super::choices;
use super::filters::{FIRST_FIELD, Filters};
use super::list::List;
use super::live::{self, LiveSwitch};
use super::state::State;
use crate::components::{Icon, Symbol};
use crate::{browser, format};

/// The whole view.
#[component]
pub fn RecordsPage() -> impl IntoView {
    let state = State::provide();
    live::start(state);
    shortcuts(state);
    browser::use_title(move || state.open.get().map_or_else(|| "Records".to_owned(), |id| format!("Record {id}")));
    view! {
        <div class="page records">
            <div class="page__head">
                <div>
                    <h1 class="page__title">"Records"</h1>
                    <p class="page__subtitle" data-testid="record-total"><Total /></p>
                </div>
                <div class="toolbar">
                    <LiveSwitch />
                    <Exports />
                </div>
            </div>
            <div class="records__columns">
                <Filters />
                <section class="records__main" aria-label="Records that match">
                    <Chips />
                    <List />
                </section>
            </div>
        </div>
        <Outlet />
    }
}

/// `/` goes to the filter, `j` and `k` walk through the list.
fn shortcuts(state: State) {
    let listener = window_event_listener(ev::keydown, move |event| {
        if state.open.get_untracked().is_some() || !browser::is_shortcut(&event) {
            return;
        }
        match event.key().as_str() {
            "/" => browser::focus(FIRST_FIELD),
            "j" => browser::focus(
                ".record:focus-within + .record .record__link, \
                 tbody:not(:focus-within) > .record:first-child .record__link",
            ),
            "k" => browser::focus(".record:has(+ .record:focus-within) .record__link"),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || listener.remove());
}

/// How many records pass the filter, as far as the facets say.
#[component]
fn Total() -> impl IntoView {
    let state = expect_context::<State>();
    move || {
        let severities = state.filter.get().and_then(|filter| filter.severity);
        let passes = |severity| severities.as_ref().is_none_or(|chosen| chosen.contains(severity));
        let text = state.with_facets(|facets| {
            let counted = format::counted(choices::total(facets, passes), "record", "records");
            if facets.partial { format!("at least {counted}") } else { counted }
        });
        // A blank keeps the line's height until the number is there.
        text.unwrap_or_else(|| "\u{a0}".to_owned())
    }
}

/// Everything that passes the filter, as files.
#[component]
fn Exports() -> impl IntoView {
    let state = expect_context::<State>();
    let links = [(CSV_PATH, "CSV"), (NDJSON_PATH, "NDJSON")].map(|(path, name)| {
        let href = move || path_with_query(path, &state.filter_or_all());
        view! {
            <a class="button button--small" href=href download title=format!("All records that match as {name}")>
                <Icon symbol=Symbol::Download />
                <span class="sr-only">"Download "</span>
                {name}
            </a>
        }
    });
    view! { <div class="exports" role="group" aria-label="Download">{links}</div> }
}
