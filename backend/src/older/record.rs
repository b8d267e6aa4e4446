//! A record of the older server as one of today's: by the same rules as one that a machine sends.

use serde_json::{Map, Value};
use telemetrics_common::Timestamp;

use crate::ingest::record::NewRecord;
use crate::ingest::wire::parse_json_form;
use crate::store::insert::NewQuarantined;

/// A row of the older server's `records`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OlderRecord {
    /// Its id there.
    pub id: i64,
    /// When the older server got it; none where that was not kept, or is no time.
    pub received_at_millis: Option<i64>,
    /// Whether it was marked external.
    pub external: bool,
    /// The values of [`Self::FIELDS`].
    pub fields: [Option<String>; Self::FIELDS.len()],
}

/// What a row is today.
#[derive(Clone, Debug)]
pub enum Read {
    /// A record, and when it was received.
    Record(Box<NewRecord>, Timestamp),
    /// It breaks a rule: it is kept for somebody to look at.
    Quarantined(NewQuarantined),
}

impl OlderRecord {
    /// The names of the JSON form, in the order of the columns.
    pub const FIELDS: [&'static str; 16] = [
        "record_format_version",
        "classification",
        "severity",
        "machine_id",
        "creation_timestamp",
        "arch",
        "host_type",
        "build",
        "kernel_version",
        "payload_format_version",
        "system_name",
        "board_name",
        "cpu_model",
        "bios_version",
        "event_id",
        "payload",
    ];

    /// Checks it as if it came now. What the older server kept as an empty value was one that the machine did not send. Where
    /// it does not tell when it got the record, that was when the machine made it.
    pub fn read(self, now: Timestamp) -> Read {
        let received_at = self.received_at_millis.map(Timestamp::from_millis);
        let values = Self::FIELDS.into_iter().zip(self.fields);
        let object: Map<String, Value> =
            values.filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?)))).collect();
        let body = Value::Object(object).to_string();
        match parse_json_form(body.as_bytes(), self.external) {
            Ok(record) => {
                let received_at = received_at.unwrap_or_else(|| record.captured_at.min(now));
                Read::Record(Box::new(record), received_at)
            }
            Err(error) => {
                let (received_at, reason) = (received_at.unwrap_or(now), error.to_string());
                Read::Quarantined(NewQuarantined { received_at, reason, external: self.external, body })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_795_420_800)
    }

    fn row(changes: &[(&str, Option<&str>)]) -> OlderRecord {
        let values = [
            "4",
            "org.clearlinux/hello/world",
            "1",
            "b907",
            "1795420000",
            "x86_64",
            "Maker|Model|1",
            "31000",
            "5.3.7-1.native",
            "1",
            "clear-linux-os",
            "",
            "",
            "",
            "00112233445566778899aabbccddeeff",
            "hello\n",
        ];
        let mut fields = values.map(|value| Some(value.to_owned()));
        for (name, value) in changes {
            let place = OlderRecord::FIELDS.iter().position(|field| field == name).unwrap();
            fields[place] = value.map(str::to_owned);
        }
        OlderRecord { id: 7, received_at_millis: Some(1_795_420_100_500), external: true, fields }
    }

    #[test]
    fn a_row_is_the_record_that_the_machine_sent() {
        let Read::Record(record, received_at) = row(&[("cpu_model", None)]).read(now()) else { panic!("no record") };
        assert_eq!(received_at.millis(), 1_795_420_100_500);
        assert_eq!((record.record_format_version, record.severity, record.external), (4, 1, true));
        assert_eq!((record.build.as_str(), record.payload.as_str()), ("31000", "hello\n"));
        assert_eq!(record.captured_at.seconds(), 1_795_420_000);
        assert_eq!(record.cpu_model, "");
    }

    #[test]
    fn older_versions_lack_what_they_lacked() {
        let older = [("record_format_version", Some("1")), ("system_name", None), ("event_id", None)];
        let Read::Record(record, _) = row(&older).read(now()) else { panic!("no record") };
        assert_eq!((record.record_format_version, record.system_name.as_str()), (1, ""));
    }

    #[test]
    fn without_a_time_of_its_own_it_came_when_it_was_made() {
        let check = |captured_at: i64, seconds: i64| {
            let captured_at = captured_at.to_string();
            let row = row(&[("creation_timestamp", Some(captured_at.as_str()))]);
            let Read::Record(_, received_at) = OlderRecord { received_at_millis: None, ..row }.read(now()) else {
                panic!("no record")
            };
            assert_eq!(received_at.seconds(), seconds);
        };
        check(1_795_420_000, 1_795_420_000);
        check(1_795_430_000, now().seconds());
    }

    #[test]
    fn what_breaks_a_rule_is_kept_with_the_reason() {
        let check = |changes: &[(&str, Option<&str>)], reason: &str| {
            let Read::Quarantined(kept) = row(changes).read(now()) else { panic!("{reason}") };
            assert!(kept.reason.starts_with(reason), "{}", kept.reason);
            assert!(kept.external && kept.body.contains("\"payload\":\"hello\\n\""), "{}", kept.body);
        };
        check(&[("severity", Some("0"))], "severity: ");
        check(&[("machine_id", None)], "machine_id: ");
        check(&[("classification", Some("hello"))], "classification: ");
        for time in [Some("100000000000000000000"), Some("NaN"), Some("-1"), None] {
            check(&[("creation_timestamp", time)], "creation_timestamp: ");
        }
    }
}
