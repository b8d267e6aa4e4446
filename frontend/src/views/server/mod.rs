//! How the server is: what comes in, what it takes, what it keeps private. Pages that are no tabs.

mod ingest;
mod machine;
mod privacy;
mod retention;
mod rules;
mod storage;
mod telemetry_ids;

use leptos::prelude::*;
use leptos_router::components::A;
use telemetrics_common::Role;
use telemetrics_common::ingest::GetIngest;

use crate::api::call;
use crate::reactive::spawn;
use crate::session;
use crate::views::access::ACCESS_PATH;
use crate::views::audit::AUDIT_PATH;
use crate::views::quarantine::{QUARANTINE_PATH, QuarantineTotal};
use crate::views::reference::REFERENCE_PATH;

pub use ingest::IngestPage;
pub use privacy::PrivacyPage;
pub use storage::StoragePage;

/// Where one sees what comes in.
pub const INGEST_PATH: &str = "/server/ingest";
/// Where one sees what the database takes.
pub const STORAGE_PATH: &str = "/server/storage";
/// Where one sees what is kept private.
pub const PRIVACY_PATH: &str = "/server/privacy";

/// How many things there are that an operator should look at; shown in the header of every page.
#[derive(Clone, Copy)]
pub struct Warnings(RwSignal<usize>);

impl Warnings {
    /// Asks for them once, for all components below, and for the total of the quarantine with them.
    pub fn provide(quarantine: QuarantineTotal) {
        let warnings = Self(RwSignal::new(0));
        if session::me().role.is_some() {
            spawn(async move {
                // Pages work without it.
                if let Ok(status) = call(&GetIngest {}, &()).await {
                    warnings.tell(status.warnings.len());
                    quarantine.tell(status.quarantined);
                }
            });
        }
        provide_context(warnings);
    }

    /// Takes what has become known.
    pub fn tell(self, count: usize) {
        self.0.set(count);
    }

    /// What the navigation says about them: nothing when all is well.
    pub fn text(self) -> Option<String> {
        Some(self.0.get()).filter(|count| *count > 0).map(|count| count.to_string())
    }
}

/// The way from one of these pages to another.
#[component]
pub(crate) fn ServerNav() -> impl IntoView {
    let is_admin = session::has(Role::Admin);
    let link = |href: &'static str, text: &'static str| view! { <A href=href attr:class="segments__item">{text}</A> };
    view! {
        <nav class="segments server-nav" aria-label="Server">
            {link(INGEST_PATH, "Ingest")}
            {link(STORAGE_PATH, "Storage")}
            {link(PRIVACY_PATH, "Privacy")}
            {link(QUARANTINE_PATH, "Quarantine")}
            {link(ACCESS_PATH, "Access")}
            {is_admin.then(|| link(AUDIT_PATH, "Audit log"))}
            {link(REFERENCE_PATH, "API")}
        </nav>
    }
}
