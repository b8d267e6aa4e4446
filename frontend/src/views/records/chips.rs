//! The filters that are set, each to be taken away.

use leptos::prelude::*;
use telemetrics_common::RecordFilter;
use telemetrics_common::filter::{Kind, Severities};

use super::address::{Draft, Field, list_address};
use super::state::State;
use crate::components::{Chip, severity_name};
use crate::format;
use crate::scope::{Range, system_name};
use crate::views::parts::named;

/// All of them, with a way to none. Nothing is shown while none is set.
#[component]
pub fn Chips() -> impl IntoView {
    let state = expect_context::<State>();
    move || {
        let draft = Draft::from_search(&state.search.get());
        let chips: Vec<_> = draft.parts().map(|(field, _)| chip(&draft, field)).collect();
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

fn chip(draft: &Draft, field: Field) -> impl IntoView + use<> {
    // Where the rest cannot be read either, taking one away takes all.
    let rest = draft.without(field).parse().unwrap_or_default();
    view! { <Chip label=field.label() value=shown(draft, field) without=rest.list_address() /> }
}

/// A value as people read it.
fn shown(draft: &Draft, field: Field) -> String {
    let value = draft.get(field).unwrap_or_default();
    match field {
        Field::Severity => {
            let Ok(severities) = value.parse::<Severities>() else { return value.to_owned() };
            severities.as_slice().iter().copied().map(severity_name).collect::<Vec<_>>().join(", ")
        }
        Field::From | Field::To | Field::ReceivedFrom | Field::ReceivedTo => {
            value.parse().map_or_else(|_| value.to_owned(), format::exact)
        }
        Field::Days => draft.range().map_or_else(|| value.to_owned(), Range::words),
        Field::System => system_name(value).to_owned(),
        Field::Kind => kind_name(value).to_owned(),
        Field::Clock if value == "wrong" => "Wrong".to_owned(),
        Field::Platform | Field::Arch | Field::Kernel => named(value).to_owned(),
        _ => value.to_owned(),
    }
}

/// What a kind of records is called.
fn kind_name(value: &str) -> &str {
    match [Kind::Crash, Kind::Mce].into_iter().find(|kind| kind.as_str() == value) {
        Some(Kind::Crash) => "Crashes",
        Some(Kind::Mce) => "Machine checks",
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_people_read_them() {
        let check = |search: &str, field, text: &str| assert_eq!(shown(&Draft::from_search(search), field), text);
        check("severity=3,4", Field::Severity, "High, Critical");
        check("severity=9", Field::Severity, "9");
        check("from=2026-11-23", Field::From, "2026-11-23 00:00:00 UTC");
        check("received_to=2026-11-23T08:00", Field::ReceivedTo, "2026-11-23 08:00:00 UTC");
        check("days=7", Field::Days, "Last 7 days");
        check("days=soon", Field::Days, "soon");
        check("system=", Field::System, "(no name)");
        check("build=7", Field::Build, "7");
        check("kind=crash", Field::Kind, "Crashes");
        check("kind=mce", Field::Kind, "Machine checks");
        check("kind=oops", Field::Kind, "oops");
        check("clock=wrong", Field::Clock, "Wrong");
        check("platform=", Field::Platform, "(none)");
    }
}
