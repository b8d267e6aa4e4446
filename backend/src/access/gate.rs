//! Finds out who makes a request: by a token, by the cookie of a session, or, while there are no accounts, not at all.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::header::{AUTHORIZATION, COOKIE, FORWARDED, VIA};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use telemetrics_common::accounts::CSRF_HEADER;
use telemetrics_common::time::DAY_MILLIS;
use telemetrics_common::{Role, Timestamp};

use super::password::Passwords;
use super::settings::{Auth, Settings};
use super::{Caller, secret};
use crate::buckets::{Buckets, Rate};
use crate::error::{Error, Result};
use crate::ingest::limits::network;
use crate::store::sessions::{Holder, Lasts};
use crate::store::{Store, accounts, sessions};

/// How long a session lasts.
pub(super) const LASTS: Lasts = Lasts { idle: 14 * DAY_MILLIS, most: 60 * DAY_MILLIS };
/// What has been looked up is right for so long: what other instances change is seen that late.
const FRESH: Duration = Duration::from_secs(3);
/// How many sessions and tokens are remembered.
const REMEMBERED: usize = 10_000;
/// How exactly it is written down when a session or token was used.
const SEEN_MILLIS: i64 = 300_000;

type Key = [u8; 32];

/// What decides about access.
pub struct Gate {
    settings: Settings,
    is_loopback: bool,
    pub(super) passwords: Passwords,
    /// Tries to log in, by account and by address.
    pub(super) by_account: Buckets<String>,
    by_address: Buckets<String>,
    /// Whether there has been an account: they are never deleted.
    any: AtomicBool,
    looked: Mutex<Option<Instant>>,
    known: Mutex<HashMap<Key, (Instant, Holder)>>,
}

impl Gate {
    /// For a server that listens there.
    pub fn new(settings: Settings, listen: SocketAddr) -> Self {
        Self {
            passwords: Passwords::new(settings.password_memory_kib),
            settings,
            is_loopback: listen.ip().is_loopback(),
            by_account: Buckets::new(Rate::one_every(5, 10)),
            by_address: Buckets::new(Rate::one_every(30, 2)),
            any: AtomicBool::new(false),
            looked: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Whether charts and counts are for everyone.
    pub fn public_read(&self) -> bool {
        self.settings.public_read
    }

    /// Whether the server is open to everyone who reaches it.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_open(&self, store: &Store) -> Result<bool> {
        if self.settings.auth == Auth::None {
            return Ok(true);
        }
        if !self.is_loopback || self.settings.sign_on.oidc_issuer.is_some() || self.any.load(Ordering::Acquire) {
            return Ok(false);
        }
        if self.is_fresh() {
            return Ok(true);
        }
        self.look(store).await.map(|any| !any)
    }

    fn is_fresh(&self) -> bool {
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.is_some_and(|at| at.elapsed() < FRESH)
    }

    /// Whether there is any account.
    pub(super) async fn look(&self, store: &Store) -> Result<bool> {
        let any = self.any.load(Ordering::Acquire) || accounts::any(store).await?;
        // An account that somebody else has seen meanwhile stays seen.
        if any {
            self.any.store(true, Ordering::Release);
        }
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(any)
    }

    /// Takes a try to log in as an account.
    ///
    /// # Errors
    /// `TooMany` for one that has none left.
    pub(super) fn take_try_of(&self, account: &str, now: Timestamp) -> Result<()> {
        self.by_account.take(account.to_owned(), now).map_err(too_many)
    }

    /// Takes a try to log in from an address.
    ///
    /// # Errors
    /// `TooMany` for one that has none left.
    pub(super) fn take_try_from(&self, address: &str, now: Timestamp) -> Result<()> {
        let key = address.parse().map_or_else(|_| address.to_owned(), |address| network(address).to_string());
        self.by_address.take(key, now).map_err(too_many)
    }

    /// Says that what is remembered of sessions and tokens may be wrong now.
    pub fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Who makes a request.
    ///
    /// # Errors
    /// `Unauthenticated` for a token that is not valid, `Forbidden` for a change without its CSRF token and for requests
    /// that come through a proxy to a server that is open, and the database's.
    pub async fn caller(
        &self,
        store: &Store,
        method: &Method,
        headers: &HeaderMap,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Caller> {
        if let Some(token) = bearer(headers) {
            let holder = self.holder(store, Shown::Token(token), now).await?;
            let holder = holder.ok_or_else(|| Error::Unauthenticated("the token is not valid".to_owned()))?;
            return Ok(Caller::of(holder, None, address));
        }
        if self.is_open(store).await? {
            refuse_proxies(headers)?;
            return Ok(Caller::nobody(address).with_role(Role::Admin));
        }
        let nobody = Caller { may_read: self.settings.public_read, ..Caller::nobody(address) };
        let Some(cookie) = cookie(headers, self.cookie_name()) else { return Ok(nobody) };
        let Some(holder) = self.holder(store, Shown::Session(cookie), now).await? else { return Ok(nobody) };
        let csrf = headers.get(CSRF_HEADER).map(HeaderValue::as_bytes);
        if !method.is_safe() && csrf != Some(secret::csrf(cookie).as_bytes()) {
            return Err(Error::Forbidden(format!("{CSRF_HEADER}: is missing or not that of this session")));
        }
        let session = Some((holder.id, secret::csrf(cookie)));
        Ok(Caller::of(holder, session, address))
    }

    async fn holder(&self, store: &Store, shown: Shown<'_>, now: Timestamp) -> Result<Option<Holder>> {
        let key = secret::hash(shown.text());
        if let Some(holder) = self.remembered(&key) {
            return Ok(Some(holder));
        }
        let found = match shown {
            Shown::Session(_) => sessions::holder(store, &key, now, LASTS).await?,
            Shown::Token(_) => sessions::token_holder(store, &key, now).await?,
        };
        self.remember(key, found.as_ref());
        let Some(holder) = found else { return Ok(None) };
        if now.millis() - holder.seen_at.millis() > SEEN_MILLIS {
            let noted = match shown {
                Shown::Session(_) => sessions::seen(store, holder.id, now).await,
                Shown::Token(_) => sessions::token_used(store, holder.id, now).await,
            };
            // With a full disk people still read.
            if let Err(error) = noted {
                tracing::warn!(error = error.inside(), "it cannot be noted that a session or token was used");
            }
        }
        Ok(Some(holder))
    }

    fn remembered(&self, key: &Key) -> Option<Holder> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, holder)| holder.clone())
    }

    fn remember(&self, key: Key, holder: Option<&Holder>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        match holder {
            Some(holder) => _ = known.insert(key, (Instant::now(), holder.clone())),
            None => _ = known.remove(&key),
        }
    }

    /// A cookie of this name is taken by browsers from https only, and from no other host.
    fn cookie_name(&self) -> &'static str {
        if self.settings.behind_https { "__Host-telemetrics" } else { "telemetrics" }
    }

    /// Sets the cookie of a session, or takes it away.
    pub(super) fn set_cookie(&self, session: Option<&str>) -> Result<HeaderValue> {
        let (value, age) = match session {
            Some(session) => (session, LASTS.most / 1000),
            None => ("", 0),
        };
        let secure = if self.settings.behind_https { "; Secure" } else { "" };
        let name = self.cookie_name();
        let cookie = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::try_from(cookie).map_err(|_| Error::internal("a session's cookie cannot be written"))
    }
}

