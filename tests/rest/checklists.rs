//! Tests checklists over REST: of a task, with their items, moved, deleted and restored.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::server::{Server, answer, id, problem};

const UNKNOWN: &str = "01938b5e-0000-7000-8000-000000000001";

fn texts(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap()).collect()
}

fn names(lists: &Value) -> Vec<&str> {
    lists["checklists"].as_array().unwrap().iter().map(|list| list["name"].as_str().unwrap()).collect()
}

async fn task(server: &Server) -> String {
    let board = server.board().await;
    id(&server.post(&format!("/boards/{board}/tasks"), &json!({"title": "Trip"})).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn checklists_are_created_renamed_moved_deleted_and_restored() {
    let server = Server::start().await;
    let task = task(&server).await;
    let lists = format!("/tasks/{task}/checklists");
    let new = json!({"name": " Packing ", "items": [{"text": "Tent", "done": true}, {"text": "**Map**", "due": "2026-12-24"}]});
    let packing = server.post(&lists, &new).await;
    assert_eq!((&packing["name"], &packing["progress"]), (&json!("Packing"), &json!({"done": 1, "items": 2})));
    assert_eq!((texts(&packing), &packing["items"][1]["due"]), (vec!["Tent", "**Map**"], &json!("2026-12-24")));
    assert_eq!(packing["items"][0]["assignee"], Value::Null);
    let path = format!("{lists}/{}", id(&packing));
    assert_eq!(server.get(&path).await, packing);
    let shopping = server.post(&lists, &json!({"name": "Shopping", "place": "first"})).await;
    assert_eq!(names(&server.get(&lists).await), ["Shopping", "Packing"]);
    let changed = server.patch(&path, &json!({"name": "To pack", "place": {"before": id(&shopping)}})).await;
    assert_eq!((&changed["name"], texts(&changed)), (&json!("To pack"), vec!["Tent", "**Map**"]));
    let all = server.get(&lists).await;
    assert_eq!((names(&all), &all["progress"]["items"]), (vec!["To pack", "Shopping"], &json!(2)));
    assert_eq!(server.get(&format!("{lists}?fields=name")).await["checklists"][0], json!({"name": "To pack"}));
    assert_eq!(server.get(&format!("/tasks/{task}")).await["progress"], json!({"done": 1, "items": 2}));

    assert_eq!(server.api(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(server.get(&format!("/tasks/{task}")).await["progress"], json!({"done": 0, "items": 0}));
    problem(server.api(Method::GET, &path), StatusCode::NOT_FOUND, "not_found").await;
    problem(server.api(Method::DELETE, &path), StatusCode::NOT_FOUND, "not_found").await;
    let back = answer(server.api(Method::POST, &format!("{path}/restore")), StatusCode::OK).await;
    assert_eq!(back, changed);
    for bad in [json!({"name": ""}), json!({"name": "x".repeat(101)}), json!({"name": "a\nb"}), json!({"name": null})] {
        answer(server.api(Method::PATCH, &path).json(&bad), StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let path = format!("/tasks/{UNKNOWN}/checklists");
    problem(server.api(Method::GET, &path), StatusCode::NOT_FOUND, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_added_ticked_moved_and_deleted() {
    let server = Server::start().await;
    let task = task(&server).await;
    let lists = format!("/tasks/{task}/checklists");
    let one = id(&server.post(&lists, &json!({"name": "One"})).await);
    let two = id(&server.post(&lists, &json!({"name": "Two"})).await);
    let items = format!("{lists}/{one}/items");
    server.post(&items, &json!({"items": [{"text": "a"}, {"text": "d"}]})).await;
    let list = server.get(&format!("{lists}/{one}")).await;
    let place = json!({"after": id(&list["items"][0])});
    let list = server.post(&items, &json!({"items": [{"text": "b"}, {"text": "c"}], "place": place})).await;
    assert_eq!(texts(&list), ["a", "b", "c", "d"]);
    let item = |index: usize| format!("{items}/{}", id(&list["items"][index]));
    let ticked = server.patch(&item(1), &json!({"done": true, "text": " B ", "due": "2026-12-24"})).await;
    assert_eq!((&ticked["done"], &ticked["text"], &ticked["due"]), (&json!(true), &json!("B"), &json!("2026-12-24")));
    let cleared = server.patch(&item(1), &json!({"due": null, "place": "last"})).await;
    assert_eq!((&cleared["due"], &cleared["text"]), (&Value::Null, &json!("B")));
    let moved = server.patch(&item(0), &json!({"checklist": two})).await;
    assert_eq!(moved["checklist"], json!(two));
    assert_eq!(texts(&server.get(&format!("{lists}/{one}")).await), ["c", "d", "B"]);
    problem(server.api(Method::PATCH, &item(0)).json(&json!({"done": true})), StatusCode::NOT_FOUND, "not_found").await;
    let wrong = server.api(Method::PATCH, &item(1)).json(&json!({"checklist": UNKNOWN}));
    let problem = problem(wrong, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    assert_eq!(problem["errors"][0]["field"], "checklist");
    for (bad, status) in [
        (json!({"text": "  "}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({"text": "x".repeat(501)}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({"assignee": UNKNOWN}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({"done": "yes"}), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        answer(server.api(Method::PATCH, &item(1)).json(&bad), status).await;
    }
    assert_eq!(server.api(Method::DELETE, &item(2)).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(texts(&server.get(&format!("{lists}/{one}")).await), ["d", "B"]);
    answer(server.api(Method::POST, &items).json(&json!({"items": []})), StatusCode::UNPROCESSABLE_ENTITY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_repeated_adds_its_items_once() {
    let server = Server::start().await;
    let task = task(&server).await;
    let lists = format!("/tasks/{task}/checklists");
    let list = id(&server.post(&lists, &json!({"name": "One"})).await);
    let key = app::new_id::<uuid::Uuid>().to_string();
    for _ in 0..2 {
        let add = server.api(Method::POST, &format!("{lists}/{list}/items")).header("Idempotency-Key", &key);
        answer(add.json(&json!({"items": [{"text": "a"}, {"text": "b"}]})), StatusCode::CREATED).await;
    }
    assert_eq!(texts(&server.get(&format!("{lists}/{list}")).await), ["a", "b"]);
}
