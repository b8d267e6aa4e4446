//! A point in time as its age, with the exact time on hover.

use std::time::Duration;

use leptos::prelude::*;
use telemetrics_common::Timestamp;

use crate::{browser, format};

const TICK: Duration = Duration::from_secs(5);

/// The time now, for everything on the page that shows an age.
#[derive(Clone, Copy)]
pub struct Clock(RwSignal<Timestamp>);

impl Clock {
    /// Starts it, for all components below.
    pub fn provide() {
        let now = RwSignal::new(browser::now());
        if let Ok(interval) = set_interval_with_handle(move || now.set(browser::now()), TICK) {
            on_cleanup(move || interval.clear());
        }
        provide_context(Self(now));
    }

    /// How old something is now, or was when the page was opened where no clock was started.
    fn age(clock: Option<Self>, time: Timestamp) -> String {
        // A record may be newer than the last tick.
        let now = clock.map_or_else(browser::now, |clock| clock.0.get().max(browser::now()));
        format::age(now, time)
    }
}

/// A time as its age: `3 min ago`.
#[component]
pub fn Age(
    /// The time.
    time: Timestamp,
    /// What to say on hover beside the exact time.
    #[prop(optional, into)]
    note: Option<String>,
) -> impl IntoView {
    let clock = use_context::<Clock>();
    let exact = format::exact(time);
    let title = match note {
        Some(note) => format!("{exact}\n{note}"),
        None => exact,
    };
    view! { <time class="age" datetime=time.to_string() title=title>{move || Clock::age(clock, time)}</time> }
}
