//! No text of a chart covers another one or is cut off, whatever the data and the width.

use super::backend::SCALE;
use super::canvas::Rect;
use super::data::{Category, Data, Kind, Series, Unit};
use super::export::export;
use super::fold::{BARS, fold};
use super::scene::{Layout, Scene, scene};
use super::text::width;

const KINDS: [Kind; 6] = [Kind::Columns, Kind::Stacked, Kind::Bars, Kind::Donut, Kind::Lines, Kind::Area];
const NAMES: [&str; 6] = ["41150", "Nov 23", "org.clearlinux/mce/corrected", "W", "日本語の名前", "i"];

/// A text with the room that it takes.
type Placed = (String, Rect);

/// An attribute's value, or what stands between tags.
fn between<'a>(node: &'a str, before: &str, after: &str) -> &'a str {
    let start = node.find(before).map_or(node.len(), |found| found + before.len());
    let rest = &node[start..];
    &rest[..rest.find(after).unwrap_or(rest.len())]
}

/// The texts of a drawing, in pixels from their own group's corner.
fn texts(svg: &str) -> Vec<Placed> {
    svg.lines().filter(|line| line.starts_with("<text")).map(placed).collect()
}

fn placed(node: &str) -> Placed {
    let number = |name: &str| between(node, &format!(" {name}=\""), "\"").parse::<f64>().unwrap() / f64::from(SCALE);
    let text = between(node, ">", "<").replace("&amp;", "&");
    let size = match between(node, "class=\"", "\"") {
        "chart-total" => 22.0 * 1.125,
        "chart-title" => 14.0 * 1.125,
        _ => 12.0,
    };
    let long = width(&text, size);
    let back = match between(node, "text-anchor=\"", "\"") {
        "start" => 0.0,
        "middle" => long / 2.0,
        _ => long,
    };
    // From the height of a capital letter above the baseline to a little below it.
    let (above, below) = (size * 0.74, size * 0.2);
    let is_upright = node.contains("rotate(-90");
    let (x, y) = (number("x"), number("y"));
    let room = if is_upright {
        Rect { x: x - above, y, width: above + below, height: back }
    } else {
        Rect { x: x - back, y: y - above, width: long, height: above + below }
    };
    (text, room)
}

#[track_caller]
fn check(what: &str, drawn: &Scene) {
    let texts = texts(&drawn.body);
    for (position, (text, room)) in texts.iter().enumerate() {
        let is_inside = room.x >= -0.5
            && room.y >= -0.5
            && room.right() <= drawn.width + 0.5
            && room.bottom() <= drawn.height + 0.5;
        assert!(is_inside, "{what}: {text:?} is cut off: {room:?} in {} x {}", drawn.width, drawn.height);
        for (other, there) in &texts[..position] {
            let apart = room.x >= there.right()
                || there.x >= room.right()
                || room.y >= there.bottom()
                || there.y >= room.bottom();
            assert!(apart, "{what}: {text:?} at {room:?} covers {other:?} at {there:?}");
        }
    }
}

/// Numbers that look like chance, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn data(&mut self) -> Data {
        let count = [1, 2, 5, 13, 40, 90, 400][self.below(7) as usize];
        let size = 10u64.pow(self.below(10) as u32 + 1);
        let (name, alike) = (self.below(6), self.below(2) == 0);
        let label = |i: u64| NAMES[(if alike { name } else { i } % 6) as usize].to_owned() + &i.to_string();
        let data = Data::new("Name", (0..count).map(|i| Category::new(label(i))));
        let data = if self.below(2) == 0 { data.evenly_spaced() } else { data };
        let series = [1, 1, 3, 14][self.below(4) as usize];
        (0..series).fold(data, |data, i| {
            let values: Vec<u64> = (0..count).map(|_| self.below(size)).collect();
            data.series(Series::counts(format!("{} {i}", NAMES[(i % 6) as usize]), values))
        })
    }
}

#[test]
fn texts_keep_apart() {
    let mut chance = Chance(1);
    for round in 0..600 {
        let data = chance.data();
        let kind = KINDS[round % KINDS.len()];
        let unit = [Unit::counted("record", "records"), Unit::measured("s")][chance.below(2) as usize];
        let width = 240.0 + chance.below(1800) as f64;
        let layout = Layout::new(width, 160.0 + chance.below(200) as f64);
        let shown = fold(&data, kind, unit, BARS);
        let what = format!("round {round}, {kind:?}, {} x {width}", data.categories.len());
        check(&what, &scene(kind, unit, &shown, layout));
    }
}

#[test]
fn headings_of_downloads_keep_apart() {
    let mut chance = Chance(2);
    for round in 0..100 {
        let (kind, unit) = (KINDS[round % KINDS.len()], Unit::counted("record", "records"));
        let shown = fold(&chance.data(), kind, unit, BARS);
        let layout = Layout::new(300.0 + chance.below(900) as f64, 260.0);
        let drawn = export("Records per day & kind, by the newest builds", kind, unit, &shown, layout);
        let (body, _) = drawn.body.split_once("<g ").unwrap();
        check(&format!("round {round}, {kind:?}"), &Scene { body: body.to_owned(), ..drawn.clone() });
    }
}

#[test]
fn places_are_inside() {
    let mut chance = Chance(3);
    for round in 0..200 {
        let kind = KINDS[round % KINDS.len()];
        let unit = Unit::counted("record", "records");
        let shown = fold(&chance.data(), kind, unit, BARS);
        let drawn = scene(kind, unit, &shown, Layout::new(360.0, 220.0));
        for hit in drawn.hits {
            let room = hit.shape.bounds();
            assert!(room.x >= 0.0 && room.right() <= drawn.width + 0.1, "{kind:?}: {room:?}");
            assert!(room.y >= 0.0 && room.bottom() <= drawn.height + 0.1, "{kind:?}: {room:?}");
        }
    }
}
