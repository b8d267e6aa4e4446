//! A choice of a few, kept for the reader and not in the address.

use leptos::prelude::*;

/// One of some, all of them visible.
#[component]
pub fn Choice<T: Copy + PartialEq + Send + Sync + 'static>(
    /// What is chosen.
    label: &'static str,
    /// The choices with their texts.
    options: Vec<(T, String)>,
    /// Which one it is.
    #[prop(into)]
    value: Signal<T>,
    /// Takes another one.
    on_choose: Callback<T>,
) -> impl IntoView {
    let name = label.to_lowercase();
    let option = |(choice, text): (T, String)| {
        view! {
            <label class="choice__item">
                <input type="radio" name=name.clone() prop:checked=move || value.get() == choice
                    on:change=move |_| on_choose.run(choice) />
                {text}
            </label>
        }
    };
    view! {
        <fieldset class="choice">
            <legend class="choice__label">{label}</legend>
            {options.into_iter().map(option).collect_view()}
        </fieldset>
    }
}
