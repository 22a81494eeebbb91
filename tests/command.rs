//! Tests the commands of the executable for people, tokens, boards and tasks, beside a running server.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "support/mod.rs"]
mod support;

use std::{io::Write, process::Stdio, time::Duration};

use app::{
    id::LabelId,
    label::Hue,
    ops::{CreateLabel, Op},
};
use reqwest::StatusCode;
use serde_json::Value;
use support::{
    client::{Client, Copy},
    database::Database,
    node::Node,
    server::{Process, command, run},
};

/// Runs a command on a database. Returns its output, which must be JSON.
fn json(database: &Database, arguments: &[&str]) -> Value {
    let mut command = command(arguments);
    let (code, out, err) = run(command.args(["--json", "--database", &database.url]));
    assert_eq!(code, Some(0), "{arguments:?}: {err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {out}"))
}

/// Runs a command that must fail with this exit code. Returns its error output.
fn refused(database: &Database, arguments: &[&str], expected: i32) -> String {
    let (code, out, err) = run(command(arguments).args(["--database", &database.url]));
    assert_eq!((code, out.as_str()), (Some(expected), ""), "{arguments:?}: {err}");
    err
}

fn add(database: &Database, name: &str, role: &str) -> Value {
    let email = format!("{name}@example.com");
    json(database, &["user", "add", "--name", name, "--email", &email, "--role", role])
}

