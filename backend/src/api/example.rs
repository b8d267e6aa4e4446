//! Examples for the API's document. They are put together from its schemas, so that they always have their shape: what
//! a schema says of itself, else what usually stands under a name, else the plainest value of its type.

use serde_json::{Map, Value, json};
use utoipa::Number;
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::schema::{Array, ArrayItems, KnownFormat, Object, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use super::document::Schemas;

/// A day's first moment, so that it is right for days, too.
const TIME: &str = "2026-11-23T00:00:00Z";

/// Examples of what refers to these schemas.
#[derive(Clone, Copy)]
pub(super) struct Examples<'a>(pub(super) &'a Schemas);

/// Where in an example a value stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The field that holds the object which the field is of.
    parent: &'a str,
    field: &'a str,
    /// The schemas that it is within.
    within: &'a [&'a str],
}

impl Examples<'_> {
    /// What has this schema, with an example.
    pub(super) fn content(self, schema: RefOr<Schema>) -> Content {
        let example = self.of("", &schema);
        ContentBuilder::new().schema(Some(schema)).example(example).build()
    }

    /// An example of what has a name or, if that is empty, none.
    pub(super) fn of(self, name: &str, schema: &RefOr<Schema>) -> Option<Value> {
        self.at(Place { parent: "", field: name, within: &[] }, schema)
    }

    /// Nothing for a schema that would contain itself.
    fn at(self, place: Place<'_>, schema: &RefOr<Schema>) -> Option<Value> {
        let reference = match schema {
            RefOr::T(schema) => return self.shaped(place, schema),
            RefOr::Ref(reference) => reference,
        };
        let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
        if place.within.contains(&name) {
            return None;
        }
        let (_, schema) = self.0.iter().find(|(known, _)| known == name)?;
        let within = [place.within, &[name]].concat();
        self.at(Place { within: &within, ..place }, schema)
    }

    fn shaped(self, place: Place<'_>, schema: &Schema) -> Option<Value> {
        match schema {
            Schema::Object(object) => self.object(place, object),
            Schema::Array(array) => Some(self.array(place, array)),
            Schema::OneOf(one_of) => self.one_of(place, &one_of.items),
            Schema::AnyOf(any_of) => self.one_of(place, &any_of.items),
            Schema::AllOf(all_of) => self.all_of(place, &all_of.items),
            _ => None,
        }
    }

    fn object(self, place: Place<'_>, object: &Object) -> Option<Value> {
        let own = object.example.as_ref().or(object.examples.first());
        if let Some(own) = own.or_else(|| object.enum_values.as_ref()?.first()) {
            return Some(own.clone());
        }
        let kind = match &object.schema_type {
            SchemaType::Type(kind) => kind,
            SchemaType::Array(kinds) => kinds.iter().find(|kind| **kind != Type::Null)?,
            SchemaType::AnyValue => return Some(usual(place).map_or_else(|| json!({}), Value::from)),
        };
        match kind {
            Type::Object => self.fields(place, object),
            Type::String if object.format == Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)) => {
                Some(TIME.into())
            }
            Type::String => Some(usual(place).unwrap_or("text").into()),
            Type::Integer => Some(read(place).filter(Value::is_i64).unwrap_or_else(|| least(object))),
            Type::Number => Some(read(place).filter(Value::is_number).unwrap_or_else(|| least(object))),
            Type::Boolean => Some(read(place).filter(Value::is_boolean).unwrap_or(Value::Bool(false))),
            Type::Array => Some(json!([])),
            Type::Null => Some(Value::Null),
        }
    }

    fn fields(self, place: Place<'_>, object: &Object) -> Option<Value> {
        let mut fields = Map::new();
        for (name, schema) in &object.properties {
            match self.at(Place { parent: place.field, field: name, ..place }, schema) {
                Some(value) => _ = fields.insert(name.clone(), value),
                None if object.required.contains(name) => return None,
                None => {}
            }
        }
        Some(fields.into())
    }

    fn array(self, place: Place<'_>, array: &Array) -> Value {
        if let Some(own) = array.example.as_ref().or(array.examples.first()) {
            return own.clone();
        }
        let item = match &array.items {
            ArrayItems::RefOrSchema(schema) => self.at(place, schema),
            ArrayItems::False => None,
        };
        item.into_iter().collect()
    }

    /// Something, if it need not be nothing.
    fn one_of(self, place: Place<'_>, schemas: &[RefOr<Schema>]) -> Option<Value> {
        let examples = || schemas.iter().filter_map(move |schema| self.at(place, schema));
        examples().find(|example| !example.is_null()).or_else(|| examples().next())
    }

    fn all_of(self, place: Place<'_>, schemas: &[RefOr<Schema>]) -> Option<Value> {
        let mut fields = Map::new();
        for schema in schemas {
            let Value::Object(more) = self.at(place, schema)? else { return None };
            fields.extend(more);
        }
        Some(fields.into())
    }
}

