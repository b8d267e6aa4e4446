//! A search of payloads: a request looks for as long as the server lets it, and the next one goes on where it stopped.

use leptos::prelude::*;
use telemetrics_common::records::{DEFAULT_LIMIT, ListRecords, RecordPage, RecordRow, Searched};
use telemetrics_common::{RecordFilter, Timestamp};

use crate::browser;
use crate::pager::{Pager, Status};
use crate::reactive::effect;

/// How far a search is that has not filled its page yet.
#[derive(Clone, Copy)]
pub struct Reached {
    /// The record that was looked at last.
    pub id: i64,
    /// When that came in, and which part of the time in question is searched, in percent.
    pub time: Option<(Timestamp, u64)>,
    /// How many rows its page lacks.
    lacks: u32,
}

/// A search that goes on until its page is full, nothing is left, or somebody halts it.
#[derive(Clone, Copy)]
pub struct Searching {
    reached: RwSignal<Option<Reached>>,
    halted: RwSignal<bool>,
}

impl Searching {
    /// None yet.
    pub fn new() -> Self {
        Self { reached: RwSignal::new(None), halted: RwSignal::new(false) }
    }

    /// How far it is; none where the last answer filled its page, or was the end.
    pub fn reached(self) -> Option<Reached> {
        self.reached.get()
    }

    /// Whether there is more to be searched for this page.
    pub fn is_open(self) -> bool {
        self.reached.with(Option::is_some)
    }

    /// Whether it goes on by itself.
    pub fn goes_on(self) -> bool {
        self.is_open() && !self.halted.get()
    }

    /// Halts it, or lets it go on.
    pub fn toggle(self) {
        self.halted.update(|halted| *halted = !*halted);
    }

    /// The request for the first page, or for what the page lacks, or for the next page.
    pub fn request(self, params: RecordFilter, before: Option<i64>) -> ListRecords {
        if before.is_none() {
            self.reached.set(None);
        }
        let reached = self.reached.get_untracked();
        if reached.is_none() {
            self.halted.set(false);
        }
        ListRecords { params, limit: Some(reached.map_or(DEFAULT_LIMIT, |reached| reached.lacks)), before }
    }

    /// Takes in what was answered.
    pub fn take(self, request: &ListRecords, page: &RecordPage) {
        let found = u32::try_from(page.records.len()).unwrap_or(u32::MAX);
        let lacks = request.limit.unwrap_or(DEFAULT_LIMIT).saturating_sub(found);
        let now = browser::now();
        let time = page.searched.as_ref().map(|to| (to.received_at, percent(&request.params, to, now)));
        self.reached.set(page.next_before.filter(|_| lacks > 0).map(|id| Reached { id, time, lacks }));
    }

    /// Asks for more whenever an answer has left the page open.
    pub fn go_on(self, pager: Pager<RecordRow>) {
        effect(move || {
            if self.goes_on() && pager.status.get() == Status::Ready {
                pager.more();
            }
        });
    }
}

/// Which part of the time in question is searched: that from now, or the filter's end, back to the filter's begin or
/// the oldest record.
fn percent(filter: &RecordFilter, searched: &Searched, now: Timestamp) -> u64 {
    let newest = filter.received_to.map_or(now, |to| to.min(now));
    let oldest = filter.received_from.map_or(searched.oldest_received_at, |from| from.max(searched.oldest_received_at));
    // The browser's clock may be behind the server's.
    let back_to = |time: Timestamp| u64::try_from(newest.millis() - time.millis()).unwrap_or_default();
    (back_to(searched.received_at) * 100).checked_div(back_to(oldest)).unwrap_or_default().min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_is_of_the_time_in_question() {
        let at = Timestamp::from_seconds;
        let check = |from: Option<i64>, to: Option<i64>, expected: u64| {
            let (received_from, received_to) = (from.map(at), to.map(at));
            let filter = RecordFilter { received_from, received_to, ..RecordFilter::default() };
            let searched = Searched { received_at: at(750), oldest_received_at: at(200) };
            assert_eq!(percent(&filter, &searched, at(1000)), expected, "{from:?} {to:?}");
        };
        check(None, None, 31);
        check(Some(0), Some(2000), 31);
        check(Some(500), None, 50);
        check(None, Some(800), 8);
        check(Some(500), Some(900), 37);
        // Records that were imported need not be in the order of their reception.
        check(Some(800), None, 100);
        check(None, Some(700), 0);
        check(None, Some(200), 0);
    }
}
