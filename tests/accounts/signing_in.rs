//! Tests signing in and out, and the limits on sign-in attempts.

use reqwest::StatusCode;
use taskwire::settings::Settings;

use crate::{
    browser::{Browser, PASSWORD, accounts, code, person, served},
    support::{database::Database, server::Server},
};

#[tokio::test(flavor = "multi_thread")]
async fn one_signs_in_and_out_and_the_cookies_are_kept_close() {
    let database = Database::sqlite();
    let (server, _) = served(&database).await;
    let ana = Browser::on(&server);
    let answer = ana.sign_in(" ANA@example.com ", PASSWORD).await;
    assert_eq!(answer.goes_to(), "/");
    let cookies = answer.cookies();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for (cookie, lasts) in [("taskwire_session_", "Max-Age=2592000"), ("taskwire_device_", "Max-Age=31536000")] {
        let cookie = cookies.iter().find(|found| found.starts_with(cookie)).expect("the cookie");
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", lasts] {
            assert!(cookie.contains(attribute), "{attribute}: {cookie}");
        }
        assert!(!cookie.contains("Secure"), "here one comes by http: {cookie}");
    }
    assert!(ana.is_in().await);
    assert_eq!(ana.get("/sign-in?next=/people").await.goes_to(), "/people", "who is in has nothing to do there");

    let (before, copy) = (ana.cookie("taskwire_session"), ana.copy());
    assert_eq!(ana.post("/sign-out", &[]).await.goes_to(), "/sign-in?after=sign-out");
    assert!(ana.get("/sign-in?after=sign-out").await.text.contains("You are signed out."));
    assert_eq!(ana.cookie("taskwire_session"), None);
    assert!(before.is_some() && !copy.is_in().await, "the session itself has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_tls_cookies_go_by_https_only() {
    let database = Database::sqlite();
    let public_url = Some("https://board.example.com".to_owned());
    let server = Server::with(Settings { public_url, ..accounts(&database) }).await;
    let fields = [person("Ana", "ana@example.com"), vec![code(&server)]].concat();
    let made = Browser::on(&server).post("/first-visit", &fields).await;
    let cookies = made.cookies();
    assert!(cookies.len() == 2 && cookies.iter().all(|cookie| cookie.contains("Secure")), "{cookies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_somebody_planted_is_not_the_one_that_is_signed_in() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    let planted = "AAAAAAAAAAAAAAAAAAAAAA";
    let ben = Browser::on(&server);
    ben.set_cookie("taskwire_session", planted);
    ben.sign_in("ana@example.com", PASSWORD).await;
    assert_ne!(ben.cookie("taskwire_session").as_deref(), Some(planted));
    // A real session of another browser is not kept either: it is ended.
    let eve = ana.copy();
    let known = ana.cookie("taskwire_session");
    ana.sign_in("ana@example.com", PASSWORD).await;
    assert_ne!(ana.cookie("taskwire_session"), known);
    assert!(ana.is_in().await && !eve.is_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let database = Database::sqlite();
    let (server, _) = served(&database).await;
    let guess = async |email| {
        let stranger = Browser::on(&server);
        let answer = stranger.sign_in(email, "a wrong password").await;
        answer.is_refused(StatusCode::UNAUTHORIZED, "do not belong to an account");
        assert!(answer.text.contains("<title>Error: Sign in · Taskwire</title>"), "{}", answer.text);
        assert!(!answer.text.contains("a wrong password"), "a password is never sent back");
        assert_eq!(stranger.cookie("taskwire_session"), None);
        answer.text.replace(email, "…")
    };
    assert_eq!(guess("ana@example.com").await, guess("eve@example.com").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_on_after_signing_in_does_not_leave_the_server() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    for (next, to) in [
        ("/boards/x?view=list", "/boards/x?view=list"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let mut address = reqwest::Url::parse("http://localhost/sign-in").unwrap();
        address.query_pairs_mut().append_pair("next", next);
        let path = format!("/sign-in?{}", address.query().unwrap());
        assert_eq!(ana.get(&path).await.goes_to(), to, "{next}");
        // The form for the theme comes back to this page, and the form for signing in goes on.
        let ways = Browser::on(&server).get(&path).await.hidden("next");
        assert!(ways[0] == to && ways[1..].iter().all(|way| way.starts_with("/sign-in")), "{next}: {ways:?}");
    }
    let fields = [("email", "ana@example.com"), ("password", PASSWORD), ("next", "//evil.example")];
    assert_eq!(Browser::on(&server).post("/sign-in", &fields).await.goes_to(), "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_and_locks_nobody_out() {
    let database = Database::sqlite();
    let server = Server::with(Settings { proxies: 1, ..accounts(&database) }).await;
    let ana = Browser::at(&server, "203.0.113.1");
    ana.post("/first-visit", &[person("Ana", "ana@example.com"), vec![code(&server)]].concat()).await.goes_to();
    ana.post("/sign-out", &[]).await;

    let stranger = Browser::at(&server, "198.51.100.1");
    for _ in 0..10 {
        let answer = stranger.sign_in("ana@example.com", "a wrong guess").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let answer = stranger.sign_in("ana@example.com", "a wrong guess").await;
    answer.is_refused(StatusCode::TOO_MANY_REQUESTS, "Too many attempts; try again in");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    assert!(answer.text.contains("value=\"ana@example.com\""), "what was typed is still there");

    // Many machines that share the guessing are slowed down as well. Then so is a new browser at a new address, even
    // with the correct password.
    let mut last = StatusCode::UNAUTHORIZED;
    for number in 2..=60 {
        let stranger = Browser::at(&server, &format!("198.51.100.{number}"));
        last = stranger.sign_in("ana@example.com", "a wrong guess").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let elsewhere = Browser::at(&server, "192.0.2.1");
    assert_eq!(elsewhere.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);

    // But not the browser that Ana used before, from whatever address.
    let device = ana.cookie("taskwire_device").expect("the browser is remembered");
    let travelling = Browser::at(&server, "192.0.2.2");
    travelling.set_cookie("taskwire_device", &device);
    let answer = travelling.sign_in("ana@example.com", PASSWORD).await;
    assert_eq!(answer.goes_to(), "/");
    assert_eq!(travelling.cookie("taskwire_device"), Some(device), "it is known already");
}
