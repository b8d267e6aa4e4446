//! When a call is made again, and how long to wait before.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How often a call is made, and the pauses between. A server that says in `Retry-After` when to come again is believed, up
/// to the longest pause.
///
/// ```
/// use std::time::Duration;
///
/// use telemetrics_client::{Client, Retries};
///
/// let patient = Retries::default().with_attempts(20).with_pauses(Duration::from_secs(1), Duration::from_secs(60));
/// let client = Client::new("http://127.0.0.1:8080")?.with_retries(patient);
/// # Ok::<(), telemetrics_client::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// How often a call is made at most; 1: never again.
    pub attempts: u32,
    /// The pause before the second attempt; each further one is twice as long.
    pub first_pause: Duration,
    /// No pause is longer.
    pub longest_pause: Duration,
}

impl Default for Retries {
    /// Five attempts within some seconds.
    fn default() -> Self {
        Self { attempts: 5, first_pause: Duration::from_millis(250), longest_pause: Duration::from_secs(15) }
    }
}

impl Retries {
    /// Each call is made once.
    pub const NEVER: Self = Self { attempts: 1, first_pause: Duration::ZERO, longest_pause: Duration::ZERO };

    /// The same with so many attempts at most.
    #[must_use]
    pub const fn with_attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// The same with another first pause, and another longest one.
    #[must_use]
    pub const fn with_pauses(self, first_pause: Duration, longest_pause: Duration) -> Self {
        Self { first_pause, longest_pause, ..self }
    }

    /// The pause after so many attempts.
    pub(crate) fn pause(&self, attempts: u32, asked_for: Option<Duration>) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        asked_for.unwrap_or_else(|| self.first_pause.saturating_mul(doubled)).min(self.longest_pause)
    }
}

/// Whether the same may be asked for twice without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It only reads, or the server knows it again.
    Harmless,
    /// Only when the server has said that it has not begun.
    OnlyIfNotBegun,
}

impl Repeat {
    /// Whether to try again after an answer.
    pub(crate) fn after(self, status: StatusCode) -> bool {
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
            // What a proxy says of a server that is being started again, and a server of a call that takes too long: it
            // may have begun.
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => self == Self::Harmless,
            _ => false,
        }
    }

    /// Whether to try again after a connection that did not come about or broke.
    pub(crate) fn after_failure(self, error: &reqwest::Error) -> bool {
        self == Self::Harmless || error.is_connect()
    }
}

/// When the server wants to be asked again.
pub(crate) fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound_and_the_server_is_believed_within_it() {
        let retries = Retries::default().with_attempts(9).with_pauses(Duration::from_secs(1), Duration::from_secs(5));
        assert_eq!(retries.attempts, 9);
        let pauses: Vec<u64> = (1..=5).map(|attempts| retries.pause(attempts, None).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 5, 5]);
        assert_eq!(retries.pause(1, Some(Duration::from_secs(3))).as_secs(), 3);
        assert_eq!(retries.pause(1, Some(Duration::from_secs(600))).as_secs(), 5);
        assert_eq!(retries.pause(u32::MAX, None).as_secs(), 5);
    }

    #[test]
    fn changes_are_made_again_only_where_nothing_has_begun() {
        let check = |status: u16, reads: bool, changes: bool| {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                (Repeat::Harmless.after(status), Repeat::OnlyIfNotBegun.after(status)),
                (reads, changes),
                "{status}"
            );
        };
        check(503, true, true);
        check(429, true, true);
        check(502, true, false);
        check(504, true, false);
        check(500, false, false);
        check(404, false, false);
    }
}
