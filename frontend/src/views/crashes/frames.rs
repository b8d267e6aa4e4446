//! A backtrace: what crashed, how, and where, frame by frame.

use std::collections::BTreeSet;

use leptos::prelude::*;
use telemetrics_common::guilties::{Backtrace, Frame, Thread};

use super::marks::{Pair, pair};
use crate::components::{Icon, Symbol};
use crate::format;

/// The boxes that tick frames as never guilty.
#[derive(Clone, Copy)]
pub struct Boxes {
    /// The frames that are ticked.
    pub ticked: RwSignal<BTreeSet<Pair>>,
}

/// What crashed and how, in short facts.
#[component]
pub fn Circumstances(
    /// Of which record.
    #[prop(into)]
    backtrace: Signal<Backtrace>,
) -> impl IntoView {
    let facts = move || {
        let Backtrace { program, pid, signal, reason, tainted, build, machine_id, .. } = backtrace.get();
        let parts = [
            ("Program", program),
            ("Process", pid.map(|pid| pid.to_string())),
            ("Signal", signal.map(|signal| signal_name(&signal))),
            ("Reason", reason),
            ("Tainted", tainted),
            ("Build", Some(build)),
            ("Machine", Some(machine_id)),
        ];
        let shown =
            parts.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
        shown
            .map(|(name, value)| view! { <div class="trace__fact"><dt>{name}</dt><dd>{value}</dd></div> })
            .collect_view()
    };
    view! { <dl class="trace__facts">{facts}</dl> }
}

/// A signal's number with its name: `11 (SIGSEGV)`. What is no number stays as it is.
pub fn signal_name(signal: &str) -> String {
    let name = match signal.trim() {
        "4" => "SIGILL",
        "5" => "SIGTRAP",
        "6" => "SIGABRT",
        "7" => "SIGBUS",
        "8" => "SIGFPE",
        "9" => "SIGKILL",
        "11" => "SIGSEGV",
        "15" => "SIGTERM",
        "31" => "SIGSYS",
        other => return other.to_owned(),
    };
    format!("{} ({name})", signal.trim())
}

/// The crashing thread, top frame first, and the other threads folded below it.
#[component]
pub fn Threads(
    /// Of which record.
    backtrace: Backtrace,
    /// Boxes before the frames of the crashing thread.
    #[prop(optional)]
    boxes: Option<Boxes>,
) -> impl IntoView {
    let Backtrace { frames, guilty_frame, threads, notes, record_id, .. } = backtrace;
    let guilty = guilty_frame.and_then(|place| usize::try_from(place).ok());
    let others = threads.len() as u64;
    view! {
        <FrameList frames guilty boxes label=format!("Crashing thread of record {record_id}") />
        {(!notes.is_empty()).then(|| view! {
            <ul class="trace__notes" aria-label="Other lines">
                {notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view()}
            </ul>
        })}
        {(others > 0).then(|| view! {
            <details class="fold">
                <summary>{format::counted(others, "other thread", "other threads")}</summary>
                {threads.into_iter().map(|thread| view! { <OtherThread thread /> }).collect_view()}
            </details>
        })}
    }
}

#[component]
fn OtherThread(thread: Thread) -> impl IntoView {
    let name = thread.id.map_or_else(|| "Thread".to_owned(), |id| format!("Thread {id}"));
    view! {
        <p class="trace__thread">{name.clone()}</p>
        <FrameList frames=thread.frames guilty=None boxes=None label=name />
    }
}

#[component]
fn FrameList(frames: Vec<Frame>, guilty: Option<usize>, boxes: Option<Boxes>, label: String) -> impl IntoView {
    let lines = frames.into_iter().enumerate();
    view! {
        // Long names scroll within, by keyboard too.
        <div class="frames" tabindex="0" role="region" aria-label=label>
            <ol class="frames__list" role="list">
                {lines.map(|(number, frame)| view! {
                    <FrameLine number frame is_guilty=guilty == Some(number) boxes />
                }).collect_view()}
            </ol>
        </div>
    }
}

#[component]
fn FrameLine(number: usize, frame: Frame, is_guilty: bool, boxes: Option<Boxes>) -> impl IntoView {
    let of = pair(&frame);
    let Frame { function, module, location, never_guilty } = frame;
    let tick = boxes.map(|Boxes { ticked }| {
        let label = format!("Never guilty: #{number} {function} in {module}");
        let is_ticked = {
            let of = of.clone();
            move || ticked.with(|ticked| ticked.contains(&of))
        };
        let change = move |event| {
            let is_on = event_target_checked(&event);
            ticked.update(|ticked| _ = if is_on { ticked.insert(of.clone()) } else { ticked.remove(&of) });
        };
        view! {
            <input type="checkbox" class="frame__box" aria-label=label prop:checked=is_ticked on:change=change />
        }
    });
    let mark = match (is_guilty, never_guilty) {
        (true, _) => {
            view! { <span class="frame__mark frame__mark--guilty"><Icon symbol=Symbol::Alert />"guilty"</span> }
                .into_any()
        }
        (false, true) => view! { <span class="frame__mark">"never guilty"</span> }.into_any(),
        (false, false) => ().into_any(),
    };
    view! {
        <li class="frame" class:frame--guilty=is_guilty class:frame--never=never_guilty>
            {tick}
            <span class="frame__number">"#" {number}</span>
            <span class="frame__text">
                <span class="frame__function">{function}</span>
                " "
                <span class="frame__module">"[" {module} "]"</span>
                {location.map(|location| view! { " "<span class="frame__location">{location}</span> })}
            </span>
            {mark}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names() {
        assert_eq!(["11", "6", "64", "SIGSEGV"].map(signal_name), ["11 (SIGSEGV)", "6 (SIGABRT)", "64", "SIGSEGV"]);
    }
}
