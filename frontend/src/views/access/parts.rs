//! What the forms of this page have in common.

use leptos::prelude::*;
use telemetrics_common::Role;
use web_sys::HtmlSelectElement;

use crate::components::CopyButton;

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
        let select: HtmlSelectElement = event_target(&event);
        let name = select.value();
        // Until the answer is there, and when it is a refusal, the role is what it was.
        select.set_value(name_of(chosen.get_untracked()));
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
