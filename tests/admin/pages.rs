//! Tests the administration pages over HTTP, as a browser without scripts uses them.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use taskwire::settings::Settings;

use crate::support::{
    database::Database,
    server::{Server, id, open},
};

/// The text of a page.
async fn page(server: &Server, path: &str) -> String {
    let response = server.at(Method::GET, path).header("accept", "text/html").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(response.headers()["cache-control"], "no-store");
    // Leptos puts markers between texts.
    response.text().await.unwrap().replace("<!>", "")
}

fn form(server: &Server, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    let mut body = reqwest::Url::parse("http://localhost").unwrap();
    body.query_pairs_mut().extend_pairs(fields);
    server
        .at(Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.query().unwrap_or_default().to_owned())
}

/// Sends a form. Returns the status, the address to which it redirects, and the text.
async fn post(server: &Server, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
    let response = form(server, path, fields).header("origin", &server.origin).send().await.unwrap();
    let to = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
    (response.status(), to, response.text().await.unwrap().replace("<!>", ""))
}

/// The value of a field in a page.
fn field(page: &str, name: &str) -> String {
    let at = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name} in {page}"));
    let rest = &page[at..];
    let value = rest.split_once("value=\"").unwrap().1.split_once('"').unwrap().0;
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[tokio::test]
async fn titles_with_markup_are_only_text() {
    let server = Server::start().await;
    let board = id(&server.post("/boards", &json!({ "name": "<b>bold</b>" })).await);
    let task = server.task(&board, "<script>alert(1)</script>\u{202e}\"'").await;
    for path in [
        "/admin/tasks",
        &format!("/admin/tasks/{task}"),
        &format!("/admin/tasks?edit={task}"),
        "/admin/tasks?q=%3Cscript%3E",
    ] {
        let page = page(&server, path).await;
        assert!(!page.contains("<script>alert") && !page.contains("<b>bold"), "{path}: {page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_row_is_edited_and_two_editors_of_one_cell_do_not_overwrite_each_other_unseen() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "Tea").await;
    let edit = page(&server, &format!("/admin/tasks?edit={task}")).await;
    let (seq, was) = (field(&edit, "seq"), field(&edit, "was"));
    let column = server.columns(&board).await[0].clone();
    let path = format!("/admin/tasks/{task}");
    let form = |title: &'static str, priority: &'static str| {
        let fields = [
            ("seq", &*seq),
            ("was", &*was),
            ("back", "?q=te"),
            ("title", title),
            ("column", &*column),
            ("priority", priority),
            ("start", ""),
            ("due", ""),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let send = async |fields: [(String, String); 8]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        post(&server, &path, &fields).await
    };
    // Two admins opened the row at the same time. The first changes the title.
    assert_eq!(send(form("Green tea", "none")).await.1, "/admin/tasks?q=te");
    // The second changes another field: both survive.
    assert_eq!(send(form("Tea", "high")).await.0, StatusCode::SEE_OTHER);
    let now = server.get(&format!("/tasks/{task}")).await;
    assert_eq!((now["title"].as_str(), now["priority"].as_str()), (Some("Green tea"), Some("high")));
    // A third changes the title that the first has changed.
    let (status, _, text) = send(form("Black tea", "none")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(text.contains("the title is now “Green tea”"), "{text}");
    assert!(text.contains("value=\"Black tea\""), "what was typed is still there: {text}");
    assert_eq!(server.get(&format!("/tasks/{task}")).await["title"], "Green tea");
    // They see it, and save again.
    let again = [
        ("seq", field(&text, "seq")),
        ("was", field(&text, "was")),
        ("back", String::new()),
        ("title", "Black tea".to_owned()),
        ("column", column.clone()),
        ("priority", "high".to_owned()),
        ("start", String::new()),
        ("due", "2026-12-24".to_owned()),
    ];
    assert_eq!(send(again.map(|(name, value)| (name.to_owned(), value))).await.0, StatusCode::SEE_OTHER);
    let now = server.get(&format!("/tasks/{task}")).await;
    assert_eq!((now["title"].as_str(), now["due"].as_str()), (Some("Black tea"), Some("2026-12-24")));
    // A bad value is refused, and nothing is lost.
    let edit = page(&server, &format!("/admin/tasks?edit={task}")).await;
    let (seq, was) = (field(&edit, "seq"), field(&edit, "was"));
    let blank = [("seq", &*seq), ("was", &was), ("title", " "), ("column", &column), ("priority", "low")];
    let (status, _, text) = post(&server, &path, &blank).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
    assert!(text.contains("<title>Error:"), "{text}");
    // A form from another site is refused.
    let foreign = self::form(&server, &path, &[("title", "x")]).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_bulk_edit_is_previewed_done_and_undone_in_a_browser() {
    let server = Server::start().await;
    let board = server.board().await;
    let mut tasks = Vec::new();
    for title in ["One", "Two", "Three"] {
        tasks.push(server.task(&board, title).await);
    }
    let selected = [
        ("query", "?q=&state=live"),
        ("action", "set_priority"),
        ("of", "selected"),
        ("task", &*tasks[0]),
        ("task", &*tasks[2]),
    ];
    let (status, _, text) = post(&server, "/admin/tasks/bulk", &selected).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        text.contains("2 tasks") && text.contains("on 1 board") && text.contains("Three") && !text.contains(">Two<"),
        "{text}"
    );
    assert!(!text.contains("Do it"), "it needs a value first");
    let chosen: Vec<_> = selected.into_iter().chain([("priority", "urgent")]).collect();
    let (_, _, text) = post(&server, "/admin/tasks/bulk", &chosen).await;
    assert!(text.contains("Do it with 2 tasks"), "{text}");
    assert_eq!(server.get(&format!("/tasks/{}", tasks[0])).await["priority"], "none", "a preview changes nothing");
    let id = field(&text, "id");
    let matched = field(&text, "matched");
    let go: Vec<_> = chosen.iter().copied().chain([("id", &*id), ("matched", &*matched), ("go", "1")]).collect();
    let (status, to, _) = post(&server, "/admin/tasks/bulk", &go).await;
    assert_eq!((status, &*to), (StatusCode::SEE_OTHER, &*format!("/admin/bulk-edits/{id}")));
    // A second click does nothing new.
    assert_eq!(post(&server, "/admin/tasks/bulk", &go).await.1, to);
    let mut text = page(&server, &to).await;
    while !text.contains("Done with 2 tasks") {
        text = page(&server, &to).await;
    }
    let priorities = async |server: &Server| {
        let mut found = Vec::new();
        for task in &tasks {
            found.push(server.get(&format!("/tasks/{task}")).await["priority"].as_str().unwrap().to_owned());
        }
        found
    };
    assert_eq!(priorities(&server).await, ["urgent", "none", "urgent"]);
    let (_, undo, _) = post(&server, &format!("{to}/undo"), &[]).await;
    while !page(&server, &undo).await.contains("Done with 2 tasks") {}
    assert_eq!(priorities(&server).await, ["none", "none", "none"]);
    let list = page(&server, "/admin/bulk-edits").await;
    assert!(list.contains("Set the priority: Urgent") && list.contains("Undo: Set the priority: Urgent"), "{list}");
    // Undo, redo, and undo again.
    let (_, redo, _) = post(&server, &format!("{undo}/undo"), &[]).await;
    while !page(&server, &redo).await.contains("Done with 2 tasks") {}
    assert!(page(&server, &redo).await.contains("Redo: Set the priority: Urgent"));
    let (_, again, _) = post(&server, &format!("{redo}/undo"), &[]).await;
    while !page(&server, &again).await.contains("Done with 2 tasks") {}
    assert!(page(&server, &again).await.contains("Undo: Set the priority: Urgent"));
    // All that match, and none at all.
    let all = [("query", "?q=t"), ("action", "delete"), ("of", "all")];
    let (_, _, text) = post(&server, "/admin/tasks/bulk", &all).await;
    assert!(text.contains("Do it with 2 tasks") && text.contains("Two") && text.contains("Three"), "{text}");
    let (status, _, text) =
        post(&server, "/admin/tasks/bulk", &[("query", ""), ("action", "delete"), ("of", "selected")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("No tasks are selected"), "{text}");
    assert_eq!(post(&server, "/admin/tasks/bulk", &[("action", "explode")]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn only_the_tasks_of_the_preview_are_changed() {
    let server = Server::start().await;
    let board = server.board().await;
    let one = server.task(&board, "One").await;
    let all = [("query", "?state=live"), ("action", "delete"), ("of", "all")];
    let (_, _, text) = post(&server, "/admin/tasks/bulk", &all).await;
    assert!(text.contains("Do it with 1 task"), "{text}");
    let confirmed = |text: &str| {
        let (id, matched) = (field(text, "id"), field(text, "matched"));
        all.map(|(name, value)| (name, value.to_owned()))
            .into_iter()
            .chain([("id", id), ("matched", matched), ("go", "1".to_owned())])
            .collect::<Vec<_>>()
    };
    let send = async |fields: &[(&'static str, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        post(&server, "/admin/tasks/bulk", &fields).await
    };
    // Somebody adds a task before it is confirmed.
    let first = confirmed(&text);
    server.task(&board, "Two").await;
    let (status, _, text) = send(&first).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(text.contains("Other tasks match now") && text.contains("Do it with 2 tasks"), "{text}");
    assert!(server.get(&format!("/tasks/{one}")).await["deleted_at"].is_null(), "nothing was changed");
    // Without the number from the preview it is a preview, too.
    let without: Vec<_> = first.iter().filter(|(name, _)| *name != "matched").cloned().collect();
    assert_eq!(send(&without).await.0, StatusCode::CONFLICT);
    let second = confirmed(&text);
    let (status, to, _) = send(&second).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    while !page(&server, &to).await.contains("Done with 2 tasks") {}
    // A second click shows the same bulk edit, though no task matches any more.
    assert_eq!(send(&second).await.1, to);
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_no_filter_for_a_bulk_edit() {
    let server = Server::start().await;
    let board = server.board().await;
    server.task(&board, "One").await;
    for query in [
        "rubbish",
        "?q=%00",
        "?state=rubbish",
        "?board=x",
        "?label=x",
        "?label=01938b5e-0000-7000-8000-000000000001",
        "?priority=x",
        "?assignee=x",
        "?due=x",
        "?changed=x",
        "?on=x",
        "?on=2026-13",
        "?stat=deleted",
        "? ?",
    ] {
        let fields = [("query", query), ("action", "delete"), ("of", "all")];
        let (status, _, text) = post(&server, "/admin/tasks/bulk", &fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {text}");
        assert!(text.contains("filter cannot be read") && !text.contains("Do it"), "{query}: {text}");
    }
    let today = format!("?on={}&state=live", taskwire::clock::now().day().unwrap());
    for query in ["", "?", "?sort=title", "?state=live&q=one", "?changed=day&sort=-due", &today] {
        let fields = [("query", query), ("action", "delete"), ("of", "all")];
        let (status, _, text) = post(&server, "/admin/tasks/bulk", &fields).await;
        assert_eq!(status, StatusCode::OK, "{query}: {text}");
        assert!(text.contains("Do it with 1 task"), "{query}: {text}");
    }
}

#[tokio::test]
async fn an_impossible_day_is_asked_for_again() {
    let server = Server::start().await;
    let board = server.board().await;
    server.task(&board, "One").await;
    let fields = [("query", ""), ("action", "set_due"), ("of", "all"), ("day", "2026-02-31")];
    let (status, _, text) = post(&server, "/admin/tasks/bulk", &fields).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("This is not a day") && !text.contains("Do it"), "{text}");
    assert_eq!(text.matches("name=\"day\"").count(), 1, "the field, and no hidden one: {text}");
    assert!(text.contains("type=\"date\""), "{text}");
}

#[tokio::test]
async fn a_form_stays_though_its_task_matches_no_more_and_keeps_only_what_was_changed_in_it() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "Quokka").await;
    server.patch(&format!("/tasks/{task}"), &json!({ "due": "2026-12-24" })).await;
    let edit = page(&server, &format!("/admin/tasks?q=Quokka&edit={task}")).await;
    let (seq, was) = (field(&edit, "seq"), field(&edit, "was"));
    let column = server.columns(&board).await[0].clone();
    server.patch(&format!("/tasks/{task}"), &json!({ "title": "Renamed by A", "due": null })).await;
    // A reload shows the form all the same.
    let unlisted = page(&server, &format!("/admin/tasks?q=Quokka&edit={task}")).await;
    assert!(unlisted.contains("value=\"Renamed by A\"") && unlisted.contains("not among those"), "{unlisted}");
    let fields = |seq: &str, was: &str, due: &str| {
        [
            ("seq", seq.to_owned()),
            ("was", was.to_owned()),
            ("back", "?q=Quokka".to_owned()),
            ("title", "Typed by B".to_owned()),
            ("column", column.clone()),
            ("priority", "none".to_owned()),
            ("start", String::new()),
            ("due", due.to_owned()),
        ]
    };
    let send = async |fields: [(&'static str, String); 8]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        post(&server, &format!("/admin/tasks/{task}"), &fields).await
    };
    let (status, _, text) = send(fields(&seq, &was, "2026-12-24")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(text.contains("Somebody else changed this task") && text.contains("value=\"Typed by B\""), "{text}");
    let due = field(&text, "due");
    assert_eq!(due, "", "the due day, which B did not touch, is the present one");
    // B saves again, as offered.
    let (status, ..) = send(fields(&field(&text, "seq"), &field(&text, "was"), &due)).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let now = server.get(&format!("/tasks/{task}")).await;
    assert_eq!((now["title"].as_str(), now["due"].as_str()), (Some("Typed by B"), None));
}

#[tokio::test]
async fn a_preview_tells_what_does_not_fit_into_the_trash_and_what_leaves_it() {
    let server = Server::start().await;
    let board = server.board().await;
    let text = "x".repeat(29_900);
    let earlier = json!({ "title": "Deleted earlier", "description": text });
    let gone = id(&server.post(&format!("/boards/{board}/tasks"), &earlier).await);
    server.api(Method::DELETE, &format!("/tasks/{gone}")).send().await.unwrap().error_for_status().unwrap();
    for number in 0..70 {
        let task = json!({ "title": format!("Task {number}"), "description": text });
        server.post(&format!("/boards/{board}/tasks"), &task).await;
    }
    let fields = [("query", ""), ("action", "delete"), ("of", "all")];
    let (_, _, text) = post(&server, "/admin/tasks/bulk", &fields).await;
    assert!(text.contains("will stay where they are: the trash of their board has no room"), "{text}");
    assert!(text.contains("1 task that was deleted earlier will leave the trash for good"), "{text}");
    let fields = [("query", ""), ("action", "complete"), ("of", "all")];
    let (_, _, text) = post(&server, "/admin/tasks/bulk", &fields).await;
    assert!(!text.contains("trash of their board"), "{text}");
}

#[tokio::test]
async fn the_history_of_a_task_shows_each_field_and_puts_values_back() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "Tea").await;
    server.patch(&format!("/tasks/{task}"), &json!({ "title": "Green tea", "due": "2026-12-24" })).await;
    server.patch(&format!("/tasks/{task}"), &json!({ "completed": true })).await;
    let path = format!("/admin/tasks/{task}");
    let text = page(&server, &path).await;
    for part in [
        "<del>Tea</del>",
        "<ins>Green tea</ins>",
        "<del>no day</del>",
        "<ins>2026-12-24</ins>",
        "<del>To do</del>",
        "<ins>Done</ins>",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let (seq, seen) = (field(&text, "seq"), field(&text, "seen"));
    let back = async |field| {
        post(&server, &format!("{path}/put-back"), &[("seq", &*seq), ("field", field), ("seen", &*seen)]).await
    };
    // Somebody else writes after the page was drawn: this is not overwritten unseen.
    server.patch(&format!("/tasks/{task}"), &json!({ "due": "2026-12-31" })).await;
    let (status, _, refused) = back("Due").await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert_eq!(server.get(&format!("/tasks/{task}")).await["due"], "2026-12-31");
    let (status, to, _) = back("Column").await;
    assert_eq!((status, &*to), (StatusCode::SEE_OTHER, &*path));
    assert_eq!(server.get(&format!("/tasks/{task}")).await["completed"], false);
    let (status, _, text) = back("Column").await;
    assert_eq!(status, StatusCode::CONFLICT, "it is so already");
    assert!(text.contains("cannot be put back"), "{text}");
    assert_eq!(post(&server, &format!("{path}/delete"), &[]).await.1, path);
    assert!(page(&server, &path).await.contains("In the trash"));
    assert_eq!(post(&server, &format!("{path}/restore"), &[]).await.1, path);
    assert!(!page(&server, &path).await.contains("In the trash<"));
    let missing =
        server.at(Method::GET, "/admin/tasks/01938b5e-0000-7000-8000-000000000001").header("accept", "text/html");
    assert_eq!(missing.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_board_is_archived_and_its_history_shows_each_field_and_puts_values_back() {
    let server = Server::start().await;
    let board = server.board().await;
    let columns = server.columns(&board).await;
    let rest = format!("/boards/{board}");
    server.patch(&rest, &json!({ "name": "Old plans" })).await;
    server.patch(&format!("{rest}/columns/{}", columns[0]), &json!({ "name": "Later" })).await;
    server.patch(&format!("{rest}/columns/{}", columns[0]), &json!({ "place": "last" })).await;
    let path = format!("/admin/boards/{board}");
    let text = page(&server, &path).await;
    for part in
        ["<del>Plans</del>", "<ins>Old plans</ins>", "<del>To do</del>", "<ins>Later</ins>", "<ins>After Done</ins>"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let back = async |seq: &str, seen: &str| {
        post(&server, &format!("{path}/put-back"), &[("seq", seq), ("field", "0"), ("seen", seen)]).await
    };
    assert_eq!(back("4", "4").await.0, StatusCode::SEE_OTHER, "the place of the column");
    assert_eq!(back("3", "5").await.0, StatusCode::SEE_OTHER, "its name");
    let read = server.get(&format!("{rest}/columns")).await;
    assert_eq!(read["columns"][0]["name"], "To do");
    // Somebody else renames the board while the page is open: their name stays.
    server.patch(&rest, &json!({ "name": "New plans" })).await;
    let (status, _, text) = back("2", "6").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(text.contains("in the meantime") && text.contains("<title>Error:"), "{text}");
    assert_eq!(back("2", "7").await.0, StatusCode::SEE_OTHER);
    assert_eq!(server.get(&rest).await["name"], "Plans");
    let (status, _, text) = back("2", "8").await;
    assert_eq!(status, StatusCode::CONFLICT, "it is so already");
    assert!(text.contains("cannot be put back"), "{text}");

    // Archived.
    let archived = async |to: &str| post(&server, &format!("{path}/archived"), &[("archived", to)]).await;
    assert_eq!(archived("true").await.1, path);
    let text = page(&server, &path).await;
    assert!(text.contains("Bring it back") && text.contains("it cannot be renamed"), "{text}");
    let (status, _, text) = post(&server, &format!("{path}/name"), &[("name", "x"), ("seq", "99")]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(text.contains("This board is archived. A manager can bring it back."), "{text}");
    assert!(!page(&server, "/admin/boards").await.contains(&format!("board-{board}")));
    let listed = page(&server, "/admin/boards?state=archived").await;
    assert!(listed.contains(&format!("board-{board}")) && listed.contains("Archived"), "{listed}");
    assert!(page(&server, "/admin/boards?state=any").await.contains(&format!("board-{board}")));
    // It is put back from its history, too.
    let seq = server.get(&rest).await["seq"].to_string();
    assert_eq!(back(&seq, &seq).await.1, path);
    assert_eq!(server.get(&rest).await["archived"], false);
}

#[tokio::test]
async fn a_bulk_edit_says_which_tasks_are_on_an_archived_board() {
    let server = Server::start().await;
    let (board, archived) = (server.board().await, server.board().await);
    let (one, two) = (server.task(&board, "One").await, server.task(&archived, "Two").await);
    server.patch(&format!("/boards/{archived}"), &json!({ "archived": true })).await;
    let chosen = [("query", ""), ("action", "complete"), ("of", "selected"), ("task", &*one), ("task", &*two)];
    let (_, _, text) = post(&server, "/admin/tasks/bulk", &chosen).await;
    assert!(text.contains("1 task of them is on an archived board, and stays as it is."), "{text}");
    let (id, matched) = (field(&text, "id"), field(&text, "matched"));
    let go: Vec<_> = chosen.iter().copied().chain([("id", &*id), ("matched", &*matched), ("go", "1")]).collect();
    let (_, to, _) = post(&server, "/admin/tasks/bulk", &go).await;
    let mut text = page(&server, &to).await;
    while !text.contains("Done with 1 of 2 tasks") {
        text = page(&server, &to).await;
    }
    assert!(text.contains("Two") && text.contains("this board is archived. A manager can bring it back."), "{text}");
    assert_eq!(server.get(&format!("/tasks/{one}")).await["completed"], true);
    assert_eq!(server.get(&format!("/tasks/{two}")).await["completed"], false);
}

/// A board with labels: a name, no name, and one with markup in its name.
async fn labelled(server: &Server) -> (String, Vec<String>) {
    let board = server.board().await;
    let mut labels = Vec::new();
    for label in [
        json!({ "name": "Bug", "hue": "red" }),
        json!({ "name": "", "hue": "red", "pattern": "stripes" }),
        json!({ "name": "<b>x</b>", "hue": "blue" }),
    ] {
        labels.push(id(&server.post(&format!("/boards/{board}/labels"), &label).await));
    }
    (board, labels)
}

#[tokio::test]
async fn labels_are_shown_filtered_by_downloaded_and_edited_in_the_row() {
    let server = Server::start().await;
    let (board, labels) = labelled(&server).await;
    let (task, plain) = (server.task(&board, "Tea").await, server.task(&board, "Milk").await);
    server.patch(&format!("/tasks/{task}"), &json!({ "add_labels": [labels[0], labels[1]] })).await;
    let all = page(&server, "/admin/tasks").await;
    assert!(all.contains("label hue-red tone-normal pattern-stripes") && all.contains(">Bug</span>"), "{all}");
    assert!(!all.contains("name=\"label\""), "labels are offered for one board: {all}");

    let of_board = format!("/admin/tasks?board={board}");
    let shown = page(&server, &of_board).await;
    assert!(
        shown.contains("(red, stripes)") && shown.contains("&lt;b&gt;x&lt;/b&gt;") && !shown.contains("<b>x"),
        "{shown}"
    );
    let shown = page(&server, &format!("{of_board}&label={}", labels[1])).await;
    assert!(shown.contains(&format!("task-{task}")) && !shown.contains(&format!("task-{plain}")), "{shown}");
    let csv = server.at(Method::GET, &format!("{of_board}&label={}&format=csv", labels[1])).send().await.unwrap();
    let csv = csv.text().await.unwrap();
    assert!(csv.lines().next().unwrap().contains(",due,labels,assignees,"), "{csv}");
    assert!(csv.lines().count() == 2 && csv.contains(",\"Bug; (red, stripes)\","), "{csv}");

    // In the row: one label is removed, another one added.
    let edit = page(&server, &format!("/admin/tasks?edit={task}")).await;
    let column = server.columns(&board).await[0].clone();
    let (seq, was) = (field(&edit, "seq"), field(&edit, "was"));
    let fields = |label: &'static [usize]| {
        let mut fields = vec![("seq", seq.clone()), ("was", was.clone()), ("back", String::new())];
        fields.extend([("title", "Tea".to_owned()), ("column", column.clone()), ("priority", "none".to_owned())]);
        fields.extend(label.iter().map(|label| ("label", labels[*label].clone())));
        fields.push(("label", String::new()));
        fields
    };
    let send = async |label: &'static [usize]| {
        let fields = fields(label);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        post(&server, &format!("/admin/tasks/{task}"), &fields).await
    };
    assert_eq!(send(&[1, 2]).await.0, StatusCode::SEE_OTHER);
    let now = server.get(&format!("/tasks/{task}")).await;
    assert_eq!(now["labels"], json!([labels[1], labels[2]]));
    // Somebody else, whose form is older, changes the labels too: they see it first.
    let (status, _, text) = send(&[0, 1, 2]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(text.contains("it has other labels"), "{text}");
    // Nothing was changed: nothing is saved.
    assert_eq!(send(&[0, 1]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(server.get(&format!("/tasks/{task}")).await["seq"], now["seq"]);
    server.at(Method::DELETE, &format!("/api/v1/boards/{board}/labels/{}", labels[2])).send().await.unwrap();
    let edit = page(&server, &format!("/admin/tasks?edit={task}")).await;
    let fields = [("seq", &*field(&edit, "seq")), ("was", &field(&edit, "was")), ("title", "Tea"), ("column", &column)];
    let fields: Vec<_> =
        fields.into_iter().chain([("priority", "none"), ("label", &*labels[1]), ("label", &labels[2])]).collect();
    let (status, _, text) = post(&server, &format!("/admin/tasks/{task}"), &fields).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("was deleted in the meantime"), "{text}");
}

/// Whether a view, its file and a bulk edit of all that it finds have these tasks only.
async fn finds(server: &Server, query: &str, tasks: &[&String], others: &[&String]) -> String {
    let shown = page(server, &format!("/admin/tasks{query}")).await;
    let csv = server.at(Method::GET, &format!("/admin/tasks{query}&format=csv")).send().await.unwrap();
    let csv = csv.text().await.unwrap();
    let is_in = |task: &&&String| shown.contains(&format!("task-{task}")) && csv.contains(&***task);
    let is_somewhere = |task: &&&String| shown.contains(&format!("task-{task}")) || csv.contains(&***task);
    assert!(tasks.iter().all(|task| is_in(&task)), "{query}: {shown}");
    assert!(!others.iter().any(|task| is_somewhere(&task)), "{query}: {shown}");
    let fields = [("query", query), ("action", "delete"), ("of", "all")];
    let (status, _, text) = post(server, "/admin/tasks/bulk", &fields).await;
    match tasks.len() {
        0 => assert!(status == StatusCode::UNPROCESSABLE_ENTITY && !text.contains("Do it"), "{query}: {text}"),
        1 => assert!(text.contains("Do it with 1 task"), "{query}: {text}"),
        many => assert!(text.contains(&format!("Do it with {many} tasks")), "{query}: {text}"),
    }
    shown
}

#[tokio::test]
async fn a_filter_by_what_is_not_there_any_more_finds_nothing_and_says_so() {
    let server = Server::start().await;
    let (board, labels) = labelled(&server).await;
    let (other, of_other) = labelled(&server).await;
    let (tea, milk) = (server.task(&board, "Tea").await, server.task(&board, "Milk").await);
    let elsewhere = server.task(&other, "Elsewhere").await;
    let all = [&tea, &milk, &elsewhere];
    server.patch(&format!("/tasks/{tea}"), &json!({ "add_labels": [labels[0]] })).await;
    server.patch(&format!("/tasks/{milk}"), &json!({ "add_labels": [labels[1]] })).await;
    let by = |label: &str| format!("?board={board}&label={label}");
    finds(&server, &by(&labels[0]), &[&tea], &[&milk, &elsewhere]).await;
    // Merged into another: that one is meant, and offered.
    let merge = server.api(Method::POST, &format!("/boards/{board}/labels/{}/merge", labels[0]));
    assert_eq!(merge.json(&json!({ "into": labels[1] })).send().await.unwrap().status(), StatusCode::OK);
    let shown = finds(&server, &by(&labels[0]), &[&tea, &milk], &[&elsewhere]).await;
    assert!(shown.contains(&format!("<option value=\"{}\" selected", labels[1])), "{shown}");
    // Deleted; of another board; no label; of no board.
    server.at(Method::DELETE, &format!("/api/v1/boards/{board}/labels/{}", labels[1])).send().await.unwrap();
    for wrong in [by(&labels[0]), by(&labels[1]), by(&of_other[0]), by("x"), format!("?label={}", of_other[0])] {
        let shown = finds(&server, &wrong, &[], &all).await;
        assert!(shown.contains("The filter “Label” names something that is not there any more"), "{wrong}: {shown}");
        assert!(shown.contains("(not there any more)"), "{wrong}: {shown}");
    }
    let gone = "01938b5e-0000-7000-8000-000000000001";
    for (wrong, label) in [
        (format!("?board={gone}"), "Board"),
        ("?board=x".to_owned(), "Board"),
        (format!("?assignee={gone}"), "Assigned to"),
        ("?assignee=x".to_owned(), "Assigned to"),
        ("?priority=x".to_owned(), "Priority"),
        ("?state=x".to_owned(), "State"),
        ("?due=x".to_owned(), "Due"),
        ("?changed=x".to_owned(), "Changed"),
    ] {
        let shown = finds(&server, &wrong, &[], &all).await;
        assert!(shown.contains(&format!("The filter “{label}” names something that is not there")), "{wrong}: {shown}");
    }
    server.at(Method::DELETE, &format!("/api/v1/boards/{other}")).send().await.unwrap();
    let shown = finds(&server, &format!("?board={other}"), &[], &all).await;
    assert!(shown.contains("The filter “Board” names something that is not there"), "{shown}");
}

#[tokio::test]
async fn an_address_with_what_is_no_id_has_nothing() {
    let server = Server::start().await;
    for (method, pattern) in taskwire::http::admin::ROUTES {
        if *method != Method::GET || !pattern.contains('{') {
            continue;
        }
        let (begin, end) = (pattern.split_once('{').unwrap().0, pattern.split_once('}').unwrap().1);
        for wrong in ["x", "%ff", "01938b5e"] {
            let path = format!("{begin}{wrong}{end}");
            let response = server.at(Method::GET, &path).header("accept", "text/html").send().await.unwrap();
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            let text = response.text().await.unwrap();
            assert!(text.contains("There is nothing here") && text.contains("<html"), "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn a_form_that_was_opened_before_the_update_that_brought_labels_leaves_them_alone() {
    let server = Server::start().await;
    let (board, labels) = labelled(&server).await;
    let task = server.task(&board, "Tea").await;
    server.patch(&format!("/tasks/{task}"), &json!({ "add_labels": [labels[0]] })).await;
    let edit = page(&server, &format!("/admin/tasks?edit={task}")).await;
    let mut was: Value = serde_json::from_str(&field(&edit, "was")).unwrap();
    assert_eq!(was.as_object_mut().unwrap().remove("labels"), Some(json!([labels[0]])));
    let (seq, was, column) = (field(&edit, "seq"), was.to_string(), &server.columns(&board).await[0]);
    let fields = [("seq", &*seq), ("was", &was), ("title", "Coffee"), ("column", column), ("priority", "none")];
    assert_eq!(post(&server, &format!("/admin/tasks/{task}"), &fields).await.0, StatusCode::SEE_OTHER);
    let now = server.get(&format!("/tasks/{task}")).await;
    assert_eq!((&now["title"], &now["labels"]), (&json!("Coffee"), &json!([labels[0]])));
}

#[tokio::test]
async fn the_page_of_a_task_has_its_labels_and_puts_earlier_ones_back() {
    let server = Server::start().await;
    let (board, labels) = labelled(&server).await;
    let task = server.task(&board, "Tea").await;
    let path = format!("/admin/tasks/{task}");
    assert!(page(&server, &path).await.contains("<dt>Labels</dt><dd>None</dd>"));
    server.patch(&format!("/tasks/{task}"), &json!({ "add_labels": [labels[0], labels[1]] })).await;
    let changed = server.patch(&format!("/tasks/{task}"), &json!({ "remove_labels": [labels[0]] })).await;
    let text = page(&server, &path).await;
    assert!(text.contains("label hue-red tone-normal pattern-stripes"), "{text}");
    for part in ["<del>no label</del>", "<ins>Bug, (red, stripes)</ins>", "<ins>(red, stripes)</ins>"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let seq = changed["seq"].to_string();
    let back = async || {
        let seen = field(&page(&server, &path).await, "seen");
        post(&server, &format!("{path}/put-back"), &[("seq", &*seq), ("field", "Labels"), ("seen", &*seen)]).await
    };
    assert_eq!(back().await.0, StatusCode::SEE_OTHER);
    assert_eq!(server.get(&format!("/tasks/{task}")).await["labels"], json!([labels[0], labels[1]]));
    assert_eq!(back().await.0, StatusCode::CONFLICT, "it is so already");
    // What was deleted since does not come back; the rest does.
    server.patch(&format!("/tasks/{task}"), &json!({ "remove_labels": [labels[0], labels[1]] })).await;
    server.at(Method::DELETE, &format!("/api/v1/boards/{board}/labels/{}", labels[0])).send().await.unwrap();
    assert_eq!(back().await.0, StatusCode::SEE_OTHER);
    assert_eq!(server.get(&format!("/tasks/{task}")).await["labels"], json!([labels[1]]));
    let text = page(&server, &path).await;
    assert!(text.contains("a label that was deleted"), "{text}");
}

#[tokio::test]
async fn a_task_on_an_archived_board_offers_no_change() {
    let server = Server::start().await;
    let board = server.board().await;
    let (task, gone) = (server.task(&board, "Tea").await, server.task(&board, "Milk").await);
    let changed = server.patch(&format!("/tasks/{task}"), &json!({ "title": "Green tea" })).await;
    server.at(Method::DELETE, &format!("/api/v1/tasks/{gone}")).send().await.unwrap();
    let paths = [format!("/admin/tasks/{task}"), format!("/admin/tasks/{gone}"), "/admin/tasks".to_owned()];
    let edit = format!("/admin/tasks?edit={task}");
    for path in &paths[..2] {
        assert!(page(&server, path).await.contains("method=\"post\" action=\"/admin/tasks/"), "{path}");
    }
    let form = page(&server, &edit).await;
    let (edit_seq, was, column) = (field(&form, "seq"), field(&form, "was"), server.columns(&board).await[0].clone());
    server.patch(&format!("/boards/{board}"), &json!({ "archived": true })).await;
    for path in paths.iter().chain([&edit]) {
        let text = page(&server, path).await;
        assert!(!text.contains("action=\"/admin/tasks/0") && !text.contains("edit=0"), "{path}: {text}");
        assert!(!text.contains("name=\"task\""), "it cannot be selected: {path}: {text}");
        assert!(text.contains("archived") || text.contains("Archived"), "{path}: {text}");
    }
    // What was sent from a page that is older is refused, and what was typed is kept.
    let fields =
        [("seq", &*edit_seq), ("was", &was), ("title", "Black tea"), ("column", &column), ("priority", "none")];
    let (status, _, text) = post(&server, &format!("/admin/tasks/{task}"), &fields).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(text.contains("This board is archived.") && text.contains("value=\"Black tea\""), "{text}");
    let seq = changed["seq"].to_string();
    let late = [
        (format!("/admin/tasks/{task}/delete"), vec![]),
        (format!("/admin/tasks/{gone}/restore"), vec![]),
        (format!("/admin/tasks/{task}/put-back"), vec![("seq", &*seq), ("field", "Title"), ("seen", &*seq)]),
    ];
    for (path, fields) in late {
        let (status, _, text) = post(&server, &path, &fields).await;
        assert_eq!(status, StatusCode::CONFLICT, "{path}");
        assert!(text.contains("This board is archived. A manager can bring it back."), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_bulk_edit_names_the_labels_that_another_board_does_not_have() {
    let server = Server::start().await;
    let (board, labels) = labelled(&server).await;
    let other = server.board().await;
    server.post(&format!("/boards/{other}/labels"), &json!({ "name": "bug", "hue": "blue" })).await;
    let (one, two) = (server.task(&board, "Tea").await, server.task(&board, "Milk").await);
    server.patch(&format!("/tasks/{one}"), &json!({ "add_labels": [labels[0], labels[2]] })).await;
    server.patch(&format!("/tasks/{two}"), &json!({ "add_labels": [labels[1]] })).await;
    server.post(&format!("/tasks/{two}/comments"), &json!({ "text": "Which kind?" })).await;
    let column = server.columns(&other).await[0].clone();
    let chosen = [
        ("action", "move"),
        ("of", "selected"),
        ("task", &*one),
        ("task", &two),
        ("board", &other),
        ("column", &column),
    ];
    let (_, _, text) = post(&server, "/admin/tasks/bulk", &chosen).await;
    let lost = "“(red, stripes)” and “&lt;b&gt;x&lt;/b&gt;”";
    assert!(text.contains(&format!("The other board does not have the labels {lost}, so tasks lose them.")), "{text}");
    let stays = "1 task has comments. They do not come along, and stay with its original in the trash.";
    assert!(text.contains(stays), "{text}");
    let (bulk, matched) = (field(&text, "id"), field(&text, "matched"));
    let go: Vec<_> = chosen.iter().copied().chain([("id", &*bulk), ("matched", &*matched), ("go", "1")]).collect();
    let (_, to, _) = post(&server, "/admin/tasks/bulk", &go).await;
    let mut text = page(&server, &to).await;
    while !text.contains("Done with 2 tasks") {
        text = page(&server, &to).await;
    }
    assert!(
        text.contains(&format!("These labels were left behind, because the other board does not have them: {lost}.")),
        "{text}"
    );

    // Labels are added to tasks of one board.
    let mixed = server.task(&board, "Sugar").await;
    let tasks = server.get(&format!("/boards/{other}/tasks")).await;
    let moved = id(&tasks["tasks"][0]);
    let add = [("action", "add_label"), ("of", "selected"), ("task", &*mixed)];
    let several: Vec<_> = add.iter().copied().chain([("task", &*moved)]).collect();
    let (status, _, text) = post(&server, "/admin/tasks/bulk", &several).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("these tasks are on several boards") && !text.contains("name=\"go\""), "{text}");
    let (_, _, text) = post(&server, "/admin/tasks/bulk", &add).await;
    assert!(text.contains("(red, stripes)") && text.contains("Continue"), "{text}");
    let chosen: Vec<_> = add.iter().copied().chain([("label", &*labels[1])]).collect();
    let (_, _, text) = post(&server, "/admin/tasks/bulk", &chosen).await;
    assert!(text.contains("Add the label “(red, stripes)”"), "{text}");
    let (bulk, matched) = (field(&text, "id"), field(&text, "matched"));
    let go: Vec<_> = chosen.into_iter().chain([("id", &*bulk), ("matched", &*matched), ("go", "1")]).collect();
    let (_, to, _) = post(&server, "/admin/tasks/bulk", &go).await;
    while !page(&server, &to).await.contains("Done with 1 task") {}
    assert_eq!(server.get(&format!("/tasks/{mixed}")).await["labels"], json!([labels[1]]));
}

#[tokio::test]
async fn a_csv_has_what_is_listed_and_no_formulas() {
    let server = Server::start().await;
    let board = server.board().await;
    for title in ["=HYPERLINK(\"https://evil.example\")", "a,\"b\"", "plain"] {
        server.task(&board, title).await;
    }
    let response = server.at(Method::GET, "/admin/tasks?format=csv&sort=title").send().await.unwrap();
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"tasks.csv\"");
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    let text = response.text().await.unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with("id,ref,title,board_id,board,column,completed,"), "{text}");
    assert!(text.contains("\"'=HYPERLINK(\"\"https://evil.example\"\")\""), "{text}");
    assert!(text.contains("\"a,\"\"b\"\"\""), "{text}");
    let filtered =
        server.at(Method::GET, "/admin/tasks?format=csv&q=plain").send().await.unwrap().text().await.unwrap();
    assert_eq!(filtered.lines().count(), 2);
}

#[tokio::test]
async fn downloads_are_counted_like_sockets() {
    let download = async |sockets_per_address: usize, times: usize| {
        let database = Database::sqlite();
        let settings = Settings { database: database.url.clone(), no_sample: true, sockets_per_address, ..open() };
        let server = Server::with(settings).await;
        let mut last = (StatusCode::OK, String::new());
        for _ in 0..times {
            let response = server.at(Method::GET, "/admin/tasks?format=csv").send().await.unwrap();
            last = (response.status(), response.text().await.unwrap());
        }
        last
    };
    let (status, text) = download(0, 1).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(text.contains("This cannot be downloaded now"), "{text}");
    // One that has ended counts no more.
    let (status, text) = download(1, 5).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.starts_with("id,ref,title,"), "{text}");
}

#[tokio::test]
async fn an_order_and_a_place_that_mean_nothing_are_ignored() {
    let server = Server::start().await;
    let board = server.board().await;
    server.task(&board, "Tea").await;
    for query in ["after=rubbish", "sort=rubbish", "sort=-", "edit=x", "q=%00", "q=%ff"] {
        assert!(
            page(&server, &format!("/admin/tasks?{query}")).await.contains("Tea") || query.starts_with("q="),
            "{query}"
        );
    }
}

/// The links of a page to narrow it down by date, with their numbers of rows.
fn dates(page: &str) -> Vec<(String, String)> {
    let nav = page.split_once("class=\"table-dates\"").expect("dates").1.split_once("</nav>").unwrap().0;
    nav.split("<a ")
        .skip(1)
        .map(|link| {
            let address = link.split_once("href=\"").unwrap().1.split_once('"').unwrap().0.replace("&amp;", "&");
            let count = link.split_once("class=\"chip\">").map_or("", |(_, rest)| rest.split_once('<').unwrap().0);
            (address, count.to_owned())
        })
        .collect()
}

#[tokio::test]
async fn a_table_is_narrowed_down_by_date_and_widened_again() {
    let server = Server::start().await;
    let board = id(&server.post("/boards", &json!({ "name": "Plans" })).await);
    for title in ["Tea", "Coffee", "Cake"] {
        server.task(&board, title).await;
    }
    // Everything is of today, so one begins with its days.
    let links = dates(&page(&server, "/admin/tasks").await);
    let [(day, count)] = &links[..] else { panic!("{links:?}") };
    assert_eq!(count, "3");
    let today = day.split_once("on=").unwrap().1.to_owned();
    let (month, year) = (&today[..7], &today[..4]);

    let narrowed = page(&server, day).await;
    assert!(narrowed.contains("Coffee") && narrowed.contains("aria-current=\"date\""), "{narrowed}");
    let above: Vec<_> = dates(&narrowed).into_iter().map(|(address, _)| address).collect();
    assert_eq!(
        above,
        ["/admin/tasks".to_owned(), format!("/admin/tasks?on={year}"), format!("/admin/tasks?on={month}")],
        "any time, the year, the month"
    );
    let of_year = dates(&page(&server, &format!("/admin/tasks?on={year}")).await);
    assert!(of_year.contains(&(format!("/admin/tasks?on={month}"), "3".to_owned())), "{of_year:?}");
    assert!(!page(&server, "/admin/tasks?on=2001-02").await.contains("Coffee"));

    // With a filter nothing is counted, and the filter stays.
    let filtered = dates(&page(&server, "/admin/tasks?q=tea").await);
    assert_eq!(filtered, [(format!("/admin/tasks?q=tea&on={today}"), String::new())]);

    // A period that does not exist has no tasks: never all of them.
    for unknown in ["2026-13", "x", "2026-02-30", "%00", "99999"] {
        let shown = page(&server, &format!("/admin/tasks?on={unknown}")).await;
        assert!(!shown.contains("Coffee") && shown.contains("No tasks match. Remove a filter"), "{unknown}: {shown}");
    }
    for table in ["/admin/boards", "/admin/audit"] {
        let links = dates(&page(&server, table).await);
        assert_eq!(links.len(), 1, "{table}: {links:?}");
        let narrowed = page(&server, &links[0].0).await;
        assert!(narrowed.contains("Plans") && narrowed.contains("aria-current=\"date\""), "{table}");
        assert!(!page(&server, &format!("{table}?on=2001")).await.contains("Plans"), "{table}");
    }
    let csv = server.at(Method::GET, &format!("{day}&format=csv")).send().await.unwrap().text().await.unwrap();
    assert_eq!(csv.lines().count(), 4, "{csv}");
    let csv = server.at(Method::GET, "/admin/tasks?on=2001&format=csv").send().await.unwrap().text().await.unwrap();
    assert_eq!(csv.lines().count(), 1, "{csv}");
}
