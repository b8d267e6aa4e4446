//! Logging in with a provider: there and back, roles, and what does not pass.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::support::{Answer, Database, Kind, TestApp};

const KEY: &str = include_str!("../fixtures/provider-key.pem");

/// A provider of logins: what it will say, by the codes that it has given.
#[derive(Clone, Default)]
struct Provider {
    codes: Arc<Mutex<HashMap<String, Given>>>,
    address: Option<SocketAddr>,
    /// How often it has changed the key that it signs with.
    key_changes: Arc<AtomicU32>,
}

#[derive(Clone, Default)]
struct Given {
    claims: Value,
    nonce: String,
    challenge: String,
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self { address: Some(listener.local_addr().unwrap()), ..Self::default() };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(about))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn issuer(&self) -> String {
        format!("http://{}", self.address.unwrap())
    }

    /// The name of the key in use: to who knows the one of before, another name is another key.
    fn key_id(&self) -> String {
        format!("key-{}", self.key_changes.load(Ordering::Relaxed))
    }

    fn key(&self) -> CoreRsaPrivateSigningKey {
        CoreRsaPrivateSigningKey::from_pem(KEY, Some(JsonWebKeyId::new(self.key_id()))).unwrap()
    }

    /// Lets somebody in who was led here; gives the code and the state that they bring back.
    fn let_in(&self, led_to: &str, claims: Value) -> (String, String) {
        let query = led_to.split_once('?').unwrap().1;
        let asked: HashMap<String, String> = telemetrics_common::query::decode(query).into_iter().collect();
        assert_eq!(asked["client_id"], "telemetrics");
        assert_eq!(asked["redirect_uri"], "https://telemetrics.example/api/v1/sign-on/back");
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = format!("code-{:016x}", fastrand::u64(..));
        let given = Given { claims, nonce: asked["nonce"].clone(), challenge: asked["code_challenge"].clone() };
        self.codes.lock().unwrap().insert(code.clone(), given);
        (code, asked["state"].clone())
    }
}

async fn about(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    Json(json!({"keys": [provider.key().as_verification_key()]}))
}

async fn token(
    State(provider): State<Provider>,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    // A code is good once, and only with the secret that its challenge was made of.
    let given = provider.codes.lock().unwrap().remove(&form["code"]).ok_or(StatusCode::BAD_REQUEST)?;
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    if challenge != given.challenge {
        return Err(StatusCode::BAD_REQUEST);
    }
    let now = telemetrics_backend::now().seconds();
    let mut claims = json!({
        "iss": provider.issuer(), "aud": "telemetrics", "iat": now, "exp": now + 300, "nonce": given.nonce,
    });
    claims.as_object_mut().unwrap().extend(given.claims.as_object().unwrap().clone());
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "RS256", "kid": provider.key_id()})), part(&claims));
    let signature = provider.key().sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, signed.as_bytes()).unwrap();
    let id_token = format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
    Ok(Json(json!({"access_token": "unused", "token_type": "Bearer", "id_token": id_token})))
}

/// A browser with its cookies.
struct Browser<'a> {
    app: &'a TestApp,
    cookies: HashMap<String, String>,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self { app, cookies: HashMap::new() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::get(path).header("host", "localhost").header("cookie", cookies.join("; "));
        let answer = self.app.send(request.body(Body::empty()).unwrap()).await;
        for set in answer.headers.get_all("set-cookie") {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
        answer
    }

    /// Logs in with the provider; gives where one ends up.
    async fn sign_on(&mut self, provider: &Provider, claims: Value) -> String {
        let begun = self.get("/api/v1/sign-on").await.expect(StatusCode::SEE_OTHER);
        let (code, state) = provider.let_in(location(&begun.headers), claims);
        let back = self.get(&format!("/api/v1/sign-on/back?code={code}&state={state}&session_state=x")).await;
        location(&back.expect(StatusCode::SEE_OTHER).headers).to_owned()
    }

    async fn me(&mut self) -> Value {
        self.get("/api/v1/me").await.expect(StatusCode::OK).json()
    }
}

fn location(headers: &HeaderMap) -> &str {
    headers["location"].to_str().unwrap()
}

fn problem(location: &str) -> String {
    let query = location.strip_prefix("/login?").expect("the page for logging in");
    telemetrics_common::query::decode(query).remove(0).1
}

