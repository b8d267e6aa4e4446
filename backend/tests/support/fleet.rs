//! Servers in processes of their own, and machines that send to them whatever happens.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use telemetrics_backend::store::counters::recount::check;
use telemetrics_client::{Client, Reported, Retries};
use telemetrics_common::collector::DEFAULT_TELEMETRY_ID;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::TestApp;
use super::request::Record;

/// A server in a process of its own.
pub struct Instance {
    child: Child,
    pub address: SocketAddr,
    /// Gives what it has logged, at its end.
    log: Option<JoinHandle<Vec<String>>>,
}

impl Instance {
    pub fn start(url: &str) -> Self {
        Self::start_with(url, &[])
    }

    /// A server with further options.
    pub fn start_with(url: &str, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telemetrics"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", url, "--database-connections", "4"]);
        command.args(options);
        Self::of(command)
    }

    /// A server whose files may not grow beyond a size for the time being.
    pub fn start_within(url: &str, kib: u32) -> Self {
        let program = env!("CARGO_BIN_EXE_telemetrics");
        // The signal would end the program where the write that is too much must only fail.
        let script =
            format!("trap '' XFSZ; ulimit -S -f {kib}; exec {program} serve --listen 127.0.0.1:0 --database {url}");
        let mut command = Command::new("bash");
        command.args(["-c", &script]);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut lines = Vec::new();
        let address = loop {
            let line = log.next().expect("the instance says where it is").unwrap();
            let address = line.split_once("serves http://").map(|(_, address)| address.trim().parse().unwrap());
            lines.push(line);
            if let Some(address) = address {
                break address;
            }
        };
        // The pipe must not fill.
        let log = std::thread::spawn(move || {
            lines.extend(log.map_while(Result::ok));
            lines
        });
        Self { child, address, log: Some(log) }
    }

    /// Ends it as a service manager does, and gives what it has logged.
    pub fn ended_log(&mut self) -> Vec<String> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap();
        self.log.take().expect("it ends once").join().unwrap()
    }

    /// As by `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets its files grow again.
    pub fn make_room(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap().success());
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request over a connection of its own. Gives the status, or nothing when the connection broke.
pub async fn request(address: SocketAddr, head: &str, body: &str) -> Option<u16> {
    let head = format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    String::from_utf8_lossy(&answer).split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Sends a record once.
pub async fn send(address: SocketAddr, record: &Record) -> Option<u16> {
    let head = format!(
        "POST /v3/collector HTTP/1.1\r\nHost: collector\r\nX-Telemetry-TID: {DEFAULT_TELEMETRY_ID}\r\n\
         Content-Type: application/json\r\n"
    );
    request(address, &head, &record.to_json()).await
}

/// A client that does not try again by itself: the next attempt goes to another server.
fn client_of(address: SocketAddr) -> Client {
    Client::new(&format!("http://{address}")).unwrap().with_retries(Retries::NEVER)
}

/// Machines that send one record after another, each until it is acknowledged.
pub struct Fleet {
    addresses: Mutex<Vec<SocketAddr>>,
    acknowledged: Mutex<BTreeSet<u32>>,
    more: Notify,
    next: AtomicU32,
    done: AtomicBool,
}

impl Fleet {
    /// For servers at these addresses.
    pub fn new(addresses: Vec<SocketAddr>) -> Arc<Self> {
        Arc::new(Self {
            addresses: Mutex::new(addresses),
            acknowledged: Mutex::default(),
            more: Notify::new(),
            next: AtomicU32::new(0),
            done: AtomicBool::new(false),
        })
    }

    /// Runs machines while something is done to the servers.
    pub async fn send_while(self: &Arc<Self>, clients: u32, what: impl Future<Output = ()>) {
        let clients = (0..clients).map(|client| {
            let fleet = Arc::clone(self);
            tokio::spawn(async move { fleet.client(client).await })
        });
        let clients = join_all(clients);
        let what = async {
            what.await;
            self.done.store(true, Ordering::Relaxed);
        };
        let (ended, ()) = tokio::join!(clients, what);
        ended.into_iter().for_each(|client| client.unwrap());
    }

    /// A server is somewhere else now.
    pub fn moved(&self, place: usize, address: SocketAddr) {
        self.addresses.lock().unwrap()[place] = address;
    }

    fn address(&self, attempt: usize) -> SocketAddr {
        let addresses = self.addresses.lock().unwrap();
        addresses[attempt % addresses.len()]
    }

    /// Each record is sent, the same bytes again and to another server, until it is taken.
    async fn client(&self, client: u32) {
        let mut servers = HashMap::new();
        while !self.done.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let record = Record::numbered(number).with("machine_id", &format!("{:032x}", number % 40)).to_value();
            let mut attempt = client as usize;
            loop {
                let address = self.address(attempt);
                let server = servers.entry(address).or_insert_with(|| client_of(address));
                if matches!(server.report(&record).await, Ok(Reported::Stored(_))) {
                    break;
                }
                attempt += 1;
                // As machines do, though they wait longer.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            self.acknowledged.lock().unwrap().insert(number);
            self.more.notify_waiters();
        }
    }

    /// Counts a record that somebody else has sent, and that was acknowledged.
    pub fn take(&self, number: u32) {
        self.acknowledged.lock().unwrap().insert(number);
    }

    pub fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until so many more records are acknowledged.
    pub async fn grow(&self, by: usize) {
        let enough = self.acknowledged() + by;
        loop {
            let more = self.more.notified();
            if self.acknowledged() >= enough {
                return;
            }
            more.await;
        }
    }

    /// All that was acknowledged is in the database, once, and counted. To be asked when no server runs any more.
    pub async fn check_all_there(&self, url: &str) {
        let app = TestApp::start(url, &[]).await;
        let export = app.get("/api/v1/records.ndjson").await.text();
        let mut stored = BTreeMap::<String, u32>::new();
        for line in export.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            *stored.entry(record["event_id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        let is_lost = |number: &u32| !stored.contains_key(&format!("{number:032x}"));
        let lost: Vec<u32> = acknowledged.iter().copied().filter(is_lost).collect();
        assert_eq!(lost, [0; 0], "acknowledged and lost");
        let doubled: Vec<&String> = stored.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id).collect();
        assert_eq!(doubled, Vec::<&String>::new());
        // All were sent until they were acknowledged.
        assert_eq!(stored.len(), acknowledged.len());
        assert_eq!(check(&app.state.store).await.unwrap(), []);
        app.stop().await;
    }
}
