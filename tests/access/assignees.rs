//! Assignees of tasks, over REST.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, TestBoard, Who},
    support::server::{answer, problem},
};

impl Fixture {
    async fn patch(&self, test_board: &TestBoard, body: Value) -> Value {
        let path = format!("/api/v1/tasks/{}", test_board.task);
        answer(self.ask(Who::Editor, test_board, Method::PATCH, &path).json(&body), StatusCode::OK).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_assigned_person_by_person_and_found_by_whose_it_is() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let (viewer, editor) = (fixture.viewer.id, fixture.editor.id);
    let tasks = format!("/api/v1/boards/{}/tasks", test_board.board);
    let new = json!({"title": "Milk", "assignees": [editor]});
    let made =
        answer(fixture.ask(Who::Editor, &test_board, Method::POST, &tasks).json(&new), StatusCode::CREATED).await;
    assert_eq!(made["assignees"], json!([editor]));

    assert_eq!(fixture.patch(&test_board, json!({"assign": [viewer]})).await["assignees"], json!([viewer]));
    // An assignment made without knowledge of the previous one does not undo it.
    let both = fixture.patch(&test_board, json!({"assign": [editor]})).await;
    let mut expected = [viewer, editor];
    expected.sort();
    assert_eq!(both["assignees"], json!(expected));
    let titles = async |query: &str| {
        let list = fixture.ask(Who::Viewer, &test_board, Method::GET, &format!("{tasks}?{query}"));
        let list = answer(list, StatusCode::OK).await;
        Vec::from_iter(list["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()))
    };
    assert_eq!(titles(&format!("assignee={viewer}")).await, ["Tea"]);
    assert_eq!(titles(&format!("assignee={editor}")).await, ["Tea", "Milk"]);
    assert_eq!(fixture.patch(&test_board, json!({"unassign": [viewer]})).await["assignees"], json!([editor]));
    assert!(titles(&format!("assignee={viewer}")).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_see_the_board_is_not_assigned_and_the_field_is_named() {
    let fixture = Fixture::new().await;
    let test_board = fixture.create_board().await;
    let task = format!("/api/v1/tasks/{}", test_board.task);
    for person in [fixture.other.id, fixture.deactivated.id] {
        let patch = fixture.ask(Who::Editor, &test_board, Method::PATCH, &task).json(&json!({"assign": [person]}));
        let problem = problem(patch, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], "assign");
    }
    let tasks = format!("/api/v1/boards/{}/tasks", test_board.board);
    let new = json!({"title": "Milk", "assignees": [fixture.other.id]});
    let create = fixture.ask(Who::Editor, &test_board, Method::POST, &tasks).json(&new);
    assert_eq!(problem(create, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await["errors"][0]["field"], "assignees");
}
