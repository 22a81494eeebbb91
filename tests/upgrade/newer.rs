//! A newer version of Taskwire has migrated the database, while this one still runs on it.
//!
//! The test does by hand what the newer version does: it raises the version of the schema, and writes changes of a kind
//! that this version does not know.

use std::time::Duration;

use app::{
    id::BoardId,
    protocol::{ErrorCode, ServerMessage},
};
use futures::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use taskwire::{
    settings::Settings,
    store::{Store, StoreError, StoreSettings, schema},
};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{
    client::{Client, PATIENCE},
    database::Database,
    newer::Newer,
    node::{create, mutation, new_task},
    server::{Server, answer, open, problem},
};

/// The next message with changes, as JSON.
async fn hear_changes(client: &mut Client) -> Value {
    loop {
        let next = tokio::time::timeout(PATIENCE, client.socket.next()).await.expect("something is heard");
        let Some(Ok(Message::Text(text))) = next else { continue };
        let said: Value = serde_json::from_str(&text).unwrap();
        if said["type"] == "changes" && said["changes"].as_array().is_some_and(|changes| !changes.is_empty()) {
            return said;
        }
    }
}

async fn settings(database: &Database) -> Settings {
    Settings { database: database.url.clone(), no_sample: true, ..open() }
}

async fn an_older_server_reads_and_relays_and_writes_no_more(database: Database) {
    let (server, services) = Server::with_services(settings(&database).await).await;
    let id = server.board().await;
    let board: BoardId = id.parse().unwrap();
    let address = server.base.strip_prefix("http://").unwrap().parse().unwrap();
    let mut client = Client::connect(address).await;
    client.subscribe(board, None).await;
    assert!(matches!(client.hear().await, ServerMessage::Snapshot(_)));

    let mut newer = Newer::on(&database).await;
    newer.set_schema(schema() + 1).await;
    let seq = newer.commit(board).await;

    // A change that this version cannot read is forwarded unchanged.
    let said = hear_changes(&mut client).await;
    assert_eq!(
        (&said["changes"][0]["kind"], &said["changes"][0]["labels"]),
        (&json!("task_labelled"), &json!([{"colour": 7}]))
    );
    let changes = server.get(&format!("/boards/{id}/changes?since={}", seq - 1)).await;
    assert_eq!(changes["changes"][0]["labels"], json!([{"colour": 7}]));
    // The server's own state lacks the change's effect, so it is read from the rows.
    assert_eq!(services.store.board(board).await.unwrap().unwrap().seq(), seq);
    assert_eq!(server.get(&format!("/boards/{id}")).await["seq"], json!(seq));
    let page = server.at(Method::GET, &format!("/boards/{id}?view=activity")).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("something that a newer version of Taskwire can tell"), "{page}");

    // Connected clients are told to reconnect, so that they reach another node.
    loop {
        match client.hear_or_end().await {
            Ok(ServerMessage::Goodbye { .. }) => {}
            Ok(_) => panic!("nothing else was to be said"),
            Err(code) => break assert_eq!(code, Some(1001)),
        }
    }
    let ready = server.at(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let words = ready.text().await.unwrap();
    assert!(words.contains("a newer version of Taskwire has changed the database"), "{words}");

    // It accepts nothing: neither changes …
    let write = server.api(Method::POST, &format!("/boards/{id}/tasks")).json(&json!({"title": "Tea"}));
    problem(write, StatusCode::SERVICE_UNAVAILABLE, "unavailable").await;
    let mut client = Client::connect(address).await;
    client.subscribe(board, Some(seq - 1)).await;
    assert_eq!(
        hear_changes(&mut client).await["changes"][0]["seq"],
        json!(seq),
        "who comes back is told what there is"
    );
    client.mutate(board, vec![mutation(create(new_task(), "Milk"))]).await;
    assert_eq!(client.hear_error().await, ErrorCode::Unavailable);
    assert_eq!(client.hear_end().await, Some(1013));
    // … nor any other write.
    let refused = services.store.believed_time(taskwire::clock::now(), Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { .. }), "{refused}");
    assert_eq!(server.get(&format!("/boards/{id}")).await["seq"], json!(seq), "nothing was written");

    // Somebody has restored a copy from before the migration.
    newer.set_schema(schema()).await;
    let start = std::time::Instant::now();
    loop {
        let write = server.api(Method::POST, &format!("/boards/{id}/tasks")).json(&json!({"title": "Tea"}));
        if write.send().await.unwrap().status() == StatusCode::CREATED {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "it can write again");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_server_reads_and_relays_and_writes_no_more_on_sqlite() {
    an_older_server_reads_and_relays_and_writes_no_more(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_server_reads_and_relays_and_writes_no_more_on_postgres() {
    an_older_server_reads_and_relays_and_writes_no_more(Database::postgres().await).await;
}

/// The schema version is raised without the server having noticed: the write's own transaction notices it.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_comes_before_anybody_looked_is_refused_as_well() {
    let database = Database::postgres().await;
    // The node's hub looks at the schema version once a second; the write below comes before it notices the new one.
    let store = database.open().await;
    let node = crate::support::node::Node::with(store);
    let board = node.create_board().await.id;
    Newer::on(&database).await.set_schema(schema() + 1).await;
    let refused = node.write(board, create(new_task(), "Tea")).await.unwrap_err();
    assert!(refused.to_string().contains("replaced by a newer version"), "{refused}");
    assert_eq!(node.board(board).await.seq(), 1);
    node.close().await;
}

async fn a_database_of_a_newer_version_is_not_opened(database: Database) {
    database.open().await.close().await;
    let mut newer = Newer::on(&database).await;
    let migrated = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                    SELECT 9999, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    sqlx::query(migrated).execute(&mut newer.connection).await.unwrap();
    let refused = Store::open(StoreSettings::new(&database.url)).await.err().expect("it is refused");
    assert!(matches!(refused, StoreError::Newer { theirs: 9999, .. }), "{refused}");
    let words = refused.to_string();
    assert!(
        words.contains("Start the newer version instead of this one; or, to stay with this one, restore a backup"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_not_opened_on_sqlite() {
    a_database_of_a_newer_version_is_not_opened(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_not_opened_on_postgres() {
    a_database_of_a_newer_version_is_not_opened(Database::postgres().await).await;
}

/// The first message on every socket.
#[tokio::test(flavor = "multi_thread")]
async fn a_socket_says_first_who_serves_it() {
    let server = Server::start().await;
    let address = server.base.strip_prefix("http://").unwrap().parse().unwrap();
    let mut client = Client::connect(address).await;
    let Some(Ok(Message::Text(text))) = client.socket.next().await else { panic!("a message") };
    let ServerMessage::Hello { version, build, protocol, schema: known } = serde_json::from_str(&text).unwrap() else {
        panic!("{text}");
    };
    assert_eq!((version.as_str(), protocol, known), (env!("CARGO_PKG_VERSION"), 1, schema()));
    // The page's script is in a folder whose name is the build.
    let page = server.at(Method::GET, "/").send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("/{build}/taskwire.js")), "{build}");
    let _ = answer(server.api(Method::GET, "/boards"), StatusCode::OK).await;
    server.stop().await;
}
