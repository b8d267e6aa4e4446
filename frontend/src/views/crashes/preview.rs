//! A look at what a change of the never-guilty list would do, before it is made.

use futures_util::future::join;
use leptos::prelude::*;
use telemetrics_common::never_guilty::{Accused, ListChange, Preview, PreviewNeverGuilty};

use super::wording;
use crate::api::{ApiError, call};
use crate::format;
use crate::reactive::spawn;

/// How many moves are told one by one.
const SHOWN_MOVES: usize = 10;

/// What a change would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Previewed {
    /// The change; it may name a record at hand.
    pub change: ListChange,
    /// The guilty that the record at hand would get.
    pub record: Option<Accused>,
    /// What would become of all records.
    pub all: Preview,
}

/// Where the look stands.
#[derive(Clone, Copy)]
pub struct Previewing {
    /// What came of it.
    pub shown: RwSignal<Option<Previewed>>,
    /// Whether an answer is on its way.
    busy: RwSignal<bool>,
    /// Whether the change is being made.
    pub saving: RwSignal<bool>,
    /// Why there is none.
    pub error: RwSignal<Option<String>>,
    /// The change that somebody wants to know about now.
    wanted: StoredValue<Option<ListChange>>,
}

impl Previewing {
    /// Nothing has been looked at.
    pub fn new() -> Self {
        Self {
            shown: RwSignal::new(None),
            busy: RwSignal::new(false),
            saving: RwSignal::new(false),
            error: RwSignal::new(None),
            wanted: StoredValue::new(None),
        }
    }

    /// Whether there is something to wait for.
    pub fn is_busy(self) -> bool {
        self.busy.get() || self.saving.get()
    }

    /// Asks what a change would do, to all records and to the one that it names.
    pub fn look(self, change: ListChange) {
        self.wanted.set_value(Some(change.clone()));
        self.busy.set(true);
        self.error.set(None);
        spawn(async move {
            let answer = look(&change).await;
            // Too late, if something else is wanted by now or the page has been left.
            if self.wanted.try_get_value().flatten().as_ref() != Some(&change) {
                return;
            }
            match answer {
                Ok((record, all)) => self.shown.set(Some(Previewed { change, record, all })),
                Err(error) => self.error.set(Some(format!("There is no preview: {error}"))),
            }
            self.busy.set(false);
        });
    }

    /// Forgets what was looked at, and what is still on its way: the change is another one now.
    pub fn forget(self) {
        self.wanted.set_value(None);
        self.shown.set(None);
        self.error.set(None);
        self.busy.set(false);
    }
}

async fn look(change: &ListChange) -> Result<(Option<Accused>, Preview), ApiError> {
    let of_all = ListChange { record_id: None, ..change.clone() };
    if change.record_id.is_none() {
        return Ok((None, call(&PreviewNeverGuilty {}, &of_all).await?));
    }
    let (one, all) = join(call(&PreviewNeverGuilty {}, change), call(&PreviewNeverGuilty {}, &of_all)).await;
    Ok((one?.guilty, all?))
}

/// What would become of all records.
#[component]
pub fn AllMoves(
    /// As the server tells it.
    preview: Preview,
) -> impl IntoView {
    let sum = wording::of_all(preview.records);
    let rest = preview.moves.len().saturating_sub(SHOWN_MOVES) as u64;
    let mut lines: Vec<String> =
        preview.moves.into_iter().take(SHOWN_MOVES).map(|one| wording::of_move(&one)).collect();
    lines.extend((rest > 0).then(|| format!("and {}", format::counted(rest, "smaller move", "smaller moves"))));
    view! {
        <p>{sum}</p>
        <ul class="outcome__moves">{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
    }
}

/// What a change would do, and the button that makes it; nothing before it was looked at.
#[component]
pub fn Proposal(
    /// The look.
    previewing: Previewing,
    /// Its name in the page's tests.
    testid: &'static str,
    /// What the button says.
    verb: &'static str,
    /// Makes the change.
    make: Callback<()>,
) -> impl IntoView {
    move || {
        previewing.shown.get().map(|preview| {
            view! {
                <div class="outcome" role="status" data-testid=testid>
                    <AllMoves preview=preview.all />
                    <button
                        type="button"
                        class="button button--primary"
                        disabled=move || previewing.is_busy()
                        on:click=move |_| make.run(())
                    >
                        {verb}
                    </button>
                </div>
            }
        })
    }
}

/// Why the list is changed.
#[component]
pub fn Reason(
    /// The text.
    reason: RwSignal<String>,
    /// The field's id.
    #[prop(into)]
    id: String,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>"Reason (optional)"</label>
            <input
                id=id
                class="input"
                type="text"
                maxlength="500"
                autocomplete="off"
                prop:value=move || reason.get()
                on:input=move |event| reason.set(event_target_value(&event))
            />
        </div>
    }
}

/// A reason as it is sent: none where nothing is written.
pub fn written(reason: RwSignal<String>) -> Option<String> {
    let text = reason.get_untracked().trim().to_owned();
    (!text.is_empty()).then_some(text)
}
