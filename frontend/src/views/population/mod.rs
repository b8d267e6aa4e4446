//! Population: how many machines run which build, by their heartbeats.

mod compare;
mod data;

use leptos::prelude::*;
use telemetrics_common::overview::DEFAULT_DAYS;
use telemetrics_common::population::{GetMachineDays, GetPopulation, Population as Counts};
use telemetrics_common::{ViewInfo, views};

use super::parts::MACHINES;
use crate::answer::{Answer, Answered};
use crate::app::View;
use crate::browser;
use crate::charts::{ChartCard, Kind, Unit};
use crate::components::{PageHead, Segment, Segments, SkeletonCards};
use crate::reactive::memo;
use crate::scope::{Range, RangePicker, RefreshButton, ScopeError, Selection, SystemPicker, ViewScope};
use compare::Compare;
use data::Shown;

/// Name of the parameter that says over which time machines are counted.
const WINDOW: &str = "window";
const SHARE: Unit = Unit::measured("%");
const EMPTY: &str = "No machine has sent a heartbeat in this time. Choose a longer one or another system.";

/// The view.
pub struct Population;

impl View for Population {
    fn info(&self) -> ViewInfo {
        views::POPULATION
    }

    fn page(&self) -> AnyView {
        view! { <PopulationPage /> }.into_any()
    }
}

#[component]
fn PopulationPage() -> impl IntoView {
    browser::use_title(|| views::POPULATION.title.to_owned());
    let scope = ViewScope::of(views::POPULATION, Range::Last(DEFAULT_DAYS));
    let window = scope.parameter(WINDOW);
    let shown = memo(move || window.with(|window| Shown::parse(window.as_deref())));
    let system = memo(move || scope.selection.with(|selection| Some(selection.as_ref()?.system.clone())));
    let answer = Answer::of(system, |system: &Option<String>| GetPopulation { system: system.clone() });
    let counts = answer.memo(|_, counts| counts.clone());
    view! {
        <div class="page page--charts">
            <PageHead
                title=views::POPULATION.title
                subtitle="Machines that have sent a heartbeat, by the build that they run. Each machine id counts once per \
                    build."
            >
                <RefreshButton />
                <SystemPicker scope one=true />
                <WindowPicker scope shown />
            </PageHead>
            <ScopeError scope />
            <Answered
                progress=answer.progress
                failure="The machines could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[7, 5] /> }
            >
                {move || match shown.get() {
                    Shown::All => view! { <Compare counts /> }.into_any(),
                    Shown::Window(days) => view! { <OneWindow counts days /> }.into_any(),
                }}
            </Answered>
            <OverTime scope />
        </div>
    }
}

/// Chooses over which time machines are counted.
#[component]
fn WindowPicker(scope: ViewScope, shown: Memo<Shown>) -> impl IntoView {
    let segment = move |choice: Shown| {
        let href = Signal::derive(move || scope.address(&[(WINDOW, Some(choice.name()))]));
        let is_chosen = Signal::derive(move || shown.get() == choice);
        view! { <Segment text=choice.label() title=choice.words() href is_chosen /> }
    };
    view! { <Segments label="Machines seen in">{Shown::CHOICES.map(segment).collect_view()}</Segments> }
}

/// The machines of one window.
#[component]
fn OneWindow(counts: Memo<Counts>, days: Option<u32>) -> impl IntoView {
    let builds = memo(move || counts.with(|counts| data::window(counts, days)));
    let heartbeats = memo(move || counts.with(|counts| data::heartbeats(&counts.system, days, browser::now())));
    let machines = memo(move || heartbeats.with(|beats| builds.with(|builds| data::machines(beats, builds))));
    let shares = memo(move || heartbeats.with(|beats| builds.with(|builds| data::shares(beats, builds))));
    let sum = Signal::derive(move || {
        let words = counts.with(|counts| builds.with(|builds| data::in_words(&counts.system, builds, days)));
        Some(format!("{words} {}", data::caveat(days)))
    });
    view! {
        <div class="card-grid">
            <div class="span-7">
                <ChartCard title="Machines per build" unit=MACHINES kind=Kind::Stacked data=machines note=sum empty=EMPTY height=300_u32 />
            </div>
            <div class="span-5">
                <ChartCard title="Share of each build" unit=MACHINES kind=Kind::Donut data=shares empty=EMPTY />
            </div>
        </div>
    }
}

/// How the machines have moved from build to build.
#[component]
fn OverTime(scope: ViewScope) -> impl IntoView {
    let answer = Answer::of(scope.selection, |selection: &Selection| GetMachineDays {
        system: selection.system.clone(),
        from: Some(selection.bounds.begin()),
        to: selection.bounds.to,
    });
    let days = answer.memo(|selection, counts| data::days(selection, counts, browser::now()));
    let shares = memo(move || days.with(data::day_shares));
    view! {
        <section class="section" aria-labelledby="over-time">
            <div class="section__head">
                <h2 id="over-time" class="section__title">"Over time"</h2>
                <RangePicker scope />
            </div>
            <Answered
                progress=answer.progress
                failure="The machines over time could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[6, 6] /> }
            >
                <div class="card-grid">
                    <div class="span-6">
                        <ChartCard
                            title="Machines per day and build"
                            unit=MACHINES
                            kind=Kind::Area
                            data=days
                            note="Counted for each day anew, so that no machine counts twice on a day. Days that are not over yet are left out."
                            empty=EMPTY
                            height=320_u32
                        />
                    </div>
                    <div class="span-6">
                        <ChartCard
                            title="Share of each build per day"
                            unit=SHARE
                            kind=Kind::Lines
                            data=shares
                            note="How fast builds spread: each one's part of the machines of the day."
                            empty=EMPTY
                            height=320_u32
                        />
                    </div>
                </div>
            </Answered>
        </section>
    }
}
