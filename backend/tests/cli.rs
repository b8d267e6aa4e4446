//! The program as it is started from a shell.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn telemetrics(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telemetrics"));
    command.current_dir(folder).stdin(Stdio::null());
    std::env::vars().filter(|(name, _)| name.starts_with("TELEMETRICS_")).for_each(|(name, _)| {
        command.env_remove(name);
    });
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    telemetrics(folder).args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// All records of the database in a folder, one a line.
fn exported(folder: &Path) -> Vec<String> {
    let output = run(folder, &["export"]);
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// What a server on the database in a folder answers.
fn answered(folder: &Path, path: &str) -> String {
    asked(folder, "GET", path, "")
}

/// The same for any call.
fn asked(folder: &Path, method: &str, path: &str, body: &str) -> String {
    let mut server = telemetrics(folder).args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let address = log
        .find_map(|line| line.unwrap().split_once("serves http://").map(|(_, address)| address.to_owned()))
        .expect("the server says where it is");
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let text = std::io::read_to_string(stream).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200 "), "{head}");
    // A signal ends it with success.
    Command::new("kill").arg(server.id().to_string()).status().unwrap();
    assert!(server.wait().unwrap().success());
    body.to_owned()
}

#[track_caller]
fn check_refused(arguments: &[&str], files: &[(&str, &str)], line: &str) {
    let folder = TempDir::new().unwrap();
    files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
    let output = run(folder.path(), arguments);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert_eq!(stderr(&output).trim_end(), line);
}

#[test]
fn wrong_values_are_told_in_one_line() {
    check_refused(
        &["--auth", "none", "--listen", "0.0.0.0:8080"],
        &[],
        "error: --auth: none needs a loopback address to listen on, not 0.0.0.0:8080",
    );
    check_refused(
        &["serve", "--database", "mysql://localhost"],
        &[],
        "error: invalid value 'mysql://localhost' for '--database <URL>': must be sqlite://PATH or \
         postgres://USER@HOST/NAME",
    );
    check_refused(
        &["--max-body-bytes", "lots"],
        &[],
        "error: invalid value 'lots' for '--max-body-bytes <MAX_BODY_BYTES>': must be a whole number from 1024 to 67108864",
    );
    check_refused(&["--colour"], &[], "error: unexpected argument '--colour' found");
    check_refused(&["dance"], &[], "error: unrecognized subcommand 'dance'");
    check_refused(&["--config", "t.toml"], &[("t.toml", "prot = 1")], "error: t.toml: prot: there is no such option");
}

#[test]
fn settings_come_from_a_file_and_the_environment() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("t.toml"), "database = \"sqlite://from-file.db\"\n").unwrap();
    let migrate = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    };
    migrate(telemetrics(folder.path()).args(["migrate", "--config", "t.toml"]));
    assert!(folder.path().join("from-file.db").is_file());
    let mut environment = telemetrics(folder.path());
    environment.env("TELEMETRICS_CONFIG", "t.toml").env("TELEMETRICS_DATABASE", "sqlite://env.db");
    migrate(environment.arg("migrate"));
    assert!(folder.path().join("env.db").is_file());
    migrate(telemetrics(folder.path()).arg("migrate"));
    assert!(folder.path().join("data/telemetrics.db").is_file());
}

#[test]
fn help_explains_each_command() {
    let folder = TempDir::new().unwrap();
    for arguments in [&["--help"][..], &["serve", "--help"], &["demo", "--help"], &["import", "--help"]] {
        let output = run(folder.path(), arguments);
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains("--database"), "{arguments:?}");
    }
}

#[test]
fn the_api_document_is_printed() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["openapi"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["paths"]["/api/v1/records/{id}"].is_object());
}

#[test]
fn a_demo_is_the_same_each_time() {
    let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let options = ["demo", "--records", "300", "--days", "5", "--seed", "3", "--until", "2026-11-23T08:00:00Z"];
    let [first, second] = folders.each_ref().map(|folder| {
        let output = run(folder.path(), &options);
        assert!(output.status.success(), "{}", stderr(&output));
        exported(folder.path())
    });
    assert_eq!(first.len(), 300);
    assert_eq!(first, second);
}

