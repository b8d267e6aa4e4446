//! The page: two charts, the pickers that all views have, and a filter of its own.

use boot_time_common::{BOOT_TIME, GetBootTimes};
use leptos::prelude::*;
use telemetrics_frontend::answer::{Answer, Answered};
use telemetrics_frontend::browser;
use telemetrics_frontend::charts::{ChartCard, Kind, Unit};
use telemetrics_frontend::components::{PageHead, Segment, Segments, SkeletonCards};
use telemetrics_frontend::reactive::memo;
use telemetrics_frontend::scope::{Range, RangePicker, RefreshButton, ScopeError, Selection, SystemPicker, ViewScope};

use crate::data;

pub(crate) const SECONDS: Unit = Unit::measured("seconds");
const BOOTS: Unit = Unit::counted("boot", "boots");
const EMPTY: &str = "No boot in this time. Choose a longer time or another system.";
/// Name of the parameter that holds the filter.
const AT_LEAST: &str = "at_least";
/// What it can be.
const CHOICES: [(Option<u32>, &str); 4] = [(None, "All"), (Some(5), "5 s"), (Some(10), "10 s"), (Some(30), "30 s")];

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
struct Question {
    selection: Selection,
    at_least: Option<u32>,
}

#[component]
pub(crate) fn BootTimePage() -> impl IntoView {
    browser::use_title(|| BOOT_TIME.title.to_owned());
    let scope = ViewScope::of(BOOT_TIME, Range::Last(30));
    let parameter = scope.parameter(AT_LEAST);
    let at_least = memo(move || parameter.get().and_then(|text| text.parse().ok()));
    let question = memo(move || Some(Question { selection: scope.selection.get()?, at_least: at_least.get() }));
    let answer = Answer::of(question, |Question { selection, at_least }: &Question| GetBootTimes {
        system: selection.system.clone(),
        from: selection.bounds.from,
        to: selection.bounds.to,
        at_least: *at_least,
    });
    let builds = answer.memo(|question, times| data::builds(&question.selection, times));
    let seconds = answer.memo(|_, times| data::seconds(times));
    view! {
        <div class="page page--charts">
            <PageHead
                title=BOOT_TIME.title
                subtitle="From the kernel's hand-over to the login, as machines report it. Days are UTC."
            >
                <RefreshButton />
                <AtLeastPicker scope at_least />
                <SystemPicker scope />
                <RangePicker scope />
            </PageHead>
            <ScopeError scope />
            <Answered
                progress=answer.progress
                failure="The boot times could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[6, 6] /> }
            >
                <div class="card-grid">
                    <div class="span-6">
                        <ChartCard title="Average by build" unit=SECONDS kind=Kind::Columns data=builds empty=EMPTY height=340_u32 />
                    </div>
                    <div class="span-6">
                        <ChartCard title="Boots by how long they took" unit=BOOTS kind=Kind::Columns data=seconds empty=EMPTY height=340_u32 />
                    </div>
                </div>
            </Answered>
        </div>
    }
}

/// Leaves out the boots that were quicker.
#[component]
fn AtLeastPicker(scope: ViewScope, at_least: Memo<Option<u32>>) -> impl IntoView {
    let segment = move |(choice, text): (Option<u32>, &'static str)| {
        let href = Signal::derive(move || scope.address(&[(AT_LEAST, choice.map(|seconds| seconds.to_string()))]));
        let is_chosen = Signal::derive(move || at_least.get() == choice);
        let title = choice.map_or_else(|| "All boots".to_owned(), |seconds| format!("At least {seconds} seconds"));
        view! { <Segment text title href is_chosen /> }
    };
    view! { <Segments label="Boots that took at least">{CHOICES.map(segment).collect_view()}</Segments> }
}
