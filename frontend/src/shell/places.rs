//! Where one can go by a few letters. Pure.

use telemetrics_common::crashes::{Crashes, GuiltyRow};
use telemetrics_common::facets::Facets;
use telemetrics_common::filter::is_event_id;
use telemetrics_common::saved_views::SavedViews;
use telemetrics_common::{RecordFilter, ViewInfo};

use crate::scope::system_name;
use crate::views::access::ACCESS_PATH;
use crate::views::crashes::{guilty_address, never_guilty_address};
use crate::views::quarantine::QUARANTINE_PATH;
use crate::views::records::{list_address, record_address};
use crate::views::reference::REFERENCE_PATH;
use crate::views::server::{INGEST_PATH, PRIVACY_PATH, STORAGE_PATH};

/// How many are offered at once.
const MOST: usize = 12;

/// Somewhere to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// What it is: `Build`.
    pub(super) kind: &'static str,
    /// What people call it.
    pub(super) name: String,
    /// Its address.
    pub(super) href: String,
}

impl Place {
    fn new(kind: &'static str, name: impl Into<String>, href: impl Into<String>) -> Self {
        Self { kind, name: name.into(), href: href.into() }
    }
}

/// The pages that are there whatever has been reported.
pub(super) fn pages(views: &[ViewInfo]) -> Vec<Place> {
    let view = |view: &ViewInfo| Place::new("View", view.title, format!("/{}", view.slug));
    let others = [
        ("Ingest", INGEST_PATH.to_owned()),
        ("Storage", STORAGE_PATH.to_owned()),
        ("Privacy", PRIVACY_PATH.to_owned()),
        ("Quarantine", QUARANTINE_PATH.to_owned()),
        ("Access", ACCESS_PATH.to_owned()),
        ("API reference", REFERENCE_PATH.to_owned()),
        ("Never-guilty list", never_guilty_address()),
    ];
    views.iter().map(view).chain(others.map(|(name, href)| Place::new("Page", name, href))).collect()
}

/// What has been reported: builds and classifications.
pub(super) fn reported(facets: &Facets) -> Vec<Place> {
    let all = RecordFilter::default;
    let builds = facets.systems.iter().flat_map(|system| {
        // Newest first: that is what people look for.
        system.builds.iter().rev().map(|build| {
            let filter = RecordFilter { system: Some(system.name.clone()), build: Some(build.build.clone()), ..all() };
            Place::new("Build", format!("{} {}", system_name(&system.name), build.build), list_address(&filter))
        })
    });
    let classifications = facets.classifications.iter().filter_map(|classification| {
        let filter = RecordFilter { classification: classification.name.parse().ok(), ..all() };
        filter.classification.as_ref()?;
        Some(Place::new("Classification", classification.name.clone(), list_address(&filter)))
    });
    builds.chain(classifications).collect()
}

/// What people have given a name.
pub(super) fn saved(saved: &SavedViews) -> Vec<Place> {
    saved.views.iter().map(|view| Place::new("Saved view", &view.name, &view.address)).collect()
}

/// What crashes.
pub(super) fn guilties(crashes: &Crashes) -> Vec<Place> {
    let place = |guilty: &GuiltyRow| {
        Place::new("Guilty", format!("{} [{}]", guilty.function, guilty.module), guilty_address(guilty.id))
    };
    crashes.guilties.iter().map(place).collect()
}

/// What is typed itself may be a place: the number of a record, an event, a machine.
fn typed_place(typed: &str) -> Vec<Place> {
    let all = RecordFilter::default;
    if let Ok(id) = typed.trim_start_matches('#').parse::<i64>() {
        return vec![Place::new("Record", id.to_string(), record_address(id, &all()))];
    }
    if !is_event_id(typed) {
        return Vec::new();
    }
    let of_machine = RecordFilter { machine_id: typed.parse().ok(), ..all() };
    let of_event = RecordFilter { event_id: typed.parse().ok(), ..all() };
    vec![Place::new("Machine", typed, list_address(&of_machine)), Place::new("Event", typed, list_address(&of_event))]
}

/// The places that have all words that are typed, those that begin with the first one before others.
pub(super) fn matching(places: &[Place], typed: &str) -> Vec<Place> {
    let typed = typed.trim();
    let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let rank = |place: &Place| {
        let name = place.name.to_lowercase();
        let whole = format!("{} {name}", place.kind.to_lowercase());
        let fits = words.iter().all(|word| whole.contains(word.as_str()));
        fits.then(|| !words.first().is_none_or(|first| name.starts_with(first.as_str())))
    };
    let mut ranked: Vec<(bool, &Place)> = places.iter().filter_map(|place| Some((rank(place)?, place))).collect();
    ranked.sort_by_key(|(later, _)| *later);
    typed_place(typed).into_iter().chain(ranked.into_iter().map(|(_, place)| place.clone())).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use telemetrics_common::facets::{BuildCount, NameCount, SystemFacet};
    use telemetrics_common::views;

    use super::*;

    fn places() -> Vec<Place> {
        let build = |build: &str| BuildCount { build: build.to_owned(), ..BuildCount::default() };
        let name = |name: &str| NameCount { name: name.to_owned(), ..NameCount::default() };
        let facets = Facets {
            systems: vec![SystemFacet {
                name: "clear-linux-os".to_owned(),
                builds: vec![build("41150"), build("41160")],
                ..SystemFacet::default()
            }],
            classifications: vec![name("org.clearlinux/crash/clr"), name("(other)")],
            ..Facets::default()
        };
        [pages(&[views::RECORDS, views::CRASHES]), reported(&facets)].concat()
    }

    #[track_caller]
    fn check(typed: &str, expected: &[&str]) {
        let found: Vec<String> = matching(&places(), typed).into_iter().map(|place| place.href).collect();
        assert_eq!(found, expected, "{typed}");
    }

    #[test]
    fn words_find_places_in_any_order_and_case() {
        check("41160", &["/records/41160", "/records?build=41160&system=clear-linux-os"]);
        check(
            "os build",
            &["/records?build=41160&system=clear-linux-os", "/records?build=41150&system=clear-linux-os"],
        );
        check("CRASH", &["/crashes", "/records?classification=org.clearlinux%2Fcrash%2Fclr"]);
        check("no such", &[]);
    }

    #[test]
    fn numbers_and_ids_are_places_themselves() {
        check("#7", &["/records/7"]);
        let id = "0123456789abcdef0123456789abcdef";
        check(id, &[&format!("/records?machine_id={id}"), &format!("/records?event_id={id}")]);
    }

    #[test]
    fn nothing_typed_offers_the_first_ones() {
        assert_eq!(matching(&places(), "").len(), 12);
    }
}
