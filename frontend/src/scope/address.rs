//! The scope of a view: which system and which time, from the address and back. Pure.

use telemetrics_common::endpoint::path_with_query;
use telemetrics_common::{RecordFilter, Timestamp, query, views};

use super::range::{Bounds, DAYS, FROM, Range, TO};

/// Name of the parameter that holds the system.
pub const SYSTEM: &str = "system";

/// What an address says about system and time; what it leaves open is the view's to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Name of the system; an empty text means records without one.
    pub system: Option<String>,
    /// The stretch of time.
    pub range: Option<Range>,
}

impl Scope {
    /// The scope that a query string means, whatever else is in there.
    ///
    /// # Errors
    /// Words that begin with the parameter's name.
    pub fn parse(search: &str) -> Result<Self, String> {
        let pairs = query::decode(search);
        let system = pairs.iter().find(|(name, _)| name == SYSTEM).map(|(_, value)| value.clone());
        Ok(Self { system, range: Range::from_pairs(&pairs)? })
    }

    /// What it means now.
    pub fn select(&self, default: Range, now: Timestamp) -> Selection {
        Selection { system: self.system.clone(), bounds: self.range.unwrap_or(default).bounds(now) }
    }
}

/// A scope as calls and filters take it. It stays as it is while time goes on, so that a number and the records behind
/// it are of the same time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Name of the system; an empty text means records without one; none means the view's own choice.
    pub system: Option<String>,
    /// The stretch of time.
    pub bounds: Bounds,
}

impl Selection {
    /// The same of one system, as answers name the one that they have chosen.
    #[must_use]
    pub fn of_system(&self, system: &str) -> Self {
        Self { system: Some(system.to_owned()), ..self.clone() }
    }

    /// The same within narrower bounds.
    #[must_use]
    pub fn within(&self, from: Timestamp, to: Timestamp) -> Self {
        let bounds = Bounds {
            from: Some(self.bounds.from.map_or(from, |own| own.max(from))),
            to: Some(self.bounds.to.map_or(to, |own| own.min(to))),
        };
        Self { bounds, ..self.clone() }
    }

    /// The filter that lets through the records of this selection, to be narrowed further.
    pub fn filter(&self) -> RecordFilter {
        let Bounds { from, to } = self.bounds;
        RecordFilter { system: self.system.clone(), from, to, ..RecordFilter::default() }
    }
}

/// Address of the records behind a number: those of a selection that pass a narrower filter.
pub fn records_link(selection: &Selection, narrow: impl FnOnce(&mut RecordFilter)) -> String {
    let mut filter = selection.filter();
    narrow(&mut filter);
    path_with_query(&format!("/{}", views::RECORDS.slug), &filter)
}

/// A query string with some parameters set, or taken away, and the others as they were.
pub fn with_parameters(search: &str, changes: &[(&str, Option<String>)]) -> String {
    let mut pairs = query::decode(search);
    pairs.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    pairs.extend(changes.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))));
    query::encode(&pairs)
}

/// The parameters that are to be set for a range, and those to be taken away.
pub fn range_parameters(range: Range) -> [(&'static str, Option<String>); 3] {
    let pairs = range.to_pairs();
    [DAYS, FROM, TO].map(|name| (name, pairs.iter().find(|(set, _)| *set == name).map(|(_, value)| value.clone())))
}

/// Changes of parameters that take some more away.
pub fn and_without(
    changes: &[(&'static str, Option<String>)],
    others: &[&'static str],
) -> Vec<(&'static str, Option<String>)> {
    changes.iter().cloned().chain(others.iter().map(|name| (*name, None))).collect()
}

/// A path with a query string, which may be empty.
pub fn join(path: &str, search: &str) -> String {
    if search.is_empty() { path.to_owned() } else { format!("{path}?{search}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_scope_is_read_from_the_address() {
        let check = |search: &str, system: Option<&str>, range: Option<Range>| {
            let scope = Scope { system: system.map(str::to_owned), range };
            assert_eq!(Scope::parse(search), Ok(scope), "{search}");
        };
        check("", None, None);
        check("system=&year=2026", Some(""), None);
        check("days=7&system=clear-linux-os", Some("clear-linux-os"), Some(Range::Last(7)));
        assert!(Scope::parse("days=-1").unwrap_err().starts_with("days: "));
    }

    #[test]
    fn a_view_has_its_own_default() {
        let now = time("2026-11-23T10:53:07Z");
        let bounds = |search: &str| Scope::parse(search).unwrap().select(Range::Last(30), now).bounds;
        assert_eq!(bounds(""), Range::Last(30).bounds(now));
        assert_eq!(bounds("days=all"), Bounds::default());
    }

    #[test]
    fn the_records_behind_a_number() {
        let (from, to) = (Some(time("2026-11-16T10:00:00Z")), Some(time("2026-11-24T10:53:07Z")));
        let week = Selection { system: None, bounds: Bounds { from, to } };
        let day = week.of_system("clear").within(time("2026-11-16"), time("2026-11-17"));
        assert_eq!(
            records_link(&day, |filter| filter.build = Some("41150".to_owned())),
            "/records?build=41150&from=2026-11-16T10%3A00%3A00Z&system=clear&to=2026-11-17T00%3A00%3A00Z"
        );
        assert_eq!(records_link(&Selection::default(), |_| ()), "/records");
    }

    #[test]
    fn addresses_change_in_parts() {
        let change = |search: &str, range| with_parameters(search, &range_parameters(range));
        assert_eq!(change("days=7&year=2026", Range::All), "year=2026&days=all");
        let from = Some(time("2026-11-01"));
        assert_eq!(change("days=7", Range::Between { from, to: None }), "from=2026-11-01T00%3A00%3A00Z");
        assert_eq!(with_parameters("system=a&days=7", &[(SYSTEM, None)]), "days=7");
        let to_all = and_without(&range_parameters(Range::All), &["offset"]);
        assert_eq!(with_parameters("days=7&offset=10&search=x", &to_all), "search=x&days=all");
        assert_eq!(join("/mce", ""), "/mce");
        assert_eq!(join("/mce", "year=2026"), "/mce?year=2026");
    }
}
