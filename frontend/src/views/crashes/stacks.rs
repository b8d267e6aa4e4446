//! The backtraces of a guilty, identical ones together.

use leptos::prelude::*;
use telemetrics_common::RecordFilter;
use telemetrics_common::guilties::{ListStacks, Stack, StackPage};

use super::frames::{Boxes, Circumstances, Threads};
use super::judgement::Judgement;
use super::marking::Marking;
use crate::api::{ApiError, call};
use crate::components::{Age, EmptyState, ErrorBox, SkeletonRows, Symbol};
use crate::format;
use crate::reactive::{effect, spawn};
use crate::renewal::Renewal;
use crate::views::records::{list_address, record_address};

/// How many stacks come at once.
const LIMIT: u32 = 5;
/// The most stacks that one answer has.
const MOST: u32 = 100;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// As many as are shown, anew.
    Reload,
    /// The next ones.
    More,
}

/// The stacks that are shown so far.
#[derive(Clone, Copy)]
struct Stacks {
    id: i64,
    rows: RwSignal<Vec<Stack>>,
    /// How many have come; some of them may have come twice.
    passed: RwSignal<u32>,
    total: RwSignal<Option<u64>>,
    busy: RwSignal<bool>,
    /// What did not come, and why.
    error: RwSignal<Option<(Wish, ApiError)>>,
    /// Counts the wishes, since only the last one is waited for.
    turn: StoredValue<u32>,
}

impl Stacks {
    fn new(id: i64) -> Self {
        Self {
            id,
            rows: RwSignal::new(Vec::new()),
            passed: RwSignal::new(0),
            total: RwSignal::new(None),
            busy: RwSignal::new(true),
            error: RwSignal::new(None),
            turn: StoredValue::new(0),
        }
    }

    fn load(self, wish: Wish) {
        let passed = self.passed.get_untracked();
        let (offset, limit) = match wish {
            Wish::Reload => (0, passed.clamp(LIMIT, MOST)),
            Wish::More => (passed, LIMIT),
        };
        let turn = self.turn.get_value().wrapping_add(1);
        self.turn.set_value(turn);
        self.busy.set(true);
        spawn(async move {
            let answer = call(&ListStacks { id: self.id, limit: Some(limit), offset: Some(offset) }, &()).await;
            // The page may have been left by now.
            if self.turn.try_get_value() == Some(turn) {
                self.take(wish, answer);
            }
        });
    }

    fn take(self, wish: Wish, answer: Result<StackPage, ApiError>) {
        match answer {
            Ok(StackPage { stacks, total }) => {
                let come = u32::try_from(stacks.len()).unwrap_or(u32::MAX);
                let before = if wish == Wish::Reload { 0 } else { self.passed.get_untracked() };
                self.passed.set(before.saturating_add(come));
                self.rows.update(|rows| {
                    if wish == Wish::Reload {
                        rows.clear();
                    }
                    append(rows, stacks);
                });
                self.total.set(Some(total));
                self.error.set(None);
            }
            Err(failed) => self.error.set(Some((wish, failed))),
        }
        self.busy.set(false);
    }

    fn has_more(self) -> bool {
        self.total.get().is_some_and(|total| u64::from(self.passed.get()) < total)
    }
}

/// Adds those that are not there yet: a stack that is hit meanwhile moves to the front, and the others one place back.
fn append(rows: &mut Vec<Stack>, stacks: Vec<Stack>) {
    for stack in stacks {
        if rows.iter().all(|row| row.id != stack.id) {
            rows.push(stack);
        }
    }
}

