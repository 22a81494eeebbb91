//! Tests the loss of the database: the server reports it, and recovers when the database is back.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;
use taskwire::settings::Settings;

use crate::support::{
    database::Database,
    postgres,
    proxy::Proxy,
    redis::Redis,
    server::{Server, answer, open, problem},
};

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_the_server_says_so_and_goes_on_when_it_is_back() {
    let database = Database::postgres().await;
    let port = postgres::port_of(&database.url);
    let network = Proxy::to(port).await;
    let url = database.url.replace(&format!(":{port}/"), &format!(":{}/", network.port));
    let settings = Settings { database: url, no_sample: true, ..open() };
    let server = Server::with(settings).await;
    let board = server.board().await;
    let ready = answer(server.at(Method::GET, "/readyz"), StatusCode::OK).await;
    assert_eq!(ready, json!({"status": "ready", "database": "up", "redis": "off", "details": []}));

    network.cut();
    let down = answer(server.at(Method::GET, "/readyz"), StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(down["database"], "down");
    assert!(server.at(Method::GET, "/healthz").send().await.unwrap().status().is_success());
    let create = || server.api(Method::POST, &format!("/boards/{board}/tasks")).json(&json!({"title": "A"}));
    let response = create().send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    problem(create(), StatusCode::SERVICE_UNAVAILABLE, "unavailable").await;
    let page = server.at(Method::GET, "/").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text().await.unwrap().contains("cannot reach its database at the moment"));

    network.mend();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while !server.at(Method::GET, "/readyz").send().await.unwrap().status().is_success() {
        assert!(tokio::time::Instant::now() < deadline, "the server does not recover");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    answer(create(), StatusCode::CREATED).await;
    assert_eq!(server.get(&format!("/boards/{board}/tasks")).await["tasks"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_redis_the_server_works_and_says_that_it_is_degraded() {
    let database = Database::sqlite();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Settings {
        database: database.url.clone(),
        redis: Some(format!("redis://{nobody}")),
        no_sample: true,
        ..open()
    };
    let server = Server::with(settings).await;
    let ready = answer(server.at(Method::GET, "/readyz"), StatusCode::OK).await;
    let told = ["Redis does not answer: changes made on other nodes arrive about a second late"];
    assert_eq!(ready, json!({"status": "degraded", "database": "up", "redis": "down", "details": told}));
    server.board().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_of_redis_is_called_that_and_a_right_one_is_taken_at_once() {
    // A second user, as Redis creates one if no channels are named.
    let mute = ["--user", "mute", "on", ">right", "~*", "resetchannels", "+@all"];
    let redis = Redis::start_with(&[&["--requirepass", "right"][..], &mute].concat());
    let cases = [
        ("", Some("refuses")),
        (":wrong@", Some("refuses")),
        (":right@", None),
        ("mute:right@", Some("publish and subscribe (grant")),
    ];
    for (user, fault) in cases {
        let database = Database::sqlite();
        let url = format!("redis://{user}127.0.0.1:{}", redis.port);
        let settings = Settings { database: database.url.clone(), redis: Some(url), no_sample: true, ..open() };
        let server = Server::with(settings).await;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let ready = answer(server.at(Method::GET, "/readyz"), StatusCode::OK).await;
            let details = ready["details"].to_string();
            match fault {
                Some(words) if details.contains(words) => {
                    assert!(!details.contains("wrong"), "{details}");
                    assert_eq!((&ready["status"], &ready["redis"]), (&json!("degraded"), &json!("down")));
                    break;
                }
                None if ready["redis"] == "up" => break,
                _ => assert!(Instant::now() < deadline, "{user}: {ready}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        server.stop().await;
    }
}
