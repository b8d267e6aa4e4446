//! The scope of the view that is open, kept in its address.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use telemetrics_common::{ViewInfo, query};

use super::address::{SYSTEM, Scope, Selection, and_without, join, range_parameters, with_parameters};
use super::range::Range;
use crate::browser;
use crate::reactive::memo;
use crate::renewal::Renewal;

/// A view's place in the address bar. While the address already leads to another view, the one that is left still is
/// there for a moment: it keeps what it had.
#[derive(Clone, Copy)]
pub struct Place {
    /// The path.
    pub path: Memo<String>,
    /// The query string, without its question mark.
    pub search: Memo<String>,
}

impl Place {
    /// The place of a view.
    pub fn of(view: ViewInfo) -> Self {
        let location = use_location();
        let is_here = move || location.pathname.with(|path| path.split('/').nth(1) == Some(view.slug));
        let keep = move |part: Memo<String>| {
            Memo::new(
                move |last: Option<&String>| {
                    if is_here() { part.get() } else { last.cloned().unwrap_or_default() }
                },
            )
        };
        Self { path: keep(location.pathname), search: keep(location.search) }
    }
}

/// Parameters of a view's own that mean nothing any more when the scope changes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dropped {
    /// Those of one stretch of time.
    pub with_range: &'static [&'static str],
    /// Those of one system.
    pub with_system: &'static [&'static str],
}

/// What the toolbar of a view shows and changes. Everything is in the address; nothing is kept beside it.
#[derive(Clone, Copy)]
pub struct ViewScope {
    place: Place,
    default: Range,
    dropped: Dropped,
    /// The system and the range that the address names, or what is wrong with it.
    pub scope: Memo<Result<Scope, String>>,
    /// The same as calls take it; none while the address cannot be read.
    pub selection: Memo<Option<Selection>>,
}

impl ViewScope {
    /// The scope of a view that shows `default` when the address names no range.
    pub fn of(view: ViewInfo, default: Range) -> Self {
        let place = Place::of(view);
        let renewal = Renewal::of_page();
        let scope = memo(move || place.search.with(|search| Scope::parse(search)));
        let selection = memo(move || {
            renewal.track();
            scope.with(|scope| Some(scope.as_ref().ok()?.select(default, browser::now())))
        });
        Self { place, default, dropped: Dropped::default(), scope, selection }
    }

    /// The same for a view with parameters that do not outlive a change of the scope.
    #[must_use]
    pub fn dropping(self, dropped: Dropped) -> Self {
        Self { dropped, ..self }
    }

    /// The range that is shown.
    pub fn range(self) -> Option<Range> {
        self.scope.with(|scope| Some(scope.as_ref().ok()?.range.unwrap_or(self.default)))
    }

    /// The system that the address names.
    pub fn system(self) -> Option<String> {
        self.scope.with(|scope| scope.as_ref().ok()?.system.clone())
    }

    /// A parameter of the view's own.
    pub fn parameter(self, name: &'static str) -> Memo<Option<String>> {
        let of = move |search: &String| query::decode(search).into_iter().find(|(key, _)| key == name);
        memo(move || self.place.search.with(of).map(|(_, value)| value))
    }

    /// Address of this page with some parameters set or taken away.
    pub fn address(self, changes: &[(&str, Option<String>)]) -> String {
        let search = self.place.search.with(|search| with_parameters(search, changes));
        self.place.path.with(|path| join(path, &search))
    }

    /// Address of this page with another range.
    pub fn address_of_range(self, range: Range) -> String {
        self.address(&and_without(&range_parameters(range), self.dropped.with_range))
    }

    /// Address of this page with another system; none is the view's own choice.
    pub fn address_of_system(self, system: Option<String>) -> String {
        self.address(&and_without(&[(SYSTEM, system)], self.dropped.with_system))
    }

    /// Address of this page without any scope.
    pub fn cleared(self) -> String {
        self.place.path.get()
    }
}

/// Follows an address of the dashboard without scrolling.
pub fn use_go() -> impl Fn(&str) + Clone + 'static {
    let navigate = use_navigate();
    move |address| navigate(address, NavigateOptions { scroll: false, ..NavigateOptions::default() })
}
