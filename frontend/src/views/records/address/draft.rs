//! The filter as the texts of the form's fields. Pure.

use std::collections::BTreeMap;

use telemetrics_common::filter::Severities;
use telemetrics_common::{Timestamp, query};

use super::{Field, FieldError, Query};
use crate::scope::Range;

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
