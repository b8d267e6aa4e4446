//! How access is set.

use std::net::SocketAddr;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::sign_on;
use crate::server::client_address::parse_network;

/// Makes a hash take some tenths of a second.
const PASSWORD_MEMORY_KIB: u32 = 65_536;

/// Who may use dashboard and API.
#[derive(Args, Clone, Debug)]
#[group(id = "access")]
#[non_exhaustive]
pub struct Settings {
    /// Who may use dashboard and API
    #[arg(long, env = "TELEMETRICS_AUTH", value_enum, default_value = "auto")]
    pub auth: Auth,

    /// Let everyone see charts and counts; records and their payloads still need an account
    #[arg(
        long, env = "TELEMETRICS_PUBLIC_READ", value_name = "true|false", value_parser = BoolishValueParser::new(),
        num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    pub public_read: bool,

    /// Browsers reach the dashboard by https, through a proxy: cookies are sent by no other way
    #[arg(
        long, env = "TELEMETRICS_BEHIND_HTTPS", value_name = "true|false", value_parser = BoolishValueParser::new(),
        num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    pub behind_https: bool,

    /// Proxies that are believed when they say who has asked them (X-Forwarded-For): addresses and networks; separate
    /// several by commas
    #[arg(
        long = "trusted-proxy", env = "TELEMETRICS_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',',
        value_parser = parse_network
    )]
    pub trusted_proxies: Vec<IpNet>,

    /// Logging in with a provider
    #[command(flatten)]
    pub sign_on: sign_on::Settings,

    /// Memory for the hash of one password, in KiB; two are made at once at most
    #[arg(long, env = "TELEMETRICS_PASSWORD_MEMORY_KIB", default_value_t = PASSWORD_MEMORY_KIB, value_parser = clap::value_parser!(u32).range(64..=1 << 20))]
    pub password_memory_kib: u32,
}

/// Whether accounts are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Auth {
    /// Unless the server listens on a loopback address and there are none
    Auto,
    /// Never; only on a loopback address
    None,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auth: Auth::Auto,
            public_read: false,
            behind_https: false,
            trusted_proxies: Vec::new(),
            sign_on: sign_on::Settings::default(),
            password_memory_kib: PASSWORD_MEMORY_KIB,
        }
    }
}

impl Settings {
    /// Whether they go with the address that is listened on.
    ///
    /// # Errors
    /// What does not.
    pub fn check(&self, listen: SocketAddr) -> Result<(), String> {
        if self.auth == Auth::None && !listen.ip().is_loopback() {
            return Err(format!("--auth: none needs a loopback address to listen on, not {listen}"));
        }
        Ok(())
    }
}
