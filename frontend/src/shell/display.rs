//! How the dashboard looks to who is using it: colours, times, columns.

use leptos::html;
use leptos::prelude::*;

use super::theme::ThemeChoice;
use crate::components::{Choice, Dialog, Icon, Symbol, TimeStyle, Times, Zone, close_dialog};
use crate::views::records::{Column, Columns};

/// The button in the header, and what it opens.
#[component]
pub(super) fn DisplayButton() -> impl IntoView {
    let open = RwSignal::new(false);
    let close = Callback::new(move |()| open.set(false));
    view! {
        <button type="button" class="icon-button" aria-label="Display" title="Display: colours, times, columns"
            on:click=move |_| open.set(true)>
            <Icon symbol=Symbol::Sliders />
        </button>
        {move || open.get().then(|| view! { <Display close /> })}
    }
}

#[component]
fn Display(close: Callback<()>) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let (times, columns) = (Times::of_page(), Columns::of_page());
    let column = move |column: Column| {
        view! {
            <label class="choice__item">
                <input type="checkbox" prop:checked=move || columns.has(column)
                    on:change=move |event| columns.show(column, event_target_checked(&event)) />
                {column.title()}
            </label>
        }
    };
    let styles = vec![(TimeStyle::Age, "Age".to_owned()), (TimeStyle::Exact, "Day and time".to_owned())];
    let zones = vec![(Zone::Utc, "UTC".to_owned()), (Zone::Local, "This browser's".to_owned())];
    view! {
        <Dialog node title="Display" on_close=close>
            <ThemeChoice />
            <Choice label="Times as" options=styles value=Signal::derive(move || times.style())
                on_choose=Callback::new(move |style| times.set_style(style)) />
            <Choice label="Time zone" options=zones value=Signal::derive(move || times.zone())
                on_choose=Callback::new(move |zone| times.set_zone(zone)) />
            <p class="muted">"Charts count whole days in UTC, whatever is chosen here."</p>
            <fieldset class="choice">
                <legend class="choice__label">"Columns of records"</legend>
                {Column::ALL.map(column)}
            </fieldset>
            <p class="muted">"Kept in this browser."</p>
            <div class="confirm__actions">
                <button type="button" class="button" on:click=move |_| close_dialog(node)>"Close"</button>
            </div>
        </Dialog>
    }
}
