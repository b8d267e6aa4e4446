//! A point in time as its age, with the exact time on hover; or the other way round, as chosen.

use std::time::Duration;

use leptos::prelude::*;
use telemetrics_common::Timestamp;

use super::{TimeStyle, Times};
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
    pub fn age(clock: Option<Self>, time: Timestamp) -> String {
        // A record may be newer than the last tick.
        let now = clock.map_or_else(browser::now, |clock| clock.0.get().max(browser::now()));
        format::age(now, time)
    }
}

/// A time as its age, `3 min ago`, unless exact times are wanted.
#[component]
pub fn Age(
    /// The time.
    time: Timestamp,
    /// When it came in, said on hover.
    #[prop(optional)]
    received: Option<Timestamp>,
) -> impl IntoView {
    let clock = use_context::<Clock>();
    let times = Times::of_page();
    let is_age = move || times.style() == TimeStyle::Age;
    let title = move || {
        let other = if is_age() { times.exact(time) } else { Clock::age(clock, time) };
        match received {
            Some(received) => format!("{other}\nReceived {}", times.exact(received)),
            None => other,
        }
    };
    let text = move || if is_age() { Clock::age(clock, time) } else { times.exact(time) };
    view! { <time class="age" datetime=time.to_string() title=title>{text}</time> }
}
