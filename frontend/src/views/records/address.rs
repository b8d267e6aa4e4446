//! The filter in the address bar, and as the texts of the form's fields. Pure.

use std::collections::BTreeMap;

use telemetrics_common::endpoint::path_with_query;
use telemetrics_common::filter::Severities;
use telemetrics_common::{RecordFilter, Timestamp, query, views};

/// A part of the filter, in the order in which the parts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    System,
    Build,
    Classification,
    Severity,
    Source,
    MachineId,
    EventId,
    Guilty,
    From,
    To,
    Payload,
    NotPayload,
}

impl Field {
    pub const ALL: [Self; 12] = [
        Self::System,
        Self::Build,
        Self::Classification,
        Self::Severity,
        Self::Source,
        Self::MachineId,
        Self::EventId,
        Self::Guilty,
        Self::From,
        Self::To,
        Self::Payload,
        Self::NotPayload,
    ];

    /// The parameter's name. That these are the filter's own is tested below.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Build => "build",
            Self::Classification => "classification",
            Self::Severity => "severity",
            Self::Source => "source",
            Self::MachineId => "machine_id",
            Self::EventId => "event_id",
            Self::Guilty => "guilty",
            Self::From => "from",
            Self::To => "to",
            Self::Payload => "payload",
            Self::NotPayload => "not_payload",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Build => "Build",
            Self::Classification => "Classification",
            Self::Severity => "Severity",
            Self::Source => "Source",
            Self::MachineId => "Machine",
            Self::EventId => "Event",
            Self::Guilty => "Guilty",
            Self::From => "From",
            Self::To => "Before",
            Self::Payload => "Payload matches",
            Self::NotPayload => "Payload does not match",
        }
    }
}

/// What records without a system are called.
pub const NO_SYSTEM: &str = "no system";

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

/// The filter that a query string means.
pub fn parse(search: &str) -> Result<RecordFilter, FieldError> {
    query::parse(search).map_err(|error| FieldError::from_message(&error.to_string()))
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

    /// Sets a part, or takes it away.
    pub fn set(&mut self, field: Field, value: Option<String>) {
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

    /// The parts that are set.
    pub fn parts(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, value)| (*field, value.as_str()))
    }

    /// The filter that it means.
    pub fn parse(&self) -> Result<RecordFilter, FieldError> {
        let pairs: Vec<_> = self.parts().map(|(field, value)| (field.name().to_owned(), value.to_owned())).collect();
        query::from_pairs(&pairs).map_err(|error| FieldError::from_message(&error.to_string()))
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
        names.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn the_form_and_the_address_mean_the_same() {
        let check = |search: &str| {
            let draft = Draft::from_search(search);
            assert_eq!(draft.parse(), parse(search), "{search}");
            let filter = draft.parse().unwrap();
            assert_eq!(parse(list_address(&filter).split_once('?').map_or("", |(_, search)| search)), Ok(filter));
        };
        check("");
        check("system=");
        check("system=clear-linux-os&build=41150&severity=3,4&source=external");
        check("machine_id=rack+7%2C+node+3&from=2026-11-23&to=2026-11-24T08:00&guilty=7");
        check("payload=%5EProcess%3A&not_payload=a%26b&classification=org.clearlinux/*");
    }

    #[test]
    fn addresses() {
        let filter = parse("machine_id=rack 7").unwrap();
        assert_eq!(list_address(&RecordFilter::default()), "/records");
        assert_eq!(list_address(&filter), "/records?machine_id=rack+7");
        assert_eq!(record_address(12, &filter), "/records/12?machine_id=rack+7");
    }

    #[test]
    fn errors_belong_to_their_field() {
        let error = parse("severity=9").unwrap_err();
        assert_eq!(error.field, Some(Field::Severity));
        assert_eq!(error.text(), "Severity: must be 1 to 4, one or several separated by commas");
        assert_eq!(parse("colour=red").unwrap_err().field, None);
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
