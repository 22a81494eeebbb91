//! Tests what unauthenticated requests cost: next to nothing, and nothing on the path of writes, however many there
//! are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use app::access::Scope;
use futures::future::join_all;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;
use taskwire::{accounts::Accounts, secret::Secret, telemetry};
use uuid::Uuid;

use crate::{
    browser::served,
    support::{
        database::Database,
        server::{Server, problem},
    },
};

/// How many requests of each kind a stranger sends.
const MANY: usize = 300;

/// The number of database reads so far, and of uses of the one connection that writes.
fn costs() -> [u64; 2] {
    let metrics = telemetry::metrics().expect("metrics are collected").render();
    ["taskwire_store_reads_total", "taskwire_store_transactions_total"].map(|name| {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |count| count.parse().expect("a count"))
    })
}

/// Sends many requests, each with another made-up secret. Returns the statuses of the responses.
async fn flood(kind: impl Fn(String) -> RequestBuilder) -> Vec<StatusCode> {
    let mut statuses = Vec::new();
    for _ in 0..MANY / 50 {
        let answers = (0..50).map(|_| kind(Secret::new("").expose().to_owned()).send());
        statuses.extend(join_all(answers).await.into_iter().map(|answer| answer.unwrap().status()));
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_secrets_are_refused_without_a_database_read() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    // Work that is due only now and then is done once at the start.
    assert!(ana.get("/").await.status.is_success());
    let at = |method: Method, path: &str| server.at(method, path).header("Origin", &server.base);
    let (session, links) = (&server.cookies.session, &server.cookies.links);
    type Kind<'a> = Box<dyn Fn(String) -> RequestBuilder + 'a>;
    let made_up_id = || {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        BASE64_URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes())
    };
    let kinds: [(&str, Kind<'_>); 9] = [
        ("tokens", Box::new(|it| at(Method::GET, "/api/v1/boards").bearer_auth(format!("taskwire_{it}")))),
        (
            "tokens with the length of ours",
            Box::new(|it| at(Method::GET, "/").bearer_auth(format!("taskwire_{it}{}", &it[..16]))),
        ),
        ("sessions", Box::new(|_| at(Method::GET, "/").header("Cookie", format!("{session}={}", made_up_id())))),
        (
            "signed sessions",
            Box::new(|it| at(Method::GET, "/account").header("Cookie", format!("{session}={it}={}", made_up_id()))),
        ),
        (
            "sessions that sign out",
            Box::new(|it| at(Method::POST, "/sign-out").header("Cookie", format!("{session}={it}={}", made_up_id()))),
        ),
        (
            "share links",
            Box::new(|it| at(Method::GET, &format!("/share/{it}")).header("Cookie", format!("{links}={it}.{it}"))),
        ),
        ("invitations", Box::new(|it| at(Method::GET, &format!("/join/{it}{}", &it[..16])))),
        ("links for a password", Box::new(|it| at(Method::GET, &format!("/new-password/{it}")))),
        (
            "forms for a password",
            Box::new(|it| {
                at(Method::POST, &format!("/new-password/{it}"))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .body("password=correct+horse+battery&again=correct+horse+battery")
            }),
        ),
    ];
    for (name, kind) in kinds {
        let (before, began) = (costs(), Instant::now());
        let statuses = flood(kind).await;
        assert!(!statuses.iter().any(StatusCode::is_server_error), "{name}: {statuses:?}");
        let [reads, transactions] = [0, 1].map(|index| costs()[index] - before[index]);
        // The comparison once a second continues, and so does the work that is due once a minute.
        let usual = 3 * (began.elapsed().as_secs() + 1);
        assert!(reads <= usual, "{MANY} made-up {name} had the database asked {reads} times");
        assert!(transactions <= 1, "{MANY} made-up {name} took the connection that writes {transactions} times");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_tokens_share_directory_reads_and_a_new_token_from_another_node_works() {
    let database = Database::sqlite();
    let (server, _) = served(&database).await;
    // As the command line does it, without this server's knowledge.
    let elsewhere = database.open().await;
    let hub = taskwire::hub::Hub::new(elsewhere.clone());
    let desk = Accounts::new(elsewhere.clone(), hub, None, server.base.clone());
    let local = taskwire::credentials::Credentials::local();
    let owner = elsewhere.directory().accounts()[0].id;
    let make = async || desk.create_token(&local, owner, "Backup", Scope::Read, None).await.unwrap();
    let ask = |token: &Secret| server.api(Method::GET, "/boards").bearer_auth(token.expose());
    let (revoked, token) = make().await;
    desk.revoke_token(&local, token.id).await.unwrap();
    problem(ask(&revoked), StatusCode::UNAUTHORIZED, "invalid_token").await;

    let (before, began) = (costs()[0], Instant::now());
    for _ in 0..4 {
        let refused = join_all((0..50).map(|_| ask(&revoked).send())).await;
        assert!(refused.into_iter().all(|answer| answer.unwrap().status() == StatusCode::UNAUTHORIZED));
    }
    // At most ten directory reads a second, plus the regular reads of each node's hub, plus the first.
    let allowed = 10 + began.elapsed().as_millis() as u64 / 1000 * 20;
    let reads = costs()[0] - before;
    assert!(
        reads <= allowed.max(20),
        "200 revoked tokens had the database asked {reads} times in {:?}",
        began.elapsed()
    );

    for _ in 0..5 {
        let (token, _) = make().await;
        assert_eq!(ask(&token).send().await.unwrap().status(), StatusCode::OK, "made a moment ago");
    }
}

/// `cargo nextest run --release -p taskwire --test accounts --run-ignored only --no-capture writes_under`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn writes_under_a_flood_of_tokens() {
    let database = Database::sqlite();
    let (server, ana) = served(&database).await;
    assert_eq!(
        ana.post("/account/tokens", &[("name", "W"), ("scope", "write"), ("expires", "never")]).await.goes_to(),
        "/account"
    );
    let token = ana.get("/account").await.secret().unwrap();
    let board = ana.create_board("Plans").await;
    let server = Arc::new(server);
    for round in 0..3 {
        for with_token in [false, true] {
            let (writes, asked) = rates(&server, &token, &board, with_token).await;
            println!(
                "round {round}: {writes:.0} writes/s beside {asked:.0} requests/s with a made-up token: {with_token}"
            );
        }
    }
}

async fn rates(server: &Arc<Server>, token: &str, board: &str, with_token: bool) -> (f64, f64) {
    const TIME: Duration = Duration::from_secs(8);
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let flood = (0..64).map(|_| {
        let (server, stop, asked) = (Arc::clone(server), Arc::clone(&stop), Arc::clone(&asked));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let request = server.api(Method::GET, "/boards");
                let request = if with_token { request.bearer_auth(Secret::new("taskwire_").expose()) } else { request };
                assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
                asked.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let flood: Vec<_> = flood.collect();
    let (began, mut writes) = (Instant::now(), 0);
    while began.elapsed() < TIME {
        let path = format!("/boards/{board}/tasks");
        let create = || server.api(Method::POST, &path).bearer_auth(token).json(&json!({"title": "Buy milk"})).send();
        for answer in join_all((0..16).map(|_| create())).await {
            assert_eq!(answer.unwrap().status(), StatusCode::CREATED);
            writes += 1;
        }
    }
    let took = began.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    for one in flood {
        one.await.unwrap();
    }
    (f64::from(writes) / took, asked.load(Ordering::Relaxed) as f64 / took)
}
