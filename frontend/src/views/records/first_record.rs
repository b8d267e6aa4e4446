//! How the first record comes in: by hand, and from a fleet.

use leptos::prelude::*;
use telemetrics_common::classification::HELLO;
use telemetrics_common::collector::{DEFAULT_TELEMETRY_ID, HEADER_FORM_PATH, JSON_FORM_PATH, TELEMETRY_ID_HEADER};

use crate::browser;
use crate::components::{EmptyState, Snippet, Symbol};

/// What to do when there is no record at all.
#[component]
pub fn FirstRecord() -> impl IntoView {
    let origin = browser::origin();
    let seconds = browser::now().seconds();
    let curl = curl_command(&origin, seconds, &browser::random_hex(32), &browser::random_hex(32));
    view! {
        <EmptyState symbol=Symbol::Inbox title="No records yet">
            <p>"Nothing has been sent to this server so far. Send a first record from a terminal:"</p>
            <Snippet label="Command that sends a record" text=Signal::stored(curl) />
            <p>
                "Or point the machines of your fleet here, by two lines in their client's "
                <code>"telemetrics.conf"</code> ":"
            </p>
            <Snippet label="Lines for the client's configuration" text=Signal::stored(client_configuration(&origin)) />
            <p class="muted">"It shows here by itself as soon as it has come in."</p>
        </EmptyState>
    }
}

/// A command that posts a valid record in header form.
fn curl_command(origin: &str, seconds: i64, machine_id: &str, event_id: &str) -> String {
    let headers = [
        ("record_format_version", "4"),
        ("classification", HELLO),
        ("severity", "1"),
        ("machine_id", machine_id),
        ("creation_timestamp", &seconds.to_string()),
        ("arch", "x86_64"),
        ("host_type", "Example|Notebook|1.0"),
        ("build", "1"),
        ("kernel_version", "6.12.0-1"),
        ("payload_format_version", "1"),
        ("system_name", "example"),
        ("board_name", "Example|Board"),
        ("cpu_model", "Example CPU"),
        ("bios_version", "1.0"),
        ("event_id", event_id),
        (TELEMETRY_ID_HEADER, DEFAULT_TELEMETRY_ID),
        ("Content-Type", "application/text"),
    ];
    let headers: String = headers.iter().map(|(name, value)| format!("  -H '{name}: {value}' \\\n")).collect();
    format!("curl '{origin}{HEADER_FORM_PATH}' \\\n{headers}  --data-binary 'hello'")
}

/// What makes the client of a machine send its records here.
fn client_configuration(origin: &str) -> String {
    format!("server={origin}{JSON_FORM_PATH}\ntidheader={TELEMETRY_ID_HEADER}: {DEFAULT_TELEMETRY_ID}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted() {
        let command = curl_command("http://127.0.0.1:8080", 1_795_344_787, "abc", "def");
        assert!(
            command.starts_with("curl 'http://127.0.0.1:8080/v2/collector' \\\n  -H 'record_format_version: 4' \\\n")
        );
        assert!(command.contains("-H 'creation_timestamp: 1795344787' \\\n"));
        assert!(command.contains("-H 'X-Telemetry-TID: 6907c830-eed9-4ce9-81ae-76daf8d88f0f' \\\n"));
        assert!(command.ends_with("--data-binary 'hello'"));
        assert_eq!(command.matches('\'').count() % 2, 0);
    }

    #[test]
    fn the_client_is_pointed_here() {
        assert_eq!(
            client_configuration("http://fleet:8080"),
            "server=http://fleet:8080/v3/collector\ntidheader=X-Telemetry-TID: 6907c830-eed9-4ce9-81ae-76daf8d88f0f"
        );
    }
}
