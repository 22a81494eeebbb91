//! Tests the first visit: the first visitor becomes the owner of the server, and nobody after them.

use reqwest::StatusCode;
use taskwire::settings::Settings;

use crate::{
    browser::{Browser, accounts, code, person, served},
    support::{
        database::Database,
        server::{Server, open},
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_first_owns_the_server_and_is_in() {
    let database = Database::sqlite();
    let server = Server::with(accounts(&database)).await;
    let ana = Browser::on(&server);
    assert_eq!(ana.get("/").await.goes_to(), "/first-visit");
    let page = ana.get("/first-visit").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("name=\"code\""), "on this machine no code is asked for");

    let slip =
        [("name", "Ana"), ("email", "ana@example.com"), ("password", "correct horse"), ("again", "correct house")];
    ana.post("/first-visit", &slip).await.is_refused(StatusCode::UNPROCESSABLE_ENTITY, "not the same as the first");
    let made = ana.post("/first-visit", &person("Ana Lima", "ana@example.com")).await;
    assert_eq!(made.goes_to(), "/");
    let account = ana.get("/account").await;
    assert!(account.text.contains("ana@example.com · Owner"), "{}", account.text);

    let ben = Browser::on(&server);
    ben.get("/first-visit").await.is_refused(StatusCode::GONE, "This server already has an owner");
    let late = ben.post("/first-visit", &person("Ben", "ben@example.com")).await;
    late.is_refused(StatusCode::CONFLICT, "ask for an invitation");
    assert!(!ben.is_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_owner_manages_the_sample_board() {
    let database = Database::sqlite();
    let server = Server::with(Settings { no_sample: false, ..accounts(&database) }).await;
    let ana = Browser::on(&server);
    ana.post("/first-visit", &person("Ana Lima", "ana@example.com")).await;
    let boards = ana.get("/admin/boards").await.text;
    assert!(boards.contains("Welcome to Taskwire"), "{boards}");
    let unmanaged = ana.get("/admin/boards?manager=none").await.text;
    assert!(unmanaged.contains("No boards match"), "{unmanaged}");
    let ids = boards.split("href=\"/admin/boards/").skip(1).filter_map(|rest| rest.split('"').next());
    let id = ids.filter(|id| id.len() == 36).last().unwrap();
    let board = ana.get(&format!("/admin/boards/{id}")).await.text;
    assert!(board.contains("The server itself") && board.contains(" a manager of the board"), "{board}");
    assert!(!board.contains("Somebody"), "{board}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_come_at_once_one_owns_the_server() {
    let database = Database::sqlite();
    let server = Server::with(accounts(&database)).await;
    let (ana, ben) = (Browser::on(&server), Browser::on(&server));
    let (of_ana, of_ben) = (person("Ana", "ana@example.com"), person("Ben", "ben@example.com"));
    let (one, other) = tokio::join!(ana.post("/first-visit", &of_ana), ben.post("/first-visit", &of_ben));
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    assert_ne!(ana.is_in().await, ben.is_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_server_requires_the_printed_code_on_first_visit() {
    let database = Database::sqlite();
    let server = Server::on("0.0.0.0:0", accounts(&database)).await;
    let (_, code) = code(&server);
    let ana = Browser::on(&server);
    assert!(ana.get(&format!("/first-visit?code={code}")).await.text.contains(code));
    for wrong in ["", "guess", &code[1..]] {
        let fields = [person("Ana", "ana@example.com"), vec![("code", wrong)]].concat();
        let refused = ana.post("/first-visit", &fields).await;
        refused.is_refused(StatusCode::GONE, "not the one that the server printed");
        assert!(refused.text.contains("value=\"ana@example.com\""), "what was typed is still there");
    }
    let fields = [person("Ana", "ana@example.com"), vec![("code", code)]].concat();
    assert_eq!(ana.post("/first-visit", &fields).await.goes_to(), "/");
    server.stop().await;
    let server = Server::on("0.0.0.0:0", accounts(&database)).await;
    assert_eq!(server.first_visit, None, "nothing is printed for a second visit");
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarding_headers_of_an_undeclared_proxy_require_the_first_visit_code() {
    for (header, value) in [("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=203.0.113.7"), ("Via", "1.1 proxy")]
    {
        let database = Database::sqlite();
        let server = Server::with(accounts(&database)).await;
        let (_, code) = code(&server);
        let (stranger, ana) = (Browser::on(&server), Browser::on(&server));
        let mine = person("Eve", "eve@example.com");
        let take = stranger.form("/first-visit", &mine).header("Origin", &server.base).header(header, value);
        let refused = stranger.send(take).await;
        refused.is_refused(StatusCode::GONE, "not the one that the server printed");
        assert!(refused.text.contains("“nobody has an account yet”"), "it says where the code is: {}", refused.text);
        // From then on, the code is required also if the proxy sends no forwarding headers.
        let refused = stranger.post("/first-visit", &mine).await;
        refused.is_refused(StatusCode::GONE, "not the one that the server printed");
        assert!(ana.get("/first-visit").await.text.contains("name=\"code\""));
        let fields = [person("Ana", "ana@example.com"), vec![("code", code)]].concat();
        assert_eq!(ana.post("/first-visit", &fields).await.goes_to(), "/");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_accounts_there_are_no_pages_about_them() {
    let database = Database::sqlite();
    let server = Server::with(Settings { database: database.url.clone(), ..open() }).await;
    let anybody = Browser::on(&server);
    for (method, path) in taskwire::http::account::ROUTES {
        let request = anybody.request(method.clone(), &path.replace("{secret}", "x")).header("Origin", &server.base);
        anybody.send(request).await.is_refused(StatusCode::NOT_FOUND, "started without accounts");
    }
    let home = anybody.get("/").await.text;
    assert!(!home.contains("/account") && !home.contains("/sign-in"), "nor a way to them");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_led_to_sign_in_and_back() {
    let database = Database::sqlite();
    let (server, _) = served(&database).await;
    let stranger = Browser::on(&server);
    assert_eq!(stranger.get("/").await.goes_to(), "/sign-in");
    assert_eq!(stranger.get("/account").await.goes_to(), "/sign-in?next=/account");
    assert_eq!(stranger.get("/people?search=a%20b").await.goes_to(), "/sign-in?next=/people%3Fsearch%3Da%2520b");
    assert_eq!(stranger.post("/account/name", &[("name", "Eve")]).await.goes_to(), "/sign-in");
    let program = server.client.post(format!("{}/account/name", server.base)).body("name=Eve").send().await.unwrap();
    assert_eq!(program.status(), StatusCode::UNAUTHORIZED);
}
