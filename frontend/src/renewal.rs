//! Asking for what is shown anew: when somebody comes back to a page that was left open, or wants it.

use leptos::ev;
use leptos::prelude::*;

use crate::browser;

/// Who was away for so long wants to see what is new.
const AWAY_SECONDS: i64 = 300;

/// Answers and what is meant by "now" follow it, whatever else they depend on.
#[derive(Clone, Copy)]
pub struct Renewal(RwSignal<u32>);

impl Renewal {
    /// Begins to notice who comes back, for all components below.
    pub fn provide() {
        let renewal = Self(RwSignal::new(0));
        renewal.when_seen_again();
        provide_context(renewal);
    }

    /// The one of the dashboard; where there is none, nobody asks for anything anew.
    pub fn of_page() -> Self {
        use_context::<Self>().unwrap_or_else(|| Self(RwSignal::new(0)))
    }

    /// Makes what reads it run again at each renewal.
    pub fn track(self) {
        self.0.track();
    }

    /// Asks for everything on the page anew.
    pub fn renew(self) {
        self.0.update(|turn| *turn = turn.wrapping_add(1));
    }

    fn when_seen_again(self) {
        let left_at = StoredValue::new(browser::now());
        let listener = window_event_listener(ev::visibilitychange, move |_| {
            let now = browser::now();
            if document().hidden() {
                left_at.set_value(now);
            } else if now.seconds() - left_at.get_value().seconds() >= AWAY_SECONDS {
                self.renew();
            }
        });
        on_cleanup(move || listener.remove());
    }
}
