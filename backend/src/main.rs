//! The `telemetrics` program with the views of the core.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use rust_embed::RustEmbed;
use telemetrics_backend::server::assets::Dashboard;
use telemetrics_backend::{App, cli, views};

/// What a request's thread asks for, the database's gives back: the C library's own is slow at that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What Trunk built. Empty in a program that was built before the dashboard.
#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Dist;

fn main() -> ExitCode {
    cli::run(|| App::new().with_views(views::builtin()).with_dashboard(Dashboard::new(Dist)))
}
