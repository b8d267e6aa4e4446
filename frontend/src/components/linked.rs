//! A number or name that leads to what is behind it, if anything is.

use leptos::prelude::*;

/// What is in it, as a link where there is an address.
#[component]
pub fn Linked(
    /// The address.
    href: Option<String>,
    /// What is there, where the link does not say it.
    #[prop(optional, into)]
    title: Option<String>,
    /// The number or name.
    children: Children,
) -> impl IntoView {
    match href {
        Some(href) => view! { <a href=href title=title>{children()}</a> }.into_any(),
        None => children(),
    }
}
