//! Who makes a request, and whether they may. Each route says for itself whom it is for
//! ([`Endpoint::ACCESS`](telemetrics_common::Endpoint::ACCESS)); `guarded` is the one place that decides. A handler is
//! told the [`Caller`].

mod caller;
mod gate;
mod login;
mod password;
mod secret;
mod settings;
#[doc(hidden)]
pub mod sign_on;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use telemetrics_common::Access;

use crate::app::AppState;
use crate::error::{Error, Result};
use crate::server::client_address::client_address;
use crate::server::{Peer, guard};

pub use caller::Caller;
pub(crate) use gate::cookie;
pub use settings::{Auth, Settings};

// Hidden is what is public for this workspace's own tests and programs; nothing that others may build on.
#[doc(hidden)]
pub use gate::Gate;
#[doc(hidden)]
pub use login::{
    Entered, add_account, add_token, change_password, enter_as, first_account, log_in, log_out, offer_first_account,
    reset_password,
};
#[doc(hidden)]
pub use password::Passwords;

/// Who makes a request. Machines and probes that show nothing are asked nothing.
///
/// # Errors
/// `Unauthenticated` for something that is shown and not good, and the database's.
pub(crate) async fn identify(state: &AppState, parts: &Parts) -> Result<Caller> {
    let trusted = &state.config.access.trusted_proxies;
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
    let address = peer.map(|peer| client_address(peer, &parts.headers, trusted));
    let shows_nothing = !parts.headers.contains_key(AUTHORIZATION);
    if shows_nothing && guard::is_for_machines(&parts.method, parts.uri.path()) {
        return Ok(Caller::nobody(address));
    }
    // Aside, as whatever asks the database: it would make what every request has room for so much larger.
    let caller = Box::pin(state.gate.caller(&state.store, &parts.method, &parts.headers, address, state.now())).await?;
    let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).map(Arc::from);
    Ok(Caller { agent, ..caller })
}

/// What somebody showed whose answer goes on for long: whether it is still good can be asked again.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Pass {
    headers: HeaderMap,
    address: Option<IpAddr>,
}

impl Pass {
    /// Of a request.
    pub fn of(caller: &Caller, headers: &HeaderMap) -> Self {
        Self { headers: headers.clone(), address: caller.address }
    }

    /// Whether it still lets somebody make a call. While the database is away nobody is shut out.
    pub async fn allows(&self, state: &AppState, access: Access) -> bool {
        match state.gate.caller(&state.store, &Method::GET, &self.headers, self.address, state.now()).await {
            Ok(caller) => caller.may(access),
            Err(error) => matches!(error, Error::Unavailable { .. }),
        }
    }
}

/// Whom a route is for.
#[derive(Clone, Copy)]
struct Rule(Access);

/// A route that answers only those who may call it.
#[doc(hidden)]
pub fn guarded(access: Access, route: MethodRouter<AppState>) -> MethodRouter<AppState> {
    route.layer(from_fn_with_state(Rule(access), answer_if_allowed))
}

async fn answer_if_allowed(State(Rule(access)): State<Rule>, caller: Caller, request: Request, next: Next) -> Response {
    match check(&caller, access) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Whether somebody may watch the server: from the machine that it runs on, or by a token.
///
/// # Errors
/// `Unauthenticated`.
#[doc(hidden)]
pub fn check_watcher(caller: &Caller, headers: &HeaderMap) -> Result<()> {
    let is_here = caller.address.is_none_or(|address| address.is_loopback()) && !gate::came_through_proxy(headers);
    if is_here { Ok(()) } else { check(caller, Access::Account) }
}

fn check(caller: &Caller, access: Access) -> Result<()> {
    match (caller.may(access), caller.role) {
        (true, _) => Ok(()),
        (false, None) => Err(Error::Unauthenticated("log in, or send a token".to_owned())),
        (false, Some(_)) => Err(Error::Forbidden("your role does not allow this".to_owned())),
    }
}
