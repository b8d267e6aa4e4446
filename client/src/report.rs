//! Records, sent as machines send them.

use serde::Serialize;
use serde_json::Value;
use telemetrics_common::collector::{JSON_FORM_PATH, Quarantined, TELEMETRY_ID_HEADER};
use telemetrics_common::legacy::LegacyRecord;

use crate::retry::Repeat;
use crate::{Client, Error, Question, to_json};

/// What has become of a record.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reported {
    /// It is stored, now or since it was sent before.
    Stored(Box<LegacyRecord>),
    /// It breaks a rule and is kept apart.
    Quarantined(Quarantined),
}

impl Client {
    /// Sends a record in the JSON form: an object with the 15 fields and `payload`. One of format version 4 is sent again
    /// when the connection breaks: the server knows it again, and stores it once.
    ///
    /// # Errors
    /// As those of [`Self::call`].
    pub async fn report(&self, record: &impl Serialize) -> Result<Reported, Error> {
        let body = to_json(JSON_FORM_PATH, record)?;
        let question = Question {
            method: reqwest::Method::POST,
            path: JSON_FORM_PATH.to_owned(),
            repeat: repeat(&body),
            body: Some(body),
            header: (TELEMETRY_ID_HEADER, self.telemetry_id.clone()),
        };
        let answer: Value = self.answer(question).await?;
        let reported = match answer.get("quarantined") {
            Some(_) => serde_json::from_value(answer).map(Reported::Quarantined),
            None => serde_json::from_value(answer).map(|record| Reported::Stored(Box::new(record))),
        };
        reported.map_err(|source| Error::unreadable(JSON_FORM_PATH, source))
    }
}

/// Nothing tells a record of an older version that is sent twice from two records.
fn repeat(record: &str) -> Repeat {
    let record: Value = serde_json::from_str(record).unwrap_or_default();
    match &record["record_format_version"] {
        Value::String(version) if version.trim() == "4" => Repeat::Harmless,
        Value::Number(version) if version.as_u64() == Some(4) => Repeat::Harmless,
        _ => Repeat::OnlyIfNotBegun,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_again_is_sent_twice() {
        for version in ["\"4\"", "4"] {
            assert_eq!(repeat(&format!("{{\"record_format_version\":{version}}}")), Repeat::Harmless, "{version}");
        }
        for record in ["{\"record_format_version\":\"3\"}", "{\"record_format_version\":14}", "{}", "[4]"] {
            assert_eq!(repeat(record), Repeat::OnlyIfNotBegun, "{record}");
        }
    }
}
