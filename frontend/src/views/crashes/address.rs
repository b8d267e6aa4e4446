//! The view's addresses, and what the table of crashes is asked for by its own. Pure but for the reading of the
//! address bar.

use leptos::prelude::*;
use telemetrics_common::crashes::{DEFAULT_LIMIT, GetCrashCharts, GetCrashes, MAX_LIMIT};
use telemetrics_common::{RecordFilter, Timestamp, query, views};

use crate::scope::{Dropped, Place, Selection, carried, join};

/// Name of the parameter that holds one build.
pub const BUILD: &str = "build";
/// Name of the parameter that takes all builds together.
pub const ALL_BUILDS: &str = "all_builds";
/// Name of the parameter that holds a text to look for.
pub const SEARCH: &str = "search";
/// Name of the parameter that says how many guilties to pass over.
pub const OFFSET: &str = "offset";
/// What does not outlive a change of the scope: pages of another table are others, and builds belong to their system.
pub const DROPPED: Dropped = Dropped { with_range: &[OFFSET], with_system: &[BUILD, OFFSET] };
/// Where the never-guilty list is managed.
pub const NEVER_GUILTY: &str = "never-guilty";
/// Where hidden guilties are.
pub const HIDDEN: &str = "hidden";

/// Path of a page of this view, by what comes behind the view's own.
fn path(page: &str) -> String {
    let slug = views::CRASHES.slug;
    if page.is_empty() { format!("/{slug}") } else { format!("/{slug}/{page}") }
}

/// Address of the page of a guilty, without any scope.
pub fn guilty_address(id: i64) -> String {
    path(&id.to_string())
}

/// Address of the never-guilty list, without any scope.
pub fn never_guilty_address() -> String {
    path(NEVER_GUILTY)
}

/// Addresses of the view's pages, which keep the scope.
#[derive(Clone, Copy)]
pub struct Addresses(Memo<String>);

/// The addresses from where the page is now.
pub fn use_addresses() -> Addresses {
    Addresses(Place::of(views::CRASHES).search)
}

impl Addresses {
    /// The page of a guilty.
    pub fn guilty(self, id: i64) -> String {
        self.page(&id.to_string())
    }

    /// A page by the last part of its path; the table by an empty one.
    pub fn page(self, page: &str) -> String {
        self.0.with(|search| with_scope(page, search))
    }
}

fn with_scope(page: &str, search: &str) -> String {
    join(&path(page), &query::encode(&carried(search)))
}

/// Which builds the table has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Builds {
    /// The newest ones, a column each.
    #[default]
    Newest,
    /// All, together.
    All,
    /// One alone.
    One(String),
}

impl Builds {
    /// The parameters that mean it, set or taken away.
    pub fn parameters(&self) -> [(&'static str, Option<String>); 3] {
        let (build, all) = match self {
            Self::Newest => (None, None),
            Self::All => (None, Some("true".to_owned())),
            Self::One(build) => (Some(build.clone()), None),
        };
        // Another table begins with its first page.
        [(BUILD, build), (ALL_BUILDS, all), (OFFSET, None)]
    }
}

/// What the table is asked for beside the scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableQuery {
    /// Which builds.
    pub builds: Builds,
    /// Guilties whose function, module or program contains this text.
    pub search: Option<String>,
    /// How many guilties to pass over.
    pub offset: u32,
}

impl TableQuery {
    /// What an address means; what cannot be read is passed over.
    pub fn parse(search: &str) -> Self {
        let pairs = query::decode(search);
        let find = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let builds = match (find(BUILD), find(ALL_BUILDS).as_deref()) {
            (Some(build), _) => Builds::One(build),
            (None, Some("true")) => Builds::All,
            (None, _) => Builds::Newest,
        };
        let offset = find(OFFSET).and_then(|offset| offset.parse().ok()).unwrap_or(0);
        Self { builds, search: find(SEARCH).filter(|text| !text.trim().is_empty()), offset }
    }

    /// The call for a page of the table.
    pub fn call(&self, selection: &Selection) -> GetCrashes {
        let (from, to) = bounds(selection);
        GetCrashes {
            system: selection.system.clone(),
            days: None,
            from,
            to,
            build: match &self.builds {
                Builds::One(build) => Some(build.clone()),
                Builds::Newest | Builds::All => None,
            },
            all_builds: (self.builds == Builds::All).then_some(true),
            search: self.search.clone(),
            limit: Some(DEFAULT_LIMIT),
            offset: Some(self.offset).filter(|offset| *offset > 0),
        }
    }
}

/// The call for the first page of the whole table, in pages as long as they may be.
pub fn whole_table(table: &TableQuery, selection: &Selection) -> GetCrashes {
    GetCrashes { limit: Some(MAX_LIMIT), offset: None, ..table.call(selection) }
}