#[test]
fn an_export_is_the_same_from_the_command_line_and_the_api() {
    let folder = TempDir::new().unwrap();
    let demo = run(folder.path(), &["demo", "--records", "300", "--days", "5", "--seed", "3"]);
    assert!(demo.status.success(), "{}", stderr(&demo));
    let check = |arguments: &[&str], path: &str| {
        let output = run(folder.path(), &[&["export"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().count() > 1, "{text}");
        assert_eq!(text, answered(folder.path(), path));
    };
    check(&[], "/api/v1/records.ndjson");
    check(&["?severity=3,4"], "/api/v1/records.ndjson?severity=3,4");
    check(&["severity=4", "--format", "csv"], "/api/v1/records.csv?severity=4");
    check(&["--format", "csv", "--guard-formulas"], "/api/v1/records.csv?guard_formulas=true");
    run(folder.path(), &["export", "--output", "records.ndjson"]);
    let file = std::fs::read_to_string(folder.path().join("records.ndjson")).unwrap();
    assert_eq!(file.lines().collect::<Vec<_>>(), exported(folder.path()));
    // Into another database it comes back as it was, but for ids.
    let other = TempDir::new().unwrap();
    std::fs::write(other.path().join("records.ndjson"), &file).unwrap();
    let import = run(other.path(), &["import", "--ndjson", "records.ndjson"]);
    assert!(import.status.success(), "{}", stderr(&import));
    let without_ids = |lines: Vec<String>| {
        let mut records: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        for record in &mut records {
            record["id"] = Value::Null;
            if let Some(guilty) = record["guilty"].as_object_mut() {
                guilty.remove("id");
            }
        }
        let mut lines: Vec<String> = records.iter().map(Value::to_string).collect();
        lines.sort();
        lines
    };
    assert_eq!(without_ids(exported(other.path())), without_ids(exported(folder.path())));
    check_refused(
        &["export", "severity=9"],
        &[],
        "error: invalid value 'severity=9' for '[FILTER]': severity: must be 1 to 4, one or several separated by commas",
    );
}

#[test]
fn a_purge_deletes_what_is_over() {
    let folder = TempDir::new().unwrap();
    let demo = run(folder.path(), &["demo", "--records", "200", "--days", "40", "--seed", "3"]);
    assert!(demo.status.success(), "{}", stderr(&demo));
    let purge = |options: &[&str]| {
        let output = run(folder.path(), &[&["purge", "--retention-days", "20"], options].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let line = stderr(&output).lines().find(|line| line.contains("deleted")).unwrap().to_owned();
        let number = line.split_once("records=").unwrap().1.split(' ').next().unwrap().parse::<usize>().unwrap();
        (number, line)
    };
    let (planned, line) = purge(&["--dry-run"]);
    assert!(line.contains("would be deleted") && (1..200).contains(&planned), "{line}");
    assert_eq!(exported(folder.path()).len(), 200);
    assert_eq!(purge(&[]).0, planned);
    assert_eq!(exported(folder.path()).len(), 200 - planned);
    check_refused(
        &["purge", "--retention-rule", "severity:9=1"],
        &[],
        "error: invalid value 'severity:9=1' for '--retention-rule <RETENTION_RULES>': severity: must be 1 to 4",
    );
}

/// A record in JSON form, on one line.
fn record(number: u32) -> String {
    serde_json::json!({
        "record_format_version": 4, "classification": "org.example/test/import", "severity": 1,
        "machine_id": "m", "creation_timestamp": 1_795_420_800, "arch": "x86_64", "build": "1.2",
        "kernel_version": "6.1.0", "payload_format_version": 1, "system_name": "example",
        "event_id": format!("{number:032x}"), "payload": format!("line {number} of /home/ada\n"),
    })
    .to_string()
}

#[test]
fn an_import_stores_each_record_once() {
    let folder = TempDir::new().unwrap();
    let lines = format!("{}\n\n{}\n{}", record(1), record(2), record(1));
    std::fs::write(folder.path().join("records.ndjson"), &lines).unwrap();
    let output = run(folder.path(), &["import", "--ndjson", "records.ndjson"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("stored=2"), "{}", stderr(&output));

    let mut import = telemetrics(folder.path())
        .args(["import", "--ndjson", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    import.stdin.take().unwrap().write_all(format!("{}\nno record\n{}\n", record(2), record(3)).as_bytes()).unwrap();
    let output = import.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("line=2"), "{}", stderr(&output));
    assert_eq!(exported(folder.path()).len(), 3);
}

#[test]
fn an_import_takes_out_what_the_collector_takes_out() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("key"), "sixteen bytes or more").unwrap();
    std::fs::write(folder.path().join("records.ndjson"), record(1)).unwrap();
    let rule = serde_json::json!({ "name": "a", "pattern": "/home/\\w+", "replacement": "(home)", "active": true });
    let rules = serde_json::json!({ "version": 0, "rules": [rule] }).to_string();
    asked(folder.path(), "PUT", "/api/v1/scrubbing", &rules);
    let output = run(folder.path(), &["import", "--ndjson", "records.ndjson", "--machine-id-key-file", "key"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let stored: Value = serde_json::from_str(&exported(folder.path())[0]).unwrap();
    assert_eq!(stored["payload"], "line 1 of (home)\n");
    let machine_id = stored["machine_id"].as_str().unwrap();
    assert!(machine_id.len() == 32 && machine_id != "m", "{machine_id}");
}

#[test]
fn accounts_and_tokens_are_made_and_changed() {
    let folder = TempDir::new().unwrap();
    let ok = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let refused = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        stderr(&output).lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(refused(&["user", "add", "ada"]), "error: role: the first account must be an admin");
    assert!(ok(&["user", "add", "ada", "--role", "admin"]).starts_with("password of ada: "));
    assert!(ok(&["user", "add", "Grace"]).starts_with("password of Grace: "));
    assert_eq!(refused(&["user", "add", "ADA"]), "error: there is an account ADA already");
    ok(&["user", "set-role", "grace", "maintainer"]);
    ok(&["user", "disable", "grace"]);
    assert_eq!(refused(&["user", "disable", "ada"]), "error: ada is the last admin; make another one first");
    assert_eq!(ok(&["user", "list"]), "ada\tadmin\ton\tnever logged in\nGrace\tmaintainer\toff\tnever logged in\n");
    ok(&["user", "enable", "grace"]);
    assert!(ok(&["user", "reset-password", "grace"]).starts_with("password of grace: "));
    assert!(ok(&["token", "add", "report", "--days", "7"]).starts_with("token 1: tlm_"));
    assert!(ok(&["token", "list"]).starts_with("1\treport\tviewer\t-\tends "));
    ok(&["token", "revoke", "1"]);
    assert_eq!(refused(&["token", "revoke", "1"]), "error: there is no token 1");
}

#[test]
fn a_server_for_others_prints_a_link_for_the_first_account() {
    let folder = TempDir::new().unwrap();
    let mut server = telemetrics(folder.path()).args(["--listen", "0.0.0.0:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let line = log.find_map(|line| line.unwrap().split_once("make the first account").map(|(_, rest)| rest.to_owned()));
    Command::new("kill").arg(server.id().to_string()).status().unwrap();
    assert!(server.wait().unwrap().success());
    let line = line.expect("a link");
    assert!(line.contains("http://0.0.0.0:") && line.contains("/first-account#"), "{line}");
}

/// A server that has nothing to read anew goes on as if nothing had been.
#[test]
fn a_hangup_ends_no_server() {
    let folder = TempDir::new().unwrap();
    let mut server =
        telemetrics(folder.path()).args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = log.find(|line| line.contains("serves http://")).expect("the server says where it is");
    let kill = |signal: &str| Command::new("kill").args([signal, &server.id().to_string()]).status().unwrap();
    kill("-HUP");
    assert!(log.any(|line| line.contains("there is no certificate to read anew")));
    let (_, address) = line.split_once("serves http://").unwrap();
    assert_eq!(post(address, 1), 201);
    kill("-TERM");
    assert!(server.wait().unwrap().success());
}

/// Posts a record and gives the status.
fn post(address: &str, number: u32) -> u16 {
    let body = format!(
        "{{\"record_format_version\":4,\"classification\":\"org.example/test/one\",\"severity\":1,\"machine_id\":\"m\",\
         \"creation_timestamp\":1795420000,\"arch\":\"x86_64\",\"build\":\"1\",\"kernel_version\":\"6.1.0\",\
         \"payload_format_version\":1,\"system_name\":\"s\",\"event_id\":\"{number:032x}\",\"payload\":\"{number}\"}}"
    );
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /v3/collector HTTP/1.0\r\nX-Telemetry-TID: 6907c830-eed9-4ce9-81ae-76daf8d88f0f\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let answer = std::io::read_to_string(stream).unwrap();
    answer.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_copy_made_under_load_has_all_that_was_acknowledged_before() {
    let folder = TempDir::new().unwrap();
    let mut server =
        telemetrics(folder.path()).args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let address = log
        .find_map(|line| line.unwrap().split_once("serves http://").map(|(_, address)| address.to_owned()))
        .expect("the server says where it is");
    let before = 200;
    (0..before).for_each(|number| assert_eq!(post(&address, number), 201));
    let stop = std::sync::atomic::AtomicBool::new(false);
    let copied = std::thread::scope(|threads| {
        for part in 1..=3 {
            let (stop, address) = (&stop, &address);
            threads.spawn(move || {
                let mut number = part * 1_000_000;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    assert_eq!(post(address, number), 201);
                    number += 1;
                }
            });
        }
        let copied = run(folder.path(), &["backup", "copy.db"]);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        copied
    });
    assert!(copied.status.success(), "{}", stderr(&copied));
    let refused = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        stderr(&output).lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(refused(&["backup", "copy.db"]), "error: copy.db is there already; --force writes over it");
    let target = "./data/telemetrics.db is there already; --force puts the copy in its place";
    assert_eq!(refused(&["restore", "copy.db"]), format!("error: {target}"));
    let open = "error: ./data/telemetrics.db is open elsewhere: stop the server first";
    assert_eq!(refused(&["restore", "copy.db", "--force"]), open);
    Command::new("kill").arg(server.id().to_string()).status().unwrap();
    assert!(server.wait().unwrap().success());

    let restored = run(folder.path(), &["restore", "copy.db", "--force"]);
    assert!(restored.status.success(), "{}", stderr(&restored));
    let records = exported(folder.path());
    let payloads: std::collections::BTreeSet<u32> = records
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["payload"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(payloads.len(), records.len(), "nothing is there twice");
    assert!((0..before).all(|number| payloads.contains(&number)));
    let checked = run(folder.path(), &["check"]);
    assert!(checked.status.success(), "{}", stderr(&checked));
}

#[test]
fn damaged_copies_are_not_restored() {
    let folder = TempDir::new().unwrap();
    let ok = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    };
    ok(&["demo", "--records", "500", "--days", "3"]);
    ok(&["backup", "copy.db"]);
    let mut bytes = std::fs::read(folder.path().join("copy.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xa5);
    std::fs::write(folder.path().join("damaged.db"), &bytes).unwrap();
    std::fs::write(folder.path().join("text.db"), "this is no database").unwrap();
    for file in ["damaged.db", "text.db", "nothing.db"] {
        let output = run(folder.path(), &["restore", file, "--force"]);
        assert_eq!(output.status.code(), Some(1), "{file}");
        let line = stderr(&output).lines().last().unwrap_or_default().to_owned();
        assert!(line.starts_with(&format!("error: {file} cannot be restored: ")), "{line}");
    }
    ok(&["check"]);
    assert!(!folder.path().join("data/telemetrics.db-unfinished").exists());
    let output = run(folder.path(), &["backup", "x", "--database", "postgres://ada:secret@db.example/t"]);
    let line = stderr(&output).lines().last().unwrap_or_default().to_owned();
    assert!(line.ends_with("pg_dump --format=custom --file=x postgres://ada@db.example/t"), "{line}");
}

#[test]
fn packages_get_manual_pages_and_completions() {
    let folder = TempDir::new().unwrap();
    assert!(run(folder.path(), &["man", "man"]).status.success());
    let page = std::fs::read_to_string(folder.path().join("man/telemetrics.1")).unwrap();
    assert!(page.contains("Collects records from a fleet of Linux machines"), "{page}");
    assert!(folder.path().join("man/telemetrics-serve.1").exists());
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("reset-password"), "{shell}");
    }
    check_refused(&["completions", "cmd.exe"], &[], "error: invalid value 'cmd.exe' for '<SHELL>'");
}
