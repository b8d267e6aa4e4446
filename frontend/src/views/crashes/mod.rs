//! Crashes: which functions break most in which builds, their backtraces, and the list of those never to blame.

mod adding;
mod address;
mod changing;
mod charts;
mod comment;
mod controls;
mod export;
mod frames;
mod guilty;
mod guilty_charts;
mod hidden;
mod importing;
mod judgement;
mod machines;
mod marking;
mod marks;
mod never_guilty;
mod of_record;
mod page;
mod preview;
mod reset;
mod stacks;
mod table;
mod top;
mod wording;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::{NestedRoute, ParamSegment, StaticSegment};
use telemetrics_common::records::RecordDetails;
use telemetrics_common::{ViewInfo, views};

pub use address::{guilty_address, never_guilty_address};

use crate::app::View;

/// The view.
pub struct Crashes;

impl View for Crashes {
    fn info(&self) -> ViewInfo {
        views::CRASHES
    }

    fn page(&self) -> AnyView {
        view! { <page::CrashesPage /> }.into_any()
    }

    fn payload(&self, record: &RecordDetails) -> Option<AnyView> {
        // Every record with frames has a guilty.
        record.guilty.as_ref()?;
        let id = record.id;
        Some(view! { <of_record::BacktraceOfRecord id /> }.into_any())
    }

    fn subroutes(&self) -> Vec<AnyNestedRoute> {
        // Fixed names before the one that stands for any guilty.
        vec![
            NestedRoute::new(StaticSegment(""), top::TopCrashes).into_any_nested_route(),
            NestedRoute::new(StaticSegment(address::NEVER_GUILTY), never_guilty::NeverGuiltyPage)
                .into_any_nested_route(),
            NestedRoute::new(StaticSegment(address::HIDDEN), hidden::HiddenPage).into_any_nested_route(),
            NestedRoute::new(ParamSegment(guilty::ID), guilty::GuiltyPage).into_any_nested_route(),
        ]
    }
}
