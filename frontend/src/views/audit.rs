//! The audit log: what people have changed.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::query_signal_with_options;
use serde_json::Value;
use telemetrics_common::audit::{AuditEntry, AuditFilter, CSV_PATH, ListAudit, NDJSON_PATH};
use telemetrics_common::endpoint::path_with_query;

use crate::api::{ApiError, call};
use crate::browser;
use crate::components::{Age, EmptyState, Icon, SkeletonRows, Symbol};
use crate::pager::{Page, Pager, PagerEnd, Status};
use crate::reactive::memo;
use crate::views::server::ServerNav;

/// Where the page is.
pub const AUDIT_PATH: &str = "/audit";
const LIMIT: u32 = 50;

async fn fetch(params: AuditFilter, before: Option<i64>) -> Result<Page<AuditEntry>, ApiError> {
    let page = call(&ListAudit { params, limit: Some(LIMIT), before }, &()).await?;
    Ok(Page { rows: page.entries, next_before: page.next_before })
}

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    browser::use_title(|| "Audit log".to_owned());
    let in_place = || NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
    let (who, set_who) = query_signal_with_options::<String>("who", in_place());
    let (action, set_action) = query_signal_with_options::<String>("action", in_place());
    let filter = memo(move || AuditFilter { who: who.get(), action: action.get(), ..AuditFilter::default() });
    let pager = Pager::new(memo(move || Some(filter.get())), fetch);
    let is_empty = move || pager.is_loaded() && pager.rows.with(Vec::is_empty);
    let export = move |path: &'static str| move || filter.with(|filter| path_with_query(path, filter));
    view! {
        <div class="page page--narrow">
            <ServerNav />
            <div class="page__head">
                <div>
                    <h1 class="page__title">"Audit log"</h1>
                    <p class="page__subtitle">"Who has changed what, from where, and when. Nobody can change it."</p>
                </div>
                <div class="toolbar">
                    <a class="button" href=export(CSV_PATH) download="audit.csv">
                        <Icon symbol=Symbol::Download />"CSV"
                    </a>
                    <a class="button" href=export(NDJSON_PATH) download="audit.ndjson">
                        <Icon symbol=Symbol::Download />"JSON"
                    </a>
                </div>
            </div>
            <form class="access-form" on:submit=|event| event.prevent_default()>
                <FilterField id="audit-who" label="Who" value=who set=set_who placeholder="name of an account or token" />
                <FilterField id="audit-action" label="Action" value=action set=set_action placeholder="guilty, account.add, …" />
            </form>
            <Show when=is_empty>
                <EmptyState symbol=Symbol::Search title="Nothing has been changed">
                    <p>"Comments, hidden marks, the never-guilty list, accounts, tokens: each change is told here."</p>
                </EmptyState>
            </Show>
            <Show when=move || pager.status.get() == Status::Loading && pager.rows.with(Vec::is_empty)>
                <SkeletonRows count=8 />
            </Show>
            <ul class="cards" aria-label="Changes" aria-busy=move || (pager.status.get() == Status::Loading).to_string()>
                <For each=move || pager.rows.get() key=|entry| entry.id let:entry>
                    <Entry entry />
                </For>
            </ul>
            <PagerEnd pager failure="The audit log could not be loaded" />
        </div>
    }
}

#[component]
fn FilterField(
    id: &'static str,
    label: &'static str,
    placeholder: &'static str,
    value: Memo<Option<String>>,
    set: SignalSetter<Option<String>>,
) -> impl IntoView {
    let change = move |event| {
        let text = event_target_value(&event).trim().to_owned();
        set.set(Some(text).filter(|text| !text.is_empty()));
    };
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            <input id=id class="input" type="search" placeholder=placeholder autocomplete="off"
                prop:value=move || value.get().unwrap_or_default() on:change=change />
        </div>
    }
}

#[component]
fn Entry(entry: AuditEntry) -> impl IntoView {
    let AuditEntry { id, at, who, address, action, target, before, after } = entry;
    let is_told = before.is_some() || after.is_some();
    view! {
        <li class="card" data-audit-id=id>
            <div class="card__head">
                <strong class="card__title">{action} " " <span class="muted">{target}</span></strong>
                <span class="card__meta">
                    {who.unwrap_or_else(|| "without accounts".to_owned())}
                    {address.map(|address| view! { <span>{address}</span> })}
                    <Age time=at />
                </span>
            </div>
            {is_told.then(|| view! {
                <dl class="audit-change">
                    <Side name="before" value=before />
                    <Side name="after" value=after />
                </dl>
            })}
        </li>
    }
}

#[component]
fn Side(name: &'static str, value: Option<Value>) -> impl IntoView {
    value.map(|value| {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        view! { <dt>{name}</dt><dd><code>{text}</code></dd> }
    })
}
