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
    for order in ["position", "-position", "created", "-created", "start", "due", "priority", "title", "-title"] {
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
        ("completed=maybe", "completed"),
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
