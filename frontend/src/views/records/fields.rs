//! The fields of the filter form. Each shows its part of the draft and the error that belongs to it.

use leptos::prelude::*;

use super::address::{Draft, Field, FieldError, to_date_field};
use super::choices::{self, Choice};
use super::state::State;
use crate::components::{option, severity_name};
use crate::format;
use crate::reactive::memo;
use crate::scope::system_name;

/// What the fields share.
#[derive(Clone, Copy)]
pub struct Form {
    /// The texts.
    pub draft: RwSignal<Draft>,
    /// What is wrong.
    pub error: Memo<Option<FieldError>>,
    /// Takes a new value and leads to what it means.
    pub change: Callback<(Field, Option<String>)>,
}

impl Form {
    /// What is wrong with a part.
    pub fn error_of(self, field: Field) -> Option<String> {
        self.error
            .with(|error| error.as_ref().filter(|error| error.field == Some(field)).map(|error| error.message.clone()))
    }

    fn is_invalid(self, field: Field) -> Option<&'static str> {
        self.error_of(field).map(|_| "true")
    }
}

fn id_of(field: Field) -> String {
    format!("filter-{}", field.name())
}

/// A label with its field, hint and error.
#[component]
fn Labelled(
    form: Form,
    field: Field,
    /// What to call it instead of its usual name.
    #[prop(optional)]
    label: Option<&'static str>,
    #[prop(optional, into)] hint: String,
    children: Children,
) -> impl IntoView {
    let id = id_of(field);
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>{label.unwrap_or(field.label())}</label>
            {children()}
            {(!hint.is_empty()).then(|| view! { <p class="field__hint" id=format!("{id}-hint")>{hint}</p> })}
            <p class="field__error" id=format!("{id}-error") aria-live="polite">{move || form.error_of(field)}</p>
        </div>
    }
}

/// A line of text.
#[component]
pub fn TextField(
    form: Form,
    field: Field,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] placeholder: String,
    /// Id of a `<datalist>` with suggestions.
    #[prop(optional)]
    list: Option<&'static str>,
    /// Whether it is code rather than words.
    #[prop(optional)]
    code: bool,
) -> impl IntoView {
    let id = id_of(field);
    let described = if hint.is_empty() { format!("{id}-error") } else { format!("{id}-error {id}-hint") };
    let change = move |event| {
        let text = event_target_value(&event).trim().to_owned();
        form.change.run((field, (!text.is_empty()).then_some(text)));
    };
    view! {
        <Labelled form field hint>
            <input
                id=id
                class="input"
                class:input--code=code
                type="text"
                name=field.name()
                list=list
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-describedby=described
                aria-invalid=move || form.is_invalid(field)
                prop:value=move || form.draft.with(|draft| draft.text(field))
                on:change=change
            />
        </Labelled>
    }
}

/// A point in time, UTC.
#[component]
pub fn TimeField(form: Form, field: Field, label: &'static str) -> impl IntoView {
    let id = id_of(field);
    let change = move |event| {
        let text = event_target_value(&event);
        form.change.run((field, (!text.is_empty()).then_some(text)));
    };
    view! {
        <Labelled form field label>
            <input
                id=id.clone()
                class="input"
                type="datetime-local"
                step="1"
                name=field.name()
                aria-describedby=format!("{id}-error")
                aria-invalid=move || form.is_invalid(field)
                prop:value=move || form.draft.with(|draft| to_date_field(&draft.text(field)))
                on:change=change
            />
        </Labelled>
    }
}

/// One of several, with counts.
#[component]
pub fn SelectField(
    form: Form,
    field: Field,
    /// What choosing none is called.
    any: &'static str,
    choices: Signal<Vec<Choice>>,
) -> impl IntoView {
    let chosen = memo(move || form.draft.with(|draft| option::value(draft.get(field))));
    // There may be hundreds: they are selected all at once and not by an effect each.
    let options = move || {
        let chosen = chosen.get();
        let offered = choices.get().into_iter().map(|Choice { value, records }| {
            let option = option::value(Some(&value));
            let text = format!("{} ({})", system_name(&value), format::number(records));
            let is_chosen = option == chosen;
            view! { <option value=option prop:selected=is_chosen>{text}</option> }
        });
        offered.collect_view()
    };
    let id = id_of(field);
    view! {
        <Labelled form field>
            <select
                id=id.clone()
                class="input select"
                name=field.name()
                aria-describedby=format!("{id}-error")
                aria-invalid=move || form.is_invalid(field)
                on:change=move |event| form.change.run((field, option::text(&event_target_value(&event))))
            >
                <option value=option::NONE prop:selected=move || chosen.get() == option::NONE>{any}</option>
                {options}
            </select>
        </Labelled>
    }
}

/// The severities, any number of them.
#[component]
pub fn SeverityField(form: Form) -> impl IntoView {
    let state = expect_context::<State>();
    let boxes = [4_u8, 3, 2, 1].map(|severity| {
        let name = severity_name(severity);
        let count = move || state.with_facets(|facets| format::number(choices::with_severity(facets, severity)));
        let tick = move |event| {
            let mut draft = form.draft.get_untracked();
            draft.tick_severity(severity, event_target_checked(&event));
            form.change.run((Field::Severity, draft.get(Field::Severity).map(str::to_owned)));
        };
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    name=Field::Severity.name()
                    value=severity
                    prop:checked=move || form.draft.with(|draft| draft.has_severity(severity))
                    on:change=tick
                />
                <span class=format!("check__mark severity-mark--{}", name.to_lowercase()) aria-hidden="true"></span>
                <span class="check__text">{name}</span>
                <span class="check__count">{count}</span>
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend class="field__label">{Field::Severity.label()}</legend>
            {boxes}
            <p class="field__error" aria-live="polite">{move || form.error_of(Field::Severity)}</p>
        </fieldset>
    }
}
