//! Records: the list with its filters, live, and the details of one.

mod address;
mod arrivals;
mod chips;
mod choices;
mod columns;
mod details;
mod empty;
mod fields;
mod filters;
mod first_record;
mod list;
mod live;
mod page;
mod searching;
mod state;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::{NestedRoute, ParamSegment};
use telemetrics_common::{ViewInfo, views};

pub use address::{list_address, record_address};
pub(crate) use columns::{Column, Columns};

use crate::app::View;

/// The view.
pub struct Records;

impl View for Records {
    fn info(&self) -> ViewInfo {
        views::RECORDS
    }

    fn page(&self) -> AnyView {
        view! { <page::RecordsPage /> }.into_any()
    }

    fn subroutes(&self) -> Vec<AnyNestedRoute> {
        vec![NestedRoute::new(ParamSegment(details::ID), details::RecordDrawer).into_any_nested_route()]
    }
}
