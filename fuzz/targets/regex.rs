//! Searches of payloads and scrub rules: a line with the expression, and then the payload.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telemetrics_backend::ingest::privacy::Scrubber;
use telemetrics_backend::store::search::PayloadSearch;
use telemetrics_common::RecordFilter;
use telemetrics_common::privacy::{ScrubRule, Scrubbing};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (expression, payload) = text.split_once('\n').unwrap_or((text, ""));
    let filter = RecordFilter { payload: Some(expression.to_owned()), ..RecordFilter::default() };
    if let Ok(Some(search)) = PayloadSearch::new(&filter) {
        search.passes(payload);
    }
    let rule = ScrubRule {
        name: "x".to_owned(),
        pattern: expression.to_owned(),
        replacement: "-".to_owned(),
        active: true,
    };
    if let Ok(scrubber) = Scrubber::new(&Scrubbing { rules: vec![rule], version: 0 }) {
        scrubber.scrub(payload.to_owned());
    }
});
