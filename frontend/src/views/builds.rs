//! Builds: how many records each build of a system has sent.

use leptos::prelude::*;
use telemetrics_common::builds::{Builds as Counts, GetBuilds};
use telemetrics_common::facets::BuildCount;
use telemetrics_common::filter::Clock;
use telemetrics_common::{ViewInfo, views};

use super::parts::{RECORDS, by_build, kept_link, named, total};
use crate::answer::{Answer, Answered};
use crate::app::View;
use crate::charts::{ChartCard, Data, Kind};
use crate::components::{Linked, PageHead, SkeletonCards};
use crate::scope::{
    PurgedNote, Range, RangePicker, RefreshButton, ScopeError, Selection, SystemPicker, ViewScope, records_link,
    system_name,
};
use crate::{browser, format};

/// The view.
pub struct Builds;

impl View for Builds {
    fn info(&self) -> ViewInfo {
        views::BUILDS
    }

    fn page(&self) -> AnyView {
        view! { <BuildsPage /> }.into_any()
    }
}

#[component]
fn BuildsPage() -> impl IntoView {
    browser::use_title(|| views::BUILDS.title.to_owned());
    let scope = ViewScope::of(views::BUILDS, Range::All);
    let answer = Answer::of(scope.selection, |selection: &Selection| GetBuilds {
        system: selection.system.clone(),
        from: selection.bounds.from,
        to: selection.bounds.to,
    });
    let data = answer.memo(chart);
    let sum = answer.memo(|_, counts| in_words(counts));
    let purged = answer.memo(|_, counts| counts.purged);
    let wrong_clocks = answer.memo(clocks);
    view! {
        <div class="page page--charts">
            <PageHead title=views::BUILDS.title subtitle="Records of each build of one system, by the time they were captured.">
                <RefreshButton />
                <SystemPicker scope one=true />
                <RangePicker scope />
            </PageHead>
            <ScopeError scope />
            <Answered
                progress=answer.progress
                failure="The builds could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[12] /> }
            >
                <PurgedNote purged />
                <div class="card-grid">
                    <div class="span-12">
                        <ChartCard
                            title="Records per build"
                            unit=RECORDS
                            kind=Kind::Columns
                            data
                            note=sum
                            empty="No record of this system in this time. Choose a longer time or another system."
                            height=400_u32
                        />
                    </div>
                </div>
                <WrongClocks rows=wrong_clocks />
            </Answered>
        </div>
    }
}

fn chart(selection: &Selection, counts: &Counts) -> Data {
    let of_system = selection.of_system(&counts.system);
    by_build(&counts.builds, |build| records_link(&of_system, |filter| filter.build = Some(build.to_owned())))
}

fn in_words(counts: &Counts) -> String {
    let records = format::counted(total(&counts.builds), "record", "records");
    let builds = format::counted(counts.builds.len() as u64, "build", "builds");
    format!("{records} of {} in {builds}", system_name(&counts.system))
}

/// A build's records with a wrong clock.
#[derive(Clone, Debug, PartialEq)]
struct ClockRow {
    build: String,
    records: u64,
    share: String,
    href: Option<String>,
}

/// Newest build first.
fn clocks(selection: &Selection, counts: &Counts) -> Vec<ClockRow> {
    let of_system = selection.of_system(&counts.system);
    let all = |build: &str| counts.builds.iter().find(|count| count.build == build).map_or(0, |count| count.records);
    let of_build = |build: &str| {
        records_link(&of_system, |filter| {
            filter.build = Some(build.to_owned());
            filter.clock = Some(Clock::Wrong);
        })
    };
    let row = |BuildCount { build, records, purged }: &BuildCount| ClockRow {
        build: build.clone(),
        records: *records,
        share: format::percent(*records, all(build)),
        href: kept_link(*records, *purged, || of_build(build)),
    };
    counts.wrong_clocks.iter().rev().map(row).collect()
}

/// The records whose times cannot be trusted, folded.
#[component]
fn WrongClocks(rows: Memo<Vec<ClockRow>>) -> impl IntoView {
    let summary = move || {
        let records = rows.with(|rows| rows.iter().map(|row| row.records).sum());
        format!("{} came with a wrong clock", format::counted(records, "record", "records"))
    };
    let row = |ClockRow { build, records, share, href }| {
        view! {
            <tr>
                <th scope="row">{named(&build).to_owned()}</th>
                <td><Linked href>{format::number(records)}</Linked></td>
                <td>{share}</td>
            </tr>
        }
    };
    view! {
        <Show when=move || rows.with(|rows| !rows.is_empty())>
            <details class="card fold fold--card">
                <summary>{summary}</summary>
                <p class="muted">
                    "When these records came in, their clock was more than a day ahead of the server's or more than a \
                    year behind. They are counted above with the time that they say."
                </p>
                <div class="scroll" tabindex="0" role="region" aria-label="Wrong clocks">
                    <table class="data-table data-table--narrow">
                        <caption class="sr-only">"Records with a wrong clock, newest build first"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Build"</th>
                                <th scope="col">"Wrong clock"</th>
                                <th scope="col">"Of the build"</th>
                            </tr>
                        </thead>
                        <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </details>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> Counts {
        let build = |build: &str, records| BuildCount { build: build.to_owned(), records, purged: 0 };
        Counts {
            system: "clear-linux-os".to_owned(),
            builds: vec![build("9", 30), build("10", 970)],
            wrong_clocks: vec![build("9", 3), build("10", 1)],
            ..Counts::default()
        }
    }

    #[test]
    fn columns_lead_to_the_records_of_the_build_and_the_system() {
        let data = chart(&Selection::default(), &counts());
        let hrefs: Vec<_> = data.categories.iter().filter_map(|category| category.href.as_deref()).collect();
        assert_eq!(hrefs, ["/records?build=9&system=clear-linux-os", "/records?build=10&system=clear-linux-os"]);
        assert_eq!(in_words(&counts()), "1,000 records of clear-linux-os in 2 builds");
    }

    #[test]
    fn wrong_clocks_are_a_part_of_their_build() {
        let rows = clocks(&Selection::default(), &counts());
        let texts: Vec<_> = rows.iter().map(|row| format!("{} {} {}", row.build, row.records, row.share)).collect();
        assert_eq!(texts, ["10 1 0.1 %", "9 3 10 %"]);
        assert_eq!(rows[1].href.as_deref(), Some("/records?build=9&clock=wrong&system=clear-linux-os"));
    }
}
