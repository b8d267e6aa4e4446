//! Many machines at once: connections that send records as real clients do.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use telemetrics_common::collector::{DEFAULT_TELEMETRY_ID, EXTERNAL_HEADER, HEADER_FORM_PATH, TELEMETRY_ID_HEADER};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::http::Connection;
use crate::demo::DemoRecord;

/// What is sent, and to whom.
pub(super) struct Load {
    address: SocketAddr,
    requests: Vec<Request>,
    /// Set when nothing more is to be sent, whatever the plan says.
    stopped: AtomicBool,
}

/// When requests are sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plan {
    /// So many, each connection the next one as soon as it has its answer.
    Count(u64),
    /// The same for a while; one at least, so that there is a rate.
    For(Duration),
    /// At fixed times, whether answers come or not: what waits for a free connection, waits.
    Paced {
        /// Requests per second, over all connections.
        per_second: f64,
        /// For how long.
        duration: Duration,
    },
}

impl Plan {
    /// When request `number` is to be sent; none when there are no more.
    fn time_of(self, number: u64, begin: Instant, now: Instant) -> Option<Instant> {
        match self {
            Self::Count(count) => (number < count).then_some(now),
            Self::For(duration) => (number == 0 || now < begin + duration).then_some(now),
            Self::Paced { per_second, duration } => {
                let after = Duration::from_secs_f64(number as f64 / per_second);
                (after < duration).then_some(begin + after)
            }
        }
    }
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// How many records were answered 201.
    pub(super) committed: u64,
    /// All else, by its kind.
    pub(super) others: BTreeMap<String, u64>,
    /// From the time a request was to be sent to the end of its answer, ascending.
    pub(super) latencies: Vec<Duration>,
    elapsed: Duration,
}

impl Outcome {
    pub(super) fn committed_per_second(&self) -> f64 {
        self.committed as f64 / self.elapsed.as_secs_f64()
    }

    /// The same, where some time more belongs to it.
    pub(super) fn with(self, more: Duration) -> Self {
        Self { elapsed: self.elapsed + more, ..self }
    }

    /// Of rows that needed no answer.
    pub(super) fn of_rows(committed: u64, elapsed: Duration) -> Self {
        Self { committed, elapsed, ..Self::default() }
    }

    /// The other answers as text.
    pub(super) fn others(&self) -> String {
        let texts: Vec<String> = self.others.iter().map(|(kind, number)| format!("{kind}: {number}")).collect();
        texts.join(", ")
    }

    fn add(&mut self, answer: &io::Result<u16>, latency: Duration) {
        match answer {
            Ok(201) => {
                self.committed += 1;
                self.latencies.push(latency);
            }
            Ok(status) => *self.others.entry(status.to_string()).or_default() += 1,
            Err(_) => *self.others.entry("broken connection".to_owned()).or_default() += 1,
        }
    }

    /// Adds what came after it.
    pub(super) fn then(&mut self, later: Self) {
        self.elapsed += later.elapsed;
        self.merge(later);
        self.latencies.sort_unstable();
    }

    /// Adds what came at the same time.
    fn merge(&mut self, other: Self) {
        self.committed += other.committed;
        for (kind, number) in other.others {
            *self.others.entry(kind).or_default() += number;
        }
        self.latencies.extend(other.latencies);
    }
}

impl Load {
    /// Writes the requests beforehand, so that little is left to do between two of them.
    pub(super) fn new(address: SocketAddr, sample: &[DemoRecord]) -> Self {
        let requests = sample.iter().map(|demo| Request::new(demo, address)).collect();
        Self { address, requests, stopped: AtomicBool::new(false) }
    }

    /// Sends the sample once: the texts that repeat are known then, as they are on a server that has run for a while.
    ///
    /// # Errors
    /// When the server takes no connections.
    pub(super) async fn warm_up(self: &Arc<Self>, connections: u64) -> anyhow::Result<()> {
        self.run(Plan::Count(self.requests.len() as u64), connections).await?;
        Ok(())
    }

    /// Ends a plan before its time.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Sends by a plan, over so many connections.
    ///
    /// # Errors
    /// When the server takes no connections.
    pub(super) async fn run(self: &Arc<Self>, plan: Plan, connections: u64) -> anyhow::Result<Outcome> {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(self.connect().await?);
        }
        let next = Arc::new(AtomicU64::new(0));
        let begin = Instant::now();
        let mut senders = JoinSet::new();
        for connection in open {
            senders.spawn(Arc::clone(self).send(connection, plan, Arc::clone(&next), begin));
        }
        let mut outcome = Outcome::default();
        while let Some(part) = senders.join_next().await {
            outcome.merge(part??);
        }
        outcome.elapsed = begin.elapsed();
        outcome.latencies.sort_unstable();
        Ok(outcome)
    }

    async fn send(
        self: Arc<Self>,
        mut connection: Connection,
        plan: Plan,
        next: Arc<AtomicU64>,
        begin: Instant,
    ) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut bytes = Vec::new();
        while !self.stopped.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let time = plan.time_of(number, begin, Instant::now());
            let Some((time, request)) = time.zip(self.request(number)) else { return Ok(outcome) };
            // A timer ends with the next millisecond, even if its time has come.
            if time > Instant::now() {
                tokio::time::sleep_until(time).await;
            }
            bytes.clear();
            request.write(&mut bytes)?;
            let answer = connection.ask(&bytes).await.map(|answer| answer.status);
            outcome.add(&answer, time.elapsed());
            if answer.is_err() {
                connection = self.connect().await?;
            }
        }
        Ok(outcome)
    }

    fn request(&self, number: u64) -> Option<&Request> {
        let index = number.checked_rem(self.requests.len() as u64)?;
        self.requests.get(usize::try_from(index).ok()?)
    }

    async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.address).await.context("the server takes no connection")
    }
}

