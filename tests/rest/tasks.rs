//! Tests tasks over REST: created once, changed field by field, deleted and restored.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::server::{Server, answer, id, problem};

#[tokio::test(flavor = "multi_thread")]
async fn a_created_task_says_where_it_is_and_has_every_field() {
    let server = Server::start().await;
    let board = server.board().await;
    let new = json!({"title": "  Paint the door ", "start": "2026-12-20", "due": "2026-12-24", "priority": "high", "description": "*Red*"});
    let response = server.api(Method::POST, &format!("/boards/{board}/tasks")).json(&new).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let (location, etag) = (response.headers()["location"].clone(), response.headers()["etag"].clone());
    let task: serde_json::Value = response.json().await.unwrap();
    assert_eq!(location.to_str().unwrap(), format!("/api/v1/tasks/{}", id(&task)));
    assert_eq!(etag, format!("\"{}\"", task["seq"]));
    assert_eq!(task["title"], "Paint the door");
    assert_eq!(task["board"], board);
    assert_eq!((&task["start"], &task["due"]), (&json!("2026-12-20"), &json!("2026-12-24")));
    assert_eq!(task["completed"], false);
    for absent in ["deleted_at", "reopen_column", "created_by", "updated_by"] {
        assert_eq!(task.get(absent), Some(&json!(null)), "{absent}");
    }
    assert_eq!(server.get(&format!("/tasks/{}", id(&task))).await, task);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_matching_etag_is_answered_with_304() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "A").await;
    for path in [format!("/tasks/{task}"), format!("/boards/{board}"), format!("/boards/{board}/tasks")] {
        let etag = server.api(Method::GET, &path).send().await.unwrap().headers()["etag"].clone();
        let again = server.api(Method::GET, &path).header("If-None-Match", &etag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        server.patch(&format!("/tasks/{task}"), &json!({"priority": "low"})).await;
        let changed = server.api(Method::GET, &path).header("If-None-Match", &etag).send().await.unwrap();
        assert_eq!(changed.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_edits_merge_by_field_and_conflict_on_the_same_text() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = format!("/tasks/{}", server.task(&board, "Draft").await);
    let base = format!("\"{}\"", server.get(&task).await["seq"]);
    let patch = |body| server.api(Method::PATCH, &task).header("If-Match", &base).json(&body);

    answer(patch(json!({"title": "Theirs"})), StatusCode::OK).await;
    answer(patch(json!({"description": "Mine"})), StatusCode::OK).await;
    answer(patch(json!({"title": "Theirs"})), StatusCode::OK).await;
    let response = patch(json!({"title": "Mine"})).send().await.unwrap();
    let etag = response.headers()["etag"].clone();
    let clash = crate::support::server::read_problem(response, StatusCode::PRECONDITION_FAILED, "conflict").await;
    assert_eq!(clash["conflict"]["theirs"], "Theirs");
    assert_eq!(clash["errors"][0]["field"], "title");

    let again = server.api(Method::PATCH, &task).header("If-Match", etag).json(&json!({"title": "Both"}));
    let task = answer(again, StatusCode::OK).await;
    assert_eq!((&task["title"], &task["description"]), (&json!("Both"), &json!("Mine")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_task_is_in_the_trash_until_it_is_restored() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = format!("/tasks/{}", server.task(&board, "A").await);
    let stale = format!("\"{}\"", server.get(&task).await["seq"]);
    server.patch(&task, &json!({"title": "B"})).await;
    let delete = || server.api(Method::DELETE, &task);
    problem(delete().header("If-Match", &stale), StatusCode::PRECONDITION_FAILED, "stale").await;

    let key = app::new_id::<uuid::Uuid>().to_string();
    for _ in 0..2 {
        let deleted = delete().header("Idempotency-Key", &key).send().await.unwrap();
        assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    }
    problem(delete(), StatusCode::NOT_FOUND, "not_found").await;
    problem(server.api(Method::GET, &task), StatusCode::NOT_FOUND, "in_trash").await;
    let live = server.get(&format!("/boards/{board}/tasks")).await;
    assert_eq!(live["tasks"], json!([]));
    let trash = server.get(&format!("/boards/{board}/tasks?deleted=true")).await;
    assert_eq!(trash["tasks"][0]["title"], "B");

    let restored = answer(server.api(Method::POST, &format!("{task}/restore")), StatusCode::OK).await;
    assert_eq!(restored["deleted_at"], json!(null));
    assert_eq!(server.get(&task).await, restored);
}

#[tokio::test(flavor = "multi_thread")]
async fn completing_moves_a_task_and_reopening_brings_it_back() {
    let server = Server::start().await;
    let board = server.board().await;
    let columns = server.columns(&board).await;
    let task = format!("/tasks/{}", server.task(&board, "A").await);
    let moved = server.patch(&task, &json!({"column": columns[1]})).await;
    assert_eq!(moved["completed"], false);
    let done = server.patch(&task, &json!({"completed": true})).await;
    assert_eq!((&done["column"], &done["completed"]), (&json!(columns[2]), &json!(true)));
    let open = server.patch(&task, &json!({"completed": false})).await;
    assert_eq!((&open["column"], &open["completed"]), (&json!(columns[1]), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_moves_next_to_another() {
    let server = Server::start().await;
    let board = server.board().await;
    let mut ids = Vec::new();
    for title in ["A", "B", "C"] {
        ids.push(server.task(&board, title).await);
    }
    server.patch(&format!("/tasks/{}", ids[2]), &json!({"place": {"before": ids[1]}})).await;
    server.patch(&format!("/tasks/{}", ids[0]), &json!({"place": "last"})).await;
    let listed = server.get(&format!("/boards/{board}/tasks")).await;
    let titles: Vec<_> =
        listed["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["C", "B", "A"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_create_is_answered_as_the_first_time() {
    let server = Server::start().await;
    let board = server.board().await;
    let key = app::new_id::<uuid::Uuid>().to_string();
    let create = |title| {
        let path = format!("/boards/{board}/tasks");
        server.api(Method::POST, &path).header("Idempotency-Key", &key).json(&json!({"title": title}))
    };
    let first = answer(create("Once"), StatusCode::CREATED).await;
    let again = answer(create("Once"), StatusCode::CREATED).await;
    assert_eq!(first, again);
    let reused = problem(create("Twice"), StatusCode::UNPROCESSABLE_ENTITY, "key_reused").await;
    assert_eq!(reused["errors"][0]["field"], "Idempotency-Key");
    assert_eq!(server.get(&format!("/boards/{board}/tasks")).await["tasks"].as_array().unwrap().len(), 1);

    let board_key = app::new_id::<uuid::Uuid>().to_string();
    let board =
        || server.api(Method::POST, "/boards").header("Idempotency-Key", &board_key).json(&json!({"name": "Plans"}));
    assert_eq!(answer(board(), StatusCode::CREATED).await, answer(board(), StatusCode::CREATED).await);
}
