//! The telemetry ids that machines may send.

use leptos::prelude::*;
use telemetrics_common::telemetry_ids::{GetTelemetryIds, SetTelemetryIds, TelemetryId, TelemetryIds};

use super::rules::{Draft, SaveButtons, Typed};
use crate::components::{Panel, Toggle};
use crate::reactive::memo;

#[component]
pub(super) fn TelemetryIdList() -> impl IntoView {
    let draft = Draft::load(GetTelemetryIds {});
    let count = memo(move || draft.draft.with(|draft| draft.as_ref().map_or(0, |ids| ids.ids.len())));
    let add = move |_| {
        draft.change(|ids: &mut TelemetryIds| ids.ids.push(TelemetryId { active: true, ..TelemetryId::default() }));
    };
    view! {
        <Panel title="Telemetry ids" note="Machines send one of these with each record (X-Telemetry-TID). \
            Without networks an id may come from everywhere. Changes hold on every server within seconds.">
            <ul class="entries" aria-label="Telemetry ids">
                {move || (0..count.get()).map(|place| view! { <Entry draft place /> }).collect_view()}
            </ul>
            <button type="button" class="button button--small server-add"
                disabled=move || draft.is_fixed() on:click=add>"Add an id"</button>
            <SaveButtons draft save=Callback::new(move |()| draft.save(SetTelemetryIds {})) />
        </Panel>
    }
}

#[component]
fn Entry(draft: Draft<TelemetryIds>, place: usize) -> impl IntoView {
    let read = move |of: fn(&TelemetryId) -> String| {
        draft.draft.with(|ids| ids.as_ref().and_then(|ids| ids.ids.get(place)).map(of).unwrap_or_default())
    };
    let change = move |change: &dyn Fn(&mut TelemetryId)| {
        draft.change(|ids| {
            if let Some(id) = ids.ids.get_mut(place) {
                change(id);
            }
        });
    };
    let field = move |label: &'static str, of: fn(&TelemetryId) -> String, set: fn(&mut TelemetryId, String)| {
        let (id, typed) = (format!("telemetry-{label}-{place}"), Typed::new());
        view! {
            <div class="field">
                <label class="field__label" for=id.clone()>{label}</label>
                <input id=id class="input" autocomplete="off" spellcheck="false"
                    readonly=move || draft.is_fixed() prop:value=move || typed.or(|| read(of))
                    on:blur=move |_| typed.end()
                    on:input=move |event| {
                        let text = typed.take(&event).trim().to_owned();
                        change(&|id| set(id, text.clone()));
                    } />
            </div>
        }
    };
    let is_active =
        move || draft.draft.with(|ids| ids.as_ref().is_some_and(|ids| ids.ids.get(place).is_some_and(|id| id.active)));
    let remove = move |_| {
        draft.change(|ids| {
            if place < ids.ids.len() {
                ids.ids.remove(place);
            }
        });
    };
    view! {
        <li class="entry entry--form">
            {field("Id", |id| id.id.clone(), |id, text| id.id = text)}
            {field("Name", |id| id.name.clone(), |id, text| id.name = text)}
            {field("Networks", |id| id.networks.join(", "), |id, text| {
                id.networks = text.split([',', ' ']).filter(|part| !part.is_empty()).map(str::to_owned).collect();
            })}
            <Toggle label="Active" on=Signal::derive(is_active) disabled=Signal::derive(move || draft.is_fixed())
                on_click=Callback::new(move |()| change(&|id| id.active = !id.active))>
                <span class="sr-only">" " {move || read(|id| id.id.clone())}</span>
            </Toggle>
            <button type="button" class="button button--small" disabled=move || draft.is_fixed() on:click=remove>
                "Remove" <span class="sr-only">{move || read(|id| id.id.clone())}</span>
            </button>
        </li>
    }
}
