//! One's own account: password, sessions, and logging out.

use leptos::ev;
use leptos::prelude::*;
use telemetrics_common::accounts::{
    ChangePassword, EndSession, ListSessions, LogOut, MIN_PASSWORD_CHARS, Me, NewPassword, Session,
};

use super::parts::name_of;
use crate::api::call;
use crate::components::{Age, Field, Sending, Wrong};
use crate::{api, browser, session};

/// Where one is logged in.
#[derive(Clone, Copy)]
struct Sessions {
    list: RwSignal<Vec<Session>>,
    sending: Sending,
}

impl Sessions {
    fn load(self) {
        self.sending.send(async { call(&ListSessions {}, &()).await }, move |answer| self.list.set(answer.sessions));
    }

    fn end(self, id: i64) {
        let answer = async move { call(&EndSession { id }, &()).await };
        self.sending.send(answer, move |answer| self.list.set(answer.sessions));
    }
}

#[component]
pub(super) fn OwnAccount() -> impl IntoView {
    let me = session::me();
    let (name, role) = (me.name.clone().unwrap_or_default(), me.role.map(name_of).unwrap_or_default());
    let leaving = Sending::new();
    let sessions = Sessions { list: RwSignal::new(Vec::new()), sending: Sending::new() };
    sessions.load();
    let leave = move |_| leaving.send(async { call(&LogOut {}, &()).await }, |_: Me| browser::go("/"));
    view! {
        <section class="card" aria-labelledby="own-title">
            <div class="card__head">
                <h2 class="section-title" id="own-title">{name} " " <span class="tag">{role}</span></h2>
                <button type="button" class="button" disabled=move || leaving.busy.get() on:click=leave>"Log out"</button>
            </div>
            <Wrong sending=leaving />
            <PasswordForm on_change=Callback::new(move |()| sessions.load()) />
            <SessionList sessions />
        </section>
    }
}

#[component]
fn PasswordForm(on_change: Callback<()>) -> impl IntoView {
    let (old, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (sending, done) = (Sending::new(), RwSignal::new(false));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        done.set(false);
        let body = NewPassword { old: old.get_untracked(), new: new.get_untracked() };
        sending.send(async move { call(&ChangePassword {}, &body).await }, move |me: Me| {
            // The session is a new one.
            api::set_csrf(me.csrf);
            old.set(String::new());
            new.set(String::new());
            done.set(true);
            on_change.run(());
        });
    };
    view! {
        <details class="fold">
            <summary>"Change the password"</summary>
            <form class="access-form" on:submit=submit>
                <Field id="old" label="Present password" kind="password" text=old autocomplete="current-password" />
                <Field id="new" label="New password" kind="password" text=new autocomplete="new-password" />
                <button type="submit" class="button button--primary" disabled=move || sending.busy.get()>"Change"</button>
            </form>
            <p class="field__hint">
                {format!("At least {MIN_PASSWORD_CHARS} characters. All other sessions end.")}
            </p>
            <Wrong sending />
            <p class="muted" role="status">{move || done.get().then_some("The password is changed.")}</p>
        </details>
    }
}

#[component]
fn SessionList(sessions: Sessions) -> impl IntoView {
    let sending = sessions.sending;
    let row = move |session: Session| {
        let Session { id, seen_at, address, agent, current, .. } = session;
        let label = format!("End the session from {address}");
        view! {
            <li class="entry">
                <span class="entry__main">{agent}</span>
                <span class="card__meta">{address} <Age time=seen_at /></span>
                {if current {
                    view! { <span class="tag">"this one"</span> }.into_any()
                } else {
                    view! {
                        <button type="button" class="button button--small" aria-label=label
                            disabled=move || sending.busy.get() on:click=move |_| sessions.end(id)>"End"</button>
                    }.into_any()
                }}
            </li>
        }
    };
    view! {
        <h3 class="field__label">"Sessions"</h3>
        <ul class="entries" aria-label="Sessions">
            <For each=move || sessions.list.get() key=|session| (session.id, session.seen_at) children=row />
        </ul>
        <Wrong sending />
    }
}
