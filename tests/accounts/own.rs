//! Tests the page of one's own account: name, password and sessions.

use app::access::{InstanceRole, Scope};
use reqwest::StatusCode;
use taskwire::{accounts::NewPerson, credentials::Credentials};

use crate::{
    browser::{Browser, PASSWORD, person, served, served_with},
    support::database::Database,
};

const OTHER: &str = "another long password";

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_changed_and_what_was_done_is_said_once() {
    let database = Database::sqlite();
    let (_server, ana) = served(&database).await;
    assert_eq!(ana.post("/account/name", &[("name", " Ana de Lima ")]).await.goes_to(), "/account");
    let page = ana.get("/account").await.text;
    assert!(page.contains("Your name is saved.") && page.contains("value=\"Ana de Lima\""));
    assert!(!ana.get("/account").await.text.contains("Your name is saved."));
    let refused = ana.post("/account/name", &[("name", "")]).await;
    refused.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "The name must not be empty.");
    assert_eq!(ana.get("/account/name").await.goes_to(), "/account", "the address of a form leads back to its page");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_other_sessions() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let elsewhere = Browser::on(&server);
    elsewhere.sign_in("ana@example.com", PASSWORD).await;
    let fields = |current, new, again| [("current", current), ("password", new), ("again", again)];
    for (fields, why) in [
        (fields("a wrong guess", OTHER, OTHER), "The current password is wrong."),
        (fields(PASSWORD, "short", "short"), "at least 10 characters"),
        (fields(PASSWORD, OTHER, PASSWORD), "not the same as the first"),
    ] {
        ana.post("/account/password", &fields).await.is_refused(StatusCode::UNPROCESSABLE_ENTITY, why);
    }
    assert!(elsewhere.is_in().await, "nothing has happened yet");
    assert_eq!(ana.post("/account/password", &fields(PASSWORD, OTHER, OTHER)).await.goes_to(), "/account");
    assert!(ana.is_in().await && !elsewhere.is_in().await);
    assert_eq!(elsewhere.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(elsewhere.sign_in("ana@example.com", OTHER).await.goes_to(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sees_and_ends_ones_own_sessions_and_nobody_elses() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let link = ana.invite(&[("role", "admin")]).await;
    let ben = Browser::on(&server);
    ben.post(&link, &person("Ben", "ben@example.com")).await;
    let [phone, library] = [Browser::on(&server), Browser::on(&server)];
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    for browser in [&phone, &library] {
        let form = browser.form("/sign-in", &[("email", "ana@example.com"), ("password", PASSWORD)]);
        browser.send(form.header("Origin", &server.base).header("User-Agent", firefox)).await.goes_to();
    }
    let page = ana.get("/account").await;
    assert_eq!(page.text.matches("Firefox on Linux").count(), 4, "each once in sight and once on its button");
    assert_eq!(page.text.matches("This one").count(), 1);
    let others = page.hidden("id");
    assert_eq!(others.len(), 2, "all but this one can be ended");

    let refused = ben.post("/account/sessions/end", &[("id", &others[0])]).await;
    refused.is_refused(StatusCode::NOT_FOUND, "There is no such session");
    assert!(phone.is_in().await && library.is_in().await);
    ana.post("/account/sessions/end", &[("id", &others[0])]).await.goes_to();
    assert_ne!(phone.is_in().await, library.is_in().await, "one of them has ended at once");
    ana.post("/account/sessions/end-others", &[]).await.goes_to();
    assert!(!phone.is_in().await && !library.is_in().await);
    assert!(ana.is_in().await && ben.is_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_a_new_password_works_once_and_ends_all_sessions() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let link = ana.invite(&[("role", "member")]).await;
    let ben = Browser::on(&server);
    ben.post(&link, &person("Ben Okri", "ben@example.com")).await;
    let id = ana.get("/people").await.id_of("Ben Okri");
    let mut links = Vec::new();
    for _ in 0..2 {
        ana.post("/people/new-password", &[("person", &id)]).await.goes_to();
        links.push(ana.shown_link("/people").await);
    }
    let anywhere = Browser::on(&server);
    let fields = [("password", OTHER), ("again", OTHER)];
    let older = anywhere.post(&links[0], &fields).await;
    older.is_refused(StatusCode::GONE, "This link does not work any more");
    assert!(anywhere.get(&links[1]).await.text.contains("ben@example.com"));
    let short = anywhere.post(&links[1], &[("password", "short"), ("again", "short")]).await;
    short.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "at least 10 characters");
    assert!(ben.is_in().await, "nothing has happened yet");

    assert_eq!(anywhere.post(&links[1], &fields).await.goes_to(), "/sign-in?after=new-password");
    assert!(!anywhere.is_in().await, "the link is no way in by itself");
    assert!(!ben.is_in().await);
    anywhere.post(&links[1], &fields).await.is_refused(StatusCode::GONE, "This link does not work any more");
    assert_eq!(anywhere.sign_in("ben@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(anywhere.sign_in("ben@example.com", OTHER).await.goes_to(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_for_the_first_time_by_a_link_is_welcomed_and_signed_in() {
    let database = Database::sqlite();
    let (server, ana, services) = served_with(&database).await;
    let (accounts, operator) = (&services.accounts, Credentials::operator());
    let cleo = NewPerson { name: "Cleo Sol", email: "cleo@example.com", password: None };
    let cleo = accounts.add(&operator, cleo, InstanceRole::Member).await.unwrap();
    let link =
        async || format!("/new-password/{}", accounts.new_password_link(&operator, cleo).await.unwrap().expose());
    let (first, browser) = (link().await, Browser::on(&server));
    let page = browser.get(&first).await.text;
    assert!(page.contains("Welcome to Taskwire, Cleo Sol") && page.contains("cleo@example.com"), "{page}");
    for word in ["new password", "New password", "signed out", "Tokens"] {
        assert!(!page.contains(word), "{word}: {page}");
    }
    accounts.create_token(&operator, cleo, "x", Scope::Read, None).await.unwrap();
    let page = ana.get(&first).await.text;
    assert!(
        page.contains("You are signed in as Ana Lima.") && page.contains("Tokens that were made for you"),
        "{page}"
    );

    let short = browser.post(&first, &[("password", "short"), ("again", "short")]).await;
    short.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "at least 10 characters");
    assert!(short.text.contains("Welcome to Taskwire, Cleo Sol"), "{}", short.text);
    let fields = [("password", OTHER), ("again", OTHER)];
    assert_eq!(browser.post(&first, &fields).await.goes_to(), "/");
    assert!(browser.get("/account").await.text.contains("cleo@example.com · Member"));
    assert_eq!(services.store.directory().count_tokens(cleo), 0);
    Browser::on(&server).post(&first, &fields).await.is_refused(StatusCode::GONE, "This link does not work any more");

    // From now on a link is for a forgotten password.
    let second = link().await;
    assert!(Browser::on(&server).get(&second).await.text.contains("Choose a new password"));
    assert_eq!(Browser::on(&server).post(&second, &fields).await.goes_to(), "/sign-in?after=new-password");
    assert!(!browser.is_in().await);
}
