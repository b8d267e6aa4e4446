//! A person at the dashboard: calls of the API, one after the other, over one kept connection.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use telemetrics_common::Endpoint;
use telemetrics_common::endpoint::url;

use super::http::{Connection, get, with_json};
use super::server::Server;

const WARM_UPS: u32 = 3;

/// One kept connection to the server.
pub(super) struct Client<'a> {
    connection: Connection,
    server: &'a Server,
}

impl<'a> Client<'a> {
    pub(super) async fn open(server: &'a Server) -> anyhow::Result<Self> {
        Ok(Self { connection: Connection::open(server.address()).await?, server })
    }

    /// Makes a call without a body.
    pub(super) async fn call<E: Endpoint>(&mut self, call: &E) -> anyhow::Result<E::Response> {
        let path = url(call);
        let body = self.ask(&get(self.server.address(), &path), &path, E::STATUS).await?;
        serde_json::from_slice(body).with_context(|| format!("cannot read the answer to {path}"))
    }

    /// Makes a call that changes something.
    pub(super) async fn send<E: Endpoint>(&mut self, call: &E, body: &E::Body) -> anyhow::Result<E::Response> {
        let path = url(call);
        let json = serde_json::to_string(body)?;
        let request = with_json(E::METHOD.as_str(), self.server.address(), &path, &json);
        let answer = self.ask(&request, &path, E::STATUS).await?;
        serde_json::from_slice(answer).with_context(|| format!("cannot read the answer to {path}"))
    }

    /// The time of one call, so many times over, ascending.
    pub(super) async fn time(&mut self, path: &str, calls: u32) -> anyhow::Result<Vec<Duration>> {
        let mut measured = time_in_turn(std::slice::from_mut(self), path, calls).await?;
        Ok(measured.pop().unwrap_or_default())
    }

    async fn once(&mut self, path: &str) -> anyhow::Result<Duration> {
        let request = get(self.server.address(), path);
        let begin = Instant::now();
        self.ask(&request, path, 200).await?;
        Ok(begin.elapsed())
    }

    async fn ask(&mut self, request: &[u8], path: &str, expected: u16) -> anyhow::Result<&[u8]> {
        let answer = self.connection.ask(request).await.with_context(|| format!("no answer to {path}"))?;
        match answer.status {
            status if status == expected => Ok(answer.body),
            status => bail!("{path} was answered {status}: {}", String::from_utf8_lossy(answer.body)),
        }
    }
}

/// The time of one call of several servers, so many times over, ascending. They are asked in turn, so that what else the
/// machine does meets all of them alike.
pub(super) async fn time_in_turn(
    clients: &mut [Client<'_>],
    path: &str,
    calls: u32,
) -> anyhow::Result<Vec<Vec<Duration>>> {
    let mut measured = vec![Vec::new(); clients.len()];
    for round in 0..WARM_UPS.saturating_add(calls) {
        for (client, latencies) in clients.iter_mut().zip(&mut measured) {
            let latency = client.once(path).await?;
            if round >= WARM_UPS {
                latencies.push(latency);
            }
        }
    }
    measured.iter_mut().for_each(|latencies| latencies.sort_unstable());
    Ok(measured)
}
