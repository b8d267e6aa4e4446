//! JSON Schema as an outline that people read. Pure.

use std::fmt::Write;

use serde_json::{Value, json};

/// How deep schemas are followed: some contain themselves.
const DEPTH: usize = 8;

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

    fn check(schema: &Value, outline: &str) {
        let document = json!({"components": {"schemas": {
            "Node": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Leaf"}}},
            "Leaf": {"type": "integer", "format": "int64"}
        }}});
        assert_eq!(Schemas::of(&document).outline(schema), outline);
    }

    #[test]
    fn shapes_are_told_with_their_meaning() {
        check(&json!({"type": "string", "format": "date-time"}), "time");
        check(&json!({"type": ["string", "null"]}), "string | null");
        check(&json!({"enum": ["a", "b"], "type": "string"}), "\"a\" | \"b\"");
        check(&json!({"$ref": "#/components/schemas/Node"}), "{\n  \"next\": integer\n}");
        let optional = json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Leaf"}]});
        check(&optional, "null | integer");
        check(&json!({"type": "object", "additionalProperties": {"type": "boolean"}}), "{\n  [name]: boolean\n}");
        let field = json!({"type": "object", "properties": {"a": {"type": "number", "description": "In MiB."}}});
        check(&field, "{\n  // In MiB.\n  \"a\"?: number\n}");
        check(&json!({}), "any");
    }

    #[test]
    fn what_contains_itself_ends_somewhere() {
        let document = json!({"s": {"type": "object", "properties": {"s": {"$ref": "#/s"}}}});
        let schemas = Schemas::of(&document);
        assert!(schemas.outline(&json!({"$ref": "#/s"})).contains('…'));
    }
}
