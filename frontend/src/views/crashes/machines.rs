//! The machines that hit a guilty, by build.

use leptos::prelude::*;
use telemetrics_common::guilties::{GuiltyMachine, MAX_MACHINES};

use super::guilty::GuiltyAnswer;
use super::guilty_charts::records_of;
use crate::components::Linked;
use crate::format;
use crate::scope::system_name;
use crate::views::parts::{ROTATION_DAYS, kept_link, named};

/// A build with up to so many machines is unfolded.
const FEW: usize = 12;
/// How many builds are shown at first.
const BUILDS: usize = 6;

/// The machines of a system's build, most crashes first.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    system: String,
    build: String,
    machines: Vec<GuiltyMachine>,
}

/// The machines by build, the newest build first. Systems may have builds of the same name.
fn groups(machines: &[GuiltyMachine]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for machine in machines {
        let of_build = |group: &&mut Group| (&group.system, &group.build) == (&machine.system, &machine.build);
        match groups.iter_mut().find(of_build) {
            Some(group) => group.machines.push(machine.clone()),
            None => groups.push(Group {
                system: machine.system.clone(),
                build: machine.build.clone(),
                machines: vec![machine.clone()],
            }),
        }
    }
    groups.reverse();
    groups
}

/// The section with all of them.
#[component]
pub fn Machines(
    /// The guilty's id.
    id: i64,
    /// The guilty.
    guilty: GuiltyAnswer,
) -> impl IntoView {
    let groups = guilty.memo(|_, guilty| groups(&guilty.machines));
    let is_cut = guilty.memo(|_, guilty| guilty.machines.len() >= MAX_MACHINES);
    let shows_all = RwSignal::new(false);
    let lists = move || {
        let most = if shows_all.get() { usize::MAX } else { BUILDS };
        let groups = groups.get().into_iter().take(most).enumerate();
        groups.map(|(place, group)| view! { <Build id group is_newest=place == 0 /> }).collect_view()
    };
    let count = move || groups.with(Vec::len);
    let has_more = move || count() > BUILDS && !shows_all.get();
    view! {
        <section class="machines" aria-labelledby="machines-title">
            <h2 class="section-title" id="machines-title">"Machines"</h2>
            <p class="muted">
                "By build, the newest first. Machine ids change every " {ROTATION_DAYS}
                " days, so one machine may be here several times."
            </p>
            <Show when=move || is_cut.get()>
                <p class="note">
                    "Only the " {format::number(MAX_MACHINES as u64)} " with the most crashes are named."
                </p>
            </Show>
            {lists}
            <Show when=has_more>
                <button type="button" class="button button--small machines__more" on:click=move |_| shows_all.set(true)>
                    {move || format!("Show all {} builds", format::number(count() as u64))}
                </button>
            </Show>
        </section>
    }
}

#[component]
fn Build(id: i64, group: Group, is_newest: bool) -> impl IntoView {
    let Group { system, build, machines } = group;
    let records = machines.iter().map(|machine| machine.records).sum();
    let is_open = is_newest && machines.len() <= FEW;
    let counted = format::counted(machines.len() as u64, "machine", "machines");
    let line = |machine: GuiltyMachine| {
        let GuiltyMachine { system, build, machine_id, records, purged } = machine;
        let address = || {
            records_of(id, |filter| {
                filter.system = Some(system);
                filter.build = Some(build);
                filter.machine_id = machine_id.parse().ok();
            })
        };
        let href = kept_link(records, purged, address);
        view! {
            <li class="machines__item">
                <span class="machines__id"><Linked href title="Its records of this guilty">{machine_id}</Linked></span>
                <span class="machines__count">{format::number(records)}</span>
            </li>
        }
    };
    view! {
        <details class="machines__build" open=is_open>
            <summary>
                <strong>{named(&build).to_owned()}</strong>
                <span class="muted">
                    {format!(" {}: {counted}, {}", system_name(&system), format::counted(records, "crash", "crashes"))}
                </span>
            </summary>
            <ul class="machines__list">{machines.into_iter().map(line).collect_view()}</ul>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_grouped_newest_build_first() {
        let machine = |system: &str, build: &str, id: &str| GuiltyMachine {
            system: system.into(),
            build: build.into(),
            machine_id: id.into(),
            records: 1,
            purged: 0,
        };
        let found =
            groups(&[machine("a", "1", "x"), machine("b", "1", "y"), machine("a", "1", "z"), machine("a", "2", "x")]);
        let told: Vec<_> =
            found.iter().map(|group| (group.system.as_str(), group.build.as_str(), group.machines.len())).collect();
        assert_eq!(told, [("a", "2", 1), ("b", "1", 1), ("a", "1", 2)]);
        assert!(groups(&[]).is_empty());
    }
}
