//! Tests comments over REST: in pages, edited, deleted, restored, and with reactions.

use app::access::InstanceRole;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use taskwire::{
    accounts::NewPerson,
    credentials::Credentials,
    settings::{Auth, Settings},
};

use crate::support::{
    database::Database,
    server::{Server, answer, id, open, problem},
};

fn texts(list: &Value) -> Vec<&str> {
    list["comments"].as_array().unwrap().iter().map(|comment| comment["text"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_are_written_edited_deleted_and_restored() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "Tea").await;
    let comments = format!("/tasks/{task}/comments");
    let one = server.post(&comments, &json!({"text": "Which *kind*?\r\n"})).await;
    assert_eq!((&one["text"], &one["task"], &one["board"]), (&json!("Which *kind*?"), &json!(task), &json!(board)));
    assert_eq!((&one["edited_at"], &one["author"], &one["reactions"]), (&Value::Null, &Value::Null, &json!([])));
    server.post(&comments, &json!({"text": "Green"})).await;
    assert_eq!(texts(&server.get(&comments).await), ["Green", "Which *kind*?"]);
    assert_eq!(server.get(&format!("/tasks/{task}")).await["comments"], 2);

    let path = format!("/boards/{board}/comments/{}", id(&one));
    let edited = server.patch(&path, &json!({"text": "Which kind?", "base": one["text_seq"]})).await;
    assert_eq!((&edited["text"], &edited["created_at"]), (&json!("Which kind?"), &one["created_at"]));
    assert!(edited["edited_at"].is_string());
    assert_eq!(server.get(&path).await, edited);
    let late = server.api(Method::PATCH, &path).json(&json!({"text": "Which?", "base": one["text_seq"]}));
    problem(late, StatusCode::CONFLICT, "changed").await;
    let versions = server.get(&format!("{path}/versions")).await;
    assert_eq!(versions["versions"][0]["text"], "Which *kind*?");

    for bad in [json!({"text": ""}), json!({"text": "x".repeat(64_001)}), json!({"text": "a\u{0}b"})] {
        problem(server.api(Method::POST, &comments).json(&bad), StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    // The longest comment fits, also where every character is escaped.
    let long = server.post(&comments, &json!({"text": "\"".repeat(64_000)})).await;
    assert_eq!(long["text"].as_str().unwrap().len(), 64_000);

    assert_eq!(server.api(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    for path in [path.clone(), format!("{path}/versions")] {
        problem(server.api(Method::GET, &path), StatusCode::NOT_FOUND, "not_found").await;
    }
    problem(server.api(Method::PATCH, &path).json(&json!({"text": "x"})), StatusCode::NOT_FOUND, "not_found").await;
    assert_eq!(server.get(&format!("/tasks/{task}")).await["comments"], 2);
    let restored = answer(server.api(Method::POST, &format!("{path}/restore")), StatusCode::OK).await;
    assert_eq!(restored["text"], "Which kind?");
    let history = server.get(&format!("/tasks/{task}/changes")).await;
    let kinds: Vec<_> = history["changes"].as_array().unwrap().iter().map(|change| change["kind"].clone()).collect();
    assert_eq!(kinds[..3], [json!("comment_updated"), json!("comment_deleted"), json!("comment_created")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_comes_in_pages_by_cursor() {
    let server = Server::start().await;
    let board = server.board().await;
    let (task, other) = (server.task(&board, "Tea").await, server.task(&board, "Milk").await);
    let comments = format!("/tasks/{task}/comments");
    for number in 0..5 {
        server.post(&comments, &json!({"text": number.to_string()})).await;
        server.post(&format!("/tasks/{other}/comments"), &json!({"text": "Elsewhere"})).await;
    }
    let first = server.get(&format!("{comments}?limit=2&fields=id,text")).await;
    assert_eq!(texts(&first), ["4", "3"]);
    assert_eq!(first["comments"][0].as_object().unwrap().len(), 2);
    server.post(&comments, &json!({"text": "Meanwhile"})).await;
    let second = server.get(&format!("{comments}?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!(texts(&second), ["2", "1"]);
    let last = server.get(&format!("{comments}?limit=2&cursor={}", second["next"].as_str().unwrap())).await;
    assert_eq!((texts(&last), &last["next"]), (vec!["0"], &Value::Null));
    let bad = server.api(Method::GET, &format!("{comments}?cursor=x"));
    problem(bad, StatusCode::BAD_REQUEST, "invalid_parameter").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_comment_is_added_once() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "Tea").await;
    let comments = format!("/tasks/{task}/comments");
    let key = app::new_id::<uuid::Uuid>().to_string();
    let add = || server.api(Method::POST, &comments).header("Idempotency-Key", &key).json(&json!({"text": "One"}));
    let first = answer(add(), StatusCode::CREATED).await;
    assert_eq!(answer(add(), StatusCode::CREATED).await, first);
    assert_eq!(texts(&server.get(&comments).await), ["One"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_react_for_themselves() {
    let database = Database::sqlite();
    let settings = Settings { auth: Auth::Accounts, database: database.url.clone(), no_sample: true, ..open() };
    let (server, services) = Server::with_services(settings).await;
    let new = NewPerson { name: "Ana", email: "ana@example.com", password: None };
    let ana = services.accounts.add(&Credentials::local(), new, InstanceRole::Owner).await.unwrap();
    let scope = app::access::Scope::Write;
    let (secret, _) =
        services.accounts.create_token(&Credentials::local(), ana, "a program", scope, None).await.unwrap();
    let api = |method, path: &str| server.api(method, path).bearer_auth(secret.expose());
    let board = id(&answer(api(Method::POST, "/boards").json(&json!({"name": "Board"})), StatusCode::CREATED).await);
    let task = api(Method::POST, &format!("/boards/{board}/tasks")).json(&json!({"title": "Tea"}));
    let task = id(&answer(task, StatusCode::CREATED).await);
    let comment = api(Method::POST, &format!("/tasks/{task}/comments")).json(&json!({"text": "One"}));
    let comment = answer(comment, StatusCode::CREATED).await;
    assert_eq!(comment["author"], json!(ana));
    let path = format!("/boards/{board}/comments/{}/reactions", id(&comment));
    for _ in 0..2 {
        let reacted = answer(api(Method::PUT, &format!("{path}/heart")), StatusCode::OK).await;
        assert_eq!(reacted["reactions"], json!([{"reaction": "heart", "people": [ana]}]));
        assert_eq!(reacted["text_seq"], comment["text_seq"]);
    }
    let back = answer(api(Method::DELETE, &format!("{path}/heart")), StatusCode::OK).await;
    assert_eq!(back["reactions"], json!([]));
    assert!(api(Method::PUT, &format!("{path}/shrug")).send().await.unwrap().status().is_client_error());
}
