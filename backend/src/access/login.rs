//! Logging in and out, and the first account.

use axum::http::HeaderValue;
use telemetrics_common::accounts::{
    Credentials, FirstAccount, GivenPassword, MAX_NAME_CHARS, Me, NewAccount, NewPassword,
};
use telemetrics_common::time::DAY_MILLIS;
use telemetrics_common::tokens::{GivenToken, NewToken};
use telemetrics_common::{Role, Timestamp};

use super::gate::LASTS;
use super::password::{check as check_password, check_name};
use super::sign_on::Person;
use super::{Caller, Gate, secret};
use crate::error::{Error, Result};
use crate::store::audit::Author;
use crate::store::sessions::{AddedToken, Origin};
use crate::store::{Store, accounts, sessions};

/// How long the link for the first account is valid, in milliseconds.
const LINK_MILLIS: i64 = DAY_MILLIS;
/// The longest that a token may last, in days.
const MAX_TOKEN_DAYS: u32 = 3650;
/// How much of what a browser calls itself is kept, in characters.
const AGENT_CHARS: usize = 200;

/// Somebody who has just come in, or gone: what the answer says, and the cookie that goes with it.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The answer.
    pub me: Me,
    /// The value of `Set-Cookie`.
    pub cookie: HeaderValue,
}

/// Logs in. An account that is not there is answered as a wrong password is, and takes as long.
///
/// # Errors
/// `TooMany` for who has tried too often, `Unauthenticated` for a wrong name or password.
pub async fn log_in(
    gate: &Gate,
    store: &Store,
    Credentials { name, password }: Credentials,
    from: Origin,
    now: Timestamp,
) -> Result<Entered> {
    gate.take_try_from(&from.address, now)?;
    let (name, wrong) = (name.trim(), || Error::Unauthenticated("name or password is wrong".to_owned()));
    // No account has such a name, and who tries keeps it in memory: it must not be of any length.
    check_name(name).map_err(|_| wrong())?;
    let account = name.to_lowercase();
    gate.take_try_of(&account, now)?;
    let known = accounts::find(store, &account).await?.filter(|known| !known.disabled);
    let hash = known.as_ref().and_then(|known| known.password.clone());
    let is_right = gate.passwords.verify(password, hash).await?;
    let known = known.filter(|_| is_right).ok_or_else(wrong)?;
    gate.by_account.forget(&account);
    enter(gate, store, known.id, from, now).await
}

/// Makes the first account by the link, and logs in.
///
/// # Errors
/// `BadRequest` for a name or password that cannot be one, `Forbidden` for a link that is not valid.
pub async fn first_account(
    gate: &Gate,
    store: &Store,
    FirstAccount { secret: link, name, password }: FirstAccount,
    caller: &Caller,
    now: Timestamp,
) -> Result<Entered> {
    check_name(&name)?;
    check_password("password", &password)?;
    let from = caller.comes_from();
    gate.take_try_from(&from.address, now)?;
    let hash = gate.passwords.hash(password).await?;
    let author = Author { name: Some(name.clone()), ..caller.author(now) };
    let id = accounts::add_first(store, &secret::hash(&link), &name, &hash, &author).await?;
    gate.look(store).await?;
    enter(gate, store, id, from, now).await
}

/// Makes the secret of the link for the first account, if one is needed and there is none.
///
/// # Errors
/// The database's.
pub async fn offer_first_account(gate: &Gate, store: &Store, now: Timestamp) -> Result<Option<String>> {
    if gate.is_open(store).await? || gate.look(store).await? {
        return Ok(None);
    }
    let link = secret::random()?;
    let until = Timestamp::from_millis(now.millis() + LINK_MILLIS);
    accounts::expect_first(store, &secret::hash(&link), until).await?;
    Ok(Some(link))
}

/// Changes one's own password. All sessions end, and a new one begins.
///
/// # Errors
/// `BadRequest` for a wrong or unsuitable password.
pub async fn change_password(
    gate: &Gate,
    store: &Store,
    caller: &Caller,
    NewPassword { old, new }: NewPassword,
    from: Origin,
    now: Timestamp,
) -> Result<Entered> {
    check_password("new", &new)?;
    let known = match caller.account {
        Some(id) if caller.session.is_some() => accounts::get(store, id).await?,
        _ => None,
    };
    let known = known.ok_or_else(|| Error::BadRequest("only who has logged in has a password".to_owned()))?;
    gate.take_try_of(&known.name.to_lowercase(), now)?;
    if !gate.passwords.verify(old, known.password).await? {
        return Err(Error::BadRequest("old: is not the present password".to_owned()));
    }
    let hash = gate.passwords.hash(new).await?;
    accounts::set_password(store, &known.name, &hash, &caller.author(now)).await?;
    gate.by_account.forget(&known.name.to_lowercase());
    gate.forget();
    enter(gate, store, known.id, from, now).await
}

