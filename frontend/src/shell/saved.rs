//! Saved views: addresses of the dashboard with their filters, under a name.

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_location;
use telemetrics_common::Role;
use telemetrics_common::saved_views::{ListSavedViews, NewView, RemoveView, SaveView, SavedView, SavedViews};

use crate::api::call;
use crate::components::{CopyButton, Dialog, Field, Icon, Sending, Symbol, Wrong, close_dialog};
use crate::reactive::effect;
use crate::{browser, session};

/// The button in the header, and what it opens.
#[component]
pub(super) fn SavedButton() -> impl IntoView {
    let open = RwSignal::new(false);
    let close = Callback::new(move |()| open.set(false));
    view! {
        <button type="button" class="icon-button" aria-label="Saved views" title="Saved views"
            on:click=move |_| open.set(true)>
            <Icon symbol=Symbol::Star />
        </button>
        {move || open.get().then(|| view! { <Saved close /> })}
    }
}

#[component]
fn Saved(close: Callback<()>) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let known = RwSignal::new(None::<Vec<SavedView>>);
    let sending = Sending::new();
    let take = move |answer: SavedViews| known.set(Some(answer.views));
    effect(move || sending.send(async { call(&ListSavedViews {}, &()).await }, take));
    let remove = Callback::new(move |id: i64| sending.send(async move { call(&RemoveView { id }, &()).await }, take));
    let leave = Callback::new(move |()| close_dialog(node));
    let is_empty = move || known.with(|known| known.as_ref().is_some_and(Vec::is_empty));
    view! {
        <Dialog node title="Saved views" on_close=close>
            <Show when=is_empty>
                <p class="muted">"None yet. What is saved is the page with its filters and its time range."</p>
            </Show>
            <ul class="saved" aria-label="Saved views">
                <For each=move || known.get().unwrap_or_default() key=|view| view.id let:view>
                    <Entry view sending remove leave />
                </For>
            </ul>
            <Form sending known />
            <Wrong sending />
            <div class="confirm__actions">
                <button type="button" class="button" on:click=move |_| leave.run(())>"Close"</button>
            </div>
        </Dialog>
    }
}

#[component]
fn Entry(view: SavedView, sending: Sending, remove: Callback<i64>, leave: Callback<()>) -> impl IntoView {
    let SavedView { id, name, address, shared, removable, .. } = view;
    let label = format!("Remove {name}");
    view! {
        <li class="saved__view">
            <span class="saved__name"><A href=address on:click=move |_| leave.run(())>{name}</A></span>
            {shared.then(|| view! { <span class="tag">"for everybody"</span> })}
            {removable.then(|| view! {
                <button type="button" class="icon-button" aria-label=label.clone() title=label
                    disabled=move || sending.busy.get() on:click=move |_| remove.run(id)>
                    <Icon symbol=Symbol::Close />
                </button>
            })}
        </li>
    }
}

/// Gives the open page a name, or its address to somebody else.
#[component]
fn Form(sending: Sending, known: RwSignal<Option<Vec<SavedView>>>) -> impl IntoView {
    let location = use_location();
    let address = Signal::derive(move || {
        let (path, search) = (location.pathname.get(), location.search.get());
        let search = search.trim_start_matches('?');
        if search.is_empty() { path } else { format!("{path}?{search}") }
    });
    let link = Signal::derive(move || format!("{}{}", browser::origin(), address.get()));
    let (name, shared) = (RwSignal::new(String::new()), RwSignal::new(false));
    // Where nobody has an account all is for everybody.
    let may_share = session::has(Role::Maintainer) && !session::me().open;
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let view = NewView { name: name.get(), address: address.get(), shared: shared.get() };
        sending.send(async move { call(&SaveView {}, &view).await }, move |answer| {
            known.set(Some(answer.views));
            name.set(String::new());
        });
    };
    let is_named = move || !name.with(|name| name.trim().is_empty());
    view! {
        <form class="saved__form" on:submit=save>
            <Field id="saved-name" label="Name of this page" text=name />
            {may_share.then(|| view! {
                <label class="choice__item">
                    <input type="checkbox" prop:checked=move || shared.get()
                        on:change=move |event| shared.set(event_target_checked(&event)) />
                    "For everybody"
                </label>
            })}
            <div class="toolbar">
                <button type="submit" class="button button--primary"
                    disabled=move || sending.busy.get() || !is_named()>"Save this page"</button>
                <CopyButton text=link label="Copy its link" />
            </div>
        </form>
    }
}
