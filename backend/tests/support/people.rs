//! People with accounts, and what they show to be known.

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use telemetrics_common::accounts::{AddAccount, Credentials, GivenPassword, LogIn, Me, NewAccount};
use telemetrics_common::{Endpoint, Role, endpoint};

use super::{Answer, TestApp};

/// What a browser or a script shows.
#[derive(Clone, Debug, Default)]
pub struct Shows(Vec<(&'static str, String)>);

impl Shows {
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(other, _)| *other != name);
        self
    }

    pub fn token(token: &str) -> Self {
        Self::default().with("authorization", &format!("Bearer {token}"))
    }

    /// The cookie and the CSRF token that a login has given.
    pub fn session(answer: &Answer) -> Self {
        let csrf = answer.json::<Me>().csrf.expect("a CSRF token");
        Self::default().with("cookie", &cookie_of(&answer.headers)).with("x-csrf-token", &csrf)
    }

    /// Shows it in a request.
    pub fn in_request(&self, request: Builder) -> Builder {
        self.0.iter().fold(request, |request, (name, value)| request.header(*name, value))
    }
}

fn cookie_of(headers: &HeaderMap) -> String {
    headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

pub async fn send<E: Endpoint>(app: &TestApp, shows: &Shows, call: &E, body: &E::Body) -> Answer {
    let request = Request::builder().method(E::METHOD.as_str()).uri(endpoint::url(call)).header("host", "localhost");
    let body = Body::from(serde_json::to_vec(body).unwrap());
    app.send(shows.in_request(request).body(body).unwrap()).await
}

/// Makes the first account, an admin, as the command line does.
pub async fn has_admin(app: &TestApp, name: &str) -> Shows {
    let new = NewAccount { name: name.to_owned(), role: Role::Admin };
    let given: GivenPassword =
        send(app, &Shows::default(), &AddAccount {}, &new).await.expect(StatusCode::CREATED).json();
    logs_in(app, name, &given.password).await
}

pub async fn logs_in(app: &TestApp, name: &str, password: &str) -> Shows {
    let credentials = Credentials { name: name.to_owned(), password: password.to_owned() };
    Shows::session(&send(app, &Shows::default(), &LogIn {}, &credentials).await.expect(StatusCode::OK))
}

pub async fn has_account(app: &TestApp, admin: &Shows, name: &str, role: Role) -> GivenPassword {
    let new = NewAccount { name: name.to_owned(), role };
    send(app, admin, &AddAccount {}, &new).await.expect(StatusCode::CREATED).json()
}
