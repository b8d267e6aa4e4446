//! Updates: from which version to which, and how well it went.

use leptos::prelude::*;
use telemetrics_common::classification::UPDATE;
use telemetrics_common::records::RecordDetails;
use telemetrics_common::updates::{DEFAULT_DAYS, GetUpdates, Transition, Updates as Counts};
use telemetrics_common::{ViewInfo, views};

use super::parts::{Facts, OTHER, kept_link, named, pattern};
use super::payload::{self, Ending};
use crate::answer::{Answer, Answered};
use crate::app::View;
use crate::charts::{Category, ChartCard, CsvButton, Data, Kind, Series, Table, Tone, Unit, save_table};
use crate::components::{Figure, Linked, PageHead, Panel, SkeletonCards};
use crate::scope::{
    PurgedNote, Range, RangePicker, RefreshButton, ScopeError, Selection, SystemPicker, ViewScope, records_link,
};
use crate::{browser, format};

const UPDATES: Unit = Unit::counted("update", "updates");
const SECONDS: Unit = Unit::measured("seconds");
/// What the updater writes when the update server did not tell it a version.
const UNREACHED: &str = "-1";
/// How many pairs the table shows at first.
const ROWS: usize = 25;
/// What the table is called.
const PAIRS: &str = "All version pairs";
const EMPTY: &str = "No update in this time. Choose a longer time or another system.";

/// The view.
pub struct Updates;

impl View for Updates {
    fn info(&self) -> ViewInfo {
        views::UPDATES
    }

    fn page(&self) -> AnyView {
        view! { <UpdatesPage /> }.into_any()
    }

    fn payload(&self, record: &RecordDetails) -> Option<AnyView> {
        let facts = (record.classification == UPDATE).then(|| payload::update_facts(&record.payload))?;
        Some(view! { <h3>"Update"</h3><Facts facts /> }.into_any())
    }
}

#[component]
fn UpdatesPage() -> impl IntoView {
    browser::use_title(|| views::UPDATES.title.to_owned());
    let scope = ViewScope::of(views::UPDATES, Range::Last(DEFAULT_DAYS));
    let answer = Answer::of(scope.selection, |selection: &Selection| GetUpdates {
        days: None,
        system: selection.system.clone(),
        from: Some(selection.bounds.begin()),
        to: selection.bounds.to,
    });
    let purged = answer.memo(|_, counts| counts.purged);
    let sum = answer.memo(Sum::of);
    let pairs = answer.memo(pairs);
    let slowest = answer.memo(slowest);
    let rows = answer.memo(Row::all);
    view! {
        <div class="page page--charts">
            <PageHead
                title=views::UPDATES.title
                subtitle="Updates that machines have made or tried, by the versions that they lead from and to."
            >
                <RefreshButton />
                <SystemPicker scope />
                <RangePicker scope />
            </PageHead>
            <ScopeError scope />
            <Answered
                progress=answer.progress
                failure="The updates could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[7, 5, 12] /> }
            >
                <PurgedNote purged />
                <Figures sum />
                <div class="card-grid">
                    <div class="span-7">
                        <ChartCard title="Updates by versions" unit=UPDATES kind=Kind::Bars data=pairs empty=EMPTY note=unreached(rows) />
                    </div>
                    <div class="span-5">
                        <ChartCard
                            title="Slowest updates"
                            unit=SECONDS
                            kind=Kind::Bars
                            data=slowest
                            empty="No update of this time says how long it took."
                            note="Mean time of the updates that say how long they took."
                        />
                    </div>
                    <div class="span-12"><PairTable rows /></div>
                </div>
            </Answered>
        </div>
    }
}

/// Address of the updates between two versions, or any, that ended in some way.
fn link(selection: &Selection, from: Option<&str>, to: Option<&str>, ending: Ending) -> String {
    records_link(selection, |filter| {
        filter.classification = pattern(UPDATE);
        filter.payload = Some(payload::update(from, to, ending));
    })
}

/// A number of updates with their address.
#[derive(Clone, Debug, Default, PartialEq)]
struct Counted {
    number: u64,
    href: Option<String>,
}

/// The updates of some pairs that ended in some way. Only of all ways together it is known how many are purged.
fn counted(pairs: &[&Transition], ending: Ending, address: impl FnOnce() -> String) -> Counted {
    let sum = |value: fn(&Transition) -> u64| pairs.iter().copied().map(value).sum::<u64>();
    let number = sum(match ending {
        Ending::Any => total,
        Ending::Succeeded => |pair| pair.succeeded,
        Ending::Failed => |pair| pair.failed,
    });
    let is_findable = pairs.iter().any(|pair| pair.from != OTHER && pair.to != OTHER);
    let href = kept_link(sum(total), sum(|pair| pair.purged), address);
    Counted { number, href: href.filter(|_| number > 0 && is_findable) }
}

/// The same of one pair.
fn of_pair(selection: &Selection, pair: &Transition, ending: Ending) -> Counted {
    counted(&[pair], ending, || link(selection, Some(&pair.from), Some(&pair.to), ending))
}

