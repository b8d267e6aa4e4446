//! Exports as CSV: how cells are written that a spreadsheet would take for formulas.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::query;

/// The parameters `P` of an export, with those of CSV beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Csv<P> {
    /// What is exported.
    #[serde(flatten)]
    pub params: P,
    /// Whether a `'` is put before cells that begin as formulas do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard_formulas: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Own {
    guard_formulas: Option<bool>,
}

impl<'de, P: DeserializeOwned> Deserialize<'de> for Csv<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (params, Own { guard_formulas }) = query::split(deserializer, &["guard_formulas"])?;
        Ok(Self { params, guard_formulas })
    }
}

#[cfg(feature = "openapi")]
impl<P: utoipa::IntoParams> utoipa::IntoParams for Csv<P> {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        #[derive(utoipa::IntoParams)]
        #[expect(dead_code, reason = "only its fields' documentation is used")]
        struct Own {
            /// Whether a `'` is put before cells that begin as formulas do, for spreadsheets; payloads are then not as they
            /// came.
            guard_formulas: Option<bool>,
        }
        let mut params = P::into_params(&place);
        params.extend(Own::into_params(&place));
        params
    }
}

/// A cell that no spreadsheet takes for a formula: OWASP's list of first characters
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
pub fn guarded(cell: &str) -> std::borrow::Cow<'_, str> {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        true => format!("'{cell}").into(),
        false => cell.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordFilter;

    #[test]
    fn filter_and_guard_share_one_query_string() {
        let filter = RecordFilter { guilty: Some(3), ..RecordFilter::default() };
        let export = Csv { params: filter, guard_formulas: Some(true) };
        let text = query::encode(&query::to_pairs(&export));
        assert_eq!(text, "guard_formulas=true&guilty=3");
        assert_eq!(query::parse(&text), Ok(export));
        let wrong = query::parse::<Csv<RecordFilter>>("guard_formulas=maybe").unwrap_err().to_string();
        assert!(wrong.starts_with("guard_formulas: "), "{wrong}");
    }

    #[test]
    fn formulas_become_texts() {
        for (cell, expected) in [("=1+2", "'=1+2"), ("-3", "'-3"), ("@SUM", "'@SUM"), ("a=b", "a=b"), ("", "")] {
            assert_eq!(guarded(cell), expected);
        }
    }
}
