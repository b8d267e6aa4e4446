//! Where the arrow keys lead to in a chart.

use super::data::Kind;
use super::scene::Hit;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// To the next category, or the one before.
    Category(isize),
    /// To the next value of a category, or the one before.
    Value(isize),
    First,
    Last,
}

fn step(kind: Kind, key: &str) -> Option<Step> {
    let (next, upwards) = match key {
        "ArrowRight" => (1, false),
        "ArrowLeft" => (-1, false),
        "ArrowUp" => (1, true),
        "ArrowDown" => (-1, true),
        "Home" => return Some(Step::First),
        "End" => return Some(Step::Last),
        _ => return None,
    };
    Some(match kind {
        // Bars are listed downwards, their parts to the right.
        Kind::Bars if upwards => Step::Category(-next),
        Kind::Bars => Step::Value(next),
        Kind::Donut if upwards => Step::Category(-next),
        _ if upwards => Step::Value(next),
        _ => Step::Category(next),
    })
}

/// The place that a key leads to; none if the key is not for charts.
pub fn target(kind: Kind, hits: &[Hit], from: usize, key: &str) -> Option<usize> {
    let step = step(kind, key)?;
    let here = hits.get(from)?;
    let is_category = |hit: &Hit| hit.series.is_none();
    let found = match step {
        Step::First => hits.iter().position(is_category),
        Step::Last => hits.iter().rposition(is_category),
        Step::Value(next) => {
            let there = from
                .checked_add_signed(next)
                .filter(|to| hits.get(*to).is_some_and(|hit| hit.category == here.category));
            return Some(there.unwrap_or(from));
        }
        Step::Category(next) => {
            // Slices of nothing have no place, so that the next one is not always the next category.
            let there = match next {
                1 => hits.iter().map(|hit| hit.category).find(|category| *category > here.category),
                _ => hits.iter().map(|hit| hit.category).rfind(|category| *category < here.category),
            };
            let same = |hit: &Hit| Some(hit.category) == there && hit.series == here.series;
            hits.iter().position(same).or_else(|| hits.iter().position(|hit| Some(hit.category) == there))
        }
    };
    Some(found.unwrap_or(from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::canvas::Rect;
    use crate::charts::scene::{Action, Shape};

    /// Two values in the first category, none in the second, one in the third.
    fn hits() -> Vec<Hit> {
        let places = [(0, None), (0, Some(0)), (0, Some(1)), (1, None), (2, None), (2, Some(1))];
        let hit = |(category, series)| {
            let shape = Shape::Rect(Rect::default());
            Hit { category, series, shape, anchor: (0.0, 0.0), action: Action::None }
        };
        places.into_iter().map(hit).collect()
    }

    #[track_caller]
    fn check(kind: Kind, from: usize, key: &str, expected: Option<usize>) {
        assert_eq!(target(kind, &hits(), from, key), expected, "{key} from {from}");
    }

    #[test]
    fn arrows_lead_along_categories() {
        check(Kind::Stacked, 0, "ArrowRight", Some(3));
        check(Kind::Stacked, 3, "ArrowRight", Some(4));
        check(Kind::Stacked, 4, "ArrowRight", Some(4));
        check(Kind::Stacked, 4, "ArrowLeft", Some(3));
        check(Kind::Bars, 0, "ArrowDown", Some(3));
        check(Kind::Donut, 0, "ArrowDown", Some(3));
    }

    #[test]
    fn arrows_lead_through_the_values_of_a_category() {
        check(Kind::Stacked, 0, "ArrowUp", Some(1));
        check(Kind::Stacked, 2, "ArrowUp", Some(2));
        check(Kind::Stacked, 2, "ArrowRight", Some(3));
        check(Kind::Bars, 1, "ArrowRight", Some(2));
    }

    #[test]
    fn home_and_end_lead_to_the_edges() {
        check(Kind::Lines, 5, "Home", Some(0));
        check(Kind::Lines, 0, "End", Some(4));
        check(Kind::Lines, 0, "a", None);
        assert_eq!(target(Kind::Lines, &[], 0, "End"), None);
    }
}
