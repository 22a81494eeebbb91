//! `taskwire task …`: tasks.

use std::sync::Arc;

use app::{
    fields::FieldEdit,
    id::{ColumnId, LabelId, TaskId},
    key::TaskRef,
    label::Label,
    model::{Place, Priority, Task},
    ops::{CreateTask, DeleteTask, Op, UpdateTask},
    state::BoardState,
    text::folded,
    time::Day,
};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{CommandContext, Common, table};
use crate::http::api::model;

/// How many labels of a board a message names.
const NAMED: usize = 20;

/// The commands about tasks. A board, a column, a label and a task are named by their ids, or by their names if these are unambiguous. A task
/// is also named by its key and number, such as `WEB-42`.
#[derive(Clone, Debug, Subcommand)]
pub enum TaskCommand {
    /// List the open tasks of a board.
    List {
        /// The board's id or name.
        board: String,
        /// Only the tasks of this column.
        #[arg(long)]
        column: Option<String>,
        /// Only the tasks with this label, by its name or id. Repeatable: then tasks with all of them.
        #[arg(long, value_name = "NAME")]
        label: Vec<String>,
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
    /// The task's id, or its name such as `WEB-42`; or its title, with `--board`.
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
    /// The name or id of a label that it gets. Repeatable.
    #[arg(long, value_name = "NAME")]
    label: Vec<String>,
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
            Self::List { board, column, label, all, common } => {
                list(&board, column.as_deref(), &label, all, &common).await
            }
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

/// A task as it is printed: as REST represents it, and the names of its labels.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    task: model::Task<'a>,
    label_names: Vec<String>,
}

impl<'a> Printed<'a> {
    fn of(board: &BoardState, task: &'a Task) -> Self {
        Self { task: model::Task::of(board, task), label_names: label_names(board, task) }
    }
}

fn label_names(board: &BoardState, task: &Task) -> Vec<String> {
    board.task_labels(task).iter().map(|label| label.in_words()).collect()
}

async fn list(board: &str, column: Option<&str>, labels: &[String], all: bool, common: &Common) -> Result<(), String> {
    let context = CommandContext::open(common).await?;
    let board = context.board(board).await?;
    let column = column.map(|column| find_column(&board, column)).transpose()?;
    let labels = labels.iter().map(|label| find_label(&board, label)).collect::<Result<Vec<_>, _>>()?;
    let columns = board.columns().filter(|of| column.is_none_or(|column| column == of.id));
    let tasks: Vec<&Arc<Task>> = columns
        .flat_map(|column| board.column_tasks(column.id))
        .filter(|task| all || column.is_some() || !board.is_completed(task))
        .filter(|task| labels.iter().all(|label| board.has_label(task, *label)))
        .collect();
    let printed: Vec<Printed<'_>> = tasks.iter().map(|task| Printed::of(&board, task)).collect();
    context.print(&printed, || {
        let rows: Vec<_> = tasks.iter().map(|task| row(&board, task)).collect();
        table(&rows)
    })
}

fn row(board: &BoardState, task: &Task) -> Vec<String> {
    let column = board.column(task.column).map(|column| column.name.clone()).unwrap_or_default();
    let due = task.due.map(|due| format!("due {due}")).unwrap_or_default();
    let name = board.task_ref(task).map(|name| name.to_string()).unwrap_or_default();
    vec![task.id.to_string(), name, column, task.title.clone(), due, label_names(board, task).join(", ")]
}

impl Add {
    async fn run(self) -> Result<(), String> {
        let context = CommandContext::open(&self.common).await?;
        let board = context.board(&self.board).await?;
        let people = self.assign.iter().map(|email| Ok(context.account(email)?.id)).collect::<Result<_, String>>()?;
        let labels = self.label.iter().map(|label| find_label(&board, label)).collect::<Result<_, _>>()?;
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
            .with(FieldEdit::Assign(people))
            .with(FieldEdit::AddLabels(labels));
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
        if let Some(name) = TaskRef::parse(&named.task)
            && let Some((board, id)) = self.store.find_task(&name, |_| true).await.map_err(|error| error.to_string())?
        {
            return if board.live_task(id).is_some() { Ok((board, id)) } else { Err(none()) };
        }
        let Some(board) = &named.board else {
            return Err(format!(
                "{} is neither the id nor the name of a task; to name a task by its title, name its --board too",
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
        self.print(&Printed::of(&board, task), || {
            let state = if task.is_deleted() { ", in the trash" } else { "" };
            let [id, name, column, title, due, labels] = <[String; 6]>::try_from(row(&board, task)).unwrap_or_default();
            let labels = if labels.is_empty() { labels } else { format!("[{labels}]") };
            let words: Vec<_> = [title, due, labels].into_iter().filter(|words| !words.is_empty()).collect();
            vec![format!("{id} {name} {column}: {}{state}", words.join(" "))]
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

/// The label with an id or a name, in any case. A label without a name is named as lists show it, such as `(red)`.
fn find_label(board: &BoardState, named: &str) -> Result<LabelId, String> {
    let labels: Vec<&Arc<Label>> = board.labels().collect();
    if let Some(label) = labels.iter().find(|label| label.id.to_string() == named) {
        return Ok(label.id);
    }
    let exactly: Vec<_> = labels.iter().filter(|label| label.in_words() == named).collect();
    let found = match exactly.is_empty() {
        true => labels.iter().filter(|label| folded(&label.in_words()) == folded(named)).collect(),
        false => exactly,
    };
    match found[..] {
        [label] => Ok(label.id),
        [] if labels.is_empty() => Err(format!("the board has no label {named}; it has no labels")),
        [] => {
            let names: Vec<String> = labels.iter().take(NAMED).map(|label| label.in_words()).collect();
            let more = if labels.len() > NAMED { ", and others" } else { "" };
            Err(format!("the board has no label {named}; it has {}{more}", names.join(", ")))
        }
        _ => {
            let colour = |label: &Label| Label { name: String::new(), ..label.clone() }.in_words();
            let ids: Vec<String> = found.iter().map(|label| format!("{} {}", label.id, colour(label))).collect();
            Err(format!("several labels are called {named}; give the id: {}", ids.join(", ")))
        }
    }
}
