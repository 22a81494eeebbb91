//! Tests what browsers get besides data: pages, files, forms, and the headers that protect them.

use std::{fs, time::Duration};

use reqwest::{Client, Method, StatusCode, redirect};
use taskwire::settings::Settings;

use crate::support::{
    database::Database,
    server::{Server, open},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_a_policy_whose_nonce_its_scripts_carry() {
    let server = Server::start().await;
    let board = server.board().await;
    for path in ["/".to_owned(), format!("/boards/{board}")] {
        let response = server.at(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        let html = response.text().await.unwrap();
        assert!(html.contains("Plans"), "{path} shows the board without a script");
        for script in html.split("<script").skip(1) {
            assert!(script.split('>').next().unwrap().contains(nonce), "{path}: a script without the nonce");
        }
        let again = server.at(Method::GET, &path).send().await.unwrap();
        assert_ne!(again.headers()["content-security-policy"], policy.as_str(), "each page has a nonce of its own");
    }
    let nowhere = server.at(Method::GET, "/nowhere").header("Accept", "text/html").send().await.unwrap();
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    assert!(nowhere.text().await.unwrap().contains("There is nothing here"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_made_every_time() {
    let server = Server::start().await;
    let board = server.board().await;
    let (board, activity) = (format!("/boards/{board}"), format!("/boards/{board}?view=activity"));
    for (path, times) in [("/", 300), (&board, 50), (&activity, 50)] {
        for _ in 0..times {
            let page =
                server.at(Method::GET, path).timeout(Duration::from_secs(5)).send().await.expect("an answer soon");
            assert_eq!(page.status(), StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_protected() {
    let server = Server::start().await;
    for path in ["/", "/healthz", "/api/v1/boards", "/nothing.js", "/api/v1/nothing", "/metrics"] {
        let response = server.at(Method::GET, path).send().await.unwrap();
        for header in ["content-security-policy", "referrer-policy", "permissions-policy", "cross-origin-opener-policy"]
        {
            assert!(response.headers().contains_key(header), "{path}: {header}");
        }
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_served_compressed_and_missing_ones_are_plainly_missing() {
    let (database, site) = (Database::sqlite(), tempfile::tempdir().unwrap());
    fs::create_dir(site.path().join("pkg")).unwrap();
    fs::write(site.path().join("pkg/taskwire.js"), "let plain;").unwrap();
    fs::write(site.path().join("pkg/taskwire.js.br"), "compressed").unwrap();
    fs::write(site.path().join("favicon.svg"), "<svg/>").unwrap();
    let settings = Settings { database: database.url.clone(), site_root: Some(site.path().to_owned()), ..open() };
    let server = Server::with(settings).await;
    let get = |path: &str| server.at(Method::GET, path);
    let plain = get("/pkg/taskwire.js").send().await.unwrap();
    assert!(plain.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
    assert_eq!(plain.headers()["vary"], "accept-encoding", "a cache is not to hand the other one to everybody");
    assert_eq!(plain.text().await.unwrap(), "let plain;");
    let small = get("/pkg/taskwire.js").header("Accept-Encoding", "br").send().await.unwrap();
    assert_eq!(small.headers()["content-encoding"], "br");
    assert_eq!(small.headers()["vary"], "accept-encoding");
    assert_eq!(small.text().await.unwrap(), "compressed");
    assert_eq!(get("/favicon.svg").send().await.unwrap().headers()["content-type"], "image/svg+xml");
    for path in ["/pkg/other.js", "/pkg/", "/robots.txt", "/..%2f..%2fetc%2fpasswd", "/pkg/..%2f..%2fCargo.toml"] {
        let missing = get(path).header("Accept", "*/*").send().await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!get("/pkg/other.js").send().await.unwrap().text().await.unwrap().contains("<html"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_parts_and_only_the_methods_that_read_it() {
    let (database, site) = (Database::sqlite(), tempfile::tempdir().unwrap());
    fs::create_dir(site.path().join("pkg")).unwrap();
    fs::write(site.path().join("pkg/taskwire.js"), "0123456789").unwrap();
    let settings = Settings { database: database.url.clone(), site_root: Some(site.path().to_owned()), ..open() };
    let server = Server::with(settings).await;
    let part = server.at(Method::GET, "/pkg/taskwire.js").header("Range", "bytes=2-5").send().await.unwrap();
    assert_eq!(
        (part.status(), &part.headers()["content-range"]),
        (StatusCode::PARTIAL_CONTENT, &"bytes 2-5/10".parse().unwrap())
    );
    assert_eq!(part.text().await.unwrap(), "2345");
    let outside = server.at(Method::GET, "/pkg/taskwire.js").header("Range", "bytes=10-").send().await.unwrap();
    assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let refused = server.at(method.clone(), "/pkg/taskwire.js").send().await.unwrap();
        assert_eq!(
            (refused.status(), &refused.headers()["allow"]),
            (StatusCode::METHOD_NOT_ALLOWED, &"GET,HEAD".parse().unwrap()),
            "{method}"
        );
        let missing = server.at(method.clone(), "/pkg/other.js").send().await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{method}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn links_do_not_lead_out_of_the_folder_of_the_site() {
    use std::os::unix::fs::symlink;

    let (database, site, elsewhere) = (Database::sqlite(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(site.path().join("pkg")).unwrap();
    fs::write(site.path().join("pkg/taskwire.js"), "let plain;").unwrap();
    fs::write(site.path().join("own.txt"), "own").unwrap();
    fs::write(elsewhere.path().join("secret.txt"), "secret").unwrap();
    symlink(elsewhere.path().join("secret.txt"), site.path().join("secret.txt")).unwrap();
    symlink(elsewhere.path().join("secret.txt"), site.path().join("own.txt.br")).unwrap();
    symlink(elsewhere.path(), site.path().join("folder")).unwrap();
    symlink("pkg/taskwire.js", site.path().join("inside.js")).unwrap();
    // The folder itself may be named by a link.
    let link = elsewhere.path().join("site");
    symlink(site.path(), &link).unwrap();
    let settings = Settings { database: database.url.clone(), site_root: Some(link), ..open() };
    let server = Server::with(settings).await;
    for path in ["/secret.txt", "/folder/secret.txt", "/folder%2fsecret.txt", "/own.txt"] {
        let answer = server.at(Method::GET, path).header("Accept-Encoding", "br").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.text().await.unwrap().contains("secret"), "{path}");
    }
    let inside = server.at(Method::GET, "/inside.js").send().await.unwrap();
    assert_eq!(inside.text().await.unwrap(), "let plain;");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_works_without_a_script_and_ends_on_a_page() {
    let server = Server::start().await;
    let browser = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let submit = |path: &str, body: String| {
        browser
            .post(format!("{}/forms/{path}", server.base))
            .header("Accept", "text/html,application/xhtml+xml")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Origin", &server.base)
            .body(body)
    };
    let made = submit("create_board", "name=By+hand".to_owned()).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    let way = made.headers()["location"].to_str().unwrap().to_owned();
    let board = way.strip_suffix("#add").expect("the focus is in the first field");
    let id = board.strip_prefix("/boards/").expect("the way to the board");
    let column = server.columns(id).await[0].clone();
    let page = format!("{}{board}", server.base);
    let add = submit("add_task", format!("board={id}&column={column}&title=Added")).header("Referer", &page);
    let added = add.send().await.unwrap();
    assert_eq!(added.status(), StatusCode::SEE_OTHER);
    assert_eq!(added.headers()["location"], page.as_str());
    assert!(browser.get(&page).send().await.unwrap().text().await.unwrap().contains("Added"));
    // A browser that sends no referrer is still redirected to a page.
    let added = submit("add_task", format!("board={id}&column={column}&title=More")).send().await.unwrap();
    assert_eq!((added.status(), added.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_sends_nonsense_to_a_form_is_told_that_it_is_nonsense() {
    let server = Server::start().await;
    let (board, nowhere) = (server.board().await, app::new_id::<uuid::Uuid>());
    let column = server.columns(&board).await[0].clone();
    for (fields, status, words) in [
        ("".to_owned(), StatusCode::BAD_REQUEST, "missing field `board`"),
        (format!("board=no&column={column}&title=A"), StatusCode::BAD_REQUEST, "UUID"),
        (
            format!("board={nowhere}&column={column}&title=A"),
            StatusCode::NOT_FOUND,
            "The board was deleted, or is closed to you",
        ),
        (format!("board={board}&column={column}&title="), StatusCode::UNPROCESSABLE_ENTITY, "The title"),
    ] {
        let form = server.at(Method::POST, "/forms/add_task").header("Accept", "*/*").body(fields.clone());
        let answer = form.header("Content-Type", "application/x-www-form-urlencoded").send().await.unwrap();
        assert_eq!(answer.status(), status, "{fields}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(words), "{fields}: {text}");
    }
}
