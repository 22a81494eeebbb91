//! Tests who may do what on the pages of the REST interface, where their reader is somebody.

use app::access::Scope;
use reqwest::{Method, StatusCode};
use taskwire::credentials::Credentials;

use crate::{
    browser::{Browser, person, served, served_with},
    support::database::Database,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_offered_to_sign_in_and_comes_back() {
    let database = Database::sqlite();
    let (server, _ana) = served(&database).await;
    let stranger = Browser::on(&server);
    let page = stranger.get("/api/v1/boards?limit=2").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.text.contains("href=\"/sign-in?next=/api/v1/boards%3Flimit%3D2\""), "{}", page.text);
    assert!(page.text.contains("not_signed_in") && !page.text.contains("value=\"POST\""), "{}", page.text);
    let form = stranger.post("/api/v1/boards", &[("_method", "POST"), ("body.name", "Mine")]).await;
    assert!(form.status.is_client_error(), "{}", form.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_work_with_a_session_and_are_offered_by_role() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let board = ana.create_board("Plans").await;
    let ben = Browser::on(&server);
    let link = ana.invite(&[("role", "member")]).await;
    ben.post(&link, &person("Ben", "ben@example.com")).await.goes_to();
    let id = ana.get("/people").await.id_of("Ben");
    let membership = format!("/api/v1/boards/{board}/members/{id}");
    let put = ana.post(&membership, &[("_method", "PUT"), ("body.role", "viewer")]).await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text);

    let path = format!("/api/v1/boards/{board}");
    let of_ana = ana.get(&path).await.text;
    assert!(of_ana.contains("value=\"PATCH\"") && of_ana.contains("value=\"DELETE\""), "{of_ana}");
    let of_ben = ben.get(&path).await.text;
    assert!(!of_ben.contains("value=\"PATCH\"") && of_ben.contains("What you may not do here"), "{of_ben}");
    // What is not offered is refused, too.
    assert_eq!(ben.post(&path, &[("_method", "DELETE")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ana.post(&path, &[("_method", "PATCH"), ("body.name", "Trip")]).await.status, StatusCode::OK);

    // A secret that an answer shows is neither cached nor compressed.
    let invited = ana
        .send(
            ana.form("/api/v1/invitations", &[("_method", "POST"), ("body.note", "Zoë")])
                .header("Origin", &server.origin)
                .header("Accept-Encoding", "gzip, br"),
        )
        .await;
    assert_eq!(invited.status, StatusCode::CREATED, "{}", invited.text);
    assert_eq!((invited.header("cache-control"), invited.header("content-encoding")), ("no-store", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_needs_the_origin_and_a_session() {
    let database = Database::sqlite();
    let (server, ana, services) = served_with(&database).await;
    let board = ana.create_board("Plans").await;
    let path = format!("/api/v1/boards/{board}");
    let delete = [("_method", "DELETE")];
    for request in [ana.form(&path, &delete), ana.form(&path, &delete).header("Origin", "https://evil.example")] {
        assert_eq!(ana.send(request).await.status, StatusCode::FORBIDDEN);
    }
    // A token is for programs, and they send what they mean.
    let ana_id = services.store.directory().accounts()[0].id;
    let (token, _) =
        services.accounts.create_token(&Credentials::local(), ana_id, "x", Scope::Admin, None).await.unwrap();
    let form = Browser::on(&server).form(&path, &delete).header("Origin", &server.origin).bearer_auth(token.expose());
    assert!(ana.send(form).await.status.is_client_error());
    let read = Browser::on(&server).request(Method::GET, &path).bearer_auth(token.expose());
    assert_eq!(ana.send(read).await.status, StatusCode::OK, "the board is still there");
}
