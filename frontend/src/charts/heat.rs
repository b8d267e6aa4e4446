//! Counts in rows and columns, shaded by their size.

use leptos::prelude::*;

use super::data::{Category, Unit};
use super::html::Html;
use crate::format;

/// How many shades there are beside none.
const SHADES: u64 = 8;

/// A count with what is behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatCell {
    /// The count.
    pub value: u64,
    /// Address in the dashboard of what was counted.
    pub href: Option<String>,
}

/// A row of counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatRow {
    /// Its name.
    pub head: Category,
    /// A second, smaller line below the name.
    pub detail: Option<String>,
    /// One for each column; what is missing counts as 0.
    pub cells: Vec<HeatCell>,
    /// The row's total, where it is more than the sum of its cells.
    pub total: Option<u64>,
}

impl HeatRow {
    /// The count in a column.
    pub(super) fn value(&self, column: usize) -> u64 {
        self.cells.get(column).map_or(0, |cell| cell.value)
    }

    /// The row's total.
    pub(super) fn sum(&self) -> u64 {
        self.total.unwrap_or_else(|| self.cells.iter().map(|cell| cell.value).sum())
    }
}

/// What a count is compared with.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum HeatScale {
    /// The largest one of the table.
    #[default]
    Table,
    /// The largest one of its column, which need not be in the table.
    Columns(Vec<u64>),
}

/// All that a shaded table shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    /// What the rows are, in the singular.
    pub row_name: String,
    /// The columns' names.
    pub columns: Vec<Category>,
    /// The rows, in their order.
    pub rows: Vec<HeatRow>,
    /// What counts are compared with.
    pub scale: HeatScale,
    /// Whether there is a last row of the columns' sums.
    pub column_totals: bool,
}

impl Heat {
    fn largest(&self, column: usize) -> u64 {
        match &self.scale {
            HeatScale::Table => self.rows.iter().flat_map(|row| &row.cells).map(|cell| cell.value).max().unwrap_or(0),
            HeatScale::Columns(largest) => largest.get(column).copied().unwrap_or(0),
        }
    }
}

/// The shade of a count: 0 for nothing, 8 for the largest, by the square root, so that small counts differ as well.
fn shade(value: u64, largest: u64) -> u64 {
    if value == 0 {
        return 0;
    }
    let part = (value as f64 / largest.max(value) as f64).sqrt();
    ((part * SHADES as f64).ceil() as u64).clamp(1, SHADES)
}

/// Counts in rows and columns, shaded by their size. It scrolls in itself where it is too wide.
#[component]
pub fn HeatTable(
    /// What it shows.
    #[prop(into)]
    caption: Signal<String>,
    /// What is counted.
    unit: Unit,
    /// The counts.
    #[prop(into)]
    data: Signal<Heat>,
) -> impl IntoView {
    let text = move || {
        let title = format!("{} ({})", caption.get(), unit.many());
        data.with(|heat| table(&title, heat))
    };
    view! {
        <div class="heat" tabindex="0" role="region" aria-label=move || caption.get() inner_html=text></div>
    }
}

fn table(title: &str, heat: &Heat) -> String {
    let mut html = Html::default();
    html.open("table", &[("class", "heat__table")]).element("caption", &[("class", "sr-only")], title);
    html.open("thead", &[]).open("tr", &[]).element("th", &[("scope", "col")], &heat.row_name);
    for column in &heat.columns {
        html.open("th", &[("scope", "col")]);
        name(&mut html, column).close("th");
    }
    html.element("th", &[("scope", "col")], "Total").close("tr").close("thead").open("tbody", &[]);
    let largest: Vec<u64> = (0..heat.columns.len()).map(|column| heat.largest(column)).collect();
    for row in &heat.rows {
        draw_row(&mut html, row, &largest);
    }
    html.close("tbody");
    if heat.column_totals {
        html.open("tfoot", &[]).open("tr", &[]).element("th", &[("scope", "row")], "Total");
        for column in 0..heat.columns.len() {
            html.element("td", &[], &format::number(heat.rows.iter().map(|row| row.value(column)).sum()));
        }
        let all = heat.rows.iter().map(HeatRow::sum).sum();
        html.element("td", &[("class", "heat__total")], &format::number(all)).close("tr").close("tfoot");
    }
    html.close("table");
    html.finish()
}

fn name<'a>(html: &'a mut Html, head: &Category) -> &'a mut Html {
    html.linked(&head.label, head.title.as_deref(), head.href.as_deref())
}

fn draw_row(html: &mut Html, row: &HeatRow, largest: &[u64]) {
    html.open("tr", &[]).open("th", &[("scope", "row")]);
    name(html, &row.head);
    if let Some(detail) = &row.detail {
        html.element("span", &[("class", "heat__detail")], detail);
    }
    html.close("th");
    for (column, largest) in largest.iter().enumerate() {
        let value = row.value(column);
        html.open("td", &[("class", &format!("heat-{}", shade(value, *largest)))]);
        match value {
            0 => html.text("–"),
            _ => html.linked(&format::number(value), None, row.cells.get(column).and_then(|cell| cell.href.as_deref())),
        };
        html.close("td");
    }
    html.element("td", &[("class", "heat__total")], &format::number(row.sum())).close("tr");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_grow_with_counts() {
        assert_eq!([0, 1, 25, 50, 99, 100].map(|value| shade(value, 100)), [0, 1, 4, 6, 8, 8]);
        assert_eq!(shade(3, 0), 8);
    }

    #[track_caller]
    fn check(heat: &Heat, expected: &str) {
        let html = table("Title", heat);
        let body = html.split("<tbody>").nth(1).unwrap();
        assert_eq!(body, expected.lines().map(str::trim).collect::<String>());
    }

    fn heat(scale: HeatScale) -> Heat {
        let cell = |value| HeatCell { value, href: Some(format!("/{value}")) };
        let row = HeatRow { head: Category::new("m<1>"), cells: vec![cell(0), cell(4)], ..HeatRow::default() };
        let columns = ["1", "2"].map(Category::new).to_vec();
        Heat { row_name: "Machine".to_owned(), columns, rows: vec![row], scale, ..Heat::default() }
    }

    #[test]
    fn cells_have_shades_and_links() {
        let expected = "<tr><th scope=\"row\">m&lt;1&gt;</th><td class=\"heat-0\">–</td>
            <td class=\"heat-8\"><a href=\"/4\">4</a></td><td class=\"heat__total\">4</td></tr></tbody></table>";
        check(&heat(HeatScale::Table), expected);
    }

    #[test]
    fn columns_may_have_their_own_scale_and_sums() {
        let mut heat = heat(HeatScale::Columns(vec![1, 400]));
        heat.column_totals = true;
        heat.rows[0].detail = Some("libone".to_owned());
        heat.rows[0].total = Some(9);
        let expected = "<tr><th scope=\"row\">m&lt;1&gt;<span class=\"heat__detail\">libone</span></th>
            <td class=\"heat-0\">–</td><td class=\"heat-1\"><a href=\"/4\">4</a></td><td class=\"heat__total\">9</td></tr></tbody>
            <tfoot><tr><th scope=\"row\">Total</th><td>0</td><td>4</td><td class=\"heat__total\">9</td></tr></tfoot></table>";
        check(&heat, expected);
    }
}
