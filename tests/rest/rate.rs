//! Tests the rate limit of REST.

use reqwest::{Method, StatusCode};
use taskwire::settings::Settings;

use crate::support::{
    database::Database,
    server::{Server, open, problem},
};

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_many_requests_is_told_when_to_go_on() {
    let database = Database::sqlite();
    let server = Server::with(Settings { database: database.url.clone(), api_rate: 3, ..open() }).await;
    for left in ["\"requests\";r=2;t=20", "\"requests\";r=1;t=40", "\"requests\";r=0;t=60"] {
        let response = server.api(Method::GET, "/boards").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["ratelimit-policy"], "\"requests\";q=3;w=60");
        assert_eq!(response.headers()["ratelimit"], left);
    }
    let refused = server.api(Method::GET, "/boards").send().await.unwrap();
    let wait: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(refused.headers()["ratelimit"], "\"requests\";r=0;t=60");
    problem(server.api(Method::POST, "/boards"), StatusCode::TOO_MANY_REQUESTS, "rate_limited").await;

    for path in ["/", "/api/v1/openapi.json", "/healthz"] {
        let response = server.at(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path} is not limited");
        assert!(!response.headers().contains_key("ratelimit"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn zero_is_no_limit() {
    let database = Database::sqlite();
    let server = Server::with(Settings { database: database.url.clone(), api_rate: 0, ..open() }).await;
    let response = server.api(Method::GET, "/boards").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!response.headers().contains_key("ratelimit"));
}
