//! All options of the command line as a page of documentation, so that it cannot say anything else than the program.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::builder::PossibleValue;
use clap::{Arg, Command};

const HEAD: &str = "# Options

<!-- Written by the tests from the command line itself: `UPDATE_DOCS=1 cargo test -p telemetrics-backend --lib options`. -->

Every option of `telemetrics serve` is also an environment variable and a line in the TOML file that `--config` names:
`--max-body-bytes 524288`, `TELEMETRICS_MAX_BODY_BYTES=524288`, `max-body-bytes = 524288`. The command line goes before the
environment, the environment before the file. An option that may be given several times takes several values: separated
by commas in the environment, a list in the file. The other commands read what they share with it from the same places.

Retention and telemetry ids can also be set on the pages *Server*, for all servers on a database at once; from then on the
options do not count. Scrub rules are set there only.
";
/// The command that has nearly all options; those below name theirs that are the same.
const SERVE: &str = "serve";

/// The page.
pub(super) fn page(command: &Command) -> String {
    let serve = command.find_subcommand(SERVE).into_iter();
    let told: BTreeSet<String> = serve.flat_map(arguments).map(row).collect();
    let mut page = HEAD.to_owned();
    for subcommand in command.get_subcommands() {
        sections(&mut page, command.get_name(), subcommand, &told);
    }
    page
}

/// A command, and those below it.
fn sections(page: &mut String, above: &str, command: &Command, told: &BTreeSet<String>) {
    // What clap brings by itself.
    if command.get_name() == "help" {
        return;
    }
    let name = format!("{above} {}", command.get_name());
    let level = "#".repeat(name.split(' ').count());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    // Writing into a String cannot fail.
    let _ = write!(page, "\n{level} {name}\n\n{about}.\n");
    let is_told = |argument: &&Arg| command.get_name() != SERVE && told.contains(&row(argument));
    let (shared, own): (Vec<&Arg>, Vec<&Arg>) = arguments(command).partition(is_told);
    if !own.is_empty() {
        page.push_str("\n| option | default | what it is |\n|---|---|---|\n");
        own.into_iter().for_each(|argument| page.push_str(&row(argument)));
    }
    // Of a group of commands the single ones say it.
    if !shared.is_empty() && !command.has_subcommands() {
        let names: Vec<String> = shared.into_iter().map(|argument| format!("`{}`", flag(argument))).collect();
        let _ = write!(page, "\nAs for `telemetrics {SERVE}`: {}.\n", names.join(", "));
    }
    command.get_subcommands().for_each(|below| sections(page, &name, below, told));
}

fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| !argument.is_hide_set() && argument.get_id() != "help")
}

/// A row of the table.
fn row(argument: &Arg) -> String {
    let cells = [name(argument), default(argument), help(argument)].map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

fn name(argument: &Arg) -> String {
    match value_name(argument).filter(|_| argument.get_long().is_some()) {
        Some(value) => format!("`{} {value}`", flag(argument)),
        None => format!("`{}`", flag(argument)),
    }
}

/// How it is given, without its value; what has no name stands for itself.
fn flag(argument: &Arg) -> String {
    match argument.get_long() {
        Some(long) => format!("--{long}"),
        None => value_name(argument).unwrap_or_else(|| argument.get_id().to_string()),
    }
}

fn value_name(argument: &Arg) -> Option<String> {
    let name = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    name.filter(|_| takes_value(argument))
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

fn default(argument: &Arg) -> String {
    let values: Vec<String> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy().into()).collect();
    match values.is_empty() || !takes_value(argument) || argument.is_hide_default_value_set() {
        true => String::new(),
        false => format!("`{}`", values.join(",")),
    }
}

fn help(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    // The name of a switch's value has them.
    let is_switch = value_name(argument).is_some_and(|name| name.contains('|'));
    let values = if is_switch { Vec::new() } else { argument.get_possible_values() };
    let values: Vec<String> = values.iter().map(value).collect();
    if values.is_empty() { help } else { format!("{help}: {}", values.join(", ")) }
}

/// One of a few that an option can be, and what that means.
fn value(value: &PossibleValue) -> String {
    match value.get_help() {
        Some(help) => format!("`{}` ({})", value.get_name(), within_a_sentence(&help.to_string())),
        None => format!("`{}`", value.get_name()),
    }
}

/// Without the capital letter that a sentence of its own begins with, but with those of `JSON`.
fn within_a_sentence(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain([second]).chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use clap::CommandFactory;
    use regex::Regex;

    use super::*;
    use crate::cli::Cli;

    /// What the documentation gives to other programs.
    const OF_OTHERS: [&str; 7] = ["data-binary", "data-urlencode", "get", "max-time", "now", "pipe", "wait"];

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    fn whole_command() -> Command {
        let mut command = Cli::command();
        command.build();
        command
    }

    #[test]
    fn the_page_of_options_is_up_to_date() {
        let path = root().join("docs/options.md");
        let page = page(&whole_command());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "docs/options.md says something else: write it anew with UPDATE_DOCS=1");
    }

    /// The options of a command and all below it, hidden ones too.
    fn names(command: &Command) -> BTreeSet<String> {
        let own = command.get_arguments().filter_map(Arg::get_long).map(str::to_owned);
        own.chain(command.get_subcommands().flat_map(names)).collect()
    }

    /// What people wrote, and not the program.
    fn prose() -> Vec<PathBuf> {
        let documents = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
        let is_prose = |path: &PathBuf| {
            path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("options.md")
        };
        documents.filter(is_prose).chain(["README.md", "BENCHMARKS.md"].map(|page| root().join(page))).collect()
    }

    #[test]
    fn options_in_the_documentation_are_there() {
        let known = names(&whole_command());
        let option = Regex::new(r"(?m)(?:^|[\s`(])--([a-z][a-z0-9-]*)").unwrap();
        let mut looked_at = 0;
        for page in prose() {
            let text = std::fs::read_to_string(&page).unwrap();
            for found in option.captures_iter(&text) {
                let name = &found[1];
                let is_there = known.contains(name) || OF_OTHERS.contains(&name);
                assert!(is_there, "{}: there is no --{name}", page.display());
                looked_at += 1;
            }
        }
        assert!(looked_at > 20, "only {looked_at} options");
    }

    #[test]
    fn the_page_has_all_commands_and_values() {
        let page = page(&whole_command());
        let check = |text: &str| assert!(page.contains(text), "{text}: {page}");
        check("\n## telemetrics check\n");
        check("\n### telemetrics token revoke\n");
        check("In which form: `ndjson` (JSON, one record a line, with all its fields), `csv` (the eight columns");
        check("| `--public-read true\\|false` | `false` | Let everyone see charts and counts; records and");
    }
}