/// All pairs together.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sum {
    all: Counted,
    succeeded: Counted,
    failed: Counted,
    unreached: Counted,
}

impl Sum {
    fn of(selection: &Selection, counts: &Counts) -> Self {
        let all: Vec<&Transition> = counts.transitions.iter().collect();
        let unreached: Vec<&Transition> = all.iter().copied().filter(|pair| pair.to == UNREACHED).collect();
        let of_all = |ending: Ending| counted(&all, ending, || link(selection, None, None, ending));
        Self {
            all: of_all(Ending::Any),
            succeeded: of_all(Ending::Succeeded),
            failed: of_all(Ending::Failed),
            unreached: counted(&unreached, Ending::Any, || link(selection, None, Some(UNREACHED), Ending::Any)),
        }
    }
}

#[component]
fn Figures(sum: Memo<Sum>) -> impl IntoView {
    let rate = Signal::derive(move || sum.with(|sum| format::percent(sum.failed.number, sum.all.number)));
    let figure = move |label: &'static str, of: fn(&Sum) -> &Counted| {
        let value = Signal::derive(move || sum.with(|sum| format::number(of(sum).number)));
        let href = Signal::derive(move || sum.with(|sum| of(sum).href.clone()));
        view! { <Figure label value href /> }
    };
    view! {
        <dl class="figures" data-testid="figures">
            {figure("Updates", |sum| &sum.all)}
            {figure("Succeeded", |sum| &sum.succeeded)}
            {figure("Failed", |sum| &sum.failed)}
            <Figure label="Failure rate" value=rate />
            {figure("Update server not reached", |sum| &sum.unreached)}
        </dl>
    }
}

fn total(pair: &Transition) -> u64 {
    pair.succeeded + pair.failed
}

fn version(text: &str) -> String {
    if text == UNREACHED { "no answer (-1)".to_owned() } else { named(text).to_owned() }
}

/// A pair with the address of all its updates.
fn category(selection: &Selection, pair: &Transition) -> Category {
    let name = format!("{} → {}", version(&pair.from), version(&pair.to));
    Category::new(name).href(of_pair(selection, pair, Ending::Any).href)
}

/// Succeeded and failed per pair.
fn pairs(selection: &Selection, counts: &Counts) -> Data {
    let pairs = &counts.transitions;
    let series = |name: &str, ending: Ending| {
        let (numbers, hrefs): (Vec<u64>, Vec<_>) = pairs
            .iter()
            .map(|pair| of_pair(selection, pair, ending))
            .map(|Counted { number, href }| (number, href))
            .unzip();
        Series::counts(name, numbers).hrefs(hrefs)
    };
    Data::new("Versions", pairs.iter().map(|pair| category(selection, pair)))
        .series(series("Succeeded", Ending::Succeeded).tone(Tone::Ok))
        .series(series("Failed", Ending::Failed).tone(Tone::Danger))
}

/// Mean seconds per pair, where they are known.
fn slowest(selection: &Selection, counts: &Counts) -> Data {
    let known = || counts.transitions.iter().filter_map(|pair| Some((pair, pair.mean_seconds?)));
    let rounded = |seconds: f64| (seconds * 10.0).round() / 10.0;
    Data::new("Versions", known().map(|(pair, _)| category(selection, pair)))
        .series(Series::measures("mean seconds", known().map(|(_, seconds)| rounded(seconds))))
}

/// What the version that is none means, where it occurs.
fn unreached(rows: Memo<Vec<Row>>) -> Signal<Option<String>> {
    Signal::derive(move || {
        let occurs = rows.with(|rows| rows.iter().any(|row| row.pair.to == UNREACHED));
        occurs.then(|| "no answer (-1): the update server could not be asked for its version.".to_owned())
    })
}

fn seconds(mean: Option<f64>) -> String {
    mean.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.1} s"))
}

/// A pair with the addresses of its updates.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    pair: Transition,
    succeeded: Counted,
    failed: Counted,
}

impl Row {
    fn all(selection: &Selection, counts: &Counts) -> Vec<Self> {
        let row = |pair: &Transition| Self {
            pair: pair.clone(),
            succeeded: of_pair(selection, pair, Ending::Succeeded),
            failed: of_pair(selection, pair, Ending::Failed),
        };
        counts.transitions.iter().map(row).collect()
    }
}

/// All pairs as they are saved.
fn saved(rows: &[Row]) -> Table {
    let row = |Row { pair, .. }: &Row| {
        let seconds = pair.mean_seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
        vec![pair.from.clone(), pair.to.clone(), pair.succeeded.to_string(), pair.failed.to_string(), seconds]
    };
    let head = ["From", "To", "Succeeded", "Failed", "Mean seconds"].map(str::to_owned).to_vec();
    Table { head, rows: rows.iter().map(row).collect() }
}

