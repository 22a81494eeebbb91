//! The sample board, with which an empty database starts: people learn Taskwire by using the board.

use std::error::Error;

use app::{
    access::BoardRole,
    fields::FieldEdit,
    id::{BoardId, ColumnId, TaskId},
    model::{ColumnKind, Priority},
    ops::{CreateBoard, CreateTask, Mutation, NewColumn, Op},
};

use crate::{
    accounts::first_visit::{adopt_boards, first_owner},
    credentials::Credentials,
    store::Store,
    writer::Writer,
};

struct SampleTask {
    column: usize,
    title: &'static str,
    priority: Priority,
    description: &'static str,
}

const TASKS: &[SampleTask] = &[
    SampleTask {
        column: 0,
        title: "Open this board in a second window",
        priority: Priority::High,
        description: "Put the two windows side by side, then change something in one of them: add a task, drag it, tick \
            it off. The other one follows at once. So does every other open page, on whichever machine.\n\nThe line at \
            the top always says whether the page is **live**.",
    },
    SampleTask {
        column: 0,
        title: "Add a task of your own",
        priority: Priority::Medium,
        description: "Type into the field at the end of a column and press `Enter`. The field stays where it is, so the \
            next task can follow right away.",
    },
    SampleTask {
        column: 0,
        title: "Move me to Doing",
        priority: Priority::None,
        description: "Drag me there, or use the keyboard:\n\n1. Go to the task with `Tab`.\n2. Pick it up with `Space`.\n3. \
            Move it with the arrow keys.\n4. Drop it with `Space`, or change your mind with `Esc`.",
    },
    SampleTask {
        column: 0,
        title: "Write a description in Markdown",
        priority: Priority::None,
        description: "Descriptions are [Markdown](https://commonmark.org/help/):\n\n- **bold**, *italic*, `code`\n- lists \
            such as this one\n- links\n\n> Somebody else may edit the same text at the same time. Then nobody's words are \
            lost: you see both, and choose.",
    },
    SampleTask {
        column: 0,
        title: "Delete this task, then bring it back",
        priority: Priority::Low,
        description: "Deleted tasks go to the board's trash. A message offers to undo it for a moment; the trash does so \
            for as long as you like.",
    },
    SampleTask {
        column: 1,
        title: "Try it without a connection",
        priority: Priority::Medium,
        description: "Switch the network off and go on working. The line at the top says how many edits are not saved \
            yet. They are sent, once each, when the network is back, together with what the others did meanwhile.",
    },
    SampleTask {
        column: 1,
        title: "Change a task from the command line",
        priority: Priority::None,
        description: "Whatever changes a board, every open page shows it. On a server with accounts, make a token under *Your \
            account* and put it in the place of `TOKEN`. Watch this task while you say:\n\n```\ncurl -s -H 'Authorization: Bearer TOKEN' \
            {server}/api/v1/tasks/{task} --request PATCH --json '{\"title\": \"Changed from the command line\"}'\n```\n\n\
            The whole REST interface is described at {server}/api/docs.",
    },
    SampleTask {
        column: 2,
        title: "Start Taskwire",
        priority: Priority::None,
        description: "Done. A task is completed when it is in a column for done tasks; take the tick away and it goes \
            back to where it came from.",
    },
];

/// Creates the sample board if there is no board at all. Its manager is the first owner, now or when there is one. `server` is the origin under
/// which clients reach this server.
pub async fn create_if_empty(store: &Store, writer: &Writer, server: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    if store.has_boards().await? {
        return Ok(());
    }
    let board = BoardId(app::new_id());
    let columns: Vec<NewColumn> =
        [("To do", ColumnKind::Open), ("Doing", ColumnKind::Active), ("Done", ColumnKind::Done)]
            .map(|(name, kind)| NewColumn { id: app::new_id(), name: name.to_owned(), kind })
            .into();
    let ids: Vec<ColumnId> = columns.iter().map(|column| column.id).collect();
    let create = Op::CreateBoard(CreateBoard {
        name: "Welcome to Taskwire".to_owned(),
        columns,
        everyone: Some(BoardRole::Editor),
    });
    writer.write(board, mutation(create), Credentials::local()).await?;
    for task in TASKS {
        let id: TaskId = app::new_id();
        let create = Op::CreateTask(
            CreateTask {
                description: task.description.replace("{server}", server).replace("{task}", &id.to_string()),
                column: ids.get(task.column).copied(),
                ..CreateTask::of(id, task.title)
            }
            .with(FieldEdit::Priority(task.priority)),
        );
        writer.write(board, mutation(create), Credentials::local()).await?;
    }
    if let Some(owner) = first_owner(&store.directory()) {
        adopt_boards(store, writer, owner).await?;
    }
    tracing::info!(%board, "the database was empty; created the sample board");
    Ok(())
}

fn mutation(op: Op) -> Mutation {
    Mutation { id: app::new_id(), op }
}