/// What a request shows.
#[derive(Clone, Copy)]
enum Shown<'a> {
    Session(&'a str),
    Token(&'a str),
}

impl Shown<'_> {
    fn text(&self) -> &str {
        let (Self::Session(text) | Self::Token(text)) = self;
        text
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn too_many(retry_after: u32) -> Error {
    Error::TooMany { message: "too many attempts to log in".to_owned(), retry_after }
}

/// The value of a cookie that a request shows.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    cookies
        .flat_map(|header| header.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(other, _)| *other == name)
        .map(|(_, value)| value)
}

/// Whether a proxy has passed the request on.
pub(super) fn came_through_proxy(headers: &HeaderMap) -> bool {
    proxy_header(headers).is_some()
}

fn proxy_header(headers: &HeaderMap) -> Option<&HeaderName> {
    headers.keys().find(|name| **name == FORWARDED || **name == VIA || name.as_str().starts_with("x-forwarded-"))
}

/// A server that is open is open to those on this machine, not to those a proxy lets in.
fn refuse_proxies(headers: &HeaderMap) -> Result<()> {
    match proxy_header(headers) {
        None => Ok(()),
        Some(name) => Err(Error::Forbidden(format!(
            "{name}: the request came through a proxy, but there are no accounts yet; make one by `telemetrics user add \
             NAME --role admin`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn cookies_and_tokens_are_found() {
        let check = |header: &'static str, expected: Option<&str>| {
            assert_eq!(cookie(&headers(&[("cookie", header)]), "telemetrics"), expected, "{header}");
        };
        check("telemetrics=abc", Some("abc"));
        check("a=b; telemetrics=abc; c=d", Some("abc"));
        check("__Host-telemetrics=abc", None);
        check("telemetrics", None);
        assert_eq!(bearer(&headers(&[("authorization", "Bearer tlm_x")])), Some("tlm_x"));
        assert_eq!(bearer(&headers(&[("authorization", "Basic dXNlcg==")])), None);
        assert_eq!(bearer(&headers(&[])), None);
    }

    #[test]
    fn tries_are_counted_by_address_and_network() {
        let gate = Gate::new(Settings::default(), ([127, 0, 0, 1], 0).into());
        let from = |address: &str| gate.take_try_from(address, Timestamp::EPOCH);
        for host in 0..30 {
            from(&format!("2001:db8::{host:x}")).unwrap();
            from("192.0.2.1").unwrap();
        }
        for address in ["2001:db8::ffff:1", "192.0.2.1", "::ffff:192.0.2.1"] {
            assert!(matches!(from(address), Err(Error::TooMany { .. })), "{address}");
        }
        for address in ["2001:db8:0:1::1", "192.0.2.2", ""] {
            from(address).unwrap();
        }
    }

    #[test]
    fn an_open_server_does_not_answer_proxies() {
        refuse_proxies(&headers(&[("x-request-id", "1"), ("host", "localhost")])).unwrap();
        for name in ["forwarded", "x-forwarded-for", "x-forwarded-proto", "via"] {
            let error = refuse_proxies(&headers(&[(name, "1")])).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}: ")) && error.contains("telemetrics user add"), "{error}");
        }
    }
}
