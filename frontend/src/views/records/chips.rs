//! The filters that are set, each to be taken away.

use leptos::prelude::*;
use telemetrics_common::RecordFilter;
use telemetrics_common::filter::Severities;

use super::address::{self, Draft, Field, list_address};
use super::state::State;
use crate::components::{Chip, severity_name};
use crate::format;

/// All of them, with a way to none. Nothing is shown while none is set.
#[component]
pub fn Chips() -> impl IntoView {
    let state = expect_context::<State>();
    move || {
        let draft = Draft::from_search(&state.search.get());
        let chips: Vec<_> = draft.parts().map(|(field, value)| chip(&draft, field, value)).collect();
        (!chips.is_empty()).then(|| {
            view! {
                <ul class="chips" aria-label="Active filters">
                    {chips}
                    <li>
                        <a class="chips__clear" href=list_address(&RecordFilter::default()) data-noscroll>
                            "Clear all"
                        </a>
                    </li>
                </ul>
            }
        })
    }
}

fn chip(draft: &Draft, field: Field, value: &str) -> impl IntoView + use<> {
    // Where the rest cannot be read either, taking one away takes all.
    let rest = draft.without(field).parse().unwrap_or_default();
    view! { <Chip label=field.label() value=shown(field, value) without=list_address(&rest) /> }
}

/// A value as people read it.
fn shown(field: Field, value: &str) -> String {
    match field {
        Field::Severity => {
            let Ok(severities) = value.parse::<Severities>() else { return value.to_owned() };
            severities.as_slice().iter().copied().map(severity_name).collect::<Vec<_>>().join(", ")
        }
        Field::From | Field::To => value.parse().map_or_else(|_| value.to_owned(), format::exact),
        Field::System if value.is_empty() => address::NO_SYSTEM.to_owned(),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_people_read_them() {
        assert_eq!(shown(Field::Severity, "3,4"), "High, Critical");
        assert_eq!(shown(Field::Severity, "9"), "9");
        assert_eq!(shown(Field::From, "2026-11-23"), "2026-11-23 00:00:00 UTC");
        assert_eq!(shown(Field::System, ""), "no system");
        assert_eq!(shown(Field::Build, "7"), "7");
    }
}
