//! A backup without secrets has nothing in it by which somebody could get in.

use app::ops::{CreateShareLink, Op};
use taskwire::outbox::Job;

use crate::{
    lines, restore, rows, run,
    support::{
        database::Database,
        node::Node,
        server::{Process, command, run as run_command},
    },
    take, targets,
};

/// Runs a command on the database. Returns its output.
fn taskwire(database: &Database, arguments: &[&str]) -> String {
    let (code, out, error) = run_command(command(arguments).args(["--database", &database.url]));
    assert_eq!(code, Some(0), "{arguments:?}: {error}");
    out
}

/// Makes one of each secret.
async fn fill(database: &Database) {
    taskwire(database, &["user", "add", "--name", "Ana", "--email", "ana@example.com", "--role", "owner"]);
    taskwire(database, &["user", "add", "--name", "Ben", "--email", "ben@example.com"]);
    taskwire(database, &["token", "create", "--user", "ana@example.com", "--scope", "read"]);
    taskwire(database, &["user", "reset-password", "ana@example.com"]);
    let node = Node::on(database).await;
    let board = node.create_board().await.id;
    let link = CreateShareLink { link: app::new_id(), secret_sha256: [7; 32].into() };
    node.accepted(board, Op::CreateShareLink(link)).await;
    let mail = Job::NewPasswordMail { email: "ana@example.com".to_owned() };
    node.store.enqueue(&mail.enqueued(app::new_id())).await.unwrap();
    let person = node.store.directory().account_of("ben@example.com").unwrap().id;
    let invitation = Job::AcceptedInvitation { link: app::new_id(), person };
    node.store.enqueue(&invitation.enqueued(app::new_id())).await.unwrap();
    node.close().await;
    taskwire(database, &["settings", "set", "mail-from", "board@example.com"]);
    taskwire(database, &["settings", "set", "smtp", "smtp://board:mail-secret@localhost"]);
    // Hashes that cannot be mistaken for others; a sign-in with a provider that is under way; a used link.
    run(
        database,
        "UPDATE people SET password = 'secret password hash';
         INSERT INTO sessions (hash, id, data, created_at, seen_at, expires_at) \
             VALUES ('secret session hash', 'session', 'secret state of a sign-in', 1, 1, 1);
         INSERT INTO known_devices (hash, person, created_at) SELECT 'secret device hash', MIN(id), 1 FROM people;
         INSERT INTO one_time_links (hash, id, purpose, created_at, expires_at, used_at, used_by) \
             SELECT 'secret hash of a used link', 'used', '{}', 1, 1, 1, MIN(id) FROM people",
    )
    .await;
}

/// Every value of the database that is secret, or belongs to a secret.
async fn secrets(database: &Database) -> Vec<String> {
    let rows = rows(database).await;
    let column = |table: &'static str, index: usize| rows[table].iter().map(move |row| row[index].clone().unwrap());
    let mut secrets: Vec<String> = ["sessions", "tokens", "one_time_links", "share_links", "known_devices"]
        .into_iter()
        .flat_map(|table| column(table, 0))
        .collect();
    secrets.extend(column("people", 4));
    secrets.extend(column("installation_key", 1));
    secrets.extend(column("sessions", 3));
    secrets.push("mail-secret".to_owned());
    secrets.push("new_password_mail".to_owned());
    assert!(secrets.len() >= 12, "{secrets:?}");
    secrets
}

async fn no_secret_is_in_a_backup_without_secrets(source: Database) {
    fill(&source).await;
    let secrets = secrets(&source).await;
    let (without, with) = (take(&source, false).await, take(&source, true).await);
    let (text, all) = (lines(&without), lines(&with));
    for secret in &secrets {
        assert!(all.contains(secret), "with secrets, all are there: {secret}");
        assert!(!text.contains(secret), "{secret}");
    }
    // What is needed to go on without them is there.
    assert!(text.contains("ana@example.com") && text.contains("accepted_invitation") && text.contains("\"used\""));
    assert!(text.contains("smtp://board:***@localhost"));

    for target in targets().await {
        restore(&without, &target).await.unwrap();
        let key = |rows: &std::collections::BTreeMap<&'static str, Vec<Vec<Option<String>>>>| {
            rows["installation_key"].clone()
        };
        // People get in again by a link, as the command says.
        let listed = taskwire(&target, &["user", "list"]);
        assert_eq!(listed, "ana@example.com  Ana  owner\nben@example.com  Ben  member\n");
        let reset = taskwire(&target, &["user", "reset-password", "ana@example.com"]);
        let page = reset.split("http://localhost:3000").nth(1).unwrap().trim().to_owned();
        assert_ne!(key(&rows(&target).await), key(&rows(&source).await), "the key is a new one");

        let server = Process::spawn(
            command(&["serve", "--no-sample", "--listen", "127.0.0.1:0"]).args(["--database", &target.url]),
        );
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let chosen = client
            .post(format!("{}{page}", server.base))
            .header("origin", server.base.as_str())
            .header("content-type", "application/x-www-form-urlencoded")
            .body("password=correct+horse+battery&again=correct+horse+battery")
            .send()
            .await
            .unwrap();
        assert!(chosen.status().is_redirection(), "{}: {}", chosen.status(), chosen.text().await.unwrap());
        let signed_in = client
            .post(format!("{}/sign-in", server.base))
            .header("origin", server.base.as_str())
            .header("content-type", "application/x-www-form-urlencoded")
            .body("email=ana%40example.com&password=correct+horse+battery")
            .send()
            .await
            .unwrap();
        assert!(signed_in.status().is_redirection(), "{}", signed_in.status());
        assert!(signed_in.headers().contains_key("set-cookie"));
        assert!(server.terminate().await.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_sqlite_is_in_a_backup_without_secrets() {
    no_secret_is_in_a_backup_without_secrets(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_postgres_is_in_a_backup_without_secrets() {
    no_secret_is_in_a_backup_without_secrets(Database::postgres().await).await;
}

/// A restored server goes on with the sessions and tokens of the original.
#[tokio::test(flavor = "multi_thread")]
async fn with_secrets_a_token_still_works() {
    let source = Database::sqlite();
    taskwire(&source, &["user", "add", "--name", "Ana", "--email", "ana@example.com", "--role", "owner"]);
    let token = taskwire(&source, &["token", "create", "--user", "ana@example.com", "--scope", "read"]);
    for (with_secrets, status) in [(true, 200), (false, 401)] {
        let file = take(&source, with_secrets).await;
        for target in targets().await {
            restore(&file, &target).await.unwrap();
            let server = Process::spawn(
                command(&["serve", "--no-sample", "--listen", "127.0.0.1:0"]).args(["--database", &target.url]),
            );
            let boards = reqwest::Client::new().get(format!("{}/api/v1/boards", server.base)).bearer_auth(token.trim());
            assert_eq!(boards.send().await.unwrap().status().as_u16(), status);
            assert!(server.terminate().await.success());
        }
    }
}
