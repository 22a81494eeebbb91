//! Tests boards, their columns and their log over REST.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    database::Database,
    server::{Server, answer, id, problem},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_made_renamed_and_deleted() {
    let server = Server::start().await;
    let board = format!("/boards/{}", server.board().await);
    let made = server.get(&board).await;
    assert_eq!(made["columns"].as_array().unwrap().len(), 3);
    let renamed = server.patch(&board, &json!({"name": "Other plans"})).await;
    assert_eq!(renamed["name"], "Other plans");
    let listed = server.get("/boards").await;
    assert_eq!(listed["boards"][0]["name"], "Other plans");
    let stale = format!("\"{}\"", made["seq"]);
    let delete = || server.api(Method::DELETE, &board);
    problem(delete().header("If-Match", stale), StatusCode::PRECONDITION_FAILED, "stale").await;
    assert_eq!(delete().send().await.unwrap().status(), StatusCode::NO_CONTENT);
    problem(server.api(Method::GET, &board), StatusCode::NOT_FOUND, "not_found").await;
    assert_eq!(server.get("/boards").await["boards"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_has_a_colour_and_a_description() {
    let server = Server::start().await;
    let id = server.board().await;
    let board = format!("/boards/{id}");
    let made = server.get(&board).await;
    assert_eq!((&made["hue"], &made["description"]), (&json!(null), &json!("")));
    let look = json!({"hue": "teal", "description": " What grows where "});
    let changed = server.patch(&board, &look).await;
    assert_eq!((&changed["hue"], &changed["description"]), (&json!("teal"), &json!("What grows where")));
    let listed = server.get("/boards").await;
    assert_eq!(
        (&listed["boards"][0]["hue"], &listed["boards"][0]["description"]),
        (&changed["hue"], &changed["description"])
    );
    let without = server.patch(&board, &json!({"hue": null})).await;
    assert_eq!((&without["hue"], &without["description"]), (&json!(null), &json!("What grows where")));
    assert_eq!(server.patch(&board, &json!({"description": ""})).await["description"], "");
    for wrong in [
        json!({"description": "x".repeat(201)}),
        json!({"description": "two\nlines"}),
        json!({"description": "turned \u{202e}around"}),
        json!({"hue": "ultraviolet"}),
        json!({"archived": true, "hue": "red"}),
    ] {
        problem(server.api(Method::PATCH, &board).json(&wrong), StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    server.patch(&board, &json!({"archived": true})).await;
    let late = server.api(Method::PATCH, &board).json(&look);
    problem(late, StatusCode::CONFLICT, "archived").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_archived_and_brought_back() {
    let server = Server::start().await;
    let id = server.board().await;
    let board = format!("/boards/{id}");
    server.task(&id, "Tea").await;
    let archived = server.patch(&board, &json!({"archived": true})).await;
    assert_eq!(archived["archived"], true);
    assert!(archived["archived_at"].is_string());
    // It is read as before, and refuses every edit with a reason.
    assert_eq!(server.get(&board).await["archived_at"], archived["archived_at"]);
    assert_eq!(server.get(&format!("{board}/tasks")).await["tasks"].as_array().unwrap().len(), 1);
    for (method, path, body) in [
        (Method::PATCH, board.clone(), json!({"name": "Other"})),
        (Method::POST, format!("{board}/tasks"), json!({"title": "Late"})),
        (Method::POST, format!("{board}/columns"), json!({"name": "Late", "kind": "open"})),
    ] {
        let request = server.api(method, &path).json(&body);
        let problem = problem(request, StatusCode::CONFLICT, "archived").await;
        assert_eq!(problem["detail"], "this board is archived. A manager can bring it back");
    }
    // Who may open it can be changed.
    assert_eq!(server.patch(&board, &json!({"everyone": "viewer"})).await["everyone"], "viewer");
    let both = server.api(Method::PATCH, &board).json(&json!({"archived": false, "name": "Other"}));
    assert_eq!(problem(both, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await["errors"][0]["field"], "archived");
    let boards = async |query: &str| {
        let list = server.get(&format!("/boards{query}")).await;
        list["boards"].as_array().unwrap().iter().map(|board| board["archived"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(boards("").await.len(), 0);
    assert_eq!(boards("?archived=true").await, [json!(true)]);
    assert_eq!(boards("?archived=any&access=open").await.len(), 1);
    assert_eq!(boards("?archived=any&access=private").await.len(), 0);
    let stale = server.api(Method::PATCH, &board).header("If-Match", "\"1\"").json(&json!({"archived": false}));
    problem(stale, StatusCode::PRECONDITION_FAILED, "stale").await;
    assert_eq!(server.patch(&board, &json!({"archived": false})).await["archived_at"], json!(null));
    assert_eq!(boards("?archived=false").await, [json!(false)]);
    server.task(&id, "Later").await;
    for wrong in ["archived=maybe", "access=some", "order=tasks", "managed=x"] {
        let request = server.api(Method::GET, &format!("/boards?{wrong}"));
        problem(request, StatusCode::BAD_REQUEST, "invalid_parameter").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_are_sorted_in_pages() {
    let server = Server::start().await;
    let mut made = Vec::new();
    for name in ["beta", "Alpha", "delta", "Gamma"] {
        made.push(id(&server.post("/boards", &json!({"name": name})).await));
    }
    // The first is changed last.
    server.task(&made[0], "Tea").await;
    let names = async |order: &str| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.get(&format!("/boards?limit=2{order}{cursor}")).await;
            let name = |board: &serde_json::Value| board["name"].as_str().unwrap().to_owned();
            seen.extend(page["boards"].as_array().unwrap().iter().map(name));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return seen,
            }
        }
    };
    assert_eq!(names("").await, ["Gamma", "delta", "Alpha", "beta"]);
    assert_eq!(names("&order=created").await, ["beta", "Alpha", "delta", "Gamma"]);
    assert_eq!(names("&order=name").await, ["Alpha", "beta", "delta", "Gamma"]);
    assert_eq!(names("&order=-name").await, ["Gamma", "delta", "beta", "Alpha"]);
    assert_eq!(names("&order=-changed").await[0], "beta");
    let next = server.get("/boards?limit=2&order=name").await["next"].as_str().unwrap().to_owned();
    let other = server.api(Method::GET, &format!("/boards?limit=2&cursor={next}"));
    problem(other, StatusCode::BAD_REQUEST, "invalid_parameter").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_are_listed_page_by_page() {
    let server = Server::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, server.board().await);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/boards?limit=2{cursor}")).await;
        seen.extend(page["boards"].as_array().unwrap().iter().map(id));
        // A board created meanwhile is newer than all boards that follow, so it is on no later page.
        server.board().await;
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    // The cursor of one list, or of one order, is not that of another.
    let (tasks, limit) = (format!("/boards/{}/tasks", made[0]), "limit=1&cursor=");
    server.task(&made[0], "Tea").await;
    server.task(&made[0], "Coffee").await;
    let of = async |path: &str| server.get(path).await["next"].as_str().unwrap().to_owned();
    let (of_boards, of_tasks) = (of("/boards?limit=1").await, of(&format!("{tasks}?limit=1")).await);
    for wrong in [
        format!("/boards?{limit}{of_tasks}"),
        format!("/people?{limit}{of_boards}"),
        format!("{tasks}?{limit}{of_boards}"),
        format!("{tasks}?order=title&{limit}{of_tasks}"),
    ] {
        let problem = problem(server.api(Method::GET, &wrong), StatusCode::BAD_REQUEST, "invalid_parameter").await;
        assert_eq!(problem["errors"][0]["field"], "cursor", "{wrong}: {problem}");
    }
    for (query, field) in [("limit=0", "limit"), ("limit=501", "limit"), ("cursor=e30", "cursor"), ("page=2", "page")] {
        let problem =
            problem(server.api(Method::GET, &format!("/boards?{query}")), StatusCode::BAD_REQUEST, "invalid_parameter");
        let problem = problem.await;
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_come_move_and_go_but_not_with_tasks_in_them() {
    let server = Server::start().await;
    let board = server.board().await;
    let path = format!("/boards/{board}/columns");
    let review = id(&server.post(&path, &json!({"name": "Review", "kind": "active", "place": "first"})).await);
    assert_eq!(server.columns(&board).await[0], review);
    let changed = server.patch(&format!("{path}/{review}"), &json!({"name": "Check", "place": "last"})).await;
    assert_eq!(changed["name"], "Check");
    assert_eq!(server.columns(&board).await[3], review);

    let new = json!({"title": "A", "column": review});
    let task = id(&server.post(&format!("/boards/{board}/tasks"), &new).await);
    let delete = || server.api(Method::DELETE, &format!("{path}/{review}"));
    problem(delete(), StatusCode::CONFLICT, "not_empty").await;
    server.api(Method::DELETE, &format!("/tasks/{task}")).send().await.unwrap();
    assert_eq!(delete().send().await.unwrap().status(), StatusCode::NO_CONTENT);
    problem(delete(), StatusCode::NOT_FOUND, "not_found").await;
    // The task has lost its column, but can still be restored.
    answer(server.api(Method::POST, &format!("/tasks/{task}/restore")), StatusCode::OK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_from_any_number_on() {
    let server = Server::start().await;
    let board = server.board().await;
    for title in ["A", "B", "C"] {
        server.task(&board, title).await;
    }
    let changes = format!("/boards/{board}/changes");
    let all = server.get(&changes).await;
    assert_eq!((&all["seq"], &all["next"]), (&json!(4), &json!(null)));
    let first = server.get(&format!("{changes}?limit=3")).await;
    assert_eq!((first["changes"].as_array().unwrap().len(), &first["next"]), (3, &json!(3)));
    let rest = server.get(&format!("{changes}?since={}", first["next"])).await;
    assert_eq!(rest["changes"][0]["title"], "C");
    assert_eq!(server.get(&format!("{changes}?since=4")).await["changes"], json!([]));
    let ahead = server.api(Method::GET, &format!("{changes}?since=5"));
    assert_eq!(problem(ahead, StatusCode::BAD_REQUEST, "invalid_parameter").await["errors"][0]["field"], "since");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_starts_with_a_board_that_can_be_used() {
    let database = Database::sqlite();
    let settings = || taskwire::settings::Settings { database: database.url.clone(), ..crate::support::server::open() };
    let server = Server::with(settings()).await;
    let boards = server.get("/boards").await;
    let board = id(&boards["boards"][0]);
    assert_eq!(server.get(&format!("/boards/{board}/tasks")).await["tasks"].as_array().unwrap().len(), 8);
    server.stop().await;
    // Only an empty database gets the sample board.
    let server = Server::with(settings()).await;
    assert_eq!(server.get("/boards").await, boards);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_copied() {
    let server = Server::start().await;
    let id = server.board().await;
    let board = format!("/boards/{id}");
    server.patch(&board, &json!({"hue": "lime", "description": "What grows where"})).await;
    let label = server.post(&format!("{board}/labels"), &json!({"name": "Bug", "hue": "red"})).await;
    let columns = server.get(&format!("{board}/columns")).await["columns"].clone();
    for (column, title) in [(0, "Tea"), (2, "Done"), (0, "Milk")] {
        let new =
            json!({"title": title, "column": columns[column]["id"], "labels": [label["id"]], "due": "2040-02-03"});
        server.post(&format!("{board}/tasks"), &new).await;
    }
    let tasks = server.get(&format!("{board}/tasks")).await;
    let tea = tasks["tasks"][0]["id"].as_str().unwrap();
    let list = json!({"name": "Kinds", "items": [{"text": "Green", "done": true}]});
    server.post(&format!("/tasks/{tea}/checklists"), &list).await;
    server.post(&format!("/tasks/{tea}/comments"), &json!({"text": "Which?"})).await;
    let gone = server.task(&id, "In the trash").await;
    server.api(Method::DELETE, &format!("/tasks/{gone}")).send().await.unwrap();

    // A repeated request makes one copy.
    let key = app::new_id::<uuid::Uuid>().to_string();
    let copy = || server.api(Method::POST, &format!("{board}/copy")).header("Idempotency-Key", &key);
    let mut copies = Vec::new();
    for _ in 0..2 {
        let answer = copy().json(&json!({"name": "Next year"})).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        copies.push(answer.json::<serde_json::Value>().await.unwrap());
    }
    assert_eq!(copies[0], copies[1]);
    let copied = &copies[0];
    assert_eq!((&copied["name"], &copied["hue"]), (&json!("Next year"), &json!("lime")));
    assert_eq!(copied["description"], "What grows where");
    let names = |board: &serde_json::Value| {
        let columns = board["columns"].as_array().unwrap().iter();
        columns
            .map(|column| (column["name"].clone(), column["kind"].clone(), column["tasks"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(copied), names(&server.get(&board).await));
    let new = format!("/boards/{}", copied["id"].as_str().unwrap());
    let tasks = server.get(&format!("{new}/tasks")).await;
    let tasks = tasks["tasks"].as_array().unwrap();
    let titles: Vec<_> = tasks.iter().map(|task| task["title"].clone()).collect();
    assert_eq!(titles, ["Tea", "Milk", "Done"]);
    let labels = server.get(&format!("{new}/labels")).await;
    assert_eq!(labels["labels"][0]["name"], "Bug");
    assert_eq!(tasks[0]["labels"], json!([labels["labels"][0]["id"]]));
    assert_eq!((&tasks[0]["due"], &tasks[0]["comments"]), (&json!("2040-02-03"), &json!(0)));
    assert_eq!(tasks[0]["progress"], json!({"done": 1, "items": 1}));
    assert_eq!(tasks[2]["completed"], true);

    // A key that is the id of a board that is there, even of this one, makes no copy and deletes nothing.
    let mistaken = server.api(Method::POST, &format!("{board}/copy")).header("Idempotency-Key", &id);
    assert!(mistaken.json(&json!({"name": "Copy"})).send().await.unwrap().status().is_client_error());
    assert_eq!(server.get(&board).await["deleted_at"], serde_json::Value::Null);
    assert_eq!(server.get(&format!("{board}/tasks")).await["tasks"].as_array().unwrap().len(), 3);

    let without = server.post(&format!("{board}/copy"), &json!({"name": "Bare", "tasks": false})).await;
    assert_eq!(server.get(&format!("/boards/{}/tasks", without["id"].as_str().unwrap())).await["tasks"], json!([]));
    let blank = server.api(Method::POST, &format!("{board}/copy")).json(&json!({"name": " "}));
    problem(blank, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    let nowhere = server.api(Method::POST, &format!("/boards/{}/copy", app::new_id::<uuid::Uuid>()));
    problem(nowhere.json(&json!({"name": "Copy"})), StatusCode::NOT_FOUND, "not_found").await;
    assert_eq!(server.get("/boards").await["boards"].as_array().unwrap().len(), 3);
}
