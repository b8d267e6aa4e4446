//! Header, navigation and the place of the page.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::components::{A, Router, Routes};
use telemetrics_common::ViewInfo;

use super::not_found::NotFound;
use super::routes::ViewRoutes;
use super::theme::ThemeButton;
use crate::app::View;
use crate::components::{Clock, Icon, Symbol};
use crate::views::quarantine::{QUARANTINE_PATH, QuarantineTotal};

/// The whole page.
#[component]
pub fn Shell(
    /// The views, in the order of their tabs.
    views: Vec<Arc<dyn View>>,
) -> impl IntoView {
    Clock::provide();
    let quarantine = QuarantineTotal::provide();
    let tabs: Vec<ViewInfo> = views.iter().map(|view| view.info()).collect();
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
                    {tabs.into_iter().map(|tab| view! {
                        <A href=format!("/{}", tab.slug) attr:class="tab">{tab.title}</A>
                    }).collect_view()}
                </nav>
                <nav class="header__side" aria-label="Tools">
                    <A href=QUARANTINE_PATH attr:class="tab tab--side">
                        <Icon symbol=Symbol::Shield />
                        <span class="tab__text">"Quarantine"</span>
                        {move || quarantine.text().map(|total| view! {
                            <span class="count" data-testid="quarantine-total">
                                {total}<span class="sr-only">" kept"</span>
                            </span>
                        })}
                    </A>
                    <ThemeButton />
                </nav>
            </header>
            <main id="main" class="main" tabindex="-1">
                <Routes fallback=|| view! { <NotFound /> }>
                    <ViewRoutes views />
                </Routes>
            </main>
        </Router>
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
