//! Tests signing in with OpenID Connect, with a small provider in this process.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "support/mod.rs"]
mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use app::access::{BoardRole, InstanceRole};
use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use openidconnect::{
    AccessToken, Audience, EmptyAdditionalClaims, EndUserEmail, EndUserName, IssuerUrl, JsonWebKeyId, LocalizedClaim,
    Nonce, PrivateSigningKey, StandardClaims, SubjectIdentifier,
    core::{CoreEdDsaPrivateSigningKey, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKeySet, CoreJwsSigningAlgorithm},
};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{
    database::Database,
    node::{NewBoard, mutation, new_column},
    server::{Process, Server, command, open},
};
use taskwire::{
    accounts::{NewPerson, invitations::Invitation, settings::WantedSetting},
    credentials::Credentials,
    http::Services,
    settings::{Auth, Settings},
};
use uuid::Uuid;

const CLIENT: &str = "taskwire";
const SECRET: &str = "known to both sides";

/// A person's account at the provider, and the mistake that the provider makes.
#[derive(Clone, Default)]
struct Script {
    subject: &'static str,
    email: &'static str,
    verified: bool,
    mistake: Option<Mistake>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    Nonce,
    Audience,
    Issuer,
    Key,
    Denied,
}

/// For each code, the nonce and the PKCE challenge that the provider remembers.
type Codes = HashMap<String, (String, String)>;

#[derive(Clone)]
struct Provider {
    issuer: String,
    script: Arc<Mutex<Script>>,
    codes: Arc<Mutex<Codes>>,
    key: Arc<CoreEdDsaPrivateSigningKey>,
    other_key: Arc<CoreEdDsaPrivateSigningKey>,
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            script: Arc::default(),
            codes: Arc::default(),
            key: Arc::new(key()),
            other_key: Arc::new(key()),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn is(&self, script: Script) {
        *self.script.lock().unwrap() = script;
    }
}

/// A new Ed25519 key, as PKCS #8 in PEM: a fixed prefix and 32 random bytes.
fn key() -> CoreEdDsaPrivateSigningKey {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    der.extend(seed);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64_STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new("one".to_owned()))).unwrap()
}

async fn metadata(State(provider): State<Provider>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<CoreJsonWebKeySet> {
    Json(CoreJsonWebKeySet::new(vec![provider.key.as_verification_key()]))
}

/// Redirects at once: at this provider, everybody is signed in already and consents.
async fn authorize(State(provider): State<Provider>, Query(asked): Query<HashMap<String, String>>) -> Redirect {
    assert_eq!((asked["client_id"].as_str(), asked["response_type"].as_str()), (CLIENT, "code"));
    assert_eq!(asked["code_challenge_method"], "S256");
    assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
    let (redirect, state) = (&asked["redirect_uri"], &asked["state"]);
    if provider.script.lock().unwrap().mistake == Some(Mistake::Denied) {
        return Redirect::to(&format!("{redirect}?error=access_denied&state={state}"));
    }
    let code = app::new_id::<Uuid>().to_string();
    let remembered = (asked["nonce"].clone(), asked["code_challenge"].clone());
    provider.codes.lock().unwrap().insert(code.clone(), remembered);
    Redirect::to(&format!("{redirect}?code={code}&state={state}"))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(asked): Form<HashMap<String, String>>,
) -> Response {
    let proof = BASE64_STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+")));
    assert_eq!(headers["authorization"], format!("Basic {proof}"));
    let Some((nonce, challenge)) = provider.codes.lock().unwrap().remove(&asked["code"]) else {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    };
    let hash = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&asked["code_verifier"]));
    assert_eq!(hash, challenge, "the one who comes back is the one who went");
    let Script { subject, email, verified, mistake } = provider.script.lock().unwrap().clone();
    let wrong = |which| mistake == Some(which);
    let issuer = if wrong(Mistake::Issuer) { "http://127.0.0.1:1".to_owned() } else { provider.issuer.clone() };
    let audience = if wrong(Mistake::Audience) { "somebody else" } else { CLIENT };
    let nonce = if wrong(Mistake::Nonce) { "another".to_owned() } else { nonce };
    let mut name = LocalizedClaim::new();
    name.insert(None, EndUserName::new("Cleo Elsewhere".to_owned()));
    let standard = StandardClaims::new(SubjectIdentifier::new(subject.to_owned()))
        .set_email(Some(EndUserEmail::new(email.to_owned())))
        .set_email_verified(Some(verified))
        .set_name(Some(name));
    let now = chrono::Utc::now();
    let claims = CoreIdTokenClaims::new(
        IssuerUrl::new(issuer).unwrap(),
        vec![Audience::new(audience.to_owned())],
        now + std::time::Duration::from_secs(60),
        now,
        standard,
        EmptyAdditionalClaims {},
    )
    .set_nonce(Some(Nonce::new(nonce)));
    let key = if wrong(Mistake::Key) { &provider.other_key } else { &provider.key };
    let access = AccessToken::new("unused".to_owned());
    let token = CoreIdToken::new(claims, &**key, CoreJwsSigningAlgorithm::EdDsa, Some(&access), None).unwrap();
    Json(json!({"access_token": "unused", "token_type": "bearer", "id_token": token})).into_response()
}

