//! Who makes a request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use telemetrics_common::{Access, Role, Timestamp};

use crate::error::{Error, Result};
use crate::store::audit::Author;
use crate::store::sessions::{Holder, Origin};

/// Who makes a request, as far as the server knows. Handlers take it by [`crate::api::endpoint_as`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The name of the account, or `ACCOUNT/TOKEN`; nothing for those who have none.
    pub name: Option<Arc<str>>,
    /// What they may do; nothing for those who did not say who they are.
    pub role: Option<Role>,
    /// Where the request comes from; nothing for the command line.
    pub address: Option<IpAddr>,
    /// What their browser or script calls itself.
    pub agent: Option<Arc<str>>,
    /// Whether charts and counts are for them, though they may have no role.
    pub may_read: bool,
    /// The number of their account.
    pub account: Option<i32>,
    /// The number of their session, and its CSRF token; nothing for tokens.
    pub session: Option<(i32, String)>,
}

impl Caller {
    /// The operator at the command line, who may do everything.
    pub fn command_line() -> Self {
        Self { name: Some("(command line)".into()), ..Self::nobody(None).with_role(Role::Admin) }
    }

    /// Somebody who has not said who they are.
    pub fn nobody(address: Option<IpAddr>) -> Self {
        Self { name: None, role: None, address, agent: None, may_read: false, account: None, session: None }
    }

    /// The same with a role.
    #[must_use]
    pub fn with_role(self, role: Role) -> Self {
        Self { role: Some(role), may_read: true, ..self }
    }

    pub(super) fn of(holder: Holder, session: Option<(i32, String)>, address: Option<IpAddr>) -> Self {
        let Holder { name, role, account, .. } = holder;
        Self { name: Some(name.into()), account, session, ..Self::nobody(address).with_role(role) }
    }

    /// Whether small counts are for them, too.
    pub fn sees_all(&self) -> bool {
        self.may(Access::Role(Role::Maintainer))
    }

    /// As the audit log tells who has changed something.
    #[doc(hidden)]
    pub fn author(&self, now: Timestamp) -> Author {
        Author {
            name: self.name.as_deref().map(str::to_owned),
            address: self.address.map(|address| address.to_string()),
            at: now.millis(),
        }
    }

    /// Where they log in from.
    #[doc(hidden)]
    pub fn comes_from(&self) -> Origin {
        Origin {
            address: self.address.map(|address| address.to_string()).unwrap_or_default(),
            agent: self.agent.as_deref().unwrap_or_default().to_owned(),
        }
    }

    /// Whether they may make a call.
    pub fn may(&self, access: Access) -> bool {
        match access {
            Access::Anyone => true,
            Access::Reader => self.may_read,
            Access::Account => self.role.is_some(),
            Access::Role(least) => self.role.is_some_and(|role| role >= least),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get().cloned().ok_or_else(|| Error::internal("a route is not behind `access::identify`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_roles_may_what_lower_ones_may() {
        let check = |role: Option<Role>, access: Access, expected: bool| {
            let nobody = Caller::nobody(None);
            let caller = role.map_or(nobody.clone(), |role| nobody.with_role(role));
            assert_eq!(caller.may(access), expected, "{role:?} {access:?}");
        };
        check(None, Access::Anyone, true);
        check(None, Access::Reader, false);
        check(Some(Role::Viewer), Access::Reader, true);
        check(Some(Role::Viewer), Access::Account, true);
        check(Some(Role::Viewer), Access::Role(Role::Maintainer), false);
        check(Some(Role::Maintainer), Access::Role(Role::Maintainer), true);
        check(Some(Role::Maintainer), Access::Role(Role::Admin), false);
        check(Some(Role::Admin), Access::Role(Role::Maintainer), true);
        let public = Caller { may_read: true, ..Caller::nobody(None) };
        assert_eq!([Access::Reader, Access::Account].map(|access| public.may(access)), [true, false]);
    }
}
