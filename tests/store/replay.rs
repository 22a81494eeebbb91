//! Tests that the board in memory, the board in its rows and the board in its log are the same, whatever operations are
//! applied to it.

use app::{
    fields::FieldEdit,
    id::{BoardId, CommentId, LabelId, TaskId},
    label::{Hue, Pattern},
    model::{ColumnKind, Place, Priority},
    ops::{
        AddChecklistItems, CreateChecklist, CreateColumn, CreateComment, CreateLabel, CreateTask, DeleteChecklistItems,
        DeleteColumn, DeleteComment, DeleteLabel, DeleteTask, MergeLabels, NewChecklistItem, Op, RestoreComment,
        RestoreTask, UnmergeLabel, UpdateBoard, UpdateChecklist, UpdateChecklistItem, UpdateColumn, UpdateComment,
        UpdateLabel, UpdateTask,
    },
    state::BoardState,
    time::Day,
};
use proptest::{prelude::*, sample::Index, test_runner::TestRunner};
use sqlx::{AnyConnection, Connection};
use taskwire::{
    credentials::Credentials,
    store::{Inspection, StoreSettings},
};
use tokio::runtime::Runtime;

use crate::support::{
    database::Database,
    node::{NewBoard, Node, mutation, new_column, new_task},
};

/// A random step: the kind of operation, the indexes of its targets, and the index of its value.
type Step = (u8, Index, Index, u8);

#[test]
fn rows_log_and_memory_agree_on_sqlite() {
    let runtime = Runtime::new().expect("a runtime");
    check(&runtime, Database::sqlite(), 40);
}

#[test]
fn rows_log_and_memory_agree_on_postgres() {
    let runtime = Runtime::new().expect("a runtime");
    let database = runtime.block_on(Database::postgres());
    check(&runtime, database, 15);
}

fn check(runtime: &Runtime, database: Database, cases: u32) {
    let node = runtime.block_on(Node::on(&database));
    let steps = prop::collection::vec(any::<Step>(), 1..120);
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..Default::default() })
        .run(&steps, |steps| {
            runtime.block_on(run(&node, &database, &steps));
            Ok(())
        })
        .expect("they agree");
}

async fn run(node: &Node, database: &Database, steps: &[Step]) {
    let board = node.create_board().await;
    // A few steps at a time, so that some of them share a transaction.
    for steps in steps.chunks(7) {
        let state = node.board(board.id).await;
        let writes: Vec<_> = steps
            .iter()
            .map(|step| node.writer.write(board.id, mutation(op(&state, &board, step)), Credentials::local()))
            .collect();
        for write in writes {
            // A step may be accepted or refused.
            let _ = write.await;
        }
    }
    let in_memory = node.board(board.id).await;
    let in_rows = database.open().await.board(board.id).await.expect("it can be read").expect("the board");
    assert_eq!(in_memory, in_rows);
    for task in in_memory.tasks() {
        let page = node.store.comments(board.id, task.id, None, 100, None).await.expect("they can be read");
        assert_eq!(page.comments.len() as u32, task.comments, "the comments of {}", task.id);
    }
    assert_eq!(*in_memory, node.replayed(board.id).await);
    assert_eq!(node.numbers(board.id).await.len() as u64, in_memory.seq());
    checked(database, board.id).await;
    // The older half of the log is trimmed.
    let half = in_memory.seq() / 2 + 1;
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&database.url).await.expect("a connection");
    for trim in ["DELETE FROM changes WHERE board = $1 AND seq < $2", "UPDATE boards SET log_start = $2 WHERE id = $1"]
    {
        let trim = sqlx::query(trim).bind(board.id.to_string()).bind(half as i64);
        trim.execute(&mut connection).await.expect("it is trimmed");
    }
    connection.close().await.expect("it is closed");
    checked(database, board.id).await;
}

/// Whoever examines the database finds nothing.
async fn checked(database: &Database, board: BoardId) {
    let inspection = Inspection::open(&StoreSettings::new(&database.url)).await.expect("it can be read");
    let found = inspection.check_log(board).await.expect("it can be read").expect("the board");
    inspection.close().await;
    assert_eq!((found.log, found.rows, found.not_compared), (Vec::new(), Vec::new(), None));
}

