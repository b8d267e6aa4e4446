//! The filter in the address bar, and as the texts of the form's fields. Pure.

mod draft;

use telemetrics_common::endpoint::path_with_query;
use telemetrics_common::{RecordFilter, Timestamp, query, views};

pub use draft::{Draft, to_date_field};

use crate::scope::{Bounds, DAYS, FROM, Range, SYSTEM, TO};

/// A part of the filter, in the order in which the parts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    System,
    Build,
    Kind,
    Classification,
    Severity,
    Source,
    MachineId,
    EventId,
    Platform,
    Arch,
    Kernel,
    Guilty,
    Stack,
    Clock,
    /// The last so many days; stands for `From` and `To`, relative to now.
    Days,
    From,
    To,
    ReceivedFrom,
    ReceivedTo,
    Payload,
    NotPayload,
}

impl Field {
    pub const ALL: [Self; 21] = [
        Self::System,
        Self::Build,
        Self::Kind,
        Self::Classification,
        Self::Severity,
        Self::Source,
        Self::MachineId,
        Self::EventId,
        Self::Platform,
        Self::Arch,
        Self::Kernel,
        Self::Guilty,
        Self::Stack,
        Self::Clock,
        Self::Days,
        Self::From,
        Self::To,
        Self::ReceivedFrom,
        Self::ReceivedTo,
        Self::Payload,
        Self::NotPayload,
    ];

    /// The parameter's name. That all but one are the filter's own is tested below.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::System => (SYSTEM, "System"),
            Self::Build => ("build", "Build"),
            Self::Kind => ("kind", "Kind"),
            Self::Classification => ("classification", "Classification"),
            Self::Severity => ("severity", "Severity"),
            Self::Source => ("source", "Source"),
            Self::MachineId => ("machine_id", "Machine"),
            Self::EventId => ("event_id", "Event"),
            Self::Platform => ("platform", "Platform"),
            Self::Arch => ("arch", "Architecture"),
            Self::Kernel => ("kernel", "Kernel"),
            Self::Guilty => ("guilty", "Guilty"),
            Self::Stack => ("stack", "Stack"),
            Self::Clock => ("clock", "Clock"),
            Self::Days => (DAYS, "Time"),
            Self::From => (FROM, "From"),
            Self::To => (TO, "Before"),
            Self::ReceivedFrom => ("received_from", "Received from"),
            Self::ReceivedTo => ("received_to", "Received before"),
            Self::Payload => ("payload", "Payload matches"),
            Self::NotPayload => ("not_payload", "Payload does not match"),
        }
    }
}

/// What is wrong with the filter, and with which part where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    pub field: Option<Field>,
    pub message: String,
}

impl FieldError {
    /// From words that begin with the parameter's name, as the server and the query parser write them.
    pub fn from_message(message: &str) -> Self {
        let named = message.split_once(": ").and_then(|(name, rest)| {
            let field = Field::ALL.into_iter().find(|field| field.name() == name)?;
            Some(Self { field: Some(field), message: rest.to_owned() })
        });
        named.unwrap_or_else(|| Self { field: None, message: message.to_owned() })
    }

    /// The message with the field's name before it.
    pub fn text(&self) -> String {
        match self.field {
            Some(field) => format!("{}: {}", field.label(), self.message),
            None => self.message.clone(),
        }
    }
}

/// A filter as addresses write it: its time may be relative to now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The filter, without times where they are relative.
    pub filter: RecordFilter,
    /// The last so many days, or all of them by that name.
    pub days: Option<Range>,
}

impl Query {
    fn from_pairs(mut pairs: Vec<(String, String)>) -> Result<Self, FieldError> {
        let range = Range::from_pairs(&pairs).map_err(|message| FieldError::from_message(&message))?;
        pairs.retain(|(name, _)| name != DAYS);
        let filter = query::from_pairs(&pairs).map_err(|error| FieldError::from_message(&error.to_string()))?;
        Ok(Self { filter, days: range.filter(|range| !matches!(range, Range::Between { .. })) })
    }

