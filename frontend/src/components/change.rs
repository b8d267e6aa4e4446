//! How a number has changed, in words and with an arrow.

use std::cmp::Ordering;

use leptos::prelude::*;

use crate::format;

/// What it means that a number has grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Growth {
    /// Neither good nor bad.
    Neutral,
    /// More is worse.
    Bad,
}

/// How a number has changed, with an arrow.
#[component]
pub fn Change(
    /// The number now.
    now: u64,
    /// The number before.
    before: u64,
    /// What it is compared with: `the day before`.
    than: &'static str,
    /// What it means when it has grown.
    growth: Growth,
) -> impl IntoView {
    let (arrow, direction) = match now.cmp(&before) {
        Ordering::Greater => ("↑", "up"),
        Ordering::Less => ("↓", "down"),
        Ordering::Equal => ("→", "same"),
    };
    let judged = if growth == Growth::Bad { " change--judged" } else { "" };
    view! {
        <span class=format!("change change--{direction}{judged}")>
            <span class="change__arrow" aria-hidden="true">{arrow}</span>
            {change_in_words(now, before, than)}
        </span>
    }
}

/// How a number has changed: `3 more than the day before (+25 %)`.
pub fn change_in_words(now: u64, before: u64, than: &str) -> String {
    let size = now.abs_diff(before);
    let (word, sign) = match now.cmp(&before) {
        Ordering::Equal => return format!("As many as {than}"),
        Ordering::Greater => ("more", '+'),
        Ordering::Less => ("fewer", '−'),
    };
    let words = format!("{} {word} than {than}", format::number(size));
    // Of nothing there is no part, and of little no part that tells more than the number.
    if before == 0 {
        return words;
    }
    let percent = (size as f64 * 100.0 / before as f64).round();
    if percent < 1.0 { words } else { format!("{words} ({sign}{percent}\u{a0}%)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_in_words() {
        let check = |now, before, words: &str| assert_eq!(change_in_words(now, before, "the day before"), words);
        check(15, 12, "3 more than the day before (+25\u{a0}%)");
        check(9, 12, "3 fewer than the day before (−25\u{a0}%)");
        check(12, 12, "As many as the day before");
        check(0, 0, "As many as the day before");
        check(1200, 0, "1,200 more than the day before");
        check(0, 4, "4 fewer than the day before (−100\u{a0}%)");
        check(10_001, 10_000, "1 more than the day before");
    }
}
