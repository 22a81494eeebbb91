//! Tests lists of tasks: page by page, filtered and in every order.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::server::{Server, id, problem};

fn titles(list: &Value) -> Vec<&str> {
    list["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_task_once_while_others_write() {
    let server = Server::start().await;
    let board = server.board().await;
    let tasks = format!("/boards/{board}/tasks");
    let mut expected = BTreeSet::new();
    for n in 0..60 {
        expected.insert(server.task(&board, &format!("Task {n}")).await);
    }
    // Days, priorities and people are the same for all, so these orders are all ties.
    for order in [
        "position",
        "-position",
        "title",
        "-title",
        "completed",
        "priority",
        "start",
        "due",
        "-due",
        "assignees",
        "created",
        "-created",
        "created_by",
        "updated",
        "updated_by",
    ] {
        let (mut seen, mut cursor, mut round) = (Vec::new(), String::new(), 0);
        loop {
            let page = server.get(&format!("{tasks}?limit=7&order={order}{cursor}")).await;
            seen.extend(page["tasks"].as_array().unwrap().iter().map(id));
            // Meanwhile a task is added at the front and one at the end, and the last one is deleted again.
            let new = |place| json!({"title": format!("New {round}"), "place": place});
            server.post(&tasks, &new("first")).await;
            let gone = id(&server.post(&tasks, &new("last")).await);
            server.api(Method::DELETE, &format!("/tasks/{gone}")).send().await.unwrap();
            round += 1;
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let unique: BTreeSet<_> = seen.iter().cloned().collect();
        assert_eq!(unique.len(), seen.len(), "{order}: some were met twice");
        assert!(expected.is_subset(&unique), "{order}: some were missed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_ordered() {
    let server = Server::start().await;
    let board = server.board().await;
    let columns = server.columns(&board).await;
    let tasks = format!("/boards/{board}/tasks");
    for new in [
        json!({"title": "Äpfel kaufen", "start": "2026-12-01", "due": "2026-12-02", "priority": "low"}),
        json!({"title": "bread", "description": "100% whole_grain", "due": "2026-12-01", "completed": true}),
        json!({"title": "Cheese", "priority": "urgent", "column": columns[1]}),
    ] {
        server.post(&tasks, &new).await;
    }
    let list = async |query: &str| server.get(&format!("{tasks}?{query}")).await;
    assert_eq!(titles(&list("").await), ["Äpfel kaufen", "Cheese", "bread"]);
    assert_eq!(titles(&list("completed=true").await), ["bread"]);
    assert_eq!(titles(&list("completed=false").await), ["Äpfel kaufen", "Cheese"]);
    assert_eq!(titles(&list(&format!("column={}", columns[1])).await), ["Cheese"]);
    assert_eq!(titles(&list("q=%C3%84PFEL").await), ["Äpfel kaufen"]);
    assert_eq!(titles(&list("q=100%25%20WHOLE_").await), ["bread"]);
    assert!(titles(&list("q=%25").await).len() == 1, "no pattern, just text");
    assert_eq!(titles(&list("order=due").await), ["bread", "Äpfel kaufen", "Cheese"]);
    assert_eq!(titles(&list("order=start").await)[0], "Äpfel kaufen");
    assert_eq!(titles(&list("order=-priority").await), ["Cheese", "Äpfel kaufen", "bread"]);
    assert_eq!(titles(&list("order=title").await), ["bread", "Cheese", "Äpfel kaufen"]);
    assert_eq!(titles(&list("order=-created").await), ["Cheese", "bread", "Äpfel kaufen"]);
    assert_eq!(titles(&list("order=-completed").await)[0], "bread");

    assert_eq!(titles(&list("title=ee").await), ["Cheese"]);
    assert_eq!(titles(&list("title=grain").await), [""; 0], "that is in a description");
    assert_eq!(titles(&list("priority=urgent").await), ["Cheese"]);
    assert_eq!(titles(&list("due_before=2026-12-02").await), ["bread"], "that day is not included");
    assert_eq!(
        titles(&list("due_after=2026-12-01").await),
        ["Äpfel kaufen"],
        "and what is not due is neither before nor after"
    );
    assert_eq!(titles(&list("start_after=2026-11-30&start_before=2026-12-02").await), ["Äpfel kaufen"]);
    assert_eq!(titles(&list("start_after=2026-11-30&priority=none").await), [""; 0], "all must apply");
    assert_eq!(titles(&list("assignee=none&completed=true").await), ["bread"]);
    let bread = list("title=bread").await["tasks"][0].clone();
    let created = bread["created_at"].as_str().unwrap();
    assert_eq!(titles(&list(&format!("created_before={created}")).await), ["Äpfel kaufen"]);
    assert_eq!(titles(&list(&format!("created_after={created}")).await), ["Cheese"]);
    server.patch(&format!("/tasks/{}", id(&bread)), &json!({"priority": "high"})).await;
    assert_eq!(titles(&list("order=-updated").await)[0], "bread");
    let cheese = list("title=cheese").await["tasks"][0].clone();
    let updated = cheese["updated_at"].as_str().unwrap();
    assert_eq!(titles(&list(&format!("updated_after={updated}")).await), ["bread"]);
    assert_eq!(titles(&list(&format!("updated_before={updated}")).await), ["Äpfel kaufen"]);
    let person = "01938b5e-0000-7000-8000-000000000001";
    for by in ["assignee", "created_by", "updated_by"] {
        assert_eq!(
            titles(&list(&format!("{by}={person}")).await),
            [""; 0],
            "on a server without accounts nobody is known"
        );
    }

    for task in [&bread, &cheese] {
        server.api(Method::DELETE, &format!("/tasks/{}", id(task))).send().await.unwrap();
    }
    let trash = list("deleted=true&order=-deleted").await;
    assert_eq!(titles(&trash), ["Cheese", "bread"]);
    let deleted = trash["tasks"][1]["deleted_at"].as_str().unwrap();
    assert_eq!(titles(&list(&format!("deleted=true&deleted_after={deleted}")).await), ["Cheese"]);
    assert_eq!(titles(&list(&format!("deleted=true&deleted_before={deleted}")).await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_date_filter_takes_a_day_and_a_time() {
    let server = Server::start().await;
    let board = server.board().await;
    let tasks = format!("/boards/{board}/tasks");
    server.post(&tasks, &json!({"title": "Tea", "start": "2026-12-24", "due": "2026-12-24"})).await;
    let trashed = server.task(&board, "Old tea").await;
    server.api(Method::DELETE, &format!("/tasks/{trashed}")).send().await.unwrap();
    for field in ["start", "due", "created", "updated", "deleted"] {
        let trash = if field == "deleted" { "deleted=true&" } else { "" };
        let found = async |query: String| titles(&server.get(&format!("{tasks}?{trash}{field}_{query}")).await).len();
        // Every date of the two tasks is between these.
        for (early, late) in [("2020-01-01", "2099-01-01"), ("2020-01-01T10:00:00Z", "2099-01-01T10:00:00Z")] {
            assert_eq!(found(format!("after={early}")).await, 1, "{field} after {early}");
            assert_eq!(found(format!("before={late}")).await, 1, "{field} before {late}");
            assert_eq!(found(format!("before={early}")).await, 0, "{field} before {early}");
            assert_eq!(found(format!("after={late}")).await, 0, "{field} after {late}");
        }
    }
    let document = serde_json::to_value(taskwire::http::api::document()).unwrap();
    let parameters = &document["paths"]["/boards/{board}/tasks"]["get"]["parameters"];
    let described = |parameter: &&Value| {
        let name = parameter["name"].as_str().unwrap();
        let is_date = name.ends_with("_before") || name.ends_with("_after");
        is_date && parameter["description"].as_str().unwrap().ends_with("this day (in UTC) or time.")
    };
    assert_eq!(parameters.as_array().unwrap().iter().filter(described).count(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_has_only_the_fields_that_are_asked_for() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "A").await;
    assert_eq!(server.get(&format!("/tasks/{task}?fields=title,id")).await, json!({"id": task, "title": "A"}));
    assert_eq!(server.get(&format!("/boards/{board}?fields=name")).await, json!({"name": "Plans"}));
    let tasks = server.get(&format!("/boards/{board}/tasks?fields=due")).await;
    assert_eq!(tasks["tasks"], json!([{"due": null}]));
    assert!(tasks["seq"].is_number(), "only the things have fewer fields");
    assert_eq!(server.get("/boards?fields=name").await["boards"], json!([{"name": "Plans"}]));
    let columns = server.get(&format!("/boards/{board}/columns?fields=kind")).await;
    assert_eq!(columns["columns"], json!([{"kind": "open"}, {"kind": "active"}, {"kind": "done"}]));
    assert_eq!(server.get("/me?fields=scope").await, json!({"scope": "admin"}));
    for fields in ["colour", "", "id,,title", "id;title"] {
        let request = server.api(Method::GET, &format!("/tasks/{task}?fields={fields}"));
        let problem = problem(request, StatusCode::BAD_REQUEST, "invalid_parameter").await;
        assert_eq!(problem["errors"][0]["field"], "fields", "{fields}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_makes_no_sense_is_named() {
    let server = Server::start().await;
    let board = server.board().await;
    for title in ["A", "B"] {
        server.task(&board, title).await;
    }
    let tasks = format!("/boards/{board}/tasks");
    let cursor = server.get(&format!("{tasks}?limit=1")).await["next"].as_str().unwrap().to_owned();
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("order=rank", "order"),
        ("order=", "order"),
        ("order=--due", "order"),
        ("completed=maybe", "completed"),
        ("priority=huge", "priority"),
        ("assignee=nobody", "assignee"),
        ("labels=red", "labels"),
        ("labels_match=some", "labels_match"),
        ("due_before=tomorrow", "due_before"),
        ("due_after=2026-02-30", "due_after"),
        ("created_after=2026-13-01", "created_after"),
        ("updated_before=2026-12-01T10:00", "updated_before"),
        ("deleted=1", "deleted"),
        ("column=first", "column"),
        ("colour=red", "colour"),
        ("cursor=garbage", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=e30", "cursor"),
        ("cursor=bnVsbA", "cursor"),
        (&*format!("cursor={cursor}&order=title"), "cursor"),
        (&*format!("cursor={cursor}x"), "cursor"),
    ] {
        let request = server.api(Method::GET, &format!("{tasks}?{query}"));
        let problem = problem(request, StatusCode::BAD_REQUEST, "invalid_parameter").await;
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
}
