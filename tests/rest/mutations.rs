//! Tests many edits in one request.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::server::{Server, answer, id, problem};

fn new_id() -> String {
    app::new_id::<app::id::MutationId>().to_string()
}

async fn edit(server: &Server, board: &str, mutations: &Value) -> Value {
    let request =
        server.api(Method::POST, &format!("/boards/{board}/mutations")).json(&json!({"mutations": mutations}));
    answer(request, StatusCode::OK).await["answers"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_edit_is_answered_and_a_refused_one_holds_up_no_other() {
    let server = Server::start().await;
    let board = server.board().await;
    let (task, lost) = (new_id(), new_id());
    let ids: Vec<String> = (0..4).map(|_| new_id()).collect();
    let mutations = json!([
        {"id": ids[0], "op": "create_task", "task": task, "title": "Tea"},
        {"id": ids[1], "op": "update_task", "task": lost, "title": "Nobody's"},
        {"id": ids[2], "op": "update_task", "task": task, "title": "  "},
        {"id": ids[3], "op": "update_task", "task": task, "due": "2026-12-01", "completed": true},
    ]);
    let answers = edit(&server, &board, &mutations).await;
    assert_eq!(answers[0], json!({"mutation": ids[0], "seq": 2}));
    assert_eq!((&answers[1]["mutation"], &answers[1]["error"]["code"]), (&json!(ids[1]), &json!("not_found")));
    assert_eq!(answers[2]["error"]["field"], "title");
    assert_eq!(answers[3], json!({"mutation": ids[3], "seq": 3}));
    let stored = server.get(&format!("/tasks/{task}")).await;
    assert_eq!(
        (&stored["title"], &stored["due"], &stored["completed"]),
        (&json!("Tea"), &json!("2026-12-01"), &json!(true))
    );

    // One that cannot be read is refused by its id.
    let wrong = json!([
        {"id": ids[0], "op": "create_task", "task": task, "title": "Tea"},
        {"id": new_id(), "op": "update_task", "task": task, "priority": "hihg"},
        {"id": new_id(), "op": "paint"},
        {"id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427", "op": "update_task", "task": task, "title": "Without a time in its id"},
    ]);
    let refused = edit(&server, &board, &wrong).await;
    assert_eq!(refused[0], answers[0]);
    let fields: Vec<&str> = (1..4).map(|index| refused[index]["error"]["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["priority", "op", "id"]);

    // The same again does nothing, and has the same answers.
    assert_eq!(edit(&server, &board, &mutations).await, answers);
    assert_eq!(server.get(&format!("/boards/{board}")).await["seq"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_with_an_edit_that_cannot_be_answered_does_nothing() {
    let server = Server::start().await;
    let board = server.board().await;
    let path = format!("/boards/{board}/mutations");
    let good = json!({"id": new_id(), "op": "create_task", "task": new_id(), "title": "Tea"});
    let wrong = [
        json!([]),
        json!([good, {"op": "delete_board"}]),
        json!([good, [new_id(), "delete_board"]]),
        Value::from_iter((0..201).map(|_| good.clone())),
    ];
    for mutations in wrong {
        let request = server.api(Method::POST, &path).json(&json!({"mutations": mutations}));
        problem(request, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    assert_eq!(server.get(&format!("/boards/{board}")).await["seq"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_can_be_made_and_filled_by_one_request() {
    let server = Server::start().await;
    let (board, column) = (new_id(), new_id());
    let mut mutations = vec![json!({"id": new_id(), "op": "create_board", "name": "Plans",
        "columns": [{"id": column, "name": "To do", "kind": "open"}]})];
    for number in 0..150 {
        mutations
            .push(json!({"id": new_id(), "op": "create_task", "task": new_id(), "title": format!("Task {number}")}));
    }
    let answers = edit(&server, &board, &json!(mutations)).await;
    let numbers: Vec<u64> = answers.as_array().unwrap().iter().map(|answer| answer["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, Vec::from_iter(1..=151));
    let made = server.get(&format!("/boards/{board}")).await;
    assert_eq!((id(&made), &made["columns"][0]["tasks"]), (board, &json!(150)));
}
