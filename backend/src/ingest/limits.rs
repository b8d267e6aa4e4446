//! How much the collector takes from whom. All limits are off by default: a whole office shares one address.

use std::net::{IpAddr, Ipv6Addr};

use clap::Args;
use telemetrics_common::Timestamp;

use crate::buckets::{Buckets, Rate};
use crate::error::{Error, Result};
use crate::key;

/// How much is taken from whom.
#[derive(Args, Clone, Debug, Default)]
#[group(id = "limits")]
pub struct Settings {
    /// The most records from one address (IPv6: one network of 64 bits), such as 100/s or 6000/m; more are answered 429
    #[arg(long, env = "TELEMETRICS_RATE_LIMIT_ADDRESS", value_name = "N/s|m|h")]
    pub rate_limit_address: Option<Rate>,

    /// The most records of one machine id; more are answered 429
    #[arg(long, env = "TELEMETRICS_RATE_LIMIT_MACHINE", value_name = "N/s|m|h")]
    pub rate_limit_machine: Option<Rate>,

    /// The most records of all together; more are answered 503
    #[arg(long, env = "TELEMETRICS_RATE_LIMIT_TOTAL", value_name = "N/s|m|h")]
    pub rate_limit_total: Option<Rate>,
}

/// What has been taken lately.
#[derive(Default)]
pub struct Limits {
    addresses: Option<Buckets<IpAddr>>,
    machines: Option<Buckets<u128>>,
    total: Option<Buckets<()>>,
}

impl Limits {
    /// Nothing yet.
    pub fn new(settings: &Settings) -> Self {
        Self {
            addresses: settings.rate_limit_address.map(Buckets::new),
            machines: settings.rate_limit_machine.map(Buckets::new),
            total: settings.rate_limit_total.map(Buckets::new),
        }
    }

    /// Before a record is looked at.
    ///
    /// # Errors
    /// `TooMany` for its address, `Unavailable` when there are too many of all.
    pub fn take_from(&self, address: Option<IpAddr>, now: Timestamp) -> Result<()> {
        if let (Some(buckets), Some(address)) = (&self.addresses, address) {
            let too_many = |retry_after| too_many("address", retry_after);
            buckets.take(network(address), now).map_err(too_many)?;
        }
        if let Some(buckets) = &self.total {
            buckets.take((), now).map_err(|_| Error::unavailable("more records come than this server may take"))?;
        }
        Ok(())
    }

    /// When it is known which machine it is of.
    ///
    /// # Errors
    /// `TooMany` for the machine.
    pub fn take_of(&self, machine_id: &str, now: Timestamp) -> Result<()> {
        let Some(buckets) = &self.machines else { return Ok(()) };
        let key = u128::from_le_bytes(key::of(machine_id.as_bytes()));
        buckets.take(key, now).map_err(|retry_after| too_many("machine", retry_after))
    }
}

fn too_many(whose: &str, retry_after: u32) -> Error {
    Error::TooMany { message: format!("too many records of this {whose}; send the record again later"), retry_after }
}

/// Who has one address of IPv6 has the network that it is in.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(address: &str, machine: &str, total: &str) -> Limits {
        let rate = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        Limits::new(&Settings {
            rate_limit_address: rate(address),
            rate_limit_machine: rate(machine),
            rate_limit_total: rate(total),
        })
    }

    fn now() -> Timestamp {
        Timestamp::from_millis(0)
    }

    #[test]
    fn addresses_have_their_own_limits() {
        let limits = limits("2/m", "", "");
        let from = |address: &str| limits.take_from(address.parse().ok(), now());
        from("192.0.2.1").unwrap();
        from("::ffff:192.0.2.1").unwrap();
        let error = from("192.0.2.1").unwrap_err();
        assert!(matches!(error, Error::TooMany { retry_after: 30, .. }), "{error}");
        from("192.0.2.2").unwrap();
        from("2001:db8::1").unwrap();
        from("2001:db8::2").unwrap();
        assert!(from("2001:db8::ffff:3").is_err());
        from("2001:db8:0:1::1").unwrap();
        limits.take_of("a", now()).unwrap();
    }

    #[test]
    fn machines_and_all_together_have_limits() {
        let limits = limits("", "1/s", "3/s");
        limits.take_of("a", now()).unwrap();
        limits.take_of("b", now()).unwrap();
        assert!(matches!(limits.take_of("a", now()), Err(Error::TooMany { retry_after: 1, .. })));
        for _ in 0..3 {
            limits.take_from(None, now()).unwrap();
        }
        assert!(matches!(limits.take_from(None, now()), Err(Error::Unavailable { .. })));
    }

    #[test]
    fn without_settings_there_is_no_limit() {
        let limits = limits("", "", "");
        for _ in 0..10_000 {
            limits.take_from("192.0.2.1".parse().ok(), now()).unwrap();
            limits.take_of("a", now()).unwrap();
        }
    }
}
