//! Whose a task is, over REST.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    support::server::{answer, problem},
    town::{Place, Town, Who},
};

impl Town {
    async fn patch(&self, place: &Place, body: Value) -> Value {
        let path = format!("/api/v1/tasks/{}", place.task);
        answer(self.ask(Who::Editor, place, Method::PATCH, &path).json(&body), StatusCode::OK).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_assigned_person_by_person_and_found_by_whose_it_is() {
    let town = Town::found().await;
    let place = town.build().await;
    let (viewer, editor) = (town.viewer.id, town.editor.id);
    let tasks = format!("/api/v1/boards/{}/tasks", place.board);
    let new = json!({"title": "Milk", "assignees": [editor]});
    let made = answer(town.ask(Who::Editor, &place, Method::POST, &tasks).json(&new), StatusCode::CREATED).await;
    assert_eq!(made["assignees"], json!([editor]));

    assert_eq!(town.patch(&place, json!({"assign": [viewer]})).await["assignees"], json!([viewer]));
    // Whoever did not know of that, does not undo it.
    let both = town.patch(&place, json!({"assign": [editor]})).await;
    let mut expected = [viewer, editor];
    expected.sort();
    assert_eq!(both["assignees"], json!(expected));
    let titles = async |query: &str| {
        let list = town.ask(Who::Viewer, &place, Method::GET, &format!("{tasks}?{query}"));
        let list = answer(list, StatusCode::OK).await;
        Vec::from_iter(list["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()))
    };
    assert_eq!(titles(&format!("assignee={viewer}")).await, ["Tea"]);
    assert_eq!(titles(&format!("assignee={editor}")).await, ["Tea", "Milk"]);
    assert_eq!(town.patch(&place, json!({"unassign": [viewer]})).await["assignees"], json!([editor]));
    assert!(titles(&format!("assignee={viewer}")).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_see_the_board_is_not_assigned_and_the_field_is_named() {
    let town = Town::found().await;
    let place = town.build().await;
    let task = format!("/api/v1/tasks/{}", place.task);
    for person in [town.other.id, town.deactivated.id] {
        let patch = town.ask(Who::Editor, &place, Method::PATCH, &task).json(&json!({"assign": [person]}));
        let problem = problem(patch, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], "assign");
    }
    let tasks = format!("/api/v1/boards/{}/tasks", place.board);
    let new = json!({"title": "Milk", "assignees": [town.other.id]});
    let create = town.ask(Who::Editor, &place, Method::POST, &tasks).json(&new);
    assert_eq!(problem(create, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await["errors"][0]["field"], "assignees");
}