#[test]
fn people_are_added_listed_and_changed() {
    let database = Database::sqlite();
    let ana = add(&database, "ana", "owner");
    assert_eq!(
        (&ana["email"], &ana["role"], &ana["active"]),
        (&"ana@example.com".into(), &"owner".into(), &true.into())
    );
    let link = ana["new_password"].as_str().unwrap();
    assert!(link.starts_with("http://localhost:3000/new-password/"), "{link}");
    add(&database, "ben", "member");
    assert_eq!(json(&database, &["user", "role", "ben@example.com", "admin"])["role"], "admin");
    assert_eq!(json(&database, &["user", "deactivate", "BEN@example.com"])["active"], false);
    assert_eq!(json(&database, &["user", "activate", "ben@example.com"])["active"], true);
    let reset =
        json(&database, &["user", "reset-password", "ben@example.com", "--public-url", "https://board.example.com/"]);
    assert!(reset["new_password"].as_str().unwrap().starts_with("https://board.example.com/new-password/"));

    // A link that begins with an assumed address says so.
    let told = |arguments: &[&str]| {
        run(command(&["user", "reset-password", "ben@example.com"]).args(arguments).args(["--database", &database.url]))
            .2
    };
    let assumed = told(&[]);
    assert!(
        assumed.contains("http://localhost:3000; ") && assumed.contains("--public-url (TASKWIRE_PUBLIC_URL)"),
        "{assumed}"
    );
    assert_eq!(told(&["--public-url", "https://board.example.com"]), "");

    let (code, lines, _) = run(command(&["user", "list"]).args(["--database", &database.url]));
    assert_eq!((code, lines.as_str()), (Some(0), "ana@example.com  ana  owner\nben@example.com  ben  admin\n"));
    let listed = json(&database, &["user", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("argon2"), "no hashes: {listed}");
}

#[test]
fn only_adding_somebody_makes_a_new_database_and_says_so() {
    let database = Database::sqlite();
    let asked: [&[&str]; 5] = [
        &["user", "list"],
        &["user", "role", "ana@example.com", "admin"],
        &["user", "deactivate", "ana@example.com"],
        &["token", "list"],
        &["token", "create", "--user", "ana@example.com", "--scope", "read"],
    ];
    for arguments in asked {
        let complaint = refused(&database, arguments, 1);
        assert!(complaint.contains("--database") && complaint.contains("there is no file"), "{complaint}");
    }
    let mut first = command(&["user", "add", "--name", "Ana", "--email", "ana@example.com"]);
    let (code, _, told) = run(first.args(["--database", &database.url]));
    assert_eq!(code, Some(0));
    assert!(told.contains("creating a new database"), "{told}");
    let (code, _, told) = run(command(&["user", "list"]).args(["--database", &database.url]));
    assert_eq!((code, told.as_str()), (Some(0), ""));
}

#[test]
fn a_password_comes_by_standard_input_and_nowhere_else() {
    let database = Database::sqlite();
    let add = |password: &str| {
        let mut command = command(&["user", "add", "--name", "Ana", "--email", "ana@example.com", "--password-stdin"]);
        command.args(["--database", &database.url]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, error) = add("short");
    assert_eq!(code, Some(1));
    assert!(error.ends_with("error: the password must have at least 10 characters\n"), "{error}");
    assert_eq!(add("correct horse battery").0, Some(0));
    let (code, error) = add("correct horse battery");
    assert_eq!(code, Some(1));
    assert!(error.contains("has an account already"), "{error}");
}

#[test]
fn what_cannot_be_done_is_said_and_changes_nothing() {
    let database = Database::sqlite();
    add(&database, "ana", "owner");
    let role = refused(&database, &["user", "role", "ana@example.com", "member"], 1);
    assert!(role.contains("a server needs an owner"), "{role}");
    assert!(refused(&database, &["user", "deactivate", "ana@example.com"], 1).contains("a server needs an owner"));
    assert!(
        refused(&database, &["user", "role", "nobody@example.com", "admin"], 1).contains("no account with the e-mail")
    );
    assert!(refused(&database, &["user", "role", "ana@example.com", "king"], 2).contains("possible values"));
    assert!(refused(&database, &["user", "add", "--name", "A", "--email", "no"], 1).contains("e-mail address"));
    assert!(
        refused(&database, &["token", "revoke", "0198c0de-0000-7000-8000-000000000000"], 1).contains("no such token")
    );
    assert!(refused(&database, &["token", "revoke", "x"], 2).contains("invalid"));
    let create = ["token", "create", "--user", "ana@example.com", "--scope", "read"];
    assert!(refused(&database, &[&create[..], &["--expires", "soon"]].concat(), 2).contains("90d"));
    let roles = json(&database, &["user", "list"]);
    assert_eq!((&roles[0]["role"], &roles[0]["active"]), (&"owner".into(), &true.into()));
}

/// The events that `taskwire audit` prints.
fn audit(database: &Database, arguments: &[&str]) -> Vec<Value> {
    let (code, out, err) = run(command(&["audit"]).args(arguments).args(["--database", &database.url]));
    assert_eq!(code, Some(0), "{arguments:?}: {err}");
    out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The managers of a board.
fn managers(database: &Database, board: &str) -> Vec<String> {
    let members = json(database, &["board", "members", board]);
    let managers = members.as_array().unwrap().iter().filter(|member| member["role"] == "manager");
    managers.map(|member| member["email"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_owner_manages_all_boards_from_before_whenever_they_come() {
    for (database, is_promoted) in [(Database::sqlite(), false), (Database::postgres().await, true)] {
        let node = Node::on(&database).await;
        // More than are read at a time.
        let mut boards = Vec::new();
        for _ in 0..103 {
            boards.push(node.create_board().await.id.to_string());
        }
        node.close().await;
        json(&database, &["board", "delete", &boards[0]]);
        // The first account is no owner's.
        add(&database, "ben", "member");
        assert_eq!(managers(&database, &boards[1]), Vec::<String>::new());
        let owner = if is_promoted { "ben@example.com" } else { "ana@example.com" };
        match is_promoted {
            true => json(&database, &["user", "role", owner, "owner"]),
            false => add(&database, "ana", "owner"),
        };
        for board in [&boards[1], &boards[51], &boards[102]] {
            assert_eq!(managers(&database, board), [owner]);
        }
        // The next owner takes no board.
        add(&database, "cleo", "owner");
        json(&database, &["board", "restore", &boards[0]]);
        assert_eq!(managers(&database, &boards[0]), [owner]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_a_new_account_works_before_the_server_has_heard_of_it() {
    for database in [Database::sqlite(), Database::postgres().await] {
        add(&database, "ana", "owner");
        let server = Process::spawn(command(&["serve", "--listen", "127.0.0.1:0"]).args(["--database", &database.url]));
        for name in ["ben", "cleo", "dora"] {
            let made = add(&database, name, "member");
            let link = made["new_password"].as_str().unwrap().replace("http://localhost:3000", &server.base);
            let shown = reqwest::get(&link).await.unwrap();
            assert_eq!(shown.status(), StatusCode::OK, "{name}");
        }
    }
}

#[test]
fn the_audit_log_is_printed_as_json_lines() {
    let database = Database::sqlite();
    add(&database, "ana", "owner");
    let ben = add(&database, "ben", "member");
    json(&database, &["user", "role", "ben@example.com", "admin"]);
    let create = ["token", "create", "--user", "ana@example.com", "--scope", "read"];
    let token = json(&database, &create)["token"].as_str().unwrap().to_owned();
    let actions = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect()
    };
    let all = audit(&database, &[]);
    assert_eq!(
        actions(&all),
        [
            "token_created",
            "role_changed",
            "password_link_created",
            "account_created",
            "password_link_created",
            "account_created"
        ]
    );
    assert!(all.iter().all(|event| event["actor"] == "operator" && event["method"] == "command_line"), "{all:?}");
    assert!(!format!("{all:?}").contains(&token));
    let role = audit(&database, &["--action", "role_changed", "--since", "2020-01-01", "--actor", "operator"]);
    assert_eq!(role.len(), 1);
    assert_eq!((&role[0]["target"]["id"], &role[0]["target"]["name"]), (&ben["id"], &"ben".into()));
    assert_eq!(role[0]["details"], serde_json::json!({ "before": "member", "after": "admin" }));
    assert_eq!(audit(&database, &["--until", "2020-01-01"]).len(), 0);
    assert_eq!(audit(&database, &["--actor", "ana@example.com"]).len(), 0);
    assert_eq!(audit(&database, &["--target", ben["id"].as_str().unwrap()]).len(), 3);
    assert_eq!(audit(&database, &["--text", "BEN@example"]).len(), 1);
    // Each of these was an export.
    let exports = audit(&database, &["--action", "exported"]);
    assert_eq!(exports.len(), 6);
    assert_eq!(exports[0]["details"]["filter"]["q"], "BEN@example");

    let (_, help, _) = run(&mut command(&["audit", "--help"]));
    assert!(help.contains("printed as JSON in any case") && !help.contains("lines for people"), "{help}");
    assert!(refused(&database, &["audit", "--action", "nothing"], 2).contains("role_changed"), "what there is");
    assert!(refused(&database, &["audit", "--since", "yesterday"], 1).contains("2026-11-23"), "what is expected");
    assert!(refused(&database, &["audit", "--actor", "carl@example.com"], 1).contains("e-mail address"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_filled_and_put_on_a_board() {
    for database in [Database::sqlite(), Database::postgres().await] {
        for name in ["ana", "ben"] {
            add(&database, name, "member");
        }
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        node.close().await;
        let board = &*board.to_string();
        let made = json(&database, &["group", "add", "Crew", "--description", "On deck"]);
        assert_eq!((&made["name"], &made["people"]), (&"Crew".into(), &0.into()));
        let joined = json(&database, &["group", "join", "crew", "ana@example.com", "ben@example.com"]);
        assert_eq!((&joined["changed"], &joined["complete"]), (&0.into(), &true.into()));
        assert_eq!(json(&database, &["group", "put", "Crew", board, "editor"])["changed"], 2);
        let members = json(&database, &["board", "members", board]);
        assert_eq!(members.as_array().unwrap().len(), 2);
        assert_eq!(members[0]["role"], "editor");
        assert_eq!(json(&database, &["group", "leave", "Crew", "ben@example.com"])["changed"], 1);
        let shown = json(&database, &["group", "show", "Crew"]);
        assert_eq!(
            (&shown["people"][0]["email"], &shown["boards"][0]["role"]),
            (&"ana@example.com".into(), &"editor".into())
        );
        assert_eq!(json(&database, &["group", "change", "Crew", "--name", "Leads"])["description"], "On deck");
        assert!(refused(&database, &["group", "show", "Crew"], 1).contains("there is no group Crew"));
        assert!(refused(&database, &["group", "put", "Leads", board, "boss"], 2).contains("viewer, editor or manager"));
        assert_eq!(json(&database, &["group", "take", "Leads", board])["changed"], 1);
        assert_eq!(json(&database, &["group", "delete", "Leads"])["failed"], 0);
        assert_eq!(json(&database, &["group", "list"]), serde_json::json!([]));
    }
}

#[test]
fn every_command_explains_itself() {
    for path in [
        &["user"][..],
        &["user", "add"],
        &["user", "list"],
        &["user", "role"],
        &["user", "reset-password"],
        &["user", "deactivate"],
        &["user", "activate"],
        &["user", "change"],
        &["user", "end-sessions"],
        &["user", "hand-over"],
        &["user", "import"],
        &["group"],
        &["group", "list"],
        &["group", "show"],
        &["group", "add"],
        &["group", "change"],
        &["group", "delete"],
        &["group", "join"],
        &["group", "leave"],
        &["group", "put"],
        &["group", "take"],
        &["board"],
        &["board", "list"],
        &["board", "show"],
        &["board", "export"],
        &["board", "delete"],
        &["board", "restore"],
        &["board", "archive"],
        &["board", "unarchive"],
        &["board", "members"],
        &["task"],
        &["task", "list"],
        &["task", "add"],
        &["task", "move"],
        &["task", "complete"],
        &["task", "delete"],
        &["token"],
        &["token", "create"],
        &["token", "list"],
        &["token", "revoke"],
        &["audit"],
    ] {
        let (code, out, _) = run(command(path).arg("--help"));
        assert_eq!(code, Some(0), "{path:?}");
        assert!(out.contains("Usage: taskwire "), "{path:?}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_notices_command_line_changes() {
    let database = Database::sqlite();
    let server = Process::spawn(
        command(&["serve", "--no-sample", "--listen", "127.0.0.1:0"]).args(["--database", &database.url]),
    );
    add(&database, "ana", "owner");
    let create =
        ["token", "create", "--user", "ana@example.com", "--scope", "write", "--name", "backup", "--expires", "1d"];
    let (code, token, _) = run(command(&create).args(["--database", &database.url]));
    assert_eq!(code, Some(0));
    let ask = || reqwest::Client::new().get(format!("{}/api/v1/boards", server.base)).bearer_auth(token.trim()).send();
    let until = async |status: StatusCode| {
        let began = std::time::Instant::now();
        while ask().await.unwrap().status() != status {
            assert!(began.elapsed() < Duration::from_secs(20), "never {status}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        began.elapsed()
    };
    let known = until(StatusCode::OK).await;
    let tokens = json(&database, &["token", "list", "--user", "ana@example.com"]);
    assert_eq!((&tokens[0]["name"], &tokens[0]["scope"]), (&"backup".into(), &"write".into()));
    assert!(!tokens.to_string().contains(token.trim()), "a token is shown once");
    json(&database, &["token", "revoke", tokens[0]["id"].as_str().unwrap()]);
    let forgotten = until(StatusCode::UNAUTHORIZED).await;
    assert_eq!(json(&database, &["token", "list"]), Value::Array(Vec::new()));
    // The poll is once a second; a busy machine may take longer.
    assert!(known + forgotten < Duration::from_secs(15), "{known:?}, {forgotten:?}");
}

/// Runs a command whose output is not JSON.
fn text(database: &Database, arguments: &[&str]) -> String {
    let (code, out, err) = run(command(arguments).args(["--database", &database.url]));
    assert_eq!(code, Some(0), "{arguments:?}: {err}");
    out
}

#[test]
fn names_and_addresses_are_changed_and_sessions_ended() {
    let database = Database::sqlite();
    add(&database, "ana", "owner");
    add(&database, "ben", "member");
    let change = ["user", "change", "ben@example.com", "--name", "Benjamin", "--email", "B@example.com"];
    let changed = json(&database, &change);
    assert_eq!((&changed["name"], &changed["email"]), (&"Benjamin".into(), &"b@example.com".into()));
    assert!(refused(&database, &["user", "change", "b@example.com"], 2).contains("--name"));
    let taken = refused(&database, &["user", "change", "b@example.com", "--email", "ana@example.com"], 1);
    assert!(taken.contains("another account has this e-mail address"), "{taken}");
    assert_eq!(json(&database, &["user", "end-sessions", "b@example.com"])["active"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_and_tasks_are_changed_live_on_both_engines() {
    for database in [Database::sqlite(), Database::postgres().await] {
        add(&database, "ana", "owner");
        let server = Process::spawn(
            command(&["serve", "--auth", "open", "--listen", "127.0.0.1:0"]).args(["--database", &database.url]),
        );
        let boards = json(&database, &["board", "list"]);
        assert_eq!(boards.as_array().unwrap().len(), 1, "the sample");
        let (name, id) = (boards[0]["name"].as_str().unwrap(), boards[0]["id"].as_str().unwrap());
        let shown = json(&database, &["board", "show", name]);
        let seq = shown["seq"].as_u64().unwrap();
        let column = shown["columns"][1]["name"].as_str().unwrap();

        // A page that has the board open sees what is done at the command line.
        let address = server.base.strip_prefix("http://").unwrap().parse().unwrap();
        let mut socket = Client::connect(address).await;
        socket.subscribe(id.parse().unwrap(), Some(seq)).await;
        let mut copy = Copy::of(id.parse().unwrap(), Some(seq));
        let added = json(
            &database,
            &["task", "add", name, "=Tea", "--column", column, "--priority", "high", "--due", "2026-12-24"],
        );
        assert_eq!((&added["priority"], &added["due"]), (&"high".into(), &"2026-12-24".into()));
        copy.reach(seq + 1, &mut socket).await;
        let task = added["id"].as_str().unwrap();
        let first = shown["columns"][0]["name"].as_str().unwrap();
        let moved = json(&database, &["task", "move", "=Tea", "--board", name, "--column", first, "--first"]);
        assert_ne!(moved["column"], added["column"]);
        assert_eq!(json(&database, &["task", "list", name, "--column", first])[0]["id"], task);
        let named = added["ref"].as_str().unwrap();
        assert!(text(&database, &["task", "list", name]).contains(named));
        assert_eq!(json(&database, &["task", "complete", &named.to_lowercase()])["completed"], true);
        assert!(!json(&database, &["task", "list", name]).to_string().contains(task), "only open ones");
        assert!(json(&database, &["task", "list", name, "--all"]).to_string().contains(task));
        copy.reach(seq + 3, &mut socket).await;

        // Everything that shows who did something says that it was the command line.
        let page = async |path: &str| {
            let page = reqwest::get(format!("{}{path}", server.base)).await.unwrap().text().await.unwrap();
            // Leptos marks where texts end.
            let page = page.replace("<!>", "").replace("Assign to somebody", "");
            assert!(!page.contains("Somebody") && !page.contains("somebody"), "{path}: {page}");
            page
        };
        json(&database, &["board", "archive", id]);
        json(&database, &["board", "unarchive", id]);
        for path in [format!("/boards/{id}?view=activity"), format!("/boards/{id}/tasks/{task}?history=open")] {
            assert!(page(&path).await.contains("<span class=\"who\">The command line</span>"), "{path}");
        }
        assert!(page(&format!("/boards/{id}/tasks/{task}")).await.contains("Created by the command line, "));
        let of_board = page(&format!("/admin/boards/{id}")).await;
        assert!(of_board.contains("<strong>The command line</strong> changed it"), "{of_board}");
        assert!(of_board.contains("<span class=\"hint\">The command line</span>"), "{of_board}");
        assert!(of_board.contains("<span class=\"hint\">The server itself</span>"), "the sample: {of_board}");
        let of_task = page(&format!("/admin/tasks/{task}")).await;
        assert!(of_task.contains("<strong>The command line</strong> created it"), "{of_task}");
        assert!(of_task.contains(" by the command line"), "{of_task}");
        assert!(page("/admin/tasks?state=live").await.contains(" by the command line"));
        let log = reqwest::get(format!("{}/admin/audit", server.base)).await.unwrap().text().await.unwrap();
        let log = log.replace("<!>", "");
        assert!(log.contains(">The command line</a>") && log.contains(">The server itself</a>"), "{log}");
        copy.reach(seq + 5, &mut socket).await;

        let csv = text(&database, &["board", "export", id, "--csv"]);
        assert!(csv.starts_with("id,ref,title,description,column,completed,") && csv.contains(",'=Tea,"), "{csv}");
        let export = json(&database, &["board", "export", id]);
        assert_eq!(export["seq"], seq + 5);
        let events = audit(&database, &["--action", "exported"]);
        let exports: Vec<_> = events.iter().map(|event| &event["details"]).filter(|of| of["what"] == "board").collect();
        assert_eq!(exports.iter().map(|of| &of["format"]).collect::<Vec<_>>(), ["json", "csv"]);
        assert!(exports.iter().all(|of| of["board"] == id && of["name"] == name), "{exports:?}");
        assert!(!json(&database, &["task", "delete", task])["deleted_at"].is_null());
        assert!(refused(&database, &["task", "delete", task], 1).contains("there is no task"));
        assert!(refused(&database, &["task", "delete", named], 1).contains("there is no task"));
        assert!(refused(&database, &["task", "delete", "=Tea"], 1).contains("--board"));
        let no_column = refused(&database, &["task", "add", name, "A", "--column", "Nowhere"], 1);
        assert!(no_column.contains("has no column Nowhere; it has "), "{no_column}");

        let members = json(&database, &["board", "members", id, "--set", "ana@example.com=manager"]);
        assert_eq!((&members[0]["email"], &members[0]["role"]), (&"ana@example.com".into(), &"manager".into()));
        assert!(refused(&database, &["board", "members", id, "--set", "ana@example.com"], 2).contains("EMAIL=ROLE"));
        let last = refused(&database, &["board", "members", id, "--remove", "ana@example.com"], 1);
        assert!(last.contains("a board needs a manager"), "{last}");

        assert!(!json(&database, &["board", "delete", name])["deleted_at"].is_null());
        copy.reach(seq + 8, &mut socket).await;
        assert_eq!(json(&database, &["board", "list"]), Value::Array(Vec::new()));
        assert_eq!(json(&database, &["board", "list", "--deleted"])[0]["id"], id);
        assert!(refused(&database, &["board", "show", name], 1).contains("there is no board"));
        assert!(json(&database, &["board", "restore", name])["deleted_at"].is_null());
        copy.reach(seq + 9, &mut socket).await;
        assert!(text(&database, &["board", "list"]).contains(name));

        assert!(!json(&database, &["board", "archive", name])["archived_at"].is_null());
        copy.reach(seq + 10, &mut socket).await;
        assert_eq!(text(&database, &["board", "list"]), "");
        assert!(text(&database, &["board", "list", "--archived"]).contains("archived 20"));
        assert!(text(&database, &["board", "show", name]).contains(", archived"));
        let late = refused(&database, &["task", "add", name, "Late"], 1);
        assert!(late.contains("this board is archived") && late.contains("board unarchive"), "{late}");
        assert!(json(&database, &["board", "unarchive", name])["archived_at"].is_null());
        copy.reach(seq + 11, &mut socket).await;
    }
}

#[tokio::test]
async fn tasks_are_added_and_listed_by_their_labels() {
    let database = Database::sqlite();
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;
    let other = node.create_board().await.id;
    let mut labels = Vec::new();
    let looks =
        [("Bug", Hue::Red), ("Docs; and more", Hue::Blue), ("Twice", Hue::Lime), ("twice", Hue::Pink), ("", Hue::Red)];
    for (name, hue) in looks {
        let label = LabelId(app::new_id());
        node.accepted(board, Op::CreateLabel(CreateLabel::of(label, name, hue))).await;
        labels.push(label.to_string());
    }
    let board = board.to_string();
    let add = |title: &str, names: &[&str]| {
        let mut arguments = vec!["task", "add", &board, title];
        arguments.extend(names.iter().flat_map(|name| ["--label", name]));
        json(&database, &arguments)
    };
    let added = add("Tea", &["(red)", "BUG"]);
    assert_eq!(added["labels"], serde_json::json!([labels[0], labels[4]]));
    assert_eq!(added["label_names"], serde_json::json!(["Bug", "(red)"]));
    add("Milk", &["Twice", &labels[3]]);
    add("Sugar", &[]);

    let list = |names: &[&str]| {
        let mut arguments = vec!["task", "list", &board];
        arguments.extend(names.iter().flat_map(|name| ["--label", name]));
        let tasks = json(&database, &arguments);
        tasks.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(&["bug"]), ["Tea"]);
    assert_eq!(list(&["twice"]), ["Milk"], "the label with exactly this name");
    assert!(list(&["Bug", "Twice"]).is_empty(), "all of them");
    assert_eq!(list(&[]).len(), 3);
    let lines = text(&database, &["task", "list", &board]);
    let first = lines.lines().next().unwrap();
    assert!(first.contains("  Tea ") && first.ends_with("  Bug, (red)"), "{lines}");
    assert!(lines.lines().nth(2).unwrap().ends_with("Sugar"), "{lines}");

    let csv = text(&database, &["board", "export", &board, "--csv"]);
    assert!(csv.lines().next().unwrap().ends_with(",assignees,labels"), "{csv}");
    assert!(csv.contains(",\"Bug; (red)\"\n") && csv.contains(",\"Twice; twice\"\n"), "{csv}");

    // What is not understood is said, and adds nothing.
    for command in [&["task", "add", &board, "Late"][..], &["task", "list", &board]] {
        let said = |name: &str| refused(&database, &[command, &["--label", name]].concat(), 1);
        let unknown = said("Feature");
        assert!(
            unknown.contains("the board has no label Feature; it has Bug, Docs; and more, Twice, twice, (red)"),
            "{unknown}"
        );
        let several = said("TWICE");
        let expected =
            format!("several labels are called TWICE; give the id: {} (lime), {} (pink)", labels[2], labels[3]);
        assert!(several.contains(&expected), "{several}");
    }
    assert_eq!(list(&[]).len(), 3);
    let none = refused(&database, &["task", "list", &other.to_string(), "--label", "Bug"], 1);
    assert!(none.contains("the board has no label Bug; it has no labels"), "{none}");
}

/// Runs a command of which nobody reads the output. Returns its exit code and error output.
fn run_unread(database: &Database, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = command(arguments);
    command.args(["--database", &database.url]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_end_quietly_when_nobody_reads_on() {
    let database = Database::sqlite();
    add(&database, "ana", "owner");
    json(&database, &["token", "create", "--user", "ana@example.com", "--scope", "read"]);
    let server = Process::spawn(
        command(&["serve", "--auth", "open", "--listen", "127.0.0.1:0"]).args(["--database", &database.url]),
    );
    let board = json(&database, &["board", "list"])[0]["id"].as_str().unwrap().to_owned();
    for arguments in [
        &["user", "list"][..],
        &["user", "list", "--json"],
        &["token", "list"],
        &["token", "list", "--json"],
        &["board", "list"],
        &["board", "list", "--json"],
        &["board", "show", &board],
        &["board", "members", &board],
        &["board", "export", &board],
        &["board", "export", &board, "--csv"],
        &["task", "list", &board],
        &["task", "list", &board, "--json"],
        &["audit"],
    ] {
        assert_eq!(run_unread(&database, arguments), (Some(0), String::new()), "{arguments:?}");
    }
    // A part of a backup is of no use.
    let (code, error) = run_unread(&database, &["backup", "-"]);
    assert_eq!(code, Some(1), "{error}");
    drop(server);
}

#[test]
fn one_place_writes_the_results_of_commands() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command");
    for file in folder.read_dir().unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // A backup fails if its reader is gone; everything else goes through `write_out` in `mod.rs`.
        let is_known = ["mod.rs", "backup.rs"].contains(&name.as_str());
        let source = std::fs::read_to_string(path).unwrap();
        assert!(is_known || !source.contains("stdout"), "{name} writes to standard output by itself");
    }
}

#[test]
fn what_somebody_has_is_handed_over_and_people_are_imported() {
    let database = Database::sqlite();
    add(&database, "ana", "owner");
    add(&database, "ben", "member");
    let report = json(&database, &["user", "hand-over", "ben@example.com", "ana@example.com", "--dry-run"]);
    assert_eq!((&report["dry_run"], &report["failed"]), (&true.into(), &0.into()));
    let same = refused(&database, &["user", "hand-over", "ben@example.com", "BEN@example.com"], 1);
    assert!(same.contains("the same person"), "{same}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    let file = file.to_str().unwrap();
    std::fs::write(file, "name;email\nCleo;cleo@example.com\nBen;ben@example.com\n").unwrap();
    let url = "https://board.example.com/";
    let dry = text(&database, &["user", "import", file, "--dry-run"]);
    assert_eq!(dry, "line 2  new     cleo@example.com\nline 3  exists  ben@example.com\n");
    let imported = json(&database, &["user", "import", file, "--public-url", url]);
    let link = imported["lines"][0]["url"].as_str().unwrap();
    assert!(link.starts_with("https://board.example.com/join/"), "{link}");
    std::fs::write(file, "name,email\nCleo,cleo@example.com\n,nobody\n").unwrap();
    let (code, out, err) = run(command(&["user", "import", file]).args(["--database", &database.url]));
    assert_eq!(code, Some(1));
    assert!(out.contains("line 2  invited") && out.contains("line 3  wrong"), "{out}");
    assert!(err.contains("1 line is wrong; the others are done"), "{err}");
    let missing = refused(&database, &["user", "import", "nowhere.csv"], 1);
    assert!(missing.contains("cannot read nowhere.csv"), "{missing}");
}
