//! Stretches of time as people choose them, and as calls take them. Pure.

use telemetrics_common::{Timestamp, query};

use crate::format;

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;
/// The most days that an address may ask for.
const MAX_DAYS: u32 = 36_500;

/// Names of the parameters that hold a range.
pub const DAYS: &str = "days";
/// The range's first moment.
pub const FROM: &str = "from";
/// The first moment behind the range.
pub const TO: &str = "to";
/// The value of [`DAYS`] that means all time.
const ALL: &str = "all";

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Range {
    /// The last so many days.
    Last(u32),
    /// All time.
    All,
    /// From one moment to another, open at one end at most.
    Between {
        /// The first moment.
        from: Option<Timestamp>,
        /// The first moment that is no part of it.
        to: Option<Timestamp>,
    },
}

/// The ranges that are offered by one click, with what is written there.
pub const PRESETS: [(Range, &str); 7] = [
    (Range::Last(1), "24 h"),
    (Range::Last(7), "7 d"),
    (Range::Last(14), "14 d"),
    (Range::Last(30), "30 d"),
    (Range::Last(90), "90 d"),
    (Range::Last(365), "1 y"),
    (Range::All, "All"),
];

/// Two moments: the first one within, and the first one behind. `None` is without bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The first moment.
    pub from: Option<Timestamp>,
    /// The first moment that is no longer meant.
    pub to: Option<Timestamp>,
}

impl Bounds {
    /// The first moment, for calls that would choose one of their own if they were given none.
    pub fn begin(&self) -> Timestamp {
        self.from.unwrap_or_else(|| Timestamp::from_millis(i64::MIN))
    }

    /// The first moment behind, for calls that would otherwise end with the present: clocks of machines may be ahead.
    pub fn end(&self) -> Timestamp {
        self.to.unwrap_or_else(|| Timestamp::from_millis(i64::MAX))
    }
}

impl Range {
    /// The range that parameters of an address mean; none when there is none of them.
    ///
    /// # Errors
    /// Words that begin with the parameter's name.
    pub fn from_pairs(pairs: &[(String, String)]) -> Result<Option<Self>, String> {
        let find = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let moment = |name: &str| {
            let parse = |text: &str| text.parse::<Timestamp>().map_err(|error| format!("{name}: {error}"));
            find(name).map(parse).transpose()
        };
        let (from, to) = (moment(FROM)?, moment(TO)?);
        match find(DAYS) {
            Some(_) if from.is_some() || to.is_some() => {
                Err(format!("{DAYS}: cannot be combined with {FROM} and {TO}"))
            }
            Some(ALL) => Ok(Some(Self::All)),
            Some(days) => match days.parse() {
                Ok(days @ 1..=MAX_DAYS) => Ok(Some(Self::Last(days))),
                _ => Err(format!("{DAYS}: must be a whole number from 1 to {MAX_DAYS}, or {ALL}")),
            },
            None if from.is_some() || to.is_some() => Ok(Some(Self::Between { from, to })),
            None => Ok(None),
        }
    }

    /// The parameters that mean it.
    pub fn to_pairs(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Last(days) => vec![(DAYS, days.to_string())],
            Self::All => vec![(DAYS, ALL.to_owned())],
            Self::Between { from, to } => {
                let pair = |name, moment: Option<Timestamp>| moment.map(|moment| (name, moment.to_string()));
                [pair(FROM, from), pair(TO, to)].into_iter().flatten().collect()
            }
        }
    }

    /// What it means now. The last days begin whole days before the current hour of UTC, and end one day ahead,
    /// since clocks of machines differ.
    pub fn bounds(self, now: Timestamp) -> Bounds {
        match self {
            Self::Last(days) => {
                let hour = now.seconds().div_euclid(HOUR) * HOUR;
                let at = |seconds| Some(Timestamp::from_seconds(seconds));
                Bounds { from: at(hour - i64::from(days) * DAY), to: at(now.seconds() + DAY) }
            }
            Self::All => Bounds::default(),
            Self::Between { from, to } => Bounds { from, to },
        }
    }

    /// In words: `Last 7 days`.
    pub fn words(self) -> String {
        match self {
            Self::Last(1) => "Last 24 hours".to_owned(),
            Self::Last(days) => format!("Last {}", format::counted(u64::from(days), "day", "days")),
            Self::All => "All time".to_owned(),
            Self::Between { from: Some(from), to: Some(to) } => match (first_day(from), last_day(to)) {
                (Some(first), Some(last)) if first == last => format::date(first),
                (Some(first), Some(last)) => format!("{} – {}", format::date(first), format::date(last)),
                _ => format!("{} – {}", format::exact(from), format::exact(to)),
            },
            Self::Between { from: Some(from), to: None } => {
                format!("Since {}", first_day(from).map_or_else(|| format::exact(from), format::date))
            }
            Self::Between { from: None, to } => {
                let to = to.unwrap_or_default();
                format!("Before {}", first_day(to).map_or_else(|| format::exact(to), format::date))
            }
        }
    }

    /// Its first and last day as fields for dates write them: `2026-11-23`, or nothing at an open end.
    pub fn to_days(self, now: Timestamp) -> (String, String) {
        let Bounds { from, to } = self.bounds(now);
        let to = if matches!(self, Self::Last(_)) { Some(now) } else { to };
        let last = |to: Timestamp| Timestamp::from_millis(to.millis() - 1);
        let text = |moment: Option<Timestamp>| moment.map(format::iso_date).unwrap_or_default();
        (text(from), text(to.map(last)))
    }

    /// The range from a first to a last day, both within it, as fields for dates write them. An empty text leaves that
    /// end open.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn from_days(first: &str, last: &str) -> Result<Self, &'static str> {
        let moment = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse::<Timestamp>().map(Some).map_err(|_| "Write a date as 2026-11-23."),
        };
        let from = moment(first)?;
        let to = moment(last)?.map(|last| Timestamp::from_seconds(last.seconds() + DAY));
        match (from, to) {
            (None, None) => Err("Choose a first or a last day."),
            (Some(from), Some(to)) if from >= to => Err("The last day is before the first one."),
            _ => Ok(Self::Between { from, to }),
        }
    }
}

