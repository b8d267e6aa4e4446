//! What the forms of this page have in common.

use std::future::Future;

use leptos::prelude::*;
use telemetrics_common::Role;

use crate::api::ApiError;
use crate::components::CopyButton;
use crate::reactive::spawn;

/// Something that is being sent, and what came of it.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    pub(super) busy: RwSignal<bool>,
    pub(super) error: RwSignal<Option<String>>,
}

impl Sending {
    pub(super) fn new() -> Self {
        Self { busy: RwSignal::new(false), error: RwSignal::new(None) }
    }

    /// Waits for an answer and takes it, unless the page has been left by then.
    pub(super) fn send<T: 'static>(
        self,
        answer: impl Future<Output = Result<T, ApiError>> + 'static,
        take: impl FnOnce(T) + 'static,
    ) {
        self.busy.set(true);
        self.error.set(None);
        spawn(async move {
            let answer = answer.await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(answer) => take(answer),
                Err(error) => self.error.set(Some(error.to_string())),
            }
        });
    }
}

/// What went wrong.
#[component]
pub(super) fn Wrong(sending: Sending) -> impl IntoView {
    view! { <p class="field__error" role="alert">{move || sending.error.get()}</p> }
}

/// A field of a form with its label.
#[component]
pub(super) fn Field(
    id: &'static str,
    label: &'static str,
    text: RwSignal<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            <input
                id=id
                class="input"
                type=kind
                required
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
            />
        </div>
    }
}

pub(super) const ROLES: [Role; 3] = [Role::Viewer, Role::Maintainer, Role::Admin];

pub(super) fn name_of(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Maintainer => "maintainer",
        Role::Admin => "admin",
    }
}

/// A choice among the roles up to one.
#[component]
pub(super) fn RoleChoice(
    id: String,
    label: &'static str,
    #[prop(default = false)] hidden_label: bool,
    #[prop(into)] chosen: Signal<Role>,
    most: Role,
    on_choose: Callback<Role>,
) -> impl IntoView {
    let choose = move |event| {
        let name = event_target_value(&event);
        if let Some(role) = ROLES.into_iter().find(|role| name_of(*role) == name) {
            on_choose.run(role);
        }
    };
    let options = ROLES.into_iter().filter(|role| *role <= most).map(|role| {
        view! { <option value=name_of(role) selected=move || chosen.get() == role>{name_of(role)}</option> }
    });
    view! {
        <div class="field">
            <label class=if hidden_label { "sr-only" } else { "field__label" } for=id.clone()>{label}</label>
            <select id=id class="input select" prop:value=move || name_of(chosen.get()) on:change=choose>
                {options.collect_view()}
            </select>
        </div>
    }
}

/// A secret that the server shows once.
#[component]
pub(super) fn ShownOnce(
    /// What it is.
    what: String,
    /// The secret.
    secret: String,
) -> impl IntoView {
    let text = secret.clone();
    view! {
        <div class="outcome outcome--secret" role="status" data-testid="secret">
            <p>{what} " It is not shown again."</p>
            <p class="secret"><code>{secret}</code><CopyButton text=Signal::stored(text) /></p>
        </div>
    }
}
