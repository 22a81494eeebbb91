//! Files that are not backups, or not any more, are refused, and nothing is touched.

use serde_json::{Value, json};
use taskwire::store::{backup::BackupError, schema};

use crate::{
    check, gzip, is_empty, lines, packed, restore,
    support::{
        database::Database,
        node::Node,
        server::{command, run},
    },
    take, targets,
};

async fn backup() -> Vec<u8> {
    let database = Database::sqlite();
    let node = Node::on(&database).await;
    let board = node.create_board().await.id;
    for number in 0..20 {
        node.create_task(board, &format!("Task {number}")).await;
    }
    node.close().await;
    take(&database, false).await
}

/// Checks that a file is refused, before and while it is restored, and that the databases are as they were.
async fn refused(file: &[u8], what: &str, targets: &[Database]) -> String {
    let words = check(file).err().unwrap_or_else(|| panic!("{what} was accepted")).to_string();
    for target in targets {
        let again = restore(file, target).await.unwrap_err();
        assert_eq!(again.to_string(), words, "{what}");
        assert!(is_empty(target).await, "{what}");
        if let Some(path) = target.url.strip_prefix("sqlite:") {
            let folder = std::path::Path::new(path).parent().unwrap();
            assert_eq!(folder.read_dir().unwrap().count(), 0, "{what}");
        }
    }
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_off_is_refused() {
    let file = backup().await;
    let targets = targets().await;
    assert_eq!(refused(&[], "an empty file", &targets).await, "the file is empty; use another backup");
    for length in [1, 2, 9, 10, 11, file.len() / 4, file.len() / 2, file.len() - 9, file.len() - 8, file.len() - 1] {
        let words = refused(&file[..length], &format!("{length} bytes"), &targets).await;
        assert!(words.contains("was cut off"), "{length}: {words}");
    }
    for length in 1..file.len() {
        assert!(check(&file[..length]).is_err(), "{length} bytes");
    }
    // Whole lines are missing at its end.
    let text = lines(&file);
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    for count in [1, 2, all.len() / 2, all.len() - 1] {
        let words = refused(&gzip(all[..count].concat().as_bytes()), &format!("{count} lines"), &targets).await;
        assert!(words.contains("was cut off"), "{count}: {words}");
    }
    // In the middle of a line.
    refused(&gzip(&text.as_bytes()[..text.len() / 2]), "half a line", &targets).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_altered_is_refused() {
    let file = backup().await;
    let text = lines(&file);
    let targets = targets().await;
    let mut harmless = 0;
    for index in 0..file.len() {
        let mut flipped = file.clone();
        flipped[index] ^= 1 << (index % 8);
        if check(&flipped).is_ok() {
            // gzip has a few bits that mean nothing, such as the time of the compression.
            assert_eq!(lines(&flipped), text, "byte {index}");
            harmless += 1;
        }
    }
    assert!(harmless < 12, "{harmless} of {}", file.len());
    let mut flipped = file.clone();
    flipped[file.len() / 2] ^= 1;
    refused(&flipped, "one bit", &targets).await;
    let mut longer = file.clone();
    longer.extend(b"more");
    assert!(refused(&longer, "something after its end", &targets).await.contains("something follows its end"));
    refused(&[&file[..], &file[..]].concat(), "two backups", &targets).await;

    // Somebody has unpacked it, changed it, and packed it again.
    let words = refused(&gzip(text.replace("Task 7", "Task 8").as_bytes()), "another title", &targets).await;
    assert!(words.contains("its checksum does not match"), "{words}");
    let mut swapped: Vec<&str> = text.split_inclusive('\n').collect();
    let count = swapped.len();
    swapped.swap(count - 4, count - 5);
    refused(&gzip(swapped.concat().as_bytes()), "rows in another order", &targets).await;
    assert!(check(&gzip(text.as_bytes())).is_ok(), "nothing else was wrong with these");
}

/// The checksum is right, so the program that wrote it had other tables, or somebody made it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_other_tables_is_refused() {
    let lines: Vec<Value> = lines(&backup().await).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(check(&packed(&lines)).is_ok());
    let targets = targets().await;
    let is_row = |line: &&Value| line.is_array();
    let first_row = lines.iter().position(|line| is_row(&line)).unwrap();
    let changed = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        packed(&lines)
    };
    let wrong = [
        ("a row before all tables", changed(&|lines| lines.insert(1, json!([1])))),
        ("no last table", changed(&|lines| drop(lines.remove(lines.len() - 2)))),
        ("a table of somebody else", changed(&|lines| lines[1]["table"]["name"] = "users".into())),
        ("another column", changed(&|lines| lines[1]["table"]["columns"][0] = "key".into())),
        ("a column less", changed(&|lines| drop(lines[1]["table"]["columns"].as_array_mut().unwrap().pop()))),
        ("a value less", changed(&|lines| drop(lines[first_row].as_array_mut().unwrap().pop()))),
        ("a value of another kind", changed(&|lines| lines[first_row][0] = 1.into())),
        ("a value that no column has", changed(&|lines| lines[first_row][0] = json!({"a": 1}))),
        ("a row less than counted", changed(&|lines| drop(lines.remove(first_row)))),
        ("something else", changed(&|lines| lines.insert(2, json!({"more": 1})))),
        ("another schema", changed(&|lines| lines[0]["schema"] = 11.into())),
        ("no schema", changed(&|lines| drop(lines[0].as_object_mut().unwrap().remove("schema")))),
    ];
    for (what, file) in wrong {
        let words = refused(&file, what, &targets).await;
        assert!(words.contains("was damaged or altered"), "{what}: {words}");
    }
    // The database refuses what the file does not show to be wrong.
    let twice = changed(&|lines| {
        let row = lines.iter().rposition(Value::is_array).unwrap();
        lines.insert(row, lines[row].clone());
        let end = lines.len() - 1;
        let changes = lines[end]["end"]["rows"]["changes"].as_u64().unwrap();
        let last = lines[..row].iter().rev().find_map(|line| line["table"]["name"].as_str()).unwrap().to_owned();
        let count = lines[end]["end"]["rows"][&last].as_u64().unwrap();
        lines[end]["end"]["rows"][&last] = (count + 1).into();
        assert!(changes > 0);
    });
    check(&twice).unwrap();
    for target in &targets {
        let words = restore(&twice, target).await.unwrap_err().to_string();
        assert!(words.contains("so nothing was restored"), "{words}");
        assert!(is_empty(target).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_newer_version_is_refused() {
    let mut lines: Vec<Value> =
        lines(&backup().await).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let targets = targets().await;
    lines[0]["taskwire"] = "9.1.0".into();
    lines[0]["schema"] = (schema() + 1).into();
    let words = refused(&packed(&lines), "a newer schema", &targets).await;
    assert!(words.contains("Taskwire 9.1.0") && words.contains("with that version or a newer one"), "{words}");
    // A newer format may have anything else in it.
    let newer =
        [json!({"format": "taskwire backup", "version": 2, "taskwire": "9.1.0", "tables": []}), json!({"end": {}})];
    let words = refused(&packed(&newer), "a newer format", &targets).await;
    assert!(words.contains("Taskwire 9.1.0") && words.contains("in a format"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_something_else_is_refused() {
    let targets = targets().await;
    let database = Database::sqlite();
    database.open().await.close().await;
    let sqlite = std::fs::read(database.url.strip_prefix("sqlite:").unwrap()).unwrap();
    let foreign = [
        ("a copy of SQLite's file", sqlite),
        ("a dump of PostgreSQL", b"PGDMP\x01\x0f\x00".to_vec()),
        ("text", b"not a backup\n".to_vec()),
        ("compressed text", gzip(b"not a backup\n")),
        ("compressed JSON", gzip(b"{\"format\":\"something\",\"version\":1,\"taskwire\":\"1\"}\n")),
        ("many zeros", gzip(&vec![0; 10 << 20])),
        ("nothing, compressed", gzip(b"")),
    ];
    for (what, file) in foreign {
        let words = refused(&file, what, &targets).await;
        assert!(words.starts_with("this is not a file that `taskwire backup` made"), "{what}: {words}");
    }
}

/// A database with anything in it is not touched.
#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_database_is_restored_to() {
    let file = backup().await;
    for target in targets().await {
        let node = Node::on(&target).await;
        let board = node.create_board().await.id;
        let before = node.board(board).await;
        let error = restore(&file, &target).await.unwrap_err();
        assert!(matches!(error, BackupError::NotEmpty(_)), "{error}");
        assert_eq!(node.store.heads(&[board]).await.unwrap()[&board], before.seq());
        node.close().await;
        // Somebody else's tables.
        crate::run(&target, "SELECT 1").await;
    }
    let other = Database::at(format!("{}?mode=rwc", Database::sqlite().url));
    std::fs::create_dir_all(std::path::Path::new(other.url.strip_prefix("sqlite:").unwrap()).parent().unwrap())
        .unwrap();
    crate::run(&other, "CREATE TABLE somebody_elses (id INTEGER)").await;
    let path = other.url.strip_prefix("sqlite:").unwrap().split('?').next().unwrap().to_owned();
    let bytes = std::fs::read(&path).unwrap();
    assert!(restore(&file, &other).await.unwrap_err().to_string().contains("is not empty"));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    std::fs::remove_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();

    // A file that is not a database.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup.tw");
    std::fs::write(&path, &file).unwrap();
    restore(&file, &Database::at(format!("sqlite:{}", path.display()))).await.unwrap_err();
    assert_eq!(std::fs::read(&path).unwrap(), file);
    let (code, out, error) = run(command(&["backup", "-", "--database"]).arg(format!("sqlite:{}", path.display())));
    assert_eq!((code, out.as_str()), (Some(1), ""), "{error}");
}

/// A file without a byte, as `mktemp` makes it, is empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_a_byte_is_an_empty_database() {
    let target = Database::sqlite();
    std::fs::write(target.url.strip_prefix("sqlite:").unwrap(), "").unwrap();
    restore(&backup().await, &target).await.unwrap();
    assert!(!is_empty(&target).await);
}
