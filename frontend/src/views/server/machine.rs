//! All that there is of one machine: how much, an export, and its end.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use telemetrics_common::RecordFilter;
use telemetrics_common::endpoint::path_with_query;
use telemetrics_common::privacy::{EraseMachine, GetMachine, MachineData};
use telemetrics_common::records::NDJSON_PATH;

use crate::api::call;
use crate::components::{Dialog, Field, Icon, Panel, Sending, Symbol, Wrong, close_dialog};
use crate::format;

#[component]
pub(super) fn MachinePanel() -> impl IntoView {
    let (id, sending) = (RwSignal::new(String::new()), Sending::new());
    // Whose, and what.
    let found = RwSignal::new(None::<(String, MachineData)>);
    let (asking, erased) = (RwSignal::new(false), RwSignal::new(None::<MachineData>));
    let look = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let machine_id = id.get_untracked().trim().to_owned();
        found.set(None);
        erased.set(None);
        let question = GetMachine { machine_id: machine_id.clone() };
        sending.send(async move { call(&question, &()).await }, move |data| found.set(Some((machine_id, data))));
    };
    let erase = Callback::new(move |()| {
        let Some((machine_id, _)) = found.get_untracked() else { return };
        sending.send(async move { call(&EraseMachine { machine_id }, &()).await }, move |data| {
            found.set(None);
            erased.set(Some(data));
        });
    });
    view! {
        <Panel title="One machine" note="For those who ask what is known about their machine, or want to be forgotten.">
            <form class="access-form" on:submit=look>
                <Field id="machine-id" label="Machine id, as the machine sends it" text=id />
                <button type="submit" class="button" disabled=move || sending.busy.get()>"Look it up"</button>
            </form>
            <Wrong sending />
            {move || found.get().map(|(machine_id, data)| view! {
                <p role="status">{told(&data, "Found: ")}</p>
                <div class="toolbar">
                    {export_address(&machine_id).map(|href| view! {
                        <a class="button" href=href download="machine.ndjson">
                            <Icon symbol=Symbol::Download />"Export its records"
                        </a>
                    })}
                    <button type="button" class="button button--danger" on:click=move |_| asking.set(true)>"Erase it"</button>
                </div>
            })}
            {move || erased.get().map(|data| view! { <p role="status">{told(&data, "Erased: ")}</p> })}
            <Show when=move || asking.get()>
                <Confirm asking erase />
            </Show>
        </Panel>
    }
}

#[component]
fn Confirm(asking: RwSignal<bool>, erase: Callback<()>) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let yes = move |_| {
        close_dialog(dialog);
        erase.run(());
    };
    view! {
        <Dialog node=dialog title="Erase everything of this machine?" on_close=Callback::new(move |()| asking.set(false))>
            <p>
                "Its records go, they no longer count, and it is no longer among the machines. "
                "This cannot be undone. Backups that were made before still have it."
            </p>
            <div class="confirm__actions">
                <button type="button" class="button" on:click=move |_| close_dialog(dialog)>"Cancel"</button>
                <button type="button" class="button button--danger" on:click=yes>"Erase"</button>
            </div>
        </Dialog>
    }
}

/// None for what is no machine id: without one the filter would let everything through.
fn export_address(machine_id: &str) -> Option<String> {
    let machine_id = Some(machine_id.parse().ok()?);
    Some(path_with_query(NDJSON_PATH, &RecordFilter { machine_id, ..RecordFilter::default() }))
}

fn told(data: &MachineData, begin: &str) -> String {
    format!(
        "{begin}{}, {} in quarantine, and {} of counters that name it.",
        format::counted(data.records, "record", "records"),
        format::number(data.quarantined),
        format::counted(data.counters, "row", "rows"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_export_is_of_one_machine_only() {
        let address = export_address("rack 7").unwrap();
        assert_eq!(address, "/api/v1/records.ndjson?machine_id=rack+7");
        assert_eq!(export_address(""), None);
    }
}
