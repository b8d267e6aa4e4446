//! What is shown when something went wrong.

use leptos::prelude::*;

use super::{Icon, Symbol};

/// Says what happened, and offers to try again.
#[component]
pub fn ErrorBox(
    /// What could not be done.
    #[prop(into)]
    title: String,
    /// What happened.
    #[prop(into)]
    message: String,
    /// Tries again; without it nothing is offered.
    #[prop(optional, into)]
    retry: Option<Callback<()>>,
    /// Another way out, such as a link.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="error" role="alert">
            <span class="error__icon"><Icon symbol=Symbol::Alert /></span>
            <div class="error__body">
                <p class="error__title">{title}</p>
                <p class="error__message">{message}</p>
                <div class="error__actions">
                    {retry.map(|retry| view! {
                        <button type="button" class="button" on:click=move |_| retry.run(())>"Try again"</button>
                    })}
                    {children.map(|children| children())}
                </div>
            </div>
        </div>
    }
}
