//! From the bytes of a request to a [`NewRecord`]: the header form and the JSON form.
//!
//! What the fields must be is in [`super::rules`]; here is only how they travel. Pure: no clock, no
//! I/O, and no panic on any bytes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde_json::error::Category;

use super::record::NewRecord;
pub use super::rules::WireError;
use super::rules::{self, Field, Value, Values};

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

const PAYLOAD: &str = "payload";

/// Reads the header form: metadata as headers, the payload as body. A header given twice counts once, the first.
///
/// # Errors
/// The first rule that is broken.
pub fn parse_header_form<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    body: Vec<u8>,
    external: bool,
) -> Result<NewRecord, WireError> {
    rules::check(header_values(headers), decode_text(body), external)
}

/// Reads the JSON form: one object with the metadata and the payload, each a text or a number.
///
/// `null` is a missing value, unknown keys are ignored, and of a key given twice the last counts, as with
/// most readers of JSON. A number is taken as its shortest writing: a build such as `12.10` must be a text.
/// Clients put bytes from the machine's firmware in raw, so control characters need no escape.
///
/// # Errors
/// The first rule that is broken; the field is `body` when that is not a JSON object.
pub fn parse_json_form(body: &[u8], external: bool) -> Result<NewRecord, WireError> {
    let text = text_of(body);
    match serde_json::from_str(&text) {
        Ok(object) => record(object, external),
        Err(error) if text.bytes().any(|byte| byte < b' ') => {
            let escaped = with_escaped_controls(&text);
            record(serde_json::from_str(&escaped).map_err(|_| body_error(&error))?, external)
        }
        Err(error) => Err(body_error(&error)),
    }
}

/// A body in JSON form as a value, whatever is wrong with what it says; none where it is no JSON.
pub fn json_value(body: &str) -> Option<serde_json::Value> {
    serde_json::from_str(body).or_else(|_| serde_json::from_str(&with_escaped_controls(body))).ok()
}

/// A body in JSON form with another text as its payload. As it is where that changes nothing; none where there is no
/// payload to be found in it.
pub fn with_payload(body: &str, change: impl FnOnce(String) -> String) -> Option<String> {
    let mut value = json_value(body)?;
    let payload = value.get_mut(PAYLOAD)?;
    let before = payload.as_str()?.to_owned();
    let after = change(before.clone());
    if after == before {
        return Some(body.to_owned());
    }
    *payload = after.into();
    Some(value.to_string())
}

fn record(object: Object<'_>, external: bool) -> Result<NewRecord, WireError> {
    let error = |rule| WireError { field: PAYLOAD, rule };
    let payload = match object.payload {
        Some(Value::Text(text)) => rules::without_nul(text).into_owned(),
        Some(Value::Other(kind)) => return Err(error(format!("must be a text, not {kind}"))),
        None => return Err(error("is missing".to_owned())),
    };
    rules::check(object.values, payload, external)
}

/// Text as it is stored: UTF-8, or Latin-1 when it is not valid UTF-8, and U+FFFD for each NUL.
pub fn decode_text(bytes: Vec<u8>) -> String {
    rules::without_nul(Cow::Owned(utf8_or_latin1(bytes))).into_owned()
}

fn utf8_or_latin1(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect())
}

/// Whether any metadata is among the headers, which tells the two forms apart.
pub fn has_metadata<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    names.into_iter().any(|name| field_of_header(name).is_some())
}

/// The record format version, if the headers give one that is known. Version 1 had no telemetry id.
pub fn header_form_version<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Option<u8> {
    header_values(headers).version()
}

/// A record of the header form written in the JSON form, valid or not, so that it can be kept and read again later.
pub fn header_form_as_json<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>, body: &[u8]) -> String {
    let values = header_values(headers);
    let mut json = Vec::with_capacity(body.len() + 1024);
    // Texts can always be written as JSON, and a vector takes all of it.
    let _ = write_object(&mut json, &values, &text_of(body));
    String::from_utf8(json).unwrap_or_default()
}

fn write_object(json: &mut Vec<u8>, values: &Values<'_>, payload: &str) -> serde_json::Result<()> {
    let mut serializer = serde_json::Serializer::new(json);
    let mut map = serializer.serialize_map(None)?;
    for (field, text) in values.texts() {
        map.serialize_entry(field.name(), text)?;
    }
    map.serialize_entry(PAYLOAD, payload)?;
    map.end()
}

fn header_values<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Values<'a> {
    let mut values = Values::default();
    for (name, value) in headers {
        let slot = field_of_header(name).and_then(|field| values.slot(field));
        if let Some(empty @ None) = slot {
            *empty = Some(Value::Text(text_of(value)));
        }
    }
    values
}

fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes)
        .map_or_else(|_| Cow::Owned(bytes.iter().copied().map(char::from).collect()), Cow::Borrowed)
}

fn field_of_header(header: &str) -> Option<Field> {
    let same = |wanted: u8, given: u8| wanted == if given == b'-' { b'_' } else { given.to_ascii_lowercase() };
    let is_same = |name: &str| name.bytes().zip(header.bytes()).all(|(wanted, given)| same(wanted, given));
    Field::named(header, |name| name == header || is_same(name))
}

/// The message names a place and no content: the body may be long, and is not for the log.
fn body_error(error: &serde_json::Error) -> WireError {
    let rule = match error.classify() {
        Category::Data => "must be a JSON object".to_owned(),
        _ => format!("is not valid JSON at line {}, column {}", error.line(), error.column()),
    };
    WireError { field: "body", rule }
}

/// JSON with the control characters escaped that stand raw in its strings, and blank elsewhere.
fn with_escaped_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() + json.len() / 8);
    let (mut in_string, mut after_backslash) = (false, false);
    for c in json.chars() {
        match c {
            '\0'..='\x1f' if in_string => {
                // A backslash before a raw line end escapes nothing: it stands for itself.
                if after_backslash {
                    escaped.push('\\');
                }
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            '\0'..='\x1f' => escaped.push(' '),
            c => escaped.push(c),
        }
        in_string ^= c == '"' && !after_backslash;
        after_backslash = in_string && c == '\\' && !after_backslash;
    }
    escaped
}

/// The JSON form as it came.
#[derive(Default)]
struct Object<'a> {
    values: Values<'a>,
    payload: Option<Value<'a>>,
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = Object::default();
        while let Some(key) = map.next_key()? {
            let slot = match key {
                Key::Field(field) => object.values.slot(field),
                Key::Payload => Some(&mut object.payload),
                Key::Unknown => None,
            };
            match slot {
                Some(slot) => *slot = map.next_value::<JsonValue<'de>>()?.0,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(object)
    }
}

enum Key {
    Field(Field),
    Payload,
    Unknown,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        if key == PAYLOAD {
            return Ok(Key::Payload);
        }
        let field = Field::named(key, |name| name == key);
        Ok(field.map_or(Key::Unknown, Key::Field))
    }
}

/// A value of the JSON form; none for `null`. No type is an error here, since the field may be one to ignore.
struct JsonValue<'a>(Option<Value<'a>>);

impl<'a> JsonValue<'a> {
    fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self(Some(Value::Text(text.into())))
    }

    fn other(kind: &'static str) -> Self {
        Self(Some(Value::Other(kind)))
    }
}

impl<'de> Deserialize<'de> for JsonValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = JsonValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(JsonValue::text(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(JsonValue::text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(JsonValue::text(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(JsonValue::text(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(JsonValue::text(number.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(JsonValue(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(JsonValue::other("true or false"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(JsonValue::other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(JsonValue::other("an object"))
    }
}
