//! The `telemetrics` program with one view more.

use std::process::ExitCode;

use rust_embed::RustEmbed;
use telemetrics_backend::cli;
use telemetrics_backend::server::assets::Dashboard;

/// What Trunk has built of this workspace's dashboard.
#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Dist;

fn main() -> ExitCode {
    cli::run(|| boot_time_server::app().with_dashboard(Dashboard::new(Dist)))
}
