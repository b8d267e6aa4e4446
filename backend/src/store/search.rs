//! Regular expressions over payloads, matched here in linear time, with the same meaning on every database.

use regex::{Regex, RegexBuilder};
use telemetrics_common::RecordFilter;

use crate::error::{Error, Result};

/// The most memory a compiled expression may take.
const SIZE_LIMIT: usize = 1 << 20;

/// What a payload must and must not contain.
#[derive(Clone, Debug)]
pub struct PayloadSearch {
    must: Option<Regex>,
    must_not: Option<Regex>,
}

impl PayloadSearch {
    /// The payload part of a filter; `None` when it has none.
    ///
    /// # Errors
    /// `BadRequest` that names the parameter and what is wrong with its expression.
    pub fn new(filter: &RecordFilter) -> Result<Option<Self>> {
        if !filter.looks_into_payload() {
            return Ok(None);
        }
        let must = filter.payload.as_deref().map(|text| compile("payload", text)).transpose()?;
        let must_not = filter.not_payload.as_deref().map(|text| compile("not_payload", text)).transpose()?;
        Ok(Some(Self { must, must_not }))
    }

    /// Whether a payload passes.
    pub fn passes(&self, payload: &str) -> bool {
        self.must.as_ref().is_none_or(|regex| regex.is_match(payload))
            && self.must_not.as_ref().is_none_or(|regex| !regex.is_match(payload))
    }
}

fn compile(parameter: &str, text: &str) -> Result<Regex> {
    RegexBuilder::new(text).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).build().map_err(|error| {
        let reason = match error {
            regex::Error::CompiledTooBig(_) => "the expression is too large".to_owned(),
            // The whole text draws the expression with a caret below it; its last line says what is wrong.
            other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        };
        Error::BadRequest(format!("{parameter}: not a regular expression: {reason}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(payload: Option<&str>, not_payload: Option<&str>) -> RecordFilter {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        RecordFilter { payload: owned(payload), not_payload: owned(not_payload), ..RecordFilter::default() }
    }

    #[test]
    fn payloads_pass_both_parts() {
        let check = |payload: Option<&str>, not_payload: Option<&str>, text: &str, expected: bool| {
            let search = PayloadSearch::new(&filter(payload, not_payload)).unwrap().unwrap();
            assert_eq!(search.passes(text), expected, "{payload:?} {not_payload:?} {text:?}");
        };
        check(Some("^PID: \\d+$"), None, "PID: 12", true);
        check(Some("(?m)^PID: \\d+$"), None, "a\nPID: 12\nb", true);
        check(Some("PID"), Some("12"), "PID: 12", false);
        check(None, Some("12"), "PID: 13", true);
        check(Some(""), None, "", true);
    }

    #[test]
    fn a_bad_expression_is_named() {
        let check = |payload: Option<&str>, not_payload: Option<&str>, message: &str| {
            assert_eq!(PayloadSearch::new(&filter(payload, not_payload)).unwrap_err().to_string(), message);
        };
        check(Some("("), None, "payload: not a regular expression: unclosed group");
        check(
            None,
            Some("[z-a]"),
            "not_payload: not a regular expression: invalid character class range, the start must be <= the end",
        );
        check(Some("(a{1000}){1000}"), None, "payload: not a regular expression: the expression is too large");
    }

    #[test]
    fn a_filter_without_them_needs_no_search() {
        assert!(PayloadSearch::new(&RecordFilter::default()).unwrap().is_none());
    }
}
