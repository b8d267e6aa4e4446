//! The calls that charts are drawn from, as the dashboard makes them when a view is opened.

use anyhow::Context;
use telemetrics_common::Timestamp;
use telemetrics_common::builds::GetBuilds;
use telemetrics_common::crashes::{GetCrashCharts, GetCrashes};
use telemetrics_common::endpoint::url;
use telemetrics_common::mce::GetMce;
use telemetrics_common::overview::GetOverview;
use telemetrics_common::population::{GetMachineDays, GetPopulation};
use telemetrics_common::stats::GetStats;
use telemetrics_common::systems::ListSystems;
use telemetrics_common::thermal::GetThermal;
use telemetrics_common::updates::GetUpdates;

use super::client::Client;
use super::reading::hours_before;
use super::report::Target;

/// What each call is to stay under, in milliseconds.
pub(super) const TARGET: Target = Target::Under(10.0);

/// Those of the Crashes view.
pub(super) fn crashes() -> Vec<(&'static str, String)> {
    vec![
        ("Crashes, 7 days", url(&GetCrashes::default())),
        ("Crashes, 30 days", url(&GetCrashes { days: Some(30), ..GetCrashes::default() })),
        ("Crashes, the charts", url(&GetCrashCharts::default())),
    ]
}

/// The calls, of the system that comes first.
pub(super) async fn paths(client: &mut Client<'_>, until: Timestamp) -> anyhow::Result<Vec<(&'static str, String)>> {
    let systems = client.call(&ListSystems {}).await?.systems;
    let system = systems.into_iter().next().map(|system| system.name).context("the database has no systems")?;
    Ok(paths_of(&system, until))
}

fn paths_of(system: &str, until: Timestamp) -> Vec<(&'static str, String)> {
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
