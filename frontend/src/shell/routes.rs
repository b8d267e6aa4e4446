//! The routes, made from the views.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::tachys::view::iterators::StaticVec;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Redirect;
use leptos_router::{NavigateOptions, NestedRoute, StaticSegment};

use crate::app::View;
use crate::views::access::{ACCESS_PATH, AccessPage, LOGIN_PATH, LogInPage};
use crate::views::audit::{AUDIT_PATH, AuditPage};
use crate::views::quarantine::{QUARANTINE_PATH, QuarantinePage};
use crate::views::reference::{REFERENCE_PATH, ReferencePage};
use crate::views::server::{INGEST_PATH, IngestPage, PRIVACY_PATH, PrivacyPage, STORAGE_PATH, StoragePage};

/// Routes of all views, of the start page, which is the first view, and of pages that are no view.
/// To be used inside `<Routes>`, once.
#[component(transparent)]
pub(super) fn ViewRoutes(views: Vec<Arc<dyn View>>) -> AnyNestedRoute {
    let start = views.first().map(|view| format!("/{}", view.info().slug));
    let mut routes: Vec<AnyNestedRoute> = views.into_iter().map(view_route).collect();
    if let Some(start) = start {
        let home = move || {
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            view! { <Redirect path=start.clone() options /> }
        };
        routes.push(NestedRoute::new(StaticSegment(""), home).into_any_nested_route());
    }
    let quarantine = StaticSegment(QUARANTINE_PATH.trim_start_matches('/'));
    routes.push(NestedRoute::new(quarantine, QuarantinePage).into_any_nested_route());
    let access = StaticSegment(ACCESS_PATH.trim_start_matches('/'));
    routes.push(NestedRoute::new(access, AccessPage).into_any_nested_route());
    let login = StaticSegment(LOGIN_PATH.trim_start_matches('/'));
    routes.push(NestedRoute::new(login, LogInPage).into_any_nested_route());
    let audit = StaticSegment(AUDIT_PATH.trim_start_matches('/'));
    routes.push(NestedRoute::new(audit, AuditPage).into_any_nested_route());
    let reference = StaticSegment(REFERENCE_PATH.trim_start_matches('/'));
    routes.push(NestedRoute::new(reference, ReferencePage).into_any_nested_route());
    let server = |path: &'static str| (StaticSegment("server"), StaticSegment(path.trim_start_matches("/server/")));
    routes.push(NestedRoute::new(server(INGEST_PATH), IngestPage).into_any_nested_route());
    routes.push(NestedRoute::new(server(STORAGE_PATH), StoragePage).into_any_nested_route());
    routes.push(NestedRoute::new(server(PRIVACY_PATH), PrivacyPage).into_any_nested_route());
    StaticVec::from(routes).into_any_nested_route()
}

fn view_route(view: Arc<dyn View>) -> AnyNestedRoute {
    let slug = StaticSegment(view.info().slug);
    let mut below = view.subroutes();
    let page = NestedRoute::new(slug, move || view.page());
    if below.is_empty() {
        return page.into_any_nested_route();
    }
    // An outlet stays dead when nothing was in it at first, so there is always something.
    below.push(NestedRoute::new(StaticSegment(""), || ()).into_any_nested_route());
    page.child(StaticVec::from(below)).into_any_nested_route()
}
