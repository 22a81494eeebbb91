//! `taskwire task …`: tasks.

use std::sync::Arc;

use app::{
    fields::FieldEdit,
    id::{ColumnId, TaskId},
    model::{Place, Priority, Task},
    ops::{CreateTask, DeleteTask, Op, UpdateTask},
    state::BoardState,
    time::Day,
};
use clap::{Args, Subcommand};

use super::{CommandContext, Common, table};
use crate::http::api::model;

/// The commands about tasks. A board, a column and a task are named by their ids, or by their names if these are unambiguous.
#[derive(Clone, Debug, Subcommand)]
pub enum TaskCommand {
    /// List the open tasks of a board.
    List {
        /// The board's id or name.
        board: String,
        /// Only the tasks of this column.
        #[arg(long)]
        column: Option<String>,
        /// Also list completed tasks.
        #[arg(long)]
        all: bool,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Add a task to a board.
    Add(Box<Add>),
    /// Move a task to another column of its board, or within its column.
    Move {
        /// Which task.
        #[command(flatten)]
        task: Named,
        /// The column's id or name.
        #[arg(long)]
        column: Option<String>,
        /// Move it to the top instead of the end.
        #[arg(long)]
        first: bool,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Complete a task: move it to the first column for done tasks.
    Complete {
        /// Which task.
        #[command(flatten)]
        task: Named,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Put a task into the trash of its board.
    Delete {
        /// Which task.
        #[command(flatten)]
        task: Named,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
}

/// The arguments that name a task.
#[derive(Clone, Debug, Args)]
pub struct Named {
    /// The task's id; or its title, with `--board`.
    task: String,
    /// The board of the task, by its id or name. Needed if the task is named by its title.
    #[arg(long)]
    board: Option<String>,
}

/// See [`TaskCommand::Add`].
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// The board's id or name.
    board: String,
    /// The title.
    title: String,
    /// The description, in Markdown.
    #[arg(long, default_value = "")]
    description: String,
    /// The column's id or name; the first column, if absent.
    #[arg(long)]
    column: Option<String>,
    /// Put it at the top of the column instead of the end.
    #[arg(long)]
    first: bool,
    /// `low`, `medium`, `high` or `urgent`.
    #[arg(long, default_value = "none", value_parser = priority)]
    priority: Priority,
    /// The day on which work on it begins, such as `2026-11-30`.
    #[arg(long, value_name = "DAY", value_parser = day)]
    start: Option<Day>,
    /// The day on which it is due, such as `2026-12-24`.
    #[arg(long, value_name = "DAY", value_parser = day)]
    due: Option<Day>,
    /// The e-mail address of a person to whom it is assigned. Repeatable.
    #[arg(long, value_name = "EMAIL")]
    assign: Vec<String>,
    #[command(flatten)]
    common: Common,
}

fn priority(name: &str) -> Result<Priority, String> {
    Priority::parse(name).ok_or_else(|| "expected low, medium, high, urgent or none".to_owned())
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "expected a day such as 2026-12-24".to_owned())
}

impl TaskCommand {
    /// Runs the command. The error says in words why it could not be done.
    pub async fn run(self) -> Result<(), String> {
        match self {
            Self::List { board, column, all, common } => list(&board, column.as_deref(), all, &common).await,
            Self::Add(add) => add.run().await,
            Self::Move { task, column, first, common } => {
                let context = CommandContext::open(&common).await?;
                let (board, id) = context.task(&task).await?;
                let column = column.map(|column| find_column(&board, &column)).transpose()?;
                let place = if first { Place::First } else { Place::Last };
                context
                    .change(&board, Op::UpdateTask(UpdateTask { column, place: Some(place), ..UpdateTask::of(id) }), id)
                    .await
            }
            Self::Complete { task, common } => {
                let context = CommandContext::open(&common).await?;
                let (board, id) = context.task(&task).await?;
                let complete = UpdateTask { completed: Some(true), ..UpdateTask::of(id) };
                context.change(&board, Op::UpdateTask(complete), id).await
            }
            Self::Delete { task, common } => {
                let context = CommandContext::open(&common).await?;
                let (board, id) = context.task(&task).await?;
                context.change(&board, Op::DeleteTask(DeleteTask::of(id)), id).await
            }
        }
    }
}

async fn list(board: &str, column: Option<&str>, all: bool, common: &Common) -> Result<(), String> {
    let context = CommandContext::open(common).await?;
    let board = context.board(board).await?;
    let column = column.map(|column| find_column(&board, column)).transpose()?;
    let columns = board.columns().filter(|of| column.is_none_or(|column| column == of.id));
    let tasks: Vec<&Arc<Task>> = columns
        .flat_map(|column| board.column_tasks(column.id))
        .filter(|task| all || column.is_some() || !board.is_completed(task))
        .collect();
    let printed: Vec<model::Task<'_>> = tasks.iter().map(|task| model::Task::of(&board, task)).collect();
    context.print(&printed, || {
        let rows: Vec<_> = tasks.iter().map(|task| row(&board, task)).collect();
        table(&rows)
    })
}

fn row(board: &BoardState, task: &Task) -> Vec<String> {
    let column = board.column(task.column).map(|column| column.name.clone()).unwrap_or_default();
    let due = task.due.map(|due| format!("due {due}")).unwrap_or_default();
    vec![task.id.to_string(), column, task.title.clone(), due]
}

impl Add {
    async fn run(self) -> Result<(), String> {
        let context = CommandContext::open(&self.common).await?;
        let board = context.board(&self.board).await?;
        let people = self.assign.iter().map(|email| Ok(context.account(email)?.id)).collect::<Result<_, String>>()?;
        let id: TaskId = app::new_id();
        let create = CreateTask {
            description: self.description,
            column: self.column.map(|column| find_column(&board, &column)).transpose()?,
            place: if self.first { Place::First } else { Place::Last },
            ..CreateTask::of(id, self.title)
        };
        let create = create
            .with(FieldEdit::Priority(self.priority))
            .with(FieldEdit::Start(self.start))
            .with(FieldEdit::Due(self.due))
            .with(FieldEdit::Assign(people));
        context.change(&board, Op::CreateTask(create), id).await
    }
}

impl CommandContext {
    /// A task that is not in the trash, with its board.
    async fn task(&self, named: &Named) -> Result<(Arc<BoardState>, TaskId), String> {
        let none = || format!("there is no task {}; `taskwire task list` shows the tasks of a board", named.task);
        if let Ok(id) = named.task.parse::<TaskId>() {
            let board = self.store.board_of(id).await.map_err(|error| error.to_string())?.ok_or_else(none)?;
            let board = self.board(&board.to_string()).await?;
            return if board.live_task(id).is_some() { Ok((board, id)) } else { Err(none()) };
        }
        let Some(board) = &named.board else {
            return Err(format!(
                "{} is not the id of a task; to name a task by its title, name its --board too",
                named.task
            ));
        };
        let board = self.board(board).await?;
        let mut found = board.tasks().filter(|task| !task.is_deleted() && task.title == named.task).map(|task| task.id);
        match (found.next(), found.next()) {
            (None, _) => Err(none()),
            (Some(id), None) => {
                drop(found);
                Ok((board, id))
            }
            _ => Err(format!("several tasks are called {}; give the id, which `taskwire task list` shows", named.task)),
        }
    }

    /// Writes an operation on a task, and prints the task.
    async fn change(&self, board: &BoardState, op: Op, id: TaskId) -> Result<(), String> {
        let board = self.write(board.id(), op).await?;
        let task = board.task(id).ok_or("the task is gone")?;
        self.print(&model::Task::of(&board, task), || {
            let state = if task.is_deleted() { ", in the trash" } else { "" };
            let [id, column, title, due] = <[String; 4]>::try_from(row(&board, task)).unwrap_or_default();
            vec![format!("{id} {column}: {title} {due}").trim_end().to_owned() + state]
        })
    }
}

fn find_column(board: &BoardState, named: &str) -> Result<ColumnId, String> {
    let is_named = |id: ColumnId, name: &str| name == named || id.to_string() == named;
    let mut found = board.columns().filter(|column| is_named(column.id, &column.name)).map(|column| column.id);
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => Err(format!("several columns are called {named}; give the id")),
        (None, _) => {
            let names: Vec<&str> = board.columns().map(|column| column.name.as_str()).collect();
            Err(format!("the board has no column {named}; it has {}", names.join(", ")))
        }
    }
}
