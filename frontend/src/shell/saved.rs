//! Saved views: addresses of the dashboard with their filters, under a name.

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_location;
use telemetrics_common::Role;
use telemetrics_common::saved_views::{ListSavedViews, NewView, RemoveView, SaveView, SavedView, SavedViews};

use crate::api::call;
use crate::components::{CopyButton, Dialog, Field, Icon, Sending, Symbol, ToastRegion, Toasts, Wrong, close_dialog};
use crate::reactive::{effect, spawn};
use crate::{browser, session};

/// The views as far as they are known. They outlive the dialog: what is undone later shows in it, open again or not.
#[derive(Clone, Copy)]
struct Known {
    views: RwSignal<Option<Vec<SavedView>>>,
    toasts: Toasts,
}

impl Known {
    fn take(self, answer: SavedViews) {
        self.views.set(Some(answer.views));
    }

    fn show(self, view: &SavedView) {
        self.views.update(|views| put(views.get_or_insert_default(), view.clone()));
    }

    fn hide(self, id: i64) {
        self.views.update(|views| views.iter_mut().for_each(|views| views.retain(|view| view.id != id)));
    }

    /// Takes a view away at once, and shows it again where the server keeps it.
    fn remove(self, view: SavedView) {
        self.hide(view.id);
        spawn(async move {
            match call(&RemoveView { id: view.id }, &()).await {
                Ok(left) => self.removed(view, &left),
                Err(error) => {
                    self.show(&view);
                    let text = format!("{} could not be removed: {error}", view.name);
                    self.toasts.repeatable(text, move || self.remove(view.clone()));
                }
            }
        });
    }

    /// Says so, and offers to save it again, unless that would replace another one of its name.
    fn removed(self, view: SavedView, left: &SavedViews) {
        let text = format!("{} was removed.", view.name);
        if left.views.iter().any(|other| other.removable && other.name == view.name) {
            self.toasts.done(text);
        } else {
            self.toasts.undoable(text, move || self.restore(view.clone()));
        }
    }

    /// Saves a view that was taken away, and hides it again where the server does not take it.
    fn restore(self, view: SavedView) {
        self.show(&view);
        spawn(async move {
            let again = NewView { name: view.name.clone(), address: view.address.clone(), shared: view.shared };
            match call(&SaveView {}, &again).await {
                Ok(answer) => {
                    self.take(answer);
                    self.toasts.done(format!("{} is saved again.", view.name));
                }
                Err(error) => {
                    self.hide(view.id);
                    let text = format!("{} could not be saved again: {error}", view.name);
                    self.toasts.repeatable(text, move || self.restore(view.clone()));
                }
            }
        });
    }
}

/// Puts a view where it belongs by its name.
fn put(views: &mut Vec<SavedView>, view: SavedView) {
    let name = view.name.to_lowercase();
    let place = views.partition_point(|other| other.name.to_lowercase() < name);
    views.insert(place, view);
}

/// The button in the header, and what it opens.
#[component]
pub(super) fn SavedButton() -> impl IntoView {
    let open = RwSignal::new(false);
    let known = Known { views: RwSignal::new(None), toasts: Toasts::of_page() };
    let close = Callback::new(move |()| open.set(false));
    view! {
        <button type="button" class="icon-button" aria-label="Saved views" title="Saved views"
            on:click=move |_| open.set(true)>
            <Icon symbol=Symbol::Star />
        </button>
        {move || open.get().then(|| view! { <Saved known close /> })}
    }
}

#[component]
fn Saved(known: Known, close: Callback<()>) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let sending = Sending::new();
    effect(move || sending.send(async { call(&ListSavedViews {}, &()).await }, move |answer| known.take(answer)));
    let leave = Callback::new(move |()| close_dialog(node));
    let views = known.views;
    let is_empty = move || views.with(|views| views.as_ref().is_some_and(Vec::is_empty));
    view! {
        <Dialog node title="Saved views" on_close=close>
            <Show when=is_empty>
                <p class="muted">"None yet. What is saved is the page with its filters and its time range."</p>
            </Show>
            <ul class="saved" aria-label="Saved views">
                <For each=move || views.get().unwrap_or_default() key=|view| view.id let:view>
                    <Entry view known leave />
                </For>
            </ul>
            <Form sending known />
            <Wrong sending />
            <div class="confirm__actions">
                <button type="button" class="button" on:click=move |_| leave.run(())>"Close"</button>
            </div>
            // The page's own messages cannot be clicked while a dialog is open.
            <ToastRegion />
        </Dialog>
    }
}

#[component]
fn Entry(view: SavedView, known: Known, leave: Callback<()>) -> impl IntoView {
    let SavedView { name, address, shared, removable, .. } = view.clone();
    let label = format!("Remove {name}");
    view! {
        <li class="saved__view">
            <span class="saved__name"><A href=address on:click=move |_| leave.run(())>{name}</A></span>
            {shared.then(|| view! { <span class="tag">"for everybody"</span> })}
            {removable.then(|| view! {
                <button type="button" class="icon-button" aria-label=label.clone() title=label
                    on:click=move |_| known.remove(view.clone())>
                    <Icon symbol=Symbol::Close />
                </button>
            })}
        </li>
    }
}

/// Gives the open page a name, or its address to somebody else.
#[component]
fn Form(sending: Sending, known: Known) -> impl IntoView {
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
            known.take(answer);
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

#[cfg(test)]
mod tests {
    use telemetrics_common::Timestamp;

    use super::*;

    #[test]
    fn views_stay_in_the_order_of_their_names() {
        let view = |name: &str| SavedView {
            id: 1,
            name: name.to_owned(),
            address: "/stats".to_owned(),
            shared: false,
            removable: true,
            made_at: Timestamp::from_millis(0),
        };
        let mut views = Vec::new();
        for name in ["critical", "Mine", "Builds", "newest"] {
            put(&mut views, view(name));
        }
        let names: Vec<String> = views.into_iter().map(|view| view.name).collect();
        assert_eq!(names, ["Builds", "critical", "Mine", "newest"]);
    }
}
