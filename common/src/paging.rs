//! Keyset paging: a page ends at an id, and the next one begins below it, whatever came in between.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::query;

/// The parameters `P` of a call, with those of paging beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Paged<P> {
    /// What is asked for.
    #[serde(flatten)]
    pub params: P,
    /// How many rows a page has at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only rows with a smaller id: the `next_before` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
}

impl<P> Paged<P> {
    /// The first page.
    pub fn first(params: P) -> Self {
        Self { params, limit: None, before: None }
    }
}

/// One page of a list.
pub trait Page {
    /// What the list is of.
    type Row;
    /// The rows, and where the next page begins; nothing after the last.
    fn into_parts(self) -> (Vec<Self::Row>, Option<i64>);
}

#[derive(Default, Deserialize)]
struct PageQuery {
    limit: Option<u32>,
    before: Option<i64>,
}

impl<'de, P: DeserializeOwned> Deserialize<'de> for Paged<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (params, PageQuery { limit, before }) = query::split(deserializer, &["limit", "before"])?;
        Ok(Self { params, limit, before })
    }
}

#[cfg(feature = "openapi")]
impl<P: utoipa::IntoParams> utoipa::IntoParams for Paged<P> {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        #[derive(utoipa::IntoParams)]
        #[expect(dead_code, reason = "only its fields' documentation is used")]
        struct Page {
            /// How many rows a page has at most.
            limit: Option<u32>,
            /// Only rows with a smaller id: the `next_before` of the page before.
            #[param(example = 4711)]
            before: Option<i64>,
        }
        let mut params = P::into_params(&place);
        params.extend(Page::into_params(&place));
        params
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordFilter;

    #[test]
    fn filter_and_page_share_one_query_string() {
        let filter = RecordFilter { guilty: Some(3), ..RecordFilter::default() };
        let paged = Paged { params: filter, limit: Some(20), before: Some(7) };
        let query = query::encode(&query::to_pairs(&paged));
        assert_eq!(query, "before=7&guilty=3&limit=20");
        assert_eq!(query::parse(&query), Ok(paged));
    }

    #[test]
    fn errors_name_the_parameter() {
        let check = |query: &str, begin: &str| {
            let message = query::parse::<Paged<RecordFilter>>(query).unwrap_err().to_string();
            assert!(message.starts_with(begin), "{message}");
        };
        check("limit=many", "limit: must be a whole number");
        check("guilty=me", "guilty: must be a whole number");
        check("colour=red", "colour: unknown parameter; known here: system, build");
    }
}
