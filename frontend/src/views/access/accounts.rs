//! All accounts, for admins.

use leptos::ev;
use leptos::prelude::*;
use telemetrics_common::Role;
use telemetrics_common::accounts::{
    Account, AccountPatch, AddAccount, GivenPassword, ListAccounts, NewAccount, PatchAccount, ResetPassword,
};

use super::parts::{RoleChoice, ShownOnce};
use crate::api::call;
use crate::components::{Age, Field, Sending, Wrong};
use crate::{browser, session};

/// The accounts, and what was done with them last.
#[derive(Clone, Copy)]
struct List {
    accounts: RwSignal<Vec<Account>>,
    sending: Sending,
    given: RwSignal<Option<GivenPassword>>,
}

impl List {
    fn load(self) {
        self.sending.send(async { call(&ListAccounts {}, &()).await }, move |list| self.accounts.set(list.accounts));
    }

    fn patch(self, name: String, patch: AccountPatch) {
        self.given.set(None);
        let answer = async move { call(&PatchAccount { name }, &patch).await };
        self.sending.send(answer, move |list| self.accounts.set(list.accounts));
    }

    fn reset(self, name: String) {
        self.given.set(None);
        self.sending.send(async move { call(&ResetPassword { name }, &()).await }, move |given| {
            self.given.set(Some(given));
            self.load();
        });
    }
}

#[component]
pub(super) fn AccountList() -> impl IntoView {
    let list = List { accounts: RwSignal::new(Vec::new()), sending: Sending::new(), given: RwSignal::new(None) };
    list.load();
    view! {
        <section class="card" aria-labelledby="accounts-title">
            <h2 class="section-title" id="accounts-title">"Accounts"</h2>
            <AccountForm list />
            {move || list.given.get().map(|GivenPassword { name, password }| view! {
                <ShownOnce what=format!("The password of {name}.") secret=password />
            })}
            <Wrong sending=list.sending />
            <ul class="entries" aria-label="Accounts">
                <For
                    each=move || list.accounts.get()
                    key=|account| (account.name.clone(), account.role, account.disabled, account.login_at)
                    children=move |account| view! { <Entry account list /> }
                />
            </ul>
        </section>
    }
}

#[component]
fn AccountForm(list: List) -> impl IntoView {
    let (name, role) = (RwSignal::new(String::new()), RwSignal::new(Role::Viewer));
    let open = session::me().open;
    if open {
        role.set(Role::Admin);
    }
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        list.given.set(None);
        let new = NewAccount { name: name.get_untracked(), role: role.get_untracked() };
        list.sending.send(async move { call(&AddAccount {}, &new).await }, move |given| {
            list.given.set(Some(given));
            name.set(String::new());
            if !open {
                list.load();
            }
        });
    };
    view! {
        <form class="access-form" on:submit=submit>
            <Field id="account-name" label="Name" text=name />
            <RoleChoice id="account-role".to_owned() label="Role" chosen=role most=Role::Admin
                on_choose=Callback::new(move |chosen| role.set(chosen)) />
            <button type="submit" class="button button--primary" disabled=move || list.sending.busy.get()>
                "Add an account"
            </button>
        </form>
        // The house is closed now, to this page too.
        {move || (open && list.given.with(Option::is_some)).then(|| view! {
            <p>
                <button type="button" class="button" on:click=move |_| browser::reload()>"Go on to log in"</button>
            </p>
        })}
    }
}

#[component]
fn Entry(account: Account, list: List) -> impl IntoView {
    let Account { name, role, disabled, login_at, .. } = account;
    let stored = StoredValue::new(name.clone());
    let patch = move |patch| list.patch(stored.get_value(), patch);
    let choose = Callback::new(move |role| patch(AccountPatch { role: Some(role), disabled: None }));
    let (reset_label, switch_label) =
        (format!("New password for {name}"), format!("{} {name}", if disabled { "Enable" } else { "Disable" }));
    view! {
        <li class="entry" data-account=name.clone()>
            <span class="entry__main">
                {name.clone()} " " {disabled.then(|| view! { <span class="tag tag--off">"off"</span> })}
            </span>
            <span class="card__meta">
                {match login_at {
                    Some(at) => view! { <span>"logged in " <Age time=at /></span> }.into_any(),
                    None => view! { <span>"never logged in"</span> }.into_any(),
                }}
            </span>
            <RoleChoice id=format!("role-of-{name}") label="Role" hidden_label=true chosen=Signal::stored(role)
                most=Role::Admin on_choose=choose />
            <button type="button" class="button button--small" aria-label=reset_label
                disabled=move || list.sending.busy.get() on:click=move |_| list.reset(stored.get_value())>
                "New password"
            </button>
            <button type="button" class="button button--small" aria-label=switch_label
                disabled=move || list.sending.busy.get()
                on:click=move |_| patch(AccountPatch { role: None, disabled: Some(!disabled) })>
                {if disabled { "Enable" } else { "Disable" }}
            </button>
        </li>
    }
}
