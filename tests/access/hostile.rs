//! Attacks on the access control.

use reqwest::Method;
use serde_json::json;

use crate::fixture::{Fixture, Who};

/// Sends every route that changes something as a page of another site would make a visitor's browser send it.
#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_site_changes_anything_with_somebodys_cookies() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let before = fixture.services.store.board(test_board.board).await.unwrap().unwrap().seq();
    let mut tried = 0;
    for (method, path) in taskwire::http::listed(&fixture.services) {
        if method.is_safe() {
            continue;
        }
        tried += 1;
        let path = path
            .replace("{board}", &test_board.board.to_string())
            .replace("{task}", &test_board.task.to_string())
            .replace("{column}", &test_board.spare_column.to_string())
            .replace("{person}", &fixture.editor.id.to_string());
        let path =
            path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/");
        for who in [Who::Owner, Who::Link] {
            let Some((_, cookie)) = fixture.proof(who, &test_board) else { panic!("somebody with a cookie") };
            for origin in [Some("https://evil.example"), Some("null"), Some("http://localhost.evil.example"), None] {
                let mut request = fixture.server.at(method.clone(), &path).header("cookie", &cookie);
                if let Some(origin) = origin {
                    request = request.header("origin", origin);
                }
                let form = "board=x&name=x".to_owned();
                let answer =
                    request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await;
                assert_eq!(answer.unwrap().status(), 403, "{method} {path} from {origin:?}");
            }
        }
    }
    assert!(tried > 20, "only {tried} routes");
    assert_eq!(fixture.services.store.board(test_board.board).await.unwrap().unwrap().seq(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_secret_authenticates_only_in_its_own_place() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let (_, token) = fixture.proof(Who::AdminToken, &test_board).unwrap();
    let token = token.strip_prefix("Bearer ").unwrap();
    let (_, cookie) = fixture.proof(Who::Owner, &test_board).unwrap();
    let session = cookie.split_once('=').unwrap().1;
    let boards = || fixture.server.api(Method::GET, "/boards");
    let cookies = &fixture.services.cookies;
    let bearer = |secret: &str| format!("Bearer {secret}");
    for (request, why) in [
        (
            fixture.server.api(Method::GET, &format!("/boards?token={token}&access_token={token}")),
            "a token in an address",
        ),
        (boards().header("cookie", format!("{}={token}", cookies.session)), "a token as a session"),
        (boards().header("cookie", format!("{}={token}", cookies.links)), "a token as a share link"),
        (boards().header("authorization", bearer(session)), "a session as a token"),
        (boards().header("authorization", bearer(&test_board.link_secret)), "a share link as a token"),
        (boards().header("authorization", format!("Basic {token}")), "another scheme"),
        (boards().header("authorization", bearer("")), "no token"),
        (boards().header("authorization", bearer(&"x".repeat(20_000))), "a long token"),
        (boards().header("cookie", format!("{}={session}x", cookies.session)), "a session that is not quite right"),
        (
            boards().header("cookie", format!("{}=AAAAAAAAAAAAAAAAAAAAAA", cookies.session)),
            "a session that somebody made up",
        ),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 401, "{why}");
    }
    // A request with an invalid token is refused even if its session is valid: a program must not act as somebody else.
    let both = boards().header("cookie", &cookie).header("authorization", bearer("taskwire_no"));
    assert_eq!(both.send().await.unwrap().status(), 401);
    assert_eq!(boards().header("authorization", format!("bearer {token}")).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_cannot_break_out_of_where_they_stand() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let script = "</title></textarea></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    for (path, body) in [
        (format!("/boards/{}", test_board.board), json!({"name": script})),
        (
            format!("/tasks/{}", test_board.task),
            json!({"title": script, "description": format!("[x](javascript:alert(1)) {script}")}),
        ),
        (format!("/boards/{}/columns/{}", test_board.board, test_board.column), json!({"name": script})),
    ] {
        let request = fixture.ask(Who::Manager, &test_board, Method::PATCH, &format!("/api/v1{path}")).json(&body);
        assert_eq!(request.send().await.unwrap().status(), 200, "{path}");
    }
    for path in [
        format!("/boards/{}", test_board.board),
        format!("/boards/{}/tasks/{}", test_board.board, test_board.task),
        "/".to_owned(),
    ] {
        let answer = fixture.ask(Who::Manager, &test_board, Method::GET, &path).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'nonce-") && !policy.contains("unsafe-inline"), "{policy}");
        let html = answer.text().await.unwrap();
        let at = html.find("<img src=x").or_else(|| html.find("<script>alert(1)"));
        assert_eq!(at.map(|at| &html[at.saturating_sub(80)..at + 80]), None, "{path}");
        assert!(!html.contains("href=\"javascript:"), "{path}");
    }
    // A single-line text cannot contain line breaks.
    for name in ["a\r\nSet-Cookie: x=1", "a\nb", "a\u{0}b"] {
        let board = format!("/api/v1/boards/{}", test_board.board);
        let answer = fixture
            .ask(Who::Manager, &test_board, Method::PATCH, &board)
            .json(&json!({"name": name}))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 422, "{name:?}");
        assert!(!answer.headers().contains_key("set-cookie"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_site_or_into_the_app_for_a_stranger() {
    let fixture = Fixture::new().await;
    for path in [
        "/../Cargo.toml",
        "/pkg/../../Cargo.toml",
        "/pkg/..%2f..%2fCargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/pkg/%2e%2e%5c%2e%2e%5cCargo.toml",
        "//etc/passwd",
        "/pkg//etc/passwd",
        "/taskwire.db",
        "/.env",
    ] {
        let address: std::net::SocketAddr = fixture.server.base.strip_prefix("http://").unwrap().parse().unwrap();
        // Sent by hand: an HTTP client would normalize the path.
        let answer =
            raw(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "303" | "400" | "404"), "{path}: {answer}");
        assert!(!answer.contains("[workspace]") && !answer.contains("root:"), "{path}");
    }
}

async fn raw(address: std::net::SocketAddr, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
