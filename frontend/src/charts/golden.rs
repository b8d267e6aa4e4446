//! Charts of each kind as they were when somebody last looked at them: `UPDATE_GOLDEN=1 cargo test` writes them anew.

use std::fs;
use std::path::Path;

use super::data::{Category, Data, Kind, Series, Tone, Unit};
use super::draw::spark;
use super::export::document;
use super::fold::{BARS, Shown, fold};
use super::scene::{Layout, description, scene};

const RECORDS: Unit = Unit::counted("record", "records");
const DESKTOP: f64 = 720.0;
const PHONE: f64 = 300.0;

#[track_caller]
fn check_text(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.svg"));
    assert!(!found.contains("NaN") && !found.contains("inf"), "{name} has places that are no numbers");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} is drawn differently: look at it, and write it anew with UPDATE_GOLDEN=1");
}

#[track_caller]
fn check(name: &str, kind: Kind, unit: Unit, data: &Data, width: f64) {
    let shown = fold(data, kind, unit, BARS);
    let drawn = scene(kind, unit, &shown, Layout::new(width, 260.0));
    check_text(name, &drawn.svg(name, &description(&shown.data, unit)));
}

/// A fixed sequence of numbers that looks like chance.
fn noise(n: u64) -> u64 {
    (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 1000
}

fn builds(n: u64) -> Data {
    let names = (0..n).map(|i| Category::new((41_000 + i * 10).to_string()).href(format!("/records?build={i}")));
    Data::new("Build", names).series(Series::counts("records", (0..n).map(|i| noise(i) * 37)))
}

fn days(n: u64) -> Data {
    let names =
        (0..n).map(|i| Category::new(format!("Nov {}", i % 30 + 1)).title(format!("2026-11-{:02}", i % 30 + 1)));
    let counts = |seed: u64| (0..n).map(move |i| noise(i + seed * 1000) * 12 / seed);
    let data = Data::new("Day", names).evenly_spaced();
    ["crash", "mce", "update", "swupd", "thermal"].into_iter().zip(1..).fold(data, |data, (name, seed)| {
        data.series(Series::counts(name, counts(seed)).hrefs((0..n).map(|_| Some(format!("/records?{name}")))))
    })
}

fn platforms(n: u64) -> Data {
    let names = (0..n).map(|i| Category::new(format!("Vendor {}|Notebook {i}|Rev. {}", i % 7, i % 3)));
    Data::new("Platform", names).series(Series::counts("records", (0..n).map(|i| 40_000 / (i + 1))))
}

fn updates() -> Data {
    let names = (0..6).map(|i| Category::new(format!("{} → {}", 41_000 + i * 10, 41_010 + i * 10)));
    Data::new("Update", names)
        .series(Series::counts("success", [900, 850, 400, 90, 20, 3]).tone(Tone::Ok))
        .series(Series::counts("failure", [20, 0, 150, 9, 1, 3]).tone(Tone::Danger))
}

#[test]
fn columns() {
    check("columns-12", Kind::Columns, RECORDS, &builds(12), DESKTOP);
    check("columns-40", Kind::Columns, RECORDS, &builds(40), DESKTOP);
    check("columns-40-phone", Kind::Columns, RECORDS, &builds(40), PHONE);
    check("columns-365-phone", Kind::Columns, RECORDS, &builds(365), PHONE);
    check(
        "columns-1",
        Kind::Columns,
        RECORDS,
        &Data::new("Build", [Category::new("41150")]).series(Series::counts("records", [1])),
        DESKTOP,
    );
}

#[test]
fn stacked_columns() {
    check("stacked-30", Kind::Stacked, RECORDS, &days(30), DESKTOP);
    check("stacked-30-phone", Kind::Stacked, RECORDS, &days(30), PHONE);
}

#[test]
fn bars() {
    check("bars-5", Kind::Bars, RECORDS, &platforms(5), DESKTOP);
    check("bars-2000", Kind::Bars, RECORDS, &platforms(2000), DESKTOP);
    check("bars-2000-phone", Kind::Bars, RECORDS, &platforms(2000), PHONE);
    check("bars-stacked", Kind::Bars, Unit::counted("update", "updates"), &updates(), DESKTOP);
    let severities = Data::new("Severity", ["Low", "Medium", "High", "Critical"].map(Category::new))
        .series(Series::counts("records", [900, 200, 40, 7]))
        .tones((1..=4).map(Tone::Severity));
    check("bars-severities", Kind::Bars, RECORDS, &severities, DESKTOP);
    let seconds = Data::new("Update", ["a", "b"].map(Category::new)).series(Series::measures("mean", [12.25, 3.0]));
    check("bars-seconds", Kind::Bars, Unit::measured("s"), &seconds, DESKTOP);
}

#[test]
fn rings() {
    check("donut-5", Kind::Donut, RECORDS, &platforms(5), DESKTOP);
    check("donut-2000", Kind::Donut, RECORDS, &platforms(2000), DESKTOP);
    check("donut-1", Kind::Donut, RECORDS, &platforms(1), PHONE);
}

#[test]
fn lines_and_areas() {
    check("lines-30", Kind::Lines, RECORDS, &days(30), DESKTOP);
    check("lines-90-phone", Kind::Lines, RECORDS, &days(90), PHONE);
    check("lines-1", Kind::Lines, RECORDS, &days(1), PHONE);
    check("area-30", Kind::Area, RECORDS, &days(30), DESKTOP);
    check("area-1", Kind::Area, RECORDS, &days(1), PHONE);
}

#[test]
fn tiny_lines() {
    check_text("spark-30", &spark(&(0..30).map(noise).collect::<Vec<_>>(), Tone::Slot(1)).svg("Records per day", ""));
    check_text("spark-0", &spark(&[0, 0, 0], Tone::Slot(1)).svg("Records per day", ""));
}

#[test]
fn downloads_have_title_and_legend() {
    let download = |name: &str, kind: Kind, data: &Data| {
        let shown: Shown = fold(data, kind, RECORDS, BARS);
        check_text(name, &document("Records per day & kind", kind, RECORDS, &shown, Layout::new(960.0, 260.0)));
    };
    download("download-stacked", Kind::Stacked, &days(30));
    download("download-donut", Kind::Donut, &platforms(2000));
}

#[test]
fn nothing_is_no_trouble() {
    for kind in [Kind::Columns, Kind::Stacked, Kind::Bars, Kind::Donut, Kind::Lines, Kind::Area] {
        let zeros = Data::new("Day", [Category::new("Mon")]).series(Series::counts("records", [0]));
        for data in [Data::default(), zeros] {
            let shown = fold(&data, kind, RECORDS, BARS);
            let svg = scene(kind, RECORDS, &shown, Layout::new(0.0, 0.0)).svg("", "");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{kind:?}: {svg}");
        }
    }
}
