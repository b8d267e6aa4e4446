//! What narrows the table beside the scope: the builds, and a text.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::address::{Builds, OFFSET, SEARCH, TableQuery};
use crate::components::{Icon, Symbol, option};
use crate::reactive::{effect, memo};
use crate::scope::{ViewScope, use_go};

/// How long a text must rest before it is looked for.
const REST: Duration = Duration::from_millis(300);

/// The value of the option for all builds together, which stands for no build's name.
const ALL: &str = "*";

/// A choice of builds as the value of an option.
fn to_option(builds: &Builds) -> String {
    match builds {
        Builds::Newest => option::NONE.to_owned(),
        Builds::All => ALL.to_owned(),
        Builds::One(build) => option::value(Some(build)),
    }
}

/// The choice that an option's value means.
fn from_option(value: &str) -> Builds {
    match option::text(value) {
        Some(build) => Builds::One(build),
        None if value == ALL => Builds::All,
        None => Builds::Newest,
    }
}

/// Chooses the newest builds, all together, or one.
#[component]
pub fn BuildPicker(
    /// The view's scope.
    scope: ViewScope,
    /// What is shown.
    query: Memo<TableQuery>,
    /// The builds that have crashes, ascending.
    builds: Memo<Vec<String>>,
) -> impl IntoView {
    let go = use_go();
    let chosen = memo(move || query.with(|query| query.builds.clone()));
    let others = move || {
        let mut names = builds.get();
        // A build stays to be seen as chosen even where it has no crash.
        if let Builds::One(build) = chosen.get()
            && !names.contains(&build)
        {
            names.push(build);
        }
        // The newest first, where it is looked for.
        let options = names.into_iter().rev().map(|build| {
            let builds = Builds::One(build.clone());
            let value = to_option(&builds);
            view! { <option value=value prop:selected=move || chosen.get() == builds>{build}</option> }
        });
        options.collect_view()
    };
    let change = move |event| {
        let builds = from_option(&event_target_value(&event));
        go(&untrack(|| scope.address(&builds.parameters())));
    };
    view! {
        <select class="input select picker" aria-label="Builds" on:change=change>
            <option value=option::NONE prop:selected=move || chosen.get() == Builds::Newest>"Newest builds"</option>
            <option value=ALL prop:selected=move || chosen.get() == Builds::All>"All builds together"</option>
            {others}
        </select>
    }
}

/// Looks for a text as it is written.
#[component]
pub fn SearchField(
    /// The view's scope.
    scope: ViewScope,
    /// What is shown.
    query: Memo<TableQuery>,
) -> impl IntoView {
    let navigate = use_navigate();
    let of_address = memo(move || query.with(|query| query.search.clone().unwrap_or_default()));
    let text = RwSignal::new(of_address.get_untracked());
    // What this field itself has led to; other addresses it follows, while what is being written stays.
    let led_to = StoredValue::new(of_address.get_untracked());
    effect(move || {
        let there = of_address.get();
        if led_to.with_value(|led_to| *led_to != there) {
            led_to.set_value(there.clone());
            text.set(there);
        }
    });
    let resting = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(Some(handle)) = resting.try_update_value(Option::take) {
            handle.clear();
        }
    };
    on_cleanup(stop);
    let look = move || {
        let wanted = text.with_untracked(|text| text.trim().to_owned());
        if of_address.with_untracked(|there| *there == wanted) {
            return;
        }
        led_to.set_value(wanted.clone());
        let value = (!wanted.is_empty()).then_some(wanted);
        let address = untrack(|| scope.address(&[(SEARCH, value), (OFFSET, None)]));
        // Every letter a step back would be a nuisance.
        navigate(&address, NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() });
    };
    let look = Callback::new(move |()| look());
    let write = move |event| {
        text.set(event_target_value(&event));
        stop();
        resting.set_value(set_timeout_with_handle(move || look.run(()), REST).ok());
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        stop();
        look.run(());
    };
    view! {
        <form class="search" role="search" aria-label="Guilties" on:submit=submit>
            <Icon symbol=Symbol::Search />
            <input
                class="input search__input"
                type="search"
                name=SEARCH
                aria-label="Search function, module or program"
                placeholder="Function, module or program"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                prop:value=move || text.get()
                on:input=write
            />
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_they_are_written() {
        for builds in [Builds::Newest, Builds::All, Builds::One("*".into()), Builds::One("=1".into())] {
            assert_eq!(from_option(&to_option(&builds)), builds);
        }
    }
}
