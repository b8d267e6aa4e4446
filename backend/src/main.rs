//! The `telemetrics` program with the views of the core.

use std::process::ExitCode;

use telemetrics_backend::{App, cli, views};

fn main() -> ExitCode {
    cli::run(|| App::new().with_views(views::builtin()))
}
