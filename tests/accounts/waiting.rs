//! Tests that the conditions of a request are checked again after it has waited. Passwords are hashed one at a time;
//! these tests hold that turn until every expected request waits.

use std::{future::Future, sync::Arc, time::Duration};

use app::access::Scope;
use reqwest::StatusCode;
use taskwire::{
    credentials::Credentials,
    http::Services,
    store::{Account, SessionRow},
};
use tokio::task::JoinHandle;

use crate::{
    browser::{Answer, Browser, PASSWORD, person, served_with},
    support::database::Database,
};

const OTHER: &str = "another long password";
const THIEFS: &str = "what the thief chose";

/// Waits until this many requests wait for the password hashing.
async fn until_waiting(services: &Services, count: usize) {
    let enough = async {
        while services.accounts.passwords().waiting() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), enough).await.expect("they wait");
}

fn account(services: &Services, email: &str) -> Account {
    services.store.directory().account_of(email).expect("an account").clone()
}

async fn sessions(services: &Services, email: &str) -> Vec<SessionRow> {
    services.store.sessions_of(account(services, email).id, taskwire::clock::now()).await.unwrap()
}

fn spawn(work: impl Future<Output = Answer> + Send + 'static) -> JoinHandle<Answer> {
    tokio::spawn(work)
}

fn change(thief: Browser) -> JoinHandle<Answer> {
    let fields = [("current", PASSWORD), ("password", THIEFS), ("again", THIEFS)];
    spawn(async move { thief.post("/account/password", &fields).await })
}

