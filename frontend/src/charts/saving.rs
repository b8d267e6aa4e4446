//! A button that saves a table, for what is no chart.

use leptos::prelude::*;

use crate::components::{Icon, Symbol};

/// Saves what is beside it as CSV.
#[component]
pub fn CsvButton(
    /// What is saved.
    title: &'static str,
    /// Saves it.
    save: Callback<()>,
) -> impl IntoView {
    view! {
        <button type="button" class="button button--small" title=format!("{title} as CSV") on:click=move |_| save.run(())>
            <Icon symbol=Symbol::Download />
            <span class="sr-only">"Download " {title} " as "</span>
            "CSV"
        </button>
    }
}