fn op(state: &BoardState, board: &NewBoard, (kind, which, other, value): &Step) -> Op {
    let task = |index: &Index| pick(state.tasks().map(|task| task.id), index).unwrap_or_else(new_task);
    let column = |index: &Index| pick(state.columns().map(|column| column.id), index).unwrap_or(board.columns[0]);
    let text = || format!("Text {value}");
    let priority = Priority::ALL[usize::from(*value) % Priority::ALL.len()];
    let due = Day::parse(&format!("2026-11-{:02}", value % 28 + 1));
    let kind_of_column = ColumnKind::ALL[usize::from(*value) % ColumnKind::ALL.len()];
    let label = |index: &Index| pick(state.all_labels().map(|label| label.id), index);
    if kind % 7 == 6 {
        let first = state.tasks().find(|task| !task.is_deleted()).map(|task| task.id);
        return checklist_op(state, first.unwrap_or_else(new_task), (which, other), *value);
    }
    if kind % 7 == 5 {
        return comment_op(board.id, task(which), *value);
    }
    if kind % 5 == 4 {
        return label_op(label(which), label(other), task(other), *value);
    }
    match kind % 16 {
        0..=4 => {
            let create = CreateTask {
                description: if value % 2 == 0 { text() } else { String::new() },
                column: (value % 3 == 0).then(|| column(which)),
                place: place(*value, || task(other)),
                ..CreateTask::of(new_task(), text())
            };
            let due = due.filter(|_| value % 2 == 0);
            Op::CreateTask(create.with(FieldEdit::Priority(priority)).with(FieldEdit::Due(due)))
        }
        5 | 6 => Op::UpdateTask(UpdateTask {
            place: Some(place(*value, || task(other))),
            column: (value % 2 == 0).then(|| column(other)),
            ..UpdateTask::of(task(which))
        }),
        7 | 8 => {
            let title = (value % 3 > 0).then(|| FieldEdit::Title(text()));
            let description = (value % 3 < 2).then(|| FieldEdit::Description(text()));
            Op::UpdateTask(UpdateTask {
                base: (value % 2 == 0).then(|| state.seq()),
                fields: title.into_iter().chain(description).collect(),
                ..UpdateTask::of(task(which))
            })
        }
        9 => Op::UpdateTask(UpdateTask { completed: Some(value.is_multiple_of(2)), ..UpdateTask::of(task(which)) }),
        10 => Op::UpdateTask(
            UpdateTask::of(task(which))
                .with(FieldEdit::Priority(priority))
                .with(FieldEdit::Due(due.filter(|_| value % 2 == 0))),
        ),
        11 => Op::DeleteTask(DeleteTask::of(task(which))),
        12 => Op::RestoreTask(RestoreTask::of(task(which))),
        13 => Op::CreateColumn(CreateColumn {
            column: new_column(),
            name: text(),
            kind: kind_of_column,
            place: place(*value, || column(other)),
        }),
        14 if value % 2 == 0 => Op::DeleteColumn(DeleteColumn::of(column(which))),
        14 => Op::UpdateColumn(UpdateColumn {
            name: (value % 3 == 0).then(text),
            kind: (value % 5 == 0).then_some(kind_of_column),
            place: Some(place(*value, || column(other))),
            ..UpdateColumn::of(column(which))
        }),
        _ => Op::UpdateBoard(UpdateBoard {
            name: (value % 2 == 0).then(text),
            key: (value % 3 == 0).then(|| format!("K{}", char::from(b'A' + value % 26))),
            hue: (value % 5 == 0).then(|| (value % 2 == 0).then_some(Hue::Teal)),
            description: (value % 7 == 0).then(text),
            ..UpdateBoard::default()
        }),
    }
}

