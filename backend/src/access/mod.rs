//! Who makes a request, and whether they may. Each route says for itself whom it is for
//! ([`Endpoint::ACCESS`](telemetrics_common::Endpoint::ACCESS)); [`guarded`] is the one place that decides.

mod caller;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use telemetrics_common::{Access, Role};

use crate::app::AppState;
use crate::error::{Error, Result};
use crate::server::Peer;

pub use caller::Caller;

/// Finds out who makes a request, for everything behind it.
pub async fn identify(State(_): State<AppState>, mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    request.extensions_mut().insert(Caller { name: None, role: Some(Role::Admin), address });
    next.run(request).await
}

/// A route that answers only those who may call it.
pub fn guarded(access: Access, route: MethodRouter<AppState>) -> MethodRouter<AppState> {
    route.layer(from_fn_with_state(access, answer_if_allowed))
}

async fn answer_if_allowed(State(access): State<Access>, caller: Caller, request: Request, next: Next) -> Response {
    match check(&caller, access) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check(caller: &Caller, access: Access) -> Result<()> {
    match (caller.may(access), caller.role) {
        (true, _) => Ok(()),
        (false, None) => Err(Error::Unauthenticated("log in, or send a token".to_owned())),
        (false, Some(_)) => Err(Error::Forbidden("your role does not allow this".to_owned())),
    }
}
