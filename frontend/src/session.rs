//! Who is using the dashboard. It stays the same as long as the page is loaded: logging in and out load it anew.

use std::sync::Arc;

use leptos::prelude::*;
use telemetrics_common::Role;
use telemetrics_common::accounts::{GetMe, Me};

use crate::{api, browser};

/// Asks the server who is using the dashboard. A server that is not reached is left to the pages, which say so.
pub(crate) async fn load() -> Arc<Me> {
    let me = api::call(&GetMe {}, &()).await.unwrap_or(Me { open: true, ..Me::default() });
    api::set_csrf(me.csrf.clone());
    let may_judge = me.open || me.role.is_some_and(|role| role >= Role::Maintainer);
    browser::set_root_attribute("data-judges", may_judge.then_some("true"));
    Arc::new(me)
}

/// Tells all components below who it is.
pub(crate) fn provide(me: Arc<Me>) {
    provide_context(me);
}

/// Who it is; where nobody has told, somebody who may do everything on a server that is open.
pub fn me() -> Arc<Me> {
    use_context().unwrap_or_else(|| Arc::new(Me { open: true, role: Some(Role::Admin), ..Me::default() }))
}

/// Whether they have a role, or a higher one.
pub fn has(role: Role) -> bool {
    me().role.is_some_and(|own| own >= role)
}

/// Whether there is nothing to see before somebody has logged in.
pub(crate) fn must_log_in(me: &Me) -> bool {
    !me.open && me.role.is_none() && !me.public_read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_closed_server_asks_who_one_is() {
        let check = |open, role, public_read, expected| {
            assert_eq!(must_log_in(&Me { open, role, public_read, ..Me::default() }), expected);
        };
        check(true, Some(Role::Admin), false, false);
        check(false, None, false, true);
        check(false, None, true, false);
        check(false, Some(Role::Viewer), false, false);
    }
}
