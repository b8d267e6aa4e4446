//! A call of the typed API as a Rust type: its parameters are the type's fields.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Access, Role, query};

/// The HTTP methods that the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads; has no body.
    Get,
    /// Makes or starts something.
    Post,
    /// Puts something in place of what is there.
    Put,
    /// Changes parts of something.
    Patch,
    /// Takes something away.
    Delete,
}

impl Method {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One call of the API. The implementing type holds the parameters: a field named in [`Self::PATH`]
/// in braces goes into the path, every other one into the query string.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use telemetrics_common::{Access, Endpoint, Method, endpoint::url};
///
/// #[derive(Serialize, Deserialize)]
/// struct GetBoot { machine_id: String, days: u32 }
///
/// impl Endpoint for GetBoot {
///     const METHOD: Method = Method::Get;
///     const ACCESS: Access = Access::Reader;
///     const PATH: &'static str = "/api/v1/boot/{machine_id}";
///     const SUMMARY: &'static str = "Boot times of one machine";
///     type Body = ();
///     type Response = Vec<u32>;
/// }
///
/// let call = GetBoot { machine_id: "rack 7".into(), days: 3 };
/// assert_eq!(url(&call), "/api/v1/boot/rack%207?days=3");
/// ```
pub trait Endpoint: Serialize + DeserializeOwned {
    /// How it is called.
    const METHOD: Method;
    /// Who may call it.
    const ACCESS: Access;
    /// Where, with path parameters in braces: `/api/v1/records/{id}`.
    const PATH: &'static str;
    /// One line for the API's documentation.
    const SUMMARY: &'static str;
    /// The HTTP status of its answer when nothing is in the way.
    const STATUS: u16 = 200;
    /// What is sent as JSON; `()` sends nothing.
    type Body: Serialize + DeserializeOwned;
    /// What comes back as JSON.
    type Response: Serialize + DeserializeOwned;
}

/// A view of the dashboard, as its tab shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewInfo {
    /// The view's name in addresses and file names: lower case, digits and `-`.
    pub slug: &'static str,
    /// The tab's text.
    pub title: &'static str,
    /// The lowest role that sees the tab; without one, everybody who may read does. Calls say for themselves whom
    /// they are for.
    pub role: Option<Role>,
}

impl ViewInfo {
    /// A view for everybody who may read.
    pub const fn new(slug: &'static str, title: &'static str) -> Self {
        Self { slug, title, role: None }
    }

    /// The same view for a role and those above it.
    #[must_use]
    pub const fn for_role(self, role: Role) -> Self {
        Self { role: Some(role), ..self }
    }

    /// Whether somebody with a role sees it.
    pub fn is_for(&self, role: Option<Role>) -> bool {
        self.role <= role
    }
}

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Path and query string of a call, to be put behind the server's address.
pub fn url<E: Endpoint>(call: &E) -> String {
    path_with_query(E::PATH, call)
}

/// The same for any parameters and a path of one's own choice, such as the exports' that answer no JSON.
pub fn path_with_query<T: Serialize>(path: &str, params: &T) -> String {
    let mut path = path.to_owned();
    let mut pairs = query::to_pairs(params);
    pairs.retain(|(name, value)| {
        let place = format!("{{{name}}}");
        let in_path = path.contains(&place);
        if in_path {
            path = path.replace(&place, &utf8_percent_encode(value, SEGMENT).to_string());
        }
        !in_path
    });
    if pairs.is_empty() { path } else { format!("{path}?{}", query::encode(&pairs)) }
}
