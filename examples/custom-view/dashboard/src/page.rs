//! The page with the pickers that all views have and a filter of its own, and the two pages below it, each with a chart of
//! the same answer.

use boot_time_common::{BOOT_TIME, BootTime, GetBootTime};
use leptos::prelude::*;
use leptos_router::components::{A, Outlet};
use leptos_router::hooks::use_location;
use telemetrics_frontend::answer::{Answer, Answered};
use telemetrics_frontend::browser;
use telemetrics_frontend::charts::{ChartCard, Data, Kind, Unit};
use telemetrics_frontend::components::{PageHead, Segment, Segments, SkeletonCards};
use telemetrics_frontend::reactive::memo;
use telemetrics_frontend::scope::{Range, RangePicker, RefreshButton, ScopeError, Selection, SystemPicker, ViewScope};

use crate::data;

pub(crate) const SECONDS: Unit = Unit::measured("seconds");
const BOOTS: Unit = Unit::counted("boot", "boots");
const EMPTY: &str = "No boot in this time. Choose a longer time or another system.";
/// Where the second page is, below the first.
pub(crate) const SPREAD: &str = "spread";
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

/// What the pages below show.
type Times = Answer<Question, BootTime>;

#[component]
pub(crate) fn BootTimePage() -> impl IntoView {
    browser::use_title(|| BOOT_TIME.title.to_owned());
    let scope = ViewScope::of(BOOT_TIME, Range::Last(30));
    let parameter = scope.parameter(AT_LEAST);
    let at_least = memo(move || parameter.get().and_then(|text| text.parse().ok()));
    let question = memo(move || Some(Question { selection: scope.selection.get()?, at_least: at_least.get() }));
    let answer: Times = Answer::of(question, |Question { selection, at_least }: &Question| GetBootTime {
        system: selection.system.clone(),
        from: selection.bounds.from,
        to: selection.bounds.to,
        at_least: *at_least,
    });
    provide_context(answer);
    view! {
        <div class="page page--charts">
            <Pages />
            <PageHead title=BOOT_TIME.title subtitle="How long boots take, as machines report it. Days are UTC.">
                <RefreshButton />
                <AtLeastPicker scope at_least />
                <SystemPicker scope />
                <RangePicker scope />
            </PageHead>
            <ScopeError scope />
            <Outlet />
        </div>
    }
}

/// The ways between the pages, which keep what is chosen.
#[component]
fn Pages() -> impl IntoView {
    let search = use_location().search;
    let link = move |(page, name): (&'static str, &'static str)| {
        let address = move || {
            let path = format!("/{}/{page}", BOOT_TIME.slug);
            let path = path.trim_end_matches('/');
            search.with(|search| if search.is_empty() { path.to_owned() } else { format!("{path}?{search}") })
        };
        view! { <A href=address exact=true attr:class="subnav__item">{name}</A> }
    };
    view! {
        <nav class="subnav" aria-label="Boot time">
            {[("", "By build"), (SPREAD, "By how long they took")].map(link)}
        </nav>
    }
}

#[component]
pub(crate) fn ByBuild() -> impl IntoView {
    let answer = expect_context::<Times>();
    let builds = answer.memo(|question, times| data::builds(&question.selection, times));
    view! { <Chart answer title="Average by build" unit=SECONDS data=builds /> }
}

#[component]
pub(crate) fn Spread() -> impl IntoView {
    let answer = expect_context::<Times>();
    let seconds = answer.memo(|_, times| data::seconds(times));
    view! { <Chart answer title="Boots by how long they took" unit=BOOTS data=seconds /> }
}

/// What is made of the answer.
#[component]
fn Chart(answer: Times, title: &'static str, unit: Unit, data: Memo<Data>) -> impl IntoView {
    view! {
        <Answered
            progress=answer.progress
            failure="The boot times could not be loaded"
            skeleton=|| view! { <SkeletonCards spans=&[12] /> }
        >
            <ChartCard title unit kind=Kind::Columns data empty=EMPTY height=340_u32 />
        </Answered>
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
