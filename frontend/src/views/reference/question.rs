//! What is asked for when a call is tried, for the browser and for curl. Pure.

use std::collections::BTreeMap;

use telemetrics_common::Method;
use telemetrics_common::endpoint::path_with_query;

use super::document::{Call, Parameter, Place};

/// A call with what has been filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) method: Method,
    /// With its query.
    pub(super) url: String,
    /// With the content type of the body, where there is one.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
}

impl Question {
    /// What is left empty is not sent.
    ///
    /// # Errors
    /// The name of a parameter that is missing.
    pub(super) fn of(call: &Call, filled: &[String], body: &str) -> Result<Self, String> {
        let given = || call.parameters.iter().zip(filled).filter(|(_, value)| !value.is_empty());
        let missing =
            call.parameters.iter().zip(filled).find(|(parameter, value)| parameter.required && value.is_empty());
        if let Some((Parameter { name, .. }, _)) = missing {
            return Err(name.clone());
        }
        let of = |header: bool| {
            let wanted = given().filter(move |(parameter, _)| (parameter.place == Place::Header) == header);
            wanted.map(|(parameter, value)| (parameter.name.clone(), value.clone()))
        };
        let params: BTreeMap<String, String> = of(false).collect();
        let content_type = call.body.as_ref().map(|body| ("Content-Type".to_owned(), body.content_type.clone()));
        let headers = of(true).chain(content_type).collect();
        let body = call.body.as_ref().map(|_| body.to_owned());
        Ok(Self { method: call.method, url: path_with_query(&call.path, &params), headers, body })
    }

    /// The same for a shell, on a server at an address.
    pub(super) fn curl(&self, origin: &str, needs_token: bool) -> String {
        let mut line = "curl -fsS".to_owned();
        if self.method != Method::Get {
            line += &format!(" -X {}", self.method.as_str());
        }
        if needs_token {
            line += " -H \"Authorization: Bearer $TOKEN\"";
        }
        for (name, value) in &self.headers {
            line += &format!(" -H {}", quoted(&format!("{name}: {value}")));
        }
        if let Some(body) = &self.body {
            line += &format!(" --data-binary {}", quoted(body));
        }
        format!("{line} {}", quoted(&format!("{origin}{}", self.url)))
    }
}

/// As a word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::super::document::Body;
    use super::*;

    fn call(method: Method, path: &str, parameters: &[(&str, Place)], body: Option<&str>) -> Call {
        let parameter = |(name, place): &(&str, Place)| Parameter {
            name: (*name).to_owned(),
            place: *place,
            required: *place == Place::Path,
            kind: String::new(),
            text: String::new(),
            example: String::new(),
        };
        let body = body.map(|example| Body {
            content_type: "application/json".to_owned(),
            outline: String::new(),
            example: example.to_owned(),
        });
        Call {
            method,
            path: path.to_owned(),
            summary: String::new(),
            access: String::new(),
            parameters: parameters.iter().map(parameter).collect(),
            body,
            answers: Vec::new(),
        }
    }

    fn filled(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn what_is_filled_in_goes_where_it_belongs() {
        let call =
            call(Method::Get, "/r/{id}", &[("id", Place::Path), ("a", Place::Query), ("X-B", Place::Header)], None);
        let question = Question::of(&call, &filled(&["7 8", "", "c"]), "").unwrap();
        assert_eq!((question.url.as_str(), question.headers.len()), ("/r/7%208", 1));
        let question = Question::of(&call, &filled(&["7", "x&y", ""]), "").unwrap();
        assert_eq!(question.url, "/r/7?a=x%26y");
        assert_eq!(Question::of(&call, &filled(&["", "x", ""]), ""), Err("id".to_owned()));
    }

    #[test]
    fn lines_for_a_shell_are_quoted() {
        let call = call(Method::Put, "/it", &[], Some("{}"));
        let question = Question::of(&call, &[], "{\"name\": \"it's\"}").unwrap();
        assert_eq!(
            question.curl("http://localhost", true),
            "curl -fsS -X PUT -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \
             --data-binary '{\"name\": \"it'\\''s\"}' 'http://localhost/it'"
        );
    }
}
