//! Stats: what kinds of records there are, and what machines they come from.

use leptos::prelude::*;
use telemetrics_common::facets::{NameCount, SeverityCount};
use telemetrics_common::filter::Severities;
use telemetrics_common::stats::{GetStats, Stats as Counts};
use telemetrics_common::{RecordFilter, ViewInfo, views};

use super::parts::{Nothing, RECORDS, by_name, kept_link, pattern};
use crate::answer::{Answer, Answered};
use crate::app::View;
use crate::charts::{Category, ChartCard, Data, Kind, Series, Tone};
use crate::components::{PageHead, SkeletonCards, severity_name};
use crate::scope::{
    NO_NAME, PurgedNote, Range, RangePicker, RefreshButton, ScopeError, Selection, SystemPicker, ViewScope,
    records_link, system_name,
};
use crate::{browser, format};

const DEFAULT_DAYS: u32 = 30;

/// The view.
pub struct Stats;

impl View for Stats {
    fn info(&self) -> ViewInfo {
        views::STATS
    }

    fn page(&self) -> AnyView {
        view! { <StatsPage /> }.into_any()
    }
}

#[component]
fn StatsPage() -> impl IntoView {
    browser::use_title(|| views::STATS.title.to_owned());
    let scope = ViewScope::of(views::STATS, Range::Last(DEFAULT_DAYS));
    let answer = Answer::of(scope.selection, |selection: &Selection| GetStats {
        system: selection.system.clone(),
        from: selection.bounds.from,
        to: selection.bounds.to,
    });
    let has_records = answer.memo(|_, counts| counts.records > 0);
    let purged = answer.memo(|_, counts| counts.purged);
    let subtitle = answer.memo(in_words);
    // As long as the words that come, so that nothing moves.
    let subtitle = move || match subtitle.get() {
        words if words.is_empty() => "Records by classification, platform, severity, system and more.".to_owned(),
        words => words,
    };
    let classifications = answer.memo(classifications);
    let platforms = answer.memo(platforms);
    let (severities, systems) = (answer.memo(severities), answer.memo(systems));
    let arches = answer.memo(|selection, counts| {
        named("Architecture", &counts.arches, selection, |filter, name| filter.arch = Some(name))
    });
    let kernels = answer.memo(|selection, counts| {
        named("Kernel", &counts.kernels, selection, |filter, name| filter.kernel = Some(name))
    });
    let card = move |title: &'static str, kind: Kind, data: Memo<Data>| {
        view! { <ChartCard title unit=RECORDS kind data /> }
    };
    view! {
        <div class="page page--charts">
            <PageHead title=views::STATS.title subtitle=Signal::derive(subtitle)>
                <RefreshButton />
                <SystemPicker scope />
                <RangePicker scope />
            </PageHead>
            <ScopeError scope />
            <Answered
                progress=answer.progress
                failure="The statistics could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[5, 7, 5, 7, 4, 4, 4, 12] /> }
            >
                <PurgedNote purged />
                <Show when=move || has_records.get() fallback=|| view! { <Nothing what="No record in this time" /> }>
                    <div class="card-grid">
                        <div class="span-5">{card("Classifications", Kind::Donut, classifications)}</div>
                        <div class="span-7">{card("Classifications, ranked", Kind::Bars, classifications)}</div>
                        <div class="span-5">{card("Platforms", Kind::Donut, platforms)}</div>
                        <div class="span-7">{card("Platforms, ranked", Kind::Bars, platforms)}</div>
                        <div class="span-4">{card("Severities", Kind::Bars, severities)}</div>
                        <div class="span-4">{card("Systems", Kind::Bars, systems)}</div>
                        <div class="span-4">{card("Architectures", Kind::Bars, arches)}</div>
                        <div class="span-12">{card("Kernels", Kind::Bars, kernels)}</div>
                    </div>
                </Show>
            </Answered>
        </div>
    }
}

