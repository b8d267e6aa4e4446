//! The filter in the address bar, and as the texts of the form's fields. Pure.

use std::collections::BTreeMap;

use telemetrics_common::endpoint::path_with_query;
use telemetrics_common::filter::Severities;
use telemetrics_common::{RecordFilter, Timestamp, query, views};

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

/// The filter as its form shows it: texts that may be wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft(BTreeMap<Field, String>);

impl Draft {
    /// The known parts of a query string, right or wrong.
    pub fn from_search(search: &str) -> Self {
        let pairs = query::decode(search);
        let find = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Self(Field::ALL.into_iter().filter_map(|field| Some((field, find(field.name())?))).collect())
    }

    /// A part's text; `None` when the part is not set.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    /// A part's text for a text field.
    pub fn text(&self, field: Field) -> String {
        self.get(field).unwrap_or_default().to_owned()
    }

    /// Sets a part, or takes it away. Relative times and absolute ones take each other's place.
    pub fn set(&mut self, field: Field, value: Option<String>) {
        let others: &[Field] = match field {
            _ if value.is_none() => &[],
            Field::Days => &[Field::From, Field::To],
            Field::From | Field::To => &[Field::Days],
            _ => &[],
        };
        for other in others {
            self.0.remove(other);
        }
        match value {
            Some(value) => self.0.insert(field, value),
            None => self.0.remove(&field),
        };
    }

    /// The same without one part; a build does not stay without the system it was chosen for.
    pub fn without(&self, field: Field) -> Self {
        let mut rest = self.clone();
        rest.set(field, None);
        if field == Field::System {
            rest.set(Field::Build, None);
        }
        rest
    }

    /// The parts that keep records out.
    pub fn parts(&self) -> impl Iterator<Item = (Field, &str)> {
        let all = self.0.iter().map(|(field, value)| (*field, value.as_str()));
        all.filter(|(field, _)| *field != Field::Days || self.range() != Some(Range::All))
    }

    /// The time that is chosen; none where it cannot be read or is not chosen.
    pub fn range(&self) -> Option<Range> {
        Range::from_pairs(&self.pairs()).ok()?
    }

    /// The filter that it means.
    pub fn parse(&self) -> Result<Query, FieldError> {
        Query::from_pairs(self.pairs())
    }

    fn pairs(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(field, value)| (field.name().to_owned(), value.clone())).collect()
    }

    /// The severities that are ticked.
    pub fn has_severity(&self, severity: u8) -> bool {
        self.severities().contains(&severity)
    }

    /// Ticks a severity, or not.
    pub fn tick_severity(&mut self, severity: u8, ticked: bool) {
        let mut chosen = self.severities();
        chosen.retain(|other| *other != severity);
        if ticked {
            chosen.push(severity);
        }
        self.set(Field::Severity, Severities::choose(chosen).map(|severities| severities.to_string()));
    }

    fn severities(&self) -> Vec<u8> {
        let severities = self.get(Field::Severity).and_then(|text| text.parse::<Severities>().ok());
        severities.map(|severities| severities.as_slice().to_vec()).unwrap_or_default()
    }
}

/// A time as a field of type `datetime-local` wants it: without an offset, and in UTC here. What is no
/// time stays as it is.
pub fn to_date_field(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) => time.to_string().trim_end_matches('Z').to_owned(),
        Err(_) => text.to_owned(),
    }
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
    fn the_form_and_the_address_mean_the_same() {
        let check = |search: &str| {
            let draft = Draft::from_search(search);
            assert_eq!(draft.parse(), Query::parse(search), "{search}");
            let query = draft.parse().unwrap();
            assert_eq!(Query::parse(query.list_address().split_once('?').map_or("", |(_, search)| search)), Ok(query));
        };
        check("");
        check("system=");
        check("system=clear-linux-os&build=41150&severity=3,4&source=external");
        check("machine_id=rack+7%2C+node+3&from=2026-11-23&to=2026-11-24T08:00&guilty=7");
        check("payload=%5EProcess%3A&not_payload=a%26b&classification=org.clearlinux/*");
        check("kind=crash&stack=4&clock=wrong&platform=A%7CB%7C1&arch=x86_64&kernel=6.12.8");
        check("days=7");
        check("days=all&build=7");
        check("days=7&received_from=2026-11-23&received_to=2026-11-24T08:00");
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
    fn relative_and_absolute_times_take_each_others_place() {
        let mut draft = Draft::from_search("from=2026-11-16&to=2026-11-17&build=9");
        draft.set(Field::Days, Some("7".to_owned()));
        assert_eq!(draft, Draft::from_search("days=7&build=9"));
        draft.set(Field::To, None);
        assert_eq!(draft.range(), Some(Range::Last(7)));
        draft.set(Field::To, Some("2026-11-17".to_owned()));
        assert_eq!(draft, Draft::from_search("to=2026-11-17&build=9"));
        let mut draft = Draft::from_search("days=7");
        draft.set(Field::ReceivedFrom, Some("2026-11-16".to_owned()));
        assert_eq!(draft, Draft::from_search("days=7&received_from=2026-11-16"));
        let all = Draft::from_search("days=all");
        assert_eq!((all.range(), all.parts().count()), (Some(Range::All), 0));
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

    #[test]
    fn wrong_values_stay_in_the_form() {
        let draft = Draft::from_search("machine_id=&severity=9&colour=red&build=7");
        assert_eq!(draft.get(Field::MachineId), Some(""));
        assert_eq!(draft.text(Field::Severity), "9");
        assert_eq!(draft.text(Field::Build), "7");
        assert!(!draft.has_severity(9));
    }

    #[test]
    fn severities_are_ticked_one_by_one() {
        let mut draft = Draft::default();
        draft.tick_severity(4, true);
        draft.tick_severity(2, true);
        assert_eq!(draft.get(Field::Severity), Some("2,4"));
        draft.tick_severity(4, false);
        draft.tick_severity(2, false);
        assert_eq!(draft, Draft::default());
    }

    #[test]
    fn a_system_leaves_with_its_build() {
        let draft = Draft::from_search("system=a&build=7&severity=1");
        assert_eq!(draft.without(Field::System), Draft::from_search("severity=1"));
        assert_eq!(draft.without(Field::Build), Draft::from_search("system=a&severity=1"));
    }

    #[test]
    fn date_fields_have_no_offset() {
        assert_eq!(to_date_field("2026-11-23"), "2026-11-23T00:00:00");
        assert_eq!(to_date_field("2026-11-23T08:00:00+02:00"), "2026-11-23T06:00:00");
        assert_eq!(to_date_field("soon"), "soon");
    }
}