/// A server that uses the provider to sign people in.
struct Scene {
    server: Server,
    services: Arc<Services>,
    provider: Provider,
    _database: Database,
}

impl Scene {
    async fn set() -> Self {
        let provider = Provider::start().await;
        let database = Database::sqlite();
        let settings = Settings {
            auth: Auth::Accounts,
            database: database.url.clone(),
            no_sample: true,
            oidc_issuer: Some(provider.issuer.clone()),
            oidc_client_id: Some(CLIENT.to_owned()),
            oidc_client_secret: Some(SECRET.to_owned()),
            ..open()
        };
        let (server, services) = Server::with_services(settings).await;
        Self { server, services, provider, _database: database }
    }

    async fn person(&self, email: &str) -> app::id::ActorId {
        let new = NewPerson { name: "Cleo", email, password: None };
        self.services.accounts.add(&Credentials::local(), new, InstanceRole::Member).await.unwrap()
    }

    /// Starts signing in. Returns the address at the provider, and the cookie that the server set.
    async fn begin(&self, query: &str) -> (String, String) {
        let answer = self.server.at(Method::GET, &format!("/sign-in/elsewhere{query}")).send().await.unwrap();
        assert_eq!(answer.status(), 303);
        (location(&answer), cookie(&answer).unwrap())
    }

    /// Follows an address at the provider. Returns the path on this server to which the provider redirects.
    async fn at_the_provider(&self, address: &str) -> String {
        let answer = self.server.client.get(address).send().await.unwrap();
        let back = location(&answer);
        // The provider knows this server by its public address, which stands for this server.
        let path = back.split_once("/sign-in/").unwrap().1;
        format!("/sign-in/{path}")
    }

    async fn callback(&self, path: &str, cookie: &str) -> reqwest::Response {
        self.server.at(Method::GET, path).header("cookie", cookie).send().await.unwrap()
    }

    /// Signs in at the provider. Returns where the browser is led afterwards, and the signed-in person.
    async fn sign_in(&self, query: &str) -> Result<(String, Value), u16> {
        let (there, before) = self.begin(query).await;
        let back = self.at_the_provider(&there).await;
        let answer = self.callback(&back, &before).await;
        if answer.status() != 303 {
            return Err(answer.status().as_u16());
        }
        let after = cookie(&answer).unwrap();
        assert_ne!(before, after, "a new session");
        let me = self.server.api(Method::GET, "/people/me").header("cookie", after).send().await.unwrap();
        Ok((location(&answer), serde_json::from_str(&me.text().await.unwrap()).unwrap()))
    }
}

