//! The calls that charts are drawn from, as the dashboard makes them when a view is opened.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use telemetrics_common::Timestamp;
use telemetrics_common::builds::GetBuilds;
use telemetrics_common::endpoint::url;
use telemetrics_common::mce::GetMce;
use telemetrics_common::overview::GetOverview;
use telemetrics_common::population::{GetMachineDays, GetPopulation};
use telemetrics_common::stats::GetStats;
use telemetrics_common::systems::ListSystems;
use telemetrics_common::thermal::GetThermal;
use telemetrics_common::updates::GetUpdates;

use super::client::{Client, time_in_turn};
use super::reading::hours_before;
use super::report::{Row, Target};
use super::server::Server;
use super::stats::{millis, percentile};

/// What each call is to stay under, in milliseconds.
const TARGET: Target = Target::Under(10.0);
/// How much longer the calls together may take when there are more records of the same days.
const GROWTH_TARGET: Target = Target::AtMost(1.3);

/// The times of all calls.
pub(super) struct Charts {
    calls: Vec<(&'static str, Vec<Duration>)>,
}

/// Starts a server on each database and makes each call many times, of all servers in turn. Nothing is kept from one call
/// for the next but SQLite's pages.
pub(super) async fn measure(databases: &[&Path], until: Timestamp) -> anyhow::Result<Vec<Charts>> {
    tracing::info!("measuring: the charts");
    let mut servers = Vec::new();
    for database in databases {
        servers.push(Server::start(database).await?);
    }
    let mut clients = Vec::new();
    for server in &servers {
        clients.push(Client::open(server).await?);
    }
    let first = clients.first_mut().context("there is no database")?;
    let systems = first.call(&ListSystems {}).await?.systems;
    let system = systems.into_iter().next().map(|system| system.name).context("the database has no systems")?;
    let mut charts: Vec<Charts> = databases.iter().map(|_| Charts { calls: Vec::new() }).collect();
    for (what, path) in paths(&system, until) {
        for (charts, times) in charts.iter_mut().zip(time_in_turn(&mut clients, &path).await?) {
            charts.calls.push((what, times));
        }
    }
    drop(clients);
    for server in servers {
        server.stop().await?;
    }
    Ok(charts)
}

fn paths(system: &str, until: Timestamp) -> Vec<(&'static str, String)> {
    let system = Some(system.to_owned());
    // As the dashboard asks for them: from a full hour on, to a day ahead.
    let hour = Timestamp::from_seconds(until.seconds() / 3600 * 3600);
    let days = |days: i64| Some(hours_before(hour, days * 24));
    let to = Some(hours_before(until, -24));
    vec![
        ("Overview, 30 days", url(&GetOverview { from: days(30), to, ..GetOverview::default() })),
        ("Overview, 7 days of one system", url(&GetOverview { system: system.clone(), from: days(7), to })),
        ("Builds of all time", url(&GetBuilds::default())),
        ("Builds, 30 days", url(&GetBuilds { from: days(30), to, ..GetBuilds::default() })),
        ("Stats of all time", url(&GetStats::default())),
        ("Stats, 30 days", url(&GetStats { from: days(30), to, ..GetStats::default() })),
        ("Stats, 7 days of one system", url(&GetStats { system, from: days(7), to })),
        ("MCE of this year", url(&GetMce::default())),
        ("Thermal", url(&GetThermal::default())),
        ("Population", url(&GetPopulation::default())),
        ("Population, machines over 30 days", url(&GetMachineDays::default())),
        ("Updates, 14 days", url(&GetUpdates::default())),
        ("Systems", url(&ListSystems {})),
    ]
}

impl Charts {
    /// One row a call, and how they compare with those of a smaller database.
    pub(super) fn rows(&self, of: &str, smaller: Option<&Self>) -> Vec<Row> {
        let row = |(what, times): &(&str, Vec<Duration>)| {
            Row::new(format!("{what}{of}: median"), millis(percentile(times, 50)), "ms").target(Some(TARGET))
        };
        let mut rows: Vec<Row> = self.calls.iter().map(row).collect();
        if let Some(smaller) = smaller {
            let ratio = self.sum().as_secs_f64() / smaller.sum().as_secs_f64();
            rows.push(
                Row::new(format!("Charts{of}: all medians against those of fewer"), ratio, "ratio")
                    .target(Some(GROWTH_TARGET)),
            );
        }
        rows
    }

    fn sum(&self) -> Duration {
        self.calls.iter().map(|(_, times)| percentile(times, 50)).sum()
    }
}
