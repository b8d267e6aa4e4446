//! How long records are kept: rules, what they would delete, and a purge at once.

use leptos::prelude::*;
use telemetrics_common::Role;
use telemetrics_common::retention::{
    GetRetention, PreviewRetention, RetentionPreview, RetentionRules, SetRetention, StartPurge,
};

use super::rules::{Draft, SaveButtons, Typed};
use crate::api::call;
use crate::components::{Panel, Sending, Toasts, Wrong};
use crate::reactive::effect;
use crate::renewal::Renewal;
use crate::{format, jobs, session};

#[component]
pub(super) fn RetentionPanel() -> impl IntoView {
    let draft = Draft::load(GetRetention {});
    let may_change = session::has(Role::Admin);
    let is_fixed = move || !may_change || draft.is_fixed();
    let rules =
        move || draft.draft.with(|draft| draft.as_ref().map(|rules| rules.rules.join("\n")).unwrap_or_default());
    let days = move || draft.draft.with(|draft| draft.as_ref().map(|rules| rules.days.to_string()).unwrap_or_default());
    let (typed_rules, typed_days) = (Typed::new(), Typed::new());
    let set_rules = move |event| {
        let text = typed_rules.take(&event);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        draft.change(|rules| rules.rules = lines);
    };
    let set_days = move |event| {
        // The field takes numbers only; while it is empty the days stay.
        if let Ok(days) = typed_days.take(&event).trim().parse() {
            draft.change(|rules| rules.days = days);
        }
    };
    view! {
        <Panel
            title="How long records are kept"
            note="By the time of their reception. The first rule that fits a record decides; 0 days keep for ever. \
                Records are purged once a day; their counts stay."
        >
            <div class="retention">
                <div class="field">
                    <label class="field__label" for="retention-rules">"Rules, one a line"</label>
                    <textarea id="retention-rules" class="input" rows="5" spellcheck="false" readonly=is_fixed
                        placeholder="test/discard/*=1" aria-describedby="retention-hint"
                        prop:value=move || typed_rules.or(rules) on:input=set_rules on:blur=move |_| typed_rules.end()></textarea>
                    <p class="field__hint" id="retention-hint">
                        "CLASSIFICATION=DAYS (or DOMAIN/*, DOMAIN/PROBE/*), severity:1=DAYS, system:NAME=DAYS"
                    </p>
                </div>
                <div class="field">
                    <label class="field__label" for="retention-days">"All others, days"</label>
                    <input id="retention-days" class="input" type="number" min="0" max="36500" readonly=is_fixed
                        prop:value=move || typed_days.or(days) on:input=set_days on:blur=move |_| typed_days.end() />
                </div>
            </div>
            {may_change.then(|| view! {
                <SaveButtons draft save=Callback::new(move |()| draft.save(SetRetention {})) />
                <Purge draft />
            })}
        </Panel>
    }
}

/// What the rules would delete now, and the button that deletes.
#[component]
fn Purge(draft: Draft<RetentionRules>) -> impl IntoView {
    let (looking, purging) = (Sending::new(), Sending::new());
    let outcome = RwSignal::new(None::<String>);
    let renewal = Renewal::of_page();
    // What was told of other rules says nothing of these.
    effect(move || {
        draft.draft.track();
        if !purging.busy.get_untracked() {
            outcome.set(None);
        }
    });
    let look = move |_| {
        let Some(rules) = draft.draft.get_untracked() else { return };
        outcome.set(None);
        let asked = rules.clone();
        looking.send(async move { call(&PreviewRetention {}, &rules).await }, move |would| {
            if draft.draft.with_untracked(|rules| rules.as_ref() == Some(&asked)) {
                outcome.set(Some(told(would)));
            }
        });
    };
    let toasts = Toasts::of_page();
    let start = move |_| {
        outcome.set(Some("Purging…".to_owned()));
        purging.send(purge(outcome, toasts), move |text| {
            outcome.set(Some(text));
            renewal.renew();
        });
    };
    view! {
        <div class="toolbar">
            <button type="button" class="button" disabled=move || looking.busy.get() on:click=look>
                {move || if looking.busy.get() { "Looking…" } else { "What would be deleted now?" }}
            </button>
            <button type="button" class="button button--danger" disabled=move || purging.busy.get() on:click=start>
                "Purge now, by the saved rules"
            </button>
        </div>
        <p role="status" class="muted" data-testid="purge-outcome">{move || outcome.get()}</p>
        <Wrong sending=looking />
        <Wrong sending=purging />
    }
}

/// Deletes by the saved rules and says what was deleted, whatever page is open by then.
async fn purge(outcome: RwSignal<Option<String>>, toasts: Toasts) -> Result<String, String> {
    let job = jobs::run(async { call(&StartPurge {}, &()).await }, move |job| {
        outcome.try_set(Some(format!("Purging: {}", jobs::progress(job))));
    });
    let deleted = job.await.map(|job| format!("{} deleted.", format::counted(job.done, "record", "records")));
    match &deleted {
        Ok(text) => toasts.done(format!("Purge: {text}")),
        Err(error) => {
            outcome.try_set(None);
            toasts.failed(format!("The purge broke off: {error}"));
        }
    }
    deleted
}

fn told(would: RetentionPreview) -> String {
    let records = format::counted(would.records, "record", "records");
    let least = if would.partial { "At least " } else { "" };
    format!("{least}{records} would be deleted, which frees about {}.", format::bytes(would.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_go_is_told_in_words() {
        let check = |records, bytes, partial, expected: &str| {
            assert_eq!(told(RetentionPreview { records, bytes, partial }), expected);
        };
        check(12_340, 14_200_000, false, "12,340 records would be deleted, which frees about 14.2 MB.");
        check(1, 900, true, "At least 1 record would be deleted, which frees about 900 B.");
    }
}
