//! One guilty: where, when and how often it was hit, and what people say about it.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use telemetrics_common::Timestamp;
use telemetrics_common::crashes::DayCount;
use telemetrics_common::guilties::{GetGuilty, Guilty, GuiltyBuild, ListGuilties};
use telemetrics_common::never_guilty::Accused;

use super::address::use_addresses;
use super::charts;
use super::comment::{Comment, Hide};
use super::guilty_charts::{GuiltyCharts, records_of};
use super::judgement::Judgement;
use super::machines::Machines;
use super::stacks::Backtraces;
use super::wording::named;
use crate::answer::{Answer, Answered};
use crate::api::{ApiError, call};
use crate::components::{EmptyState, ErrorBox, Icon, Linked, SkeletonRows, Symbol};
use crate::reactive::memo;
use crate::scope::{Bounds, PurgedNote, system_name};
use crate::views::parts::kept_link;
use crate::{browser, format};

/// Name of the part of the address that holds the guilty's id.
pub const ID: &str = "id";

/// Name of the fact that counts its crashes.
const CRASHES: &str = "Crashes";
/// Name of the fact that tells the builds of several systems.
const BUILDS: &str = "Builds";

/// A guilty, asked for by its id, anew after each judgement.
pub type GuiltyAnswer = Answer<(i64, u32), Guilty>;

/// The page.
#[component]
pub fn GuiltyPage() -> impl IntoView {
    let params = use_params_map();
    let id = memo(move || params.with(|params| params.get(ID)).and_then(|id| id.parse::<i64>().ok()));
    // Another guilty has another page, with nothing left of this one's forms.
    move || match id.get() {
        Some(id) => view! { <OneGuilty id /> }.into_any(),
        None => view! { <NoGuilty /> }.into_any(),
    }
}

#[component]
fn NoGuilty() -> impl IntoView {
    let addresses = use_addresses();
    browser::use_title(|| "No such guilty".to_owned());
    view! {
        <h1 class="sr-only">"Guilty"</h1>
        <ErrorBox title="There is no such guilty" message="The link is wrong, or it is from another server.">
            <a class="button" href=move || addresses.page("")>"Top crashes"</a>
        </ErrorBox>
    }
}

#[component]
fn OneGuilty(id: i64) -> impl IntoView {
    let judgement = expect_context::<Judgement>();
    let question = memo(move || Some((id, judgement.turn.get())));
    let guilty: GuiltyAnswer = Answer::of(question, |(id, _)| GetGuilty { id: *id });
    let name = guilty.memo(|_, guilty| named(&guilty.function, &guilty.module));
    browser::use_title(move || {
        let name = name.get();
        if name.is_empty() { "Guilty".to_owned() } else { name }
    });
    let is_missing =
        memo(move || guilty.progress.error.with(|error| error.as_ref().is_some_and(ApiError::is_not_found)));
    move || {
        if is_missing.get() {
            return view! { <NoGuilty /> }.into_any();
        }
        view! {
            <Answered
                progress=guilty.progress
                failure="The guilty could not be loaded"
                skeleton=|| view! { <h1 class="sr-only">"Guilty"</h1><SkeletonRows count=10 /> }
            >
                <Contents id guilty />
            </Answered>
        }
        .into_any()
    }
}

#[component]
fn Contents(id: i64, guilty: GuiltyAnswer) -> impl IntoView {
    let has_records = guilty.memo(|_, guilty| guilty.records > 0);
    let purged = guilty.memo(|_, guilty| guilty.purged);
    view! {
        <Head id guilty />
        <Show when=move || !has_records.get()><WentAway guilty /></Show>
        <Show when=move || has_records.get()>
            <PurgedNote purged />
            <GuiltyCharts id guilty />
            <Machines id guilty />
            <Backtraces id />
        </Show>
    }
}

#[component]
fn Head(id: i64, guilty: GuiltyAnswer) -> impl IntoView {
    let function = guilty.memo(|_, guilty| guilty.function.clone());
    let module = guilty.memo(|_, guilty| guilty.module.clone());
    let is_hidden = guilty.memo(|_, guilty| guilty.hidden);
    let facts = guilty.memo(|_, guilty| facts(guilty, browser::now()));
    let crashes = guilty.memo(move |_, guilty| kept_link(guilty.records, guilty.purged, || records_of(id, |_| ())));
    view! {
        <header class="guilty-head">
            <div class="guilty-head__text">
                <h1 class="page__title guilty-title">
                    <span class="guilty-title__function">{function}</span>
                    " "
                    <span class="guilty-title__module">"[" {module} "]"</span>
                </h1>
                <Show when=move || is_hidden.get()><span class="tag">"hidden"</span></Show>
                <Comment id guilty />
            </div>
            <Hide id guilty />
        </header>
        <dl class="guilty-facts" data-testid="guilty-facts">
            {move || facts.get().into_iter().map(|(name, value)| view! {
                <div class="guilty-facts__item" class:guilty-facts__item--long=name == BUILDS>
                    <dt>{name}</dt>
                    <dd><Linked href=crashes.get().filter(|_| name == CRASHES)>{value}</Linked></dd>
                </div>
            }).collect_view()}
        </dl>
    }
}

