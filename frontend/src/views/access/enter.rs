//! The pages in front of the dashboard: logging in, and making the first account.

use leptos::ev;
use leptos::prelude::*;
use telemetrics_common::accounts::{
    Credentials, FIRST_ACCOUNT_PATH, FirstAccount, LogIn, MIN_PASSWORD_CHARS, MakeFirstAccount, Me, SIGN_ON_PATH,
};

use crate::api::call;
use crate::browser;
use crate::components::{Field, Sending, Wrong};
use crate::session;

/// What is shown instead of the dashboard as long as nobody has logged in.
#[component]
pub fn Entrance(
    /// Whether there is no account yet.
    first_account: bool,
) -> impl IntoView {
    let secret = browser::fragment();
    let page = match (first_account, secret) {
        (true, Some(secret)) => view! { <MakeFirst secret /> }.into_any(),
        (true, None) if !session::me().sign_on => view! { <NoAccount /> }.into_any(),
        _ => view! { <LogInPage /> }.into_any(),
    };
    view! { <main id="main" class="main">{page}</main> }
}

/// Asks for name and password.
#[component]
pub fn LogInPage() -> impl IntoView {
    browser::use_title(|| "Log in".to_owned());
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sending = Sending::new();
    // What a provider of logins has led back with.
    let problem = browser::parameter("problem");
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let credentials = Credentials { name: name.get_untracked(), password: password.get_untracked() };
        sending.send(async move { call(&LogIn {}, &credentials).await }, entered);
    };
    view! {
        <section class="page entrance"><div class="card">
            <h1 class="page__title">"Log in to Telemetrics"</h1>
            {problem.map(|problem| view! { <p class="field__error" role="alert">{problem}</p> })}
            {session::me().sign_on.then(|| view! {
                <a class="button button--primary" href=SIGN_ON_PATH rel="external">"Log in with your organisation"</a>
                <p class="muted">"or with a password of this server:"</p>
            })}
            <form class="entrance__form" on:submit=submit>
                <Field id="name" label="Name" text=name autocomplete="username" />
                <Field id="password" label="Password" kind="password" text=password autocomplete="current-password" />
                <Wrong sending />
                <button type="submit" class="button button--primary" disabled=move || sending.busy.get()>
                    {move || if sending.busy.get() { "Logging in…" } else { "Log in" }}
                </button>
            </form>
            <p class="field__hint">"Forgotten? An admin can give you a new password."</p>
        </div></section>
    }
}

/// Loads the dashboard anew, at the same address unless that was only for coming in.
fn entered(_: Me) {
    let path = browser::path();
    if path == FIRST_ACCOUNT_PATH || path == super::LOGIN_PATH {
        browser::go("/");
    } else {
        browser::reload();
    }
}

#[component]
fn MakeFirst(secret: String) -> impl IntoView {
    browser::use_title(|| "First account".to_owned());
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sending = Sending::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let new =
            FirstAccount { secret: secret.clone(), name: name.get_untracked(), password: password.get_untracked() };
        sending.send(async move { call(&MakeFirstAccount {}, &new).await }, entered);
    };
    view! {
        <section class="page entrance"><div class="card">
            <h1 class="page__title">"Make the first account"</h1>
            <p>"It is an admin, who can then add accounts for others."</p>
            <form class="entrance__form" on:submit=submit>
                <Field id="name" label="Name" text=name autocomplete="username" />
                <Field id="password" label="Password" kind="password" text=password autocomplete="new-password" />
                <p class="field__hint">{format!("At least {MIN_PASSWORD_CHARS} characters.")}</p>
                <Wrong sending />
                <button type="submit" class="button button--primary" disabled=move || sending.busy.get()>
                    "Make the account"
                </button>
            </form>
        </div></section>
    }
}

#[component]
fn NoAccount() -> impl IntoView {
    browser::use_title(|| "First account".to_owned());
    view! {
        <section class="page entrance"><div class="card">
            <h1 class="page__title">"There are no accounts yet"</h1>
            <p>
                "When it started, the server printed a link that makes the first account. It is valid for a day; "
                "start the server again for a new one, or make an account at its command line:"
            </p>
            <pre class="snippet__text">"telemetrics user add NAME --role admin"</pre>
        </div></section>
    }
}
