//! All windows side by side.

use leptos::prelude::*;
use telemetrics_common::Timestamp;
use telemetrics_common::builds::sort_by_build;
use telemetrics_common::population::Population;

use super::EMPTY;
use super::data::{self, Shown, overcounts, total};
use crate::charts::{CsvButton, Table, save_table};
use crate::components::{Linked, Panel};
use crate::reactive::memo;
use crate::views::parts::{heartbeats_link, named};
use crate::{browser, format};

/// What the table is called.
const TITLE: &str = "Machines per build, over five times";

/// A build's machines in each window, with their part of the window's.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    build: String,
    cells: Vec<Cell>,
}

/// The machines of one window.
#[derive(Clone, Debug, PartialEq)]
struct Cell {
    machines: u64,
    share: String,
    /// Address of their heartbeats.
    href: String,
}

/// The windows, the shortest first.
fn windows() -> impl Iterator<Item = Option<u32>> {
    Shown::CHOICES.into_iter().filter_map(|choice| match choice {
        Shown::Window(days) => Some(days),
        Shown::All => None,
    })
}

/// Newest build first.
fn rows(counts: &Population, now: Timestamp) -> Vec<Row> {
    let mut builds: Vec<&str> =
        counts.windows.iter().flat_map(|window| &window.builds).map(|build| build.build.as_str()).collect();
    sort_by_build(&mut builds, |build| build);
    builds.dedup();
    let windows: Vec<_> =
        windows().map(|days| (data::window(counts, days), data::heartbeats(&counts.system, days, now))).collect();
    let row = |name: &str| {
        let cells = windows.iter().map(|(builds, heartbeats)| {
            let machines = builds.iter().find(|build| build.build == name).map_or(0, total);
            let share = format::percent(machines, builds.iter().map(total).sum());
            Cell { machines, share, href: heartbeats_link(heartbeats, Some(name), None) }
        });
        Row { build: named(name).to_owned(), cells: cells.collect() }
    };
    builds.into_iter().rev().map(row).collect()
}

/// The machines as they are saved.
fn saved(rows: &[Row]) -> Table {
    let head = ["Build".to_owned()].into_iter().chain(windows().map(|days| Shown::Window(days).words()));
    let row = |Row { build, cells }: &Row| {
        [build.clone()].into_iter().chain(cells.iter().map(|cell| cell.machines.to_string())).collect()
    };
    Table { head: head.collect(), rows: rows.iter().map(row).collect() }
}

/// All machines of each window, with the address of their heartbeats.
fn totals(counts: &Population, now: Timestamp) -> Vec<(u64, String)> {
    let of_window = |days| {
        let machines = data::window(counts, days).iter().map(total).sum();
        (machines, heartbeats_link(&data::heartbeats(&counts.system, days, now), None, None))
    };
    windows().map(of_window).collect()
}

/// The table, or that there is nothing to compare.
#[component]
pub fn Compare(
    /// The machines.
    counts: Memo<Population>,
) -> impl IntoView {
    let rows = memo(move || counts.with(|counts| rows(counts, browser::now())));
    let totals = memo(move || counts.with(|counts| totals(counts, browser::now())));
    let is_empty = move || rows.with(Vec::is_empty);
    let save = Callback::new(move |()| save_table(TITLE, &rows.with_untracked(|rows| saved(rows))));
    view! {
        <Panel
            title=TITLE
            unit="machines, share of the column"
            note=data::caveat_of_all()
            tools=move || (!is_empty()).then(|| view! { <CsvButton title=TITLE save /> })
        >
            <Show when=move || !is_empty() fallback=|| view! { <p class="chart__empty">{EMPTY}</p> }>
                <Builds rows totals />
            </Show>
        </Panel>
    }
}

#[component]
fn Builds(rows: Memo<Vec<Row>>, totals: Memo<Vec<(u64, String)>>) -> impl IntoView {
    let head = |days: Option<u32>| {
        let mark = if overcounts(days) { " *" } else { "" };
        let choice = Shown::Window(days);
        view! { <th scope="col" title=choice.words()>{choice.label()}{mark}</th> }
    };
    let row = |Row { build, cells }| {
        let cell = |Cell { machines, share, href }: Cell| match machines {
            0 => view! { <td class="muted">"–"</td> }.into_any(),
            _ => view! {
                <td><a href=href>{format::number(machines)}</a> " " <span class="data-table__share">{share}</span></td>
            }
            .into_any(),
        };
        view! { <tr><th scope="row">{build}</th>{cells.into_iter().map(cell).collect_view()}</tr> }
    };
    let total = |(machines, href): (u64, String)| {
        view! { <td><Linked href=Some(href).filter(|_| machines > 0)>{format::number(machines)}</Linked></td> }
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=TITLE>
            <table class="data-table data-table--totals">
                <caption class="sr-only">"Machines per build, newest build first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Build"</th>
                        {windows().map(head).collect_view()}
                    </tr>
                </thead>
                <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">"Total"</th>
                        {move || totals.get().into_iter().map(total).collect_view()}
                    </tr>
                </tfoot>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use telemetrics_common::population::{BuildMachines, Window};

    use super::*;

    #[test]
    fn a_row_has_a_cell_for_every_window() {
        let build = |build: &str, internal| BuildMachines { build: build.to_owned(), internal, external: 1 };
        let counts = Population {
            system: "clear".to_owned(),
            windows: vec![
                Window { days: None, builds: vec![build("9", 99), build("10", 99)] },
                Window { days: Some(1), builds: vec![build("10", 2)] },
            ],
        };
        let now = "2026-11-23T10:53:07Z".parse().unwrap();
        let rows = rows(&counts, now);
        let shown = |row: &Row| row.cells.iter().map(|cell| format!("{}, {}", cell.machines, cell.share)).collect();
        let shown: Vec<(&str, Vec<String>)> = rows.iter().map(|row| (row.build.as_str(), shown(row))).collect();
        let none = "0, –";
        assert_eq!(shown[0], ("10", ["3, 100 %", none, none, none, "100, 50 %"].map(str::to_owned).to_vec()));
        assert_eq!(shown[1], ("9", ["0, 0 %", none, none, none, "100, 50 %"].map(str::to_owned).to_vec()));
        let of_all_time = "/records?build=9&classification=org.clearlinux%2Fheartbeat%2Fping&system=clear";
        assert_eq!(rows[1].cells[4].href, of_all_time);
        assert!(rows[1].cells[0].href.contains("from=2026-11-22T10%3A00%3A00Z"), "{}", rows[1].cells[0].href);
        let machines: Vec<_> = totals(&counts, now).into_iter().map(|(machines, _)| machines).collect();
        assert_eq!(machines, [3, 0, 0, 0, 200]);
        let table = saved(&rows);
        assert_eq!((table.head.len(), table.rows[0].join(" ").as_str()), (6, "10 3 0 0 0 100"));
    }
}
