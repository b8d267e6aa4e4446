//! Guilties that somebody has hidden, to be shown again.

use leptos::prelude::*;
use telemetrics_common::guilties::{GuiltyEntry, GuiltyList, GuiltyPatch, ListGuilties, PatchGuilty};

use super::address::use_addresses;
use super::judgement::Judgement;
use super::wording::named;
use crate::answer::{Answer, Answered};
use crate::api::call;
use crate::components::{EmptyState, PageHead, SkeletonRows, Symbol, Toasts};
use crate::reactive::{memo, spawn};
use crate::{browser, format};

const SUBTITLE: &str = "They are left out of the table of crashes, for instance since they are known and mended. \
    Their records are kept and counted as ever.";

/// The page.
#[component]
pub fn HiddenPage() -> impl IntoView {
    browser::use_title(|| "Hidden guilties".to_owned());
    let judgement = expect_context::<Judgement>();
    let turn = memo(move || Some(judgement.turn.get()));
    let hidden = Answer::of(turn, |_| ListGuilties { hidden: Some(true) });
    let rows = hidden.memo(|_, list| list.guilties.clone());
    let toasts = Toasts::of_page();
    let unhide = Callback::new(move |entry: GuiltyEntry| {
        set_hidden(Hidden { list: hidden, entry, toasts }, false);
    });
    view! {
        <PageHead title="Hidden guilties" subtitle=SUBTITLE>
            <p class="muted" role="status">{move || format!("{} hidden", format::number(rows.with(Vec::len) as u64))}</p>
        </PageHead>
        <Answered
            progress=hidden.progress
            failure="The hidden guilties could not be loaded"
            skeleton=|| view! { <SkeletonRows count=4 /> }
        >
            <Show when=move || rows.with(Vec::is_empty)>
                <EmptyState symbol=Symbol::Check title="Nothing is hidden">
                    <p>"Open a guilty from the table of crashes and choose “Hide” to leave it out there."</p>
                </EmptyState>
            </Show>
            <Show when=move || rows.with(|rows| !rows.is_empty())>
                <ul class="cards" aria-label="Hidden guilties">
                    <For each=move || rows.get() key=|entry| (entry.id, entry.comment.clone()) let:entry>
                        <Entry entry unhide />
                    </For>
                </ul>
            </Show>
        </Answered>
    }
}

#[component]
fn Entry(entry: GuiltyEntry, unhide: Callback<GuiltyEntry>) -> impl IntoView {
    let addresses = use_addresses();
    let GuiltyEntry { id, function, module, comment, .. } = entry.clone();
    let label = format!("Unhide {}", named(&function, &module));
    view! {
        <li class="card hidden-guilty">
            <div class="hidden-guilty__text">
                <a class="guilty-name" href=move || addresses.guilty(id)>{function}</a>
                <span class="guilty-module">"[" {module} "]"</span>
                {(!comment.is_empty()).then(|| view! { <span class="guilty-comment">{comment}</span> })}
            </div>
            <button type="button" class="button button--small judging" aria-label=label
                on:click=move |_| unhide.run(entry.clone())>"Unhide"</button>
        </li>
    }
}

/// One of the list.
#[derive(Clone)]
struct Hidden {
    list: Answer<u32, GuiltyList>,
    entry: GuiltyEntry,
    toasts: Toasts,
}

/// Shows the change at once, and takes it back where the server does not make it.
fn set_hidden(one: Hidden, is_hidden: bool) {
    one.show(is_hidden);
    spawn(async move {
        let patch = GuiltyPatch { comment: None, hidden: Some(is_hidden) };
        let name = named(&one.entry.function, &one.entry.module);
        match call(&PatchGuilty { id: one.entry.id }, &patch).await {
            Ok(_) => {
                let text = if is_hidden { "is hidden again." } else { "is shown again." };
                one.toasts.undoable(format!("{name} {text}"), move || set_hidden(one.clone(), !is_hidden));
            }
            Err(error) => {
                one.show(!is_hidden);
                let text = format!("{name} could not be changed: {error}");
                one.toasts.repeatable(text, move || set_hidden(one.clone(), is_hidden));
            }
        }
    });
}

impl Hidden {
    /// Nothing happens where the page has been left by now.
    fn show(&self, is_hidden: bool) {
        let id = self.entry.id;
        self.list.update(|list| {
            list.guilties.retain(|entry| entry.id != id);
            if is_hidden {
                list.guilties.push(self.entry.clone());
                list.guilties.sort_by_key(|entry| entry.id);
            }
        });
    }
}