fn in_words(selection: &Selection, counts: &Counts) -> String {
    let of = match &selection.system {
        Some(system) => system_name(system),
        None => "all systems",
    };
    let records = format::counted(counts.records, "record", "records");
    let classifications = format::counted(counts.classifications.len() as u64, "classification", "classifications");
    let platforms = format::counted(counts.platforms.len() as u64, "platform", "platforms");
    format!("{records} of {of}, with {classifications} from {platforms}.")
}

fn classifications(selection: &Selection, counts: &Counts) -> Data {
    by_name("Classification", &counts.classifications, |name| {
        let pattern = pattern(name)?;
        Some(records_link(selection, |filter| filter.classification = Some(pattern)))
    })
}

/// Counts by a name that is a part of the filter as it is.
fn named(what: &str, counts: &[NameCount], selection: &Selection, set: fn(&mut RecordFilter, String)) -> Data {
    by_name(what, counts, |name| Some(records_link(selection, |filter| set(filter, name.to_owned()))))
}

fn platforms(selection: &Selection, counts: &Counts) -> Data {
    named("Platform", &counts.platforms, selection, |filter, name| filter.platform = Some(name))
}

fn severities(selection: &Selection, counts: &Counts) -> Data {
    let category = |&SeverityCount { severity, records, purged }: &SeverityCount| {
        Category::new(severity_name(severity)).href(kept_link(records, purged, || {
            records_link(selection, |filter| filter.severity = Some(Severities::one(severity)))
        }))
    };
    Data::new("Severity", counts.severities.iter().map(category))
        .series(Series::counts(RECORDS.many(), counts.severities.iter().map(|count| count.records)))
        .tones(counts.severities.iter().map(|count| Tone::Severity(count.severity)))
}

fn systems(selection: &Selection, counts: &Counts) -> Data {
    let mut data = by_name("System", &counts.systems, |name| Some(records_link(&selection.of_system(name), |_| ())));
    for (category, count) in data.categories.iter_mut().zip(&counts.systems) {
        if count.name.is_empty() {
            category.label = NO_NAME.to_owned();
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> Counts {
        let name = |name: &str, records| NameCount { name: name.to_owned(), records, purged: 0 };
        Counts {
            records: 12_345,
            classifications: vec![name("org.clearlinux/crash/clr", 12_000), name("broken", 345)],
            platforms: vec![name("LENOVO|21CB|", 12_345)],
            severities: vec![SeverityCount { severity: 4, records: 345, purged: 0 }],
            systems: vec![name("clear-linux-os", 12_000), name("", 345)],
            ..Counts::default()
        }
    }

    fn hrefs(data: &Data) -> Vec<Option<&str>> {
        data.categories.iter().map(|category| category.href.as_deref()).collect()
    }

    #[test]
    fn what_has_a_filter_leads_to_its_records() {
        let selection = Selection::default().of_system("clear");
        let expected = [Some("/records?classification=org.clearlinux%2Fcrash%2Fclr&system=clear"), None];
        assert_eq!(hrefs(&classifications(&selection, &counts())), expected);
        assert_eq!(hrefs(&severities(&selection, &counts())), [Some("/records?severity=4&system=clear")]);
        let of_platform = "/records?platform=LENOVO%7C21CB%7C&system=clear";
        assert_eq!(hrefs(&platforms(&selection, &counts())), [Some(of_platform)]);
        let systems = systems(&selection, &counts());
        assert_eq!(hrefs(&systems), [Some("/records?system=clear-linux-os"), Some("/records?system=")]);
        assert_eq!(systems.categories[1].label, "(no name)");
    }

    #[test]
    fn the_total_is_a_sentence() {
        let words = in_words(&Selection::default(), &counts());
        assert_eq!(words, "12,345 records of all systems, with 2 classifications from 1 platform.");
        let words = in_words(&Selection::default().of_system(""), &counts());
        assert!(words.starts_with("12,345 records of (no name), "));
    }
}
