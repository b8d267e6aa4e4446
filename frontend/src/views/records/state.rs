//! What the parts of the Records view share: the filter of the address bar, the list, the facets.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use telemetrics_common::facets::{Facets, GetFacets};
use telemetrics_common::records::RecordRow;
use telemetrics_common::{RecordFilter, views};

use super::address::{FieldError, Query};
use super::live::Live;
use super::searching::Searching;
use crate::api::{ApiError, call};
use crate::browser;
use crate::pager::{Page, Pager, Status};
use crate::reactive::memo;
use crate::scope::Place;

/// Shared by context.
#[derive(Clone, Copy)]
pub struct State {
    /// The query string of the address.
    pub search: Memo<String>,
    /// The filter as the address writes it; none when it cannot be read.
    pub query: Memo<Option<Query>>,
    /// The filter that it means now, or meant when the list was loaded.
    pub filter: Memo<Option<RecordFilter>>,
    /// The list.
    pub pager: Pager<RecordRow>,
    /// The search of payloads for the list's last page.
    pub searching: Searching,
    /// What the filter could be narrowed to; the last ones while new ones are on their way.
    pub facets: LocalResource<Option<Result<Facets, ApiError>>>,
    /// The record whose details are open, by the address.
    pub open: Memo<Option<String>>,
    /// Live records.
    pub live: Live,
    /// Counts how often the list was loaded anew.
    turn: RwSignal<u32>,
}

impl State {
    /// Makes it, for all components below.
    pub fn provide() -> Self {
        let Place { search, .. } = Place::of(views::RECORDS);
        let path = use_location().pathname;
        let open = memo(move || {
            path.with(|path| {
                let mut parts = path.split('/').skip(1);
                let is_here = parts.next() == Some(views::RECORDS.slug);
                parts.next().filter(|id| is_here && !id.is_empty()).map(str::to_owned)
            })
        });
        let turn = RwSignal::new(0);
        let query = memo(move || Query::parse(&search.get()).ok());
        let filter = memo(move || {
            turn.track();
            query.with(|query| query.as_ref().map(|query| query.at(browser::now())))
        });
        let searching = Searching::new();
        let pager = Pager::new(filter, move |filter, before| {
            let request = searching.request(filter, before);
            async move {
                let page = call(&request, &()).await?;
                searching.take(&request, &page);
                Ok(Page { rows: page.records, next_before: page.next_before })
            }
        });
        searching.go_on(pager);
        let facets = LocalResource::new(move || {
            let filter = filter.get();
            async move { Some(call(&GetFacets(filter?), &()).await) }
        });
        let state = Self { search, query, filter, pager, searching, facets, open, live: Live::new(), turn };
        provide_context(state);
        state
    }

    /// Loads the list and the facets anew, as of now.
    pub fn reload(&self) {
        self.turn.update(|turn| *turn = turn.wrapping_add(1));
        self.pager.reload();
        self.facets.refetch();
    }

    /// The filter, or one that lets everything through where the address cannot be read.
    pub fn filter_or_all(&self) -> RecordFilter {
        self.filter.get().unwrap_or_default()
    }

    /// The same as addresses write it.
    pub fn query_or_all(&self) -> Query {
        self.query.get().unwrap_or_default()
    }

    /// What is wrong with the filter: by the address itself, or by what the server says.
    pub fn filter_error(&self) -> Option<FieldError> {
        if let Err(error) = self.search.with(|search| Query::parse(search)) {
            return Some(error);
        }
        self.pager.status.with(|status| match status {
            Status::Failed(error) => error.bad_request().map(FieldError::from_message),
            _ => None,
        })
    }

    /// Reads the facets, where they are there.
    pub fn with_facets<T>(&self, read: impl FnOnce(&Facets) -> T) -> Option<T> {
        self.facets.track();
        self.with_facets_untracked(read)
    }

    /// The same for those that need not know of later ones.
    pub fn with_facets_untracked<T>(&self, read: impl FnOnce(&Facets) -> T) -> Option<T> {
        self.facets.with_untracked(|facets| match facets {
            Some(Some(Ok(facets))) => Some(read(facets)),
            _ => None,
        })
    }
}

/// The mark, in the browser's history, of details that were opened from the list: going back closes them.
pub const FROM_LIST: &str = "from-list";

/// A function that leads to the list with another filter.
pub fn use_go() -> impl Fn(&Query) + Clone + 'static {
    let state = expect_context::<State>();
    let navigate = use_navigate();
    move |query| {
        if state.query.get_untracked().as_ref() != Some(query) {
            let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
            navigate(&query.list_address(), options);
        }
    }
}
