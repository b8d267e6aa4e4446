//! Guilties by build, with bars that compare each count with the largest of its column.

use leptos::prelude::*;
use telemetrics_common::crashes::{BuildColumn, Crashes, GuiltyRow, NEWEST_BUILDS};
use telemetrics_common::facets::BuildCount;

use super::address::{Addresses, Builds, guilty_records, share, use_addresses};
use super::top::TableAnswer;
use crate::charts::{Sparkline, Tone};
use crate::components::Linked;
use crate::format;
use crate::scope::{Selection, ViewScope};
use crate::views::parts::{kept_link, named};

/// What the rows of a page share.
#[derive(Clone, Debug, Default, PartialEq)]
struct Page {
    /// Of one system, so that links lead to its records alone.
    selection: Selection,
    builds: Vec<BuildColumn>,
    /// The largest total of the page.
    max: u64,
    /// The records that a total counts, where one filter lets through just these.
    totals: Option<Totals>,
}

/// Which records the totals of a table count.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Totals {
    /// Those of all builds.
    AllBuilds,
    /// Those of one build.
    OneBuild(String),
}

impl Totals {
    fn of(builds: &Builds, columns: &[BuildColumn]) -> Option<Self> {
        match builds {
            Builds::One(build) => Some(Self::OneBuild(build.clone())),
            Builds::All => Some(Self::AllBuilds),
            // Where there were more builds, there would be more columns.
            Builds::Newest => (columns.len() < NEWEST_BUILDS).then_some(Self::AllBuilds),
        }
    }

    fn build(&self) -> Option<&str> {
        match self {
            Self::AllBuilds => None,
            Self::OneBuild(build) => Some(build),
        }
    }
}

impl Page {
    fn of(selection: &Selection, builds: &Builds, crashes: &Crashes) -> Self {
        Self {
            selection: selection.of_system(&crashes.system),
            builds: crashes.builds.clone(),
            max: crashes.guilties.iter().map(|row| row.records).max().unwrap_or(0),
            totals: Totals::of(builds, &crashes.builds),
        }
    }
}

/// One page of guilties.
#[component]
pub fn GuiltyTable(
    /// The view's scope.
    scope: ViewScope,
    /// The page.
    crashes: TableAnswer,
) -> impl IntoView {
    let addresses = use_addresses();
    let page = crashes.memo(|(selection, query, _), crashes| Page::of(selection, &query.builds, crashes));
    let rows = crashes.memo(|_, crashes| crashes.guilties.clone());
    let heads = move || {
        let builds = page.with(|page| page.builds.clone()).into_iter();
        let head = |column: BuildColumn| {
            let href = scope.address(&Builds::One(column.build.clone()).parameters());
            let title = format!("Build {} alone", column.build);
            let name = named(&column.build).to_owned();
            view! { <th scope="col" class="top__build"><a href=href title=title data-noscroll>{name}</a></th> }
        };
        builds.map(head).collect_view()
    };
    // A row is drawn anew with its page: bars and links depend on it.
    let body = move || {
        let page = page.get();
        rows.get().into_iter().map(|row| row_view(row, &page, addresses)).collect_view()
    };
    view! {
        <div class="top" tabindex="0" role="region" aria-label="Crashes by function and build">
            <table class="top__table" data-testid="top-crashes">
                <caption class="sr-only">
                    "Functions that backtraces blame, by build, most crashes first. Builds ascend, the newest is last."
                </caption>
                <thead>
                    <tr>
                        <th scope="col">"Guilty"</th>
                        <th scope="col" class="top__number">"Crashes"</th>
                        <th scope="col" class="top__number" title="Distinct machines that have hit it in these builds, whatever the time above">
                            "Machines, all time"
                        </th>
                        <th scope="col" class="top__trend">"Last 28 days"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
}

fn row_view(row: GuiltyRow, page: &Page, addresses: Addresses) -> impl IntoView + use<> {
    let GuiltyRow { id, function, module, comment, records, purged, builds, machines, history } = row;
    let cells = page.builds.iter().map(|column| {
        let BuildCount { records, purged, .. } =
            builds.iter().find(|count| count.build == column.build).cloned().unwrap_or_default();
        let href = kept_link(records, purged, || guilty_records(&page.selection, id, Some(&column.build)));
        let title = format!("{} in build {}", format::counted(records, "crash", "crashes"), column.build);
        cell(records, column.max, href, title)
    });
    let total_href = match &page.totals {
        Some(totals) => kept_link(records, purged, || guilty_records(&page.selection, id, totals.build())),
        None => Some(addresses.guilty(id)),
    };
    let trend = format!("Crashes on each of the last 28 days, {} in all", format::number(history.iter().sum()));
    view! {
        <tr data-guilty=id>
            <th scope="row" class="top__guilty">
                <a class="guilty-name" href=addresses.guilty(id)>{function}</a>
                " "
                <span class="guilty-module">"[" {module} "]"</span>
                {(!comment.is_empty()).then(|| view! { <span class="guilty-comment">{comment}</span> })}
            </th>
            {cell(records, page.max, total_href, format::counted(records, "crash", "crashes"))}
            <td class="top__number">
                <a href=addresses.guilty(id) title="The machines by build">{format::number(machines)}</a>
            </td>
            <td class="top__trend"><Sparkline values=Signal::stored(history) label=trend tone=Tone::Danger /></td>
            {cells.collect_view()}
        </tr>
    }
}

/// A count with its bar.
fn cell(count: u64, max: u64, href: Option<String>, title: String) -> impl IntoView + use<> {
    let text = if count == 0 { "–".to_owned() } else { format::number(count) };
    view! {
        <td class="top__cell" class:top__cell--none=count == 0 style=("--share", share(count, max).to_string())>
            <Linked href title>{text}</Linked>
        </td>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(chosen: &Builds, builds: &[&str]) -> Page {
        let column = |build: &&str| BuildColumn { build: (*build).into(), max: 3 };
        let row = |records| GuiltyRow { records, ..GuiltyRow::default() };
        let crashes = Crashes {
            system: "clear".into(),
            builds: builds.iter().map(column).collect(),
            guilties: vec![row(9), row(4)],
            ..Crashes::default()
        };
        Page::of(&Selection::default(), chosen, &crashes)
    }

    #[test]
    fn totals_lead_where_one_filter_names_them() {
        let check = |chosen: Builds, builds: &[&str], totals: Option<Totals>| {
            let page = page(&chosen, builds);
            assert_eq!(page.totals, totals);
            assert_eq!((page.selection.system.as_deref(), page.max), (Some("clear"), 9));
        };
        check(Builds::All, &[], Some(Totals::AllBuilds));
        check(Builds::One("1".into()), &["1"], Some(Totals::OneBuild("1".into())));
        check(Builds::Newest, &["1", "2"], Some(Totals::AllBuilds));
        check(Builds::Newest, &["1", "2", "3", "4", "5", "6", "7", "8"], None);
    }
}
