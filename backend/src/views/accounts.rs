//! Accounts, sessions and tokens. Pages that are no tab.

use telemetrics_common::Role;
use telemetrics_common::accounts::{
    AccountPatch, Accounts, AddAccount, ChangePassword, Credentials, EndSession, FirstAccount, GetMe, GivenPassword,
    ListAccounts, ListSessions, LogIn, LogOut, MakeFirstAccount, Me, NewAccount, NewPassword, PatchAccount,
    ResetPassword, Sessions,
};
use telemetrics_common::tokens::{AddToken, GivenToken, ListTokens, NewToken, RevokeToken, Tokens};

use crate::access::{self, Caller, Entered};
use crate::api::{Routes, WithCookie, endpoint_as};
use crate::app::AppState;
use crate::error::{Error, Result};
use crate::store::{accounts, sessions};

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(endpoint_as::<GetMe, _, _, _>(me))
        .routes(endpoint_as::<LogIn, _, _, _>(log_in))
        .routes(endpoint_as::<LogOut, _, _, _>(log_out))
        .routes(endpoint_as::<MakeFirstAccount, _, _, _>(make_first))
        .routes(endpoint_as::<ChangePassword, _, _, _>(change_password))
        .routes(endpoint_as::<ListSessions, _, _, _>(list_sessions))
        .routes(endpoint_as::<EndSession, _, _, _>(end_session))
        .routes(endpoint_as::<ListAccounts, _, _, _>(list))
        .routes(endpoint_as::<AddAccount, _, _, _>(add))
        .routes(endpoint_as::<PatchAccount, _, _, _>(patch))
        .routes(endpoint_as::<ResetPassword, _, _, _>(reset_password))
        .routes(endpoint_as::<ListTokens, _, _, _>(list_tokens))
        .routes(endpoint_as::<AddToken, _, _, _>(add_token))
        .routes(endpoint_as::<RevokeToken, _, _, _>(revoke_token))
}

fn entered(Entered { me, cookie }: Entered) -> WithCookie<Me> {
    WithCookie { answer: me, cookie }
}

async fn me(state: AppState, caller: Caller, _: GetMe, (): ()) -> Result<Me> {
    let open = state.gate.is_open(&state.store).await?;
    let first_account = !open && caller.role.is_none() && !accounts::any(&state.store).await?;
    Ok(Me {
        name: caller.name.as_deref().map(str::to_owned),
        role: caller.role,
        csrf: caller.session.map(|(_, csrf)| csrf),
        open,
        first_account,
        public_read: state.gate.public_read(),
        sign_on: state.sign_on.is_some(),
    })
}

async fn log_in(state: AppState, caller: Caller, _: LogIn, credentials: Credentials) -> Result<WithCookie<Me>> {
    access::log_in(&state.gate, &state.store, credentials, caller.comes_from(), state.now()).await.map(entered)
}

async fn log_out(state: AppState, caller: Caller, _: LogOut, (): ()) -> Result<WithCookie<Me>> {
    access::log_out(&state.gate, &state.store, &caller, state.now()).await.map(entered)
}

async fn make_first(state: AppState, caller: Caller, _: MakeFirstAccount, new: FirstAccount) -> Result<WithCookie<Me>> {
    access::first_account(&state.gate, &state.store, new, &caller, state.now()).await.map(entered)
}

async fn change_password(
    state: AppState,
    caller: Caller,
    _: ChangePassword,
    new: NewPassword,
) -> Result<WithCookie<Me>> {
    let from = caller.comes_from();
    access::change_password(&state.gate, &state.store, &caller, new, from, state.now()).await.map(entered)
}

async fn list_sessions(state: AppState, caller: Caller, _: ListSessions, (): ()) -> Result<Sessions> {
    own_sessions(&state, &caller).await
}

async fn own_sessions(state: &AppState, caller: &Caller) -> Result<Sessions> {
    let Some(account) = caller.account else { return Ok(Sessions::default()) };
    let current = caller.session.as_ref().map(|(id, _)| *id);
    Ok(Sessions { sessions: sessions::list(&state.store, account, current).await? })
}

async fn end_session(state: AppState, caller: Caller, call: EndSession, (): ()) -> Result<Sessions> {
    // Who has no account has no sessions: there is none of that number.
    sessions::end(&state.store, caller.account.unwrap_or_default(), call.id, &caller.author(state.now())).await?;
    state.gate.forget();
    own_sessions(&state, &caller).await
}

async fn list(state: AppState, _: Caller, _: ListAccounts, (): ()) -> Result<Accounts> {
    Ok(Accounts { accounts: accounts::list(&state.store).await? })
}

async fn add(state: AppState, caller: Caller, _: AddAccount, new: NewAccount) -> Result<GivenPassword> {
    access::add_account(&state.gate, &state.store, new, &caller.author(state.now())).await
}

async fn patch(state: AppState, caller: Caller, call: PatchAccount, patch: AccountPatch) -> Result<Accounts> {
    accounts::patch(&state.store, &call.name, patch, &caller.author(state.now())).await?;
    state.gate.forget();
    list(state, caller, ListAccounts {}, ()).await
}

async fn reset_password(state: AppState, caller: Caller, call: ResetPassword, (): ()) -> Result<GivenPassword> {
    access::reset_password(&state.gate, &state.store, call.name, &caller.author(state.now())).await
}

/// Whose tokens the caller may see and take back: all for admins.
fn tokens_of(caller: &Caller) -> Option<i32> {
    match caller.role {
        Some(Role::Admin) => None,
        // No account has this number.
        _ => Some(caller.account.unwrap_or(-1)),
    }
}

async fn list_tokens(state: AppState, caller: Caller, _: ListTokens, (): ()) -> Result<Tokens> {
    Ok(Tokens { tokens: sessions::tokens(&state.store, tokens_of(&caller)).await? })
}

async fn add_token(state: AppState, caller: Caller, _: AddToken, new: NewToken) -> Result<GivenToken> {
    // Who has a name but no session has shown a token, which would outlive itself by those that it makes.
    if caller.name.is_some() && caller.session.is_none() {
        return Err(Error::Forbidden("a token makes no tokens: log in for that".to_owned()));
    }
    access::add_token(&state.store, &caller, new, state.now()).await
}

async fn revoke_token(state: AppState, caller: Caller, call: RevokeToken, (): ()) -> Result<Tokens> {
    sessions::revoke_token(&state.store, tokens_of(&caller), call.id, &caller.author(state.now())).await?;
    state.gate.forget();
    list_tokens(state, caller, ListTokens {}, ()).await
}
