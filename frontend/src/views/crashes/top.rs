//! The guilties with the most crashes, by build.

use leptos::prelude::*;
use telemetrics_common::crashes::{Crashes, DEFAULT_DAYS, DEFAULT_LIMIT, GetCrashes};
use telemetrics_common::views;

use super::address::{self, Builds, TableQuery};
use super::charts::{ChartsAnswer, TopCharts};
use super::controls::{BuildPicker, SearchField};
use super::export::ExportButton;
use super::judgement::Judgement;
use super::table::GuiltyTable;
use crate::answer::{Answer, Answered};
use crate::components::{EmptyState, Icon, PageHead, SkeletonRows, Symbol};
use crate::reactive::memo;
use crate::scope::{
    PurgedNote, Range, RangePicker, RefreshButton, ScopeError, Selection, SystemPicker, ViewScope, system_name,
};
use crate::{browser, format};

/// A page of the table: the selection, what else the address says, and the judgement's turn.
pub type TableAnswer = Answer<(Selection, TableQuery, u32), Crashes>;

/// As high as a full page of the table, whose rows are higher: the charts below do not move when it comes.
const SKELETON_ROWS: usize = 15;

/// The page.
#[component]
pub fn TopCrashes() -> impl IntoView {
    browser::use_title(|| "Crashes".to_owned());
    let judgement = expect_context::<Judgement>();
    let scope = ViewScope::of(views::CRASHES, Range::Last(DEFAULT_DAYS)).dropping(address::DROPPED);
    let query = use_query(scope);
    let crashes: TableAnswer = Answer::of(
        memo(move || Some((scope.selection.get()?, query.get(), judgement.turn.get()))),
        |(selection, query, _): &(Selection, TableQuery, u32)| -> GetCrashes { query.call(selection) },
    );
    let charts: ChartsAnswer =
        Answer::of(memo(move || Some((scope.selection.get()?, judgement.turn.get()))), |(selection, _)| {
            address::charts_call(selection)
        });
    let subtitle = subtitle(scope, query, crashes);
    // The charts count crashes that the table has not: without frames, of older builds, of what is hidden.
    let (of_table, of_charts) = (crashes.memo(|_, crashes| crashes.purged), charts.memo(|_, charts| charts.purged));
    let purged = Signal::derive(move || of_table.get().max(of_charts.get()));
    let builds = charts.memo(|_, charts| charts.builds.iter().map(|count| count.build.clone()).collect::<Vec<_>>());
    view! {
        <PageHead title=views::CRASHES.title subtitle>
            <RefreshButton />
            <SystemPicker scope one=true />
            <RangePicker scope />
        </PageHead>
        <ScopeError scope />
        <Show when=move || scope.selection.with(Option::is_some)>
            <div class="crashes__controls">
                <BuildPicker scope query builds />
                <SearchField scope query />
                <ExportButton crashes />
            </div>
            <Answered
                progress=crashes.progress
                failure="The crashes could not be loaded"
                skeleton=|| view! { <SkeletonRows count=SKELETON_ROWS /> }
            >
                <PurgedNote purged />
                <Body scope query crashes />
            </Answered>
            <TopCharts scope answer=charts />
        </Show>
    }
}

/// What the address says beside the scope.
fn use_query(scope: ViewScope) -> Memo<TableQuery> {
    let parameters = [address::BUILD, address::ALL_BUILDS, address::SEARCH, address::OFFSET];
    let values = parameters.map(|name| (name, scope.parameter(name)));
    memo(move || {
        let pairs: Vec<_> =
            values.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.get()?))).collect();
        TableQuery::parse(&telemetrics_common::query::encode(&pairs))
    })
}

/// What is counted, in plain words.
fn subtitle(scope: ViewScope, query: Memo<TableQuery>, crashes: TableAnswer) -> Signal<String> {
    let system = crashes.memo(|_, crashes| Some(crashes.system.clone()));
    Signal::derive(move || {
        let when = scope.range().map(|range| format!(" {}.", range.words())).unwrap_or_default();
        let builds = query.with(|query| in_words(&query.builds));
        // About as long until it is known, so that nothing below moves when it is.
        let system = system.get().map_or_else(|| "the system".to_owned(), |system| system_name(&system).to_owned());
        format!("Functions that backtraces blame, in {builds} of {system}.{when}")
    })
}