async fn people_log_in_elsewhere(kind: Kind) {
    let (database, provider) = (Database::new(kind).await, Provider::start().await);
    let options = [
        "--oidc-issuer",
        &provider.issuer(),
        "--oidc-client-id",
        "telemetrics",
        "--public-url",
        "https://telemetrics.example/",
        "--oidc-admin",
        "ops",
        "--oidc-viewer",
        "staff",
    ];
    let app = TestApp::start(&database.url, &options).await;
    // With a provider the server is closed from the first moment on.
    app.get("/api/v1/records").await.expect(StatusCode::UNAUTHORIZED);
    let ada = |groups: Value| json!({"sub": "1", "preferred_username": "ada", "groups": groups});
    let mut browser = Browser::new(&app);
    assert_eq!(browser.me().await["sign_on"], json!(true));
    assert_eq!(browser.sign_on(&provider, ada(json!(["ops", "x"]))).await, "/");
    let me = browser.me().await;
    assert_eq!((&me["name"], &me["role"]), (&json!("ada"), &json!("admin")));

    // Somebody else has a session of their own, and less to say.
    let mut other = Browser::new(&app);
    let grace = json!({"sub": "2", "email": "grace@example.org", "groups": "staff"});
    assert_eq!(other.sign_on(&provider, grace).await, "/");
    assert_eq!(other.me().await["name"], json!("grace@example.org"));
    other.get("/api/v1/accounts").await.expect(StatusCode::FORBIDDEN);

    // The provider's word counts at each login, whatever one is called by then, and whatever key it is signed with.
    provider.key_changes.fetch_add(1, Ordering::Relaxed);
    let renamed = json!({"sub": "1", "preferred_username": "countess", "groups": ["staff"]});
    assert_eq!(browser.sign_on(&provider, renamed).await, "/");
    let me = browser.me().await;
    assert_eq!((&me["name"], &me["role"]), (&json!("ada"), &json!("viewer")));

    // Who has no role, or the name of somebody else, does not get in.
    let mut stranger = Browser::new(&app);
    let unknown = stranger.sign_on(&provider, json!({"sub": "3", "groups": []})).await;
    assert_eq!(problem(&unknown), "the provider knows you, but you have no role here; ask an admin");
    let same_name = json!({"sub": "4", "preferred_username": "Ada", "groups": ["staff"]});
    assert_eq!(problem(&stranger.sign_on(&provider, same_name).await), "there is an account Ada already");
    assert_eq!(stranger.me().await["role"], Value::Null);
    app.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn sqlite_lets_in_whom_a_provider_knows() {
    people_log_in_elsewhere(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_lets_in_whom_a_provider_knows() {
    people_log_in_elsewhere(Kind::Postgres).await;
}

#[tokio::test]
async fn what_was_not_begun_here_does_not_pass() {
    let (database, provider) = (Database::new(Kind::Sqlite).await, Provider::start().await);
    let issuer = provider.issuer();
    let options =
        ["--oidc-issuer", &issuer, "--oidc-client-id", "telemetrics", "--public-url", "https://telemetrics.example"];
    let app = TestApp::start(&database.url, &[&options[..], &["--oidc-admin", "*"]].concat()).await;
    let claims = json!({"sub": "1", "preferred_username": "ada"});
    let begun = async |browser: &mut Browser<'_>| {
        let begun = browser.get("/api/v1/sign-on").await.expect(StatusCode::SEE_OTHER);
        provider.let_in(location(&begun.headers), claims.clone())
    };
    let back = async |browser: &mut Browser<'_>, query: String| {
        let back = browser.get(&format!("/api/v1/sign-on/back?{query}")).await;
        problem(location(&back.expect(StatusCode::SEE_OTHER).headers))
    };
    let (mut victim, mut attacker) = (Browser::new(&app), Browser::new(&app));
    let (code, state) = begun(&mut attacker).await;
    // The attacker's code in a browser that has begun nothing, or something else.
    let again = "the login took too long, or was begun in another browser; begin again";
    assert_eq!(back(&mut victim, format!("code={code}&state={state}")).await, again);
    let (_, own_state) = begun(&mut victim).await;
    let other = "this is not the login that was begun in this browser; begin again";
    assert_eq!(back(&mut victim, format!("code={code}&state={state}")).await, other);
    let unconfirmed = "the provider did not confirm the login; begin again";
    assert_eq!(back(&mut victim, format!("code={code}&state={own_state}")).await, unconfirmed);
    assert_eq!(back(&mut victim, "error=access_denied".to_owned()).await, "the provider did not let you in");
    // A token that is too old, or for somebody else.
    for (wrong, value) in [("exp", json!(1)), ("aud", json!("another")), ("iss", json!("https://evil.example"))] {
        let mut browser = Browser::new(&app);
        let mut claims = claims.clone();
        claims[wrong] = value;
        let location = browser.sign_on(&provider, claims).await;
        assert_eq!(problem(&location), "the provider's answer is not valid; begin again", "{wrong}");
    }
    let none = TestApp::start(&database.url, &[]).await;
    let nowhere = none.get("/api/v1/sign-on").await.expect(StatusCode::SEE_OTHER);
    assert_eq!(problem(location(&nowhere.headers)), "there is no provider of logins");
    none.stop().await;
    app.stop().await;
    database.remove().await;
}
