//! The quarantine: records that broke a rule, and a button to try them again.

use leptos::prelude::*;
use telemetrics_common::quarantine::{All, ListQuarantine, QuarantinedRecord, ReplayQuarantine, Replayed};
use telemetrics_common::text::excerpt;

use crate::api::{ApiError, call};
use crate::components::{Age, CopyButton, EmptyState, SkeletonRows, Symbol};
use crate::pager::{Page, Pager, PagerEnd, Status};
use crate::reactive::{memo, spawn};
use crate::views::server::ServerNav;
use crate::{browser, format};

/// Where the page is.
pub const QUARANTINE_PATH: &str = "/quarantine";
const LIMIT: u32 = 50;
const EXCERPT_CHARS: usize = 120;

/// How many records are in quarantine, as far as is known; shown in the header of every page.
#[derive(Clone, Copy)]
pub struct QuarantineTotal(RwSignal<Option<u64>>);

impl QuarantineTotal {
    /// For all components below.
    pub fn provide() -> Self {
        let total = Self(RwSignal::new(None));
        provide_context(total);
        total
    }

    /// Takes what has become known.
    pub fn tell(self, total: u64) {
        self.0.set(Some(total));
    }

    /// What the navigation says about it: nothing when it is empty.
    pub fn text(self) -> Option<String> {
        self.0.get().filter(|total| *total > 0).map(format::number)
    }
}

async fn fetch(before: Option<i64>, total: QuarantineTotal) -> Result<Page<QuarantinedRecord>, ApiError> {
    let page = call(&ListQuarantine { params: All {}, limit: Some(LIMIT), before }, &()).await?;
    total.0.set(Some(page.total));
    Ok(Page { rows: page.records, next_before: page.next_before })
}

/// The page.
#[component]
pub fn QuarantinePage() -> impl IntoView {
    browser::use_title(|| "Quarantine".to_owned());
    let total = expect_context::<QuarantineTotal>();
    let pager = Pager::new(memo(|| Some(())), move |(), before| fetch(before, total));
    let is_empty = move || pager.is_loaded() && pager.rows.with(Vec::is_empty);
    view! {
        <div class="page page--narrow">
            <ServerNav />
            <div class="page__head">
                <div>
                    <h1 class="page__title">"Quarantine"</h1>
                    <p class="page__subtitle">
                        "Records in JSON form that broke a rule. "
                        "Their machines were told that all is well, so that nothing is held up."
                    </p>
                </div>
                <Replay pager />
            </div>
            <Show when=is_empty>
                <EmptyState symbol=Symbol::Shield title="Nothing in quarantine">
                    <p>
                        "When a machine sends a record in JSON form that breaks a rule, the record is kept here "
                        "with the reason, and can be tried again after an update."
                    </p>
                </EmptyState>
            </Show>
            <Show when=move || pager.status.get() == Status::Loading && pager.rows.with(Vec::is_empty)>
                <SkeletonRows count=6 />
            </Show>
            <ul class="cards" aria-label="Records in quarantine" aria-busy=move || (pager.status.get() == Status::Loading).to_string()>
                <For each=move || pager.rows.get() key=|record| record.id let:record>
                    <Entry record />
                </For>
            </ul>
            <ListEnd pager total />
        </div>
    }
}

/// How much of the list is shown, the way to more, and what went wrong.
#[component]
fn ListEnd(pager: Pager<QuarantinedRecord>, total: QuarantineTotal) -> impl IntoView {
    let shown = move || {
        let rows = pager.rows.with(Vec::len);
        let total = total.0.get().filter(|_| rows > 0)?;
        Some(format!("{} of {}", format::number(rows as u64), format::counted(total, "record", "records")))
    };
    view! {
        <PagerEnd pager failure="The quarantine could not be loaded">
            <p class="muted" role="status">{shown}</p>
        </PagerEnd>
    }
}

/// The button that tries all again, and what came of it.
#[component]
fn Replay(pager: Pager<QuarantinedRecord>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Result<Replayed, ApiError>>);
    let replay = move |_| {
        busy.set(true);
        spawn(async move {
            let answer = call(&ReplayQuarantine {}, &()).await;
            // The page may have been left by now.
            busy.try_set(false);
            if outcome.try_set(Some(answer)).is_none() {
                pager.reload();
            }
        });
    };
    view! {
        <div class="replay">
            <Show when=move || pager.rows.with(|rows| !rows.is_empty())>
                <button type="button" class="button button--primary judging" disabled=move || busy.get() on:click=replay>
                    {move || if busy.get() { "Trying…" } else { "Try again" }}
                </button>
            </Show>
            <p class="replay__outcome" role="status">
                {move || outcome.get().map(|outcome| match outcome {
                    Ok(Replayed { stored, kept }) => {
                        format!("{} stored, {} kept", format::number(stored), format::number(kept))
                    }
                    Err(error) => format!("Could not try again: {error}"),
                })}
            </p>
        </div>
    }
}

#[component]
fn Entry(record: QuarantinedRecord) -> impl IntoView {
    let QuarantinedRecord { id, received_at, reason, external, body } = record;
    let summary = excerpt(&body, EXCERPT_CHARS);
    let text = body.clone();
    let label = format!("Body of quarantined record {id}");
    view! {
        <li class="card" data-quarantine-id=id>
            <div class="card__head">
                <strong class="card__title">{reason}</strong>
                <span class="card__meta">
                    <span class="tag">{if external { "external" } else { "internal" }}</span>
                    <Age time=received_at />
                </span>
            </div>
            <details class="fold">
                <summary><code>{summary}</code></summary>
                <pre class="payload" tabindex="0" role="region" aria-label=label>{body}</pre>
                <CopyButton text=Signal::stored(text) label="Copy body" />
            </details>
        </li>
    }
}
