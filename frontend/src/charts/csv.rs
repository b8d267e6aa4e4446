//! Tables as CSV by RFC 4180: lines end with CRLF, and fields are quoted where they must be.

use super::data::{Category, Data};
use super::heat::{Heat, HeatRow};

/// Rows of texts below their headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The headings.
    pub head: Vec<String>,
    /// The rows, with a text for each heading.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// All of it as a text.
    pub fn csv(&self) -> String {
        let mut text = String::new();
        line(&mut text, &self.head);
        for row in &self.rows {
            line(&mut text, row);
        }
        text
    }
}

/// All data, in the order in which they were given: a row for each category, a column for each series.
impl From<&Data> for Table {
    fn from(data: &Data) -> Self {
        let head = [data.name.clone()].into_iter().chain(data.series.iter().map(|series| series.name.clone()));
        let row = |(position, category): (usize, &Category)| {
            let values = data.series.iter().map(|series| series.value(position).to_string());
            [category.full().to_owned()].into_iter().chain(values).collect()
        };
        Self { head: head.collect(), rows: data.categories.iter().enumerate().map(row).collect() }
    }
}

impl From<&Heat> for Table {
    fn from(heat: &Heat) -> Self {
        let columns = heat.columns.iter().map(|column| column.full().to_owned());
        let head = [heat.row_name.clone()].into_iter().chain(columns).chain(["Total".to_owned()]);
        let row = |row: &HeatRow| {
            let values = (0..heat.columns.len()).map(|column| row.value(column).to_string());
            let name = row.head.full().to_owned();
            [name].into_iter().chain(values).chain([row.sum().to_string()]).collect()
        };
        Self { head: head.collect(), rows: heat.rows.iter().map(row).collect() }
    }
}

fn line(text: &mut String, fields: &[String]) {
    for (position, field) in fields.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        if field.contains([',', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::data::Series;
    use crate::charts::heat::HeatCell;

    #[track_caller]
    fn check(table: impl Into<Table>, expected: &str) {
        assert_eq!(table.into().csv(), expected);
    }

    #[test]
    fn plain_fields_are_plain() {
        let data = Data::new("Build", [Category::new("41150"), Category::new("1 Mon").title("Monday, 1 June")])
            .series(Series::counts("success", [12_345, 0]))
            .series(Series::measures("seconds", [0.25, f64::NAN]));
        check(&data, "Build,success,seconds\r\n41150,12345,0.25\r\n\"Monday, 1 June\",0,0\r\n");
    }

    #[test]
    fn quotes_and_line_ends_are_quoted() {
        let data =
            Data::new("a\"b", [Category::new("x\ny"), Category::new("\"")]).series(Series::counts("c,d", [1, 2]));
        check(&data, "\"a\"\"b\",\"c,d\"\r\n\"x\ny\",1\r\n\"\"\"\",2\r\n");
    }

    #[test]
    fn shaded_tables_have_their_totals() {
        let cells = vec![HeatCell { value: 4, href: None }];
        let head = Category::new("cbbf…").title("cbbf66");
        let row = HeatRow { head, cells, total: Some(9) };
        let columns = ["1", "2"].map(Category::new).to_vec();
        let heat = Heat { row_name: "Machine".to_owned(), columns, rows: vec![row] };
        check(&heat, "Machine,1,2,Total\r\ncbbf66,4,0,9\r\n");
    }
}
