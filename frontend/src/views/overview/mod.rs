//! Overview: how the fleet is, at a glance.

mod data;
mod figures;
mod lists;

use leptos::prelude::*;
use telemetrics_common::overview::{DEFAULT_DAYS, GetOverview, Overview as Counts};
use telemetrics_common::{ViewInfo, views};

use super::parts::{MACHINES, RECORDS};
use crate::answer::{Answer, Answered};
use crate::app::{View, Views};
use crate::browser;
use crate::charts::{ChartCard, Kind, Unit};
use crate::components::{EmptyState, PageHead, SkeletonCards, Symbol};
use crate::scope::{PurgedNote, Range, RangePicker, RefreshButton, ScopeError, Selection, SystemPicker, ViewScope};
use figures::{FigureSkeleton, Figures};
use lists::{NewestBuilds, TopGuilties};

const CRASHES: Unit = Unit::counted("crash", "crashes");
const EMPTY: &str = "Nothing in this time. Choose a longer time or another system.";
const HEIGHT: u32 = 196;

/// The view.
pub struct Overview;

impl View for Overview {
    fn info(&self) -> ViewInfo {
        views::OVERVIEW
    }

    fn page(&self) -> AnyView {
        view! { <OverviewPage /> }.into_any()
    }
}

#[component]
fn OverviewPage() -> impl IntoView {
    browser::use_title(|| views::OVERVIEW.title.to_owned());
    let scope = ViewScope::of(views::OVERVIEW, Range::Last(DEFAULT_DAYS));
    let answer = Answer::of(scope.selection, |selection: &Selection| GetOverview {
        system: selection.system.clone(),
        from: Some(selection.bounds.begin()),
        to: Some(selection.bounds.end()),
    });
    // Where all records are purged their counts are still to be seen.
    let is_new = answer.memo(|_, counts| counts.ingest.last_received_at.is_none() && counts.records == 0);
    view! {
        <div class="page page--charts">
            <PageHead
                title=views::OVERVIEW.title
                subtitle="What the fleet has reported, and what crashes. Days are UTC."
            >
                <RefreshButton />
                <SystemPicker scope />
                <RangePicker scope />
            </PageHead>
            <ScopeError scope />
            <Answered
                progress=answer.progress
                failure="The overview could not be loaded"
                skeleton=|| view! { <FigureSkeleton /><SkeletonCards spans=&[8, 4, 4, 4, 4] /> }
            >
                <Show when=move || is_new.get() fallback=move || view! { <Fleet answer scope /> }>
                    <EmptyState symbol=Symbol::Inbox title="No record has come yet">
                        <p>"As soon as machines send records, this page says how they are."</p>
                        <p><a class="button button--primary" href="/records">"See how to send the first one"</a></p>
                    </EmptyState>
                </Show>
            </Answered>
        </div>
    }
}

#[component]
fn Fleet(answer: Answer<Selection, Counts>, scope: ViewScope) -> impl IntoView {
    let kinds = answer.memo(|selection, counts| data::kinds(selection, counts, browser::now()));
    let machines = answer.memo(|selection, counts| data::machines(selection, counts, browser::now()));
    let crashes = answer.memo(|selection, counts| data::crashes(selection, counts, browser::now()));
    let purged = answer.memo(|_, counts| counts.purged);
    let undrawn = answer.memo(|selection, counts| data::undrawn(selection, counts, browser::now()));
    let guilties = answer.memo(|selection, counts| data::guilties(selection, counts, browser::now()));
    let fleet = answer.memo(|_, counts| counts.fleet.clone());
    view! {
        <Figures answer />
        <PurgedNote purged />
        <div class="card-grid">
            <div class="span-8">
                <ChartCard title="Records per day" unit=RECORDS kind=Kind::Stacked data=kinds note=undrawn empty=EMPTY height=HEIGHT />
            </div>
            <div class="span-4"><TopGuilties guilties scope /></div>
            <div class="span-4">
                <ChartCard title="Active machines per day" unit=MACHINES kind=Kind::Columns data=machines empty=EMPTY height=HEIGHT />
            </div>
            <div class="span-4">
                <ChartCard title="Crashes per day" unit=CRASHES kind=Kind::Columns data=crashes empty=EMPTY height=HEIGHT />
            </div>
            <div class="span-4"><NewestBuilds fleet scope /></div>
            {Views::tiles().into_iter().map(|tile| view! { <div class="span-4">{tile}</div> }).collect_view()}
        </div>
    }
}