/// The section with all of them.
#[component]
pub fn Backtraces(
    /// The guilty's id.
    id: i64,
) -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let renewal = Renewal::of_page();
    let stacks = Stacks::new(id);
    effect(move || {
        judgement.turn.track();
        renewal.track();
        stacks.load(Wish::Reload);
    });
    let is_empty = move || stacks.total.get() == Some(0);
    view! {
        <section class="traces" aria-labelledby="backtraces-title">
            <div class="traces__head">
                <h2 class="section-title" id="backtraces-title">"Backtraces"</h2>
                <p class="muted" role="status">{move || stacks.total.get().map(told)}</p>
            </div>
            <Show when=move || stacks.busy.get() && stacks.total.get().is_none()><SkeletonRows count=8 /></Show>
            <Show when=is_empty>
                <EmptyState symbol=Symbol::Inbox title="No backtraces">
                    <p>"No record of this guilty is kept any more, or all of them belong to another one now."</p>
                </EmptyState>
            </Show>
            <For each=move || stacks.rows.get() key=known let:stack>
                <StackCard id stack />
            </For>
            <div class="list-end">
                {move || stacks.error.get().map(|(wish, error)| view! {
                    <ErrorBox title="The backtraces could not be loaded" message=error.to_string()
                        retry=Callback::new(move |()| stacks.load(wish)) />
                })}
                <Show when=move || stacks.has_more()>
                    <button
                        type="button"
                        class="button"
                        disabled=move || stacks.busy.get()
                        on:click=move |_| stacks.load(Wish::More)
                    >
                        {move || if stacks.busy.get() { "Loading…" } else { "Show more" }}
                    </button>
                </Show>
            </div>
        </section>
    }
}

/// All that may change of a stack, so that it is drawn anew then.
fn known(Stack { id, records, newest }: &Stack) -> (i64, u64, i64, Option<u32>, Vec<bool>) {
    let never_guilty = newest.frames.iter().map(|frame| frame.never_guilty).collect();
    (*id, *records, newest.record_id, newest.guilty_frame, never_guilty)
}

fn told(total: u64) -> String {
    format::counted(total, "stack", "different stacks, the one hit last first")
}

/// Identical backtraces: their number and the newest one.
#[component]
fn StackCard(id: i64, stack: Stack) -> impl IntoView {
    let Stack { id: stack, records, newest } = stack;
    let of_guilty = RecordFilter { guilty: Some(id), ..RecordFilter::default() };
    let record = newest.record_id;
    let editing = RwSignal::new(None::<Boxes>);
    let frames = StoredValue::new(newest.clone());
    let title = format::counted(records, "record", "records");
    let title_id = format!("stack-{record}");
    let labelled_by = title_id.clone();
    view! {
        <article class="card trace" aria-labelledby=labelled_by data-record=record>
            <div class="card__head">
                <h3 class="card__title" id=title_id>
                    <a href=list_address(&RecordFilter { stack: Some(stack), ..RecordFilter::default() })>
                        {title}
                        {(records > 1).then_some(" with this stack")}
                    </a>
                </h3>
                <span class="card__meta">"newest " <Age time=newest.captured_at /></span>
            </div>
            <Circumstances backtrace=Signal::stored(newest) />
            {move || {
                let backtrace = frames.get_value();
                match editing.get() {
                    Some(boxes) => view! { <Threads backtrace boxes /> }.into_any(),
                    None => view! { <Threads backtrace /> }.into_any(),
                }
            }}
            <div class="trace__actions">
                <a class="button button--small" href=record_address(record, &of_guilty)>"Newest record"</a>
                <a class="button button--small" href=list_address(&of_guilty)>"All records of this guilty"</a>
                <Marking backtrace=frames editing />
            </div>
        </article>
    }
}

#[cfg(test)]
mod tests {
    use telemetrics_common::guilties::{Backtrace, Frame};

    use super::*;

    #[test]
    fn no_stack_is_there_twice() {
        let stack = |id: i64| Stack { id, records: 1, ..Stack::default() };
        let mut rows = vec![stack(1), stack(2)];
        append(&mut rows, vec![stack(2), stack(3)]);
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_stack_is_drawn_anew_when_a_frame_is_judged_otherwise() {
        let stack = |never_guilty| {
            let frames = vec![Frame { never_guilty, ..Frame::default() }];
            Stack { id: 1, records: 1, newest: Backtrace { frames, ..Backtrace::default() } }
        };
        assert_eq!(known(&stack(true)), known(&stack(true)));
        assert_ne!(known(&stack(true)), known(&stack(false)));
    }
}
