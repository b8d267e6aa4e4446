//! Servers that are killed, disks that are full, databases that are away, clocks that jump, clients that are slow: what
//! was acknowledged is there, once.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::StatusCode;
use futures_util::future::join_all;
use sea_orm::sqlx::{AssertSqlSafe, Connection, PgConnection, query, query_as, raw_sql};
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::{Options, open};
use telemetrics_common::overview::GetOverview;
use telemetrics_common::records::ListRecords;
use telemetrics_common::{RecordFilter, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::fleet::{Fleet, Instance, request, send};
use crate::support::request::Record;
use crate::support::{Database, Kind, NOW, TestApp, server_url};

/// How many machines send at once.
const CLIENTS: u32 = 12;

/// How often servers are killed: few times in every run, more often when somebody asks for it.
fn kills(usual: u32) -> u32 {
    std::env::var("TELEMETRICS_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(usual)
}

/// Several servers over one database; one after the other is killed and comes again while the others go on.
async fn killed_servers_lose_and_double_nothing(kind: Kind, servers: usize, usual: u32, between: usize) {
    let database = Database::new(kind).await;
    let mut instances: Vec<Instance> = (0..servers).map(|_| Instance::start(&database.url)).collect();
    let fleet = Fleet::new(instances.iter().map(|instance| instance.address).collect());
    let kills = kills(usual);
    let kill = async {
        for kill in 0..kills {
            fleet.grow(between).await;
            let place = kill as usize % servers;
            instances[place].kill();
            if servers > 1 {
                fleet.grow(between).await;
            }
            let url = database.url.clone();
            instances[place] = tokio::task::spawn_blocking(move || Instance::start(&url)).await.unwrap();
            fleet.moved(place, instances[place].address);
        }
        fleet.grow(between).await;
    };
    fleet.send_while(CLIENTS, kill).await;
    drop(instances);
    fleet.check_all_there(&database.url).await;
    println!("{kind:?}: {} records, {servers} servers, {kills} kills: 0 lost, 0 doubled", fleet.acknowledged());
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_survives_kills() {
    killed_servers_lose_and_double_nothing(Kind::Sqlite, 1, 100, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_instances_survive_kills() {
    killed_servers_lose_and_double_nothing(Kind::Postgres, 3, 9, 60).await;
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let database = Database::new(Kind::Sqlite).await;
    let mut server = Instance::start_within(&database.url, 3000);
    let payload = "a line of some length that fills the disk\n".repeat(700);
    let record = |number: u32| Record::numbered(number).with("payload", &payload);
    let mut stored = 0;
    let refused = loop {
        match send(server.address, &record(stored)).await {
            Some(201) => stored += 1,
            other => break other,
        }
        assert!(stored < 1000, "the disk is never full");
    };
    assert_eq!(refused, Some(503));
    assert!(stored > 10, "{stored}");
    // Who reads is not held up.
    let read = "GET /api/v1/records?limit=5 HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(request(server.address, read, "").await, Some(200));
    // There is room again: the server goes on by itself, with what had been refused.
    server.make_room();
    assert_eq!(send(server.address, &record(stored)).await, Some(201));
    server.kill();
    let server = Instance::start(&database.url);
    for number in 0..=stored {
        assert_eq!(send(server.address, &record(number)).await, Some(200), "{number} was acknowledged");
    }
    drop(server);
    database.remove().await;
}

/// Ends all connections to a database, and lets nobody in, or lets all in again: to a server that is what a restart is.
async fn let_in(name: &str, allowed: bool) {
    let mut connection = PgConnection::connect(&server_url()).await.unwrap();
    let allow = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allowed}");
    query(AssertSqlSafe(allow)).execute(&mut connection).await.unwrap();
    if !allowed {
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        query(AssertSqlSafe(end)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_is_waited_for() {
    let database = Database::new(Kind::Postgres).await;
    let name = database.url.rsplit_once('/').unwrap().1.to_owned();
    let mut server = Instance::start(&database.url);
    let fleet = Fleet::new(vec![server.address]);
    let address = server.address;
    let restarts = async {
        for restart in 0..4 {
            fleet.grow(60).await;
            let_in(&name, false).await;
            // Nothing is taken meanwhile, and that is said.
            let probe = Record::numbered(1_000_000 + restart).with("machine_id", "probe");
            let mut answers = Vec::new();
            while answers.last() != Some(&Some(503)) {
                answers.push(send(address, &probe).await);
                assert!(answers.len() < 100 && !answers.contains(&Some(500)), "{answers:?}");
            }
            assert_eq!(request(address, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n", "").await, Some(503));
            assert_eq!(request(address, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n", "").await, Some(200));
            let_in(&name, true).await;
            fleet.grow(60).await;
            assert!(matches!(send(address, &probe).await, Some(200 | 201)));
            fleet.take(1_000_000 + restart);
        }
    };
    fleet.send_while(CLIENTS, restarts).await;
    server.kill();
    fleet.check_all_there(&database.url).await;
    database.remove().await;
}

/// As `pg_dump` and `telemetrics check` read: for as long as it takes.
#[tokio::test]
async fn partitions_are_made_while_somebody_reads() {
    let database = Database::new(Kind::Postgres).await;
    let app = TestApp::start(&database.url, &[]).await;
    app.send(Record::numbered(1).in_json()).await.expect(StatusCode::CREATED);
    let mut reader = PgConnection::connect(&database.url).await.unwrap();
    let read = "SELECT setval('records_id_seq', 2999999); BEGIN; LOCK TABLE records IN ACCESS SHARE MODE";
    raw_sql(read).execute(&mut reader).await.unwrap();
    app.send(Record::numbered(2).in_json()).await.expect(StatusCode::CREATED);
    let indexes = "SELECT COUNT(*), COUNT(DISTINCT indexes) FROM (SELECT COUNT(*) AS indexes FROM pg_index \
                   JOIN pg_partition_tree('records') ON relid = indrelid GROUP BY indrelid) t";
    let tables: (i64, i64) = query_as(indexes).fetch_one(&mut reader).await.unwrap();
    assert_eq!(tables, (5, 1), "four partitions, each with the indexes of `records` and no others");
    reader.close().await.unwrap();
    assert_eq!(check(&app.state.store).await.unwrap(), []);
    app.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn transactions_in_each_others_way_are_tried_again() {
    let database = Database::new(Kind::Postgres).await;
    let app = TestApp::start(&database.url, &[]).await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let twice = "CREATE SEQUENCE tries; \
        CREATE FUNCTION collide() RETURNS TRIGGER LANGUAGE plpgsql AS $$ \
        DECLARE number INTEGER := nextval('tries'); \
        BEGIN \
            IF number < 3 THEN RAISE 'collided' USING ERRCODE = (ARRAY['40001', '40P01'])[number]; END IF; \
            RETURN NULL; \
        END $$; \
        CREATE TRIGGER collide BEFORE INSERT ON record_key EXECUTE FUNCTION collide()";
    raw_sql(twice).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    app.send(Record::numbered(1).in_json()).await.expect(StatusCode::CREATED);
    assert_eq!(check(&app.state.store).await.unwrap(), []);
    app.stop().await;
    database.remove().await;
}

static CLOCK: AtomicI64 = AtomicI64::new(NOW);

async fn clocks_that_jump_lose_nothing(kind: Kind) {
    let database = Database::new(kind).await;
    let limits = ["--rate-limit-machine", "1000/s"];
    let app =
        TestApp::start_with_clock(&database.url, &limits, || Timestamp::from_seconds(CLOCK.load(Ordering::Relaxed)))
            .await;
    let (day, year) = (86_400, 31_536_000);
    for (number, jump) in [0, -3 * day, 10 * year, -40 * year, 0].into_iter().enumerate() {
        CLOCK.store(NOW + jump, Ordering::Relaxed);
        let record = Record::numbered(u32::try_from(number).unwrap());
        app.send(record.in_json()).await.expect(StatusCode::CREATED);
        app.send(record.in_json()).await.expect(StatusCode::OK);
        app.call(&GetOverview::default()).await;
    }
    CLOCK.store(NOW, Ordering::Relaxed);
    let list = app.call(&ListRecords { params: RecordFilter::default(), before: None, limit: None }).await;
    assert_eq!(list.records.len(), 5);
    assert_eq!(check(&app.state.store).await.unwrap(), []);
    app.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn clocks_may_jump() {
    clocks_that_jump_lose_nothing(Kind::Sqlite).await;
    clocks_that_jump_lose_nothing(Kind::Postgres).await;
}

#[tokio::test]
async fn damaged_files_are_told_in_one_line() {
    let database = Database::new(Kind::Sqlite).await;
    open(&Options::new(&database.url)).await.unwrap().close().await.unwrap();
    let path = database.url.strip_prefix("sqlite://").unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    bytes[..4096].fill(b'x');
    std::fs::write(path, &bytes).unwrap();
    let error = format!("{:#}", open(&Options::new(&database.url)).await.err().expect("a refusal"));
    assert!(error.contains("file is not a database") && error.lines().count() == 1, "{error}");
    // The schema is whole, and what lies behind it is not: that is told, too, and nothing panics.
    bytes.fill(0);
    std::fs::write(path, &bytes[..2048]).unwrap();
    let error = format!("{:#}", open(&Options::new(&database.url)).await.err().expect("a refusal"));
    assert_eq!(error.lines().count(), 1, "{error}");
    database.remove().await;
}

/// Ten thousand, or as many as this machine lets a process have.
fn half_open_connections() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let files: u64 = files.split_ascii_whitespace().next().unwrap().parse().unwrap_or(1024);
    (files.saturating_sub(600)).clamp(100, 10_000)
}

async fn half_open_connection(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"POST /v3/collector HTTP/1.1\r\nHost: co").await.unwrap();
    stream
}

/// Connections that say half of something, and clients that say all of it byte by byte.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_and_slow_clients_hold_nobody_up() {
    let database = Database::new(Kind::Sqlite).await;
    let server = Instance::start(&database.url);
    let mut half_open = Vec::new();
    // As many at once as the kernel lets wait.
    for some in (0..half_open_connections()).step_by(500) {
        let most = half_open_connections().min(some + 500);
        half_open.extend(join_all((some..most).map(|_| half_open_connection(server.address))).await);
    }
    let slow = (0..256).map(|number| {
        let address = server.address;
        tokio::spawn(async move {
            let body = Record::numbered(number).to_json();
            let head = format!(
                "POST /v3/collector HTTP/1.1\r\nHost: collector\r\nX-Telemetry-TID: {}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                telemetrics_common::collector::DEFAULT_TELEMETRY_ID,
                body.len()
            );
            let mut stream = TcpStream::connect(address).await.unwrap();
            for part in [head.as_bytes(), body.as_bytes()].concat().chunks(7) {
                stream.write_all(part).await.unwrap();
                tokio::task::yield_now().await;
            }
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer.split_ascii_whitespace().nth(1).map(str::to_owned)
        })
    });
    let slow: Vec<_> = slow.collect();
    assert_eq!(send(server.address, &Record::numbered(10_000)).await, Some(201));
    for answer in join_all(slow).await {
        assert_eq!(answer.unwrap().as_deref(), Some("201"));
    }
    drop((half_open, server));
    database.remove().await;
}

/// What machines say, and who they are, is nobody's business but the database's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_names_no_machine_and_no_payload() {
    let database = Database::new(Kind::Sqlite).await;
    let mut server = Instance::start(&database.url);
    let secret =
        |number| Record::numbered(number).with("machine_id", "secret-machine").with("payload", "secret payload");
    assert_eq!(send(server.address, &secret(1)).await, Some(201));
    assert_eq!(send(server.address, &secret(2).with("severity", "secret severity")).await, Some(200));
    let head = "POST /v2/collector HTTP/1.1\r\nHost: collector\r\nX-Telemetry-TID: secret-id\r\n";
    assert_eq!(request(server.address, head, "secret payload").await, Some(403));
    let path = "GET /api/v1/records?payload=secret%20payload&machine_id=secret-machine HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(request(server.address, path, "").await, Some(200));
    let path = "GET /api/v1/records?secret=1 HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(request(server.address, path, "").await, Some(400));
    let log = server.ended_log();
    assert!(log.iter().any(|line| line.contains("stopped")), "{log:?}");
    for word in ["secret", "127.0.0.1"] {
        assert!(!log.iter().any(|line| line.contains(word) && !line.contains("serves http://")), "{word}: {log:?}");
    }
    database.remove().await;
}
