//! What is restored is what was there, on every pair of engines.

use app::{
    access::BoardRole,
    fields::FieldEdit,
    id::{ActorId, BoardId, ChecklistId, ChecklistItemId, CommentId, LabelId},
    label::Hue,
    ops::Op,
    ops::{
        CreateChecklist, CreateComment, CreateLabel, CreateShareLink, DeleteBoard, DeleteComment, MergeLabels,
        Mutation, NewChecklistItem, SetArchived, SetMember, UpdateBoard, UpdateChecklistItem, UpdateComment,
        UpdateTask,
    },
};
use taskwire::{
    accounts::Accounts,
    credentials::{Credential, Credentials},
    hub::Hub,
    secret::SecretHash,
    store::{BulkEdit, BulkStep, Missing, StarSet, StoreSettings, backup},
    writer::WriteError,
};

use crate::{
    expect_states_like_logs, is_empty, restore, rows, run,
    support::{
        database::Database,
        node::{Node, create, delete, mutation, new_task, rename},
        server::{command, run as run_command},
    },
    take, targets,
};

/// Text with everything that some format has to escape.
const ODD: &str = "“quotes” \"\\ ' ; -- \u{1f331} \u{e9} \u{202e} $1 ? NULL\n\ttwo lines";

/// What was done to fill a database.
struct Filled {
    boards: Vec<BoardId>,
    accepted: (BoardId, Mutation),
    refused: (BoardId, Mutation),
}

/// Does something of everything.
async fn fill(database: &Database) -> Filled {
    let user = ["user", "add", "--name", "Ana “A” \\ \u{1f331}", "--email", "ana@example.com", "--role", "owner"];
    let (code, _, error) = run_command(command(&user).args(["--database", &database.url]));
    assert_eq!(code, Some(0), "{error}");
    let token = ["token", "create", "--user", "ana@example.com", "--scope", "read", "--expires", "1d"];
    assert_eq!(run_command(command(&token).args(["--database", &database.url])).0, Some(0));

    let settings = ["settings", "set", "server-name", "Acme “A” \\"];
    assert_eq!(run_command(command(&settings).args(["--database", &database.url])).0, Some(0));

    let node = Node::on(database).await;
    let ana: ActorId = node.store.directory().account_of("ana@example.com").unwrap().id;
    let mut boards = Vec::new();
    for _ in 0..3 {
        let board = node.create_board().await;
        // More than one block of rows.
        let writes = (0..300).map(|number| node.write(board.id, create(new_task(), &format!("Task {number}"))));
        for written in futures::future::join_all(writes).await {
            written.unwrap();
        }
        boards.push(board.id);
    }
    let (first, gone) = (boards[0], boards[2]);
    node.accepted(boards[1], Op::SetArchived(SetArchived::to(true))).await;
    node.accepted(gone, Op::DeleteBoard(DeleteBoard::default())).await;
    let name = UpdateBoard { name: Some("Garden “2026” \u{1f331}".to_owned()), ..UpdateBoard::default() };
    node.accepted(first, Op::UpdateBoard(name)).await;
    let key = UpdateBoard { key: Some("GARD".to_owned()), ..UpdateBoard::default() };
    node.accepted(first, Op::UpdateBoard(key)).await;
    let (hue, description) = (Some(Some(Hue::Teal)), Some("What grows “where”".to_owned()));
    node.accepted(first, Op::UpdateBoard(UpdateBoard { hue, description, ..UpdateBoard::default() })).await;
    node.accepted(first, Op::SetMember(SetMember { person: ana, role: Some(BoardRole::Editor) })).await;
    let by_ana = Credentials::new(Credential::Session { person: ana, hash: SecretHash::of("ana") });
    assert_eq!(node.store.set_star(&by_ana, first, true).await.unwrap(), StarSet::Done);
    let link = CreateShareLink { link: app::new_id(), secret_sha256: [7; 32].into() };
    node.accepted(first, Op::CreateShareLink(link)).await;
    let task = node.create_task(first, "Odd").await;
    let edit = UpdateTask::of(task).with(FieldEdit::Description(ODD.to_owned()));
    let accepted = (first, mutation(Op::UpdateTask(edit)));
    node.writer.write(first, accepted.1.clone(), Credentials::local()).await.unwrap();
    let (bug, merged) = (LabelId(app::new_id()), LabelId(app::new_id()));
    let create =
        CreateLabel { description: "“Broken” \u{1f41b}".to_owned(), ..CreateLabel::of(bug, "Bug", Hue::Red) };
    node.accepted(first, Op::CreateLabel(create)).await;
    node.accepted(first, Op::CreateLabel(CreateLabel::of(merged, "", Hue::Grey))).await;
    node.accepted(first, Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::AddLabels(vec![bug, merged])))).await;
    node.accepted(first, Op::MergeLabels(MergeLabels::of(merged, bug))).await;
    let (list, item) = (app::new_id::<ChecklistId>(), app::new_id::<ChecklistItemId>());
    let items = vec![NewChecklistItem::of(item, "“Tent” \u{26fa}")];
    node.accepted(first, Op::CreateChecklist(CreateChecklist { items, ..CreateChecklist::of(task, list, "Packing") }))
        .await;
    let ticked = UpdateChecklistItem { done: Some(true), ..UpdateChecklistItem::of(task, item) };
    node.accepted(first, Op::UpdateChecklistItem(ticked)).await;
    node.accepted(first, Op::CreateChecklist(CreateChecklist::of(task, app::new_id(), "Empty"))).await;
    let [comment, deleted] = [(); 2].map(|()| CommentId(app::new_id()));
    // A comment is edited by the person who wrote it.
    let by_ana = async |op| {
        let ana = Credentials::new(Credential::Person(ana));
        node.writer.write(first, mutation(op), ana).await.expect("the write is accepted")
    };
    for comment in [comment, deleted] {
        by_ana(Op::CreateComment(CreateComment { comment, task, text: ODD.to_owned() })).await;
    }
    let edit = UpdateComment { text: "“Edited” \u{1f331}".to_owned(), ..UpdateComment::of(comment) };
    by_ana(Op::UpdateComment(edit)).await;
    by_ana(Op::DeleteComment(DeleteComment::of(deleted))).await;
    let trashed = node.create_task(first, "Trash").await;
    node.accepted(first, delete(trashed)).await;
    let refused = (first, mutation(rename(new_task(), "There is no such task")));
    let refusal = node.writer.write(first, refused.1.clone(), Credentials::local()).await;
    assert!(matches!(refusal, Err(WriteError::Refused(_))));
    let time = app::time::Timestamp::from_millis(1);
    let (id, action) = (app::new_id(), r#"{"action":"complete"}"#.to_owned());
    let bulk =
        BulkEdit { id, person: None, action, undoes: None, created_at: time, worked_at: time, finished_at: None };
    // More than one block of rows of the table with the widest key.
    let steps: Vec<BulkStep> = (0..600).map(|position| BulkStep::of(position % 2, position, first, task)).collect();
    assert!(node.store.add_bulk_edit(&bulk, &steps).await.unwrap());
    // A membership that a group gives, and one that is due.
    let hub = Hub::new(node.store.clone());
    let accounts = Accounts::new(node.store.clone(), hub, None, String::new());
    let local = Credentials::local();
    let group = accounts.create_group(&local, "Crew “\u{1f331}”", "Two \\ words").await.unwrap().id;
    accounts.join_group(&local, &node.writer, group, &[ana]).await.unwrap();
    accounts.put_group(&local, &node.writer, group, first, BoardRole::Manager).await.unwrap();
    accounts.put_group(&local, &node.writer, group, boards[1], BoardRole::Editor).await.unwrap();
    node.accepted(boards[1], Op::DeleteBoard(DeleteBoard::default())).await;
    accounts.take_group(&local, &node.writer, group, boards[1]).await.unwrap();
    node.close().await;
    // The outermost numbers.
    run(database, "UPDATE upkeep SET believed_at = 9223372036854775807, forgotten_before = -9223372036854775808").await;
    Filled { boards, accepted, refused }
}

