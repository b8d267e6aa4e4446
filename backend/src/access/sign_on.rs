//! Logging in with an OpenID Connect provider: the code flow with PKCE
//! (<https://openid.net/specs/openid-connect-core-1_0.html>). Roles come from a claim of the provider.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, reqwest,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use telemetrics_common::Role;
use telemetrics_common::accounts::SIGN_ON_BACK_PATH;
use tokio::sync::Mutex;

use crate::error::{Error, Result};

/// How long what the provider says about itself is right.
const FRESH: Duration = Duration::from_secs(3600);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Stands for everyone whom the provider knows.
const EVERYONE: &str = "*";

/// The provider, and what it says about people.
#[derive(Args, Clone, Debug, Default)]
#[group(id = "sign-on")]
pub struct Settings {
    /// Log in with an OpenID Connect provider: its issuer, such as `https://login.example/realms/staff`
    #[arg(long, env = "TELEMETRICS_OIDC_ISSUER", value_name = "URL", requires_all = ["oidc_client_id", "public_url"])]
    pub oidc_issuer: Option<String>,

    /// What this server is called there
    #[arg(long, env = "TELEMETRICS_OIDC_CLIENT_ID", value_name = "ID")]
    pub oidc_client_id: Option<String>,

    /// File with the secret that this server has there; none for a public client
    #[arg(long, env = "TELEMETRICS_OIDC_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,

    /// The claim that says what people are: a text or a list of texts
    #[arg(long, env = "TELEMETRICS_OIDC_ROLE_CLAIM", default_value = "groups")]
    pub oidc_role_claim: String,

    /// What makes an admin, in that claim; separate several by commas
    #[arg(long, env = "TELEMETRICS_OIDC_ADMIN", value_delimiter = ',')]
    pub oidc_admin: Vec<String>,

    /// What makes a maintainer
    #[arg(long, env = "TELEMETRICS_OIDC_MAINTAINER", value_delimiter = ',')]
    pub oidc_maintainer: Vec<String>,

    /// What makes a viewer; * for everyone whom the provider knows
    #[arg(long, env = "TELEMETRICS_OIDC_VIEWER", value_delimiter = ',')]
    pub oidc_viewer: Vec<String>,

    /// Where browsers reach the dashboard, such as `https://telemetrics.example`
    #[arg(long, env = "TELEMETRICS_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
}

impl Settings {
    /// The highest role that the values of the claim give.
    pub fn role(&self, values: &[String]) -> Option<Role> {
        let has = |wanted: &[String]| wanted.iter().any(|one| one == EVERYONE || values.contains(one));
        let roles = [
            (Role::Admin, &self.oidc_admin),
            (Role::Maintainer, &self.oidc_maintainer),
            (Role::Viewer, &self.oidc_viewer),
        ];
        roles.into_iter().find(|(_, wanted)| has(wanted)).map(|(role, _)| role)
    }
}

/// All claims beside the standard ones.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Others {
    /// By their names.
    #[serde(flatten)]
    pub claims: HashMap<String, Value>,
}

impl AdditionalClaims for Others {}

type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Provider = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What a browser has to bring back, in a cookie of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    state: String,
    nonce: String,
    verifier: String,
}

impl Attempt {
    /// As a cookie has it.
    pub fn text(&self) -> String {
        format!("{}.{}.{}", self.state, self.nonce, self.verifier)
    }

    /// From a cookie.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::to_owned);
        let attempt = Self { state: parts.next()?, nonce: parts.next()?, verifier: parts.next()? };
        parts.next().is_none().then_some(attempt)
    }
}

/// Somebody whom the provider knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Issuer and subject: never given to somebody else.
    pub subject: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// The way to the provider.
pub struct SignOn {
    settings: Settings,
    issuer: IssuerUrl,
    client_id: ClientId,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    http: reqwest::Client,
    provider: Mutex<Option<(Instant, Provider)>>,
}

