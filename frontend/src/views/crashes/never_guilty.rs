//! The never-guilty list, to be read and changed.

use leptos::prelude::*;
use telemetrics_common::never_guilty::{FramePattern, ListNeverGuilty, NeverGuilty, NeverGuiltyFrame};
use telemetrics_common::{Endpoint, Timestamp};

use super::adding::AddForm;
use super::changing::{Change, ConfirmChange, Entries};
use super::importing::ImportForm;
use super::judgement::Judgement;
use super::reset::ResetButton;
use super::wording::entries;
use crate::answer::Answered;
use crate::browser;
use crate::components::{Age, EmptyState, Icon, PageHead, SkeletonRows, Symbol};
use crate::reactive::memo;

const SUBTITLE: &str = "Functions that a backtrace never blames, since they only report or pass on what went wrong. \
    The guilty is the first frame that is not in this list and has symbols.";

/// A line of the table.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    entry: NeverGuiltyFrame,
    in_force: bool,
}

/// The entries in force and those switched off that contain a text in any case, in one order.
fn lines(list: &NeverGuilty, filter: &str) -> Vec<Line> {
    let filter = filter.trim().to_lowercase();
    let in_force = list.frames.iter().map(|entry| Line { entry: entry.clone(), in_force: true });
    let off = list.switched_off.iter().map(|entry| Line { entry: entry.clone(), in_force: false });
    let mut lines: Vec<Line> = in_force.chain(off).collect();
    lines.retain(|Line { entry, .. }| {
        [&entry.function, &entry.module, &entry.reason].iter().any(|text| text.to_lowercase().contains(&filter))
    });
    lines.sort_by(|a, b| (&a.entry.function, &a.entry.module).cmp(&(&b.entry.function, &b.entry.module)));
    lines
}

/// The page.
#[component]
pub fn NeverGuiltyPage() -> impl IntoView {
    browser::use_title(|| "Never-guilty".to_owned());
    let judgement = expect_context::<Judgement>();
    view! {
        <PageHead title="Never-guilty" subtitle=SUBTITLE>
            <div class="toolbar toolbar--tight">
                <button
                    type="button"
                    class="button judging"
                    disabled=move || judgement.is_running()
                    on:click=move |_| judgement.recompute()
                >
                    "Recompute all"
                </button>
                <a class="button" href=ListNeverGuilty::PATH download="never-guilty.json">
                    <Icon symbol=Symbol::Download />
                    "Export"
                </a>
                <ResetButton />
            </div>
        </PageHead>
        <div class="never">
            <AddForm />
            <ImportForm />
            <Answered
                progress=judgement.progress()
                failure="The never-guilty list could not be loaded"
                skeleton=|| view! { <SkeletonRows count=12 /> }
            >
                <List />
            </Answered>
        </div>
    }
}

// On a phone the rows are cards, made by CSS; the roles keep the table a table then.
#[component]
fn List() -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let filter = RwSignal::new(String::new());
    let asked = RwSignal::new(None::<Change>);
    let shown = memo(move || judgement.list.with(|list| filter.with(|filter| lines(list, filter))));
    let told = move || {
        let off = judgement.list.with(|list| list.switched_off.len());
        let count = entries(shown.with(Vec::len));
        if off > 0 { format!("{count}, {off} switched off in all") } else { count }
    };
    view! {
        <section aria-labelledby="list-title">
            <div class="never__head">
                <h2 class="section-title" id="list-title">"The list"</h2>
                <p class="muted" role="status">{told}</p>
                <Shipped asked />
                <div class="search">
                    <Icon symbol=Symbol::Search />
                    <input
                        class="input search__input"
                        type="search"
                        aria-label="Filter the list"
                        placeholder="Filter"
                        autocomplete="off"
                        spellcheck="false"
                        prop:value=move || filter.get()
                        on:input=move |event| filter.set(event_target_value(&event))
                    />
                </div>
            </div>
            <Show when=move || shown.with(Vec::is_empty)>
                <EmptyState symbol=Symbol::Search title="No such entry">
                    <p>"No entry contains this text. Add one above, or clear the filter."</p>
                </EmptyState>
            </Show>
            <Show when=move || shown.with(|lines| !lines.is_empty())>
                <div class="top" tabindex="0" role="region" aria-label="Entries of the never-guilty list">
                    <table class="never__table" role="table" data-testid="never-guilty">
                        <caption class="sr-only">"Functions that are never guilty, by name"</caption>
                        <thead role="rowgroup">
                            <tr role="row">
                                {["Function", "Module", "From", "Reason", "Change"].map(|head| view! {
                                    <th role="columnheader" scope="col">{head}</th>
                                })}
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            <For each=move || shown.get() key=known let:line>
                                <Entry line asked />
                            </For>
                        </tbody>
                    </table>
                </div>
            </Show>
            {move || asked.get().map(|change| view! { <ConfirmChange change asked /> })}
        </section>
    }
}

