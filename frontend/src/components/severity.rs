//! Severities by name and colour.

use leptos::prelude::*;

/// What a severity is called.
pub fn severity_name(severity: u8) -> &'static str {
    match severity {
        1 => "Low",
        2 => "Medium",
        3 => "High",
        4 => "Critical",
        _ => "Unknown",
    }
}

/// A severity in its colour.
#[component]
pub fn SeverityBadge(
    /// 1 to 4.
    severity: u8,
) -> impl IntoView {
    let name = severity_name(severity);
    let class = format!("severity severity--{}", name.to_lowercase());
    view! { <span class=class title=format!("Severity {severity}")>{name}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_severity_has_a_name() {
        assert_eq!([1, 2, 3, 4, 9].map(severity_name), ["Low", "Medium", "High", "Critical", "Unknown"]);
    }
}
