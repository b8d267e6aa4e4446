//! The TOML file behind the command line: its values become the options' defaults, so that they are
//! parsed and checked as if they had been typed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command};
use toml::{Table, Value};

/// Parses the command line over the file that it, or the environment, names.
pub(super) fn parse(command: Command) -> Result<ArgMatches, ExitCode> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let file = named_file(&arguments).or_else(|| std::env::var_os("TELEMETRICS_CONFIG").map(PathBuf::from));
    let command = match file {
        None => command,
        Some(path) => read(&path).and_then(|table| with_defaults(command, &table)).map_err(|message| {
            eprintln!("error: {}: {message}", path.display());
            ExitCode::from(2)
        })?,
    };
    command.try_get_matches_from(arguments).map_err(|error| refuse(&error))
}

/// Says in one line what is wrong with the command line; help and version are no mistake.
pub(super) fn refuse(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed standard output leaves nobody to tell.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    eprintln!("{}", text.lines().next().unwrap_or("error: the command line cannot be read"));
    ExitCode::from(2)
}

/// The value of `--config`, which is needed before all options can be parsed.
fn named_file(arguments: &[OsString]) -> Option<PathBuf> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        if text == "--config" {
            return arguments.next().map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    None
}

fn read(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    text.parse().map_err(|error: toml::de::Error| error.message().to_owned())
}

fn with_defaults(mut command: Command, table: &Table) -> Result<Command, String> {
    for (name, value) in table {
        let values = texts(name, value)?;
        let mut known = false;
        command = set(command, name, &values, &mut known);
        if !known {
            return Err(format!("{name}: there is no such option"));
        }
    }
    Ok(command)
}

/// Sets an option's default in a command and all below it.
fn set(command: Command, name: &str, values: &[String], known: &mut bool) -> Command {
    let is_it = |argument: &clap::Arg| argument.get_long() == Some(name);
    let id = command.get_arguments().find(|argument| is_it(argument)).map(|argument| argument.get_id().clone());
    let command = match id {
        Some(id) => {
            *known = true;
            command.mut_arg(id, |argument| argument.default_values(values.to_vec()))
        }
        None => command,
    };
    let below: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    below
        .into_iter()
        .fold(command, |command, below| command.mut_subcommand(below, |below| set(below, name, values, known)))
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Integer(number) => Ok(vec![number.to_string()]),
        Value::Boolean(flag) => Ok(vec![flag.to_string()]),
        Value::Array(values) => {
            values.iter().map(|value| texts(name, value)).collect::<Result<Vec<_>, _>>().map(|all| all.concat())
        }
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => {
            Err(format!("{name}: must be a text, a whole number, true, false, or a list of them"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Arg, CommandFactory, value_parser};

    use super::*;

    fn command() -> Command {
        let port = || Arg::new("port").long("port").value_parser(value_parser!(u16)).default_value("1");
        Command::new("t").arg(port()).subcommand(Command::new("serve").arg(port()))
    }

    fn port(file: &str, arguments: &[&str]) -> Result<u16, String> {
        let command = with_defaults(command(), &file.parse().unwrap())?;
        let matches = command.try_get_matches_from(arguments).map_err(|error| error.to_string())?;
        let matches = matches.subcommand().map_or(&matches, |(_, matches)| matches);
        Ok(*matches.get_one("port").unwrap())
    }

    #[test]
    fn a_file_stands_behind_the_command_line() {
        assert_eq!(port("", &["t"]), Ok(1));
        assert_eq!(port("port = 2", &["t"]), Ok(2));
        assert_eq!(port("port = 2", &["t", "serve"]), Ok(2));
        assert_eq!(port("port = 2", &["t", "--port", "3"]), Ok(3));
    }

    #[test]
    fn mistakes_in_a_file_are_named() {
        assert_eq!(port("prot = 2", &["t"]), Err("prot: there is no such option".to_owned()));
        assert!(port("port = 1.5", &["t"]).unwrap_err().starts_with("port: must be"));
        assert!(port("port = 70000", &["t"]).unwrap_err().contains("70000"));
    }

    /// The example that packages install names every option, each with its default.
    #[test]
    fn the_example_has_every_option() {
        let example = include_str!("../../../deploy/telemetrics.toml");
        let all: String = example
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        let table: Table = all.parse().unwrap();
        let command = super::super::Cli::command();
        let serve = command.find_subcommand("serve").unwrap();
        let options = command.get_arguments().chain(serve.get_arguments());
        let options: BTreeSet<&str> =
            options.filter(|option| !option.is_hide_set()).filter_map(Arg::get_long).collect();
        let not_here = ["config", "help", "version"];
        let expected: BTreeSet<&str> = options.into_iter().filter(|name| !not_here.contains(name)).collect();
        assert_eq!(table.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);
        for option in serve.get_arguments() {
            let Some(value) = option.get_long().and_then(|name| table.get(name)) else { continue };
            let defaults: Vec<String> =
                option.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
            if !defaults.is_empty() && option.get_long() != Some("database") {
                assert_eq!(texts("", value).unwrap(), defaults, "{option}");
            }
        }
        assert!(with_defaults(super::super::Cli::command(), &table).unwrap().try_get_matches_from(["t"]).is_ok());
    }

    fn is_setting(line: &str) -> bool {
        line.split_once(" = ").is_some_and(|(name, _)| name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-')))
    }

    #[test]
    fn the_file_is_found_on_the_command_line() {
        let named = |arguments: &[&str]| named_file(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(named(&["t", "--config", "a.toml"]), Some("a.toml".into()));
        assert_eq!(named(&["t", "serve", "--config=b.toml"]), Some("b.toml".into()));
        assert_eq!(named(&["t"]), None);
    }
}
