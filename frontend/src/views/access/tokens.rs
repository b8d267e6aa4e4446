//! Tokens for scripts.

use leptos::ev;
use leptos::prelude::*;
use telemetrics_common::Role;
use telemetrics_common::tokens::{AddToken, GivenToken, ListTokens, NewToken, RevokeToken, Token};

use super::parts::{RoleChoice, ShownOnce, name_of};
use crate::api::call;
use crate::components::{Age, Field, Sending, Wrong};
use crate::session;

/// How long a token lasts unless something else is chosen, in days.
const DAYS: &str = "365";

#[component]
pub(super) fn TokenList() -> impl IntoView {
    let tokens = RwSignal::new(Vec::<Token>::new());
    let sending = Sending::new();
    let load = move || sending.send(async { call(&ListTokens {}, &()).await }, move |list| tokens.set(list.tokens));
    load();
    let revoke = move |id| {
        sending.send(async move { call(&RevokeToken { id }, &()).await }, move |list| tokens.set(list.tokens));
    };
    let row = move |token: Token| {
        let Token { id, name, role, account, expires_at, used_at, .. } = token;
        let label = format!("Revoke {name}");
        view! {
            <li class="entry">
                <span class="entry__main">{name} " " <span class="tag">{name_of(role)}</span></span>
                <span class="card__meta">
                    {account}
                    {match used_at {
                        Some(at) => view! { <span>"used " <Age time=at /></span> }.into_any(),
                        None => view! { <span>"never used"</span> }.into_any(),
                    }}
                    {expires_at.map(|at| view! { <span>"ends " <Age time=at /></span> })}
                </span>
                <button type="button" class="button button--small" aria-label=label
                    disabled=move || sending.busy.get() on:click=move |_| revoke(id)>"Revoke"</button>
            </li>
        }
    };
    view! {
        <section class="card" aria-labelledby="tokens-title">
            <h2 class="section-title" id="tokens-title">"Tokens for scripts"</h2>
            <TokenForm on_made=Callback::new(move |()| load()) />
            <ul class="entries" aria-label="Tokens">
                <For each=move || tokens.get() key=|token| (token.id, token.used_at) children=row />
            </ul>
            <Wrong sending />
        </section>
    }
}

#[component]
fn TokenForm(on_made: Callback<()>) -> impl IntoView {
    let (name, days) = (RwSignal::new(String::new()), RwSignal::new(DAYS.to_owned()));
    let role = RwSignal::new(Role::Viewer);
    let (sending, made) = (Sending::new(), RwSignal::new(None::<GivenToken>));
    let most = session::me().role.unwrap_or(Role::Viewer);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        made.set(None);
        let Ok(days) = days.get_untracked().trim().parse::<u32>() else {
            sending.error.set(Some("days: must be a whole number, 0 for a token that never ends".to_owned()));
            return;
        };
        let new = NewToken {
            name: name.get_untracked(),
            role: role.get_untracked(),
            days: Some(days).filter(|days| *days > 0),
        };
        sending.send(async move { call(&AddToken {}, &new).await }, move |given| {
            made.set(Some(given));
            name.set(String::new());
            on_made.run(());
        });
    };
    view! {
        <form class="access-form" on:submit=submit>
            <Field id="token-name" label="What it is for" text=name />
            <RoleChoice id="token-role".to_owned() label="Role" chosen=role most
                on_choose=Callback::new(move |chosen| role.set(chosen)) />
            <Field id="token-days" label="Days" text=days />
            <button type="submit" class="button button--primary" disabled=move || sending.busy.get()>"Make a token"</button>
        </form>
        <Wrong sending />
        {move || made.get().map(|GivenToken { token, .. }| view! {
            <ShownOnce what="The token, for the header Authorization: Bearer ….".to_owned() secret=token />
        })}
    }
}
