//! MCE: errors that the hardware reports about itself, of one year.

mod data;
mod payload;

use leptos::prelude::*;
use telemetrics_common::classification::MCE;
use telemetrics_common::mce::{DEFAULT_TOP, GetMce, Mce as Counts};
use telemetrics_common::records::RecordDetails;
use telemetrics_common::time::IsoWeek;
use telemetrics_common::{ViewInfo, views};

use super::parts::{Facts, Nothing, ROTATION_DAYS};
use crate::answer::{Answer, Answered};
use crate::app::View;
use crate::browser;
use crate::charts::{ChartCard, CsvButton, HeatTable, Kind, Table, save_table};
use crate::components::{PageHead, Panel, Segment, Segments, SkeletonCards};
use crate::reactive::memo;
use crate::scope::{PurgedNote, Range, RefreshButton, ScopeError, SystemPicker, ViewScope, use_go};
use data::CHECKS;

/// Name of the parameter that holds the year.
const YEAR: &str = "year";
/// Name of the parameter that says how many machines are named.
const TOP: &str = "top";
/// What it can be.
const TOPS: [(u32, &str); 4] = [(5, "5"), (10, "10"), (20, "20"), (50, "50")];
/// What the table of machines is called.
const MACHINES: &str = "Machines with the most machine checks";

/// The view.
pub struct Mce;

impl View for Mce {
    fn info(&self) -> ViewInfo {
        views::MCE
    }

    fn page(&self) -> AnyView {
        view! { <McePage /> }.into_any()
    }

    fn payload(&self, record: &RecordDetails) -> Option<AnyView> {
        let is_mine = MCE.contains(&record.classification.as_str());
        let facts = is_mine.then(|| payload::facts(&record.payload))?;
        Some(view! { <h3>"Machine check"</h3><Facts facts /> }.into_any())
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
struct Question {
    system: Option<String>,
    year: Option<i32>,
    top: u32,
}

/// The counts of a year.
type MceAnswer = Answer<Question, Counts>;

#[component]
fn McePage() -> impl IntoView {
    browser::use_title(|| views::MCE.title.to_owned());
    let scope = ViewScope::of(views::MCE, Range::All);
    let top = use_top(scope);
    let answer: MceAnswer = Answer::of(use_question(scope, top), |Question { system, year, top }: &Question| GetMce {
        year: *year,
        system: system.clone(),
        top: Some(*top),
    });
    let shown_year = answer.memo(|_, counts| Some(counts.year));
    let years = answer.memo(|_, counts| data::years(counts, IsoWeek::of(browser::now()).year()));
    let purged = answer.memo(|_, counts| counts.purged);
    let has_records = answer.memo(|_, counts| !counts.classifications.is_empty());
    view! {
        <div class="page page--charts">
            <PageHead
                title=views::MCE.title
                subtitle="Machine checks: errors that processors and memory report about themselves, corrected or not, in \
                    one year by ISO 8601."
            >
                <RefreshButton />
                <SystemPicker scope />
                <YearPicker scope shown=shown_year years />
            </PageHead>
            <ScopeError scope />
            <Answered
                progress=answer.progress
                failure="The machine checks could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[12, 4, 8, 5, 7] /> }
            >
                <PurgedNote purged />
                <Show
                    when=move || has_records.get()
                    fallback=|| view! { <Nothing what="No machine check in this year" hint="Choose another year or another system." /> }
                >
                    <Charts scope top answer />
                </Show>
            </Answered>
        </div>
    }
}

/// How many machines are named, by the address.
fn use_top(scope: ViewScope) -> Memo<u32> {
    let top = scope.parameter(TOP);
    memo(move || {
        let wanted = top.get().and_then(|text| text.parse().ok());
        TOPS.map(|(top, _)| top).into_iter().find(|top| Some(*top) == wanted).unwrap_or(DEFAULT_TOP)
    })
}

fn use_question(scope: ViewScope, top: Memo<u32>) -> Memo<Option<Question>> {
    let year = scope.parameter(YEAR);
    memo(move || {
        let year = year.get().and_then(|year| year.parse().ok());
        let system = scope.selection.with(|selection| Some(selection.as_ref()?.system.clone()))?;
        Some(Question { system, year, top: top.get() })
    })
}

#[component]
fn Charts(scope: ViewScope, top: Memo<u32>, answer: MceAnswer) -> impl IntoView {
    let weeks = answer.memo(|question, counts| data::weeks(question.system.as_deref(), counts, browser::now()));
    let classifications = answer.memo(|question, counts| data::classifications(question.system.as_deref(), counts));
    let builds = answer.memo(|question, counts| data::builds(question.system.as_deref(), counts));
    let statuses = answer.memo(|question, counts| data::statuses(question.system.as_deref(), counts));
    view! {
        <div class="card-grid">
            <div class="span-12">
                <ChartCard title="Machine checks per week" unit=CHECKS kind=Kind::Stacked data=weeks />
            </div>
            <div class="span-4">
                <ChartCard title="Classifications" unit=CHECKS kind=Kind::Donut data=classifications />
            </div>
            <div class="span-8">
                <ChartCard title="Builds" unit=CHECKS kind=Kind::Columns data=builds />
            </div>
            <div class="span-4">
                <ChartCard title="Statuses" unit=CHECKS kind=Kind::Bars data=statuses
                    note="The low 32 bits of the bank's status register." />
            </div>
            <div class="span-8"><Machines scope top answer /></div>
        </div>
    }
}

#[component]
fn Machines(scope: ViewScope, top: Memo<u32>, answer: MceAnswer) -> impl IntoView {
    let machines = answer.memo(|question, counts| data::machines(question.system.as_deref(), counts));
    let save = Callback::new(move |()| save_table(MACHINES, &machines.with_untracked(|heat| Table::from(heat))));
    view! {
        <Panel
            title=MACHINES
            note=format!("Per build. A machine changes its id every {ROTATION_DAYS} days, and is another one then.")
            tools=move || view! { <TopPicker scope top /><CsvButton title=MACHINES save /> }
        >
            <HeatTable caption="Machine checks by machine and build" unit=CHECKS data=machines />
        </Panel>
    }
}

/// Chooses one of the years that have machine checks.
#[component]
fn YearPicker(scope: ViewScope, shown: Memo<Option<i32>>, years: Memo<Vec<i32>>) -> impl IntoView {
    let go = use_go();
    let options = move || {
        let option = |year: i32| {
            view! { <option value=year prop:selected=move || shown.get() == Some(year)>{year}</option> }
        };
        years.get().into_iter().map(option).collect_view()
    };
    view! {
        <select
            class="input select picker picker--short"
            aria-label="Year"
            on:change=move |event| go(&untrack(|| scope.address(&[(YEAR, Some(event_target_value(&event)))])))
        >
            {options}
        </select>
    }
}

/// Chooses how many machines are named.
#[component]
fn TopPicker(scope: ViewScope, top: Memo<u32>) -> impl IntoView {
    let segment = move |(count, text): (u32, &'static str)| {
        let href = Signal::derive(move || scope.address(&[(TOP, Some(count.to_string()))]));
        let is_chosen = Signal::derive(move || top.get() == count);
        view! { <Segment text title=format!("The first {count} machines") href is_chosen /> }
    };
    view! { <Segments label="How many machines">{TOPS.map(segment).collect_view()}</Segments> }
}
