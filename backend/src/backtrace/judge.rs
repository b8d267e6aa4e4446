//! The guilty of a backtrace, and the list of those that never are.

use std::collections::{HashMap, HashSet};

use super::Frame;

/// A function in a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// The function's name by `super::normalise`.
    pub function: String,
    /// The module, as the payload has it.
    pub module: String,
}

/// What is blamed for a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The place of the guilty frame among those that were judged.
    pub frame: usize,
    /// Its function and module.
    pub pair: Pair,
}

/// Finds the guilty among the frames of the crashing thread, top frame first.
///
/// That is the first frame that has a symbol and is not on the list; else the first one without a symbol that is not on
/// it; else the last one at all. Without frames nobody is guilty.
pub fn guilty(frames: &[Frame], never: &NeverGuilty) -> Option<Judgement> {
    let mut without_symbol = None;
    let mut suspects = frames.iter().enumerate().filter(|(_, frame)| !never.contains(&frame.function, &frame.module));
    let named = suspects.find(|(place, frame)| {
        if !frame.has_symbol() {
            without_symbol.get_or_insert(*place);
        }
        frame.has_symbol()
    });
    let place = named.map(|(place, _)| place).or(without_symbol).or(frames.len().checked_sub(1))?;
    let frame = frames.get(place)?;
    Some(Judgement { frame: place, pair: Pair { function: frame.function.clone(), module: frame.module.clone() } })
}

/// The never-guilty list, made ready for looking up pairs.
///
/// A `*` in a function or module stands for any text, also for none. Case counts.
#[derive(Clone, Debug, Default)]
pub struct NeverGuilty {
    /// Modules by function, where the function has no `*`.
    by_function: HashMap<String, Modules>,
    /// Functions with a `*`, and their modules.
    others: Vec<(Glob, Glob)>,
}

#[derive(Clone, Debug, Default)]
struct Modules {
    exact: HashSet<String>,
    globs: Vec<Glob>,
}

impl NeverGuilty {
    /// Makes a list of (function, module) ready.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut list = Self::default();
        for (function, module) in pairs {
            if is_glob(&function) {
                list.others.push((Glob::new(&function), Glob::new(&module)));
                continue;
            }
            let modules = list.by_function.entry(function).or_default();
            if is_glob(&module) {
                modules.globs.push(Glob::new(&module));
            } else {
                modules.exact.insert(module);
            }
        }
        list
    }

    /// Whether a function in a module is on the list.
    pub fn contains(&self, function: &str, module: &str) -> bool {
        let by_function = self.by_function.get(function);
        by_function.is_some_and(|modules| modules.contains(module))
            || self.others.iter().any(|(functions, modules)| modules.matches(module) && functions.matches(function))
    }
}

impl Modules {
    fn contains(&self, module: &str) -> bool {
        self.exact.contains(module) || self.globs.iter().any(|glob| glob.matches(module))
    }
}

fn is_glob(text: &str) -> bool {
    text.contains('*')
}

/// A pattern in which `*` stands for any text.
#[derive(Clone, Debug)]
struct Glob {
    /// The text before the first `*`.
    start: String,
    /// What is behind each `*`; empty for a pattern without any.
    parts: Vec<String>,
}

impl Glob {
    fn new(pattern: &str) -> Self {
        let mut parts = pattern.split('*').map(str::to_owned);
        Self { start: parts.next().unwrap_or_default(), parts: parts.collect() }
    }

