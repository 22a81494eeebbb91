//! Tries the generated client on the server in `TASKWIRE_URL`.

#[allow(clippy::all, dead_code, unused, missing_docs)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

use std::env;

use client::{Client, Error, types};
use reqwest::header::{AUTHORIZATION, HeaderMap};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {}", env::var("TASKWIRE_TOKEN").unwrap()).parse().unwrap());
    let http = reqwest::Client::builder().default_headers(headers).build().unwrap();
    let client = Client::new_with_client(&format!("{}/api/v1", env::var("TASKWIRE_URL").unwrap()), http);

    let board = client.create_board().body_map(|board| board.name("Plans")).send().await.unwrap().into_inner();
    let kinds: Vec<types::ColumnKind> = board.columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [types::ColumnKind::Open, types::ColumnKind::Active, types::ColumnKind::Done]);

    let new = |task: types::builder::NewTask| task.title("Paint the door").priority(types::Priority::High);
    let task = client.create_task().board(board.id.0).body_map(new).send().await.unwrap().into_inner();
    let list = client.list_tasks().board(board.id.0).title("door").assignee("none").send().await.unwrap().into_inner();
    assert_eq!(list.tasks.iter().map(|task| task.id.0).collect::<Vec<_>>(), [task.id.0]);

    let change = async |title: &str| {
        let title: types::TaskPatchTitle = title.parse().unwrap();
        let request = client.update_task().task(task.id.0).if_match(format!("\"{}\"", task.seq.0));
        request.body_map(|patch| patch.title(title)).send().await
    };
    change("Paint the front door").await.unwrap();
    match change("Paint the back door").await {
        Err(Error::ErrorResponse(problem)) => {
            assert_eq!(problem.status(), 412);
            assert_eq!(problem.code, types::ErrorCode::Conflict);
            assert_eq!(problem.conflict.as_ref().unwrap().theirs, "Paint the front door");
        }
        other => panic!("{other:?}"),
    }

    let history = client.list_task_changes().task(task.id.0).send().await.unwrap().into_inner();
    assert!(
        matches!(history.changes.last(), Some(types::Change::TaskCreated(created)) if created.title == "Paint the door")
    );
    println!("the Rust client works");
}
