//! Logging in, and the page of accounts, sessions and tokens.

mod accounts;
mod enter;
mod own;
mod parts;
mod tokens;

use leptos::prelude::*;
use telemetrics_common::Role;

use crate::browser;
use crate::components::{EmptyState, Symbol};
use crate::session;
use crate::views::server::ServerNav;

pub use enter::{Entrance, LogInPage};

/// Where the page is.
pub const ACCESS_PATH: &str = "/access";
/// Where one logs in while others may read.
pub const LOGIN_PATH: &str = "/login";

/// The page: one's own account, tokens, and for admins all accounts.
#[component]
pub fn AccessPage() -> impl IntoView {
    browser::use_title(|| "Access".to_owned());
    let me = session::me();
    let (named, is_admin, open) = (me.name.is_some(), session::has(Role::Admin), me.open);
    view! {
        <div class="page page--narrow">
            <ServerNav />
            <div class="page__head">
                <div>
                    <h1 class="page__title">"Access"</h1>
                    <p class="page__subtitle">"Who may see this dashboard, and what scripts show instead of a password."</p>
                </div>
            </div>
            <div class="access">
                {open.then(|| view! {
                    <p class="notice" role="note">
                        "There are no accounts: everyone on this machine may do everything. "
                        "The first account that you add must be an admin, and from then on everyone has to log in."
                    </p>
                })}
                {named.then(|| view! { <own::OwnAccount /> })}
                {me.role.is_some().then(|| view! { <tokens::TokenList /> })}
                {is_admin.then(|| view! { <accounts::AccountList /> })}
                {me.role.is_none().then(|| view! {
                    <EmptyState symbol=Symbol::Shield title="You have not logged in">
                        <p><a class="button button--primary" href=LOGIN_PATH>"Log in"</a></p>
                    </EmptyState>
                })}
            </div>
        </div>
    }
}
