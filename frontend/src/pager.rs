//! A list that grows page by page.

use leptos::prelude::*;

use crate::api::ApiError;
use crate::components::ErrorBox;
use crate::reactive::spawn_here;

/// One page: rows, and where the next page begins.
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// `None` on the last page.
    pub next_before: Option<i64>,
}

/// How far a list is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// The first page is on its way; what rows there are belong to what was asked for before.
    Loading,
    /// What was asked for is there.
    Ready,
    /// The next page is on its way.
    LoadingMore,
    /// The page that was asked for last did not come.
    Failed(ApiError),
}

/// What is asked for: the first page, or the one below an id. The turn makes the same wish new.
#[derive(Clone, Copy, Default, PartialEq)]
struct Wish {
    turn: u32,
    before: Option<i64>,
}

/// The state of a list, to be shown and to be asked for more.
pub struct Pager<T: 'static> {
    /// All rows of the pages so far.
    pub rows: RwSignal<Vec<T>>,
    /// Where the next page begins; `None` when all is there.
    pub next_before: RwSignal<Option<i64>>,
    /// How far it is.
    pub status: RwSignal<Status>,
    wish: RwSignal<Wish>,
}

impl<T> Clone for Pager<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Pager<T> {}

impl<T: Send + Sync + 'static> Pager<T> {
    /// A list of what `fetch` answers to `params`, begun anew when they change. Without any, it waits.
    pub fn new<P, F>(params: Memo<Option<P>>, fetch: impl Fn(P, Option<i64>) -> F + 'static) -> Self
    where
        P: Clone + PartialEq + Send + Sync + 'static,
        F: Future<Output = Result<Page<T>, ApiError>> + 'static,
    {
        let pager = Self {
            rows: RwSignal::new(Vec::new()),
            next_before: RwSignal::new(None),
            status: RwSignal::new(Status::Loading),
            wish: RwSignal::new(Wish::default()),
        };
        // The effect runs again when something else is wanted, which also ends the request under way.
        Effect::new(move |last: Option<Option<P>>| {
            let (params, wish) = (params.get(), pager.wish.get());
            let before = wish.before.filter(|_| last.as_ref() == Some(&params));
            if let Some(params) = params.clone() {
                pager.status.set(if before.is_some() { Status::LoadingMore } else { Status::Loading });
                let answer = fetch(params, before);
                spawn_here(async move { pager.take(before, answer.await) });
            }
            params
        });
        pager
    }

    fn take(&self, before: Option<i64>, answer: Result<Page<T>, ApiError>) {
        match answer {
            Ok(page) => {
                match before {
                    None => self.rows.set(page.rows),
                    Some(_) => self.rows.update(|rows| rows.extend(page.rows)),
                }
                self.next_before.set(page.next_before);
                self.status.set(Status::Ready);
            }
            Err(error) => {
                if before.is_none() {
                    self.rows.set(Vec::new());
                    self.next_before.set(None);
                }
                self.status.set(Status::Failed(error));
            }
        }
    }

    /// Asks for the first page again.
    pub fn reload(&self) {
        self.wish.update(|wish| *wish = Wish { turn: wish.turn.wrapping_add(1), before: None });
    }

    /// Asks for the next page.
    pub fn more(&self) {
        let before = self.next_before.get_untracked();
        self.wish.update(|wish| *wish = Wish { turn: wish.turn.wrapping_add(1), before });
    }

    /// Asks again for what did not come.
    pub fn retry(&self) {
        if self.next_before.get_untracked().is_some() { self.more() } else { self.reload() }
    }

    /// Whether the first page of what is asked for is there.
    pub fn is_loaded(&self) -> bool {
        self.status.with(|status| match status {
            Status::Loading => false,
            Status::Ready | Status::LoadingMore => true,
            // A first page that fails leaves nothing behind.
            Status::Failed(_) => self.rows.with(|rows| !rows.is_empty()) || self.next_before.get().is_some(),
        })
    }
}

/// The end of a list: the way to the next page, or why there is none to be seen.
#[component]
pub fn PagerEnd<T: Send + Sync + 'static>(
    /// The list.
    pager: Pager<T>,
    /// What could not be done when a page does not come: `The audit log could not be loaded`.
    failure: &'static str,
    /// What else is said there.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let end = move || match pager.status.get() {
        Status::Failed(error) => {
            let retry = Callback::new(move |()| pager.retry());
            view! { <ErrorBox title=failure message=error.to_string() retry /> }.into_any()
        }
        status => {
            let more = pager.next_before.get().map(|_| {
                let busy = status != Status::Ready;
                view! {
                    <button type="button" class="button" disabled=busy on:click=move |_| pager.more()>"Load more"</button>
                }
            });
            more.into_any()
        }
    };
    view! { <div class="list-end">{end}{children.map(|children| children())}</div> }
}
