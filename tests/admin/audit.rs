//! Tests the page of the audit log over HTTP, as a browser without scripts uses it.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::server::{Server, id};

/// The text of a page.
async fn page(server: &Server, path: &str) -> String {
    let response = server.at(Method::GET, path).header("accept", "text/html").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    // Leptos puts markers between texts.
    response.text().await.unwrap().replace("<!>", "")
}

/// The addresses of a page's links that contain a text.
fn links(page: &str, text: &str) -> Vec<String> {
    let addresses = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    addresses.filter(|address| address.contains(text)).map(|address| address.replace("&amp;", "&")).collect()
}

#[tokio::test]
async fn it_shows_who_did_what_and_links_lead_on() {
    let server = Server::start().await;
    let board = id(&server.post("/boards", &json!({ "name": "<b>Plans</b>" })).await);
    server.patch(&format!("/boards/{board}"), &json!({ "everyone": "viewer" })).await;
    let all = page(&server, "/admin/audit").await;
    assert!(all.contains("2 events, newest first"), "{all}");
    assert!(all.contains("Created a board") && all.contains("Changed who may see a board"), "{all}");
    assert!(all.contains("editor → viewer"), "the values before and after: {all}");
    assert!(all.contains("127.0.0.1") && all.contains("server without accounts"), "from where, and how: {all}");
    assert!(!all.contains("<b>Plans") && all.contains("&lt;b&gt;Plans"), "{all}");
    // What was done to this board, on this day, by the same.
    for part in ["target=", "from=", "actor=nobody"] {
        let address = links(&all, part).remove(0);
        assert!(page(&server, &address).await.contains("2 events, newest first"), "{address}");
    }
    let some = page(&server, "/admin/audit?action=board_created&when=hour&q=PLANS").await;
    assert!(some.contains("Events with this text") && !some.contains("<td data-column=\"What\">Changed"), "{some}");
    assert!(page(&server, "/admin/audit?to=2020-01-01").await.contains("No events match."));
    // A value that means nothing is ignored.
    assert!(page(&server, "/admin/audit?action=x&from=x&after=x").await.contains("2 events, newest first"));
    // Who or what is not there is nobody and nothing, rather than everybody and everything.
    let gone = "01938b5e-0000-7000-8000-000000000001";
    for filter in ["actor=x", "target=x", &format!("actor={gone}"), &format!("target={gone}")] {
        let shown = page(&server, &format!("/admin/audit?{filter}")).await;
        assert!(shown.contains("No events match."), "{filter}: {shown}");
        assert!(!filter.starts_with("actor") || shown.contains("“Who” names something that is not there"), "{shown}");
    }
    // With the answer to a HEAD nothing leaves the server.
    for path in ["/admin/audit?format=csv", "/admin/tasks?format=csv", "/api/v1/audit?format=jsonl"] {
        let response = server.at(Method::HEAD, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(response.headers().contains_key("content-disposition"), "{path}");
    }
    assert!(page(&server, "/admin/audit?action=exported").await.contains("No events match."));
}

#[tokio::test]
async fn it_is_exported_with_the_same_filters() {
    let server = Server::start().await;
    for name in ["=1+1", "Plans"] {
        server.post("/boards", &json!({ "name": name })).await;
    }
    let filtered = page(&server, "/admin/audit?q=%3D1%2B1").await;
    let lines = links(&filtered, "format=jsonl").remove(0);
    let lines = server.at(Method::GET, &lines).send().await.unwrap().text().await.unwrap();
    assert_eq!(lines.lines().count(), 1);
    assert!(lines.contains("=1+1"));
    let csv = links(&filtered, "format=csv").remove(0);
    let csv = server.at(Method::GET, &csv).send().await.unwrap().text().await.unwrap();
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows[0].split(',').take(4).collect::<Vec<_>>(), ["id", "at", "action", "actor"]);
    // The export of the lines has the searched text in its details.
    assert!(rows.len() == 3 && rows[2].contains(",'=1+1,"), "a formula is only text: {csv}");
    assert!(page(&server, "/admin/audit?action=exported").await.contains("2 events, newest first"), "each is an event");
}

#[tokio::test]
async fn it_is_read_in_pages() {
    let server = Server::start().await;
    for number in 0..60 {
        server.post("/boards", &json!({ "name": format!("Board {number}.") })).await;
    }
    let first = page(&server, "/admin/audit").await;
    assert!(
        first.contains("60 events")
            && first.contains("Board 59.")
            && first.contains("Board 10.")
            && !first.contains("Board 9.")
    );
    let rest = page(&server, &links(&first, "after=").remove(0)).await;
    assert!(rest.contains("Board 9.") && rest.contains("Board 0.") && !rest.contains("Board 10."), "{rest}");
}