/// The log of a board as it is sent.
async fn log(node: &Node, board: BoardId) -> Vec<taskwire::store::LoggedChange> {
    match node.store.changes_after(board, 0, usize::MAX).await.unwrap() {
        Missing::Changes(changes) => changes,
        Missing::Trimmed => panic!("the log was trimmed"),
    }
}

async fn what_is_restored_is_what_was_there(source: Database) {
    let filled = fill(&source).await;
    let before = rows(&source).await;
    let file = take(&source, false).await;
    let node = Node::on(&source).await;
    for target in targets().await {
        restore(&file, &target).await.unwrap();
        assert!(!is_empty(&target).await);
        let restored = Node::on(&target).await;
        for board in &filled.boards {
            assert_eq!(*restored.board(*board).await, *node.board(*board).await);
            assert_eq!(log(&restored, *board).await, log(&node, *board).await);
            assert_eq!(restored.replayed(*board).await, *restored.board(*board).await);
        }
        expect_states_like_logs(&restored).await;
        let (old, new) = (node.store.directory(), restored.store.directory());
        let people = |directory: &taskwire::store::Directory| format!("{:?}", directory.people());
        assert_eq!(people(&new), people(&old));
        assert!(new.revision() > old.revision());
        assert_ne!(restored.store.instance().await.unwrap(), node.store.instance().await.unwrap());

        // A repeated mutation gets its first answer.
        run(&target, "UPDATE upkeep SET believed_at = NULL, forgotten_before = 0").await;
        let (board, mutation) = filled.accepted.clone();
        let again = restored.writer.write(board, mutation, Credentials::local()).await.unwrap();
        assert!(again.repeated);
        let (board, mutation) = filled.refused.clone();
        let again = restored.writer.write(board, mutation, Credentials::local()).await;
        assert!(matches!(again, Err(WriteError::Refused(_))));
        // The log continues.
        let board = filled.boards[0];
        let head = restored.board(board).await.seq();
        assert_eq!(restored.accepted(board, create(new_task(), "After the restore")).await.seq, head + 1);
        assert_eq!(restored.replayed(board).await, *restored.board(board).await);
        restored.close().await;
    }
    node.close().await;
    assert_eq!(rows(&source).await, before, "the database stays as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restored_from_sqlite_is_what_was_there() {
    what_is_restored_is_what_was_there(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restored_from_postgres_is_what_was_there() {
    what_is_restored_is_what_was_there(Database::postgres().await).await;
}

async fn with_secrets_every_row_is_restored(source: Database) {
    fill(&source).await;
    let mut before = rows(&source).await;
    before.remove("access_revision");
    assert!(before.iter().all(|(table, rows)| {
        let may_be_empty = ["sessions", "known_devices", "identities", "outbox"].contains(table);
        may_be_empty || !rows.is_empty()
    }));
    let file = take(&source, true).await;
    for target in targets().await {
        let contents = restore(&file, &target).await.unwrap();
        assert!(contents.header.secrets);
        let mut after = rows(&target).await;
        after.remove("access_revision");
        assert_eq!(after, before);
        // A backup of what was restored is the same, apart from its time.
        let again = crate::lines(&take(&target, true).await);
        assert_eq!(again.lines().count(), crate::lines(&file).lines().count());
        let rows = |text: &str| {
            let mut rows: Vec<String> =
                text.lines().skip(1).filter(|line| line.len() > 60).map(str::to_owned).collect();
            rows.pop();
            rows.sort();
            rows
        };
        assert_eq!(rows(&again), rows(&crate::lines(&file)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_secrets_every_row_of_sqlite_is_restored() {
    with_secrets_every_row_is_restored(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_secrets_every_row_of_postgres_is_restored() {
    with_secrets_every_row_is_restored(Database::postgres().await).await;
}

/// A database that was only just made.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_board_list_can_be_restored() {
    let source = Database::sqlite();
    source.open().await.close().await;
    let file = take(&source, false).await;
    for target in targets().await {
        let contents = restore(&file, &target).await.unwrap();
        assert_eq!(contents.rows_of("boards"), 0);
        let store = target.open().await;
        assert!(!store.has_boards().await.unwrap());
        store.close().await;
        let again = restore(&file, &target).await.unwrap_err();
        assert!(matches!(again, backup::BackupError::NotEmpty(_)), "{again}");
        backup::require_empty(&StoreSettings::new(&target.url)).await.unwrap_err();
    }
}

/// The log may have been trimmed, in which case it does not lead to the state from its beginning.
#[tokio::test(flavor = "multi_thread")]
async fn a_trimmed_log_is_restored_as_it_is() {
    let source = Database::sqlite();
    let node = Node::on(&source).await;
    let board = node.create_board().await.id;
    for number in 0..5 {
        node.create_task(board, &format!("Task {number}")).await;
    }
    let trimmed = node.store.trim_log(app::time::Timestamp::from_millis(i64::MAX)).await.unwrap();
    assert_eq!(trimmed, 5);
    let state = node.board(board).await;
    node.close().await;
    let file = take(&source, false).await;
    for target in targets().await {
        restore(&file, &target).await.unwrap();
        let restored = Node::on(&target).await;
        expect_states_like_logs(&restored).await;
        assert_eq!(restored.board(board).await, state);
        assert!(matches!(restored.store.changes_after(board, 0, 10).await.unwrap(), Missing::Trimmed));
        restored.close().await;
    }
}

/// The comparison of boards with their logs can fail.
#[tokio::test(flavor = "multi_thread")]
async fn a_board_that_is_not_as_its_log_says_is_found() {
    for breakage in [
        "UPDATE tasks SET title = 'Something else'",
        "DELETE FROM changes WHERE seq = 2",
        "DELETE FROM changes WHERE seq = 3",
        "UPDATE boards SET name = 'Something else'",
        "UPDATE labels SET name = 'Something else'",
        "UPDATE tasks SET labels = ''",
        "UPDATE checklists SET name = 'Something else'",
        "UPDATE checklist_items SET done = 1",
    ] {
        let database = Database::sqlite();
        let node = Node::on(&database).await;
        let board = node.create_board().await.id;
        node.create_task(board, "Tea").await;
        node.create_task(board, "Milk").await;
        let label = LabelId(app::new_id());
        node.accepted(board, Op::CreateLabel(CreateLabel::of(label, "Bug", Hue::Red))).await;
        let task = node.create_task(board, "Bread").await;
        node.accepted(board, Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::AddLabels(vec![label])))).await;
        let items = vec![NewChecklistItem::of(app::new_id(), "Rye")];
        let create = CreateChecklist { items, ..CreateChecklist::of(task, app::new_id(), "Kinds") };
        node.accepted(board, Op::CreateChecklist(create)).await;
        expect_states_like_logs(&node).await;
        node.clone().close().await;
        run(&database, breakage).await;
        let node = Node::on(&database).await;
        let found = node.store.boards_unlike_their_logs(&mut |_, _| {}).await.unwrap();
        assert_eq!(found.iter().map(|found| found.board).collect::<Vec<_>>(), [board], "{breakage}");
        node.close().await;
    }
}
