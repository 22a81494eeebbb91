//! Tests that a NUL in any query or body never reaches PostgreSQL, which takes no text that contains one: the server would take the refusal
//! for a failure of its database.

use reqwest::Method;
use serde_json::{Value, json};
use taskwire::settings::Settings;
use uuid::Uuid;

use crate::support::{
    database::Database,
    server::{Server, open},
};

async fn server_on_postgres() -> (Server, Database) {
    let database = Database::postgres().await;
    let settings = Settings { database: database.url.clone(), no_sample: true, api_rate: 0, ..open() };
    (Server::with(settings).await, database)
}

fn document() -> Value {
    serde_json::to_value(taskwire::http::api::document()).unwrap()
}

/// A path with ids in place of its parameters.
fn filled(path: &str, board: &str, task: &str) -> String {
    let path = path.replace("{board}", board).replace("{task}", task);
    let part = |part: &str| if part.starts_with('{') { app::new_id::<Uuid>().to_string() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn require_no_failure(server: &Server, method: Method, path: &str, body: Option<&Value>) {
    let request = server.at(method.clone(), path);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let response = request.send().await.unwrap();
    let status = response.status();
    if status.is_server_error() {
        panic!("{method} {path} {body:?}: {}", response.text().await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_query_of_a_list() {
    let (server, _database) = server_on_postgres().await;
    let board = server.board().await;
    let task = server.task(&board, "Tea").await;
    let mut asked = 0;
    for (template, operations) in document()["paths"].as_object().unwrap() {
        let Some(parameters) = operations["get"]["parameters"].as_array() else { continue };
        let path = filled(template, &board, &task);
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            for text in ["%00", "a%00b"] {
                require_no_failure(&server, Method::GET, &format!("/api/v1{path}?{name}={text}"), None).await;
                asked += 1;
            }
        }
    }
    assert!(asked > 60, "{asked}");
    assert_eq!(server.get("/boards?q=%00").await["boards"], json!([]), "no name has a NUL");

    // The pages ignore parameters that they do not know.
    let names = [
        "q", "after", "sort", "state", "board", "person", "actor", "target", "topic", "action", "assignee", "host",
        "maker", "before", "created", "changed", "query", "from", "to", "priority", "due", "role", "scope", "access",
    ];
    let pages = taskwire::http::admin::ROUTES.iter().filter(|(method, _)| *method == Method::GET);
    for path in ["/", "/boards/{board}"].into_iter().chain(pages.map(|(_, path)| *path)) {
        let path = filled(path, &board, &task);
        for name in names {
            require_no_failure(&server, Method::GET, &format!("{path}?{name}=a%00b"), None).await;
        }
    }
}

/// A value of a schema, in which each text that may be any text has a NUL.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return sample(document, document.pointer(name.trim_start_matches('#')).unwrap());
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let choices = schema[choice].as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(first) = choices.iter().find(|choice| choice["type"] != "null") {
            return sample(document, first);
        }
    }
    if let Some(value) = schema["enum"].get(0).or(schema.get("const")) {
        return value.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned().unwrap_or_default(),
        kind => kind.clone(),
    };
    match (kind.as_str().unwrap_or_default(), schema["format"].as_str().unwrap_or_default()) {
        ("object", _) => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            Value::Object(properties.map(|(name, schema)| (name.clone(), sample(document, schema))).collect())
        }
        ("array", _) => json!([sample(document, &schema["items"])]),
        ("string", "uuid") => json!(app::new_id::<Uuid>()),
        ("string", "date") => json!("2026-12-24"),
        ("string", "date-time") => json!("2026-12-24T10:00:00Z"),
        ("string", _) => json!("a\u{0}b"),
        ("boolean", _) => json!(true),
        ("integer" | "number", _) => schema.get("minimum").cloned().unwrap_or(json!(1)),
        _ => Value::Null,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_body() {
    let (server, _database) = server_on_postgres().await;
    let document = document();
    let mut asked = 0;
    for (template, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_null() {
                continue;
            }
            let board = server.board().await;
            let task = server.task(&board, "Tea").await;
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = format!("/api/v1{}", filled(template, &board, &task));
            let whole = sample(&document, schema);
            require_no_failure(&server, method.clone(), &path, Some(&whole)).await;
            // Each field alone, so that no other one is refused before it.
            for (name, value) in whole.as_object().into_iter().flatten() {
                require_no_failure(&server, method.clone(), &path, Some(&json!({ name: value }))).await;
            }
            asked += 1;
        }
    }
    assert!(asked > 10, "{asked}");
    let csv = "name,email,boards\nBen,ben@example.com,Pla\u{0}ns:editor\n";
    let import = json!({ "csv": csv, "dry_run": true });
    require_no_failure(&server, Method::POST, "/api/v1/people/import", Some(&import)).await;
}
