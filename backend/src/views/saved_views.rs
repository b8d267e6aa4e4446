//! Addresses of the dashboard that people have given a name.

use telemetrics_common::Role;
use telemetrics_common::saved_views::{
    ListSavedViews, MAX_ADDRESS_CHARS, MAX_NAME_CHARS, NewView, RemoveView, SaveView, SavedViews,
};

use crate::access::Caller;
use crate::api::{Routes, endpoint_as};
use crate::app::AppState;
use crate::error::{Error, Result};
use crate::store::saved_views::{self, Owner};

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(endpoint_as::<ListSavedViews, _, _, _>(list))
        .routes(endpoint_as::<SaveView, _, _, _>(save))
        .routes(endpoint_as::<RemoveView, _, _, _>(remove))
}

fn owner(caller: &Caller) -> Owner {
    Owner { account: caller.account, keeps_shared: caller.role >= Some(Role::Maintainer) }
}

async fn list(state: AppState, caller: Caller, _: ListSavedViews, (): ()) -> Result<SavedViews> {
    Ok(SavedViews { views: saved_views::list(&state.store, owner(&caller)).await? })
}

async fn save(state: AppState, caller: Caller, _: SaveView, view: NewView) -> Result<SavedViews> {
    let view = checked(view)?;
    let owner = owner(&caller);
    // Without an account there is nobody else whose it could be; tokens of the command line have none, either.
    let view = NewView { shared: view.shared || owner.account.is_none(), ..view };
    if view.shared && !owner.keeps_shared {
        return Err(Error::Forbidden("shared: only maintainers save views for everybody".to_owned()));
    }
    saved_views::save(&state.store, owner, view, &caller.author(state.now())).await?;
    list(state, caller, ListSavedViews {}, ()).await
}

async fn remove(state: AppState, caller: Caller, call: RemoveView, (): ()) -> Result<SavedViews> {
    saved_views::remove(&state.store, owner(&caller), call.id, &caller.author(state.now())).await?;
    list(state, caller, ListSavedViews {}, ()).await
}

/// A name that can be shown, and an address that stays within the dashboard.
fn checked(view: NewView) -> Result<NewView> {
    let bad = |field: &str, rule: String| Err(Error::BadRequest(format!("{field}: {rule}")));
    let name = view.name.trim();
    if !(1..=MAX_NAME_CHARS).contains(&name.chars().count()) || name.contains(char::is_control) {
        return bad("name", format!("must have 1 to {MAX_NAME_CHARS} characters, and no control characters"));
    }
    let address = &view.address;
    let leads_out = !address.starts_with('/') || address.starts_with("//") || address.contains('\\');
    if leads_out || address.contains(char::is_control) || address.chars().count() > MAX_ADDRESS_CHARS {
        return bad("address", format!("must be a path of the dashboard of at most {MAX_ADDRESS_CHARS} characters"));
    }
    Ok(NewView { name: name.to_owned(), ..view })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_stay_within_the_dashboard() {
        let check = |name: &str, address: &str, begin: &str| {
            let view = NewView { name: name.to_owned(), address: address.to_owned(), shared: false };
            match checked(view) {
                Ok(view) => assert_eq!((view.name.as_str(), begin), (name.trim(), "")),
                Err(error) => assert!(!begin.is_empty() && error.to_string().starts_with(begin), "{error}"),
            }
        };
        check(" Critical ", "/records?severity=4", "");
        check("", "/", "name: ");
        check("a\nb", "/", "name: ");
        check("a", "https://evil.example/", "address: ");
        check("a", "//evil.example/", "address: ");
        check("a", "/\\evil.example", "address: ");
        check("a", &format!("/{}", "a".repeat(2000)), "address: ");
    }
}
