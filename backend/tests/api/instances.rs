//! Several instances over one database, of which one is killed again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use sea_orm::sqlx::{Connection, PgConnection, query_as};
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::{Options, open};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::request::Record;
use crate::support::{Database, Kind};

const INSTANCES: usize = 3;
const KILLS: u32 = 9;
/// How many clients send at once.
const CLIENTS: u32 = 12;
/// How many records there are between two kills, at least.
const BETWEEN: usize = 60;

/// A server in a process of its own.
struct Instance {
    child: Child,
    address: SocketAddr,
}

impl Instance {
    fn start(url: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_telemetrics"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database", url, "--database-connections", "4"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = log
            .find_map(|line| line.unwrap().split_once("serves http://").map(|(_, address)| address.trim().to_owned()))
            .expect("the instance says where it is");
        // The pipe must not fill.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, address: address.parse().unwrap() }
    }

    /// As by `kill -9`.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a record once. Gives the status, or nothing when the connection broke.
async fn send(address: SocketAddr, record: &Record) -> Option<u16> {
    let body = record.to_json();
    let id = telemetrics_common::collector::DEFAULT_TELEMETRY_ID;
    let head = format!(
        "POST /v3/collector HTTP/1.1\r\nHost: collector\r\nX-Telemetry-TID: {id}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    String::from_utf8_lossy(&answer).split_ascii_whitespace().nth(1)?.parse().ok()
}

/// What clients and the killer share.
struct Fleet {
    addresses: Mutex<Vec<SocketAddr>>,
    acknowledged: Mutex<BTreeSet<u32>>,
    more: Notify,
    next: AtomicU32,
    done: AtomicBool,
}

impl Fleet {
    fn address(&self, client: u32, attempt: usize) -> SocketAddr {
        self.addresses.lock().unwrap()[(client as usize + attempt) % INSTANCES]
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// One machine after another: each record is sent, the same bytes again and to another instance, until it is taken.
    async fn client(&self, client: u32) {
        while !self.done.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let record = Record::numbered(number).with("machine_id", &format!("{:032x}", number % 40));
            let mut attempt = 0;
            while !matches!(send(self.address(client, attempt), &record).await, Some(200 | 201)) {
                attempt += 1;
                tokio::task::yield_now().await;
            }
            self.acknowledged.lock().unwrap().insert(number);
            self.more.notify_waiters();
        }
    }

    /// Waits until so many more records are acknowledged.
    async fn grow(&self, by: usize) {
        let enough = self.acknowledged() + by;
        loop {
            let more = self.more.notified();
            if self.acknowledged() >= enough {
                return;
            }
            more.await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_instances_that_are_killed_lose_and_double_nothing() {
    let database = Database::new(Kind::Postgres).await;
    let mut instances: Vec<Instance> = (0..INSTANCES).map(|_| Instance::start(&database.url)).collect();
    let fleet = Arc::new(Fleet {
        addresses: Mutex::new(instances.iter().map(|instance| instance.address).collect()),
        acknowledged: Mutex::default(),
        more: Notify::new(),
        next: AtomicU32::new(0),
        done: AtomicBool::new(false),
    });
    let clients = (0..CLIENTS).map(|client| {
        let fleet = Arc::clone(&fleet);
        tokio::spawn(async move { fleet.client(client).await })
    });
    let clients = join_all(clients);
    let killer = async {
        for kill in 0..KILLS {
            fleet.grow(BETWEEN).await;
            let place = kill as usize % INSTANCES;
            instances[place].kill();
            // The others go on without it.
            fleet.grow(BETWEEN).await;
            let url = database.url.clone();
            instances[place] = tokio::task::spawn_blocking(move || Instance::start(&url)).await.unwrap();
            fleet.addresses.lock().unwrap()[place] = instances[place].address;
        }
        fleet.grow(BETWEEN).await;
        fleet.done.store(true, Ordering::Relaxed);
    };
    let (ended, ()) = tokio::join!(clients, killer);
    ended.into_iter().for_each(|client| client.unwrap());
    drop(instances);

    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let rows: Vec<(String, i64)> = query_as("SELECT event_id::text, COUNT(*) FROM records GROUP BY event_id")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let stored: BTreeMap<String, i64> = rows.into_iter().collect();
    let acknowledged = fleet.acknowledged.lock().unwrap().clone();
    let lost: Vec<u32> =
        acknowledged.iter().copied().filter(|number| !stored.contains_key(&format!("{number:032x}"))).collect();
    assert_eq!(lost, [0; 0], "acknowledged and lost");
    let doubled: Vec<&String> = stored.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id).collect();
    assert_eq!(doubled, Vec::<&String>::new());
    // All were sent until they were acknowledged.
    assert_eq!(stored.len(), acknowledged.len());
    let store = open(&Options::new(&database.url)).await.unwrap();
    assert_eq!(check(&store).await.unwrap(), []);
    store.close().await.unwrap();
    println!("{} records by {INSTANCES} instances, {KILLS} kills: 0 lost, 0 doubled", acknowledged.len());
    database.remove().await;
}
