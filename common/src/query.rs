//! Query strings and path parameters as typed values.
//!
//! Stricter than `serde_urlencoded`, with errors that name the parameter: unknown and doubled
//! parameters are refused, and a value that does not parse says which one it was.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::{Serialize, forward_to_deserialize_any};
use serde_json::Value;

/// What is wrong with which parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError(String);

impl QueryError {
    fn at(self, name: &str) -> Self {
        Self(format!("{name}: {}", self.0))
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for QueryError {}

impl serde::de::Error for QueryError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self(match expected {
            [] => format!("{field}: unknown parameter; this call has none"),
            names => format!("{field}: unknown parameter; known here: {}", names.join(", ")),
        })
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(format!("must be one of {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(format!("{field}: is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self(format!("{field}: is there twice"))
    }
}

/// Takes the parameters of some names apart from all others: `flatten` neither reads numbers from texts nor refuses
/// unknown parameters.
///
/// # Errors
/// What is wrong with the parameters of either.
pub(crate) fn split<'de, D, P, Q>(deserializer: D, names: &'static [&'static str]) -> Result<(P, Q), D::Error>
where
    D: Deserializer<'de>,
    P: DeserializeOwned,
    Q: DeserializeOwned,
{
    let (own, others): (Texts, Texts) =
        deserializer.deserialize_map(TextsVisitor)?.into_iter().partition(|(name, _)| names.contains(&name.as_str()));
    let own = from_pairs(&own).map_err(serde::de::Error::custom)?;
    Ok((from_pairs(&others).map_err(serde::de::Error::custom)?, own))
}

/// Names with their texts, as they come.
type Texts = Vec<(String, String)>;

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parameters")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
        let mut pairs = Texts::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}

/// The parameters of a value with flat fields, sorted by name; fields that are `None` are left out.
pub fn to_pairs<T: Serialize>(params: &T) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(params) else { return Vec::new() };
    let text = |value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

/// Parameters as a query string, without the question mark.
pub fn encode(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The parameters of a query string.
pub fn decode(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// A value from its parameters.
///
/// # Errors
/// Says which parameter is unknown, missing, doubled or badly written.
pub fn from_pairs<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, QueryError> {
    T::deserialize(Pairs { rest: pairs, value: None })
}

/// A value from a query string: [`decode`] and [`from_pairs`].
///
/// # Errors
/// As [`from_pairs`].
pub fn parse<T: DeserializeOwned>(query: &str) -> Result<T, QueryError> {
    from_pairs(&decode(query))
}

struct Pairs<'a> {
    rest: &'a [(String, String)],
    value: Option<&'a (String, String)>,
}

impl<'de> Deserializer<'de> for Pairs<'de> {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_map(self)
    }

    // An empty unit struct is a call without parameters: it still refuses any that are there.
    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, QueryError> {
        match self.rest.first() {
            None => visitor.visit_unit(),
            Some((name, _)) => Err(serde::de::Error::unknown_field(name, &[])),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Pairs<'de> {
    type Error = QueryError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, QueryError> {
        let Some((pair, rest)) = self.rest.split_first() else { return Ok(None) };
        self.rest = rest;
        self.value = Some(pair);
        seed.deserialize(BorrowedStrDeserializer::new(&pair.0)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, QueryError> {
        let (name, value) = self.value.take().map_or(("", ""), |(name, value)| (name.as_str(), value.as_str()));
        seed.deserialize(Part(value)).map_err(|error| error.at(name))
    }
}

/// One value: a text that becomes a number or a flag when that is what is wanted.
struct Part<'a>(&'a str);

macro_rules! parse_number {
    ($($method:ident $visit:ident $kind:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
            match self.0.parse::<$kind>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(serde::de::Error::custom("must be a whole number in range")),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Part<'de> {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        let variant: StrDeserializer<'_, QueryError> = self.0.into_deserializer();
        visitor.visit_enum(variant)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(serde::de::Error::custom("must be true or false")),
        }
    }

    parse_number! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Params {
        days: Option<u32>,
        name: Option<String>,
        hidden: Option<bool>,
    }

    #[test]
    fn a_value_survives_its_query_string() {
        let params = Params { days: Some(7), name: Some("a b&ü/?".into()), hidden: Some(true) };
        let query = encode(&to_pairs(&params));
        assert_eq!(parse(&query), Ok(params));
        assert_eq!(parse::<Params>(""), Ok(Params::default()));
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives(name in proptest::option::of(".*"), days: Option<u32>, hidden: Option<bool>) {
            let params = Params { days, name, hidden };
            proptest::prop_assert_eq!(parse(&encode(&to_pairs(&params))), Ok(params));
        }

        #[test]
        fn no_query_panics(query in ".*") {
            let _ = parse::<Params>(&query);
            let _ = parse::<crate::records::ListRecords>(&query);
        }
    }

    #[test]
    fn errors_name_the_parameter() {
        let check = |query: &str, message: &str| {
            assert_eq!(parse::<Params>(query).unwrap_err().to_string(), message);
        };
        check("days=x", "days: must be a whole number in range");
        check("days=-1", "days: must be a whole number in range");
        check("hidden=yes", "hidden: must be true or false");
        check("days=1&days=2", "days: is there twice");
        check("dyas=1", "dyas: unknown parameter; known here: days, name, hidden");
    }

    #[test]
    fn a_call_without_parameters_takes_none() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Nothing;
        assert_eq!(parse::<Nothing>(""), Ok(Nothing));
        assert_eq!(parse::<Nothing>("a=1").unwrap_err().to_string(), "a: unknown parameter; this call has none");
    }
}
