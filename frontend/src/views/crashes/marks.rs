//! Which frames of a backtrace are never guilty, by the list and by what somebody has ticked. Pure.

use std::collections::BTreeSet;

use telemetrics_common::guilties::Frame;
use telemetrics_common::never_guilty::{FramePattern, ListChange, NeverGuiltyFrame};

/// A function with its module.
pub type Pair = (String, String);

/// The pair of a frame.
pub fn pair(frame: &Frame) -> Pair {
    (frame.function.clone(), frame.module.clone())
}

/// Whether a text is what a pattern says, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(place) = text.find(part) else { return false };
        text = text.get(place + part.len()..).unwrap_or_default();
    }
    text.ends_with(end)
}

fn is_of(entry: &NeverGuiltyFrame, (function, module): &Pair) -> bool {
    matches(&entry.function, function) && matches(&entry.module, module)
}

/// The frames that a list says are never guilty.
pub fn ticked(frames: &[Frame], list: &[NeverGuiltyFrame]) -> BTreeSet<Pair> {
    frames.iter().map(pair).filter(|pair| list.iter().any(|entry| is_of(entry, pair))).collect()
}

/// The change of a list that makes the ticked frames, and only those, never guilty. What is no longer ticked
/// goes with all the entries that say it, even when they say it of other functions too.
pub fn change(frames: &[Frame], ticked: &BTreeSet<Pair>, list: &[NeverGuiltyFrame]) -> ListChange {
    let pairs: BTreeSet<Pair> = frames.iter().map(pair).collect();
    let says = |pair: &Pair| list.iter().any(|entry| is_of(entry, pair));
    let pattern = |function: &str, module: &str| FramePattern {
        function: function.to_owned(),
        module: module.to_owned(),
        reason: None,
    };
    let removed: BTreeSet<FramePattern> = list
        .iter()
        .filter(|entry| pairs.difference(ticked).any(|pair| is_of(entry, pair)))
        .map(|entry| pattern(&entry.function, &entry.module))
        .collect();
    // A frame that is still ticked may have been so by an entry that goes.
    let stays = |pair: &Pair| {
        says(pair)
            && list
                .iter()
                .any(|entry| is_of(entry, pair) && !removed.contains(&pattern(&entry.function, &entry.module)))
    };
    let added = pairs.intersection(ticked).filter(|pair| !stays(pair));
    let add = added.map(|(function, module)| pattern(function, module)).collect();
    ListChange { record_id: None, add, remove: removed.into_iter().collect() }
}

/// Whether a change changes anything.
pub fn is_empty(change: &ListChange) -> bool {
    change.add.is_empty() && change.remove.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(functions: &[&str]) -> Vec<Frame> {
        let frame = |function: &&str| Frame { function: (*function).into(), module: "m".into(), ..Frame::default() };
        functions.iter().map(frame).collect()
    }

    fn list(patterns: &[&str]) -> Vec<NeverGuiltyFrame> {
        let entry = |function: &&str| NeverGuiltyFrame {
            function: (*function).into(),
            module: "*".into(),
            ..NeverGuiltyFrame::default()
        };
        patterns.iter().map(entry).collect()
    }

    fn pairs(functions: &[&str]) -> BTreeSet<Pair> {
        frames(functions).iter().map(pair).collect()
    }

    #[test]
    fn a_star_stands_for_any_text() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        };
        check("abort", "abort", true);
        check("abort", "aborted", false);
        check("*", "", true);
        check("*libc.so*", "/usr/lib64/libc.so.6", true);
        check("__libc_start_*", "__libc_start_main()", true);
        check("a*b*c", "aXbXc", true);
        check("a*b*c", "acb", false);
        check("ab*ba", "aba", false);
        check("*ä*", "xäy", true);
    }

    #[test]
    fn boxes_are_ticked_by_the_list() {
        assert_eq!(ticked(&frames(&["abort", "main"]), &list(&["ab*", "exit"])), pairs(&["abort"]));
    }

    #[test]
    fn changes_are_what_differs() {
        #[track_caller]
        fn check(entries: &[&str], ticked: &[&str], add: &[&str], remove: &[&str]) {
            let change = change(&frames(&["abort", "assert", "main", "main"]), &pairs(ticked), &list(entries));
            let functions = |patterns: &[FramePattern]| -> Vec<String> {
                patterns.iter().map(|pattern| pattern.function.clone()).collect()
            };
            assert_eq!(
                (functions(&change.add), functions(&change.remove)),
                (
                    add.iter().map(|text| (*text).to_owned()).collect(),
                    remove.iter().map(|text| (*text).to_owned()).collect(),
                )
            );
            assert_eq!(is_empty(&change), add.is_empty() && remove.is_empty());
        }
        check(&[], &[], &[], &[]);
        check(&["abort"], &["abort"], &[], &[]);
        check(&["abort"], &["abort", "main"], &["main"], &[]);
        check(&["abort", "a*"], &[], &[], &["a*", "abort"]);
        // The wider entry goes, so that what it covered and is still ticked needs one of its own.
        check(&["a*"], &["assert"], &["assert"], &["a*"]);
        check(&["a*", "assert"], &["assert"], &[], &["a*"]);
    }
}
