//! Names of the classifications that the server knows more about than their text,
//! and patterns over classifications.

use std::fmt;
use std::str::FromStr;

use crate::text::serde_as_text;

/// A machine says that it is alive; population is counted from these.
pub const HEARTBEAT: &str = "org.clearlinux/heartbeat/ping";
/// A machine's first record after installation.
pub const HELLO: &str = "org.clearlinux/hello/world";
/// A crashed program with its backtrace.
pub const CRASH: &str = "org.clearlinux/crash/clr";
/// A crash without a usable backtrace.
pub const CRASH_UNKNOWN: &str = "org.clearlinux/crash/unknown";
/// A kernel oops.
pub const KERNEL_BUG: &str = "org.clearlinux/kernel/bug";
/// A kernel stack that overflowed.
pub const KERNEL_STACKOVERFLOW: &str = "org.clearlinux/kernel/stackoverflow";
/// A kernel warning.
pub const KERNEL_WARNING: &str = "org.clearlinux/kernel/warning";
/// A machine check that the hardware corrected.
pub const MCE_CORRECTED: &str = "org.clearlinux/mce/corrected";
/// The machine checks that are counted as such.
pub const MCE: [&str; 4] =
    [MCE_CORRECTED, "org.clearlinux/mce/SRAO", "org.clearlinux/mce/SRAR", "org.clearlinux/mce/UCNA"];
/// The classifications that carry a backtrace, unless the server is told otherwise; the last two are spellings of
/// the client.
pub const BACKTRACES: [&str; 6] =
    [CRASH, KERNEL_BUG, KERNEL_STACKOVERFLOW, KERNEL_WARNING, "crash/kernel/bug", "crash/kernel/warning"];
/// A thermal event.
pub const THERMAL: &str = "org.clearlinux/mce/thermal";
/// A software update with its result.
pub const UPDATE: &str = "org.clearlinux/swupd-client/update";

/// The longest classification, in characters.
pub const MAX_CHARS: usize = 140;

/// Whether a text is a classification: `DOMAIN/PROBE/REST`, exactly three non-empty parts, at most
/// [`MAX_CHARS`] characters.
pub fn is_classification(text: &str) -> bool {
    text.chars().count() <= MAX_CHARS && text.split('/').count() == 3 && text.split('/').all(|part| !part.is_empty())
}

/// Which classifications a filter lets through: one exactly, or all that begin with one or two parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// One classification: `a/b/c`.
    Exact(String),
    /// All below a domain or probe: `a/*` or `a/b/*`. Holds the prefix with its last slash.
    Below(String),
}

impl Pattern {
    /// Whether a classification passes.
    pub fn matches(&self, classification: &str) -> bool {
        match self {
            Self::Exact(name) => classification == name,
            Self::Below(prefix) => classification.starts_with(prefix.as_str()),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Below(prefix) => write!(f, "{prefix}*"),
        }
    }
}

impl FromStr for Pattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = "must be DOMAIN/PROBE/REST, DOMAIN/* or DOMAIN/PROBE/*, at most 140 characters";
        if let Some(prefix) = text.strip_suffix('*') {
            let parts = prefix.strip_suffix('/').ok_or(error)?;
            let short = parts.chars().count() <= MAX_CHARS && parts.split('/').count() <= 2;
            if short && parts.split('/').all(|part| !part.is_empty()) {
                return Ok(Self::Below(prefix.to_owned()));
            }
        }
        if is_classification(text) { Ok(Self::Exact(text.to_owned())) } else { Err(error) }
    }
}

serde_as_text!(Pattern);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_let_through_what_they_say() {
        let check = |pattern: &str, classification: &str, expected: bool| {
            let parsed: Pattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(classification), expected, "{pattern} on {classification}");
            assert_eq!(parsed.to_string(), pattern);
        };
        check("a/b/c", "a/b/c", true);
        check("a/b/c", "a/b/cd", false);
        check("a/b/*", "a/b/c", true);
        check("a/b/*", "a/bc/d", false);
        check("a/*", "a/b/c", true);
        check("a/*", "ab/b/c", false);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "*", "/*", "a", "a/b", "a*", "a//*", "a/b/c/*", "a/b/c/d", "a/ /"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }
}
