//! All options of the command line as a page of documentation, so that it cannot say anything else than the program.

use std::fmt::Write;

use clap::{Arg, Command};

const HEAD: &str = "# Options

<!-- Written by the tests from the command line itself: `UPDATE_DOCS=1 cargo test -p telemetrics-backend --lib options`. -->

Every option of `telemetrics serve` is also an environment variable and a line in the TOML file that `--config` names:
`--max-body-bytes 524288`, `TELEMETRICS_MAX_BODY_BYTES=524288`, `max-body-bytes = 524288`. The command line goes before the
environment, the environment before the file. An option that may be given several times takes several values: separated
by commas in the environment, a list in the file.

Retention, telemetry ids and scrub rules can also be set on the pages *Server*, for all servers on a database at once;
from then on the options do not count.
";

/// The page.
pub(super) fn page(command: &Command) -> String {
    let mut page = HEAD.to_owned();
    for name in ["serve", "demo", "import", "export", "purge", "backup", "restore"] {
        if let Some(command) = command.find_subcommand(name) {
            section(&mut page, name, command);
        }
    }
    page
}

fn section(page: &mut String, heading: &str, command: &Command) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    // Writing into a String cannot fail.
    let _ =
        write!(page, "\n## telemetrics {heading}\n\n{about}.\n\n| option | default | what it is |\n|---|---|---|\n");
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set() && argument.get_id() != "help") {
        let cells = [name(argument), default(argument), help(argument)].map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
}

fn name(argument: &Arg) -> String {
    let values = argument.get_num_args().is_none_or(|number| number.takes_values());
    let value = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    match (argument.get_long(), value.filter(|_| values && takes_value(argument))) {
        (Some(long), Some(value)) => format!("`--{long} {value}`"),
        (Some(long), None) => format!("`--{long}`"),
        (None, value) => format!("`{}`", value.unwrap_or_else(|| argument.get_id().to_string())),
    }
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

fn default(argument: &Arg) -> String {
    let values: Vec<String> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy().into()).collect();
    match values.is_empty() || !takes_value(argument) {
        true => String::new(),
        false => format!("`{}`", values.join(",")),
    }
}

fn help(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    help.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_page_of_options_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/options.md");
        let mut command = Cli::command();
        command.build();
        let page = page(&command);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "docs/options.md says something else: write it anew with UPDATE_DOCS=1");
    }
}
