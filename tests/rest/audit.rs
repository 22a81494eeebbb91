//! Tests the audit log over REST: its filters, its pages, and the export of a long log.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection};

use crate::support::{
    database::Database,
    server::{Process, Server, problem},
};

fn actions(page: &Value) -> Vec<&str> {
    page["events"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_filtered_and_read_in_pages() {
    let server = Server::start().await;
    let board = server.board().await;
    server.patch(&format!("/boards/{board}"), &json!({ "everyone": "viewer" })).await;
    let link = server.post(&format!("/boards/{board}/links"), &json!({})).await;
    let page = server.get("/audit").await;
    assert_eq!(actions(&page), ["share_link_created", "board_access_changed", "board_created"]);
    let newest = &page["events"][0];
    assert_eq!(
        (&newest["actor"], &newest["method"], &newest["address"]),
        (&json!("nobody"), &json!("open"), &json!("127.0.0.1"))
    );
    assert_eq!((&newest["target"]["kind"], &newest["target"]["id"]), (&json!("share_link"), &link["id"]));
    assert!(!page.to_string().contains(link["url"].as_str().unwrap().rsplit('/').next().unwrap()));

    let first = server.get("/audit?limit=2").await;
    assert_eq!(actions(&first), ["share_link_created", "board_access_changed"]);
    let rest = server.get(&format!("/audit?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!((actions(&rest), &rest["next"]), (vec!["board_created"], &Value::Null));
    assert_eq!(actions(&server.get("/audit?action=board_created").await), ["board_created"]);
    assert_eq!(actions(&server.get(&format!("/audit?target={board}&q=VIEWER")).await), ["board_access_changed"]);
    assert_eq!(actions(&server.get("/audit?actor=nobody&to=2020-01-01").await), [""; 0]);
    for (wrong, parameter) in [
        ("actor=ana", "actor"),
        ("action=nothing", "action"),
        ("target=x", "target"),
        ("target=", "target"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("format=xml", "format"),
        ("other=1", "other"),
    ] {
        let refused =
            problem(server.api(Method::GET, &format!("/audit?{wrong}")), StatusCode::BAD_REQUEST, "invalid_parameter")
                .await;
        assert_eq!(refused["errors"][0]["field"], parameter, "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_opened_in_a_browser_is_a_file() {
    let server = Server::start().await;
    server.board().await;
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = server.api(Method::GET, "/audit").header("Accept", accept).send().await.unwrap();
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let file = server.api(Method::GET, "/audit?format=jsonl").header("Accept", accept).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "application/jsonl");
    assert_eq!(file.headers()["content-disposition"], "attachment; filename=\"taskwire-audit.jsonl\"");
    // It is sent as it is read, so its length is not known when it begins.
    assert_eq!(file.content_length(), None);
    let text = file.text().await.unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(actions(&server.get("/audit").await), ["exported", "board_created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_lines_of_json_and_an_event() {
    let server = Server::start().await;
    server.board().await;
    let export = async |request: reqwest::RequestBuilder| {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/jsonl");
        let text = response.text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    let lines = export(server.api(Method::GET, "/audit?format=jsonl&action=board_created")).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["action"], "board_created");
    let lines =
        export(server.api(Method::GET, "/audit").header("Accept", "application/jsonl, application/json;q=0.9")).await;
    assert_eq!((lines.len(), &lines[0]["action"]), (2, &json!("exported")), "the first one, and not itself");
    assert_eq!(lines[0]["details"]["filter"]["action"], "board_created");
    assert_eq!(actions(&server.get("/audit?action=exported").await).len(), 2);
}

/// The most memory that a process has ever had, in kB.
fn peak(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A log of 100,000 events is 60 MB of JSON.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_exported_without_being_in_memory() {
    for database in [Database::sqlite(), Database::postgres().await] {
        database.open().await.close().await;
        let mut connection = AnyConnection::connect(&database.url).await.unwrap();
        let insert = "INSERT INTO audit (id, at, action, actor, method, details, words) \
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 100000) \
             SELECT '00000000-0000-7000-8000-' || SUBSTR(CAST(1000000000000 + i AS TEXT), 2), 1000000000000 + i / 7, 'sign_in', 'nobody', \
                    'none', '{\"text\":\"' || REPLACE(CAST(1000000000 + i AS TEXT), '0', '0123456789012345678901234567890123456789012345678901') || '\"}', '' FROM n";
        sqlx::query(insert).execute(&mut connection).await.unwrap();
        drop(connection);
        let server = Process::start(&database);
        let get = async |query: &str| reqwest::get(format!("{}/api/v1/audit?{query}", server.base)).await.unwrap();
        // Whatever is loaded only once is loaded.
        assert_eq!(get("limit=500").await.status(), StatusCode::OK);
        let before = peak(&server);
        let mut response = get("format=jsonl&to=2020-01-01").await;
        let (mut bytes, mut lines) = (0, 0);
        while let Some(chunk) = response.chunk().await.unwrap() {
            bytes += chunk.len();
            lines += chunk.iter().filter(|byte| **byte == b'\n').count();
        }
        assert_eq!(lines, 100_000);
        let grown = peak(&server) - before;
        assert!(grown < 20_000 && bytes > 40_000_000, "{grown} kB for {bytes} bytes on {}", database.url);
        server.terminate().await;
    }
}
