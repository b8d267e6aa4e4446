//! The record filter, the same for lists, exports, live events, facets and the dashboard's address bar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::classification::Pattern;
use crate::text::serde_as_text;

/// Which records are meant: those that pass every part that is set.
///
/// ```
/// use telemetrics_common::{RecordFilter, query};
///
/// let filter: RecordFilter = query::parse("classification=org.clearlinux/crash/*&severity=3,4")?;
/// assert!(filter.severity.as_ref().is_some_and(|severities| severities.contains(4)));
/// let text = query::encode(&query::to_pairs(&filter));
/// assert_eq!(query::parse::<RecordFilter>(&text)?, filter);
/// assert!(query::parse::<RecordFilter>("colour=red").is_err());
/// # Ok::<(), query::QueryError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct RecordFilter {
    /// Name of the system (`ID` of os-release); an empty text means records without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Build (OS version).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Classification: exact, `DOMAIN/*` or `DOMAIN/PROBE/*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "org.clearlinux/crash/*"))]
    pub classification: Option<Pattern>,
    /// Records of one kind, which may have several classifications.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub kind: Option<Kind>,
    /// Severities, 1 to 4, one or several separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "3,4"))]
    pub severity: Option<Severities>,
    /// Machine id, 1 to 32 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub machine_id: Option<MachineId>,
    /// Event id, 32 lower-case hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub event_id: Option<EventId>,
    /// Id of a guilty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guilty: Option<i64>,
    /// Id of a crashing stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<i64>,
    /// Platform (`host_type`); an empty text means records without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Architecture, as `uname -m` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// Kernel, as `uname -r` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Records by their clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub clock: Option<Clock>,
    /// Machines outside or inside the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub source: Option<Source>,
    /// Captured at this time or later; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-23"))]
    pub from: Option<Timestamp>,
    /// Captured before this time; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-24T08:00:00Z"))]
    pub to: Option<Timestamp>,
    /// Received at this time or later, by the server's clock; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-23"))]
    pub received_from: Option<Timestamp>,
    /// Received before this time, by the server's clock; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-24T08:00:00Z"))]
    pub received_to: Option<Timestamp>,
    /// Regular expression (Rust `regex` syntax) that the payload must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(example = "Signal: (6|11)"))]
    pub payload: Option<String>,
    /// Regular expression (Rust `regex` syntax) that the payload must not match.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(example = "libc\\.so"))]
    pub not_payload: Option<String>,
}

impl RecordFilter {
    /// Whether the payload has to be looked at, so that an answer takes time and may be partial.
    pub fn looks_into_payload(&self) -> bool {
        self.payload.is_some() || self.not_payload.is_some()
    }
}

/// What several classifications have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Records of the classifications that carry a backtrace.
    Crash,
    /// Machine checks.
    Mce,
}

impl Kind {
    /// The name in queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Mce => "mce",
        }
    }
}

/// What a record's clock was like, compared with the server's when the record came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// More than a day ahead, or more than a year behind.
    Wrong,
}

/// Where a record came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Marked by `X-CLR-External: true`.
    External,
    /// Not marked.
    Internal,
}

impl Source {
    /// The source of a record with or without the external mark.
    pub fn of(external: bool) -> Self {
        if external { Self::External } else { Self::Internal }
    }

    /// The name in queries and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Internal => "internal",
        }
    }
}

/// A set of severities that is not empty, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Severities(Vec<u8>);

impl Severities {
    /// One severity.
    pub fn one(severity: u8) -> Self {
        Self(vec![severity])
    }

    /// From a choice of severities; `None` when nothing is chosen.
    pub fn choose(severities: impl IntoIterator<Item = u8>) -> Option<Self> {
        let mut chosen: Vec<u8> = severities.into_iter().collect();
        chosen.sort_unstable();
        chosen.dedup();
        (!chosen.is_empty()).then_some(Self(chosen))
    }

    /// Whether a severity is one of them.
    pub fn contains(&self, severity: u8) -> bool {
        self.0.contains(&severity)
    }

    /// All of them, ascending.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Severities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(u8::to_string).collect();
        f.write_str(&texts.join(","))
    }
}

impl FromStr for Severities {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = "must be 1 to 4, one or several separated by commas";
        let parse = |part: &str| part.parse().ok().filter(|severity| (1..=4).contains(severity));
        let severities: Option<Vec<u8>> = text.split(',').map(parse).collect();
        severities.and_then(Self::choose).ok_or(error)
    }
}

serde_as_text!(Severities);

/// The longest machine id, in characters.
pub const MAX_MACHINE_ID_CHARS: usize = 32;

/// Whether a text can be a machine id: 1 to 32 characters.
pub fn is_machine_id(text: &str) -> bool {
    (1..=MAX_MACHINE_ID_CHARS).contains(&text.chars().count())
}

/// Whether a text is an event id: 32 lower-case hex digits.
pub fn is_event_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $is_valid:expr, $error:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if $is_valid(text) { Ok(Self(text.to_owned())) } else { Err($error) }
            }
        }

        serde_as_text!($name);
    };
}

checked_text!(
    /// A machine id to look for.
    MachineId,
    is_machine_id,
    "must be 1 to 32 characters"
);
checked_text!(
    /// An event id to look for.
    EventId,
    is_event_id,
    "must be 32 lower-case hex digits"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query;

    #[test]
    fn a_filter_survives_the_address_bar() {
        let text = "arch=x86_64&build=41150&classification=org.clearlinux%2Fcrash%2F*&clock=wrong\
            &event_id=0123456789abcdef0123456789abcdef&from=2026-11-01T00%3A00%3A00Z&guilty=9&kernel=6.12.8&kind=crash\
            &machine_id=rack+7%2C+node+3&not_payload=%5Ea&payload=b%24&platform=A%7CB%7C1\
            &received_from=2026-11-02T00%3A00%3A00Z&received_to=2026-11-24T08%3A00%3A00.500Z&severity=3%2C4\
            &source=external&stack=4&system=clear-linux-os&to=2026-11-23T00%3A00%3A00Z";
        let filter: RecordFilter = query::parse(text).unwrap();
        assert_eq!(query::encode(&query::to_pairs(&filter)), text);
        assert!(filter.looks_into_payload());
    }

    #[test]
    fn bad_values_are_named() {
        let check = |query: &str, message: &str| {
            assert_eq!(query::parse::<RecordFilter>(query).unwrap_err().to_string(), message);
        };
        check("severity=5", "severity: must be 1 to 4, one or several separated by commas");
        check("severity=", "severity: must be 1 to 4, one or several separated by commas");
        check("source=both", "source: must be one of external, internal");
        check("kind=oops", "kind: must be one of crash, mce");
        check("from=now", "from: must be a date (2026-11-23) or a date-time (2026-11-23T08:00:00Z)");
        check("received_to=", "received_to: must be a date (2026-11-23) or a date-time (2026-11-23T08:00:00Z)");
        check("machine_id=", "machine_id: must be 1 to 32 characters");
        check("event_id=ABC", "event_id: must be 32 lower-case hex digits");
    }

    #[test]
    fn severities_are_a_set() {
        let severities: Severities = "4,1,4".parse().unwrap();
        assert_eq!(severities.to_string(), "1,4");
        assert!(severities.contains(4) && !severities.contains(2));
    }

    #[test]
    fn an_empty_system_is_a_system() {
        let filter: RecordFilter = query::parse("system=").unwrap();
        assert_eq!(filter.system.as_deref(), Some(""));
    }
}