/// What there is to say about it in short.
fn facts(guilty: &Guilty, now: Timestamp) -> Vec<(&'static str, String)> {
    let (first_day, last_day) = seen(guilty, now);
    let mut facts = vec![
        (CRASHES, format::number(guilty.records)),
        ("First seen", first_day.map(format::date).unwrap_or_default()),
        ("Last seen", last_day.map(format::date).unwrap_or_default()),
    ];
    let (first, last) = (guilty.builds.first(), guilty.builds.last());
    let text =
        |build: Option<&GuiltyBuild>, part: fn(&GuiltyBuild) -> &str| build.map(part).unwrap_or_default().to_owned();
    if first.map(|build| &build.system) == last.map(|build| &build.system) {
        facts.push(("First build", text(first, |build| &build.build)));
        facts.push(("Last build", text(last, |build| &build.build)));
        facts.push(("System", text(first, |build| system_name(&build.system))));
    } else {
        facts.push((BUILDS, by_system(&guilty.builds).join("; ")));
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// The first and the last day with crashes. Days that only wrong clocks know count where there are no others.
fn seen(guilty: &Guilty, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
    let ends = |days: &[DayCount]| (days.first().map(|day| day.day), days.last().map(|day| day.day));
    let mut days = charts::day_counts(&guilty.days, &Bounds::default(), now);
    days.retain(|day| day.records > 0);
    if days.is_empty() { ends(&guilty.days) } else { ends(&days) }
}

/// The first and the last build of each system: `clear-linux-os 41150 – 41220`.
fn by_system(builds: &[GuiltyBuild]) -> Vec<String> {
    let of_system = |builds: &[GuiltyBuild]| {
        let (first, last) = (builds.first()?, builds.last()?);
        let system = system_name(&first.system);
        Some(match first.build == last.build {
            true => format!("{system} {}", first.build),
            false => format!("{system} {} – {}", first.build, last.build),
        })
    };
    builds.chunk_by(|a, b| a.system == b.system).filter_map(of_system).collect()
}

/// Says where its crashes went, as far as that is known.
#[component]
fn WentAway(guilty: GuiltyAnswer) -> impl IntoView {
    let addresses = use_addresses();
    let judgement = expect_context::<Judgement>();
    let name = guilty.memo(|_, guilty| Accused { function: guilty.function.clone(), module: guilty.module.clone() });
    let targets = memo(move || {
        let from = name.get();
        judgement.moves.with(|moves| moves.iter().filter(|one| one.from == from).cloned().collect::<Vec<_>>())
    });
    let known = LocalResource::new(move || {
        let wanted = targets.with(|targets| !targets.is_empty());
        async move { if wanted { call(&ListGuilties { hidden: None }, &()).await.ok() } else { None } }
    });
    let went = move || {
        let entries = known.get().flatten().map(|list| list.guilties).unwrap_or_default();
        let line = |to: Accused, records: u64| {
            let entry = entries.iter().find(|entry| entry.function == to.function && entry.module == to.module);
            let name = named(&to.function, &to.module);
            let name = match entry.map(|entry| entry.id) {
                Some(id) => view! { <a href=addresses.guilty(id)>{name}</a> }.into_any(),
                None => name.into_any(),
            };
            view! { <li>{format::counted(records, "record", "records")} " to " {name}</li> }
        };
        targets.get().into_iter().map(|one| line(one.to, one.records)).collect_view()
    };
    view! {
        <EmptyState symbol=Symbol::Inbox title="No crashes any more">
            <p>"By the never-guilty list as it is now, no crash belongs to this guilty."</p>
            <Show when=move || targets.with(|targets| !targets.is_empty())>
                <p>"They went:"</p>
                <ul class="went" data-testid="went">{went}</ul>
            </Show>
            <p>
                <a class="button button--primary" href=move || addresses.page("")>
                    <Icon symbol=Symbol::Back />
                    "Top crashes"
                </a>
            </p>
        </EmptyState>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(system: &str, build: &str) -> GuiltyBuild {
        GuiltyBuild { system: system.into(), build: build.into(), records: 1, purged: 0, machines: 1 }
    }

    #[test]
    fn builds_are_told_by_system() {
        let builds = [build("", "7"), build("clear", "41150"), build("clear", "41160"), build("clear", "41170")];
        assert_eq!(by_system(&builds), ["(no name) 7", "clear 41150 – 41170"]);
    }

    #[test]
    fn facts_that_are_not_there_are_left_out() {
        let now = "2026-11-23T10:53:07Z".parse().unwrap();
        let names = |guilty: &Guilty| facts(guilty, now).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&Guilty::default()), ["Crashes"]);
        let guilty = Guilty { builds: vec![build("clear", "1"), build("clear", "2")], ..Guilty::default() };
        assert_eq!(names(&guilty), ["Crashes", "First build", "Last build", "System"]);
        let guilty = Guilty { builds: vec![build("clear", "1"), build("debian", "13")], ..Guilty::default() };
        assert_eq!(names(&guilty), ["Crashes", BUILDS]);
    }

    #[test]
    fn wrong_clocks_do_not_say_when_it_was_seen() {
        let now = "2026-11-23T10:53:07Z".parse().unwrap();
        let check = |days: &[&str], first: &str, last: &str| {
            let day = |text: &&str| DayCount { day: text.parse().unwrap(), records: 1, purged: 0 };
            let guilty = Guilty { days: days.iter().map(day).collect(), ..Guilty::default() };
            assert_eq!(seen(&guilty, now), (first.parse().ok(), last.parse().ok()));
        };
        check(&["1970-01-01", "2026-11-01", "2026-11-20", "2037-10-01"], "2026-11-01", "2026-11-20");
        check(&["1970-01-01"], "1970-01-01", "1970-01-01");
        check(&[], "", "");
    }
}