impl SignOn {
    /// To the provider of the settings, if there is one. It is asked when somebody first logs in.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn of(settings: &Settings) -> anyhow::Result<Option<Self>> {
        let Some(issuer) = &settings.oidc_issuer else { return Ok(None) };
        let client_id = settings.oidc_client_id.clone().context("--oidc-client-id: is missing")?;
        let public_url = settings.public_url.as_deref().context("--public-url: is missing")?.trim_end_matches('/');
        let secret = match &settings.oidc_client_secret_file {
            Some(file) => {
                let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
                Some(ClientSecret::new(text.trim().to_owned()))
            }
            None => None,
        };
        // A provider that sends elsewhere could send into the server's own network.
        let http =
            reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT).build()?;
        Ok(Some(Self {
            issuer: IssuerUrl::new(issuer.clone()).context("--oidc-issuer: must be a URL")?,
            client_id: ClientId::new(client_id),
            secret,
            redirect: RedirectUrl::new(format!("{public_url}{SIGN_ON_BACK_PATH}"))
                .context("--public-url: must be a URL")?,
            http,
            provider: Mutex::default(),
            settings: settings.clone(),
        }))
    }

    async fn provider(&self) -> Result<Provider> {
        let mut known = self.provider.lock().await;
        if let Some((_, provider)) = known.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(provider.clone());
        }
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        let metadata = metadata.map_err(|error| away(anyhow::Error::new(error)))?;
        let provider = Client::from_provider_metadata(metadata, self.client_id.clone(), self.secret.clone())
            .set_redirect_uri(self.redirect.clone());
        *known = Some((Instant::now(), provider.clone()));
        Ok(provider)
    }

    /// The same, asked what it says about itself now.
    async fn provider_anew(&self) -> Result<Provider> {
        *self.provider.lock().await = None;
        self.provider().await
    }

    /// Where a browser logs in, and what it has to bring back.
    ///
    /// # Errors
    /// `Unavailable` when the provider does not answer.
    pub async fn begin(&self) -> Result<(String, Attempt)> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let provider = self.provider().await?;
        let (url, state, nonce) = provider
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let attempt =
            Attempt { state: state.into_secret(), nonce: nonce.secret().clone(), verifier: verifier.into_secret() };
        Ok((url.into(), attempt))
    }

    /// Who has come back, by the code that the provider gave them.
    ///
    /// # Errors
    /// `Forbidden` for somebody who did not begin here, whom the provider does not know, or who has no role.
    pub async fn finish(&self, attempt: Attempt, state: &str, code: String) -> Result<Person> {
        if attempt.state != state {
            return Err(refused("this is not the login that was begun in this browser; begin again"));
        }
        let provider = self.provider().await?;
        let exchange = provider
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| away(anyhow::Error::new(error)))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier));
        let answer = exchange.request_async(&self.http).await.map_err(|error| {
            tracing::warn!(error = format!("{:#}", anyhow::Error::new(error)), "a login was not confirmed");
            refused("the provider did not confirm the login; begin again")
        })?;
        let token = answer.extra_fields().id_token().ok_or_else(|| refused("the provider sent no ID token"))?;
        let nonce = Nonce::new(attempt.nonce);
        let mut claims = token.claims(&provider.id_token_verifier(), &nonce);
        if matches!(claims, Err(ClaimsVerificationError::SignatureVerification(_))) {
            // It may sign with other keys by now.
            let provider = self.provider_anew().await?;
            claims = token.claims(&provider.id_token_verifier(), &nonce);
        }
        let claims = claims.map_err(|error| {
            tracing::warn!(%error, "an ID token is not valid");
            refused("the provider's answer is not valid; begin again")
        })?;
        let values = texts(claims.additional_claims().claims.get(&self.settings.oidc_role_claim));
        let role = self.settings.role(&values);
        let role = role.ok_or_else(|| refused("the provider knows you, but you have no role here; ask an admin"))?;
        let subject = claims.subject().as_str();
        let name = claims.preferred_username().map(|name| name.as_str());
        let name = name.or_else(|| claims.email().map(|email| email.as_str())).unwrap_or(subject);
        Ok(Person { subject: format!("{} {subject}", self.issuer.as_str()), name: name.to_owned(), role })
    }
}

fn refused(message: &str) -> Error {
    Error::Forbidden(message.to_owned())
}

fn away(inside: anyhow::Error) -> Error {
    Error::Unavailable { message: "the provider of logins cannot be reached".to_owned(), inside: Some(inside) }
}

/// The texts of a claim: one, or a list.
fn texts(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_highest_role_counts() {
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let settings = Settings {
            oidc_admin: list(&["ops"]),
            oidc_maintainer: list(&["dev", "qa"]),
            oidc_viewer: list(&["*"]),
            ..Settings::default()
        };
        let check = |values: &[&str], expected| assert_eq!(settings.role(&list(values)), expected, "{values:?}");
        check(&["dev", "ops"], Some(Role::Admin));
        check(&["qa"], Some(Role::Maintainer));
        check(&[], Some(Role::Viewer));
        assert_eq!(Settings { oidc_viewer: Vec::new(), ..settings }.role(&list(&["x"])), None);
    }

    #[test]
    fn claims_are_texts_or_lists_of_them() {
        assert_eq!(texts(Some(&json!("ops"))), ["ops"]);
        assert_eq!(texts(Some(&json!(["ops", 1, "dev"]))), ["ops", "dev"]);
        assert!(texts(Some(&json!({"ops": true}))).is_empty() && texts(None).is_empty());
    }

    #[test]
    fn attempts_travel_in_cookies() {
        let attempt = Attempt { state: "a-b".into(), nonce: "c_d".into(), verifier: "e~f".into() };
        assert_eq!(Attempt::parse(&attempt.text()), Some(attempt));
        assert_eq!([Attempt::parse("a.b"), Attempt::parse("a.b.c.d")], [None, None]);
    }
}