/// An operation on one of a few comments of a board.
fn comment_op(board: BoardId, task: TaskId, value: u8) -> Op {
    let comment = CommentId(uuid::Uuid::new_v5(&board.0, &[value % 5]));
    let text = format!("Comment {value}");
    match value / 5 % 5 {
        0 | 1 => Op::CreateComment(CreateComment { comment, task, text }),
        2 => Op::UpdateComment(UpdateComment { text, ..UpdateComment::of(comment) }),
        3 => Op::DeleteComment(DeleteComment::of(comment)),
        _ => Op::RestoreComment(RestoreComment::of(comment)),
    }
}

/// An operation on labels, or on the labels of a task.
fn label_op(one: Option<LabelId>, other: Option<LabelId>, task: TaskId, value: u8) -> Op {
    let (Some(one), Some(other)) = (one, other) else {
        return Op::CreateLabel(CreateLabel {
            description: format!("What {value} is for"),
            pattern: Pattern::ALL[usize::from(value) % Pattern::ALL.len()],
            ..CreateLabel::of(app::new_id(), format!("Label {value}"), Hue::ALL[usize::from(value) % Hue::ALL.len()])
        });
    };
    match value % 9 {
        0 | 1 => label_op(None, None, task, value),
        2 => Op::DeleteLabel(DeleteLabel::of(one)),
        3 => Op::MergeLabels(MergeLabels::of(one, other)),
        4 => Op::UnmergeLabel(UnmergeLabel::of(one)),
        5 => Op::UpdateLabel(UpdateLabel { place: Some(place(value / 9, || other)), ..UpdateLabel::of(one) }),
        6 => Op::UpdateLabel(UpdateLabel { name: Some(format!("Label {value}")), ..UpdateLabel::of(one) }),
        7 => Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::RemoveLabels(vec![one]))),
        _ => Op::UpdateTask(UpdateTask::of(task).with(FieldEdit::AddLabels(vec![one, other]))),
    }
}

/// An operation on the checklists of a task.
fn checklist_op(state: &BoardState, task: TaskId, (which, other): (&Index, &Index), value: u8) -> Op {
    let lists = state.task(task).and_then(|task| task.checklists()).cloned().unwrap_or_default();
    let items = (0..value % 4).map(|number| NewChecklistItem::of(app::new_id(), format!("Item {value} {number}")));
    let items: Vec<NewChecklistItem> = items.collect();
    let list = pick(lists.all_lists().map(|list| list.id), which);
    let item = pick(lists.all_items().map(|item| item.id), other);
    let update = |item| UpdateChecklistItem::of(task, item);
    match (value % 9, list, item) {
        (1, Some(list), _) => Op::UpdateChecklist(UpdateChecklist {
            deleted: Some(value.is_multiple_of(2)),
            ..UpdateChecklist::of(task, list)
        }),
        (2 | 3, Some(list), _) => {
            Op::AddChecklistItems(AddChecklistItems { items, ..AddChecklistItems::of(task, list) })
        }
        (4, _, Some(item)) => {
            Op::UpdateChecklistItem(UpdateChecklistItem { done: Some(value.is_multiple_of(2)), ..update(item) })
        }
        (5, _, Some(item)) => {
            Op::UpdateChecklistItem(UpdateChecklistItem { text: Some(format!("Text {value}")), ..update(item) })
        }
        (6, Some(list), Some(item)) => {
            let place = Some(place(value / 9, || item));
            Op::UpdateChecklistItem(UpdateChecklistItem { checklist: Some(list), place, ..update(item) })
        }
        (7, _, Some(item)) => {
            Op::DeleteChecklistItems(DeleteChecklistItems { items: vec![item], ..DeleteChecklistItems::of(task) })
        }
        _ => Op::CreateChecklist(CreateChecklist {
            items,
            ..CreateChecklist::of(task, app::new_id(), format!("List {value}"))
        }),
    }
}

fn place<Id>(value: u8, other: impl FnOnce() -> Id) -> Place<Id> {
    match value % 4 {
        0 => Place::First,
        1 => Place::Last,
        2 => Place::Before(other()),
        _ => Place::After(other()),
    }
}

fn pick<Id>(ids: impl Iterator<Item = Id>, index: &Index) -> Option<Id> {
    let mut ids: Vec<Id> = ids.collect();
    (!ids.is_empty()).then(|| ids.swap_remove(index.index(ids.len())))
}
