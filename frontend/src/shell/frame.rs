//! Header, navigation and the place of the page.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::{A, Router, Routes};
use leptos_router::hooks::use_location;
use telemetrics_common::{ViewInfo, query};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::display::DisplayButton;
use super::not_found::NotFound;
use super::palette::Palette;
use super::routes::ViewRoutes;
use super::saved::SavedButton;
use super::scrolling;
use crate::app::{View, Views};
use crate::components::{Clock, Icon, Symbol, Times, ToastRegion, Toasts};
use crate::reactive::{effect, memo};
use crate::renewal::Renewal;
use crate::scope::{Systems, carried, join};
use crate::session;
use crate::views::access::{ACCESS_PATH, LOGIN_PATH};
use crate::views::quarantine::{QUARANTINE_PATH, QuarantineTotal};
use crate::views::records::Columns;
use crate::views::server::{INGEST_PATH, Warnings};

/// How many pixels of the tab before an open one are shown at least.
const TAB_BEFORE: i32 = 56;

/// The whole page.
#[component]
pub fn Shell(
    /// The views, in the order of their tabs.
    views: Vec<Arc<dyn View>>,
) -> impl IntoView {
    Clock::provide();
    Times::provide();
    Toasts::provide();
    scrolling::keep();
    Columns::provide();
    Renewal::provide();
    Systems::provide();
    Warnings::provide(QuarantineTotal::provide());
    Views::provide(&views);
    let infos: Vec<ViewInfo> = views.iter().map(|view| view.info()).collect();
    let tabs: Vec<_> = views.iter().map(|view| (view.info(), view.icon())).collect();
    view! {
        <Router>
            // Marked external, so that the browser and not the router follows it and moves the focus.
            <a class="skip-link" href="#main" rel="external">"Skip to content"</a>
            <header class="header">
                <a class="brand" href="/" aria-label="Telemetrics, start page">
                    <Logo />
                    <span class="brand__name">"Telemetrics"</span>
                </a>
                <nav class="tabs" aria-label="Views">
                    {tabs.into_iter().map(|(tab, icon)| view! { <Tab tab icon /> }).collect_view()}
                </nav>
                <Tools views=infos />
            </header>
            <main id="main" class="main" tabindex="-1">
                <Routes fallback=|| view! { <NotFound /> }>
                    <ViewRoutes views />
                </Routes>
            </main>
            <ToastRegion />
        </Router>
    }
}

/// The way to everywhere, quarantine, access and the display; who has not logged in is offered to.
#[component]
fn Tools(views: Vec<ViewInfo>) -> impl IntoView {
    let me = session::me();
    let name = me.name.clone().unwrap_or_else(|| "Access".to_owned());
    let links = match me.role {
        Some(_) => view! {
            <ServerLink />
            <QuarantineLink />
            <A href=ACCESS_PATH attr:class="tab tab--side" attr:title="Access">
                <Icon symbol=Symbol::Person />
                <span class="tab__text">{name}</span>
            </A>
        }
        .into_any(),
        None => view! { <a class="button button--small" href=LOGIN_PATH>"Log in"</a> }.into_any(),
    };
    view! {
        <nav class="header__side" aria-label="Tools">
            <Palette views />
            {me.role.map(|_| view! { <SavedButton /> })}
            {links}
            <DisplayButton />
        </nav>
    }
}

#[component]
fn ServerLink() -> impl IntoView {
    let warnings = expect_context::<Warnings>();
    view! {
        <A href=INGEST_PATH attr:class="tab tab--side" attr:title="Server">
            <Icon symbol=Symbol::Server />
            <span class="tab__text">"Server"</span>
            {move || warnings.text().map(|count| view! {
                <span class="count count--warn" data-testid="warnings">
                    {count}<span class="sr-only">" warnings"</span>
                </span>
            })}
        </A>
    }
}

#[component]
fn QuarantineLink() -> impl IntoView {
    let quarantine = expect_context::<QuarantineTotal>();
    view! {
        <A href=QUARANTINE_PATH attr:class="tab tab--side" attr:title="Quarantine">
            <Icon symbol=Symbol::Shield />
            <span class="tab__text">"Quarantine"</span>
            {move || quarantine.text().map(|total| view! {
                <span class="count" data-testid="quarantine-total">
                    {total}<span class="sr-only">" kept"</span>
                </span>
            })}
        </A>
    }
}

/// Leads to a view and takes system and time along.
#[component]
fn Tab(tab: ViewInfo, icon: Option<Symbol>) -> impl IntoView {
    let location = use_location();
    let path = format!("/{}", tab.slug);
    let href = move || location.search.with(|search| join(&path, &query::encode(&carried(search))));
    let is_open = memo(move || location.pathname.with(|open| open.split('/').nth(1) == Some(tab.slug)));
    let link = NodeRef::<html::A>::new();
    effect(move || {
        if let Some(link) = link.get().filter(|_| is_open.get()) {
            request_animation_frame(move || bring_into_view(&link));
        }
    });
    view! {
        <a node_ref=link class="tab" href=href aria-current=move || is_open.get().then_some("page")>
            {icon.map(|symbol| view! { <Icon symbol /> })}
            {tab.title}
        </a>
    }
}

/// Scrolls the tabs, where there is no room for all, to one of them and a bit of the one before.
fn bring_into_view(tab: &HtmlElement) {
    if let Some(tabs) = tab.parent_element().and_then(|tabs| tabs.dyn_into::<HtmlElement>().ok()) {
        tabs.set_scroll_left(tab.offset_left() - tabs.offset_left() - TAB_BEFORE);
    }
}

#[component]
fn Logo() -> impl IntoView {
    view! {
        <svg class="brand__logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect width="32" height="32" rx="8" />
            <path d="M5 17h5l3-8 6 15 3-7h5" />
        </svg>
    }
}
