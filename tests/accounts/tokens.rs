//! Personal tokens.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::Connection;

use crate::{
    browser::{Browser, accounts, served},
    support::{
        database::Database,
        server::{Server, problem},
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_does_what_its_scope_says() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let read = token(&ana, &[("name", "Reader"), ("scope", "read"), ("expires", "90")]).await;
    let write = token(&ana, &[("name", "Writer"), ("scope", "write"), ("expires", "never")]).await;
    assert!(read.starts_with("taskwire_"), "it says what it is");
    let page = ana.get("/account").await;
    assert!(!page.text.contains(&read) && !page.text.contains(&write), "it is shown once");

    let boards = |token: &str| server.api(Method::GET, "/boards").bearer_auth(token);
    let create = |token: &str| server.api(Method::POST, "/boards").bearer_auth(token).json(&json!({"name": "Plans"}));
    assert_eq!(boards(&read).send().await.unwrap().status(), StatusCode::OK);
    problem(create(&read), StatusCode::FORBIDDEN, "forbidden").await;
    assert_eq!(create(&write).send().await.unwrap().status(), StatusCode::CREATED);
    let as_page = server.at(Method::GET, "/account").bearer_auth(&write).header("Accept", "text/html").send().await;
    assert!(!as_page.unwrap().text().await.unwrap().contains("ana@example.com"), "it is for programs, not for pages");

    assert!(page.text.contains("Not used yet"));
    // The token's use is recorded after the response.
    while !ana.get("/account").await.text.contains("Used <time")
        || ana.get("/account").await.text.contains("Not used yet")
    {
        tokio::task::yield_now().await;
    }
    let kept = std::fs::read(database.url.strip_prefix("sqlite:").unwrap()).unwrap();
    assert!(memchr::memmem::find(&kept, read.as_bytes()).is_none(), "the database never had it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_or_has_expired_does_not_work() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let revoked = token(&ana, &[("name", "Old script"), ("scope", "admin"), ("expires", "30")]).await;
    let id = ana.get("/account").await.hidden("id").remove(0);
    ana.post("/account/tokens/revoke", &[("id", &id)]).await.goes_to();
    let asks = |server: &Server, token: &str| server.api(Method::GET, "/boards").bearer_auth(token);
    problem(asks(&server, &revoked), StatusCode::UNAUTHORIZED, "invalid_token").await;

    let expired =
        token(&ana, &[("name", "Backup"), ("scope", "read"), ("expires", "day"), ("day", "2999-12-31")]).await;
    assert!(ana.get("/account").await.text.contains("works until 1 January 3000"));
    assert_eq!(asks(&server, &expired).send().await.unwrap().status(), StatusCode::OK);
    server.stop().await;
    let mut connection = sqlx::SqliteConnection::connect(&database.url).await.unwrap();
    sqlx::query("UPDATE tokens SET expires_at = 1 WHERE name = 'Backup'").execute(&mut connection).await.unwrap();
    let server = Server::with(accounts(&database)).await;
    problem(asks(&server, &expired), StatusCode::UNAUTHORIZED, "invalid_token").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_do_as_a_token_is_told_and_what_was_typed_is_kept() {
    let database = Database::sqlite();
    let (_server, ana) = served(&database).await;
    for (fields, status, why) in [
        ([("name", ""), ("scope", "write"), ("expires", "30"), ("day", "")], 422, "The name must not be empty."),
        ([("name", "X"), ("scope", "write"), ("expires", "day"), ("day", "")], 422, "The day must be a date"),
        (
            [("name", "X"), ("scope", "write"), ("expires", "day"), ("day", "2020-01-01")],
            422,
            "The day is in the past.",
        ),
        ([("name", "X"), ("scope", "root"), ("expires", "30"), ("day", "")], 422, "unknown variant `root`"),
        ([("name", "X"), ("scope", "read"), ("expires", "31"), ("day", "")], 422, "unknown variant `31`"),
    ] {
        let answer = ana.post("/account/tokens", &fields).await;
        answer.is_refused(StatusCode::from_u16(status).unwrap(), why);
        if why.starts_with("The ") {
            assert!(answer.text.contains("value=\"write\" checked"), "{}", answer.text);
        }
    }
    assert!(!ana.get("/account").await.text.contains("Not used yet"), "none was made");
}

async fn token(browser: &Browser, fields: &[(&str, &str)]) -> String {
    assert_eq!(browser.post("/account/tokens", fields).await.goes_to(), "/account");
    browser.get("/account").await.secret().expect("the token is shown")
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_listed_in_pages_while_some_are_revoked() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let mut secret = String::new();
    for n in 0..7 {
        secret = token(&ana, &[("name", &format!("Token {n}")), ("scope", "admin"), ("expires", "never")]).await;
    }
    let page = async |query: &str| -> serde_json::Value {
        let request = server.api(Method::GET, &format!("/tokens?limit=3{query}")).bearer_auth(&secret);
        crate::support::server::answer(request, StatusCode::OK).await
    };
    let names = |page: &serde_json::Value| -> Vec<String> {
        let tokens = page["tokens"].as_array().unwrap().iter();
        tokens.map(|token| token["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = page("").await;
    assert_eq!(names(&first), ["Token 6", "Token 5", "Token 4"]);
    // The last one of the page is revoked, and the next page begins after it all the same.
    let gone = first["tokens"][2]["id"].as_str().unwrap();
    server.api(Method::DELETE, &format!("/tokens/{gone}")).bearer_auth(&secret).send().await.unwrap();
    let second = page(&format!("&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!(names(&second), ["Token 3", "Token 2", "Token 1"]);
    let third = page(&format!("&cursor={}&fields=name", second["next"].as_str().unwrap())).await;
    assert_eq!(third, json!({"tokens": [{"name": "Token 0"}], "next": null}));
    let people = server.api(Method::GET, &format!("/people?cursor={}", first["next"].as_str().unwrap()));
    problem(people.bearer_auth(&secret), StatusCode::BAD_REQUEST, "invalid_parameter").await;
}
