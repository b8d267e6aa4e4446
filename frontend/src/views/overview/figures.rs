//! The row of numbers at the top.

use leptos::prelude::*;
use telemetrics_common::filter::Clock;
use telemetrics_common::overview::{Ingest, Overview, OverviewDay};

use super::data::{self, Latest};
use crate::answer::Answer;
use crate::browser;
use crate::charts::{Sparkline, Tone};
use crate::components::{Age, Change, Figure, Growth};
use crate::format;
use crate::scope::{Selection, records_link};
use crate::views::parts::kept_link;
use crate::views::quarantine::QUARANTINE_PATH;

/// A number of the latest day, and how it has changed.
#[derive(Clone, Debug, Default, PartialEq)]
struct Daily {
    /// What it is a number of.
    when: String,
    now: Option<u64>,
    before: Option<u64>,
    href: Option<String>,
    series: Vec<u64>,
}

impl Daily {
    fn of(
        selection: &Selection,
        counts: &Overview,
        value: fn(&OverviewDay) -> u64,
        href: fn(&Selection, &OverviewDay) -> Option<String>,
    ) -> Self {
        let now = browser::now();
        let days = data::days(selection, counts, now);
        let Some(Latest { day, is_over, before }) = data::latest(selection, counts, now) else {
            let series = days.iter().map(value).collect();
            return Self { when: "No whole day in this time".to_owned(), series, ..Self::default() };
        };
        let name = format::weekday_and_date(day.day);
        Self {
            when: if is_over { name } else { format!("{name}, so far") },
            now: Some(value(&day)),
            before: before.as_ref().map(value),
            href: href(selection, &day),
            series: days.iter().filter(|other| other.day <= day.day).map(value).collect(),
        }
    }
}

/// All of them.
#[component]
pub fn Figures(answer: Answer<Selection, Overview>) -> impl IntoView {
    let records = answer.memo(|_, counts| format::number(counts.records));
    let records_href =
        answer.memo(|selection, counts| kept_link(counts.records, counts.purged, || records_link(selection, |_| ())));
    let per_day = answer.memo(|selection, counts| {
        data::days(selection, counts, browser::now()).iter().map(data::records).collect::<Vec<u64>>()
    });
    let machines = answer.memo(|selection, counts| Daily::of(selection, counts, |day| day.machines, data::machines_of));
    let crashes = answer.memo(|selection, counts| Daily::of(selection, counts, |day| day.crashes, data::crashes_of));
    let ingest = answer.memo(|_, counts| counts.ingest.clone());
    view! {
        <dl class="figures" data-testid="figures">
            <Figure label="Records" value=records href=records_href>
                <Sparkline values=per_day label="Records per day" />
            </Figure>
            <DailyFigure label="Active machines" line="Active machines per day" daily=machines growth=Growth::Neutral tone=Tone::Slot(3) />
            <DailyFigure label="Crashes" line="Crashes per day" daily=crashes growth=Growth::Bad tone=Tone::Slot(2) />
            <IngestFigures ingest />
        </dl>
    }
}

#[component]
fn DailyFigure(
    label: &'static str,
    line: &'static str,
    daily: Memo<Daily>,
    growth: Growth,
    tone: Tone,
) -> impl IntoView {
    let value = Signal::derive(move || daily.with(|daily| daily.now.map_or_else(|| "–".to_owned(), format::number)));
    let href = Signal::derive(move || daily.get().href);
    let values = Signal::derive(move || daily.get().series);
    let change = move || {
        let Daily { now, before, .. } = daily.get();
        Some(view! { <Change now=now? before=before? than="the day before" growth /> })
    };
    view! {
        <Figure label value href>
            <span class="figure__note">{move || daily.get().when}</span>
            {change}
            <Sparkline values label=line tone />
        </Figure>
    }
}

/// How records come in, of all systems.
#[component]
fn IngestFigures(ingest: Memo<Ingest>) -> impl IntoView {
    let rate = Signal::derive(move || data::rate(ingest.with(|ingest| ingest.records_per_second)));
    let quarantined = Signal::derive(move || format::number(ingest.with(|ingest| ingest.quarantined)));
    let wrong_clocks = Signal::derive(move || format::number(ingest.with(|ingest| ingest.wrong_clocks)));
    let of_wrong_clocks = Signal::derive(move || {
        kept_link(ingest.with(|ingest| ingest.wrong_clocks), 0, || {
            records_link(&Selection::default(), |filter| filter.clock = Some(Clock::Wrong))
        })
    });
    let last = move || ingest.with(|ingest| ingest.last_received_at).map(|time| view! { <Age time /> });
    view! {
        <Figure label="Incoming records" value=rate>
            <span class="figure__note">"Last one received " {last}</span>
        </Figure>
        <Figure label="Quarantine" value=quarantined href=Some(QUARANTINE_PATH.to_owned())>
            <span class="figure__note">"Records that broke a rule"</span>
        </Figure>
        <Figure label="Wrong clocks" value=wrong_clocks href=of_wrong_clocks>
            <span class="figure__note">"Records of all time, more than a day ahead or a year behind"</span>
        </Figure>
    }
}

/// The row before its numbers are there.
#[component]
pub fn FigureSkeleton() -> impl IntoView {
    view! { <div class="figures figures--skeleton" aria-hidden="true"></div> }
}
