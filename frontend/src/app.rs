//! The dashboard as a whole: a list of views, and how one is written.

use std::sync::Arc;

use leptos::mount::mount_to_body;
use leptos::prelude::*;
use leptos_router::any_nested_route::AnyNestedRoute;
use telemetrics_common::ViewInfo;
use telemetrics_common::records::RecordDetails;
use wasm_bindgen_futures::spawn_local;

use crate::components::Symbol;
use crate::shell::Shell;
use crate::views::access::Entrance;
use crate::{browser, session};

/// A tab of the dashboard with the pages below it.
///
/// ```
/// use leptos::prelude::*;
/// use telemetrics_common::ViewInfo;
/// use telemetrics_frontend::{App, View, views};
///
/// struct Boot;
///
/// impl View for Boot {
///     fn info(&self) -> ViewInfo {
///         ViewInfo::new("boot", "Boot times")
///     }
///
///     fn page(&self) -> AnyView {
///         view! { <h1>"Boot times"</h1> }.into_any()
///     }
/// }
///
/// let app = App::new().with_views(views::builtin()).with_view(Boot);
/// ```
pub trait View: Send + Sync + 'static {
    /// Its address and the tab's text.
    fn info(&self) -> ViewInfo;

    /// What is shown at `/slug`, built anew each time somebody comes.
    fn page(&self) -> AnyView;

    /// A pictogram before the tab's text.
    fn icon(&self) -> Option<Symbol> {
        None
    }

    /// A card on the overview, as wide as a third of it. It asks for its own numbers.
    fn tile(&self) -> Option<AnyView> {
        None
    }

    /// A better display of a record's payload than its text, if the view has one for this record. It is shown above
    /// the text. Where several views have one, the first tab's is taken.
    fn payload(&self, _record: &RecordDetails) -> Option<AnyView> {
        None
    }

    /// Routes below `/slug`, shown where [`Self::page`] has its `<Outlet/>`. The page stays as it is
    /// while one changes for another; at `/slug` itself the outlet is empty, unless one of them has the empty path.
    fn subroutes(&self) -> Vec<AnyNestedRoute> {
        Vec::new()
    }
}

/// Builds the dashboard from views, in the order of their tabs. The first one is the start page.
#[derive(Clone, Default)]
pub struct App {
    views: Vec<Arc<dyn View>>,
}

impl App {
    /// A dashboard without views.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds views behind those that are there.
    #[must_use]
    pub fn with_views(mut self, views: impl IntoIterator<Item = Arc<dyn View>>) -> Self {
        self.views.extend(views);
        self
    }

    /// Adds one view behind those that are there.
    #[must_use]
    pub fn with_view(self, view: impl View) -> Self {
        self.with_views([Arc::new(view) as Arc<dyn View>])
    }

    /// Adds a view before the one with that slug; behind all others, if there is none.
    #[must_use]
    pub fn with_view_before(mut self, slug: &str, view: impl View) -> Self {
        let place = self.views.iter().position(|other| other.info().slug == slug).unwrap_or(self.views.len());
        self.views.insert(place, Arc::new(view));
        self
    }

    /// Shows the dashboard in the page's body, in place of the notice that it is loading.
    pub fn mount(self) {
        console_error_panic_hook::set_once();
        spawn_local(async move {
            let me = session::load().await;
            browser::remove_element("boot");
            mount_to_body(move || {
                let entrance = session::must_log_in(&me).then_some(me.first_account);
                let shown: Vec<_> = self.views.into_iter().filter(|view| view.info().is_for(me.role)).collect();
                session::provide(me);
                match entrance {
                    Some(first_account) => view! { <Entrance first_account /> }.into_any(),
                    None => view! { <Shell views=shown /> }.into_any(),
                }
            });
        });
    }
}

/// The views that there are, for pages that show something of each.
#[derive(Clone)]
pub(crate) struct Views(Arc<[Arc<dyn View>]>);

impl Views {
    /// Tells all components below.
    pub(crate) fn provide(views: &[Arc<dyn View>]) {
        provide_context(Self(views.into()));
    }

    /// Their cards on the overview, in the order of their tabs.
    pub(crate) fn tiles() -> Vec<AnyView> {
        Self::all().0.iter().filter_map(|view| view.tile()).collect()
    }

    /// The display of a record's payload.
    pub(crate) fn payload(record: &RecordDetails) -> Option<AnyView> {
        Self::all().0.iter().find_map(|view| view.payload(record))
    }

    fn all() -> Self {
        use_context().unwrap_or_else(|| Self(Arc::new([])))
    }
}
