//! What is around all pages of the view: the ways between them, and how the never-guilty list stands.

use leptos::prelude::*;
use leptos_router::components::{A, Outlet};

use super::address::{HIDDEN, NEVER_GUILTY, use_addresses};
use super::judgement::{Judgement, JudgementBar};

/// The whole view.
#[component]
pub fn CrashesPage() -> impl IntoView {
    Judgement::provide();
    let addresses = use_addresses();
    let pages = [("", "Top crashes"), (NEVER_GUILTY, "Never-guilty"), (HIDDEN, "Hidden")];
    view! {
        <div class="page crashes">
            <nav class="subnav" aria-label="Crashes">
                {pages.map(|(page, name)| view! {
                    <A href=move || addresses.page(page) exact=page.is_empty() attr:class="subnav__item">{name}</A>
                })}
            </nav>
            <JudgementBar />
            <Outlet />
        </div>
    }
}
