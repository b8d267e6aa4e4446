//! The page for addresses that lead nowhere.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::browser;
use crate::components::{EmptyState, Symbol};

#[component]
pub(super) fn NotFound() -> impl IntoView {
    browser::use_title(|| "Not found".to_owned());
    let path = use_location().pathname;
    view! {
        <div class="page page--narrow">
            <h1 class="page__title">"Nothing here"</h1>
            <EmptyState symbol=Symbol::Search title="This page does not exist">
                <p>"There is nothing at " <code>{move || path.get()}</code> "."</p>
                <p><a class="button button--primary" href="/">"Go to the start page"</a></p>
            </EmptyState>
        </div>
    }
}
