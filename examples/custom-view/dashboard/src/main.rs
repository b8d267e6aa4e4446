//! The dashboard with one view more.

use boot_time_dashboard::BootTime;
use telemetrics_frontend::{App, views};

fn main() {
    App::new().with_views(views::builtin()).with_view_before("updates", BootTime).mount();
}
