//! Tests invalid and hostile requests of people, programs and attackers: each gets a clear error, nothing is stored,
//! and the server stays up.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::server::{Server, answer, problem};

const LOST: &str = "01938b5e-0000-7000-8000-000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_will_not_do_are_refused_by_name_and_store_nothing() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "A").await;
    let before = server.get(&format!("/boards/{board}")).await;
    let (tasks, task) = (format!("/boards/{board}/tasks"), format!("/tasks/{task}"));
    let columns = format!("/boards/{board}/columns");
    let long = "x".repeat(501);
    let cases: &[(Method, &str, Value, &str)] = &[
        (Method::POST, &tasks, json!({}), "title"),
        (Method::POST, &tasks, json!({"title": 7}), "title"),
        (Method::POST, &tasks, json!({"title": null}), "title"),
        (Method::POST, &tasks, json!({"title": ""}), "title"),
        (Method::POST, &tasks, json!({"title": " \u{3000} "}), "title"),
        (Method::POST, &tasks, json!({"title": "two\nlines"}), "title"),
        (Method::POST, &tasks, json!({"title": "a\u{0}b"}), "title"),
        (Method::POST, &tasks, json!({"title": long}), "title"),
        (Method::POST, &tasks, json!({"title": "A", "description": "x".repeat(30_001)}), "description"),
        (Method::POST, &tasks, json!({"title": "A", "description": "\u{1b}[31m"}), "description"),
        (Method::POST, &tasks, json!({"title": "A", "colour": "red"}), "colour"),
        (Method::POST, &tasks, json!({"title": "A", "id": "1"}), "id"),
        (Method::POST, &tasks, json!({"title": "A", "column": "To do"}), "column"),
        (Method::POST, &tasks, json!({"title": "A", "column": LOST}), "column"),
        (Method::POST, &tasks, json!({"title": "A", "completed": "yes"}), "completed"),
        (Method::POST, &tasks, json!({"title": "A", "priority": "asap"}), "priority"),
        (Method::POST, &tasks, json!({"title": "A", "due": "tomorrow"}), "due"),
        (Method::POST, &tasks, json!({"title": "A", "due": "2026-02-29"}), "due"),
        (Method::POST, &tasks, json!({"title": "A", "place": "middle"}), "place"),
        (Method::POST, &tasks, json!({"title": "A", "place": {"after": "me"}}), "place.after"),
        (Method::PATCH, &task, json!({"title": null}), "title"),
        (Method::PATCH, &task, json!({"description": null}), "description"),
        (Method::PATCH, &task, json!({"priority": null}), "priority"),
        (Method::PATCH, &task, json!({"due": 20261224}), "due"),
        (Method::PATCH, &task, json!({"start": "soon"}), "start"),
        (Method::PATCH, &task, json!({"column": LOST}), "column"),
        (Method::PATCH, &task, json!({"seq": 1}), "seq"),
        (Method::PATCH, &task, json!({"title": long}), "title"),
        (Method::POST, "/boards", json!({}), "name"),
        (Method::POST, "/boards", json!({"name": "A", "columns": [[null, "To do", "open"]]}), "columns[0]"),
        (Method::POST, "/boards", json!({"name": "x".repeat(101)}), "name"),
        (Method::POST, "/boards", json!({"name": "A", "columns": []}), "columns"),
        (Method::POST, "/boards", json!({"name": "A", "columns": [{"name": "B", "kind": "shut"}]}), "columns[0].kind"),
        (Method::POST, "/boards", json!({"name": "A", "columns": [{"kind": "open"}]}), "columns[0].name"),
        (Method::POST, &columns, json!({"name": "A"}), "kind"),
        (Method::POST, &columns, json!({"name": "\t", "kind": "open"}), "name"),
    ];
    for (method, path, body, field) in cases {
        let request = server.api(method.clone(), path).json(body);
        let problem = problem(request, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], *field, "{method} {path} {body}: {problem}");
    }
    assert_eq!(server.get(&format!("/boards/{board}")).await, before);
    assert_eq!(server.get("/boards").await["boards"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_json_is_refused() {
    let server = Server::start().await;
    let board = server.board().await;
    let tasks = format!("/boards/{board}/tasks");
    for body in ["", "{", "title=A", "{\"title\": \"A\"} x", "{\"title\": \"A\", }", "\u{0}"] {
        let request = server.api(Method::POST, &tasks).header("Content-Type", "application/json").body(body);
        problem(request, StatusCode::BAD_REQUEST, "not_json").await;
    }
    let latin1 = b"{\"title\": \"caf\xe9\"}".to_vec();
    let request = server.api(Method::POST, &tasks).header("Content-Type", "application/json").body(latin1);
    problem(request, StatusCode::BAD_REQUEST, "not_json").await;
    for body in ["[]", "[null, \"x\"]", "null", "7", "\"A\"", "{\"title\": \"\\ud800\"}"] {
        let request = server.api(Method::POST, &tasks).header("Content-Type", "application/json").body(body);
        problem(request, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    let deep = format!("{{\"title\": {}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let request = server.api(Method::POST, &tasks).header("Content-Type", "application/json").body(deep);
    assert!(request.send().await.unwrap().status().is_client_error());
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let request = server.api(Method::POST, &tasks).header("Content-Type", kind).body("{\"title\": \"A\"}");
        problem(request, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type").await;
    }
    problem(server.api(Method::POST, &tasks), StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type").await;
    assert_eq!(server.get(&tasks).await["tasks"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_large_are_refused_with_an_answer() {
    let server = Server::start().await;
    let board = server.board().await;
    let tasks = format!("/boards/{board}/tasks");
    for megabytes in [1, 10] {
        let request = server.api(Method::POST, &tasks).json(&json!({"title": "x".repeat(megabytes << 20)}));
        problem(request, StatusCode::PAYLOAD_TOO_LARGE, "too_large").await;
    }
    assert_eq!(server.get(&tasks).await["tasks"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_and_html_are_only_text() {
    let server = Server::start().await;
    let board = server.board().await;
    let tasks = format!("/boards/{board}/tasks");
    for text in [
        "'; DROP TABLE tasks; --",
        "\" OR 1=1 --",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\\'; SELECT pg_sleep(10)",
        "%s%n $1 ?1 {{7*7}} ${7*7}",
        "\u{202e}drawkcab \u{1f469}\u{200d}\u{1f680}",
    ] {
        let task = server.post(&tasks, &json!({"title": text, "description": text})).await;
        assert_eq!((&task["title"], &task["description"]), (&json!(text), &json!(text)));
        let url = reqwest::Url::parse_with_params(&format!("{}/api/v1{tasks}", server.base), [("q", text)]).unwrap();
        let found: Value = server.client.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(found["tasks"].as_array().unwrap().len(), 1, "{text}");
        // Names stand within sentences, and may not turn them.
        let name = text.replace('\u{202e}', "");
        let named = server.post("/boards", &json!({"name": name, "columns": [{"name": name, "kind": "open"}]})).await;
        assert_eq!((&named["name"], &named["columns"][0]["name"]), (&json!(name), &json!(name)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_lead_nowhere_say_so() {
    let server = Server::start().await;
    let board = server.board().await;
    for path in ["/boards/1", "/boards/x/tasks", "/tasks/%27%3B", "/boards/..%2f..%2fetc/tasks", "/tasks/%ff"] {
        problem(server.api(Method::GET, path), StatusCode::BAD_REQUEST, "invalid_parameter").await;
    }
    for path in [format!("/boards/{LOST}"), format!("/boards/{LOST}/tasks"), format!("/tasks/{LOST}")] {
        problem(server.api(Method::GET, &path), StatusCode::NOT_FOUND, "not_found").await;
    }
    let lost_board = server.api(Method::POST, &format!("/boards/{LOST}/tasks")).json(&json!({"title": "A"}));
    problem(lost_board, StatusCode::NOT_FOUND, "not_found").await;
    let lost_task = server.api(Method::PATCH, &format!("/tasks/{LOST}")).json(&json!({"title": "A"}));
    problem(lost_task, StatusCode::NOT_FOUND, "not_found").await;
    for path in ["/", "/nothing", "/boards/", &format!("/boards/{board}/nothing")] {
        problem(server.api(Method::GET, path), StatusCode::NOT_FOUND, "no_such_route").await;
    }
    problem(server.api(Method::PUT, &format!("/boards/{board}")), StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_make_no_sense_are_named() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = format!("/tasks/{}", server.task(&board, "A").await);
    for (header, value) in [("Idempotency-Key", "once"), ("If-Match", "12"), ("If-Match", "\"x\"")] {
        let request = server.api(Method::PATCH, &task).header(header, value).json(&json!({"title": "B"}));
        let problem = problem(request, StatusCode::BAD_REQUEST, "invalid_parameter").await;
        assert_eq!(problem["errors"][0]["field"], header);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_may_not_write() {
    let server = Server::start().await;
    let create =
        |origin: &str| server.api(Method::POST, "/boards").header("Origin", origin).json(&json!({"name": "A"}));
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        problem(create(origin), StatusCode::FORBIDDEN, "cross_site").await;
    }
    answer(create(&server.base), StatusCode::CREATED).await;
    let form = || server.at(Method::POST, "/forms/create_board").body("name=A");
    let evil = form().header("Origin", "https://evil.example");
    problem(evil, StatusCode::FORBIDDEN, "cross_site").await;
    // A proxy may change the origin of a person's form. Then a page says what is wrong, and which setting to change.
    let page = async |origin: &str| {
        let request = form().header("Origin", origin).header("Accept", "text/html,application/xhtml+xml");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        answer.text().await.unwrap()
    };
    let told = page("https://board.example.com").await;
    assert!(told.contains("The form was refused") && told.contains("--public-url https://board.example.com"), "{told}");
    let told = page("null").await;
    assert!(told.contains("did not tell which page the form was on"), "{told}");
    let told = page("https://<script>alert(1)</script>").await;
    assert!(!told.contains("<script>"), "{told}");
    let rebound = server.api(Method::GET, "/boards").header("Host", "evil.example");
    problem(rebound, StatusCode::MISDIRECTED_REQUEST, "unknown_host").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_board_is_sent_once_however_often_it_is_asked_for() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "A").await;
    let mut body = format!("board={board}&parts_only=true");
    for number in 0..300 {
        body += &match number % 2 {
            0 => format!("&parts[{number}]=descriptions"),
            _ => format!("&parts[{number}][task]={task}"),
        };
    }
    let request = server.at(Method::POST, "/forms/load_board").header("accept", "application/json");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    let loaded = answer(request, StatusCode::OK).await;
    let parts = loaded["content"]["parts"].as_array().expect("parts");
    assert_eq!(
        parts.iter().map(|part| part["part"].clone()).collect::<Vec<_>>(),
        [json!({"task": task}), json!("descriptions"),]
    );
}