    /// The filter that a query string means.
    pub fn parse(search: &str) -> Result<Self, FieldError> {
        Self::from_pairs(query::decode(search))
    }

    /// The filter that it means now.
    pub fn at(&self, now: Timestamp) -> RecordFilter {
        let Some(days) = self.days else { return self.filter.clone() };
        let Bounds { from, to } = days.bounds(now);
        RecordFilter { from, to, ..self.filter.clone() }
    }

    /// Whether its time ends later when it is asked for later.
    pub fn moves_on(&self) -> bool {
        matches!(self.days, Some(Range::Last(_)))
    }

    /// The same with another filter.
    pub fn with(&self, change: impl FnOnce(&mut RecordFilter)) -> Self {
        let mut changed = self.clone();
        change(&mut changed.filter);
        changed
    }

    /// Address of the list.
    pub fn list_address(&self) -> String {
        self.address(list_address(&self.filter))
    }

    /// Address of a record's details over the list.
    pub fn record_address(&self, id: i64) -> String {
        self.address(record_address(id, &self.filter))
    }

    fn address(&self, address: String) -> String {
        let Some(days) = self.days else { return address };
        let pairs: Vec<_> = days.to_pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let joint = if address.contains('?') { '&' } else { '?' };
        format!("{address}{joint}{}", query::encode(&pairs))
    }
}

/// Address of the list with a filter.
pub fn list_address(filter: &RecordFilter) -> String {
    path_with_query(&format!("/{}", views::RECORDS.slug), filter)
}

/// Address of a record's details over the list with a filter.
pub fn record_address(id: i64, filter: &RecordFilter) -> String {
    path_with_query(&format!("/{}/{id}", views::RECORDS.slug), filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_the_filter() {
        let error = query::parse::<RecordFilter>("?=").unwrap_err().to_string();
        let (_, known) = error.split_once("known here: ").unwrap();
        let mut known: Vec<&str> = known.split(", ").collect();
        let mut names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        known.sort_unstable();
        names.retain(|name| *name != DAYS);
        names.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn addresses() {
        let address = |search: &str| Query::parse(search).unwrap().list_address();
        assert_eq!(address(""), "/records");
        assert_eq!(address("days=7"), "/records?days=7");
        assert_eq!(address("machine_id=rack 7"), "/records?machine_id=rack+7");
        let query = Query::parse("days=7&machine_id=rack 7").unwrap();
        assert_eq!(query.record_address(12), "/records/12?machine_id=rack+7&days=7");
    }

    #[test]
    fn the_last_days_are_as_of_now() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let at = |search: &str| Query::parse(search).unwrap().at(time("2026-11-23T10:53:07Z"));
        let week = at("days=7&build=9");
        assert_eq!((week.from, week.to), (Some(time("2026-11-16T10:00")), Some(time("2026-11-24T10:53:07"))));
        assert_eq!(at("days=all"), RecordFilter::default());
        assert_eq!(at("from=2026-11-16"), RecordFilter { from: Some(time("2026-11-16")), ..RecordFilter::default() });
        assert!(Query::parse("days=7").unwrap().moves_on());
        assert!(!Query::parse("from=2026-11-16").unwrap().moves_on());
    }

    #[test]
    fn errors_belong_to_their_field() {
        let error = Query::parse("severity=9").unwrap_err();
        assert_eq!(error.field, Some(Field::Severity));
        assert_eq!(error.text(), "Severity: must be 1 to 4, one or several separated by commas");
        assert_eq!(Query::parse("colour=red").unwrap_err().field, None);
        assert_eq!(Query::parse("days=7&to=2026-11-17").unwrap_err().field, Some(Field::Days));
        assert_eq!(Query::parse("from=soon").unwrap_err().field, Some(Field::From));
        assert_eq!(Query::parse("received_to=soon").unwrap_err().field, Some(Field::ReceivedTo));
        let error = FieldError::from_message("payload: regex parse error:\n    (\n    ^\nerror: unclosed group");
        assert_eq!(error.field, Some(Field::Payload));
        assert!(error.message.starts_with("regex parse error"));
    }
}
