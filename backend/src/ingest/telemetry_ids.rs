//! Which telemetry ids machines may send, and from where.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;
use telemetrics_common::collector::TELEMETRY_ID_HEADER;
use telemetrics_common::telemetry_ids::{TelemetryId, TelemetryIds};

use crate::error::{Error, Result};
use crate::server::client_address::parse_network;

/// The longest telemetry id, in characters.
const MAX_ID_CHARS: usize = 100;
const MAX_NAME_CHARS: usize = 80;
const MAX_IDS: usize = 1000;

/// The ids as the collector looks them up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownIds(Vec<Known>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    id: String,
    active: bool,
    networks: Vec<IpNet>,
}

/// The ids of the server's settings, each active and from everywhere.
pub fn of_settings(ids: &[String]) -> TelemetryIds {
    let id = |id: &String| TelemetryId { id: id.clone(), active: true, ..TelemetryId::default() };
    TelemetryIds { ids: ids.iter().map(id).collect(), version: 0 }
}

impl KnownIds {
    /// Of a list.
    ///
    /// # Errors
    /// `BadRequest` for what is wrong with it.
    pub fn new(list: &TelemetryIds) -> Result<Self> {
        if list.ids.len() > MAX_IDS {
            return Err(Error::BadRequest(format!("ids: at most {MAX_IDS}")));
        }
        let mut known = Vec::<Known>::with_capacity(list.ids.len());
        for TelemetryId { id, name, active, networks } in &list.ids {
            let chars = id.chars().count();
            if chars == 0 || chars > MAX_ID_CHARS || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Error::BadRequest(format!("id: must be 1 to {MAX_ID_CHARS} visible ASCII characters")));
            }
            if name.chars().count() > MAX_NAME_CHARS || name.contains(char::is_control) {
                return Err(Error::BadRequest(format!(
                    "name: must be one line of at most {MAX_NAME_CHARS} characters"
                )));
            }
            if known.iter().any(|other| other.id.eq_ignore_ascii_case(id)) {
                return Err(Error::BadRequest(format!("id: {id} is there twice")));
            }
            let networks: Result<Vec<IpNet>, &str> = networks.iter().map(|text| parse_network(text)).collect();
            let networks = networks.map_err(|error| Error::BadRequest(format!("networks: {error}")))?;
            known.push(Known { id: id.clone(), active: *active, networks });
        }
        Ok(Self(known))
    }

    /// Whether a record may be taken. A wrong id is always refused; none at all only passes where it may be missing.
    ///
    /// # Errors
    /// `Forbidden`, with the reason.
    pub fn check(
        &self,
        headers: &HeaderMap,
        may_be_missing: impl FnOnce() -> bool,
        address: Option<IpAddr>,
    ) -> Result<()> {
        let refused = |reason: &str| Err(Error::Forbidden(format!("{TELEMETRY_ID_HEADER}: {reason}")));
        let Some(id) = headers.get(TELEMETRY_ID_HEADER) else {
            return if may_be_missing() { Ok(()) } else { refused("is missing") };
        };
        let id = id.as_bytes().trim_ascii();
        let known = self.0.iter().find(|known| known.id.as_bytes().eq_ignore_ascii_case(id));
        let Some(Known { networks, .. }) = known.filter(|known| known.active) else {
            return refused("is not known here");
        };
        let is_from = |network: &IpNet| address.is_some_and(|address| network.contains(&address.to_canonical()));
        if networks.is_empty() || networks.iter().any(is_from) {
            return Ok(());
        }
        refused("may not come from this address")
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use telemetrics_common::collector::DEFAULT_TELEMETRY_ID;

    use super::*;

    fn list() -> TelemetryIds {
        let id = |id: &str, active, networks: &[&str]| TelemetryId {
            id: id.to_owned(),
            name: String::new(),
            active,
            networks: networks.iter().map(|&network| network.to_owned()).collect(),
        };
        let ids = vec![
            id(DEFAULT_TELEMETRY_ID, true, &[]),
            id("paused", false, &[]),
            id("Office", true, &["192.0.2.0/24", "2001:db8::/32"]),
        ];
        TelemetryIds { ids, version: 3 }
    }

    #[test]
    fn ids_are_known_active_and_from_where_they_may_be() {
        let known = KnownIds::new(&list()).unwrap();
        let check = |id: &str, address: &str, expected: Option<&str>| {
            let headers = HeaderMap::from_iter([(
                axum::http::HeaderName::from_static("x-telemetry-tid"),
                HeaderValue::from_str(id).unwrap(),
            )]);
            let answer = known.check(&headers, || true, address.parse().ok()).err().map(|error| error.to_string());
            assert_eq!(answer, expected.map(|reason| format!("X-Telemetry-TID: {reason}")), "{id} from {address}");
        };
        check(DEFAULT_TELEMETRY_ID, "", None);
        check("6907C830-EED9-4CE9-81AE-76DAF8D88F0F", "203.0.113.5", None);
        check("someone else", "203.0.113.5", Some("is not known here"));
        check("paused", "203.0.113.5", Some("is not known here"));
        check("office", "192.0.2.77", None);
        check("office", "::ffff:192.0.2.77", None);
        check("OFFICE", "2001:db8::1", None);
        check("office", "203.0.113.5", Some("may not come from this address"));
        check("office", "", Some("may not come from this address"));
        let none = HeaderMap::new();
        assert!(known.check(&none, || true, None).is_ok());
        assert!(known.check(&none, || false, None).is_err());
    }

    #[test]
    fn lists_say_what_is_wrong_with_them() {
        let check = |change: &dyn Fn(&mut TelemetryId), expected: &str| {
            let mut list = list();
            change(&mut list.ids[2]);
            assert_eq!(KnownIds::new(&list).unwrap_err().to_string(), expected);
        };
        check(&|id| id.id = String::new(), "id: must be 1 to 100 visible ASCII characters");
        check(&|id| id.id = "a b".into(), "id: must be 1 to 100 visible ASCII characters");
        check(&|id| id.id = "PAUSED".into(), "id: PAUSED is there twice");
        check(&|id| id.name = "two\nlines".into(), "name: must be one line of at most 80 characters");
        check(
            &|id| id.networks = vec!["here".into()],
            "networks: must be an address or a network, such as 10.0.0.0/8 or ::1",
        );
    }
}
