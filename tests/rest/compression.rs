//! Tests which responses are compressed, and which never are.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use taskwire::{
    accounts::NewPerson,
    settings::{Auth, Settings},
};

use crate::support::{
    database::Database,
    server::{Server, open},
};

async fn get(server: &Server, path: &str, headers: &[(&'static str, &'static str)]) -> Response {
    let request = server.at(Method::GET, path).header("Accept-Encoding", "gzip");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

fn is_compressed(response: &Response) -> bool {
    response.headers().contains_key("content-encoding")
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_data_are_compressed_and_say_what_they_would_have_said() {
    let server = Server::start().await;
    let board = server.board().await;
    for number in 0..60 {
        server.task(&board, &format!("Task number {number}")).await;
    }
    for path in [format!("/boards/{board}"), format!("/api/v1/boards/{board}/tasks"), "/metrics".to_owned()] {
        let plain = server.at(Method::GET, &path).send().await.unwrap();
        assert!(!is_compressed(&plain), "{path}: nobody asked for it");
        let varies = if path.starts_with("/api/") { "accept, accept-encoding" } else { "accept-encoding" };
        assert_eq!(plain.headers()["vary"], varies, "{path}");
        let plain = plain.bytes().await.unwrap();
        let response = get(&server, &path, &[]).await;
        assert_eq!(
            (response.status(), &response.headers()["content-encoding"]),
            (StatusCode::OK, &"gzip".parse().unwrap())
        );
        assert_eq!(response.headers()["vary"], varies, "{path}");
        let length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
        let small = response.bytes().await.unwrap();
        assert!(small.len() == length && small.len() * 2 < plain.len(), "{path}: {} of {}", small.len(), plain.len());
        let mut text = String::new();
        GzDecoder::new(&small[..]).read_to_string(&mut text).unwrap();
        // Each page has its own nonce, and some figures grow.
        assert!(text.len().abs_diff(plain.len()) < 2_000, "{path}");
        assert!(path == "/metrics" || text.contains("Task number 59"), "{path}");
    }
    assert!(!is_compressed(&get(&server, "/api/v1/boards", &[]).await), "too small to be worth it");
    let browser =
        server.at(Method::GET, &format!("/boards/{board}")).header("Accept-Encoding", "gzip, deflate, br, zstd");
    assert_eq!(browser.send().await.unwrap().headers()["content-encoding"], "br", "smaller for the same work");
    let refusing = server.at(Method::GET, &format!("/boards/{board}")).header("Accept-Encoding", "identity, gzip;q=0");
    assert!(!is_compressed(&refusing.send().await.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn cross_site_requests_with_a_query_are_not_compressed() {
    let server = Server::start().await;
    let board = server.board().await;
    server.task(&board, "A secret plan").await;
    let page = format!("/boards/{board}");
    let guess = format!("{page}?q=A+secret+pla");
    for site in ["cross-site", "same-site"] {
        assert!(!is_compressed(&get(&server, &guess, &[("Sec-Fetch-Site", site)]).await), "{site}");
        assert!(is_compressed(&get(&server, &page, &[("Sec-Fetch-Site", site)]).await), "a link from elsewhere");
    }
    for site in ["same-origin", "none"] {
        assert!(is_compressed(&get(&server, &guess, &[("Sec-Fetch-Site", site)]).await), "{site}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_about_accounts_are_never_compressed() {
    let database = Database::sqlite();
    let settings = Settings { auth: Auth::Accounts, database: database.url.clone(), no_sample: true, ..open() };
    let (server, services) = Server::with_services(settings).await;
    let (credentials, password) = (taskwire::credentials::Credentials::local(), Some("correct horse battery"));
    let new = NewPerson { name: "Ana", email: "ana@example.com", password };
    services.accounts.add(&credentials, new, app::access::InstanceRole::Owner).await.unwrap();
    let form = server.at(Method::POST, "/sign-in").header("Origin", &server.base);
    let form = form.header("Content-Type", "application/x-www-form-urlencoded");
    let signed_in = form.body("email=ana%40example.com&password=correct+horse+battery&next=").send().await.unwrap();
    assert_eq!(signed_in.status(), StatusCode::SEE_OTHER);
    let given = signed_in.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookies: Vec<_> = given.filter_map(|cookie| cookie.split(';').next()).collect();
    let cookie: &'static str = cookies.join("; ").leak();
    for path in ["/sign-in?next=/boards", "/join/no-such-secret", "/account", "/people", "/people?search=ana"] {
        let response = get(&server, path, &[("Cookie", cookie), ("Accept", "text/html")]).await;
        assert!(!is_compressed(&response), "{path}");
        let bytes = response.bytes().await.unwrap().len();
        let is_small = !path.starts_with("/account") && !path.starts_with("/people");
        assert!(is_small || bytes > 1_024, "{path} would be worth it: {bytes}");
    }
    assert!(is_compressed(&get(&server, "/", &[("Cookie", cookie), ("Accept", "text/html")]).await), "another page is");
    let board = server.at(Method::POST, "/api/v1/boards").header("Cookie", cookie).header("Origin", &server.base);
    assert_eq!(board.json(&json!({"name": "Plans"})).send().await.unwrap().status(), StatusCode::CREATED);
}
