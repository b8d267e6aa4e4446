//! Privacy: what is taken out of payloads before they are stored.

use leptos::prelude::*;
use telemetrics_common::privacy::{GetScrubbing, PreviewScrubbing, ScrubPreview, ScrubRule, Scrubbing, SetScrubbing};
use telemetrics_common::{RecordFilter, Role};

use super::ServerNav;
use super::machine::MachinePanel;
use super::rules::{Draft, SaveButtons};
use crate::api::call;
use crate::components::{Panel, Sending, Toggle, Wrong};
use crate::reactive::{effect, memo};
use crate::views::records::record_address;
use crate::{browser, format, session};

/// The page.
#[component]
pub fn PrivacyPage() -> impl IntoView {
    browser::use_title(|| "Privacy".to_owned());
    let is_admin = session::has(Role::Admin);
    view! {
        <div class="page page--charts">
            <ServerNav />
            <div class="page__head">
                <div class="page__titles">
                    <h1 class="page__title">"Privacy"</h1>
                    <p class="page__subtitle">
                        "All that there is of one machine, and what is taken out of payloads before they are stored."
                    </p>
                </div>
            </div>
            <div class="card-grid">
                {is_admin.then(|| view! { <div class="span-12"><MachinePanel /></div> })}
                // Last, since it is as long as there are rules.
                <div class="span-12"><Rules may_change=is_admin /></div>
            </div>
        </div>
    }
}

#[component]
fn Rules(may_change: bool) -> impl IntoView {
    let draft = Draft::load(GetScrubbing {});
    let count = memo(move || draft.draft.with(|draft| draft.as_ref().map_or(0, |rules| rules.rules.len())));
    let add = move |_| draft.change(|rules: &mut Scrubbing| rules.rules.push(ScrubRule::default()));
    view! {
        <Panel
            title="Scrub rules"
            note="What fits a pattern (regular expressions as Rust's regex has them) is replaced in the payloads of records \
                that come in, one rule after the other. Records that are stored already stay as they are."
        >
            <ul class="entries" aria-label="Scrub rules">
                {move || (0..count.get()).map(|place| view! { <Rule draft place may_change /> }).collect_view()}
            </ul>
            <Show when=move || may_change && draft.is_answered()>
                <button type="button" class="button button--small server-add"
                    disabled=move || draft.is_fixed() on:click=add>"Add a rule"</button>
                <SaveButtons draft save=Callback::new(move |()| draft.save(SetScrubbing {})) />
            </Show>
        </Panel>
    }
}

#[component]
fn Rule(draft: Draft<Scrubbing>, place: usize, may_change: bool) -> impl IntoView {
    let rule = memo(move || draft.draft.with(|rules| rules.as_ref().and_then(|rules| rules.rules.get(place)).cloned()));
    let read = move |of: fn(&ScrubRule) -> String| rule.with(|rule| rule.as_ref().map(of).unwrap_or_default());
    let is_fixed = Signal::derive(move || !may_change || draft.is_fixed());
    let change = move |change: &dyn Fn(&mut ScrubRule)| {
        draft.change(|rules| {
            if let Some(rule) = rules.rules.get_mut(place) {
                change(rule);
            }
        });
    };
    let field = move |label: &'static str, of: fn(&ScrubRule) -> String, set: fn(&mut ScrubRule, String)| {
        let id = format!("scrub-{label}-{place}");
        view! {
            <div class="field">
                <label class="field__label" for=id.clone()>{label}</label>
                <input id=id class="input" autocomplete="off" spellcheck="false" readonly=move || is_fixed.get()
                    prop:value=move || read(of)
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        change(&|rule| set(rule, text.clone()));
                    } />
            </div>
        }
    };
    let is_active = Signal::derive(move || rule.with(|rule| rule.as_ref().is_some_and(|rule| rule.active)));
    let remove = move |_| {
        draft.change(|rules| {
            if place < rules.rules.len() {
                rules.rules.remove(place);
            }
        });
    };
    let name = move || read(|rule| rule.name.clone());
    view! {
        <li class="entry entry--form">
            {field("Name", |rule| rule.name.clone(), |rule, text| rule.name = text)}
            {field("Pattern", |rule| rule.pattern.clone(), |rule, text| rule.pattern = text)}
            {field("Replacement", |rule| rule.replacement.clone(), |rule, text| rule.replacement = text)}
            <Toggle label="Active" on=is_active disabled=is_fixed
                on_click=Callback::new(move |()| change(&|rule| rule.active = !rule.active))>
                <span class="sr-only">" " {name}</span>
            </Toggle>
            {may_change.then(|| view! {
                <button type="button" class="button button--small" disabled=move || is_fixed.get() on:click=remove>
                    "Remove" <span class="sr-only">" " {name}</span>
                </button>
                <Preview rule name=Signal::derive(name) />
            })}
        </li>
    }
}

/// What a rule would change in records that are stored.
#[component]
fn Preview(rule: Memo<Option<ScrubRule>>, name: Signal<String>) -> impl IntoView {
    let (sending, would) = (Sending::new(), RwSignal::new(None::<ScrubPreview>));
    // What another rule would change says nothing of this one.
    effect(move || {
        rule.track();
        would.set(None);
    });
    let look = move |_| {
        if let Some(asked) = rule.get_untracked() {
            would.set(None);
            let sent = asked.clone();
            sending.send(async move { call(&PreviewScrubbing {}, &sent).await }, move |found| {
                if rule.with_untracked(|rule| rule.as_ref() == Some(&asked)) {
                    would.set(Some(found));
                }
            });
        }
    };
    let told = |would: &ScrubPreview| {
        format!(
            "Would change {} of the newest {}.",
            format::number(would.changed),
            format::counted(would.records, "record", "records")
        )
    };
    view! {
        <button type="button" class="button button--small" disabled=move || sending.busy.get() on:click=look>
            "Preview" <span class="sr-only">" " {move || name.get()}</span>
        </button>
        <div class="entry__more">
            <Wrong sending />
            {move || would.get().map(|would| view! {
                <p role="status">{told(&would)}</p>
                <ul class="scrub-examples">
                    {would.examples.into_iter().map(|example| view! {
                        <li>
                            <a href=record_address(example.record_id, &RecordFilter::default())>{example.record_id}</a>
                            <del>{example.before}</del>
                            <ins>{example.after}</ins>
                        </li>
                    }).collect_view()}
                </ul>
            })}
        </div>
    }
}
