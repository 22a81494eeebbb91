//! Tests what browsers need before a page of another origin may use the API.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;
use taskwire::settings::Settings;

use crate::support::{
    database::Database,
    server::{Server, open},
};

const ALLOWED: &str = "https://tools.example.com";

async fn server(database: &Database) -> Server {
    let allowed_origins = vec![ALLOWED.to_owned()];
    Server::with(Settings { database: database.url.clone(), allowed_origins, no_sample: true, ..open() }).await
}

fn preflight(request: RequestBuilder, origin: &str) -> RequestBuilder {
    request
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "PATCH")
        .header("Access-Control-Request-Headers", "authorization, content-type, if-match, idempotency-key")
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_an_allowed_origin_may_use_the_api() {
    let database = Database::sqlite();
    let server = server(&database).await;
    let path = format!("/tasks/{}", server.task(&server.board().await, "Tea").await);
    let answer = preflight(server.api(Method::OPTIONS, &path), ALLOWED).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["access-control-allow-origin"], ALLOWED);
    let list = |name: &str| answer.headers()[name].to_str().unwrap().to_ascii_lowercase();
    assert!(list("access-control-allow-methods").contains("patch"));
    for header in ["authorization", "content-type", "if-match", "idempotency-key"] {
        assert!(list("access-control-allow-headers").contains(header), "{header}");
    }
    assert!(!answer.headers().contains_key("access-control-allow-credentials"), "cookies are not for other sites");

    let change = server.api(Method::PATCH, &path).header("Origin", ALLOWED).json(&json!({"title": "Coffee"}));
    let answer = change.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["access-control-allow-origin"], ALLOWED);
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap().to_ascii_lowercase();
    assert!(exposed.contains("etag") && exposed.contains("location"), "{exposed}");
    let mut varies = answer.headers().get_all("vary").iter().map(|value| value.to_str().unwrap().to_ascii_lowercase());
    assert!(varies.any(|names| names.contains("origin")), "a cache must not give the answer to another origin");

    // Also a refusal can be read, wherever it is made.
    let large = server.api(Method::PATCH, &path).header("Origin", ALLOWED).json(&json!({"title": "x".repeat(1 << 20)}));
    let refusals = [
        server.api(Method::GET, "/nothing").header("Origin", ALLOWED),
        server.api(Method::GET, "/tasks/x").header("Origin", ALLOWED),
        large,
    ];
    for refusal in refusals {
        let answer = refusal.send().await.unwrap();
        assert!(answer.status().is_client_error());
        assert_eq!(answer.headers()["access-control-allow-origin"], ALLOWED, "{}", answer.url());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_other_origins_may_not() {
    let database = Database::sqlite();
    let server = server(&database).await;
    let board = server.board().await;
    for origin in
        ["https://evil.example.com", "https://tools.example.com.evil.example", "http://tools.example.com", "null"]
    {
        let answer = preflight(server.api(Method::OPTIONS, &format!("/boards/{board}")), origin).send().await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{origin}");
        let read = server.api(Method::GET, "/boards").header("Origin", origin).send().await.unwrap();
        assert!(!read.headers().contains_key("access-control-allow-origin"), "{origin}");
        let write = server.api(Method::POST, "/boards").header("Origin", origin).json(&json!({"name": "Mine"}));
        assert_eq!(write.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{origin}");
    }
    // Pages are not for scripts of other sites, not even of allowed ones.
    let page = server.at(Method::GET, "/").header("Origin", ALLOWED).send().await.unwrap();
    assert!(!page.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test(flavor = "multi_thread")]
async fn head_and_options_are_answered() {
    let server = Server::start().await;
    let board = server.board().await;
    let get = server.api(Method::GET, &format!("/boards/{board}")).send().await.unwrap();
    let head = server.api(Method::HEAD, &format!("/boards/{board}")).send().await.unwrap();
    assert_eq!((head.status(), &head.headers()["etag"]), (StatusCode::OK, &get.headers()["etag"]));
    assert_eq!(head.headers()["content-length"], get.headers()["content-length"]);
    assert!(head.bytes().await.unwrap().is_empty());
    let options = server.api(Method::OPTIONS, &format!("/boards/{board}")).send().await.unwrap();
    assert_eq!(options.status(), StatusCode::NO_CONTENT);
    let allow = options.headers()["allow"].to_str().unwrap();
    for method in ["GET", "HEAD", "PATCH", "DELETE"] {
        assert!(allow.split(',').any(|allowed| allowed.trim() == method), "{allow}");
    }
    let wrong = server.api(Method::PUT, &format!("/boards/{board}")).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
}
