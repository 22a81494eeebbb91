//! Tests the keys of boards and the names of tasks over REST, and the short addresses of tasks.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::server::{Server, id, problem};

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_read_by_its_name() {
    let server = Server::start().await;
    let board = server.post("/boards", &json!({"name": "Website"})).await;
    assert_eq!(board["key"], "WEB");
    let listed = server.get("/boards?q=Website").await;
    assert_eq!(listed["boards"][0]["key"], "WEB");
    let board = id(&board);
    let tasks = format!("/boards/{board}/tasks");
    let one = server.post(&tasks, &json!({"title": "One"})).await;
    let two = server.post(&tasks, &json!({"title": "Two"})).await;
    assert_eq!((&one["number"], &one["ref"]), (&json!(1), &json!("WEB-1")));
    assert_eq!((&two["number"], &two["ref"]), (&json!(2), &json!("WEB-2")));
    assert_eq!(server.get("/refs/WEB-2").await, two);
    assert_eq!(server.get("/refs/web-2?fields=ref,title").await, json!({"ref": "WEB-2", "title": "Two"}));
    let numbered = server.get(&format!("{tasks}?number=1&fields=title")).await;
    assert_eq!(numbered["tasks"], json!([{"title": "One"}]));
    for nothing in ["WEB-3", "ABC-1", "UTF-8", "WEB", "WEB-01", "1"] {
        problem(server.api(Method::GET, &format!("/refs/{nothing}")), StatusCode::NOT_FOUND, "not_found").await;
    }
    server.api(Method::DELETE, &format!("/tasks/{}", id(&one))).send().await.unwrap();
    problem(server.api(Method::GET, "/refs/WEB-1"), StatusCode::NOT_FOUND, "in_trash").await;
    let three = server.post(&tasks, &json!({"title": "Three"})).await;
    assert_eq!(three["ref"], "WEB-3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_changed_and_the_old_one_still_leads_to_the_board() {
    let server = Server::start().await;
    let board = id(&server.post("/boards", &json!({"name": "Website"})).await);
    let other = id(&server.post("/boards", &json!({"name": "Team"})).await);
    let task = id(&server.post(&format!("/boards/{board}/tasks"), &json!({"title": "Tea"})).await);
    let (path, of_other) = (format!("/boards/{board}"), format!("/boards/{other}"));
    assert_eq!(server.patch(&path, &json!({"key": "site"})).await["key"], "SITE");
    for name in ["WEB-1", "SITE-1"] {
        assert_eq!(server.get(&format!("/refs/{name}")).await["ref"], "SITE-1");
    }
    let taken =
        problem(server.api(Method::PATCH, &of_other).json(&json!({"key": "WEB"})), StatusCode::CONFLICT, "exists")
            .await;
    assert!(taken["detail"].as_str().unwrap().contains("another board has this key, or had it once"), "{taken}");
    for bad in [json!("W"), json!("WEBSIT"), json!("W1"), json!("ISO"), json!(null), json!(1)] {
        let patch = server.api(Method::PATCH, &of_other).json(&json!({"key": bad}));
        problem(patch, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    assert_eq!(server.get(&of_other).await["key"], "TEAM");

    // The short address leads to the task on its board.
    for name in ["SITE-1", "web-1"] {
        let answer = server.at(Method::GET, &format!("/t/{name}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()["location"], format!("/boards/{board}/tasks/{task}"));
    }
    for nothing in ["SITE-2", "ABC-1", "nonsense"] {
        let answer = server.at(Method::GET, &format!("/t/{nothing}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert!(answer.text().await.unwrap().contains("There is nothing here"));
    }
    assert_eq!(server.api(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(server.at(Method::GET, "/t/SITE-1").send().await.unwrap().status(), StatusCode::NOT_FOUND);
    problem(server.api(Method::GET, "/refs/SITE-1"), StatusCode::NOT_FOUND, "not_found").await;
}
