//! Builders of what machines send.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Map, Value, json};
use telemetrics_common::collector::DEFAULT_TELEMETRY_ID;

use super::NOW;

/// A valid record of format version 4, to be changed.
#[derive(Clone, Debug)]
pub struct Record {
    fields: Map<String, Value>,
    headers: Vec<(String, String)>,
}

impl Default for Record {
    fn default() -> Self {
        Self::new()
    }
}

impl Record {
    /// From a minute before [`NOW`].
    pub fn new() -> Self {
        let fields = json!({
            "record_format_version": "4",
            "classification": "org.example/test/one",
            "severity": "2",
            "machine_id": "0123456789abcdef0123456789abcdef",
            "creation_timestamp": (NOW - 60).to_string(),
            "arch": "x86_64",
            "host_type": "Example|Laptop|1",
            "build": "41150",
            "kernel_version": "6.12.8-1500.native",
            "payload_format_version": "1",
            "system_name": "clear-linux-os",
            "board_name": "Board|1",
            "cpu_model": "CPU @ 2.50GHz",
            "bios_version": "1.2",
            "event_id": "00000000000000000000000000000001",
            "payload": "hello\n",
        });
        let Value::Object(fields) = fields else { unreachable!() };
        Self { fields, headers: vec![("x-telemetry-tid".to_owned(), DEFAULT_TELEMETRY_ID.to_owned())] }
    }

    /// The `number`th of many different records.
    pub fn numbered(number: u32) -> Self {
        Self::new().with("event_id", &format!("{number:032x}")).with("payload", &format!("record {number}\n"))
    }

    /// Sets a field.
    #[must_use]
    pub fn with(mut self, field: &str, value: &str) -> Self {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    /// Leaves a field out.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.fields.remove(field);
        self
    }

    /// Sets a header that is no metadata; an empty value removes it.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Its payload.
    pub fn payload(&self) -> String {
        self.fields["payload"].as_str().unwrap().to_owned()
    }

    fn base(&self, path: &str) -> axum::http::request::Builder {
        let request = Request::post(path);
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// In header form.
    pub fn in_headers(&self) -> Request<Body> {
        self.in_headers_with(self.payload().into_bytes())
    }

    /// In header form with another body.
    pub fn in_headers_with(&self, body: Vec<u8>) -> Request<Body> {
        let metadata = self.fields.iter().filter(|(name, _)| *name != "payload");
        let request = metadata
            .fold(self.base("/v2/collector"), |request, (name, value)| request.header(name, value.as_str().unwrap()));
        request.header("content-type", "application/text").body(body.into()).unwrap()
    }

    /// As a JSON-form object.
    pub fn to_value(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// The same as text.
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    /// In JSON form.
    pub fn in_json(&self) -> Request<Body> {
        self.in_json_with(self.to_json().into_bytes())
    }

    /// In JSON form with another body.
    pub fn in_json_with(&self, body: Vec<u8>) -> Request<Body> {
        self.base("/v3/collector").header("content-type", "application/json").body(body.into()).unwrap()
    }
}
