//! What the page shows of the API's description (OpenAPI 3.1). Pure.

use serde_json::Value;
use telemetrics_common::Method;

use super::schema::Schemas;

const METHODS: [Method; 5] = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
/// What comes before the part of a path that names what a call is about.
const PREFIX: &str = "/api/v1/";

/// Calls about the same thing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) calls: Vec<Call>,
}

impl Group {
    /// What tells it apart from the same group with other calls.
    pub(super) fn key(&self) -> String {
        let calls = self.calls.iter().map(|call| format!("{} {}", call.method.as_str(), call.path));
        std::iter::once(self.name.clone()).chain(calls).collect::<Vec<_>>().join("\n")
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) method: Method,
    /// With parameters in braces.
    pub(super) path: String,
    pub(super) summary: String,
    /// The lowest role that may make it, or who else it is for.
    pub(super) access: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Answer>,
}

impl Call {
    /// Whether its answer never ends.
    pub(super) fn listens(&self) -> bool {
        self.answers.iter().any(|answer| answer.content_type == "text/event-stream")
    }

    /// Whether everything that is typed is in it somewhere.
    pub(super) fn matches(&self, words: &[String]) -> bool {
        let text = format!("{} {} {} {}", self.method.as_str(), self.path, self.summary, self.access).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

/// A parameter of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) required: bool,
    /// `integer`, `"external" | "internal"`, …
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) example: String,
}

/// What a call takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) content_type: String,
    pub(super) outline: String,
    pub(super) example: String,
}

/// What may come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// A number, or `default` for all others.
    pub(super) status: String,
    /// Whether it is as asked.
    pub(super) is_success: bool,
    pub(super) text: String,
    pub(super) content_type: String,
    pub(super) outline: Option<String>,
}

/// All calls, grouped by what they are about, in the order of the description.
pub(super) fn groups(document: &Value) -> Vec<Group> {
    let schemas = Schemas::of(document);
    let mut groups: Vec<Group> = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let name = name_of(path);
        let calls = METHODS.into_iter().filter_map(|method| {
            let operation = item.get(method.as_str().to_lowercase())?;
            Some(call(method, path, operation, &schemas))
        });
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.calls.extend(calls),
            None => groups.push(Group { name, calls: calls.collect() }),
        }
    }
    groups
}

/// What a path is about: `records` of `/api/v1/records/{id}`.
fn name_of(path: &str) -> String {
    match path.strip_prefix(PREFIX) {
        Some(rest) => rest.split(['/', '.']).next().unwrap_or_default().to_owned(),
        None => "machines and watchers".to_owned(),
    }
}

fn call(method: Method, path: &str, operation: &Value, schemas: &Schemas<'_>) -> Call {
    let content = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
    let body = content.map(|(content_type, content)| Body {
        content_type: content_type.clone(),
        outline: schemas.outline(&content["schema"]),
        example: shown(&content["example"]),
    });
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    Call {
        method,
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        access: text(&operation["x-access"]),
        parameters: parameters.map(|value| parameter(value, schemas)).collect(),
        body,
        answers: operation["responses"].as_object().into_iter().flatten().map(|(s, a)| answer(s, a, schemas)).collect(),
    }
}

fn parameter(value: &Value, schemas: &Schemas<'_>) -> Parameter {
    let place = match value["in"].as_str() {
        Some("path") => Place::Path,
        Some("header") => Place::Header,
        _ => Place::Query,
    };
    Parameter {
        name: text(&value["name"]),
        place,
        required: value["required"] == true,
        kind: schemas.kind(&value["schema"]),
        text: text(&value["description"]),
        example: shown(&value["example"]),
    }
}

fn answer(status: &str, answer: &Value, schemas: &Schemas<'_>) -> Answer {
    let content = answer["content"].as_object().and_then(|content| content.iter().next());
    Answer {
        status: status.to_owned(),
        is_success: status.starts_with('2'),
        text: text(&answer["description"]),
        content_type: content.map(|(name, _)| name.clone()).unwrap_or_default(),
        outline: content.and_then(|(_, content)| content.get("schema")).map(|schema| schemas.outline(schema)),
    }
}

/// A value as somebody would type it in.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        json => serde_json::to_string_pretty(json).unwrap_or_default(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "paths": {
                "/api/v1/things": {
                    "get": {
                        "summary": "All things",
                        "x-access": "viewer",
                        "parameters": [
                            {"name": "limit", "in": "query", "schema": {"type": ["integer", "null"]}, "example": 5}
                        ],
                        "responses": {"200": {"description": "As asked", "content": {"application/json": {
                            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
                        }}}}
                    }
                },
                "/api/v1/things/{id}": {"put": {
                    "requestBody": {"content": {"application/json": {
                        "schema": {"$ref": "#/components/schemas/Thing"}, "example": {"name": "a"}
                    }}},
                    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
                    "responses": {}
                }},
                "/api/v1/things.csv": {"get": {"responses": {}}},
                "/healthz": {"get": {"responses": {}}}
            },
            "components": {"schemas": {"Thing": {"type": "object", "properties": {"name": {"type": "string"}}}}}
        })
    }

    #[test]
    fn calls_are_grouped_by_what_they_are_about() {
        let groups = groups(&document());
        let names: Vec<(&str, usize)> = groups.iter().map(|group| (group.name.as_str(), group.calls.len())).collect();
        assert_eq!(names, [("things", 3), ("machines and watchers", 1)]);
    }

    #[test]
    fn groups_of_other_calls_are_others() {
        let with = |calls: &[usize]| {
            let all = &groups(&document())[0];
            Group { name: all.name.clone(), calls: calls.iter().map(|place| all.calls[*place].clone()).collect() }.key()
        };
        assert_eq!(with(&[0, 1]), with(&[0, 1]));
        assert_ne!(with(&[0]), with(&[1]));
    }

    #[test]
    fn a_call_says_what_it_takes_and_gives() {
        let all: Vec<Call> = groups(&document()).into_iter().flat_map(|group| group.calls).collect();
        let list = all.iter().find(|call| call.summary == "All things").unwrap();
        assert_eq!((list.access.as_str(), list.method), ("viewer", Method::Get));
        let [limit] = &list.parameters[..] else { panic!("{:?}", list.parameters) };
        assert_eq!((limit.place, limit.kind.as_str(), limit.example.as_str()), (Place::Query, "integer | null", "5"));
        assert_eq!(list.answers[0].outline.as_deref(), Some("[\n  {\n    \"name\"?: string\n  }\n]"));
        let put = all.iter().find(|call| call.method == Method::Put).unwrap();
        assert!(put.parameters[0].required);
        assert_eq!(put.body.as_ref().unwrap().example, "{\n  \"name\": \"a\"\n}");
        assert!(!put.listens());
    }

    #[test]
    fn calls_are_found_by_words() {
        let all: Vec<Call> = groups(&document()).into_iter().flat_map(|group| group.calls).collect();
        let found = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            all.iter().filter(|call| call.matches(&words)).count()
        };
        assert_eq!((found(&[]), found(&["get", "things"]), found(&["put"]), found(&["nothing"])), (4, 2, 1, 0));
    }
}
