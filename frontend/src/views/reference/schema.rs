//! JSON Schema as an outline that people read, and as an example to begin with. Pure.

use std::fmt::Write;

use serde_json::{Map, Value, json};

/// How deep schemas are followed: some contain themselves.
const DEPTH: usize = 8;
const DATE_TIME: &str = "2026-11-23T08:00:00Z";

/// The schemas that others refer to.
pub(super) struct Schemas<'a>(&'a Value);

impl<'a> Schemas<'a> {
    pub(super) fn of(document: &'a Value) -> Self {
        Self(document)
    }

    fn resolve<'b>(&self, schema: &'b Value) -> &'b Value
    where
        'a: 'b,
    {
        let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(schema)
    }

    /// What kind of value it is, in a word or two.
    pub(super) fn kind(&self, schema: &Value) -> String {
        let schema = self.resolve(schema);
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return join(values.iter().map(Value::to_string));
        }
        if let Some(any) = alternatives(schema) {
            return join(any.iter().map(|schema| self.kind(schema)));
        }
        match &schema["type"] {
            Value::String(name) => named(name, schema),
            Value::Array(names) => join(names.iter().filter_map(Value::as_str).map(|name| named(name, schema))),
            _ => "any".to_owned(),
        }
    }

    /// The shape of it, with what each field means.
    pub(super) fn outline(&self, schema: &Value) -> String {
        let mut text = String::new();
        self.write(&mut text, schema, 0);
        text
    }

    fn write(&self, text: &mut String, schema: &Value, depth: usize) {
        let schema = self.resolve(schema);
        let pad = "  ".repeat(depth);
        if depth > DEPTH {
            text.push('…');
        } else if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            text.push('{');
            for (place, (name, property)) in properties.iter().enumerate() {
                let required =
                    schema["required"].as_array().is_some_and(|names| names.iter().any(|other| other == name));
                let mark = if required { "" } else { "?" };
                if let Some(meaning) = property.get("description").and_then(Value::as_str) {
                    for line in meaning.lines() {
                        let _ = write!(text, "\n{pad}  // {line}");
                    }
                }
                let _ = write!(text, "\n{pad}  {}{mark}: ", json!(name));
                self.write(text, property, depth + 1);
                if place + 1 < properties.len() {
                    text.push(',');
                }
            }
            let _ = write!(text, "\n{pad}}}");
        } else if let Some(items) = schema.get("items") {
            let _ = write!(text, "[\n{pad}  ");
            self.write(text, items, depth + 1);
            let _ = write!(text, "\n{pad}]");
        } else if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            let _ = write!(text, "{{\n{pad}  [name]: ");
            self.write(text, values, depth + 1);
            let _ = write!(text, "\n{pad}}}");
        } else if let Some(any) = alternatives(schema) {
            for (place, schema) in any.iter().enumerate() {
                text.push_str(if place > 0 { " | " } else { "" });
                self.write(text, schema, depth);
            }
        } else {
            text.push_str(&self.kind(schema));
        }
    }

    /// A value to begin with.
    pub(super) fn example(&self, schema: &Value) -> Value {
        self.example_at(schema, 0)
    }

    fn example_at(&self, schema: &Value, depth: usize) -> Value {
        let schema = self.resolve(schema);
        let given = schema.get("example").or_else(|| schema.get("default")).or_else(|| schema["enum"].get(0));
        if let Some(given) = given {
            return given.clone();
        }
        if depth > DEPTH {
            return Value::Null;
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let fields = properties.iter().map(|(name, schema)| (name.clone(), self.example_at(schema, depth + 1)));
            return fields.collect::<Map<_, _>>().into();
        }
        if let Some(any) = alternatives(schema) {
            let something = any.iter().find(|schema| schema["type"] != "null");
            return something.map_or(Value::Null, |schema| self.example_at(schema, depth));
        }
        let name = schema["type"].as_str().or_else(|| schema["type"].get(0)?.as_str());
        match name {
            Some("string") if schema["format"] == "date-time" => DATE_TIME.into(),
            Some("string") => "".into(),
            Some("integer" | "number") => 0.into(),
            Some("boolean") => false.into(),
            Some("array") => {
                schema.get("items").map(|items| json!([self.example_at(items, depth + 1)])).unwrap_or_default()
            }
            Some("object") => json!({}),
            _ => Value::Null,
        }
    }
}

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf", "allOf"].into_iter().find_map(|name| schema.get(name)?.as_array())
}

fn named(name: &str, schema: &Value) -> String {
    match (name, schema["format"].as_str()) {
        ("string", Some("date-time")) => "time".to_owned(),
        ("string", _) => "string".to_owned(),
        _ => name.to_owned(),
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schema: &Value, outline: &str, example: &Value) {
        let document = json!({"components": {"schemas": {
            "Node": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Leaf"}}},
            "Leaf": {"type": "integer", "format": "int64"}
        }}});
        let schemas = Schemas::of(&document);
        assert_eq!(schemas.outline(schema), outline);
        assert_eq!(&schemas.example(schema), example);
    }

    #[test]
    fn shapes_are_told_with_their_meaning() {
        check(&json!({"type": "string", "format": "date-time"}), "time", &json!(DATE_TIME));
        check(&json!({"type": ["string", "null"]}), "string | null", &json!(""));
        check(&json!({"enum": ["a", "b"], "type": "string"}), "\"a\" | \"b\"", &json!("a"));
        check(&json!({"$ref": "#/components/schemas/Node"}), "{\n  \"next\": integer\n}", &json!({"next": 0}));
        let optional = json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Leaf"}]});
        check(&optional, "null | integer", &json!(0));
        let map = json!({"type": "object", "additionalProperties": {"type": "boolean"}});
        check(&map, "{\n  [name]: boolean\n}", &json!({}));
        let field = json!({"type": "object", "properties": {"a": {"type": "number", "description": "In MiB."}}});
        check(&field, "{\n  // In MiB.\n  \"a\"?: number\n}", &json!({"a": 0}));
        check(&json!({}), "any", &json!(null));
    }

    #[test]
    fn what_contains_itself_ends_somewhere() {
        let document = json!({"s": {"type": "object", "properties": {"s": {"$ref": "#/s"}}}});
        let schemas = Schemas::of(&document);
        assert!(schemas.outline(&json!({"$ref": "#/s"})).contains('…'));
        assert!(schemas.example(&json!({"$ref": "#/s"})).is_object());
    }
}
