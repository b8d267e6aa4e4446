//! `telemetrics bench`, as small as it goes: that all is measured, whatever the figures are, and that nothing is left.

use std::fs;
use std::process::Command;

use regex::Regex;
use sea_orm::sqlx::{Connection, PgConnection, query_scalar};
use serde_json::Value;

use crate::support::server_url;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../BENCHMARKS.md");

/// As little as there can be, or hardly more.
const SMALL: [(&str, &str); 7] = [
    ("--sizes", "1000,1100"),
    ("--crash-records", "500"),
    ("--sample", "200"),
    ("--disk-records", "200"),
    ("--idle-connections", "20"),
    ("--calls", "1"),
    ("--seconds", "0.1"),
];

/// The names of a table's rows.
fn rows(text: &str) -> Vec<&str> {
    let cells = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    cells.map(str::trim).filter(|cell| *cell != "what").collect()
}

/// A name that is the same for databases of any size.
fn without_numbers(row: &str) -> String {
    Regex::new(r"\d[\d,.]*").unwrap().replace_all(row, "N").into_owned()
}

async fn databases() -> Vec<String> {
    let mut connection = PgConnection::connect(&server_url()).await.unwrap();
    let names = "SELECT datname::text FROM pg_database WHERE datname LIKE 'telemetrics_bench_%' ORDER BY 1";
    let names = query_scalar(names).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    names
}

#[tokio::test]
async fn all_that_is_documented_is_measured() {
    let (folder, before) = (tempfile::tempdir().unwrap(), databases().await);
    let json = folder.path().join("bench.json");
    let mut bench = Command::new(env!("CARGO_BIN_EXE_telemetrics"));
    bench.arg("bench");
    for (option, value) in SMALL {
        bench.args([option, value]);
    }
    bench.args(["--postgres", &server_url()]).arg("--dir").arg(folder.path().join("data/bench"));
    let output = bench.arg("--json").arg(&json).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let table = String::from_utf8(output.stdout).unwrap();
    let printed = rows(&table);
    let names: Vec<String> = printed.iter().map(|row| without_numbers(row)).collect();
    let page = fs::read_to_string(PAGE).unwrap();
    let (_, last_table) = page.split_once("## Last table").unwrap();
    for row in rows(last_table) {
        let name = without_numbers(row);
        // Behind its name a row may say which answers there were, or why there is no figure.
        assert!(names.iter().any(|printed| printed.starts_with(&name)), "no row {row}: {table}");
    }

    let report: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let measured = report["rows"].as_array().unwrap();
    assert_eq!(measured.iter().map(|row| row["what"].as_str().unwrap()).collect::<Vec<_>>(), printed);
    for row in measured.iter().filter(|row| row["figure"].is_null()) {
        // This program may have been built without it.
        assert!(row["what"].as_str().unwrap().starts_with("Dashboard: "), "{row}");
    }

    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [json]);
    assert_eq!(databases().await, before);
}
