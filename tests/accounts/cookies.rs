//! Tests the server's cookies: they are separate for each instance and cannot be forged.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use serde_json::json;
use taskwire::settings::Settings;

use crate::{
    browser::{Answer, Browser, accounts, code, person, served, stem},
    support::{database::Database, server::Server},
};

/// Creates a token in the account page. Returns the response to the form, before the page that shows the token.
async fn make_token(browser: &Browser) -> Answer {
    let fields = [("name", "a program"), ("scope", "read"), ("expires", "30"), ("day", "")];
    browser.post("/account/tokens", &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_once_is_sealed_on_its_way() {
    let database = Database::sqlite();
    let (_server, ana) = served(&database).await;
    assert_eq!(make_token(&ana).await.goes_to(), "/account");
    let cookie = ana.cookie("taskwire_notice").expect("it waits in the browser");
    let thief = ana.copy();
    let page = ana.get("/account").await;
    let token = page.secret().expect("the token is shown");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&cookie).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&bytes).contains(&token[..12]), "who sees the cookie does not see the token");
    assert_eq!(ana.cookie("taskwire_notice"), None);
    assert_eq!(ana.get("/account").await.secret(), None, "once");
    // In another session of the same person, the copied cookie shows nothing.
    let other = Browser::on(&_server);
    other.sign_in("ana@example.com", crate::browser::PASSWORD).await;
    other.set_cookie("taskwire_notice", &thief.cookie("taskwire_notice").unwrap());
    assert_eq!(other.get("/account").await.secret(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_somebody_made_up_is_not_shown() {
    let database = Database::sqlite();
    let (_server, ana) = served(&database).await;
    let me: serde_json::Value = serde_json::from_str(&ana.get("/api/v1/people/me?format=json").await.text).unwrap();
    let notice = json!({"words": "Your account is locked. Call 555-0100.", "secret": ["Token", "taskwire_forged"]});
    for content in [json!([me["id"], notice]), json!([i64::MAX, me["id"], notice]), notice] {
        ana.set_cookie("taskwire_notice", &BASE64_URL_SAFE_NO_PAD.encode(content.to_string()));
        let page = ana.get("/account").await;
        assert!(page.status == StatusCode::OK && !page.text.contains("555-0100"), "{}", page.text);
        assert_eq!(page.secret(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_on_one_host_leave_each_others_cookies_alone() {
    let (first, second) = (Database::sqlite(), Database::sqlite());
    let (_first, ana) = served(&first).await;
    let second = Server::with(accounts(&second)).await;
    // Browsers send the cookies of a host to all of its ports.
    let ana_there = ana.moved_to(&second);
    ana_there.post("/first-visit", &person("Ana", "ana@example.org")).await.goes_to();
    assert!(ana_there.is_in().await);
    let both = ana_there.moved_to(&_first);
    assert!(both.is_in().await, "still signed in here");
    both.post("/sign-out", &[]).await.goes_to();
    assert!(both.moved_to(&second).is_in().await, "and there");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_https_cookies_are_of_this_host_and_browsers_are_told_to_stay_with_https() {
    let database = Database::sqlite();
    let public_url = Some("https://board.example.com".to_owned());
    let server = Server::with(Settings { public_url, ..accounts(&database) }).await;
    let ana = Browser::on(&server);
    let fields = [person("Ana", "ana@example.com"), vec![code(&server)]].concat();
    let made = ana.post("/first-visit", &fields).await;
    for cookie in made.cookies() {
        // Without the prefix and these attributes, browsers do not keep the cookie.
        assert!(
            cookie.starts_with("__Host-taskwire_") && stem(cookie.split('=').next().unwrap()) != cookie,
            "{cookie}"
        );
        assert!(cookie.contains("; Secure") && cookie.contains("; Path=/") && !cookie.contains("Domain"), "{cookie}");
    }
    for path in ["/account", "/", "/healthz", "/api/v1/boards"] {
        assert_eq!(ana.get(path).await.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
    let rename = |origin: &str| ana.form("/account/name", &[("name", "Ana Maria")]).header("Origin", origin.to_owned());
    let host = server.base.strip_prefix("http://").unwrap();
    for origin in ["http://board.example.com", &server.base, "https://evil.example"] {
        assert_eq!(ana.send(rename(origin)).await.status, StatusCode::FORBIDDEN, "{origin}");
    }
    for origin in ["https://board.example.com", &format!("https://{host}")] {
        assert_eq!(ana.send(rename(origin)).await.goes_to(), "/account", "{origin}");
    }
    // The response that removes a cookie needs `Secure` as well, or browsers keep the cookie.
    let signed_out = ana.post("/sign-out", &[]).await;
    assert_eq!(signed_out.goes_to(), "/sign-in?after=sign-out");
    let [gone] = signed_out.cookies()[..] else { panic!("one cookie: {:?}", signed_out.cookies()) };
    assert!(gone.starts_with(&format!("{}=;", server.cookies.session)) && gone.contains("; Secure"), "{gone}");
    // Without HTTPS, the server must not ask browsers to stay with HTTPS.
    let (_server, ana) = served(&Database::sqlite()).await;
    assert_eq!(ana.get("/account").await.header("strict-transport-security"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_auth_credentials_for_a_proxy_are_ignored_on_pages() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    const BASIC: (&str, &str) = ("Authorization", "Basic cHJveHk6c2VjcmV0");
    let with = |browser: &Browser, path: &str| browser.request(Method::GET, path).header(BASIC.0, BASIC.1);
    for path in ["/", "/account", "/people", "/api/v1/boards"] {
        assert_eq!(ana.send(with(&ana, path)).await.status, StatusCode::OK, "{path}");
    }
    let stranger = Browser::on(&server);
    assert_eq!(stranger.send(with(&stranger, "/sign-in")).await.status, StatusCode::OK);
    let form = stranger.form("/sign-in", &[("email", "ana@example.com"), ("password", crate::browser::PASSWORD)]);
    let form = form.header(BASIC.0, BASIC.1).header("Origin", &server.base);
    assert_eq!(stranger.send(form).await.goes_to(), "/");
    // A program that sends such a header to the API is told what is wrong.
    let program = Browser::on(&server);
    for value in [BASIC.1, "taskwire_abc", "Bearer"] {
        let answer = program.send(program.request(Method::GET, "/api/v1/boards").header("Authorization", value)).await;
        answer.is_refused(StatusCode::UNAUTHORIZED, "invalid_token");
    }
    program
        .send(with(&program, "/api/v1/boards"))
        .await
        .is_refused(StatusCode::UNAUTHORIZED, "Bearer, a space, and a token");
}
