//! The document by itself: that every call has a name, a subject, a security and its refusals, and that every
//! parameter, body and answer has an example which is one.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use telemetrics_backend::{App, views};

use super::Document;

fn app() -> App {
    App::new().with_views(views::builtin())
}

fn core() -> Document {
    Document::new(serde_json::to_value(app().openapi().unwrap()).unwrap())
}

/// What there is of each kind of content.
fn contents(holder: &Value) -> impl Iterator<Item = (&String, &Value)> {
    holder["content"].as_object().into_iter().flatten()
}

#[test]
fn every_parameter_body_and_answer_has_a_true_example() {
    let document = core();
    let mut places = Vec::new();
    for (method, path, operation) in document.operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            places.push((format!("{method} {path}: {}", parameter["name"]), parameter));
        }
        let answers = operation["responses"].as_object().unwrap().iter();
        let answers = answers.map(|(status, answer)| (status.as_str(), answer));
        for (name, holder) in answers.chain([("body", &operation["requestBody"])]) {
            let here = contents(holder).map(|(kind, content)| (format!("{method} {path}: {name}: {kind}"), content));
            places.extend(here);
        }
    }
    assert!(places.len() > 700, "{}", places.len());
    let mut known = BTreeSet::new();
    for (name, place) in places {
        let example = place.get("example").unwrap_or_else(|| panic!("{name} has no example"));
        // Many are alike.
        if known.insert((place["schema"].to_string(), example.to_string())) {
            let faults = document.faults(&place["schema"], [example]);
            assert!(faults.is_empty(), "{name}: {faults:#?}");
            assert!(!example.to_string().contains("\"text\""), "{name}: what stands there, for instance? {example:#}");
        }
    }
}

#[test]
fn every_table_has_a_row_below_its_head() {
    let document = core();
    let answers = document.operations().flat_map(|(_, _, operation)| contents(&operation["responses"]["200"]));
    let tables: Vec<&str> = answers
        .filter(|(kind, _)| *kind == "text/csv")
        .map(|(_, content)| content["example"].as_str().unwrap())
        .collect();
    assert_eq!(tables.len(), 2);
    for table in tables {
        let rows: Vec<csv::StringRecord> =
            csv::Reader::from_reader(table.as_bytes()).records().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.len(), 1, "{table}");
    }
}

#[test]
fn every_call_has_a_name_and_a_subject() {
    let document = core();
    let (mut names, mut subjects) = (BTreeSet::new(), BTreeSet::new());
    for (method, path, operation) in document.operations() {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{method} {path}: there is another {name}");
        let [subject] = &operation["tags"].as_array().unwrap()[..] else { panic!("{method} {path}") };
        subjects.insert(subject.as_str().unwrap());
    }
    let told = document.whole["tags"].as_array().unwrap();
    assert!(told.iter().all(|tag| tag["description"].is_string()), "{told:#?}");
    let told: BTreeSet<&str> = told.iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let unused: Vec<&&str> = told.difference(&subjects).collect();
    assert!(unused.is_empty(), "{unused:?}");
    // A view's own may go by its title.
    let views: Vec<&str> = app().views().iter().map(|view| view.slug).collect();
    let untold: Vec<&&str> = subjects.difference(&told).filter(|subject| !views.contains(*subject)).collect();
    assert!(untold.is_empty(), "{untold:?}");
}

#[test]
fn every_call_has_the_security_of_those_whom_it_is_for() {
    let document = core();
    let schemes = document.whole["components"]["securitySchemes"].as_object().unwrap();
    for (method, path, operation) in document.operations() {
        let needs = operation["security"].as_array().unwrap();
        let access = operation["x-access"].as_str().unwrap();
        let is_open = matches!(access, "anyone" | "reader" | "watcher");
        assert_eq!(needs.contains(&json!({})), is_open, "{method} {path}");
        assert_eq!(needs.is_empty(), access == "machine", "{method} {path}");
        for need in needs {
            let need = need.as_object().unwrap();
            assert!(need.keys().all(|name| schemes.contains_key(name)), "{method} {path}: {need:?}");
            let is_forged_easily = need.contains_key("session") && method != "GET";
            assert_eq!(need.contains_key("csrf"), is_forged_easily, "{method} {path}");
        }
    }
}

#[test]
fn every_call_tells_how_it_is_refused() {
    const WITH_PASSWORD: [&str; 3] = ["/api/v1/login", "/api/v1/first-account", "/api/v1/me/password"];
    let document = core();
    for (method, path, operation) in document.operations() {
        let answers = operation["responses"].as_object().unwrap();
        let is_of_machine = operation["x-access"] == "machine";
        for (status, expected) in [
            ("401", true),
            ("408", is_of_machine),
            ("413", operation.get("requestBody").is_some()),
            ("429", is_of_machine || WITH_PASSWORD.contains(&path.as_str())),
            ("503", true),
            ("504", true),
            ("default", true),
        ] {
            assert_eq!(answers.contains_key(status), expected, "{method} {path}: {status}");
        }
        for (status, answer) in answers {
            let comes_again = matches!(status.as_str(), "429" | "503");
            assert_eq!(answer["headers"].get("Retry-After").is_some(), comes_again, "{method} {path}: {status}");
        }
    }
}
