//! The data behind a chart as a table, exact and with all links.

use leptos::prelude::*;

use super::data::{Data, Kind, Series, Unit};
use super::fold::ranked;
use super::html::Html;
use super::number::{exact, share, with_unit};
use crate::format;

/// How many rows there are at first.
const ROWS: usize = 100;

/// All data, in the order in which the chart has them.
#[component]
pub fn DataTable(
    /// What the table shows.
    title: Signal<String>,
    /// What the values count.
    unit: Unit,
    /// How the chart draws them.
    kind: Signal<Kind>,
    /// All of them.
    data: Signal<Data>,
) -> impl IntoView {
    let all = RwSignal::new(false);
    let count = move || data.with(|data| data.categories.len());
    let text = move || {
        let limit = if all.get() { usize::MAX } else { ROWS };
        let title = format!("{} ({})", title.get(), unit.many());
        data.with(|data| match kind.get().is_ranked() {
            true => table(&title, &ranked(data), unit, limit),
            false => table(&title, data, unit, limit),
        })
    };
    view! {
        <div
            class="chart-table"
            tabindex="0"
            role="region"
            aria-label=move || format!("Table: {}", title.get())
            inner_html=text
        ></div>
        <Show when=move || !all.get() && (count() > ROWS)>
            <button type="button" class="button button--small" on:click=move |_| all.set(true)>
                {move || format!("Show all {} rows", format::number(count() as u64))}
            </button>
        </Show>
    }
}

/// The first rows of a table, and the sums over all of them.
fn table(title: &str, data: &Data, unit: Unit, limit: usize) -> String {
    let mut html = Html::default();
    html.open("table", &[]).element("caption", &[("class", "sr-only")], title);
    let has_sum = unit.is_additive() && data.series.len() > 1;
    let has_share = unit.is_additive() && data.series.len() == 1;
    let column = [("scope", "col")];
    html.open("thead", &[]).open("tr", &[]).element("th", &column, &data.name);
    for series in &data.series {
        html.element("th", &column, &series.name);
    }
    if has_sum {
        html.element("th", &column, "Total");
    }
    if has_share {
        html.element("th", &column, "Share");
    }
    html.close("tr").close("thead").open("tbody", &[]);
    let whole = data.grand_total();
    for (position, category) in data.categories.iter().enumerate().take(limit) {
        let name = category.full();
        html.open("tr", &[]).open("th", &[("scope", "row")]).linked(name, None, category.href.as_deref()).close("th");
        for series in &data.series {
            html.open("td", &[]).linked(&exact(series.value(position)), None, series.href(position)).close("td");
        }
        let sum = data.total(position);
        if has_sum {
            html.element("td", &[], &exact(sum));
        }
        if has_share {
            html.element("td", &[], &share(sum, whole));
        }
        html.close("tr");
    }
    html.close("tbody");
    if unit.is_additive() {
        foot(&mut html, data, unit);
    }
    html.close("table");
    html.finish()
}

fn foot(html: &mut Html, data: &Data, unit: Unit) {
    let sum = |series: &Series| (0..data.categories.len()).map(|i| series.value(i)).sum();
    html.open("tfoot", &[]).open("tr", &[]).element("th", &[("scope", "row")], "Total");
    for series in &data.series {
        html.element("td", &[], &exact(sum(series)));
    }
    // Under the sums, or under the shares of the only series.
    match data.series.len() {
        1 => html.element("td", &[], ""),
        _ => html.element("td", &[], &with_unit(data.grand_total(), unit)),
    };
    html.close("tr").close("tfoot");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::data::Category;

    const RECORDS: Unit = Unit::counted("record", "records");

    fn builds() -> Data {
        Data::new(
            "Build",
            [Category::new("1").title("Build <1>").href("/records?build=1&x".to_owned()), Category::new("2")],
        )
        .series(Series::counts("inside", [12_345, 0]).hrefs([None, Some("/zero".to_owned())]))
    }

    #[track_caller]
    fn check(data: &Data, unit: Unit, limit: usize, expected: &str) {
        let html = table("Title", data, unit, limit);
        let expected: String = expected.lines().map(str::trim).collect();
        assert_eq!(html, expected);
    }

    #[test]
    fn tables_are_exact_and_have_the_links() {
        let expected = "<table><caption class=\"sr-only\">Title</caption>
            <thead><tr><th scope=\"col\">Build</th><th scope=\"col\">inside</th><th scope=\"col\">Share</th></tr></thead>
            <tbody>
            <tr><th scope=\"row\"><a href=\"/records?build=1&amp;x\">Build &lt;1&gt;</a></th><td>12,345</td><td>100 %</td></tr>
            <tr><th scope=\"row\">2</th><td><a href=\"/zero\">0</a></td><td>0 %</td></tr>
            </tbody>
            <tfoot><tr><th scope=\"row\">Total</th><td>12,345</td><td></td></tr></tfoot></table>";
        check(&builds(), RECORDS, ROWS, expected);
    }

    #[test]
    fn several_series_have_their_sum() {
        let data = builds().series(Series::counts("outside", [5, 2]));
        let expected = "<table><caption class=\"sr-only\">Title</caption><thead><tr><th scope=\"col\">Build</th>
            <th scope=\"col\">inside</th><th scope=\"col\">outside</th><th scope=\"col\">Total</th></tr></thead>
            <tbody><tr><th scope=\"row\"><a href=\"/records?build=1&amp;x\">Build &lt;1&gt;</a></th><td>12,345</td><td>5</td>
            <td>12,350</td></tr></tbody>
            <tfoot><tr><th scope=\"row\">Total</th><td>12,345</td><td>7</td><td>12,352 records</td></tr></tfoot></table>";
        check(&data, RECORDS, 1, expected);
    }

    #[test]
    fn measures_have_no_sums() {
        let data = Data::new("Update", [Category::new("a")]).series(Series::measures("mean", [1.5]));
        let expected = "<table><caption class=\"sr-only\">Title</caption><thead><tr><th scope=\"col\">Update</th>
            <th scope=\"col\">mean</th></tr></thead><tbody><tr><th scope=\"row\">a</th><td>1.5</td></tr></tbody></table>";
        check(&data, Unit::measured("s"), ROWS, expected);
    }
}
