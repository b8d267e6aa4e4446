//! Where one can go by a few letters. Pure.

use telemetrics_common::facets::Facets;
use telemetrics_common::filter::is_event_id;
use telemetrics_common::guilties::{GuiltyEntry, GuiltyList};
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
    /// The part of its name that is enough to mean it: a build without its system.
    short: String,
}

impl Place {
    fn new(kind: &'static str, name: impl Into<String>, href: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind, short: name.clone(), name, href: href.into() }
    }

    fn or_in_short(self, short: &str) -> Self {
        Self { short: short.to_owned(), ..self }
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
            let name = format!("{} {}", system_name(&system.name), build.build);
            Place::new("Build", name, list_address(&filter)).or_in_short(&build.build)
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

/// What crashes, in whichever system.
pub(super) fn guilties(list: &GuiltyList) -> Vec<Place> {
    let place = |guilty: &GuiltyEntry| {
        let name = format!("{} [{}]", guilty.function, guilty.module);
        Place::new("Guilty", name, guilty_address(guilty.id)).or_in_short(&guilty.function)
    };
    list.guilties.iter().map(place).collect()
}

/// What is typed is a place by its form alone: the number of a record, the id of a machine or an event.
fn by_form(typed: &str) -> Vec<Place> {
    let all = RecordFilter::default;
    if let Ok(id) = typed.trim_start_matches('#').parse::<i64>() {
        return vec![Place::new("Record", id.to_string(), record_address(id, &all()))];
    }
    if !is_event_id(typed) {
        return Vec::new();
    }
    let of_event = RecordFilter { event_id: typed.parse().ok(), ..all() };
    machine(typed).into_iter().chain([Place::new("Event", typed, list_address(&of_event))]).collect()
}

/// A machine of that name. It may have any, and which ones there are is not known here.
fn machine(name: &str) -> Option<Place> {
    let filter = RecordFilter { machine_id: Some(name.parse().ok()?), ..RecordFilter::default() };
    Some(Place::new("Machine", name, list_address(&filter)))
}

/// How well a place fits what is typed, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is what is typed.
    Exact,
    /// What is typed has its form.
    Form,
    /// It begins with the first word, and has the others.
    Begin,
    /// It has all words.
    Words,
}

/// How well a known place fits words in small letters; not at all where it lacks one.
fn fit(place: &Place, typed: &str) -> Option<Fit> {
    let names = [place.name.to_lowercase(), place.short.to_lowercase()];
    if names.iter().any(|name| name == typed) {
        return Some(Fit::Exact);
    }
    let whole = format!("{} {}", place.kind.to_lowercase(), names[0]);
    if !typed.split_whitespace().all(|word| whole.contains(word)) {
        return None;
    }
    let first = typed.split_whitespace().next().unwrap_or_default();
    Some(if names.iter().any(|name| name.starts_with(first)) { Fit::Begin } else { Fit::Words })
}

/// The places that fit what is typed, best first. The last one is the machine that it may be the name of.
pub(super) fn matching(places: &[Place], typed: &str) -> Vec<Place> {
    let typed = typed.trim();
    let lower = typed.to_lowercase();
    let by_form = by_form(typed);
    let known = places.iter().filter_map(|place| Some((fit(place, &lower)?, place)));
    let mut ranked: Vec<(Fit, &Place)> = by_form.iter().map(|place| (Fit::Form, place)).chain(known).collect();
    ranked.sort_by_key(|(fit, _)| *fit);
    let machine = machine(typed).filter(|machine| !by_form.contains(machine));
    let others = MOST - usize::from(machine.is_some());
    ranked.into_iter().take(others).map(|(_, place)| place.clone()).chain(machine).collect()
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
        let guilty = |id, function: &str, module: &str| GuiltyEntry {
            id,
            function: function.to_owned(),
            module: module.to_owned(),
            ..GuiltyEntry::default()
        };
        let list = GuiltyList { guilties: vec![guilty(8, "draw_line()", "libdraw.so"), guilty(9, "draw()", "paint")] };
        [pages(&[views::RECORDS, views::CRASHES]), reported(&facets), guilties(&list)].concat()
    }

    #[track_caller]
    fn check(typed: &str, expected: &[&str]) {
        let found: Vec<String> = matching(&places(), typed).into_iter().map(|place| place.href).collect();
        assert_eq!(found, expected, "{typed}");
    }

    #[test]
    fn words_find_places_in_any_order_and_case() {
        let [older, newer] = ["41150", "41160"].map(|build| format!("/records?build={build}&system=clear-linux-os"));
        check("os build", &[&newer, &older, "/records?machine_id=os+build"]);
        let classification = "/records?classification=org.clearlinux%2Fcrash%2Fclr";
        check("CRASH", &["/crashes", classification, "/records?machine_id=CRASH"]);
        check("no such place, whatever it is called", &[]);
    }

    #[test]
    fn what_is_meant_exactly_comes_first() {
        let build = "/records?build=41160&system=clear-linux-os";
        check("41160", &[build, "/records/41160", "/records?machine_id=41160"]);
        check("clear-linux-os 41160", &[build, "/records?machine_id=clear-linux-os+41160"]);
        check("Draw()", &["/crashes/9", "/records?machine_id=Draw%28%29"]);
    }

    #[test]
    fn guilties_are_found_by_function_and_module() {
        check("draw_l", &["/crashes/8", "/records?machine_id=draw_l"]);
        check("guilty libdraw.so", &["/crashes/8", "/records?machine_id=guilty+libdraw.so"]);
        check("draw", &["/crashes/8", "/crashes/9", "/records?machine_id=draw"]);
        let names: Vec<String> = matching(&places(), "draw()").into_iter().map(|place| place.name).collect();
        assert_eq!(names, ["draw() [paint]", "draw()"]);
    }

    #[test]
    fn numbers_and_ids_are_places_themselves() {
        check("#7", &["/records/7", "/records?machine_id=%237"]);
        let id = "0123456789abcdef0123456789abcdef";
        check(id, &[&format!("/records?machine_id={id}"), &format!("/records?event_id={id}")]);
    }

    #[test]
    fn machines_have_any_name() {
        check(" rack 7, node 3 ", &["/records?machine_id=rack+7%2C+node+3"]);
        let found = matching(&places(), "e");
        assert_eq!((found.len(), found.last().map(|place| place.kind)), (MOST, Some("Machine")));
        check(&"é".repeat(33), &[]);
    }

    #[test]
    fn nothing_typed_offers_the_first_ones() {
        let found = matching(&places(), "");
        assert_eq!((found.len(), found.last().map(|place| place.kind)), (MOST, Some("Classification")));
    }
}