fn pattern_of(entry: &NeverGuiltyFrame) -> FramePattern {
    FramePattern { function: entry.function.clone(), module: entry.module.clone(), reason: None }
}

/// Switches all shipped entries at once, as far as there are any to switch.
#[component]
fn Shipped(asked: RwSignal<Option<Change>>) -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let button = move |in_force: bool| {
        move || {
            let entries: Vec<FramePattern> = judgement.list.with(|list| {
                let entries = if in_force { &list.frames } else { &list.switched_off };
                entries.iter().filter(|entry| entry.shipped).map(pattern_of).collect()
            });
            (!entries.is_empty()).then(|| {
                let change = Change { entries: Entries::AllShipped(entries), in_force };
                let verb = change.verb();
                view! {
                    <button type="button" class="button button--small judging" on:click=move |_| asked.set(Some(change.clone()))>
                        {verb}
                    </button>
                }
            })
        }
    };
    view! { {button(true)}{button(false)} }
}

/// All that a line shows, so that one that has changed is drawn anew.
fn known(line: &Line) -> (FramePattern, bool, bool, Option<String>, Option<Timestamp>) {
    let Line { entry: NeverGuiltyFrame { reason, shipped, by, at, .. }, in_force } = line;
    let pattern = FramePattern { reason: Some(reason.clone()), ..pattern_of(&line.entry) };
    (pattern, *shipped, *in_force, by.clone(), *at)
}

#[component]
fn Entry(line: Line, asked: RwSignal<Option<Change>>) -> impl IntoView {
    let Line { entry, in_force } = line;
    let pattern = pattern_of(&entry);
    let NeverGuiltyFrame { function, module, shipped, by, at, reason } = entry;
    let entries = if shipped { Entries::Shipped(pattern) } else { Entries::Added(pattern) };
    let change = Change { entries, in_force };
    let (label, verb) = (change.words(), change.verb());
    view! {
        <tr role="row" class:never__off=!in_force>
            <th role="rowheader" scope="row" class="never__name">{function}</th>
            <td role="cell" class="never__name never__module">{module}</td>
            <td role="cell">
                <span class="tag">{if shipped { "shipped" } else { "added" }}</span>
                {(!in_force).then(|| view! { " "<span class="tag tag--off">"switched off"</span> })}
                {by.map(|by| view! { " by " {by} })}
                {at.map(|at| view! { " "<Age time=at /> })}
            </td>
            <td role="cell">{reason}</td>
            <td role="cell" class="never__action">
                <button
                    type="button"
                    class="button button--small judging"
                    aria-label=label
                    on:click=move |_| asked.set(Some(change.clone()))
                >
                    {verb}
                </button>
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_off_stays_in_its_place() {
        let entry = |function: &str, reason: &str| NeverGuiltyFrame {
            function: function.into(),
            module: "*libc.so*".into(),
            reason: reason.into(),
            ..NeverGuiltyFrame::default()
        };
        let list = NeverGuilty {
            frames: vec![entry("abort", "Reports"), entry("raise", "")],
            switched_off: vec![entry("exit", "")],
            changed: true,
            job: None,
        };
        let check = |filter: &str, expected: &[(&str, bool)]| {
            let found = lines(&list, filter);
            let told: Vec<_> = found.iter().map(|line| (line.entry.function.as_str(), line.in_force)).collect();
            assert_eq!(told, expected);
        };
        check("", &[("abort", true), ("exit", false), ("raise", true)]);
        check(" REPORTS", &[("abort", true)]);
        check("libc", &[("abort", true), ("exit", false), ("raise", true)]);
        check("none", &[]);
    }
}
