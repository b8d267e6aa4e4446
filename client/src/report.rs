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
    /// Sends a record in the JSON form: an object with the 15 fields and `payload`. It is sent again when the connection
    /// breaks: the server knows a record of format version 4 again, and stores it once.
    ///
    /// # Errors
    /// As those of [`Self::call`].
    pub async fn report(&self, record: &impl Serialize) -> Result<Reported, Error> {
        let question = Question {
            method: reqwest::Method::POST,
            path: JSON_FORM_PATH.to_owned(),
            body: Some(to_json(JSON_FORM_PATH, record)?),
            header: (TELEMETRY_ID_HEADER, self.telemetry_id.clone()),
            repeat: Repeat::Harmless,
        };
        let answer: Value = self.answer(question).await?;
        let reported = match answer.get("quarantined") {
            Some(_) => serde_json::from_value(answer).map(Reported::Quarantined),
            None => serde_json::from_value(answer).map(|record| Reported::Stored(Box::new(record))),
        };
        reported.map_err(|source| Error::Unreadable { path: JSON_FORM_PATH.to_owned(), source })
    }
}
