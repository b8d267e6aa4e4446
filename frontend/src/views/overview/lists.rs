//! What crashes most, and how far the newest builds have come.

use leptos::prelude::*;
use telemetrics_common::overview::{Fleet, GuiltyChange};
use telemetrics_common::population::BuildMachines;
use telemetrics_common::{ViewInfo, views};

use super::data::{GUILTIES_RANGE, newest_builds};
use crate::browser;
use crate::components::{Change, Growth, Panel};
use crate::format;
use crate::scope::{SYSTEM, ViewScope, join, system_name, with_parameters};
use crate::views::parts::named;

fn address(view: ViewInfo, below: &str, parameters: &[(&str, Option<String>)]) -> String {
    join(&format!("/{}{below}", view.slug), &with_parameters("", parameters))
}

/// The guilties with the most crashes of the week.
#[component]
pub fn TopGuilties(guilties: Memo<Vec<(GuiltyChange, String)>>, scope: ViewScope) -> impl IntoView {
    let system = move || (SYSTEM, scope.system());
    let all = move || {
        let mut parameters = vec![system()];
        parameters.extend(GUILTIES_RANGE.to_pairs().into_iter().map(|(name, value)| (name, Some(value))));
        address(views::CRASHES, "", &parameters)
    };
    let entry = move |(GuiltyChange { guilty, records, before }, of_records): (GuiltyChange, String)| {
        let href = move || address(views::CRASHES, &format!("/{}", guilty.id), &[system()]);
        view! {
            <li class="guilty">
                <a class="guilty__name" href=href>
                    <code class="guilty__function">{guilty.function}</code>
                    <code class="guilty__module">{guilty.module}</code>
                </a>
                <a class="guilty__records" href=of_records>
                    {format::number(records)}
                    <span class="sr-only">" crashes"</span>
                </a>
                <span class="guilty__change"><Change now=records before than="the week before" growth=Growth::Bad /></span>
            </li>
        }
    };
    view! {
        <Panel
            title="Top crashes"
            unit="crashes"
            note="Of the last 7 days."
            tools=move || view! { <a class="button button--small" href=all>"All crashes"</a> }
        >
            <Show
                when=move || guilties.with(|guilties| !guilties.is_empty())
                fallback=|| view! { <p class="chart__empty">"No crash in the last 7 days."</p> }
            >
                <ol class="guilties">{move || guilties.get().into_iter().map(entry).collect_view()}</ol>
            </Show>
        </Panel>
    }
}

/// The newest builds' part of the fleet.
#[component]
pub fn NewestBuilds(fleet: Memo<Option<Fleet>>, scope: ViewScope) -> impl IntoView {
    let population = move || address(views::POPULATION, "", &[(SYSTEM, scope.system())]);
    let note = Signal::derive(move || {
        let fleet = fleet.get()?;
        let machines = format::counted(fleet.machines, "machine", "machines");
        Some(format!("Share of the {machines} of {} seen in the last 3 days.", system_name(&fleet.system)))
    });
    let entries = move || {
        fleet.get().map(|fleet| {
            let builds = newest_builds(&fleet, browser::now()).into_iter();
            builds.map(|(machines, href)| view! { <Share machines of=fleet.machines href /> }).collect_view()
        })
    };
    view! {
        <Panel
            title="Newest builds"
            note
            tools=move || view! { <a class="button button--small" href=population>"Population"</a> }
        >
            <Show
                when=move || fleet.with(Option::is_some)
                fallback=|| view! { <p class="chart__empty">"No machine has sent a heartbeat in the last 3 days."</p> }
            >
                <ul class="shares">{entries}</ul>
            </Show>
        </Panel>
    }
}

#[component]
fn Share(machines: BuildMachines, of: u64, href: String) -> impl IntoView {
    let own = machines.internal + machines.external;
    let percent = own as f64 * 100.0 / of.max(1) as f64;
    view! {
        <li class="share">
            <span class="share__build">{named(&machines.build).to_owned()}</span>
            <span class="share__bar" aria-hidden="true"><span class="share__fill" style:width=format!("{percent:.1}%")></span></span>
            <strong class="share__percent">{format::percent(own, of)}</strong>
            <a class="share__machines" href=href title="Their heartbeats">{format::counted(own, "machine", "machines")}</a>
        </li>
    }
}
