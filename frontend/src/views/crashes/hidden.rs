//! Guilties that somebody has hidden, to be shown again.

use leptos::prelude::*;
use telemetrics_common::guilties::{GuiltyEntry, GuiltyPatch, ListGuilties, PatchGuilty};

use super::address::use_addresses;
use super::judgement::Judgement;
use super::wording::named;
use crate::answer::{Answer, Answered};
use crate::api::call;
use crate::components::{EmptyState, Icon, PageHead, SkeletonRows, Symbol};
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
    let notice = RwSignal::new(None::<Result<GuiltyEntry, String>>);
    let change = Callback::new(move |(entry, is_hidden): (GuiltyEntry, bool)| {
        spawn(async move {
            let patch = GuiltyPatch { comment: None, hidden: Some(is_hidden) };
            let outcome = call(&PatchGuilty { id: entry.id }, &patch).await;
            hidden.progress.retry();
            notice.set(match outcome {
                // Hidden again by undoing: the list says it.
                Ok(_) if is_hidden => None,
                Ok(entry) => Some(Ok(entry)),
                Err(error) => Some(Err(error.to_string())),
            });
        });
    });
    view! {
        <PageHead title="Hidden guilties" subtitle=SUBTITLE>
            <p class="muted" role="status">{move || format!("{} hidden", format::number(rows.with(Vec::len) as u64))}</p>
        </PageHead>
        <div role="status">{move || notice.get().map(|notice| view! { <Notice notice change /> })}</div>
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
                        <Entry entry change />
                    </For>
                </ul>
            </Show>
        </Answered>
    }
}

#[component]
fn Entry(entry: GuiltyEntry, change: Callback<(GuiltyEntry, bool)>) -> impl IntoView {
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
                on:click=move |_| change.run((entry.clone(), false))>"Unhide"</button>
        </li>
    }
}

#[component]
fn Notice(notice: Result<GuiltyEntry, String>, change: Callback<(GuiltyEntry, bool)>) -> impl IntoView {
    match notice {
        Ok(entry) => view! {
            <div class="notice">
                <Icon symbol=Symbol::Check />
                <p class="notice__text">{named(&entry.function, &entry.module)} " is shown again."</p>
                <button type="button" class="button button--small" on:click=move |_| change.run((entry.clone(), true))>
                    "Undo"
                </button>
            </div>
        }
        .into_any(),
        Err(error) => view! {
            <div class="notice notice--warn">
                <Icon symbol=Symbol::Alert />
                <p class="notice__text">"It could not be shown again: " {error}</p>
            </div>
        }
        .into_any(),
    }
}
