//! Where somebody was on a page: found again by "back" and "forward", and after loading the page anew. The browser
//! alone cannot, since a page is as high as its data only when they are there.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use web_sys::ScrollRestoration;

use crate::browser;

/// Name under which the places are kept while the page is loaded anew.
const KEY: &str = "telemetrics.scroll";
/// For how many milliseconds a page may become as high as it was.
const PATIENCE: f64 = 10_000.0;
/// For how many milliseconds a place that was found is held on to: the page before may still be the one that is seen, and
/// what comes later may push it away.
const HOLD: f64 = 1_500.0;
/// After a click it takes about this long until what was opened is there.
const OPENING: Duration = Duration::from_millis(800);

/// The places of this tab by address, in pixels from the top.
#[derive(Clone, Copy)]
struct Places {
    known: StoredValue<BTreeMap<String, f64>>,
    /// Where to, and until when that is tried.
    wanted: StoredValue<Option<(f64, f64)>>,
    /// The address that a click may be about to leave: its page may shrink before the address changes, and is not looked at
    /// until somebody moves it.
    leaving: StoredValue<Option<String>>,
}

/// Keeps the place of every page for as long as the dashboard is open in this tab.
pub(super) fn keep() {
    let Ok(history) = window().history() else { return };
    if history.set_scroll_restoration(ScrollRestoration::Manual).is_err() {
        return;
    }
    let known = browser::stored_in_tab(KEY).map(|text| parse(&text)).unwrap_or_default();
    let places =
        Places { known: StoredValue::new(known), wanted: StoredValue::new(None), leaving: StoredValue::new(None) };
    if browser::is_loaded_anew() {
        places.go_back();
    }
    let listeners = [
        window_event_listener(ev::scroll, move |_| places.note()),
        window_event_listener(ev::click, move |_| places.leave()),
        window_event_listener(ev::popstate, move |_| places.go_back()),
        window_event_listener(ev::pagehide, move |_| browser::store_in_tab(KEY, &places.known.with_value(text))),
        // Whoever moves the page meanwhile means it.
        window_event_listener(ev::wheel, move |_| places.let_go()),
        window_event_listener(ev::touchstart, move |_| places.let_go()),
        window_event_listener(ev::pointerdown, move |_| places.let_go()),
        window_event_listener(ev::keydown, move |_| places.let_go()),
    ];
    on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
}

impl Places {
    /// Notes where this page is now.
    fn note(self) {
        let address = browser::address();
        let is_left = |leaving: &Option<String>| leaving.as_ref() == Some(&address);
        if self.wanted.try_get_value() == Some(None) && self.leaving.try_with_value(is_left) == Some(false) {
            let top = window().scroll_y().unwrap_or_default();
            self.known.update_value(|known| {
                known.insert(address, top);
            });
        }
    }

    /// Notes where this page is before it may be left, and where the next one is: what is opened over a page, like the
    /// details of a record, has an address of its own.
    fn leave(self) {
        self.leaving.set_value(None);
        self.note();
        self.leaving.set_value(Some(browser::address()));
        set_timeout(move || self.note(), OPENING);
    }

    /// Wants the place where this page was.
    fn go_back(self) {
        let top = self.known.with_value(|known| known.get(&browser::address()).copied()).unwrap_or_default();
        let is_idle = self.wanted.get_value().is_none();
        self.leaving.set_value(None);
        self.wanted.set_value(Some((top, browser::now_millis() + PATIENCE)));
        if is_idle {
            self.try_to(None);
        }
    }

    /// Scrolls as far as the page goes by now, and once more with the next frame until that was far enough for a while.
    fn try_to(self, held_since: Option<f64>) {
        request_animation_frame(move || {
            let Some(Some((top, until))) = self.wanted.try_get_value() else { return };
            window().scroll_to_with_x_and_y(0.0, top);
            let now = browser::now_millis();
            let is_there = (window().scroll_y().unwrap_or_default() - top).abs() < 1.0;
            let held_since = is_there.then(|| held_since.unwrap_or(now));
            if now > until || held_since.is_some_and(|since| now - since > HOLD) {
                self.wanted.set_value(None);
            } else {
                self.try_to(held_since);
            }
        });
    }

    fn let_go(self) {
        self.wanted.set_value(None);
        self.leaving.set_value(None);
    }
}

/// One place a line: pixels, a space, the address.
fn text(places: &BTreeMap<String, f64>) -> String {
    places.iter().map(|(address, top)| format!("{top} {address}\n")).collect()
}

fn parse(text: &str) -> BTreeMap<String, f64> {
    let place = |line: &str| {
        let (top, address) = line.split_once(' ')?;
        Some((address.to_owned(), top.parse().ok()?))
    };
    text.lines().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept_as_text() {
        let places = BTreeMap::from([("/records?severity=4".to_owned(), 120.5), ("/builds".to_owned(), 0.0)]);
        assert_eq!(parse(&text(&places)), places);
        assert_eq!(parse("nonsense\nx /builds\n7 /stats\n"), BTreeMap::from([("/stats".to_owned(), 7.0)]));
    }
}
