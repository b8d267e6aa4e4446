//! Storage: what takes the room, how it grows, and how long records are kept.

use leptos::prelude::*;
use telemetrics_common::storage::{GetStorage, Storage};

use super::ServerNav;
use super::retention::RetentionPanel;
use crate::answer::{Answer, Answered};
use crate::charts::{Category, ChartCard, Data, Kind, Series, Tone, Unit};
use crate::components::{Figure, PageHead, SkeletonCards};
use crate::reactive::memo;
use crate::scope::RefreshButton;
use crate::views::parts::day_category;
use crate::{browser, format};

const MB: Unit = Unit::counted("MB", "MB");
const BYTES_PER_MB: f64 = 1e6;

/// The page.
#[component]
pub fn StoragePage() -> impl IntoView {
    browser::use_title(|| "Storage".to_owned());
    let answer = Answer::of(memo(|| Some(())), |()| GetStorage {});
    let storage = answer.memo(|(), storage| storage.clone());
    let days = answer.memo(|(), storage| days(storage));
    let classifications = answer.memo(|(), storage| classifications(storage));
    view! {
        <div class="page page--charts">
            <ServerNav />
            <PageHead title="Storage" subtitle="What the database takes, how it grows, and how long records are kept.">
                <RefreshButton />
            </PageHead>
            <Answered
                progress=answer.progress
                failure="The size of the database could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[12, 6, 6] /> }
            >
                <Figures storage />
                <div class="card-grid">
                    <div class="span-6">
                        <ChartCard title="Growth per day" unit=MB kind=Kind::Columns data=days height=300_u32
                            note="By the day of capture; about what its records took." empty="No records in four weeks." />
                    </div>
                    <div class="span-6">
                        <ChartCard title="Size by classification" unit=MB kind=Kind::Bars data=classifications
                            note="About, with their part of indexes and counters." empty="There are no records." />
                    </div>
                    <div class="span-12"><RetentionPanel /></div>
                </div>
            </Answered>
        </div>
    }
}

#[component]
fn Figures(storage: Memo<Storage>) -> impl IntoView {
    let of = move |text: fn(&Storage) -> String| Signal::derive(move || storage.with(text));
    let more = move |text: fn(&Storage) -> Option<String>| move || storage.with(text);
    view! {
        <dl class="figures" data-testid="figures">
            <Figure label="Database" value=of(|storage| format::bytes(storage.database_bytes))>
                {more(|storage| Some(format!("{} free within", format::bytes(storage.reusable_bytes))))}
            </Figure>
            <Figure label="Records" value=of(|storage| format::number(storage.records)) href="/records">
                {more(|storage| Some(format!("since {}", format::date(storage.oldest_received_at?))))}
            </Figure>
            <Figure label="Growth" value=of(|storage| format!("{} a day", format::bytes(storage.bytes_per_day)))>
                {more(|storage| Some(format!("settles at about {}", format::bytes(storage.settled_bytes?))))}
            </Figure>
            <Figure label="Free on the disk"
                value=of(|storage| storage.disk_free_bytes.map_or_else(|| "not known".to_owned(), format::bytes))>
                {more(|storage| Some(format!("no records below {}", format::bytes(storage.disk_free_bytes.map(|_| storage.disk_floor_bytes)?))))}
            </Figure>
            <Figure label="Days left" value=of(days_left)>
                {more(|storage| Some(match storage.ceiling_bytes {
                    Some(bytes) => format!("until {} are reached", format::bytes(bytes)),
                    None => "if nothing were purged".to_owned(),
                }))}
            </Figure>
        </dl>
    }
}

fn days_left(storage: &Storage) -> String {
    match storage.days_left {
        None => "–".to_owned(),
        Some(days) if days >= 3650.0 => "over 10 years".to_owned(),
        Some(days) if days >= 10.0 => format::number(days as u64),
        Some(days) => format!("{days:.1}"),
    }
}

fn megabytes(bytes: u64) -> f64 {
    // Two places: what is less than ten kilobytes does not matter here.
    (bytes as f64 / BYTES_PER_MB * 100.0).round() / 100.0
}

fn days(storage: &Storage) -> Data {
    let sizes = storage.days.iter().map(|day| megabytes(day.bytes));
    Data::new("Day", storage.days.iter().map(|day| day_category(day.day)))
        .series(Series::measures(MB.many(), sizes).tone(Tone::Accent))
        .evenly_spaced()
}

fn classifications(storage: &Storage) -> Data {
    let category = |name: &str| Category::new(name);
    let sizes = storage.classifications.iter().map(|one| megabytes(one.bytes));
    Data::new("Classification", storage.classifications.iter().map(|one| category(&one.name)))
        .series(Series::measures(MB.many(), sizes).tone(Tone::Slot(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_left_are_rounded_to_what_matters() {
        let check = |days_left_of, expected: &str| {
            assert_eq!(days_left(&Storage { days_left: days_left_of, ..Storage::default() }), expected);
        };
        check(None, "–");
        check(Some(0.31), "0.3");
        check(Some(47.9), "47");
        check(Some(99_999.0), "over 10 years");
    }
}
