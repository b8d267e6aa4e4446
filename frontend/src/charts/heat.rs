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

/// All that a shaded table shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    /// What the rows are, in the singular.
    pub row_name: String,
    /// The columns' names.
    pub columns: Vec<Category>,
    /// The rows, in their order.
    pub rows: Vec<HeatRow>,
}

impl Heat {
    fn largest(&self) -> u64 {
        self.rows.iter().flat_map(|row| &row.cells).map(|cell| cell.value).max().unwrap_or(0)
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
    let (columns, largest) = (heat.columns.len(), heat.largest());
    for row in &heat.rows {
        draw_row(&mut html, row, columns, largest);
    }
    html.close("tbody").close("table");
    html.finish()
}

fn name<'a>(html: &'a mut Html, head: &Category) -> &'a mut Html {
    html.linked(&head.label, head.title.as_deref(), head.href.as_deref())
}

fn draw_row(html: &mut Html, row: &HeatRow, columns: usize, largest: u64) {
    html.open("tr", &[]).open("th", &[("scope", "row")]);
    name(html, &row.head).close("th");
    for column in 0..columns {
        let value = row.value(column);
        html.open("td", &[("class", &format!("heat-{}", shade(value, largest)))]);
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

    #[test]
    fn cells_have_shades_and_links() {
        let cell = |value| HeatCell { value, href: Some(format!("/{value}")) };
        let row = |cells, total| HeatRow { head: Category::new("m<1>"), cells, total };
        let columns = ["1", "2"].map(Category::new).to_vec();
        let rows = vec![row(vec![cell(0), cell(4)], None), row(vec![cell(1)], Some(9))];
        let html = table("Title", &Heat { row_name: "Machine".to_owned(), columns, rows });
        let expected = "<tr><th scope=\"row\">m&lt;1&gt;</th><td class=\"heat-0\">–</td>
            <td class=\"heat-8\"><a href=\"/4\">4</a></td><td class=\"heat__total\">4</td></tr>
            <tr><th scope=\"row\">m&lt;1&gt;</th><td class=\"heat-4\"><a href=\"/1\">1</a></td>
            <td class=\"heat-0\">–</td><td class=\"heat__total\">9</td></tr></tbody></table>";
        let body = html.split("<tbody>").nth(1).unwrap();
        assert_eq!(body, expected.lines().map(str::trim).collect::<String>());
    }
}