#[component]
fn PairTable(rows: Memo<Vec<Row>>) -> impl IntoView {
    let is_whole = RwSignal::new(false);
    let row = |Row { pair, succeeded, failed }: Row| {
        let rate = format::percent(pair.failed, total(&pair));
        view! {
            <tr>
                <th scope="row">{version(&pair.from)}</th>
                <td class="data-table__text">{version(&pair.to)}</td>
                <td><Linked href=succeeded.href>{format::number(succeeded.number)}</Linked></td>
                <td class:data-table__bad=failed.number.gt(&0)>
                    <Linked href=failed.href>{format::number(failed.number)}</Linked>
                </td>
                <td>{rate}</td>
                <td>{seconds(pair.mean_seconds)}</td>
            </tr>
        }
    };
    let shown = move || {
        let count = if is_whole.get() { usize::MAX } else { ROWS };
        rows.get().into_iter().take(count).map(row).collect_view()
    };
    let rest = move || rows.with(Vec::len).saturating_sub(ROWS);
    let save = Callback::new(move |()| save_table(PAIRS, &rows.with_untracked(|rows| saved(rows))));
    view! {
        <Panel
            title=PAIRS
            note="The pair with the most updates first."
            tools=move || view! { <CsvButton title=PAIRS save /> }
        >
            <Show
                when=move || rows.with(|rows| !rows.is_empty())
                fallback=|| view! { <p class="chart__empty">{EMPTY}</p> }
            >
                <div class="scroll" tabindex="0" role="region" aria-label=PAIRS>
                    <table class="data-table">
                        <caption class="sr-only">"Updates by versions, the pair with the most first"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"From"</th>
                                <th scope="col" class="data-table__text">"To"</th>
                                <th scope="col">"Succeeded"</th>
                                <th scope="col">"Failed"</th>
                                <th scope="col">"Failure rate"</th>
                                <th scope="col">"Mean time"</th>
                            </tr>
                        </thead>
                        <tbody>{shown}</tbody>
                    </table>
                </div>
            </Show>
            <Show when=move || { rest() > 0 }>
                <button type="button" class="link" on:click=move |_| is_whole.update(|whole| *whole = !*whole)>
                    {move || if is_whole.get() { "Show fewer".to_owned() } else { format!("Show {} more", rest()) }}
                </button>
            </Show>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use telemetrics_common::{RecordFilter, query};

    use super::*;

    fn counts() -> Counts {
        let pair = |from: &str, to: &str, succeeded, failed, mean_seconds| Transition {
            from: from.to_owned(),
            to: to.to_owned(),
            succeeded,
            failed,
            purged: 0,
            mean_seconds,
        };
        let transitions = vec![pair("41270", "41280", 119, 4, Some(44.647)), pair("41290", "-1", 0, 7, None)];
        Counts { purged: 0, transitions }
    }

    /// The expression in an address.
    fn payload_of(href: Option<&str>) -> String {
        let (_, search) = href.and_then(|href| href.split_once('?')).unwrap();
        query::parse::<RecordFilter>(search).unwrap().payload.unwrap()
    }

    #[test]
    fn pairs_are_succeeded_and_failed() {
        let data = pairs(&Selection::default(), &counts());
        let labels: Vec<_> = data.categories.iter().map(|category| category.label.as_str()).collect();
        assert_eq!(labels, ["41270 → 41280", "41290 → no answer (-1)"]);
        assert_eq!((data.total(0), data.total(1)), (123.0, 7.0));
        let failed = payload::update(Some("41270"), Some("41280"), Ending::Failed);
        assert_eq!(payload_of(data.series[1].href(0)), failed);
        assert_eq!(data.series[0].href(1), None);
    }

    #[test]
    fn pairs_that_are_purged_lead_nowhere() {
        let mut counts = counts();
        counts.transitions[1].purged = 7;
        let data = pairs(&Selection::default(), &counts);
        assert!(data.categories[0].href.is_some());
        assert_eq!((data.categories[1].href.as_ref(), data.series[1].href(1)), (None, None));
        assert_eq!(Sum::of(&Selection::default(), &counts).unreached, Counted { number: 7, href: None });
    }

    #[test]
    fn only_known_times_are_ranked() {
        let data = slowest(&Selection::default(), &counts());
        assert_eq!((data.categories.len(), data.series[0].values.as_slice()), (1, [44.6].as_slice()));
        assert_eq!([seconds(Some(44.647)), seconds(None)], ["44.6 s", "–"]);
    }

    #[test]
    fn sums() {
        let sum = Sum::of(&Selection::default(), &counts());
        assert_eq!((sum.all.number, sum.failed.number, sum.unreached.number), (130, 11, 7));
        assert_eq!(payload_of(sum.all.href.as_deref()), payload::update(None, None, Ending::Any));
        assert_eq!(payload_of(sum.unreached.href.as_deref()), payload::update(None, Some("-1"), Ending::Any));
    }

    #[test]
    fn all_pairs_are_saved() {
        let table = saved(&Row::all(&Selection::default(), &counts()));
        assert_eq!(table.rows[0], ["41270", "41280", "119", "4", "44.647"]);
        assert_eq!(table.rows[1], ["41290", "-1", "0", "7", ""]);
    }
}
