//! Tests share links, as guests follow them and as managers create and revoke them.

use app::{
    access::{BoardRole, Scope},
    id::BoardId,
    ops::{CreateShareLink, Op, SetMember},
    refusal::Refusal,
};
use reqwest::{Method, StatusCode};
use taskwire::{
    accounts::Accounts,
    credentials::{Credential, Credentials},
    hub::Hub,
    settings::Settings,
    store::Missing,
    writer::{WriteError, Writer},
};

use crate::{
    browser::{Browser, accounts, person, served, served_with},
    support::{database::Database, node::mutation, server::Server},
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
    for attribute in ["taskwire_links_", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
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

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_who_made_and_revoked_a_link_and_it_works_while_they_manage_the_board() {
    let database = Database::sqlite();
    let (server, ana, services) = served_with(&database).await;
    let board: BoardId = ana.create_board("Plans").await.parse().unwrap();
    let link = ana.invite(&[("role", "member")]).await;
    Browser::on(&server).post(&link, &person("Ben", "ben@example.com")).await.goes_to();
    let ben = services.store.directory().account_of("ben@example.com").unwrap().id;
    let set = async |role| {
        let op = Op::SetMember(SetMember { person: ben, role: Some(role) });
        services.writer.write(board, mutation(op), Credentials::local()).await.unwrap();
    };
    set(BoardRole::Manager).await;
    let accounts = &services.accounts;
    let (token, _) = accounts.create_token(&Credentials::local(), ben, "x", Scope::Admin, None).await.unwrap();
    let of_ben = Credentials::new(Credential::Token(token.hash()));
    let (secret, link) = accounts.create_share_link(&of_ben, board, &services.writer).await.unwrap();
    assert_eq!((link.created_by, link.works), (Some(ben), true));
    let path = format!("/share/{}", secret.expose());
    assert_eq!(Browser::on(&server).get(&path).await.goes_to(), format!("/boards/{board}"));
    let works = async || {
        let listed = ana.get(&format!("/api/v1/boards/{board}/links?format=json")).await.text;
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        listed["links"][0]["works"].as_bool().unwrap()
    };
    set(BoardRole::Editor).await;
    Browser::on(&server).get(&path).await.is_refused(StatusCode::GONE, "This link does not work any more");
    assert!(!works().await, "managers see it");
    set(BoardRole::Manager).await;
    assert!(works().await);

    // A client that sends its own operation cannot reuse a secret or an id.
    let again = CreateShareLink { link: app::new_id::<uuid::Uuid>(), secret_sha256: secret.hash().into() };
    let other = CreateShareLink { link: link.id, secret_sha256: "0".repeat(64).try_into().unwrap() };
    for create in [again, other] {
        let refused = services.writer.write(board, mutation(Op::CreateShareLink(create)), of_ben.clone()).await;
        let Err(WriteError::Refused(refusal)) = refused else { panic!("{refused:?}") };
        assert!(matches!(refusal, Refusal::Exists { .. }), "{refusal:?}");
    }
    accounts.revoke_share_link(&Credentials::local(), board, link.id, &services.writer).await.unwrap();
    Browser::on(&server).get(&path).await.is_refused(StatusCode::GONE, "This link does not work any more");
    let Missing::Changes(log) = services.store.changes_after(board, 0, 100).await.unwrap() else { panic!("the log") };
    let log: Vec<_> = log.iter().map(|change| String::from_utf8(change.json.to_vec()).unwrap()).collect();
    let kinds = ["share_link_created", "share_link_revoked"];
    let shown: Vec<_> = log.iter().filter(|change| kinds.iter().any(|kind| change.contains(kind))).collect();
    assert_eq!(shown.len(), 2, "{log:?}");
    assert!(shown[0].contains(&ben.to_string()) && shown.iter().all(|change| change.contains(&link.id.to_string())));
    assert!(log.iter().all(|change| !change.contains(secret.expose()) && !change.contains(&secret.hash().to_string())));
    let activity = ana.get(&format!("/boards/{board}?view=activity")).await;
    assert_eq!(activity.status, StatusCode::OK);
}

/// Creates links to a board, while no server runs.
async fn share(database: &Database, board: &str, count: usize) -> Vec<String> {
    let store = database.open().await;
    let hub = Hub::new(store.clone());
    let accounts = Accounts::new(store.clone(), hub.clone(), None, String::new());
    let writer = Writer::start(store.clone(), hub);
    let mut links = Vec::new();
    for _ in 0..count {
        let link = accounts.create_share_link(&Credentials::local(), board.parse().unwrap(), &writer).await;
        links.push(link.unwrap().0.expose().to_owned());
    }
    writer.close().await;
    store.close().await;
    links
}