/// Creates an account besides the owner's. Returns its browser.
async fn ben(ana: &Browser, services: &Arc<Services>, role: &str, like: &Browser) -> Browser {
    let link = ana.invite(&[("role", role)]).await;
    let ben = like.fresh();
    ben.post(&link, &person("Ben Okri", "ben@example.com")).await.goes_to();
    assert_eq!(sessions(services, "ben@example.com").await.len(), 1);
    ben
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_with_the_old_password_while_it_is_reset_is_not_let_in() {
    let database = Database::sqlite();
    let (server, _ana, services) = served_with(&database).await;
    let ana = account(&services, "ana@example.com");
    let turn = services.accounts.passwords().take_turn().await.unwrap();
    let (accounts, id) = (services.accounts.clone(), ana.id);
    let reset = tokio::spawn(async move { accounts.set_password(&Credentials::local(), id, OTHER).await });
    until_waiting(&services, 1).await;
    let mut waiting = Vec::new();
    for number in 0..8 {
        let browser = Browser::on(&server);
        waiting.push(spawn(async move { browser.sign_in("ana@example.com", PASSWORD).await }));
        until_waiting(&services, 2 + number).await;
    }
    drop(turn);
    reset.await.unwrap().unwrap();
    for answer in waiting {
        answer.await.unwrap();
    }
    assert!(sessions(&services, "ana@example.com").await.is_empty(), "nobody is in");
    assert_eq!(Browser::on(&server).sign_in("ana@example.com", OTHER).await.goes_to(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_session_that_waits_to_change_the_password_does_not_undo_its_reset() {
    let database = Database::sqlite();
    let (server, ana, services) = served_with(&database).await;
    let id = account(&services, "ana@example.com").id;
    let turn = services.accounts.passwords().take_turn().await.unwrap();
    let accounts = services.accounts.clone();
    let reset = tokio::spawn(async move { accounts.set_password(&Credentials::local(), id, OTHER).await });
    until_waiting(&services, 1).await;
    let thief = change(ana.copy());
    until_waiting(&services, 2).await;
    drop(turn);
    reset.await.unwrap().unwrap();
    assert_eq!(thief.await.unwrap().status, StatusCode::UNAUTHORIZED);
    assert!(sessions(&services, "ana@example.com").await.is_empty());
    let browser = Browser::on(&server);
    assert_eq!(browser.sign_in("ana@example.com", THIEFS).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.sign_in("ana@example.com", OTHER).await.goes_to(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_ended_while_it_waited_changes_no_password() {
    let database = Database::sqlite();
    let (server, ana, services) = served_with(&database).await;
    let thief = Browser::on(&server);
    thief.sign_in("ana@example.com", PASSWORD).await.goes_to();
    let turn = services.accounts.passwords().take_turn().await.unwrap();
    let waiting = change(thief);
    until_waiting(&services, 1).await;
    ana.post("/account/sessions/end-others", &[]).await.goes_to();
    drop(turn);
    assert_eq!(waiting.await.unwrap().status, StatusCode::UNAUTHORIZED);
    assert!(ana.is_in().await, "the one who ended it");
    let browser = Browser::on(&server);
    assert_eq!(browser.sign_in("ana@example.com", THIEFS).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.sign_in("ana@example.com", PASSWORD).await.goes_to(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_one_password_at_once_the_second_must_know_the_first_ones() {
    let database = Database::sqlite();
    let (server, ana, services) = served_with(&database).await;
    let turn = services.accounts.passwords().take_turn().await.unwrap();
    let (one, two) = (change(ana.copy()), change(ana.copy()));
    until_waiting(&services, 2).await;
    drop(turn);
    let mut statuses = [one.await.unwrap().status, two.await.unwrap().status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY]);
    assert_eq!(Browser::on(&server).sign_in("ana@example.com", THIEFS).await.goes_to(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_invitation_fails_if_its_creator_loses_the_right() {
    let database = Database::sqlite();
    let (server, ana, services) = served_with(&database).await;
    let ben = ben(&ana, &services, "admin", &Browser::on(&server)).await;
    let link = ben.invite(&[("role", "admin")]).await;
    let turn = services.accounts.passwords().take_turn().await.unwrap();
    let eve = Browser::on(&server);
    let waiting = spawn(async move { eve.post(&link, &person("Eve", "eve@example.com")).await });
    until_waiting(&services, 1).await;
    let id = account(&services, "ben@example.com").id.to_string();
    ana.post("/people/deactivate", &[("person", &id)]).await.goes_to();
    drop(turn);
    waiting.await.unwrap().is_refused(StatusCode::GONE, "This link does not work any more");
    assert!(services.store.directory().account_of("eve@example.com").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_a_new_password_that_waits_dies_with_its_maker() {
    let database = Database::sqlite();
    let (server, ana, services) = served_with(&database).await;
    let ben = ben(&ana, &services, "admin", &Browser::on(&server)).await;
    let id = account(&services, "ben@example.com").id.to_string();
    ben.post("/people/new-password", &[("person", &id)]).await.goes_to();
    let link = ben.shown_link("/people").await;
    let turn = services.accounts.passwords().take_turn().await.unwrap();
    let browser = Browser::on(&server);
    let waiting = spawn(async move { browser.post(&link, &[("password", OTHER), ("again", OTHER)]).await });
    until_waiting(&services, 1).await;
    ana.post("/people/role", &[("person", &id), ("role", "member")]).await.goes_to();
    drop(turn);
    waiting.await.unwrap().is_refused(StatusCode::GONE, "This link does not work any more");
    assert_eq!(Browser::on(&server).sign_in("ben@example.com", OTHER).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_revokes_tokens_and_a_change_says_what_becomes_of_them() {
    let database = Database::sqlite();
    let (_server, ana, services) = served_with(&database).await;
    let id = account(&services, "ana@example.com").id;
    let token =
        async || services.accounts.create_token(&Credentials::local(), id, "x", Scope::Read, None).await.unwrap();
    let count = || services.store.directory().count_tokens(id);
    let change = |from, to| [("current", from), ("password", to), ("again", to)];
    ana.post("/account/password", &change(PASSWORD, OTHER)).await.goes_to();
    let none = ana.get("/account").await.text;
    assert!(none.contains("you are signed out in all other browsers.") && !none.contains("still work"), "{none}");

    token().await;
    assert!(ana.get("/account").await.text.contains("Also revoke my token (otherwise it keeps working)"));
    ana.post("/account/password", &change(OTHER, PASSWORD)).await.goes_to();
    assert!(ana.get("/account").await.text.contains("Your token still works."));
    assert_eq!(count(), 1);
    let ticked = [change(PASSWORD, OTHER).to_vec(), vec![("revoke_tokens", "yes")]].concat();
    ana.post("/account/password", &ticked).await.goes_to();
    assert!(ana.get("/account").await.text.contains("Your tokens are revoked."));
    assert_eq!(count(), 0);

    token().await;
    let link = services.accounts.new_password_link(&Credentials::local(), id).await.unwrap();
    let path = format!("/new-password/{}", link.expose());
    assert!(ana.get(&path).await.text.contains("your tokens are revoked"));
    ana.post(&path, &[("password", PASSWORD), ("again", PASSWORD)]).await.goes_to();
    assert_eq!(count(), 0);

    token().await;
    services.accounts.set_password(&Credentials::local(), id, OTHER).await.unwrap();
    assert_eq!(count(), 0);
}
