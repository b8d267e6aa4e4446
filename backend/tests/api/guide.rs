//! The examples of the guide to the API do what it says.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::cluster::{installed, skip};
use crate::support::fleet::Instance;
use crate::support::{Database, Kind};

const GUIDE: &str = include_str!("../../../docs/api.md");
/// What runs the examples of a language.
const INTERPRETERS: [(&str, &[&str]); 2] = [("sh", &["bash", "-euo", "pipefail"]), ("python", &["python3", "-"])];

/// The examples with their languages.
fn examples(text: &str) -> Vec<(&str, &str)> {
    text.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect()
}

fn run(interpreter: &[&str], example: &str) {
    let mut process = Command::new(interpreter[0])
        .args(&interpreter[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", interpreter[0]));
    process.stdin.take().unwrap().write_all(example.as_bytes()).unwrap();
    assert!(process.wait().unwrap().success(), "{example}");
}

#[tokio::test]
async fn examples_work() {
    if let Some(missing) = ["curl", "python3"].into_iter().find(|program| installed(program).is_none()) {
        skip(&format!("{missing} is not installed"));
        return;
    }
    let database = Database::new(Kind::Sqlite).await;
    let demo = ["demo", "--records", "2000", "--days", "10", "--seed", "1", "--database", &database.url];
    assert!(Command::new(env!("CARGO_BIN_EXE_telemetrics")).args(demo).status().unwrap().success());
    let server = Instance::start(&database.url);
    let mut ran = 0;
    // The Rust one is run by the tests of its crate.
    let here = |(language, _): &(&str, &str)| !matches!(*language, "rust" | "toml");
    for (language, example) in examples(GUIDE).into_iter().filter(here) {
        let (_, interpreter) = INTERPRETERS.iter().find(|(name, _)| *name == language).expect("a language that is run");
        run(interpreter, &example.replace("127.0.0.1:8080", &server.address.to_string()));
        ran += 1;
    }
    assert!(ran > 5, "only {ran} examples");
    drop(server);
    database.remove().await;
}
