//! The tooltip of a chart, and the mark on what it is about.

use leptos::prelude::*;

use super::canvas::Point;
use super::data::Kind;
use super::html::Html;
use super::plot::Chart;
use super::scene::{Action, Hit, Scene, Shape};
use super::tooltip::{Line, Tooltip};

/// With less room a tooltip cannot stand beside its column.
const NARROW: f64 = 480.0;
const APART: f64 = 8.0;
/// How far a tooltip above or below reaches beyond its point towards the nearer edge of the chart.
const OVER: f64 = 16.0;
/// A tooltip is never wider than this.
const WIDEST: f64 = 320.0;

/// Where a tooltip stands: the classes that move it from a point, the point, and how wide it may be there.
#[derive(Clone, Debug, PartialEq)]
struct Stand {
    class: &'static str,
    at: Point,
    room: f64,
}

impl Stand {
    /// Beside a column, else above or below the place, and always within the chart's width.
    fn new(kind: Kind, drawn: &Scene, hit: &Hit, lines: usize) -> Self {
        let (x, y) = hit.anchor;
        let tall = 60.0 + lines as f64 * 20.0;
        let part = x / drawn.width;
        if !kind.is_ranked() && drawn.width >= NARROW {
            let place = hit.shape.bounds();
            let top = y.min(drawn.height - tall).max(0.0);
            return match part {
                part if part < 0.5 => {
                    Self { class: "chart__tip--right", at: (place.right() + APART, top), room: WIDEST }
                }
                _ => Self { class: "chart__tip--left", at: (place.x - APART, top), room: WIDEST },
            };
        }
        let room = match part {
            part if part < 0.33 => drawn.width - x + OVER,
            part if part > 0.67 => x + OVER,
            _ => 2.0 * x.min(drawn.width - x),
        };
        // Above it, if it does not reach far beyond the chart there.
        let class = match (tall > y + 60.0, part) {
            (false, part) if part < 0.33 => "chart__tip--start",
            (false, part) if part > 0.67 => "chart__tip--end",
            (false, _) => "",
            (true, part) if part < 0.33 => "chart__tip--below chart__tip--start",
            (true, part) if part > 0.67 => "chart__tip--below chart__tip--end",
            (true, _) => "chart__tip--below",
        };
        Self { class, at: (x, y), room: room.min(WIDEST) }
    }
}

/// Marks the place that is pointed at, and says what is there.
#[component]
pub fn Pointed(
    /// What is drawn.
    chart: Chart,
    /// How it is drawn.
    drawn: Memo<Scene>,
    /// Number of the place.
    active: usize,
    /// Whether a finger points at it.
    is_touch: bool,
) -> impl IntoView {
    let kind = chart.kind.get_untracked();
    drawn.with_untracked(|drawn| {
        let hit = drawn.hits.get(active)?;
        let tip = chart.shown.with_untracked(|shown| Tooltip::new(kind, chart.unit, shown, hit.category, hit.series));
        let Stand { class, at: (x, y), room } = Stand::new(kind, drawn, hit, tip.lines.len());
        let hint = match hit.action {
            Action::Link(_) if is_touch => Some("Tap again to open"),
            Action::Unfold => Some("Show more"),
            _ => None,
        };
        Some(view! {
            <svg class="chart__mark" aria-hidden="true" focusable="false"><path d=outline(&hit.shape) /></svg>
            <div
                class=format!("chart__tip {class}")
                aria-hidden="true"
                style:left=format!("{x:.1}px")
                style:top=format!("{y:.1}px")
                style:max-width=format!("{room:.0}px")
                inner_html=text(&tip, hint)
            ></div>
        })
    })
}

/// What stands in a tooltip.
fn text(tip: &Tooltip, hint: Option<&str>) -> String {
    let mut html = Html::default();
    html.element("strong", &[("class", "chart__tip-heading")], &tip.heading);
    for line in &tip.lines {
        let class = match line {
            Line { is_pointed_at: true, .. } => "chart__tip-line chart__tip-line--active",
            Line { name, .. } if name.is_empty() => "chart__tip-line chart__tip-line--only",
            _ => "chart__tip-line",
        };
        html.open("span", &[("class", class)]);
        html.element("span", &[("class", &format!("swatch {}", line.tone.class()))], "");
        html.element("span", &[("class", "chart__tip-name")], &line.name);
        html.element("span", &[("class", "chart__tip-value")], &line.value);
        html.element("span", &[("class", "chart__tip-share")], line.share.as_deref().unwrap_or_default());
        html.close("span");
    }
    if let Some(total) = &tip.total {
        html.element("span", &[("class", "chart__tip-total")], &format!("{total} in all"));
    }
    if let Some(hint) = hint {
        html.element("span", &[("class", "chart__tip-hint")], hint);
    }
    html.finish()
}

/// A shape as the path of an SVG.
fn outline(shape: &Shape) -> String {
    match shape {
        Shape::Rect(r) => format!("M{:.1} {:.1}h{:.1}v{:.1}h{:.1}Z", r.x, r.y, r.width, r.height, -r.width),
        Shape::Polygon(points) => {
            let corners: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            format!("M{}Z", corners.join("L"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::Rect;

    #[track_caller]
    fn check(kind: Kind, width: f64, anchor: Point, lines: usize, class: &str, at: Point) {
        let drawn = Scene { width, height: 260.0, ..Scene::default() };
        let shape = Shape::Rect(Rect { x: anchor.0 - 10.0, y: 8.0, width: 20.0, height: 230.0 });
        let hit = Hit { category: 0, series: None, shape, anchor, action: Action::None };
        let found = Stand::new(kind, &drawn, &hit, lines);
        assert_eq!((found.class, found.at), (class, at));
    }

    #[test]
    fn tooltips_stay_within_a_narrow_chart() {
        for x in 0..=358 {
            let drawn = Scene { width: 358.0, height: 260.0, ..Scene::default() };
            let anchor = (f64::from(x), 100.0);
            let shape = Shape::Rect(Rect { x: anchor.0, y: 8.0, width: 2.0, height: 230.0 });
            let hit = Hit { category: 0, series: None, shape, anchor, action: Action::None };
            let Stand { class, room, .. } = Stand::new(Kind::Columns, &drawn, &hit, 1);
            let left = match class {
                class if class.contains("--start") => anchor.0 - OVER,
                class if class.contains("--end") => anchor.0 + OVER - room,
                _ => anchor.0 - room / 2.0,
            };
            assert!(left >= -OVER && left + room <= 358.0 + OVER && room > 200.0, "{x}: {left} {room}");
        }
    }

    #[test]
    fn tooltips_stand_beside_columns() {
        check(Kind::Stacked, 720.0, (100.0, 50.0), 5, "chart__tip--right", (118.0, 50.0));
        check(Kind::Stacked, 720.0, (700.0, 50.0), 5, "chart__tip--left", (682.0, 50.0));
        check(Kind::Lines, 720.0, (100.0, 250.0), 5, "chart__tip--right", (118.0, 100.0));
    }

    #[test]
    fn tooltips_stand_above_or_below_where_there_is_less_room() {
        check(Kind::Stacked, 300.0, (150.0, 200.0), 5, "", (150.0, 200.0));
        check(Kind::Stacked, 300.0, (20.0, 20.0), 5, "chart__tip--below chart__tip--start", (20.0, 20.0));
        check(Kind::Bars, 720.0, (700.0, 200.0), 1, "chart__tip--end", (700.0, 200.0));
    }
}
