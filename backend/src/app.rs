//! A server put together from views.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use axum::Router;
use serde_json::Value;
use telemetrics_common::document::GetDocument;
use telemetrics_common::systems::{ListSystems, Systems};
use telemetrics_common::views::{ListViews, ViewEntry};
use telemetrics_common::{Timestamp, ViewInfo};
use tokio_util::sync::CancellationToken;
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder};

use crate::access::sign_on::SignOn;
use crate::access::{Caller, Gate};
use crate::api::{self, Routes, endpoint, endpoint_as};
use crate::config::{Config, Database};
use crate::extension::Extension;
use crate::in_force::InForce;
use crate::ingest::limits::Limits;
use crate::ingest::privacy::MachineKey;
use crate::ingest::writer::Writer;
use crate::jobs::Jobs;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::server::assets::{self, Dashboard};
use crate::store::{self, Store};
use crate::views::{self, View};
use crate::watch::Watch;

/// What every request has at hand. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What all requests share. What is hidden here is for the core's own handlers.
#[non_exhaustive]
pub struct Shared {
    /// How the server was told to be.
    pub config: Config,
    /// Where records are kept.
    pub store: Store,
    /// The way of new records into the store.
    #[doc(hidden)]
    pub writer: Writer,
    /// Who may do what.
    #[doc(hidden)]
    pub gate: Gate,
    /// The way to a provider of logins, if there is one.
    #[doc(hidden)]
    pub sign_on: Option<SignOn>,
    /// How much the collector takes from whom.
    #[doc(hidden)]
    pub limits: Limits,
    /// New records for those who listen.
    #[doc(hidden)]
    pub live: Live,
    /// What machines' ids are hashed with, if they are.
    #[doc(hidden)]
    pub machine_key: Option<MachineKey>,
    /// What admins change while servers run.
    #[doc(hidden)]
    pub in_force: InForce,
    /// What the server sees of itself.
    #[doc(hidden)]
    pub watch: Watch,
    /// What takes long.
    #[doc(hidden)]
    pub jobs: Jobs,
    /// What the server counts about itself.
    #[doc(hidden)]
    pub metrics: Arc<Metrics>,
    /// Ends answers that have no end of their own.
    pub stopping: CancellationToken,
    /// The server's clock.
    pub clock: fn() -> Timestamp,
    /// The views that there are, in the order of their tabs.
    pub views: Vec<ViewInfo>,
    /// The files of the dashboard.
    pub dashboard: Dashboard,
}