fn location(answer: &reqwest::Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

fn cookie(answer: &reqwest::Response) -> Option<String> {
    let cookies = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let session = cookies.into_iter().find(|cookie| cookie.starts_with("taskwire_session_"))?;
    assert!(session.contains("HttpOnly") && session.contains("SameSite=Lax"), "{session}");
    Some(session.split(';').next()?.to_owned())
}

fn cleo(subject: &'static str) -> Script {
    Script { subject, email: "cleo@example.com", verified: true, mistake: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_the_verified_address_becomes_theirs_and_stays_so() {
    let scene = Scene::set().await;
    let id = scene.person("cleo@example.com").await;
    scene.provider.is(cleo("c-1"));
    let (led, me) = scene.sign_in("?next=/boards").await.unwrap();
    assert_eq!((led.as_str(), &me["id"]), ("/boards", &json!(id)));
    // People are identified by the provider's subject, not by the address, which may change.
    scene.provider.is(Script { email: "other@example.com", verified: false, ..cleo("c-1") });
    assert_eq!(scene.sign_in("").await.unwrap().1["id"], json!(id));
    // A deactivated account is not let in, however the person signs in.
    scene.services.accounts.set_active(&Credentials::local(), id, false).await.unwrap();
    assert_eq!(scene.sign_in("").await.unwrap_err(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_an_invitation_or_a_verified_address() {
    let scene = Scene::set().await;
    scene.person("cleo@example.com").await;
    scene.provider.is(Script { verified: false, ..cleo("c-2") });
    assert_eq!(scene.sign_in("").await.unwrap_err(), 403, "an address that is not verified may be anybody's");
    scene.provider.is(Script { email: "stranger@example.com", ..cleo("c-3") });
    assert_eq!(scene.sign_in("").await.unwrap_err(), 403);
    assert_eq!(scene.sign_in("?invitation=made-up").await.unwrap_err(), 410);
    assert_eq!(scene.services.accounts.accounts(&Credentials::local()).unwrap().len(), 1, "nobody was let in");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_domain_get_an_account_if_the_settings_say_so() {
    let scene = Scene::set().await;
    let services = &scene.services;
    let accounts = &services.accounts;
    let allow = |domains: &str| {
        let value = Some(domains.to_owned()).filter(|domains| !domains.is_empty());
        let wanted = WantedSetting { name: "sign_up_domains".to_owned(), value, was: None };
        async move { services.settings.change(accounts, &Credentials::local(), &[wanted]).await.unwrap() }
    };
    allow("example.org,example.com").await;
    // The first account is an owner's, and is not made in this way.
    scene.provider.is(cleo("c-1"));
    assert_eq!(scene.sign_in("").await.unwrap_err(), 403);
    scene.person("owner@elsewhere.example").await;
    let (_, me) = scene.sign_in("").await.unwrap();
    assert_eq!((&me["email"], &me["role"]), (&json!("cleo@example.com"), &json!("member")));
    assert_eq!(scene.sign_in("").await.unwrap().1["id"], me["id"], "the same account again");
    // Other domains, and addresses that the provider did not verify.
    for (subject, email, verified) in [
        ("c-2", "eve@sub.example.com", true),
        ("c-3", "eve@example.com.evil.example", true),
        ("c-4", "eve@example.com", false),
    ] {
        scene.provider.is(Script { email, verified, ..cleo(subject) });
        assert_eq!(scene.sign_in("").await.unwrap_err(), 403, "{email}");
    }
    allow("").await;
    scene.provider.is(Script { email: "late@example.com", ..cleo("c-5") });
    assert_eq!(scene.sign_in("").await.unwrap_err(), 403);
    assert_eq!(accounts.accounts(&Credentials::local()).unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_an_account_and_puts_it_on_its_boards() {
    let scene = Scene::set().await;
    let plan = NewBoard { id: app::new_id::<app::id::BoardId>(), columns: [new_column(), new_column(), new_column()] };
    scene.services.writer.write(plan.id, mutation(plan.create()), Credentials::local()).await.unwrap();
    let invitation = Invitation {
        role: InstanceRole::Member,
        boards: vec![(plan.id, BoardRole::Viewer)],
        groups: Vec::new(),
        email: None,
        note: String::new(),
    };
    let secret = scene.services.accounts.invite(&Credentials::local(), invitation).await.unwrap();
    scene.provider.is(cleo("c-4"));
    let (_, me) = scene.sign_in(&format!("?invitation={}", secret.expose())).await.unwrap();
    assert_eq!((&me["name"], &me["email"]), (&json!("Cleo Elsewhere"), &json!("cleo@example.com")));
    let board = scene.services.store.board(plan.id).await.unwrap().unwrap();
    assert_eq!(board.access().members.values().copied().collect::<Vec<_>>(), [BoardRole::Viewer]);
    // The second sign-in needs no invitation.
    assert_eq!(scene.sign_in("").await.unwrap().1["id"], me["id"]);
}

/// Creates an account with an invitation, for a person who claims Cleo's address.
async fn claimed(scene: &Scene) -> app::id::ActorId {
    let invitation = Invitation {
        role: InstanceRole::Member,
        boards: Vec::new(),
        groups: Vec::new(),
        email: None,
        note: String::new(),
    };
    let secret = scene.services.accounts.invite(&Credentials::local(), invitation).await.unwrap();
    let new = NewPerson { name: "Eve", email: "cleo@example.com", password: Some(PASSWORD) };
    let from = std::net::IpAddr::from([127, 0, 0, 1]).into();
    scene.services.accounts.accept_invitation(secret.expose(), new, from, &scene.services.writer).await.unwrap().person
}

const PASSWORD: &str = "correct horse battery";

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_address_nobody_proved_is_tied_by_its_password_alone() {
    let scene = Scene::set().await;
    let id = claimed(&scene).await;
    scene.provider.is(cleo("c-7"));
    let (there, kept) = scene.begin("?next=/boards/x%26y").await;
    let back = scene.at_the_provider(&there).await;
    let answer = scene.callback(&back, &kept).await;
    assert_eq!(location(&answer), "/sign-in?after=elsewhere&next=/boards/x%26y");
    let page = scene.server.at(Method::GET, &location(&answer)).header("cookie", &kept).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("not linked to this way of signing in yet") && page.contains("cleo@example.com"), "{page}");
    let sign_in = async |email: &str, password: &str| {
        let request = scene.server.at(Method::POST, "/sign-in").header("cookie", &kept);
        let request = request.header("origin", &scene.server.base);
        let body = format!("email={}&password={}", email.replace('@', "%40"), password.replace(' ', "+"));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        request.send().await.unwrap()
    };
    assert_eq!(sign_in("cleo@example.com", "a wrong guess").await.status(), 401);
    assert_eq!(scene.services.store.identity(&scene.provider.issuer, "c-7").await.unwrap(), None);
    assert_eq!(sign_in("cleo@example.com", PASSWORD).await.status(), 303);
    assert_eq!(scene.sign_in("").await.unwrap().1["id"], json!(id));
    assert!(scene.services.store.directory().account(id).unwrap().email_is_proved);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_one_persons_at_a_provider() {
    let scene = Scene::set().await;
    let id = scene.person("cleo@example.com").await;
    scene.provider.is(cleo("c-8"));
    assert_eq!(scene.sign_in("").await.unwrap().1["id"], json!(id));
    scene.provider.is(cleo("c-9"));
    assert_eq!(scene.sign_in("").await.unwrap_err(), 403, "a second one with the same address");
    scene.provider.is(cleo("c-8"));
    assert_eq!(scene.sign_in("").await.unwrap().1["id"], json!(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oidc_callback_needs_the_same_browser_and_works_once() {
    let scene = Scene::set().await;
    scene.person("cleo@example.com").await;
    scene.provider.is(cleo("c-5"));
    let (there, mine) = scene.begin("").await;
    let back = scene.at_the_provider(&there).await;
    // An attacker makes another person follow the link with which the attacker would return.
    let stranger = scene.server.at(Method::GET, &back).send().await.unwrap();
    assert_eq!(stranger.status(), 400);
    let (_, theirs) = scene.begin("").await;
    assert_eq!(scene.callback(&back, &theirs).await.status(), 400, "another state");
    assert_eq!(scene.callback(&back, &mine).await.status(), 303);
    assert_eq!(scene.callback(&back, &mine).await.status(), 400, "twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_says_is_not_believed_blindly() {
    let scene = Scene::set().await;
    scene.person("cleo@example.com").await;
    for mistake in [Mistake::Nonce, Mistake::Audience, Mistake::Issuer, Mistake::Key, Mistake::Denied] {
        scene.provider.is(Script { mistake: Some(mistake), ..cleo("c-6") });
        assert_eq!(scene.sign_in("").await.unwrap_err(), 403);
    }
    scene.provider.is(cleo("c-6"));
    assert!(scene.sign_in("").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn external_input_cannot_inject_log_lines() {
    let (database, provider) = (Database::sqlite(), Provider::start().await);
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--no-sample", "--database", &database.url]);
    serve.args(["--oidc-issuer", &provider.issuer, "--oidc-client-id", CLIENT, "--oidc-client-secret", SECRET]);
    let process = Process::spawn(&mut serve);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let at = |path: &str| client.get(format!("{}{path}", process.base));
    // A made-up cookie leaves no line in the log.
    for cookie in ["x", "AAAAAAAAAAAAAAAAAAAAAA", "'; DROP TABLE sessions"] {
        for name in ["taskwire_session", "taskwire_session_00000000", "id"] {
            at("/sign-in").header("cookie", format!("{name}={cookie}")).send().await.unwrap();
        }
    }
    let left = at("/sign-in/elsewhere").send().await.unwrap();
    let session = cookie(&left).unwrap();
    let named = session.split_once('=').unwrap().0;
    for made_up in ["x", "AAAAAAAAAAAAAAAAAAAAAA"] {
        at("/sign-in").header("cookie", format!("{named}={made_up}")).send().await.unwrap();
    }
    let forged = "no%0A2026-11-27T00:00:00Z%20ERROR%20taskwire:%20forged%0D%1B[2K%E2%80%AE";
    let back = at(&format!("/sign-in/elsewhere/callback?state=x&error={forged}")).header("cookie", session);
    assert_eq!(back.send().await.unwrap().status(), 403);
    let deadline = tokio::time::Instant::now() + support::client::PATIENCE;
    while !process.log().contains("a sign-in with OpenID Connect failed") {
        assert!(tokio::time::Instant::now() < deadline, "it is not logged: {}", process.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let log = process.log();
    let [line] = log.lines().filter(|line| line.contains("forged")).collect::<Vec<_>>()[..] else { panic!("{log}") };
    assert!(line.contains("a sign-in with OpenID Connect failed") && line.contains("no\\n2026-11-27"), "{line}");
    assert!(!log.contains(['\r', '\u{1b}', '\u{202e}']) && !log.contains("suspicious"), "{log}");
}
