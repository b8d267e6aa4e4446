//! Servers that are killed, and disks that are full: what was acknowledged is there, once.

use crate::support::fleet::{Fleet, Instance, request, send};
use crate::support::request::Record;
use crate::support::{Database, Kind};

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
    killed_servers_lose_and_double_nothing(Kind::Sqlite, 1, 25, 40).await;
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
