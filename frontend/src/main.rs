//! Starts the dashboard with the views that come with it.

use telemetrics_frontend::{App, views};

fn main() {
    App::new().with_views(views::builtin()).mount();
}
