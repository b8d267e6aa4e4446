//! Boot times, in the dashboard: the pages, the card on the overview, and how a record of a boot is shown.

mod data;
mod page;
mod tile;

use boot_time_common::{BOOT_TIME, CLASSIFICATION, boot_ms};
use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::{NestedRoute, StaticSegment};
use telemetrics_common::ViewInfo;
use telemetrics_common::records::RecordDetails;
use telemetrics_frontend::View;
use telemetrics_frontend::components::Symbol;
use telemetrics_frontend::views::parts::Facts;

/// The view.
pub struct BootTime;

impl View for BootTime {
    fn info(&self) -> ViewInfo {
        BOOT_TIME
    }

    fn icon(&self) -> Option<Symbol> {
        // A stopwatch.
        Some(Symbol::Path("M10 5.5a6 6 0 1 1 0 12 6 6 0 0 1 0-12ZM8 2.5h4M10 8v3.5l2 1.5"))
    }

    fn page(&self) -> AnyView {
        view! { <page::BootTimePage /> }.into_any()
    }

    fn subroutes(&self) -> Vec<AnyNestedRoute> {
        vec![
            NestedRoute::new(StaticSegment(""), page::ByBuild).into_any_nested_route(),
            NestedRoute::new(StaticSegment(page::SPREAD), page::Spread).into_any_nested_route(),
        ]
    }

    fn tile(&self) -> Option<AnyView> {
        Some(view! { <tile::BootTimeTile /> }.into_any())
    }

    fn payload(&self, record: &RecordDetails) -> Option<AnyView> {
        let millis = (record.classification == CLASSIFICATION).then(|| boot_ms(&record.payload))??;
        let facts = vec![("How long it took".to_owned(), format!("{millis} ms"))];
        Some(view! { <h3>"Boot"</h3><Facts facts /> }.into_any())
    }
}