/// Logs in somebody whom a provider knows; the first time an account is made. Their role is what the provider says now.
///
/// # Errors
/// `Forbidden` for an account that is switched off, `Conflict` for a name that somebody else has.
pub async fn enter_as(
    gate: &Gate,
    store: &Store,
    Person { subject, name, role }: Person,
    caller: &Caller,
    now: Timestamp,
) -> Result<Entered> {
    let name = name_here(&name);
    check_name(&name)?;
    let author = Author { name: Some(name.clone()), ..caller.author(now) };
    let id = accounts::known_elsewhere(store, &subject, &name, role, &author).await?;
    gate.look(store).await?;
    gate.forget();
    enter(gate, store, id, caller.comes_from(), now).await
}

/// What somebody whom a provider knows by a name is called here.
fn name_here(name: &str) -> String {
    let name: String = name.replace('/', "-").chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
    name.trim().to_owned()
}

/// Ends the caller's session.
///
/// # Errors
/// The database's.
pub async fn log_out(gate: &Gate, store: &Store, caller: &Caller, now: Timestamp) -> Result<Entered> {
    if let (Some(account), Some((session, _))) = (caller.account, &caller.session) {
        sessions::end(store, account, (*session).into(), &caller.author(now)).await?;
        gate.forget();
    }
    let me = Me { public_read: gate.public_read(), open: gate.is_open(store).await?, ..Me::default() };
    Ok(Entered { me, cookie: gate.set_cookie(None)? })
}

async fn enter(gate: &Gate, store: &Store, account: i32, from: Origin, now: Timestamp) -> Result<Entered> {
    let session = secret::random()?;
    let agent = from.agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect();
    sessions::begin(store, &secret::hash(&session), account, Origin { agent, ..from }, now, LASTS).await?;
    let known = accounts::get(store, account).await?.ok_or_else(|| Error::internal("an account has vanished"))?;
    let me = Me {
        name: Some(known.name),
        role: Some(known.role),
        csrf: Some(secret::csrf(&session)),
        public_read: gate.public_read(),
        ..Me::default()
    };
    Ok(Entered { me, cookie: gate.set_cookie(Some(&session))? })
}

/// Makes an account with a password that is shown once.
///
/// # Errors
/// `BadRequest` for a name that cannot be one, `Conflict` for one that there is.
pub async fn add_account(gate: &Gate, store: &Store, new: NewAccount, author: &Author) -> Result<GivenPassword> {
    check_name(&new.name)?;
    let password = secret::password()?;
    let hash = gate.passwords.hash(password.clone()).await?;
    accounts::add(store, &new.name, &hash, new.role, author).await?;
    gate.look(store).await?;
    Ok(GivenPassword { name: new.name, password })
}

/// Gives an account another password that is shown once. Its sessions end.
///
/// # Errors
/// `NotFound`.
pub async fn reset_password(gate: &Gate, store: &Store, name: String, author: &Author) -> Result<GivenPassword> {
    let password = secret::password()?;
    let hash = gate.passwords.hash(password.clone()).await?;
    accounts::set_password(store, &name, &hash, author).await?;
    gate.forget();
    Ok(GivenPassword { name, password })
}

/// Makes a token for scripts.
///
/// # Errors
/// `BadRequest` for a name or number of days that cannot be, `Forbidden` for more than the caller may do.
pub async fn add_token(store: &Store, caller: &Caller, new: NewToken, now: Timestamp) -> Result<GivenToken> {
    let NewToken { name, role, days } = new;
    check_name(&name)?;
    if days.is_some_and(|days| !(1..=MAX_TOKEN_DAYS).contains(&days)) {
        return Err(Error::BadRequest(format!("days: must be 1 to {MAX_TOKEN_DAYS}")));
    }
    if caller.role.is_none_or(|own: Role| own < role) {
        return Err(Error::Forbidden("role: a token may do no more than who makes it".to_owned()));
    }
    let expires_at = days.map(|days| Timestamp::from_millis(now.millis() + i64::from(days) * DAY_MILLIS));
    let token = secret::token()?;
    let new = AddedToken { name, role, account: caller.account, expires_at };
    let id = sessions::add_token(store, &secret::hash(&token), new, &caller.author(now)).await?;
    Ok(GivenToken { id: id.into(), token })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_provider_become_names_of_accounts() {
        let check = |name: &str, expected: &str| {
            assert_eq!(name_here(name), expected);
            check_name(expected).unwrap();
        };
        check("ada", "ada");
        check("staff/ada", "staff-ada");
        check("\u{7} ada \n", "ada");
        check(&format!("{} b", "a".repeat(63)), &"a".repeat(63));
    }
}
