//! Tests forms that other sites send, and requests that no page of ours ever sends.

use reqwest::{Method, StatusCode};
use taskwire::http::account::ROUTES;

use crate::{
    browser::{Browser, PASSWORD, person, served},
    support::database::Database,
};

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_do_nothing() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let link = ana.invite(&[("role", "member")]).await;
    let secret = link.strip_prefix("/join/").unwrap();
    let (stranger, fields) = (Browser::on(&server), person("Eve", "eve@example.com"));
    for (_, path) in ROUTES.iter().filter(|(method, _)| *method == Method::POST) {
        let path = path.replace("{secret}", secret);
        for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
            for browser in [&ana, &stranger] {
                let answer = browser.send(browser.form(&path, &fields).header("Origin", origin)).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} from {origin}");
                assert!(answer.text.contains("The form was refused"), "{path} from {origin}");
            }
        }
        // A browser always sends the origin of a form. A request with the cookies but without an origin is not from a
        // browser.
        let answer = ana.send(ana.form(&path, &fields)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} from nowhere");
    }
    // Other sites may not sign a visitor in as another person either.
    let form = stranger.form("/sign-in", &[("email", "ana@example.com"), ("password", PASSWORD)]);
    stranger.send(form.header("Origin", "https://evil.example")).await;
    assert_eq!(stranger.cookie("taskwire_session"), None);
    assert!(ana.is_in().await);
    assert!(ana.get("/people").await.text.contains("Open invitations"), "the invitation still works");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_form_bodies_are_answered_with_an_error_page() {
    let database = Database::sqlite();
    let (_server, ana) = served(&database).await;
    let large = "x".repeat(300_000);
    for (path, fields, status, why) in [
        ("/sign-in", vec![("email", "ana@example.com")], 422, "missing field `password`"),
        ("/account/name", vec![("name", "A"), ("name", "B")], 422, "duplicate field `name`"),
        ("/account/name", vec![("name", "A"), ("role", "owner")], 422, "unknown field `role`"),
        ("/account/sessions/end", vec![("id", "all")], 422, "UUID"),
        ("/people/role", vec![("person", "me"), ("role", "member")], 422, "UUID"),
        ("/people/invitations", vec![("role", "member"), ("extra", "viewer")], 422, "UUID"),
        ("/people/invitations", vec![("role", "king")], 422, "unknown variant `king`"),
        ("/account/name", vec![("name", large.as_str())], 413, "larger than"),
    ] {
        ana.post(path, &fields).await.is_refused(StatusCode::from_u16(status).unwrap(), why);
    }
    let unknown = app::new_id::<uuid::Uuid>().to_string();
    let fields = [("role", "member"), (&unknown, "viewer")];
    ana.post("/people/invitations", &fields).await.is_refused(StatusCode::NOT_FOUND, "There is no such board");
    ana.post("/people/deactivate", &[("person", &unknown)]).await.is_refused(StatusCode::NOT_FOUND, "no such person");
    let board = ana.create_board("Plans").await;
    let fields = [("role", "member"), (board.as_str(), "king"), ("note", "Ben <3")];
    let refused = ana.post("/people/invitations", &fields).await;
    refused.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "must be one of viewer, editor and manager");
    assert!(refused.text.contains("Ben &lt;3"), "what was typed is still there: {}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_page_that_shows_a_secret_has_a_script_which_copies_it() {
    let database = Database::sqlite();
    let (_server, ana) = served(&database).await;
    let made = [
        ("/account/tokens", "/account", vec![("name", "Mine"), ("scope", "read"), ("expires", "never")]),
        ("/people/invitations", "/people", vec![("role", "member")]),
    ];
    for (form, page, fields) in made {
        ana.post(form, &fields).await.goes_to();
        let shown = ana.get(page).await;
        assert!(shown.secret().is_some(), "{page}");
        assert_eq!(shown.text.matches("<script src=\"/copy.js\" defer></script>").count(), 1, "{page}");
        // Without the script the button is not there.
        assert!(shown.text.contains("hidden data-copy=\"secret\""), "{}", shown.text);
        let policy = shown.header("content-security-policy");
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        let again = ana.get(page).await;
        assert!(!again.text.contains("<script"), "{page}");
        assert!(!again.header("content-security-policy").contains("script-src"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_a_script_or_is_kept() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let stranger = Browser::on(&server);
    for (_, path) in ROUTES.iter().filter(|(method, _)| *method == Method::GET) {
        for browser in [&ana, &stranger] {
            let answer = browser.get(&path.replace("{secret}", "made-up")).await;
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            let policy = answer.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{path}: {policy}");
            assert!(!answer.text.contains("<script"), "{path}");
            if answer.status != StatusCode::SEE_OTHER {
                assert!(
                    answer.text.contains("<html lang=\"en\" data-theme=\"system\">")
                        && answer.text.contains(" · Taskwire</title>")
                );
            }
        }
    }
}
