//! The table of crashes as a file.

use leptos::prelude::*;
use telemetrics_common::crashes::{Crashes, GetCrashes, GuiltyRow};

use super::address::whole_table;
use super::top::TableAnswer;
use crate::api::{ApiError, call};
use crate::charts::{CsvButton, Table, save_table};
use crate::reactive::spawn;
use crate::views::parts::named;

const TITLE: &str = "Top crashes";

/// Saves the table that is shown, all its pages.
#[component]
pub fn ExportButton(
    /// The page that is shown.
    crashes: TableAnswer,
) -> impl IntoView {
    let question = crashes.memo(|(selection, query, _), _| Some(whole_table(query, selection)));
    let error = RwSignal::new(None::<String>);
    let save = Callback::new(move |()| {
        let Some(question) = question.get_untracked() else { return };
        spawn(async move {
            match all_pages(question).await {
                Ok(crashes) => {
                    save_table(TITLE, &table(&crashes));
                    error.set(None);
                }
                Err(failed) => error.set(Some(format!("The table could not be saved: {failed}"))),
            }
        });
    });
    view! {
        <Show when=move || question.with(Option::is_some)><CsvButton title=TITLE save /></Show>
        <p class="field__error" role="alert">{move || error.get()}</p>
    }
}

/// The table, page by page until all is there.
async fn all_pages(first: GetCrashes) -> Result<Crashes, ApiError> {
    let mut crashes = call(&first, &()).await?;
    while (crashes.guilties.len() as u64) < crashes.total {
        let offset = u32::try_from(crashes.guilties.len()).ok();
        let page = call(&GetCrashes { offset, ..first.clone() }, &()).await?;
        if page.guilties.is_empty() {
            // The table has become shorter meanwhile.
            break;
        }
        crashes.guilties.extend(page.guilties);
    }
    Ok(crashes)
}

fn table(crashes: &Crashes) -> Table {
    let head = ["Function", "Module", "Comment", "Crashes", "Machines, all time"].map(str::to_owned);
    let builds = crashes.builds.iter().map(|column| format!("Build {}", named(&column.build)));
    let row = |row: &GuiltyRow| {
        let of_build =
            |build: &str| row.builds.iter().find(|count| count.build == build).map_or(0, |count| count.records);
        let texts = [&row.function, &row.module, &row.comment].into_iter().cloned();
        let counts = [row.records, row.machines].into_iter();
        let builds = crashes.builds.iter().map(|column| of_build(&column.build));
        texts.chain(counts.chain(builds).map(|count| count.to_string())).collect()
    };
    Table { head: head.into_iter().chain(builds).collect(), rows: crashes.guilties.iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use telemetrics_common::crashes::BuildColumn;
    use telemetrics_common::facets::BuildCount;

    use super::*;

    #[test]
    fn builds_are_columns() {
        let column = |build: &str| BuildColumn { build: build.into(), max: 3 };
        let builds = vec![BuildCount { build: "2".into(), records: 3, purged: 0 }];
        let row = GuiltyRow { function: "abort".into(), records: 3, machines: 2, builds, ..GuiltyRow::default() };
        let crashes = Crashes { builds: vec![column("1"), column("2")], guilties: vec![row], ..Crashes::default() };
        let table = table(&crashes);
        assert_eq!(table.head[3..], ["Crashes", "Machines, all time", "Build 1", "Build 2"]);
        assert_eq!(table.rows, [["abort", "", "", "3", "2", "0", "3"]]);
    }
}