/// A moment that is a day's first one.
fn first_day(moment: Timestamp) -> Option<Timestamp> {
    (moment.millis().rem_euclid(DAY * 1000) == 0).then_some(moment)
}

/// The day whose last moment is just before.
fn last_day(behind: Timestamp) -> Option<Timestamp> {
    first_day(behind).map(|behind| Timestamp::from_seconds(behind.seconds() - DAY))
}

/// The parameters of a query string that all views understand, as they are: what goes along from view to view.
pub fn carried(search: &str) -> Vec<(String, String)> {
    let mut pairs = query::decode(search);
    pairs.retain(|(name, _)| [super::SYSTEM, DAYS, FROM, TO].contains(&name.as_str()));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday, 10:53:07 UTC.
    const NOW: &str = "2026-11-23T10:53:07Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn parse(search: &str) -> Result<Option<Range>, String> {
        Range::from_pairs(&query::decode(search))
    }

    #[test]
    fn the_address_and_the_range_mean_the_same() {
        let check = |search: &str, range: Range| {
            assert_eq!(parse(search), Ok(Some(range)), "{search}");
            let pairs: Vec<_> = range.to_pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            assert_eq!(parse(&query::encode(&pairs)), Ok(Some(range)), "{search}");
        };
        check("days=7", Range::Last(7));
        check("system=clear&days=all", Range::All);
        let from = Some(time("2026-11-01"));
        check("from=2026-11-01", Range::Between { from, to: None });
        check("from=2026-11-01T00:00:00Z&to=2026-11-02", Range::Between { from, to: Some(time("2026-11-02")) });
        assert_eq!(parse("system=clear"), Ok(None));
    }

    #[test]
    fn errors_name_the_parameter() {
        let check = |search: &str, message: &str| assert_eq!(parse(search), Err(message.to_owned()));
        check("days=0", "days: must be a whole number from 1 to 36500, or all");
        check("days=week", "days: must be a whole number from 1 to 36500, or all");
        check("days=7&from=2026-11-01", "days: cannot be combined with from and to");
        check("to=soon", "to: must be a date (2026-11-23) or a date-time (2026-11-23T08:00:00Z)");
    }

    #[test]
    fn the_last_days_begin_with_an_hour_and_end_tomorrow() {
        let bounds = Range::Last(7).bounds(time(NOW));
        let expected = Bounds { from: Some(time("2026-11-16T10:00:00Z")), to: Some(time("2026-11-24T10:53:07Z")) };
        assert_eq!(bounds, expected);
        assert_eq!(Range::All.bounds(time(NOW)), Bounds::default());
        assert_eq!(Range::All.bounds(time(NOW)).end().to_string(), "9999-12-31T23:59:59.999Z");
        let to = Some(time("2026-11-01"));
        assert_eq!(Range::Between { from: None, to }.bounds(time(NOW)), Bounds { from: None, to });
    }

    #[test]
    fn ranges_in_words() {
        let check = |search: &str, words: &str| assert_eq!(parse(search).unwrap().unwrap().words(), words);
        check("days=1", "Last 24 hours");
        check("days=30", "Last 30 days");
        check("days=all", "All time");
        check("from=2026-11-01&to=2026-11-08", "1 Nov 2026 – 7 Nov 2026");
        check("from=2026-11-01&to=2026-11-02", "1 Nov 2026");
        check("from=2026-11-01T08:00&to=2026-11-02", "2026-11-01 08:00:00 UTC – 2026-11-02 00:00:00 UTC");
        check("from=2026-11-01", "Since 1 Nov 2026");
        check("to=2026-11-01", "Before 1 Nov 2026");
    }

    #[test]
    fn days_are_chosen_with_both_ends() {
        let range = Range::from_days("2026-11-01", "2026-11-07").unwrap();
        let (from, to) = (Some(time("2026-11-01")), Some(time("2026-11-08")));
        assert_eq!(range, Range::Between { from, to });
        assert_eq!(range.to_days(time(NOW)), ("2026-11-01".to_owned(), "2026-11-07".to_owned()));
        assert_eq!(Range::from_days("", "2026-11-07"), Ok(Range::Between { from: None, to }));
        assert_eq!(Range::Last(7).to_days(time(NOW)), ("2026-11-16".to_owned(), "2026-11-23".to_owned()));
        assert_eq!(Range::All.to_days(time(NOW)), Default::default());
        assert!(Range::from_days("2026-11-08", "2026-11-07").is_err());
        assert!(Range::from_days("", "").is_err());
        assert!(Range::from_days("soon", "").is_err());
    }

    #[test]
    fn only_the_scope_goes_along() {
        let pairs = carried("days=7&build=41150&system=clear&year=2026&payload=x");
        assert_eq!(query::encode(&pairs), "days=7&system=clear");
        assert!(carried("").is_empty());
    }
}
