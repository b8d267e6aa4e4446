//! Connections that say nothing: what they cost in memory.

use std::fs;
use std::path::Path;

use futures_util::future::try_join_all;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::client::Client;
use super::report::{Row, Target};
use super::server::Server;

/// How many are opened at the same time: as many as the kernel lets wait for the server.
const AT_ONCE: u64 = 500;
/// Open files that this process and the server need beside those.
const OTHER_FILES: u64 = 200;
const TARGET: Target = Target::Under(200.0);

/// The server's memory with and without half-open connections.
pub(super) async fn measure(folder: &Path, connections: u64) -> anyhow::Result<Row> {
    let what = format!("{connections} idle connections: memory of the server");
    if open_files().is_none_or(|most| most < connections.saturating_add(OTHER_FILES)) {
        return Ok(Row::unmeasured(format!("{what} (raise `ulimit -n`)"), "MiB").target(Some(TARGET)));
    }
    tracing::info!(connections, "measuring: idle connections");
    let server = Server::start(&folder.join("idle.db")).await?;
    let before = server.resident_mib()?;
    let mut open = Vec::new();
    while let left @ 1.. = connections - open.len() as u64 {
        open.extend(try_join_all((0..left.min(AT_ONCE)).map(|_| half_open(&server))).await?);
    }
    // Whoever has something to say is heard nevertheless.
    Client::open(&server).await?.call(&telemetrics_common::views::ListViews {}).await?;
    let cost = server.resident_mib()? - before;
    drop(open);
    server.stop().await?;
    Ok(Row::new(what, cost, "MiB").target(Some(TARGET)))
}

async fn half_open(server: &Server) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(b"POST /v3/collector HTTP/1.1\r\nHost: co").await?;
    Ok(stream)
}

/// How many files this process, and those that it starts, may have open.
fn open_files() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}