impl From<Shared> for AppState {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl AppState {
    /// The time by the server's clock.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// A server's views, in the order of their tabs, and the dashboard that shows them.
///
/// ```
/// use telemetrics_backend::{App, views};
///
/// let app = App::new().with_views(views::builtin());
/// assert_eq!(app.views()[0].slug, "overview");
/// let document = app.openapi()?;
/// assert!(document.paths.paths.contains_key("/api/v1/records"));
/// # Ok::<(), telemetrics_backend::app::AppError>(())
/// ```
#[derive(Default)]
pub struct App {
    views: Vec<Box<dyn View>>,
    dashboard: Dashboard,
}

/// Why views do not fit together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// A slug that cannot stand in an address.
    #[error("the view `{0}` must have a slug of lower-case letters, digits and `-`")]
    BadSlug(&'static str),
    /// Two views with one slug.
    #[error("there are two views `{0}`")]
    TwoViews(&'static str),
    /// A route that another view, or the core, has already.
    #[error("the view `{view}` has a route that is there already: {path}")]
    TwoRoutes {
        /// The view that came second.
        view: &'static str,
        /// The path.
        path: String,
    },
    /// The description of the API cannot be written.
    #[error("the description of the API cannot be written: {0}")]
    Document(String),
}

impl App {
    /// A server without views.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a view behind the others.
    #[must_use]
    pub fn with_view(mut self, view: impl View) -> Self {
        self.views.push(Box::new(view));
        self
    }

    /// Adds views behind the others.
    #[must_use]
    pub fn with_views(mut self, views: impl IntoIterator<Item = Box<dyn View>>) -> Self {
        self.views.extend(views);
        self
    }

    /// Adds a view before the one with that slug; behind all others, if there is none.
    #[must_use]
    pub fn with_view_before(mut self, slug: &str, view: impl View) -> Self {
        let place = self.views.iter().position(|other| other.info().slug == slug).unwrap_or(self.views.len());
        self.views.insert(place, Box::new(view));
        self
    }

    /// Serves a dashboard: the files that Trunk has built.
    #[must_use]
    pub fn with_dashboard(mut self, dashboard: Dashboard) -> Self {
        self.dashboard = dashboard;
        self
    }

    /// The dashboard's files.
    pub(crate) fn dashboard(&self) -> &Dashboard {
        &self.dashboard
    }

    /// What the views bring besides their routes.
    fn extensions(&self) -> Vec<Extension> {
        let extensions = self.views.iter().filter_map(|view| {
            let (schema, hook) = (view.schema(), view.hook());
            let brings_something = !schema.is_empty() || hook.is_some();
            brings_something.then(|| Extension::new(view.info().slug, schema, hook))
        });
        extensions.collect()
    }

    /// How a database is opened for records to come in: with what the views bring.
    pub(crate) fn options(&self, database: &Database) -> store::Options {
        store::Options { extensions: self.extensions(), ..database.options() }
    }

    /// What the views say about themselves, in the order of their tabs.
    pub fn views(&self) -> Vec<ViewInfo> {
        self.views.iter().map(|view| view.info()).collect()
    }

    /// The documentation of the API.
    ///
    /// # Errors
    /// When the views do not fit together.
    pub fn openapi(&self) -> Result<OpenApi, AppError> {
        self.routes(&Arc::default()).map(|routes| routes.split_for_parts().1)
    }

    /// Everything that the server answers, without the layers around it.
    ///
    /// # Errors
    /// When the views do not fit together.
    pub(crate) fn into_router(self, state: AppState) -> Result<Router, AppError> {
        let document = Arc::new(OnceLock::new());
        let (router, described) = self.routes(&document)?.split_for_parts();
        let described = serde_json::to_value(described).map_err(|error| AppError::Document(error.to_string()))?;
        // It is new, so that nothing is in it.
        let _ = document.set(described);
        let router = router
            .route("/api/{*rest}", axum::routing::any(api::not_found))
            .fallback(assets::file_or_index)
            .method_not_allowed_fallback(api::method_not_allowed);
        Ok(router.with_state(state))
    }

    /// All routes that are documented; the document of which they are asked for is filled in later.
    fn routes(&self, whole: &Arc<OnceLock<Value>>) -> Result<Routes, AppError> {
        let whole = Arc::clone(whole);
        let get_document = move |_, GetDocument {}, ()| {
            let document = whole.get().cloned().unwrap_or_default();
            async move { Ok(document) }
        };
        let document = OpenApiBuilder::new().info(
            Info::builder().title("Telemetrics").version(env!("CARGO_PKG_VERSION")).description(Some(
                "Records from a fleet's machines. Errors are `{\"message\": …}` with the right status.",
            )),
        );
        let mut all = Routes::with_openapi(document.build())
            .merge(api::machines::routes())
            .routes(endpoint::<GetDocument, _, _>(get_document))
            .routes(endpoint_as::<ListViews, _, _, _>(list_views))
            .routes(endpoint::<ListSystems, _, _>(list_systems))
            .merge(views::accounts::routes())
            .merge(views::audit::routes())
            .merge(views::ingest::routes())
            .merge(views::storage::routes())
            .merge(views::retention::routes())
            .merge(views::telemetry_ids::routes())
            .merge(views::privacy::routes())
            .merge(views::saved_views::routes())
            .merge(views::sign_on::routes());
        let mut slugs = BTreeSet::new();
        for view in &self.views {
            let slug = view.info().slug;
            let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            if slug.is_empty() || !slug.bytes().all(fits) {
                return Err(AppError::BadSlug(slug));
            }
            if !slugs.insert(slug) {
                return Err(AppError::TwoViews(slug));
            }
            let routes = view.routes();
            // axum panics on two routes of one path, so they are looked for first.
            let known: BTreeSet<String> = all.get_openapi().paths.paths.keys().map(|path| unnamed(path)).collect();
            let is_there = |path: &&String| known.contains(&unnamed(path));
            if let Some(path) = routes.get_openapi().paths.paths.keys().find(is_there) {
                return Err(AppError::TwoRoutes { view: slug, path: path.clone() });
            }
            all = all.merge(routes);
        }
        Ok(all)
    }
}

/// A path without the names of its parameters, which make no difference to the router.
fn unnamed(path: &str) -> String {
    let mut parts = path.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| path + "{}" + part.split_once('}').map_or("", |(_, rest)| rest))
}

async fn list_systems(state: AppState, _: ListSystems, (): ()) -> crate::Result<Systems> {
    store::systems::list(&state.store.aside()).await
}

async fn list_views(state: AppState, caller: Caller, _: ListViews, (): ()) -> crate::Result<Vec<ViewEntry>> {
    let shown = state.views.iter().filter(|view| view.is_for(caller.role));
    Ok(shown.map(|&view| view.into()).collect())
}

#[cfg(test)]
mod tests {
    use telemetrics_common::Access;

    use super::*;

    struct Custom(&'static str);

    impl View for Custom {
        fn info(&self) -> ViewInfo {
            ViewInfo::new(self.0, "Custom")
        }

        fn routes(&self) -> Routes {
            Routes::new()
        }
    }

    #[test]
    fn views_that_do_not_fit_together_are_refused() {
        let check = |app: App, error: AppError| assert_eq!(app.openapi().err(), Some(error));
        check(App::new().with_view(Custom("Boot time")), AppError::BadSlug("Boot time"));
        check(App::new().with_view(Custom("a")).with_view(Custom("a")), AppError::TwoViews("a"));
        let twice = App::new().with_views(views::builtin()).with_view(Doubled);
        let path = "/api/records".to_owned();
        check(twice, AppError::TwoRoutes { view: "doubled", path });
        let renamed = App::new().with_views(views::builtin()).with_view(Renamed);
        let path = "/api/v1/records/{number}".to_owned();
        check(renamed, AppError::TwoRoutes { view: "renamed", path });
    }

    struct Doubled;

    impl View for Doubled {
        fn info(&self) -> ViewInfo {
            ViewInfo::new("doubled", "Doubled")
        }

        fn routes(&self) -> Routes {
            views::records::Records.routes()
        }
    }

    struct Renamed;

    impl View for Renamed {
        fn info(&self) -> ViewInfo {
            ViewInfo::new("renamed", "Renamed")
        }

        fn routes(&self) -> Routes {
            let route = axum::routing::get(async || "a record");
            let path = "/api/v1/records/{number}";
            Routes::new().routes(api::plain::<GetDocument>(path, Access::Account, "A record", "text/plain", route))
        }
    }
}