/// A record in header form, cut where its time and its event id stand: with new ones it is a new record.
struct Request {
    before_time: Vec<u8>,
    before_event_id: Vec<u8>,
    rest: Vec<u8>,
    /// How long before its reception it was captured, in seconds.
    lag: i64,
}

impl Request {
    fn new(demo: &DemoRecord, address: SocketAddr) -> Self {
        let record = &demo.record;
        // The names and their order are the client's.
        let before_time = format!(
            "POST {HEADER_FORM_PATH} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\nrecord_format_version: 4\r\n\
             classification: {}\r\nseverity: {}\r\nmachine_id: {}\r\ncreation_timestamp: ",
            record.classification, record.severity, record.machine_id
        );
        let before_event_id = format!(
            "\r\narch: {}\r\nhost_type: {}\r\nbuild: {}\r\nkernel_version: {}\r\npayload_format_version: {}\r\n\
             system_name: {}\r\nboard_name: {}\r\ncpu_model: {}\r\nbios_version: {}\r\nevent_id: ",
            record.arch,
            record.host_type,
            record.build,
            record.kernel_version,
            record.payload_format_version,
            record.system_name,
            record.board_name,
            record.cpu_model,
            record.bios_version
        );
        let external = if record.external { format!("{EXTERNAL_HEADER}: true\r\n") } else { String::new() };
        let rest = format!(
            "\r\n{TELEMETRY_ID_HEADER}: {DEFAULT_TELEMETRY_ID}\r\n{external}Content-Type: application/text\r\n\
             Content-Length: {}\r\n\r\n{}",
            record.payload.len(),
            record.payload
        );
        Self {
            before_time: before_time.into_bytes(),
            before_event_id: before_event_id.into_bytes(),
            rest: rest.into_bytes(),
            lag: demo.received_at.seconds() - record.captured_at.seconds(),
        }
    }

    fn write(&self, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.extend_from_slice(&self.before_time);
        write!(bytes, "{}", crate::now().seconds() - self.lag)?;
        bytes.extend_from_slice(&self.before_event_id);
        write!(bytes, "{:032x}", fastrand::u128(..))?;
        bytes.extend_from_slice(&self.rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{DemoOptions, fleet};
    use crate::ingest::wire::parse_header_form;

    #[test]
    fn requests_are_sent_when_the_plan_says() {
        let begin = Instant::now();
        let (early, late) = (begin + Duration::from_secs(1), begin + Duration::from_secs(3));
        let duration = Duration::from_secs(2);
        assert_eq!(Plan::Count(2).time_of(1, begin, late), Some(late));
        assert_eq!(Plan::Count(2).time_of(2, begin, early), None);
        assert_eq!(Plan::For(duration).time_of(1000, begin, early), Some(early));
        assert_eq!(Plan::For(duration).time_of(0, begin, late), Some(late));
        assert_eq!(Plan::For(duration).time_of(1, begin, late), None);
        let paced = Plan::Paced { per_second: 10.0, duration };
        assert_eq!(paced.time_of(5, begin, late), Some(begin + Duration::from_millis(500)));
        assert_eq!(paced.time_of(20, begin, early), None);
    }

    #[test]
    fn answers_are_told_apart() {
        let mut outcome = Outcome::default();
        let broken = || Err(io::ErrorKind::ConnectionReset.into());
        for answer in [Ok(201), Ok(503), broken(), Ok(201), Ok(503), Ok(200)] {
            outcome.add(&answer, Duration::from_millis(1));
        }
        assert_eq!((outcome.committed, outcome.latencies.len()), (2, 2));
        assert_eq!(outcome.others(), "200: 1, 503: 2, broken connection: 1");
    }

    #[test]
    fn a_request_is_a_new_record_each_time() {
        let options = DemoOptions { records: 50, days: 1, seed: 1, until: crate::now(), only_crashes: false };
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let record = |request: &Request| {
            let mut bytes = Vec::new();
            request.write(&mut bytes).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let fields = head.split("\r\n").skip(1).map(|field| field.split_once(": ").unwrap_or((field, "")));
            let fields = fields.map(|(name, value)| (name, value.as_bytes()));
            parse_header_form(fields, body.as_bytes().to_vec(), text.contains(EXTERNAL_HEADER)).unwrap()
        };
        for demo in fleet(&options).filter(|demo| demo.record.record_format_version == 4) {
            let request = Request::new(&demo, address);
            let (first, second) = (record(&request), record(&request));
            assert_ne!(first.event_id, second.event_id);
            let (captured_at, event_id) = (first.captured_at, first.event_id.clone());
            assert_eq!(first, crate::ingest::record::NewRecord { captured_at, event_id, ..demo.record });
        }
    }
}
