//! The backtrace of one record, among its details.

use leptos::prelude::*;
use telemetrics_common::guilties::{Backtrace, GetBacktrace};

use super::frames::{Circumstances, Threads};
use crate::answer::{Answer, Answered};
use crate::components::SkeletonRows;
use crate::reactive::memo;

/// Names demangled, the guilty marked.
#[component]
pub fn BacktraceOfRecord(
    /// The record.
    id: i64,
) -> impl IntoView {
    let answer = Answer::of(memo(move || Some(id)), |id: &i64| GetBacktrace { id: *id });
    let backtrace: Memo<Backtrace> = answer.memo(|_, backtrace| backtrace.clone());
    view! {
        <h3>"Backtrace"</h3>
        <Answered
            progress=answer.progress
            failure="The backtrace could not be loaded"
            skeleton=|| view! { <SkeletonRows count=4 /> }
        >
            <Circumstances backtrace />
            {move || view! { <Threads backtrace=backtrace.get() /> }}
        </Answered>
    }
}
