//! Share links, as those who only read follow them.

use app::access::Asker;
use reqwest::{Method, StatusCode};
use taskwire::{accounts::Accounts, hub::Hub, settings::Settings};

use crate::{
    browser::{Browser, accounts, served},
    support::{database::Database, server::Server},
};

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_a_share_link_reads_its_board_and_may_sign_in() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let (board, other) = (ana.create_board("Plans").await, ana.create_board("Secret plans").await);
    server.stop().await;
    let links = share(&database, &board, 1).await;
    let server = Server::with(accounts(&database)).await;

    let reader = Browser::on(&server);
    let answer = reader.get(&format!("/share/{}", links[0])).await;
    assert_eq!(answer.goes_to(), format!("/boards/{board}"));
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    let [cookie] = answer.cookies()[..] else { panic!("one cookie: {:?}", answer.cookies()) };
    for attribute in ["taskwire_links=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    let page = reader.get(&format!("/boards/{board}")).await.text;
    assert!(page.contains("Plans") && page.contains(&format!("/sign-in?next=/boards/{board}")));
    assert_eq!(reader.get(&format!("/boards/{other}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(reader.get("/account").await.goes_to(), "/sign-in?next=/account", "a link is no account");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_keeps_the_newest_links_that_work() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let board = ana.create_board("Plans").await;
    server.stop().await;
    let links = share(&database, &board, 12).await;
    let public_url = Some("https://board.example.com".to_owned());
    let server = Server::with(Settings { public_url, ..accounts(&database) }).await;
    let reader = Browser::on(&server);
    reader.set_cookie("taskwire_links", "made.up");
    for link in &links {
        let answer = reader.get(&format!("/share/{link}")).await;
        assert!(answer.cookies()[0].contains("Secure"), "here one comes by https");
    }
    reader.get(&format!("/share/{}", links[11])).await;
    let newest: Vec<_> = links.iter().rev().take(10).cloned().collect();
    assert_eq!(reader.cookie("taskwire_links"), Some(newest.join(".")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_does_not_work_says_so() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let board = ana.create_board("Plans").await;
    server.stop().await;
    let links = share(&database, &board, 1).await;
    let server = Server::with(accounts(&database)).await;
    let reader = Browser::on(&server);
    for secret in ["made-up", "%00", "a%2Fb"] {
        let answer = reader.get(&format!("/share/{secret}")).await;
        answer.is_refused(StatusCode::GONE, "This link does not work any more");
        assert!(answer.cookies().is_empty());
    }
    let ana = ana.moved_to(&server);
    let deleted = ana.request(Method::DELETE, &format!("/api/v1/boards/{board}")).header("Origin", &server.base);
    assert_eq!(deleted.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let answer = reader.get(&format!("/share/{}", links[0])).await;
    answer.is_refused(StatusCode::GONE, "This link does not work any more");
}

/// Makes links to a board, while no server runs.
async fn share(database: &Database, board: &str, count: usize) -> Vec<String> {
    let store = database.open().await;
    let accounts = Accounts::new(store.clone(), Hub::new(store.clone()), None, String::new());
    let mut links = Vec::new();
    for _ in 0..count {
        let link = accounts.create_share_link(&Asker::anybody(), board.parse().unwrap()).await;
        links.push(link.unwrap().0.expose().to_owned());
    }
    store.close().await;
    links
}
