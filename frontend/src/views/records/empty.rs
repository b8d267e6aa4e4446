//! What is there when no record is.

use leptos::prelude::*;
use telemetrics_common::RecordFilter;

use super::address::list_address;
use super::first_record::FirstRecord;
use super::state::State;
use crate::components::{EmptyState, Symbol};

/// Tells a filter that is too narrow from a server that has no record yet.
#[component]
pub fn NoRecords() -> impl IntoView {
    let state = expect_context::<State>();
    let filtered = move || state.filter.get().is_some_and(|filter| filter != RecordFilter::default());
    view! {
        <Show when=filtered fallback=|| view! { <FirstRecord /> }>
            <EmptyState symbol=Symbol::Search title="No record matches">
                <p>"No record passes all of these filters. Take one away, or begin anew."</p>
                <p><a class="button button--primary" href=list_address(&RecordFilter::default())>"Clear filters"</a></p>
            </EmptyState>
        </Show>
    }
}