/// The call for the charts.
pub fn charts_call(selection: &Selection) -> GetCrashCharts {
    let (from, to) = bounds(selection);
    GetCrashCharts { system: selection.system.clone(), days: None, from, to }
}

/// Without any bound the server would take its own days: all time begins with the first second that clocks know.
fn bounds(selection: &Selection) -> (Option<Timestamp>, Option<Timestamp>) {
    let bounds = selection.bounds;
    let is_open = bounds.from.is_none() && bounds.to.is_none();
    (if is_open { Some(Timestamp::EPOCH) } else { bounds.from }, bounds.to)
}

/// The records of a guilty in a selection, of one build or of all.
pub fn guilty_records(selection: &Selection, guilty: i64, build: Option<&str>) -> String {
    let narrow = |filter: &mut RecordFilter| {
        filter.guilty = Some(guilty);
        filter.build = build.map(str::to_owned);
    };
    crate::scope::records_link(selection, narrow)
}

/// The pages around one that begins at an offset: where the one before begins, and the one behind.
pub fn neighbours(offset: u32, total: u64) -> (Option<u32>, Option<u32>) {
    let before = (offset > 0).then(|| offset.saturating_sub(DEFAULT_LIMIT));
    let behind = offset.saturating_add(DEFAULT_LIMIT);
    (before, (u64::from(behind) < total).then_some(behind))
}

/// How much of its column's largest count a count is, in percent: 0 only for none.
pub fn share(records: u64, max: u64) -> u64 {
    if records == 0 {
        return 0;
    }
    let max = max.max(records);
    (records.saturating_mul(100) / max).clamp(2, 100)
}

#[cfg(test)]
mod tests {
    use telemetrics_common::endpoint::url;

    use super::*;
    use crate::scope::{Range, Scope};

    fn selection(search: &str) -> Selection {
        let now = "2026-11-23T10:53:07Z".parse().unwrap();
        Scope::parse(search).unwrap().select(Range::Last(7), now)
    }

    #[test]
    fn the_address_says_what_is_asked() {
        let check = |search: &str, expected: &str| {
            let call = TableQuery::parse(search).call(&selection(search));
            assert_eq!(url(&call), format!("/api/v1/crashes?{expected}"), "{search}");
        };
        let week = "from=2026-11-16T10%3A00%3A00Z&limit=10";
        let to = "to=2026-11-24T10%3A53%3A07Z";
        check("", &format!("{week}&{to}"));
        check("system=clear&offset=20", &format!("{week}&offset=20&system=clear&{to}"));
        check("build=41150&search=abort", &format!("build=41150&{week}&search=abort&{to}"));
        check("all_builds=true&search=+&offset=x", &format!("all_builds=true&{week}&{to}"));
        check("days=all", "from=1970-01-01T00%3A00%3A00Z&limit=10");
        check("to=2026-11-01", "limit=10&to=2026-11-01T00%3A00%3A00Z");
    }

    #[test]
    fn builds_are_chosen_by_parameters() {
        let check = |builds: Builds| {
            let pairs = builds.parameters().into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            let search = query::encode(&pairs.collect::<Vec<_>>());
            assert_eq!(TableQuery::parse(&search), TableQuery { builds, ..TableQuery::default() });
        };
        check(Builds::Newest);
        check(Builds::All);
        check(Builds::One("1.0~rc1".to_owned()));
    }

    #[test]
    fn pages_keep_the_scope() {
        assert_eq!(with_scope("", ""), "/crashes");
        assert_eq!(with_scope("7", "system=clear&days=30&offset=10&search=x"), "/crashes/7?system=clear&days=30");
        assert_eq!(with_scope(HIDDEN, "build=1"), "/crashes/hidden");
    }

    #[test]
    fn cells_lead_to_their_records() {
        assert_eq!(
            guilty_records(&selection("system=clear&days=all"), 7, Some("41150")),
            "/records?build=41150&guilty=7&system=clear"
        );
        assert_eq!(
            guilty_records(&selection("to=2026-11-01"), 7, None),
            "/records?guilty=7&to=2026-11-01T00%3A00%3A00Z"
        );
    }

    #[test]
    fn pages_have_neighbours() {
        assert_eq!(neighbours(0, 10), (None, None));
        assert_eq!(neighbours(0, 11), (None, Some(10)));
        assert_eq!(neighbours(5, 11), (Some(0), None));
        assert_eq!(neighbours(30, 100), (Some(20), Some(40)));
    }

    #[test]
    fn bars_are_scaled_by_their_column() {
        assert_eq!([0, 1, 250, 500, 1000].map(|records| share(records, 1000)), [0, 2, 25, 50, 100]);
        assert_eq!(share(3, 0), 100);
    }
}
