//! Tests invitations: the side of the host, and the side of the guest.

use reqwest::StatusCode;
use sqlx::Connection;

use crate::{
    browser::{Browser, PASSWORD, accounts, person, served},
    support::{database::Database, server::Server},
};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_invited_joins_with_the_role_and_on_the_boards_they_were_invited_to() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let board = ana.create_board("Plans").await;
    let other = ana.create_board("Secret plans").await;
    let link = ana.invite(&[("note", "Ben"), ("role", "member"), (&board, "viewer"), (&other, "")]).await;
    let people = ana.get("/people").await;
    assert_eq!(people.secret(), None, "the link is shown once");
    assert!(people.text.contains("Open invitations") && people.text.contains("Ben"));

    let ben = Browser::on(&server);
    let page = ben.get(&link).await;
    assert_eq!(page.header("referrer-policy"), "strict-origin", "the address is nobody else's business");
    for words in ["Ana Lima invites you", "Plans", "can read"] {
        assert!(page.text.contains(words), "{words}");
    }
    assert!(!page.text.contains("Secret plans"));
    let joined = ben.post(&link, &person("Ben Okri", "ben@example.com")).await;
    assert_eq!(joined.goes_to(), format!("/boards/{board}"), "who is invited to one board comes for that");
    assert!(ben.get("/account").await.text.contains("ben@example.com · Member"));
    let shown = ben.get("/").await.text;
    assert!(shown.contains("Plans") && !shown.contains("Secret plans"));
    assert!(!ana.get("/people").await.text.contains("Open invitations"), "it was used");

    // Who came by the invitation is named where their coming is shown.
    let history = ana.get(&format!("/boards/{board}?view=activity")).await.text;
    assert!(history.contains("Ben Okri") && history.contains("became a viewer of the board"), "{history}");
    assert!(!history.contains("Somebody"), "{history}");
    let newest = ana.get(&format!("/admin/boards/{board}")).await.text;
    assert!(newest.contains("became a viewer of the board") && newest.contains("Role of Ben Okri"), "{newest}");
    assert!(!newest.contains("Somebody") && !newest.contains("The server itself"), "{newest}");
    // Leptos marks where texts end.
    let audit = ana.get("/admin/audit?action=member_changed").await.text.replace("<!>", "");
    assert!(audit.contains("Ben Okri</a> (link)"), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_for_one() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let link = ana.invite(&[("role", "member")]).await;
    let (ben, eve) = (Browser::on(&server), Browser::on(&server));
    let (of_ben, of_eve) = (person("Ben", "ben@example.com"), person("Eve", "eve@example.com"));
    let (one, other) = tokio::join!(ben.post(&link, &of_ben), eve.post(&link, &of_eve));
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::GONE]);
    assert_ne!(ben.is_in().await, eve.is_in().await);
    Browser::on(&server).get(&link).await.is_refused(StatusCode::GONE, "This link does not work any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_is_revoked_or_too_old_does_not_work() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let link = ana.invite(&[("role", "member")]).await;
    let id = ana.get("/people").await.hidden("id").remove(0);
    assert_eq!(ana.post("/people/invitations/revoke", &[("id", &id)]).await.goes_to(), "/people");
    let eve = Browser::on(&server);
    let late = eve.post(&link, &person("Eve", "eve@example.com")).await;
    late.is_refused(StatusCode::GONE, "This link does not work any more");
    let again = ana.post("/people/invitations/revoke", &[("id", &id)]).await;
    again.is_refused(StatusCode::NOT_FOUND, "There is no such invitation");

    let old = ana.invite(&[("role", "member")]).await;
    let mut connection = sqlx::SqliteConnection::connect(&database.url).await.unwrap();
    sqlx::query("UPDATE one_time_links SET expires_at = 1").execute(&mut connection).await.unwrap();
    for answer in [eve.get(&old).await, eve.post(&old, &person("Eve", "eve@example.com")).await] {
        answer.is_refused(StatusCode::GONE, "This link does not work any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_fields_are_marked_and_other_input_is_kept() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let link = ana.invite(&[("role", "member")]).await;
    let eve = Browser::on(&server);
    let long = "x".repeat(81);
    let fields =
        |name, email, password| [("name", name), ("email", email), ("password", password), ("again", password)];
    for (fields, field, why) in [
        (fields(" ", "eve@example.com", PASSWORD), "name", "The name must not be empty."),
        (fields(&long, "eve@example.com", PASSWORD), "name", "at most 80 are allowed"),
        (fields("Eve\u{202e}", "eve@example.com", PASSWORD), "name", "change the text direction"),
        (fields("Eve", "eve", PASSWORD), "e-mail-address", "is not an e-mail address"),
        (fields("Eve", "eve@example.com\r\nBcc: x@y", PASSWORD), "e-mail-address", "is not an e-mail address"),
        (fields("Eve", "ana@example.com", PASSWORD), "e-mail-address", "has an account already"),
        (fields("Eve", "eve@example.com", "short"), "password", "at least 10 characters"),
    ] {
        let answer = eve.post(&link, &fields).await;
        answer.is_refused(StatusCode::UNPROCESSABLE_ENTITY, why);
        assert!(answer.text.contains(&format!("aria-describedby=\"join-{field}-error")), "{field}: {}", answer.text);
        assert!(answer.text.contains(&format!("href=\"#join-{field}\"")), "the summary leads to the field");
        assert!(!answer.text.contains(fields[2].1), "a password is never sent back");
    }
    // A line break in a name becomes a space.
    assert_eq!(eve.post(&link, &person("<b>Eve</b>\r\nX-Header: 1", "eve@example.com")).await.goes_to(), "/");
    let page = ana.get("/people").await.text;
    assert!(page.contains("&lt;b&gt;Eve&lt;/b&gt; X-Header: 1") && !page.contains("<b>Eve"), "a name is text");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_invites_to_more_than_they_are() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let link = ana.invite(&[("role", "admin")]).await;
    let ben = Browser::on(&server);
    ben.post(&link, &person("Ben", "ben@example.com")).await;
    ben.post("/people/invitations", &[("role", "owner")])
        .await
        .is_refused(StatusCode::FORBIDDEN, "You may not do this");
    assert!(!ben.get("/people").await.text.contains("value=\"owner\""), "it is not even offered");
    let link = ben.invite(&[("role", "member")]).await;
    let eve = Browser::on(&server);
    eve.post(&link, &person("Eve", "eve@example.com")).await;
    let refused = eve.post("/people/invitations", &[("role", "member")]).await;
    refused.is_refused(StatusCode::FORBIDDEN, "You do not have access");
    // Ben cannot revoke an invitation that he could not have created.
    ana.invite(&[("role", "owner")]).await;
    let id = ana.get("/people").await.hidden("id").remove(0);
    let refused = ben.post("/people/invitations/revoke", &[("id", &id)]).await;
    refused.is_refused(StatusCode::FORBIDDEN, "You may not do this");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_valid_while_its_creator_could_create_it() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let ben = Browser::on(&server);
    ben.post(&ana.invite(&[("role", "admin")]).await, &person("Ben", "ben@example.com")).await;
    let cleo = Browser::on(&server);
    cleo.post(&ana.invite(&[("role", "member")]).await, &person("Cleo", "cleo@example.com")).await;
    let people = ana.get("/people").await;
    let (id_of_ben, id_of_cleo) = (people.id_of("Ben"), people.id_of("Cleo"));
    let invitation = ben.invite(&[("role", "admin")]).await;
    ben.post("/people/new-password", &[("person", &id_of_cleo)]).await.goes_to();
    let new_password = ben.shown_link("/people").await;
    let work = async |status: StatusCode| {
        let stranger = Browser::on(&server);
        for link in [&invitation, &new_password] {
            assert_eq!(stranger.get(link).await.status, status, "{link}");
        }
    };
    work(StatusCode::OK).await;

    ana.post("/people/role", &[("person", &id_of_ben), ("role", "member")]).await.goes_to();
    work(StatusCode::GONE).await;
    assert!(!ana.get("/people").await.text.contains("Open invitations"));
    let (eve, fields) = (Browser::on(&server), [("password", PASSWORD), ("again", PASSWORD)]);
    eve.post(&invitation, &person("Eve", "eve@example.com")).await.is_refused(StatusCode::GONE, "does not work");
    eve.post(&new_password, &fields).await.is_refused(StatusCode::GONE, "does not work");
    ana.post("/people/role", &[("person", &id_of_ben), ("role", "admin")]).await.goes_to();
    work(StatusCode::OK).await;
    ana.post("/people/deactivate", &[("person", &id_of_ben)]).await.goes_to();
    work(StatusCode::GONE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_in_a_browser_where_somebody_else_was_signed_in_is_somebody_else_there() {
    let database = Database::sqlite();
    let server = Server::with(accounts(&database)).await;
    let shared = Browser::on(&server);
    shared.post("/first-visit", &person("Ana", "ana@example.com")).await;
    let link = shared.invite(&[("role", "member")]).await;
    assert!(shared.get(&link).await.text.contains("You are signed in as Ana."));
    shared.post("/account/tokens", &[("name", "Mine"), ("scope", "read"), ("expires", "never")]).await;
    shared.post(&link, &person("Ben", "ben@example.com")).await;
    let page = shared.get("/account").await;
    assert!(page.text.contains("ben@example.com · Member"));
    assert_eq!(page.secret(), None, "what was to be shown to Ana is not shown to Ben");
}
