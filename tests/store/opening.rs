//! Opening a database, and the errors that say why it cannot be opened.

use std::path::Path;

use taskwire::store::{Store, StoreError, StoreSettings, Synchronous};

use crate::{
    on_both_engines,
    support::{database::Database, node::Node, pgbouncer::PgBouncer},
};

on_both_engines! {
    async fn what_was_stored_is_there_after_a_restart(database) {
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        node.create_task(board, "Buy milk").await;
        let before = node.board(board).await;
        node.clone().close().await;
        assert!(node.store.ping().await.is_err(), "it is closed");

        let node = Node::on(&database).await;
        node.store.ping().await.expect("it is open");
        assert_eq!(node.board(board).await, before);
    }

    async fn several_nodes_may_start_at_once(database) {
        let nodes = futures::future::join_all((0..4).map(|_| database.open())).await;
        for node in nodes {
            assert!(!node.has_boards().await.expect("the tables are there"));
        }
    }
}

/// Limits and locks are kept in sessions, so a session must be exclusive to one connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_gives_no_session_of_ones_own_is_refused_and_another_works() {
    let database = Database::postgres().await;
    let own = "ignore_startup_parameters = extra_float_digits";
    for settings in [&format!("pool_mode = transaction\n{own}"), "pool_mode = session"] {
        let pooler = PgBouncer::to(&database.url, settings);
        let refusal = Store::open(StoreSettings::new(pooler.url(&database.url))).await.err().expect("it is refused");
        assert!(matches!(refusal, StoreError::Pooler(_)), "{settings}: {refusal}");
        let words = refusal.to_string();
        assert!(
            words.contains("set pool_mode = session and ignore_startup_parameters = extra_float_digits"),
            "{words}"
        );
    }
    let pooler = PgBouncer::to(&database.url, &format!("pool_mode = session\n{own}"));
    let node = Node::on(&Database::at(pooler.url(&database.url))).await;
    let board = node.create_board().await.id;
    node.create_task(board, "By way of a pooler").await;
    let direct = Node::on(&database).await;
    assert_eq!(direct.board(board).await, node.board(board).await);
    node.close().await;
}

/// SQLite reports "busy" at once to a connection that switches a new file to WAL while another connection does the
/// same: in about one of twenty of these rounds.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_may_be_made_by_many_at_once() {
    for _ in 0..50 {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("taskwire.db").display());
        let nodes = futures::future::join_all((0..8).map(|_| {
            let settings = StoreSettings { synchronous: Synchronous::Normal, readers: 1, ..StoreSettings::new(&url) };
            Store::open(settings)
        }));
        for node in nodes.await {
            node.expect("the file opens");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_of_sqlite_is_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let node = Node::on(&Database::at(format!("sqlite:{}", folder.path().join("taskwire.db").display()))).await;
    node.create_board().await;
    node.close().await;
    let files: Vec<_> = folder.path().read_dir().expect("the folder").flatten().map(|file| file.file_name()).collect();
    assert_eq!(files, ["taskwire.db"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_be_named_in_all_the_usual_ways() {
    let folder = tempfile::Builder::new().prefix("tåsk wire ").tempdir().expect("a folder");
    let absolute = folder.path().display();
    let here = std::env::current_dir().expect("a current folder");
    let up = "../".repeat(here.ancestors().count() - 1);
    let relative = folder.path().strip_prefix("/").expect("an absolute path").display();
    let names = [
        (format!("sqlite:{absolute}/one.db"), "one.db"),
        (format!("sqlite://{absolute}/two.db"), "two.db"),
        (format!("sqlite:{up}{relative}/three.db"), "three.db"),
        (format!("sqlite:{absolute}/four.db?mode=rwc"), "four.db"),
    ];
    for (url, file) in names {
        let settings = StoreSettings { synchronous: Synchronous::Normal, ..StoreSettings::new(&url) };
        Store::open(settings).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert!(Path::new(folder.path()).join(file).exists(), "{url}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_on_the_machine_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}/taskwire.db", folder.path().display());
    let _store = Store::open(StoreSettings::new(&url)).await.expect("it opens");
    let files: Vec<_> = folder.path().read_dir().expect("the folder").flatten().collect();
    assert!(files.len() > 1, "with the files beside it");
    for file in files {
        let mode = file.metadata().expect("its mode").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_opened_is_named_and_its_password_is_not() {
    let open = async |url: &str| match Store::open(StoreSettings::new(url)).await {
        Err(error) => error,
        Ok(_) => panic!("{url} was opened"),
    };
    for url in ["taskwire.db", "mysql://localhost/boards", "", "sqlite::memory:", "postgres://[/"] {
        let error = open(url).await;
        assert!(matches!(error, StoreError::Url(_)), "{url}: {error}");
    }
    let error = open("sqlite:/no/such/folder/taskwire.db").await.to_string();
    assert!(
        error.contains("/no/such/folder/taskwire.db cannot be used: there is no folder /no/such/folder"),
        "{error}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let error = open(&format!("sqlite:{}", folder.path().display())).await.to_string();
    assert!(error.contains("it is a folder"), "{error}");
    let file = folder.path().join("read.db");
    std::fs::write(&file, "").expect("a file");
    let mut may = file.metadata().expect("its mode").permissions();
    may.set_readonly(true);
    std::fs::set_permissions(&file, may).expect("nobody may write to it");
    let error = open(&format!("sqlite:{}", file.display())).await.to_string();
    assert!(error.contains("the file is read-only"), "{error}");
    let error = open("postgres://ana:sesame@127.0.0.1:1/boards").await.to_string();
    assert!(error.contains("127.0.0.1:1/boards") && !error.contains("sesame"), "{error}");
}
