//! Some addresses contain a secret, and pages show secrets once. Tests that none of these secrets gets into the log, at
//! any level, also when requests fail. (Every other test with a server checks this too, when its server ends.)

use reqwest::{Method, StatusCode};
use taskwire::http::account::ROUTES;

use crate::{
    browser::{Browser, PASSWORD, accounts, person},
    support::{database::Database, log, server::Server},
};

#[tokio::test(flavor = "multi_thread")]
async fn no_route_with_a_secret_is_logged_with_it() {
    let database = Database::sqlite();
    let (server, services) = Server::with_services(accounts(&database)).await;
    let ana = Browser::on(&server);
    ana.post("/first-visit", &person("Ana Lima", "ana@example.com")).await.goes_to();
    let ben = Browser::on(&server);
    let invitation = ana.invite(&[("role", "member")]).await;
    assert_eq!(ben.post(&invitation, &person("Ben", "ben@example.com")).await.goes_to(), "/");
    let unused = ana.invite(&[("role", "member")]).await;
    let board = ana.create_board("Plans").await;
    let share = ana.request(Method::POST, &format!("/api/v1/boards/{board}/links")).header("Origin", &server.base);
    let share: serde_json::Value = serde_json::from_str(&ana.send(share).await.text).unwrap();
    let share = format!("/share/{}", share["url"].as_str().unwrap().rsplit_once('/').unwrap().1);
    let id = ana.get("/people").await.id_of("Ben");
    ana.post("/people/new-password", &[("person", &id)]).await.goes_to();
    let reset = ana.shown_link("/people").await;
    ana.post("/account/tokens", &[("name", "a program"), ("scope", "read"), ("expires", "30"), ("day", "")]).await;
    let token = ana.get("/account").await.secret();

    let secrets: Vec<&str> = [&unused, &share, &reset].map(|path| path.rsplit_once('/').unwrap().1).to_vec();
    let guest = Browser::on(&server);
    let visit = async || {
        let with_secret = ROUTES.iter().filter(|(_, path)| path.contains("{secret}"));
        for ((method, path), secret) in with_secret.flat_map(|route| secrets.iter().map(move |secret| (route, secret)))
        {
            let path = path.replace("{secret}", secret);
            // The path itself, variants of it by mistake, and the path inside other addresses.
            for path in
                [path.clone(), format!("{path}/"), format!("/{path}"), format!("{path}/x"), format!("/nowhere{path}")]
            {
                let request = guest.request(method.clone(), &path).header("Origin", &server.base);
                guest.send(request.header("Referer", format!("{}{path}", server.base))).await;
            }
        }
        for secret in &secrets {
            for path in
                ["/sign-in?next=/join/", "/first-visit?code=", "/sign-in/elsewhere?invitation=", "/ws?as=", "/api/v1/"]
            {
                guest.get(&format!("{path}{secret}")).await;
            }
        }
        let token = token.clone().unwrap_or_default();
        let api = |value: String| guest.request(Method::GET, "/api/v1/boards").header("Authorization", value);
        guest.send(api(format!("Bearer {token}"))).await;
        guest.send(api(format!("Basic {token}"))).await;
        guest.send(guest.request(Method::GET, "/api/v1/boards").header("Authorization", &token)).await;
    };
    visit().await;
    // After the store is closed, every request fails.
    services.store.close().await;
    assert_eq!(ben.get(&unused).await.status, StatusCode::SERVICE_UNAVAILABLE);
    visit().await;
    ben.sign_in("ben@example.com", PASSWORD).await;

    let log = log::text();
    assert!(log.contains("/join/{secret}") && log.contains("status=503"), "the log tells of them: {log}");
    for secret in &secrets {
        assert!(!log.contains(secret), "{secret}");
    }
    log::assert_no_secrets(&log);
}

#[test]
fn what_looks_for_secrets_finds_them() {
    let secret = taskwire::secret::Secret::new("taskwire_");
    log::must_not_tell("AAAAAAAAAAAAAAAAAAAAAB");
    let found = |line: &str| std::panic::catch_unwind(|| log::assert_no_secrets(line)).is_err();
    for line in [format!("path=/join/{}", secret.expose()), "cookie=AAAAAAAAAAAAAAAAAAAAAB; a=b".to_owned()] {
        assert!(found(&line), "{line}");
    }
    let harmless = format!("hash={} board={}", secret.hash(), app::new_id::<uuid::Uuid>());
    assert!(!found(&harmless), "{harmless}");
}
