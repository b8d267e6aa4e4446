//! The `telemetrics` program with the views of the core.

use std::process::ExitCode;

use rust_embed::RustEmbed;
use telemetrics_backend::server::assets::Dashboard;
use telemetrics_backend::{App, cli, views};

/// What Trunk built. Empty in a program that was built before the dashboard.
#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Dist;

fn main() -> ExitCode {
    cli::run(|| App::new().with_views(views::builtin()).with_dashboard(Dashboard::new(Dist)))
}
