//! `telemetrics openapi`.

use std::io::Write;

use crate::app::App;

pub(super) fn run(app: &App) -> anyhow::Result<()> {
    let document = app.openapi()?.to_pretty_json()?;
    writeln!(std::io::stdout(), "{document}")?;
    Ok(())
}