    /// Takes time in proportion to the text: the first place of a part leaves the most text to the others.
    fn matches(&self, text: &str) -> bool {
        let Some(text) = text.strip_prefix(self.start.as_str()) else { return false };
        let Some((end, parts)) = self.parts.split_last() else { return text.is_empty() };
        let Some(mut text) = text.strip_suffix(end.as_str()) else { return false };
        parts.iter().all(|part| match text.find(part.as_str()) {
            Some(place) => {
                text = &text[place + part.len()..];
                true
            }
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(frames: &[(&str, &str)]) -> Vec<Frame> {
        let frame = |&(function, module): &(&str, &str)| Frame {
            function: function.into(),
            module: module.into(),
            location: None,
        };
        frames.iter().map(frame).collect()
    }

    fn never(pairs: &[(&str, &str)]) -> NeverGuilty {
        NeverGuilty::new(pairs.iter().map(|&(function, module)| (function.to_owned(), module.to_owned())))
    }

    const NEVER: [(&str, &str); 3] = [("abort()", "libc"), ("_start()", "*"), ("???", "libc")];

    #[track_caller]
    fn check(stack: &[(&str, &str)], guilty_frame: Option<usize>) {
        let judged = guilty(&frames(stack), &never(&NEVER));
        assert_eq!(judged.as_ref().map(|judged| judged.frame), guilty_frame);
        let pair = judged.map(|judged| (judged.pair.function, judged.pair.module));
        let expected = guilty_frame.map(|frame| (stack[frame].0.to_owned(), stack[frame].1.to_owned()));
        assert_eq!(pair, expected);
    }

    #[test]
    fn the_first_that_is_left_is_guilty() {
        check(&[("abort()", "libc"), ("f()", "a"), ("g()", "a")], Some(1));
        check(&[("f()", "a"), ("_start()", "a")], Some(0));
        check(&[("abort()", "a"), ("f()", "a")], Some(0));
    }

    #[test]
    fn frames_without_symbols_are_skipped() {
        check(&[("???", "a"), ("abort()", "libc"), ("???", "b"), ("f()", "c")], Some(3));
    }

    #[test]
    fn without_any_left_it_is_the_first_without_symbol() {
        check(&[("abort()", "libc"), ("???", "a"), ("???", "b"), ("_start()", "c")], Some(1));
        check(&[("???", "libc"), ("???", "a")], Some(1));
    }

    #[test]
    fn without_those_it_is_the_last_never_guilty() {
        check(&[("abort()", "libc"), ("_start()", "a")], Some(1));
        check(&[("???", "libc"), ("???", "libc")], Some(1));
        check(&[("abort()", "libc")], Some(0));
    }

    #[test]
    fn without_frames_nobody_is_guilty() {
        check(&[], None);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        let check = |pattern: &str, texts: &[&str], others: &[&str]| {
            let glob = Glob::new(pattern);
            texts.iter().for_each(|text| assert!(glob.matches(text), "{pattern} {text}"));
            others.iter().for_each(|text| assert!(!glob.matches(text), "{pattern} {text}"));
        };
        check("*", &["", "a", "*"], &[]);
        check("a", &["a"], &["", "A", "aa", "ab"]);
        check("a*", &["a", "ab", "a*"], &["", "ba"]);
        check("*libc.so*", &["libc.so.6", "/usr/lib64/haswell/libc.so.6", "libc.so"], &["libc.a", "libcxso"]);
        check("ab*ba", &["abba", "abxba"], &["aba", "abb"]);
        check("a*b*c", &["abc", "axbxbxc", "abcbc"], &["acb", "ab", "abcd"]);
        check("a**b", &["ab", "axb"], &["a"]);
        check("std::__throw_*(*)", &["std::__throw_out_of_range(char const*)"], &["std::__throw_x"]);
        check("é*é", &["éé", "éüé"], &["é"]);
    }

    #[test]
    fn function_and_module_must_match() {
        let list = never(&[("f()", "a"), ("f()", "lib*"), ("g*", "a"), ("g()", "lib*.so"), ("", "m"), ("*", "never")]);
        for (function, module) in
            [("f()", "a"), ("f()", "libx"), ("gh()", "a"), ("g()", "liba.so"), ("", "m"), ("x", "never")]
        {
            assert!(list.contains(function, module), "{function} {module}");
        }
        for (function, module) in [("f", "a"), ("F()", "a"), ("f()", "A"), ("f()", "b"), ("gh()", "liba.so"), ("", "a")]
        {
            assert!(!list.contains(function, module), "{function} {module}");
        }
    }

    /// The same by trying all splits.
    fn matches_slowly(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, _) => text.is_empty(),
            (Some((b'*', rest)), _) => (0..=text.len()).any(|place| matches_slowly(rest, &text[place..])),
            (Some((byte, rest)), Some((first, behind))) => byte == first && matches_slowly(rest, behind),
            (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn patterns_match_as_by_trying(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(Glob::new(&pattern).matches(&text), matches_slowly(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