fn in_words(builds: &Builds) -> String {
    match builds {
        Builds::Newest => "the newest builds".to_owned(),
        Builds::All => "all builds together".to_owned(),
        Builds::One(build) => format!("build {build}"),
    }
}

/// The table, or what is there instead.
#[component]
fn Body(scope: ViewScope, query: Memo<TableQuery>, crashes: TableAnswer) -> impl IntoView {
    let rows = crashes.memo(|_, crashes| crashes.guilties.len());
    let total = crashes.memo(|_, crashes| crashes.total);
    let has_rows = move || rows.get() > 0;
    let has_any = move || total.get() > 0;
    let has_pages = move || total.get() > u64::from(DEFAULT_LIMIT);
    view! {
        <Show when=move || !has_any()><Nothing scope query /></Show>
        <Show when=move || has_any() && !has_rows()>
            <EmptyState symbol=Symbol::Inbox title="This page of the table is empty">
                <p><a class="button button--primary" href=scope.address(&[(address::OFFSET, None)])>"First page"</a></p>
            </EmptyState>
        </Show>
        <Show when=has_rows>
            <GuiltyTable scope crashes />
        </Show>
        <Show when=has_pages>
            <Paging scope crashes rows total />
        </Show>
    }
}

/// Where the page is, and the ways to its neighbours.
#[component]
fn Paging(scope: ViewScope, crashes: TableAnswer, rows: Memo<usize>, total: Memo<u64>) -> impl IntoView {
    // Of the page that is shown, while the address may lead to another one already.
    let offset = crashes.memo(|(_, query, _), _| query.offset);
    let neighbours = memo(move || address::neighbours(offset.get(), total.get()));
    let link = move |offset: Option<u32>, text: &'static str, symbol: Symbol| {
        let to = offset?;
        let value = (to > 0).then(|| to.to_string());
        Some(view! {
            <a class="button button--small" href=scope.address(&[(address::OFFSET, value)]) data-noscroll>
                {(symbol == Symbol::Back).then(|| view! { <Icon symbol /> })}
                {text}
                {(symbol == Symbol::Forward).then(|| view! { <Icon symbol /> })}
            </a>
        })
    };
    view! {
        <nav class="paging" aria-label="Pages of the table">
            {move || link(neighbours.get().0, "Previous", Symbol::Back)}
            <span class="muted" role="status">{move || shown(offset.get(), rows.get(), total.get())}</span>
            {move || link(neighbours.get().1, "Next", Symbol::Forward)}
        </nav>
    }
}

/// Which guilties of how many are shown: `11–20 of 1,234`.
fn shown(offset: u32, rows: usize, total: u64) -> String {
    let first = u64::from(offset) + 1;
    let last = u64::from(offset) + rows as u64;
    format!("{}–{} of {}", format::number(first), format::number(last), format::counted(total, "guilty", "guilties"))
}

/// Says that there is nothing, and what to do.
#[component]
fn Nothing(scope: ViewScope, query: Memo<TableQuery>) -> impl IntoView {
    move || {
        let TableQuery { builds, search, .. } = query.get();
        if let Some(text) = search {
            let without = scope.address(&[(address::SEARCH, None), (address::OFFSET, None)]);
            return view! {
                <EmptyState symbol=Symbol::Search title="Nothing matches">
                    <p>"No function, module or program here contains “" {text} "”."</p>
                    <p><a class="button button--primary" href=without>"Clear the search"</a></p>
                </EmptyState>
            }
            .into_any();
        }
        let is_all = scope.range() == Some(Range::All);
        let is_newest = builds == Builds::Newest;
        let when = scope.range().map(|range| range.words().to_lowercase()).unwrap_or_default();
        view! {
            <EmptyState symbol=Symbol::Check title="No crashes">
                <p>"No record with a backtrace in " {in_words(&builds)} ", " {when} "."</p>
                <p class="empty__actions">
                    {(!is_newest).then(|| view! {
                        <a class="button" href=scope.address(&Builds::Newest.parameters())>"The newest builds"</a>
                    })}
                    {(!is_all).then(|| view! {
                        <a class="button button--primary" href=scope.address_of_range(Range::All)>"Look at all time"</a>
                    })}
                </p>
            </EmptyState>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_say_where_they_are() {
        assert_eq!(shown(0, 10, 37), "1–10 of 37 guilties");
        assert_eq!(shown(30, 7, 1037), "31–37 of 1,037 guilties");
    }
}
