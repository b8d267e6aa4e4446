//! Ingest: how records come in, and what is in their way.

use leptos::prelude::*;
use telemetrics_common::ingest::{GetIngest, IngestStatus, LastSeen, Minute, Warning};
use telemetrics_common::{RecordFilter, Role};

use super::telemetry_ids::TelemetryIdList;
use super::{ServerNav, Warnings};
use crate::answer::{Answer, Answered};
use crate::charts::{Category, ChartCard, Data, Kind, Series, Tone};
use crate::components::{Age, Figure, Icon, PageHead, Panel, SkeletonCards, Symbol};
use crate::reactive::{effect, memo};
use crate::scope::{RefreshButton, system_name};
use crate::views::parts::{RECORDS, by_name};
use crate::views::quarantine::{QUARANTINE_PATH, QuarantineTotal};
use crate::views::records::record_address;
use crate::{browser, format, session};

/// The page.
#[component]
pub fn IngestPage() -> impl IntoView {
    browser::use_title(|| "Ingest".to_owned());
    let answer = Answer::of(memo(|| Some(())), |()| GetIngest {});
    let warnings = answer.memo(|(), status| status.warnings.clone());
    let minutes = answer.memo(|(), status| minutes(&status.minutes));
    let reasons = answer.memo(|(), status| by_name("Reason", &status.reasons, |_| None));
    let systems = answer.memo(|(), status| status.systems.clone());
    let status = answer.memo(|(), status| status.clone());
    let (known, quarantine) = (expect_context::<Warnings>(), expect_context::<QuarantineTotal>());
    effect(move || {
        if answer.progress.has_answer.get() {
            known.tell(warnings.with(Vec::len));
            quarantine.tell(status.with(|status| status.quarantined));
        }
    });
    view! {
        <div class="page page--charts">
            <ServerNav />
            <PageHead title="Ingest" subtitle="How records come in to this server since its start, and what is in their way.">
                <RefreshButton />
            </PageHead>
            <Answered
                progress=answer.progress
                failure="The state of the server could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[12, 6, 6] /> }
            >
                <WarningList warnings />
                <Figures status />
                <div class="card-grid">
                    <div class="span-12">
                        <ChartCard title="Records per minute" unit=RECORDS kind=Kind::Stacked data=minutes
                            note="In the last hour." empty="Nothing has come in during the last hour." height=260_u32 />
                    </div>
                    <div class="span-6">
                        <ChartCard title="Refused and put into quarantine" unit=RECORDS kind=Kind::Bars data=reasons
                            note="By the field whose rule was broken, or the reason."
                            empty="Nothing has been refused since the server's start." />
                    </div>
                    <div class="span-6"><Systems systems /></div>
                    {session::has(Role::Admin).then(|| view! { <div class="span-12"><TelemetryIdList /></div> })}
                </div>
            </Answered>
        </div>
    }
}

#[component]
fn WarningList(warnings: Memo<Vec<Warning>>) -> impl IntoView {
    let entry = |Warning { message, .. }: Warning| {
        view! { <li class="notice notice--warn"><Icon symbol=Symbol::Alert /><span class="notice__text">{message}</span></li> }
    };
    view! {
        <Show when=move || warnings.with(|warnings| !warnings.is_empty())>
            <ul class="notices" aria-label="Warnings">{move || warnings.get().into_iter().map(entry).collect_view()}</ul>
        </Show>
    }
}

#[component]
fn Figures(status: Memo<IngestStatus>) -> impl IntoView {
    let of = move |text: fn(&IngestStatus) -> String| Signal::derive(move || status.with(text));
    let millis = |millis: f64| if millis < 10.0 { format!("{millis:.1} ms") } else { format!("{millis:.0} ms") };
    view! {
        <dl class="figures" data-testid="figures">
            <Figure label="Stored" value=of(|status| format::number(status.results.stored))>
                {move || format!("{} sent again", format::number(status.with(|status| status.results.resent)))}
            </Figure>
            <Figure label="Refused" value=of(|status| format::number(status.results.refused))>
                {move || format!("{} told to come again", format::number(status.with(|status| status.results.unavailable)))}
            </Figure>
            <Figure label="In quarantine" value=of(|status| format::number(status.quarantined)) href=QUARANTINE_PATH />
            <Figure label="Waiting" value=of(|status| format::number(status.queue.waiting))>
                {move || format!("of at most {}", format::number(status.with(|status| status.queue.capacity)))}
            </Figure>
            <Figure label="Commit, median" value=Signal::derive(move || millis(status.with(|s| s.queue.commit_median_millis)))>
                {move || format!("99 in 100 within {}", millis(status.with(|s| s.queue.commit_p99_millis)))}
            </Figure>
            <Figure label="Records per commit" value=of(|status| format!("{:.1}", status.queue.records_per_commit))>
                {move || format!("since {}", format::iso_date(status.with(|status| status.since)))}
            </Figure>
        </dl>
    }
}

#[component]
fn Systems(systems: Memo<Vec<LastSeen>>) -> impl IntoView {
    let row = |LastSeen { system, record_id, build, received_at }: LastSeen| {
        view! {
            <tr>
                <th scope="row">{system_name(&system).to_owned()}</th>
                <td>{build}</td>
                <td><a href=record_address(record_id, &RecordFilter::default())><Age time=received_at /></a></td>
            </tr>
        }
    };
    view! {
        <Panel title="Last record by system" note="With its build.">
            <Show
                when=move || systems.with(|systems| !systems.is_empty())
                fallback=|| view! { <p class="chart__empty">"There are no records yet."</p> }
            >
                <div class="data-table__scroll" tabindex="0" role="region" aria-label="Last record by system">
                    <table class="data-table">
                        <thead><tr><th scope="col">"System"</th><th scope="col">"Build"</th><th scope="col">"Received"</th></tr></thead>
                        <tbody>{move || systems.get().into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </Show>
        </Panel>
    }
}

fn minutes(minutes: &[Minute]) -> Data {
    let clock = |minute: &Minute| {
        let time = minute.at.date_time();
        Category::new(format!("{:02}:{:02}", time.hour(), time.minute())).title(format::exact(minute.at))
    };
    let series = |name: &str, tone, of: fn(&Minute) -> u64| Series::counts(name, minutes.iter().map(of)).tone(tone);
    Data::new("Minute", minutes.iter().map(clock))
        .series(series("stored", Tone::Accent, |minute| minute.results.stored))
        .series(series("sent again", Tone::Muted, |minute| minute.results.resent))
        .series(series("quarantine", Tone::Warn, |minute| minute.results.quarantined))
        .series(series("refused", Tone::Danger, |minute| minute.results.refused + minute.results.unavailable))
        .evenly_spaced()
}
