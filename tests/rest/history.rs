//! Tests the history of a task over REST.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::server::{Server, problem};

fn kinds(answer: &Value) -> Vec<&str> {
    answer["changes"].as_array().unwrap().iter().map(|change| change["kind"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_task_is_read_page_by_page_newest_first() {
    let server = Server::start().await;
    let board = server.board().await;
    let (task, other) = (server.task(&board, "Tea").await, server.task(&board, "Milk").await);
    server.patch(&format!("/tasks/{task}"), &json!({"title": "Green tea"})).await;
    server.patch(&format!("/tasks/{other}"), &json!({"title": "Oat milk"})).await;
    let deleted = server.api(Method::DELETE, &format!("/tasks/{task}")).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);

    let path = format!("/tasks/{task}/changes");
    let all = server.get(&path).await;
    assert_eq!(kinds(&all), ["task_deleted", "task_updated", "task_created"]);
    assert_eq!((&all["changes"][1]["title"], &all["next"]), (&json!("Green tea"), &json!(null)));

    let first = server.get(&format!("{path}?limit=2")).await;
    assert_eq!((kinds(&first), &first["next"]), (vec!["task_deleted", "task_updated"], &json!(4)));
    let rest = server.get(&format!("{path}?limit=2&before={}", first["next"])).await;
    assert_eq!((kinds(&rest), &rest["next"]), (vec!["task_created"], &json!(null)));
    assert_eq!(server.get(&format!("{path}?before=1")).await["changes"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_question_is_told_what_is_wrong_with_it() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "Tea").await;
    for (query, field) in [("limit=0", "limit"), ("limit=1001", "limit"), ("before=x", "before"), ("since=1", "since")]
    {
        let asked = server.api(Method::GET, &format!("/tasks/{task}/changes?{query}"));
        let problem = problem(asked, StatusCode::BAD_REQUEST, "invalid_parameter").await;
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
    let nowhere = format!("/tasks/{}/changes", app::new_id::<uuid::Uuid>());
    problem(server.api(Method::GET, &nowhere), StatusCode::NOT_FOUND, "not_found").await;
    let deleted = server.api(Method::DELETE, &format!("/boards/{board}")).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    problem(server.api(Method::GET, &format!("/tasks/{task}/changes")), StatusCode::NOT_FOUND, "not_found").await;
}
