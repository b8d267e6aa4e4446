//! Who makes a request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use telemetrics_common::{Access, Role};

use crate::error::{Error, Result};

/// Who makes a request, as far as the server knows. Handlers take it by [`crate::api::endpoint_as`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name of the account or token; nothing for those who have none.
    pub name: Option<Arc<str>>,
    /// What they may do; nothing for those who did not say who they are.
    pub role: Option<Role>,
    /// Where the request comes from; nothing for the command line.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// The operator at the command line, who may do everything.
    pub fn command_line() -> Self {
        Self { name: Some("command line".into()), role: Some(Role::Admin), address: None }
    }

    /// Whether they may make a call.
    pub fn may(&self, access: Access) -> bool {
        match access {
            Access::Anyone => true,
            Access::Reader | Access::Account => self.role.is_some(),
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
            let caller = Caller { name: None, role, address: None };
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
    }
}
