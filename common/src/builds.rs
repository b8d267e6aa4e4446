//! Builds (OS versions), their order, and the records per build.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::facets::BuildCount;
use crate::{Access, Endpoint, Method, Timestamp};

/// Records per build of one system; without a range of all time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetBuilds {
    /// Name of the system (`ID` of os-release); the one with the most records when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Captured at this time or later; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-16"))]
    pub from: Option<Timestamp>,
    /// Captured before this time; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-23T08:00:00Z"))]
    pub to: Option<Timestamp>,
}

impl Endpoint for GetBuilds {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/builds";
    const SUMMARY: &'static str = "Records per build of one system";
    type Body = ();
    type Response = Builds;
}

/// The builds of one system, ascending: as numbers where all are whole numbers, else as versions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Builds {
    /// Name of the system.
    pub system: String,
    /// How many of the counted records are no longer kept: they were purged, and only their count is left.
    pub purged: u64,
    /// Records per build.
    pub builds: Vec<BuildCount>,
    /// Of those, records whose clock was more than a day ahead of the server's when they came in, or more than a
    /// year behind; builds without any are left out.
    pub wrong_clocks: Vec<BuildCount>,
}

/// Sorts by build, ascending: as numbers where all builds are whole numbers, else as versions.
pub fn sort_by_build<T>(items: &mut [T], build: impl Fn(&T) -> &str) {
    let all_numbers = items.iter().all(|item| is_number(build(item)));
    let compare = if all_numbers { compare_numbers } else { compare_versions };
    items.sort_by(|a, b| compare(build(a), build(b)).then_with(|| build(a).cmp(build(b))));
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits of any length, so that no build is too long to be a number.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    let (x, y) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    x.len().cmp(&y.len()).then_with(|| x.cmp(y))
}

/// The order of versions: runs of digits as numbers, other characters one by one, and `~` before
/// everything, even the end, as in Debian's `1.0~rc1 < 1.0`
/// (<https://www.debian.org/doc/debian-policy/ch-controlfields.html#version>).
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a, b);
    while !x.is_empty() || !y.is_empty() {
        let (x_digits, y_digits) = (digits(x), digits(y));
        if !x_digits.is_empty() && !y_digits.is_empty() {
            match compare_numbers(x_digits, y_digits) {
                Ordering::Equal => {
                    x = x.strip_prefix(x_digits).unwrap_or_default();
                    y = y.strip_prefix(y_digits).unwrap_or_default();
                }
                unequal => return unequal,
            }
            continue;
        }
        match rank(x).cmp(&rank(y)) {
            Ordering::Equal => {
                x = tail(x);
                y = tail(y);
            }
            unequal => return unequal,
        }
    }
    Ordering::Equal
}

fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn rank(text: &str) -> u32 {
    match text.chars().next() {
        Some('~') => 0,
        None => 1,
        Some(c) => u32::from(c) + 2,
    }
}

fn tail(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: &[&str]) {
        let mut builds = expected.to_vec();
        builds.reverse();
        sort_by_build(&mut builds, |build| build);
        assert_eq!(builds, expected);
    }

    #[test]
    fn builds_ascend() {
        check(&["0", "9", "41150", "41160", "123456789012345678901234567890"]);
        check(&["8", "12", "12.1", "12.10"]);
        check(&["1.2", "1.10", "1.10.1"]);
        check(&["1.0~rc1", "1.0", "1.0+git2", "1.0-1"]);
        check(&["bookworm", "trixie"]);
        check(&["7", "07x", "7x"]);
    }
}
