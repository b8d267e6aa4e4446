//! Filters, cursors and rules: what is understood means the same when it is written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telemetrics_backend::retention::Rule;
use telemetrics_common::paging::Paged;
use telemetrics_common::{RecordFilter, query};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(page) = query::parse::<Paged<RecordFilter>>(text) {
        let written = query::encode(&query::to_pairs(&page));
        assert_eq!(query::parse(&written), Ok(page), "{written}");
    }
    if let Ok(rule) = text.parse::<Rule>() {
        assert_eq!(rule.to_string().parse(), Ok(rule));
    }
});
