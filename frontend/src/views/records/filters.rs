//! The filter form. Its state is the address: a change leads to another address, and the form follows.

use leptos::prelude::*;
use telemetrics_common::RecordFilter;
use telemetrics_common::facets::Facets;

use super::address::{Draft, Field, list_address};
use super::choices::{self, Choice};
use super::fields::{Form, SelectField, SeverityField, TextField, TimeField};
use super::state::{State, use_go};
use crate::components::{Icon, Segments, Symbol};
use crate::format;
use crate::reactive::{effect, memo};
use crate::scope::{DAYS, Range, RangePresets};

/// Where `/` leads.
pub const FIRST_FIELD: &str = "#filter-classification";
const SUGGESTIONS: &str = "classifications";

/// The form, folded behind a button where the page is narrow.
#[component]
pub fn Filters() -> impl IntoView {
    let form = use_form();
    let unfolded = RwSignal::new(false);
    let count = move || form.draft.with(|draft| draft.parts().count());
    let submit = move |event: leptos::ev::SubmitEvent| {
        // Each field has led on when it was left; this only ends the writing.
        event.prevent_default();
        unfolded.set(false);
    };
    view! {
        <aside class="filters" aria-label="Filter">
            <button
                type="button"
                class="button filters__toggle"
                aria-expanded=move || unfolded.get().to_string()
                aria-controls="filter-form"
                on:click=move |_| unfolded.update(|unfolded| *unfolded = !*unfolded)
            >
                <Icon symbol=Symbol::Filter />
                "Filters"
                {move || (count() > 0).then(|| view! { <span class="count">{count()}</span> })}
            </button>
            <form
                id="filter-form"
                class="filters__form"
                class:filters__form--unfolded=move || unfolded.get()
                role="search"
                aria-label="Filter records"
                novalidate
                autocomplete="off"
                on:submit=submit
            >
                <Fields form />
                <div class="filters__actions">
                    <button type="submit" class="button button--primary">"Apply"</button>
                    <a
                        class="button"
                        href=list_address(&RecordFilter::default())
                        data-noscroll
                        // What is not in the address yet goes as well.
                        on:click=move |_| form.draft.set(Draft::default())
                    >
                        "Clear"
                    </a>
                </div>
                <FacetsNote />
            </form>
        </aside>
    }
}

/// What there is to say about the choices and their counts.
#[component]
fn FacetsNote() -> impl IntoView {
    let state = expect_context::<State>();
    move || {
        let partial = state.with_facets(|facets| facets.partial);
        let failed = state.facets.with(|facets| matches!(facets, Some(Some(Err(_)))));
        match partial {
            Some(true) => view! {
                <p class="filters__note">"Counts are too low: the search of payloads ran out of time."</p>
            }
            .into_any(),
            // What is wrong with the filter itself is said where it is wrong.
            None if failed && state.filter_error().is_none() => view! {
                <p class="filters__note">
                    "The choices could not be loaded. "
                    <button type="button" class="link" on:click=move |_| state.facets.refetch()>"Try again"</button>
                </p>
            }
            .into_any(),
            _ => ().into_any(),
        }
    }
}

/// The texts of the form, which follow the address, and what happens when one changes.
fn use_form() -> Form {
    let state = expect_context::<State>();
    let go = use_go();
    let draft = RwSignal::new(Draft::from_search(&state.search.get_untracked()));
    effect(move || draft.set(Draft::from_search(&state.search.get())));
    let error = memo(move || draft.with(Draft::parse).err().or_else(|| state.filter_error()));
    let change = Callback::new(move |(field, value): (Field, Option<String>)| {
        draft.update(|draft| {
            // A build belongs to the system it was chosen for.
            if field == Field::System {
                draft.set(Field::Build, None);
            }
            draft.set(field, value);
        });
        // What cannot be read stays in the form, with its error.
        if let Ok(filter) = draft.with_untracked(Draft::parse) {
            go(&filter);
        }
    });
    Form { draft, error, change }
}

#[component]
fn Fields(form: Form) -> impl IntoView {
    let state = expect_context::<State>();
    // What is chosen is offered without any facets too, or nothing would seem to be chosen.
    let offer = move |pick: fn(&Facets, &Draft) -> Vec<Choice>| {
        Signal::derive(move || {
            form.draft.with(|draft| {
                let offered = state.with_facets(|facets| pick(facets, draft));
                offered.unwrap_or_else(|| pick(&Facets::default(), draft))
            })
        })
    };
    let systems = offer(|facets, draft| choices::systems(facets, draft.get(Field::System)));
    let builds = offer(|facets, draft| choices::builds(facets, draft.get(Field::System), draft.get(Field::Build)));
    let sources = offer(|facets, _| choices::sources(facets));
    let suggesting = RwSignal::new(false);
    view! {
        <div class="filters__group">
            <SelectField form field=Field::System any="Any system" choices=systems />
            <SelectField form field=Field::Build any="Any build" choices=builds />
        </div>
        <div class="filters__group" on:focusin=move |_| suggesting.set(true)>
            <TextField
                form
                field=Field::Classification
                list=SUGGESTIONS
                placeholder="org.clearlinux/crash/*"
                hint="Exact, or DOMAIN/* or DOMAIN/PROBE/*"
                code=true
            />
            <Suggestions wanted=suggesting />
            <SeverityField form />
        </div>
        <div class="filters__group">
            <TextField form field=Field::Payload placeholder="^Process: .*gnome" code=true />
            <TextField form field=Field::NotPayload placeholder="Signal: (6|11)" hint="Regular expressions" code=true />
        </div>
        <div class="filters__group">
            <SelectField form field=Field::Source any="Any source" choices=sources />
            <TextField form field=Field::MachineId placeholder="Machine id" code=true />
        </div>
        <div class="filters__group">
            <Ranges form />
            <TimeField form field=Field::From label="Captured from (UTC)" />
            <TimeField form field=Field::To label="Captured before (UTC, exclusive)" />
        </div>
        <div class="filters__group">
            <TimeField form field=Field::ReceivedFrom label="Received from (UTC)" />
            <TimeField form field=Field::ReceivedTo label="Received before (UTC, exclusive)" />
        </div>
    }
}

/// What the field of the classification suggests. Nothing is made of it before somebody comes there.
#[component]
fn Suggestions(wanted: RwSignal<bool>) -> impl IntoView {
    let state = expect_context::<State>();
    let offered = memo(move || {
        let classifications = wanted.get().then(|| state.with_facets(choices::classifications));
        classifications.flatten().unwrap_or_default()
    });
    let options = move || {
        let option = |Choice { value, records }| {
            view! { <option value=value>{format::counted(records, "record", "records")}</option> }
        };
        offered.get().into_iter().map(option).collect_view()
    };
    view! { <datalist id=SUGGESTIONS>{options}</datalist> }
}

/// Recent times by one click.
#[component]
fn Ranges(form: Form) -> impl IntoView {
    let range = Signal::derive(move || form.draft.with(|draft| draft.range().or(Some(Range::All))));
    let address_of = Callback::new(move |range: Range| {
        let days = range.to_pairs().into_iter().find(|(name, _)| *name == DAYS).map(|(_, days)| days);
        let mut draft = form.draft.get();
        draft.set(Field::Days, days);
        draft.parse().unwrap_or_default().list_address()
    });
    view! {
        <div class="field">
            <Segments label="Captured in the last"><RangePresets range address_of /></Segments>
            <p class="field__error" aria-live="polite">{move || form.error_of(Field::Days)}</p>
        </div>
    }
}