/// What usually stands at a place.
fn usual(place: Place<'_>) -> Option<&'static str> {
    let named = |name: &str| USUAL.iter().find(|(usual, _)| *usual == name).map(|(_, text)| *text);
    named(&format!("{}.{}", place.parent, place.field)).or_else(|| named(place.field))
}

/// The same where it is no text.
fn read(place: Place<'_>) -> Option<Value> {
    usual(place).and_then(|text| serde_json::from_str(text).ok())
}

/// The least that a number may be, but not less than one.
fn least(object: &Object) -> Value {
    match object.minimum {
        Some(Number::Int(least)) if least > 1 => least.into(),
        Some(Number::UInt(least)) if least > 1 => least.into(),
        Some(Number::Float(least)) if least > 1.0 => (least.ceil() as i64).into(),
        _ => 1.into(),
    }
}

const PAYLOAD: &str = "Process: /usr/bin/tidemark\nPID: 4071\nSignal: 6\n\nBacktrace (TID 4071):\n\
                       #0 abort() - [libc.so.6] - abort.c:79\n\
                       #1 tide::Chart::plot() - [libtide.so.2] - src/chart.cpp:118\n";

/// What fields and parameters of a name hold, whatever they are of; with a `.` those of the objects that a field holds.
/// Where a name does not tell it, the type has an example of its own.
const USUAL: &[(&str, &str)] = &[
    ("account", "ada"),
    ("action", "guilty.comment"),
    ("active", "true"),
    ("address", "192.0.2.7"),
    ("after", "fixed in 41200"),
    ("age_millis", "1.5"),
    ("agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"),
    ("all_builds", "true"),
    ("arch", "x86_64"),
    ("arches.name", "x86_64"),
    ("before", ""),
    ("bios_version", "KW.1.07"),
    ("board_name", "KW-MB7|Kestrel Works"),
    ("body", "{\"classification\":\"org.example/test/hello\",\"severity\":\"9\"}"),
    ("build", "41190"),
    ("by", "ada"),
    ("bytes", "524288"),
    ("bytes_per_day", "7340032"),
    ("capacity", "10000"),
    ("ceiling_bytes", "10737418240"),
    ("classification", "org.clearlinux/crash/clr"),
    ("classifications.name", "org.clearlinux/crash/clr"),
    ("code", "code-of-the-provider"),
    ("comment", "fixed in 41200"),
    ("commit_median_millis", "4.2"),
    ("commit_p99_millis", "18.7"),
    ("commits", "1024"),
    ("cpu_model", "Kestrel(R) K7 CPU @ 2.40GHz"),
    ("crashes", "31"),
    ("created_in_days", "7"),
    ("created_in_sec", "3600"),
    ("csrf", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"),
    ("current", "true"),
    ("database_bytes", "73400320"),
    ("days", "7"),
    ("days_left", "412.5"),
    ("disk_floor_bytes", "1073741824"),
    ("disk_free_bytes", "53687091200"),
    ("done", "0"),
    ("error", "access_denied"),
    ("event_id", "3d1f0b7a95c2486e8a07e4b9d6f2c513"),
    ("examples.after", "opened ~/notes"),
    ("examples.before", "opened /home/ada/notes"),
    ("excerpt", "Process: /usr/bin/tidemark PID: 4071 Signal: 6"),
    ("external", "5"),
    ("failed", "2"),
    ("from_id", "4711"),
    ("function", "tide::Chart::plot()"),
    ("guard_formulas", "true"),
    ("guilties.before", "12"),
    ("guilty", "7"),
    ("guilty_frame", "0"),
    ("guilty_id", "7"),
    ("history", "4"),
    ("host_type", "Kestrel Works|K-200|rev 3"),
    ("id", "7"),
    ("in_force", "true"),
    ("internal", "82"),
    ("job", "3"),
    ("kernel", "6.14.2-1622.native"),
    ("kernel_version", "6.14.2-1622.native"),
    ("kernels.name", "6.14.2-1622.native"),
    ("kinds.name", "org.clearlinux/crash/*"),
    ("limit", "50"),
    ("location", "src/chart.cpp:118"),
    ("machine_id", "5f0c3a9e7b2d41688e6a90d4c1b7f235"),
    ("machine_type", "Kestrel Works|K-200|rev 3"),
    ("machines", "87"),
    ("max", "31"),
    ("mean_seconds", "37.5"),
    ("module", "libtide.so.2"),
    ("name", "ada"),
    ("networks", "192.0.2.0/24"),
    ("new", "correct horse battery"),
    ("next_before", "4662"),
    ("notes", "warning: no symbols"),
    ("offset", "10"),
    ("old", "wrong horse battery"),
    ("password", "correct horse battery"),
    ("payload", PAYLOAD),
    ("payload_format_version", "1"),
    ("pid", "4071"),
    ("platform", "Kestrel Works|K-200|rev 3"),
    ("platforms.name", "Kestrel Works|K-200|rev 3"),
    ("program", "/usr/bin/tidemark"),
    ("programs.name", "/usr/bin/tidemark"),
    ("purged", "0"),
    ("purged_crashes", "0"),
    ("quarantined", "2"),
    ("reason", "it only reports"),
    ("reasons.name", "severity"),
    ("record_format_version", "4"),
    ("record_id", "4711"),
    ("records", "1204"),
    ("records.reason", "severity: must be 1, 2, 3 or 4"),
    ("records_per_commit", "3.2"),
    ("records_per_second", "2.5"),
    ("refused", "4"),
    ("removable", "true"),
    ("resent", "9"),
    ("reusable_bytes", "1048576"),
    ("rules", "org.clearlinux/heartbeat/*=30"),
    ("search", "tide"),
    ("secret", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"),
    ("settled_bytes", "1288490188"),
    ("severity", "3"),
    ("signal", "6"),
    ("signals.name", "6"),
    ("slug", "crashes"),
    ("stack", "12"),
    ("state", "state-of-the-attempt"),
    ("status", "0040110a"),
    ("stored", "1189"),
    ("succeeded", "61"),
    ("system", "clear-linux-os"),
    ("system_name", "clear-linux-os"),
    ("systems.name", "clear-linux-os"),
    ("tainted", "G        W"),
    ("target", "tide::Chart::plot() [libtide.so.2]"),
    ("threads.id", "4073"),
    ("title", "Crashes"),
    ("token", "tlm_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"),
    ("top", "10"),
    ("total", "1000"),
    ("transitions.from", "41190"),
    ("transitions.to", "41200"),
    ("ts_capture", "2026-11-23 00:00:00 UTC"),
    ("ts_reception", "2026-11-23 00:00:00 UTC"),
    ("unavailable", "0"),
    ("waiting", "0"),
    ("warnings.kind", "quarantine"),
    ("warnings.message", "800 of at most 1000 records are in quarantine; then further ones have to wait."),
    ("week", "2026-W48"),
    ("who", "ada"),
    ("wrong_clocks", "3"),
    ("year", "2026"),
    ("years", "2026"),
];

#[cfg(test)]
mod tests {
    use utoipa::openapi::Ref;
    use utoipa::openapi::schema::{AllOfBuilder, ArrayBuilder, ObjectBuilder, OneOfBuilder};

    use super::*;

    /// An example among schemas of which one contains itself.
    fn example(name: &str, schema: impl Into<RefOr<Schema>>) -> Option<Value> {
        let leaf = of(Type::Integer).minimum(Some(5.0));
        let node = ObjectBuilder::new()
            .property("name", of(Type::String))
            .property("next", OneOfBuilder::new().item(of(Type::Null)).item(Ref::from_schema_name("Node")))
            .property("parts", ArrayBuilder::new().items(Ref::from_schema_name("Node")))
            .property("again", Ref::from_schema_name("Node"))
            .required("parts");
        let schemas: Schemas = vec![("Leaf".to_owned(), leaf.into()), ("Node".to_owned(), node.into())];
        Examples(&schemas).of(name, &schema.into())
    }

    fn of(kind: Type) -> ObjectBuilder {
        ObjectBuilder::new().schema_type(kind)
    }

    #[test]
    fn names_tell_what_usually_stands_there() {
        assert_eq!(example("severity", of(Type::String)), Some(json!("3")));
        assert_eq!(example("severity", of(Type::Integer)), Some(json!(3)));
        assert_eq!(example("severity", of(Type::Boolean)), Some(json!(false)));
        assert_eq!(example("age_millis", of(Type::Integer)), Some(json!(1)));
        assert_eq!(example("age_millis", of(Type::Number)), Some(json!(1.5)));
        assert_eq!(example("unheard_of", of(Type::String)), Some(json!("text")));
        let named = || ObjectBuilder::new().property("name", of(Type::String));
        assert_eq!(example("", named()), Some(json!({"name": "ada"})));
        assert_eq!(example("arches", ArrayBuilder::new().items(named())), Some(json!([{"name": "x86_64"}])));
    }

    #[test]
    fn schemas_tell_their_own() {
        assert_eq!(example("severity", of(Type::String).examples(["3,4"])), Some(json!("3,4")));
        assert_eq!(example("severity", of(Type::String).enum_values(Some(["low", "high"]))), Some(json!("low")));
        assert_eq!(example("", Ref::from_schema_name("Leaf")), Some(json!(5)));
        let either = OneOfBuilder::new().item(of(Type::Null)).item(Ref::from_schema_name("Leaf"));
        assert_eq!(example("", either), Some(json!(5)));
        let part = |name: &str, kind| ObjectBuilder::new().property(name, of(kind));
        let whole = AllOfBuilder::new().item(part("system", Type::String)).item(part("id", Type::Integer));
        assert_eq!(example("", whole), Some(json!({"system": "clear-linux-os", "id": 7})));
        let nullable = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Null, Type::Boolean]));
        assert_eq!(example("active", nullable), Some(json!(true)));
        let time = of(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        assert_eq!(example("build", time), Some(json!(TIME)));
    }

    #[test]
    fn what_contains_itself_ends_somewhere() {
        let node = json!({"name": "ada", "next": null, "parts": []});
        assert_eq!(example("", Ref::from_schema_name("Node")), Some(node));
        assert_eq!(example("", Ref::from_schema_name("Unknown")), None);
    }
}
