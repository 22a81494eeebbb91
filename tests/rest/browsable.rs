//! Tests the REST interface as a browser sees it: pages, forms, and what stands in them whatever people write.

use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::support::server::Server;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

async fn read(request: RequestBuilder) -> Page {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Page { status, headers, text: response.text().await.unwrap() }
}

/// The names of the members of an answer: the values of some change with time.
fn members(json: &str) -> Vec<String> {
    serde_json::from_str::<Value>(json).unwrap().as_object().unwrap().keys().cloned().collect()
}

async fn page(server: &Server, path: &str) -> Page {
    let page = read(server.api(Method::GET, path).header("Accept", BROWSER)).await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8", "{path}: {}", page.text);
    page
}

/// A form as a page of this server sends it.
fn form(server: &Server, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    let mut body = reqwest::Url::parse("http://localhost").unwrap();
    body.query_pairs_mut().extend_pairs(fields);
    server
        .api(Method::POST, path)
        .header("Accept", BROWSER)
        .header("Origin", &server.origin)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body.query().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_that_reads_is_a_page_for_browsers_and_data_for_programs() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "Tea").await;
    let document: Value = server.get("/openapi.json").await;
    for (path, item) in document["paths"].as_object().unwrap() {
        if item.get("get").is_none() {
            continue;
        }
        let path = path.replace("{board}", &board).replace("{task}", &task);
        let page = page(&server, &path).await;
        assert!(page.text.contains("<main"), "{path}");
        assert_eq!(page.headers["vary"], "accept, accept-encoding", "{path}");
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(!page.text.contains("<script") && !page.text.contains(" style="), "{path}: it needs no script");
        if path.ends_with("/events") {
            assert!(page.text.contains("stream of events") && page.text.contains("--no-buffer"), "{path}");
            continue;
        }
        let data = read(server.api(Method::GET, &path)).await;
        assert_eq!(data.status, page.status, "{path}");
        assert_eq!(data.headers["vary"], "accept, accept-encoding", "{path}");
        for accept in ["application/json", "*/*", "application/json, text/plain, */*"] {
            let same = read(server.api(Method::GET, &path).header("Accept", accept)).await;
            assert_eq!((same.status, members(&same.text)), (data.status, members(&data.text)), "{path}: {accept}");
        }
        let forced = read(server.api(Method::GET, &format!("{path}?format=json")).header("Accept", BROWSER)).await;
        assert_eq!((forced.status, members(&forced.text)), (data.status, members(&data.text)), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_leads_on() {
    let server = Server::start().await;
    let board = server.board().await;
    let task = server.task(&board, "Tea").await;
    let index = page(&server, "").await.text;
    assert!(index.contains("href=\"/api/v1/boards\"") && index.contains("/boards/{board}/tasks"), "{index}");
    let boards = page(&server, "/boards").await.text;
    assert!(boards.contains(&format!("href=\"/api/v1/boards/{board}\"")), "{boards}");
    let of_board = page(&server, &format!("/boards/{board}")).await.text;
    for name in ["tasks", "changes", "members", "events", "mutations"] {
        assert!(of_board.contains(&format!("href=\"/api/v1/boards/{board}/{name}\"")), "{name}: {of_board}");
    }
    assert!(of_board.contains(&format!("href=\"/boards/{board}\"")), "the board itself");
    let of_task = page(&server, &format!("/tasks/{task}")).await.text;
    let way = of_task.split_once("aria-label=\"Breadcrumbs\"").unwrap().1.split_once("</nav>").unwrap().0;
    for step in
        ["/api/v1/boards".to_owned(), format!("/api/v1/boards/{board}"), format!("/api/v1/boards/{board}/tasks")]
    {
        assert!(way.contains(&format!("href=\"{step}\"")), "{way}");
    }
    assert!(way.contains("Plans") && way.contains("Tea"), "{way}");
    assert!(of_task.contains("curl") && of_task.contains("$TOKEN"));

    server.task(&board, "Coffee").await;
    let first = page(&server, &format!("/boards/{board}/tasks?limit=1&q=e")).await.text;
    let next = first.split_once("rel=\"next\" href=\"").unwrap().1.split_once('"').unwrap().0.replace("&amp;", "&");
    assert!(next.starts_with(&format!("/api/v1/boards/{board}/tasks?limit=1&q=e&cursor=")), "{next}");
    let second = page(&server, next.strip_prefix("/api/v1").unwrap()).await.text;
    assert!(second.contains("Coffee") && !second.contains("rel=\"next\""), "{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_fields_and_empty_ones_leave_the_address() {
    let server = Server::start().await;
    let board = server.board().await;
    let path = format!("/boards/{board}/tasks");
    let shown = page(&server, &format!("{path}?completed=true")).await.text;
    assert!(shown.contains("name=\"limit\"") && shown.contains("<option value=\"true\" selected"), "{shown}");
    let empty =
        read(server.api(Method::GET, &format!("{path}?limit=&completed=true&q=")).header("Accept", BROWSER)).await;
    assert_eq!(
        (empty.status, &empty.headers["location"]),
        (StatusCode::SEE_OTHER, &format!("/api/v1{path}?completed=true").parse().unwrap())
    );
    let wrong = page(&server, &format!("{path}?limit=many")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text.contains("aria-invalid=\"true\"") && wrong.text.contains("value=\"many\""), "{}", wrong.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_the_request_that_it_means() {
    let server = Server::start().await;
    let board = server.board().await;
    let tasks = format!("/boards/{board}/tasks");
    let made = read(form(
        &server,
        &tasks,
        &[("_method", "POST"), ("body.title", "Tea"), ("body.priority", "high"), ("body.due", "")],
    ))
    .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert!(made.text.contains("201 Created") || made.text.contains("Created"), "{}", made.text);
    assert!(
        made.text
            .contains("--data &#39;{&quot;title&quot;:&quot;Tea&quot;,&quot;priority&quot;:&quot;high&quot;}&#39;")
            || made.text.contains("--data"),
        "{}",
        made.text
    );
    let listed = server.get(&tasks).await;
    assert_eq!((&listed["tasks"][0]["title"], &listed["tasks"][0]["priority"]), (&json!("Tea"), &json!("high")));
    let task = format!("/tasks/{}", listed["tasks"][0]["id"].as_str().unwrap());

    // The form shows what is there, and sends only what was changed.
    let shown = page(&server, &task).await.text;
    assert!(shown.contains("name=\"body.title\"") && shown.contains("name=\"was.title\" value=\"Tea\""), "{shown}");
    let changes = [
        ("_method", "PATCH"),
        ("body.title", "Tea"),
        ("was.title", "Tea"),
        ("body.priority", ""),
        ("was.priority", ""),
        ("body.due", "2031-05-17"),
        ("was.due", ""),
    ];
    let changed = read(form(&server, &task, &changes)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let now = server.get(&task).await;
    assert_eq!(
        (&now["title"], &now["due"], &now["title_seq"]),
        (&json!("Tea"), &json!("2031-05-17"), &listed["tasks"][0]["title_seq"])
    );
    read(form(&server, &task, &[("_method", "PATCH"), ("body.due", ""), ("was.due", "2031-05-17")])).await;
    assert_eq!(server.get(&task).await["due"], json!(null));

    let raw = read(form(&server, &task, &[("_method", "PATCH"), ("_body", "{\"description\": \"\"}")])).await;
    assert_eq!(raw.status, StatusCode::OK, "{}", raw.text);
    let deleted = read(form(&server, &task, &[("_method", "DELETE")])).await;
    assert_eq!(deleted.status, StatusCode::OK, "a page has a body: {}", deleted.text);
    assert!(deleted.text.contains("No Content"));
    let gone = page(&server, &task).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(
        gone.text.contains("in_trash") && gone.text.contains("href=\"/api/docs/errors#in_trash\""),
        "{}",
        gone.text
    );
    let restored = read(form(&server, &format!("{task}/restore"), &[("_method", "POST")])).await;
    assert_eq!(restored.status, StatusCode::OK, "{}", restored.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_twice_is_done_once() {
    let server = Server::start().await;
    let tasks = format!("/boards/{}/tasks", server.board().await);
    let shown = page(&server, &tasks).await.text;
    let key = shown.split_once("name=\"header.Idempotency-Key\"").unwrap().1.split_once("value=\"").unwrap().1;
    let fields =
        [("_method", "POST"), ("body.title", "Tea"), ("header.Idempotency-Key", key.split_once('"').unwrap().0)];
    for _ in 0..2 {
        assert_eq!(read(form(&server, &tasks, &fields)).await.status, StatusCode::CREATED);
    }
    assert_eq!(server.get(&tasks).await["tasks"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_keeps_what_was_typed_and_says_what_is_wrong_where() {
    let server = Server::start().await;
    let tasks = format!("/boards/{}/tasks", server.board().await);
    let fields = [
        ("_method", "POST"),
        ("body.title", " "),
        ("body.description", "A long\r\ntext & more"),
        ("body.place", "nowhere"),
    ];
    let refused = read(form(&server, &tasks, &fields)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("A long\ntext &amp; more"), "{}", refused.text);
    assert!(refused.text.contains("field-error") && refused.text.contains("role=\"alert\""), "{}", refused.text);
    let raw = read(form(&server, &tasks, &[("_method", "POST"), ("_body", "{\"title\": <b>")])).await;
    assert_eq!(raw.status, StatusCode::BAD_REQUEST);
    assert!(raw.text.contains("{&quot;title&quot;: &lt;b&gt;"), "{}", raw.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_pages_do_nothing() {
    let server = Server::start().await;
    let board = server.board().await;
    let fields = [("_method", "DELETE")];
    let path = format!("/boards/{board}");
    let from_elsewhere = form(&server, &path, &fields).header("Origin", "https://evil.example");
    assert_eq!(read(from_elsewhere).await.status, StatusCode::FORBIDDEN);
    // Without any origin, as from a program, or from a page that hides where it is.
    for request in [
        server.api(Method::POST, &path).header("Accept", BROWSER),
        server.api(Method::POST, &path).header("Accept", BROWSER).header("Origin", "null"),
        server.api(Method::POST, &path).header("Origin", &server.origin),
    ] {
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body("_method=DELETE");
        assert!(request.send().await.unwrap().status().is_client_error());
    }
    for method in ["GET", "", "HEAD", "TRACE", "delete "] {
        let status = read(form(&server, &path, &[("_method", method)])).await.status;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{method}");
    }
    assert_eq!(server.get(&path).await["id"], json!(board));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_only_writes_has_its_forms() {
    let server = Server::start().await;
    let board = server.board().await;
    let column = server.columns(&board).await[0].clone();
    let shown = page(&server, &format!("/boards/{board}/columns/{column}")).await;
    assert_eq!(shown.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(shown.text.contains("Nothing can be read") && shown.text.contains("value=\"PATCH\""), "{}", shown.text);
    let nothing = page(&server, "/nothing").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert!(nothing.text.contains("no_such_route"), "{}", nothing.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_people_write_is_shown_as_text() {
    let server = Server::start().await;
    let name = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u{200f}txt";
    let made = server.post("/boards", &json!({"name": name})).await;
    let board = made["id"].as_str().unwrap();
    let title = "\"><svg onload=alert(3)> javascript:alert(4) &lt;b&gt;";
    let new = json!({"title": title, "description": "javascript:alert(5)"});
    let task = server.post(&format!("/boards/{board}/tasks"), &new).await;
    let link = server
        .post(&format!("/boards/{board}/tasks"), &json!({"title": "https://example.com/\"onmouseover=\"x"}))
        .await;
    let pages = [
        "/boards".to_owned(),
        format!("/boards/{board}"),
        format!("/boards/{board}/tasks?q=%22%3E%3Cscript%3Ealert(6)%3C/script%3E"),
        format!("/boards/{board}/tasks"),
        format!("/boards/{board}/changes"),
        format!("/tasks/{}", task["id"].as_str().unwrap()),
        format!("/tasks/{}", link["id"].as_str().unwrap()),
        "/%3Cscript%3Ealert(7)%3C%2Fscript%3E".to_owned(),
    ];
    for path in &pages {
        let shown = page(&server, path).await.text;
        for bad in ["<script", "<img", "<svg onload", "href=\"javascript:"] {
            assert!(!shown.contains(bad), "{path}: {bad} in {shown}");
        }
        assert!(!shown.contains('\u{200f}') || !shown.contains("json-string\"><bdi>&quot;</script"), "{path}");
    }
    let of_board = page(&server, &pages[1]).await.text;
    let body = of_board.split_once("class=\"api-code\"").unwrap().1.split_once("</pre>").unwrap().0;
    assert!(body.contains("\\u200ftxt") && !body.contains('\u{200f}'), "{body}");
    assert!(page(&server, &pages[6]).await.text.contains("href=\"https://example.com/&quot;onmouseover=&quot;x\""));
    // What was typed into a form that is refused.
    let refused = read(form(
        &server,
        "/boards",
        &[("_method", "POST"), ("body.name", ""), ("body.columns", "</textarea><script>alert(8)</script>")],
    ))
    .await;
    assert!(refused.status.is_client_error() && !refused.text.contains("<script"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_is_served_with_its_own_scripts_only() {
    let server = Server::start().await;
    for path in ["/api/docs", "/api/docs/errors", "/api/docs/socket"] {
        let shown = read(server.at(Method::GET, path).header("Accept", BROWSER)).await;
        assert_eq!(shown.status, StatusCode::OK, "{path}");
        let policy = shown.headers["content-security-policy"].to_str().unwrap();
        assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'unsafe"), "{path}: {policy}");
        for script in shown.text.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/"), "{path}: {script:.60}");
        }
    }
    let socket = read(server.at(Method::GET, "/api/docs/socket")).await.text;
    for message in ["subscribe", "mutate", "presence_changed", "goodbye"] {
        assert!(socket.contains(&format!("id=\"message-{message}\"")), "{message}");
    }
    let errors = read(server.at(Method::GET, "/api/docs/errors")).await.text;
    assert!(errors.contains("id=\"in_trash\""));
    let console = read(server.at(Method::GET, "/api/docs/console.js")).await;
    assert_eq!(console.headers["content-type"], "text/javascript; charset=utf-8");
    let document: Value = server.get("/asyncapi.json").await;
    assert_eq!(document["asyncapi"], "3.0.0");
    // Without the site's files, the page says what is missing.
    assert!(read(server.at(Method::GET, "/api/docs")).await.text.contains("lacks the files"));
}
