//! How long records are kept. Pure.

use std::fmt;
use std::str::FromStr;

use telemetrics_common::Timestamp;
use telemetrics_common::classification::Pattern;
use telemetrics_common::retention::RetentionRules;
use telemetrics_common::time::DAY_MILLIS;

use crate::error::{Error, Result};
use crate::ingest::record::NewRecord;

/// About a hundred years; whoever wants more keeps for ever.
const MAX_DAYS: u32 = 36_500;
const MAX_RULES: usize = 1000;

/// How long records are kept: the first rule that fits a record decides, and the default where none fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The rules, in their order.
    pub rules: Vec<Rule>,
    /// Days; 0 keeps for ever.
    pub days: u32,
}

/// The records of a rule, or of the default, that go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    place: usize,
    /// What they have in common, if anything.
    pub of: Option<&'a Of>,
    /// They were received before.
    pub cutoff: Timestamp,
}

/// How long some records are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which ones.
    pub of: Of,
    /// Days; 0 keeps for ever.
    pub days: u32,
}

/// Which records a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// Those of some classifications.
    Classification(Pattern),
    /// Those of one severity, 1 to 4.
    Severity(u8),
    /// Those of one system.
    System(String),
}

impl Retention {
    /// As the API has it.
    pub fn document(&self) -> RetentionRules {
        RetentionRules { days: self.days, rules: self.rules.iter().map(Rule::to_string).collect(), version: 0 }
    }

    /// From what the API has.
    ///
    /// # Errors
    /// `BadRequest` for what is wrong with it.
    pub fn of_document(document: &RetentionRules) -> Result<Self> {
        if document.rules.len() > MAX_RULES {
            return Err(Error::BadRequest(format!("rules: at most {MAX_RULES}")));
        }
        let days = days_of(&document.days.to_string()).map_err(Error::BadRequest)?;
        let rule = |text: &String| text.trim().parse().map_err(|error| Error::BadRequest(format!("{text}: {error}")));
        Ok(Self { rules: document.rules.iter().map(rule).collect::<Result<_>>()?, days })
    }

    /// The moment before which a record must have been received to go now; none for records that are kept for ever.
    pub fn cutoff(days: u32, now: Timestamp) -> Option<Timestamp> {
        (days > 0).then(|| Timestamp::from_millis(now.millis() - i64::from(days) * DAY_MILLIS))
    }

    /// Where records may be found that go now: by each rule, and by the default.
    pub fn parts(&self, now: Timestamp) -> impl Iterator<Item = Part<'_>> {
        let rules = self.rules.iter().map(|rule| (Some(&rule.of), rule.days));
        let all = rules.chain([(None, self.days)]).enumerate();
        all.filter_map(move |(place, (of, days))| Some(Part { place, of, cutoff: Self::cutoff(days, now)? }))
    }

    /// Whether a record is of a part, and goes. It is of one part only. Its age is that of its reception: clocks of machines
    /// may be wrong.
    pub fn goes_with(&self, part: Part<'_>, record: &NewRecord, received_at: Timestamp) -> bool {
        let place = self.rules.iter().position(|rule| rule.of.fits(record)).unwrap_or(self.rules.len());
        place == part.place && received_at < part.cutoff
    }
}

impl Of {
    fn fits(&self, record: &NewRecord) -> bool {
        match self {
            Self::Classification(pattern) => pattern.matches(&record.classification),
            Self::Severity(severity) => record.severity == *severity,
            Self::System(name) => record.system_name == *name,
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    /// `CLASSIFICATION=DAYS`, where the classification may be `DOMAIN/*` or `DOMAIN/PROBE/*`; `severity:1=DAYS`;
    /// `system:NAME=DAYS`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (of, days) = text.rsplit_once('=').ok_or("must be WHAT=DAYS, such as test/discard/*=1")?;
        if of.contains(char::is_control) {
            return Err("must not contain control characters".to_owned());
        }
        let of = if let Some(severity) = of.strip_prefix("severity:") {
            let severity = severity.parse().ok().filter(|severity| (1..=4).contains(severity));
            Of::Severity(severity.ok_or("severity: must be 1 to 4")?)
        } else if let Some(name) = of.strip_prefix("system:") {
            Of::System(name.to_owned())
        } else {
            Of::Classification(of.parse().map_err(|error| format!("classification: {error}"))?)
        };
        Ok(Self { of, days: days_of(days)? })
    }
}

/// Reads a number of days; 0 keeps for ever.
///
/// # Errors
/// What is wrong with it.
pub fn days_of(text: &str) -> Result<u32, String> {
    let days = text.parse().ok().filter(|days| *days <= MAX_DAYS);
    days.ok_or_else(|| format!("days: must be a whole number from 0 (for ever) to {MAX_DAYS}"))
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Of::Classification(pattern) => write!(f, "{pattern}={}", self.days),
            Of::Severity(severity) => write!(f, "severity:{severity}={}", self.days),
            Of::System(name) => write!(f, "system:{name}={}", self.days),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{DemoOptions, fleet};

    fn record() -> NewRecord {
        let options =
            DemoOptions { records: 1, days: 1, seed: 1, until: Timestamp::from_seconds(0), only_crashes: false };
        let record = fleet(&options).next().unwrap().record;
        NewRecord { classification: "a/b/c".into(), severity: 2, system_name: "s=t".into(), ..record }
    }

    #[track_caller]
    fn check(rules: &[&str], days: u32, age_days: i64, is_over: bool) {
        let rules = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        let now = Timestamp::from_seconds(1_800_000_000);
        let received_at = Timestamp::from_millis(now.millis() - age_days * DAY_MILLIS - 1);
        let retention = Retention { rules, days };
        let goes = retention.parts(now).any(|part| retention.goes_with(part, &record(), received_at));
        assert_eq!(goes, is_over);
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        check(&[], 35, 35, true);
        check(&[], 35, 34, false);
        check(&[], 0, 10_000, false);
        check(&["a/b/c=1", "a/*=0"], 35, 2, true);
        check(&["a/*=0", "a/b/c=1"], 35, 100, false);
        check(&["severity:3=1", "x/y/z=1"], 35, 2, false);
        check(&["severity:2=1"], 0, 2, true);
        check(&["system:s=t=3"], 35, 4, true);
    }

    #[test]
    fn rules_say_what_is_wrong_with_them() {
        let check = |text: &str, expected: &str| assert_eq!(text.parse::<Rule>().unwrap_err(), expected, "{text}");
        check("a/b/c", "must be WHAT=DAYS, such as test/discard/*=1");
        check("severity:5=1", "severity: must be 1 to 4");
        for text in ["system:a\0=1", "a/b\n/c=1"] {
            check(text, "must not contain control characters");
        }
        check("a/b/c=-1", "days: must be a whole number from 0 (for ever) to 36500");
        check("a=1", "classification: must be DOMAIN/PROBE/REST, DOMAIN/* or DOMAIN/PROBE/*, at most 140 characters");
        for text in ["a/b/c=0", "a/*=7", "severity:4=36500", "system:=1"] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
    }
}
