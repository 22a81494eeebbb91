//! Tests labels over REST: of a board, on tasks, merged, deleted, and as a filter.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::server::{Server, answer, id, problem};

fn ids(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn titles(list: &Value) -> Vec<&str> {
    list["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_created_changed_moved_and_deleted() {
    let server = Server::start().await;
    let board = server.board().await;
    let labels = format!("/boards/{board}/labels");
    let bug = server.post(&labels, &json!({"name": " Bug ", "hue": "red", "tone": "dark", "pattern": "stripes"})).await;
    assert_eq!(
        (&bug["name"], &bug["hue"], &bug["tone"], &bug["pattern"]),
        (&json!("Bug"), &json!("red"), &json!("dark"), &json!("stripes"))
    );
    assert_eq!((&bug["description"], &bug["tasks"]), (&json!(""), &json!(0)));
    let nameless = server.post(&labels, &json!({"hue": "lime", "place": "first"})).await;
    let list = server.get(&labels).await;
    assert_eq!(list["labels"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [id(&nameless), id(&bug)]);
    let path = format!("{labels}/{}", id(&bug));
    let changed = server.patch(&path, &json!({"name": "", "description": "What is broken", "place": "first"})).await;
    assert_eq!((&changed["name"], &changed["hue"]), (&json!(""), &json!("red")), "the rest stays");
    assert_eq!(server.get(&path).await, changed);
    for bad in [json!({"name": "x".repeat(61)}), json!({"description": "a\nb"})] {
        problem(server.api(Method::PATCH, &path).json(&bad), StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    answer(server.api(Method::PATCH, &path).json(&json!({"hue": "mauve"})), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(server.api(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    problem(server.api(Method::GET, &path), StatusCode::NOT_FOUND, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_have_labels_and_are_filtered_by_them() {
    let server = Server::start().await;
    let board = server.board().await;
    let (labels, tasks) = (format!("/boards/{board}/labels"), format!("/boards/{board}/tasks"));
    let mut made = Vec::new();
    for name in ["Bug", "Docs", "Idea"] {
        made.push(id(&server.post(&labels, &json!({"name": name, "hue": "blue"})).await));
    }
    let [bug, docs, idea] = [&made[0], &made[1], &made[2]];
    let one = server.post(&tasks, &json!({"title": "One", "labels": [docs, bug]})).await;
    assert_eq!(ids(&one["labels"]), [bug.clone(), docs.clone()], "in the order of the labels");
    let two = id(&server.post(&tasks, &json!({"title": "Two"})).await);
    let two = server.patch(&format!("/tasks/{two}"), &json!({"add_labels": [bug, idea]})).await;
    let two = server.patch(&format!("/tasks/{}", id(&two)), &json!({"remove_labels": [idea]})).await;
    assert_eq!(ids(&two["labels"]), [bug.as_str()]);
    server.post(&tasks, &json!({"title": "Three"})).await;
    let unknown = "01938b5e-0000-7000-8000-000000000001";
    for (method, path, body, field) in [
        (Method::POST, tasks.clone(), json!({"title": "Four", "labels": [unknown]}), "labels"),
        (Method::PATCH, format!("/tasks/{}", id(&two)), json!({"add_labels": [unknown]}), "add_labels"),
    ] {
        let refused = server.api(method, &path).json(&body);
        let problem = problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], field);
    }

    let list = async |query: &str| server.get(&format!("{tasks}?{query}")).await;
    assert_eq!(titles(&list(&format!("labels={bug}")).await), ["One", "Two"]);
    assert_eq!(titles(&list(&format!("labels={bug},{docs}&labels_match=all")).await), ["One"]);
    assert_eq!(titles(&list(&format!("labels={docs}&labels_match=none")).await), ["Two", "Three"]);
    assert_eq!(titles(&list("labels=none").await), ["Three"]);
    let counts = server.get(&labels).await;
    let counts: Vec<_> = counts["labels"].as_array().unwrap().iter().map(|label| label["tasks"].clone()).collect();
    assert_eq!(counts, [json!(2), json!(1), json!(0)]);

    let merge = format!("{labels}/{docs}/merge");
    let merged = answer(server.api(Method::POST, &merge).json(&json!({"into": idea})), StatusCode::OK).await;
    assert_eq!((id(&merged), &merged["tasks"]), (idea.clone(), &json!(1)));
    let one = server.get(&format!("/tasks/{}", id(&one))).await;
    assert_eq!(ids(&one["labels"]), [bug.clone(), idea.clone()]);
    assert_eq!(titles(&list(&format!("labels={docs}")).await), ["One"], "an old address still finds it");
    let into_nothing = server.api(Method::POST, &format!("{labels}/{bug}/merge")).json(&json!({"into": unknown}));
    let problem = problem(into_nothing, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    assert_eq!(problem["errors"][0]["field"], "into");
    assert_eq!(server.api(Method::DELETE, &format!("{labels}/{bug}")).send().await.unwrap().status(), 204);
    let one = server.get(&format!("/tasks/{}", id(&one))).await;
    assert_eq!(ids(&one["labels"]), [idea.as_str()]);
}
