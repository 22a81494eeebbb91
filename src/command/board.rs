//! `taskwire board …`: boards.

use std::sync::Arc;

use app::{
    access::BoardRole,
    audit::Action,
    id::BoardId,
    key::BoardKey,
    model::BoardSummary,
    ops::{DeleteBoard, Op, RestoreBoard, SetArchived, SetMember},
    state::BoardState,
    time::Timestamp,
};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::{CommandContext, Common, error_message, table, write_out};
use crate::{accounts::first_visit::adopt_restored, http::admin::csv, store::BoardQuery};

/// How many boards are read at once.
const PAGE: usize = 500;

/// The columns of an exported board.
const EXPORTED: [&str; 11] =
    ["id", "ref", "title", "description", "column", "completed", "priority", "start", "due", "assignees", "labels"];

/// The commands about boards. A board is named by its id, or by its name if no other board has the same.
#[derive(Clone, Debug, Subcommand)]
pub enum BoardCommand {
    /// List the boards, newest first. Archived boards are left out unless they are asked for.
    List {
        /// Only boards with this text in their names.
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
        /// List the archived boards instead.
        #[arg(long)]
        archived: bool,
        /// List the deleted boards that can be restored, the last deleted first.
        #[arg(long, conflicts_with = "archived")]
        deleted: bool,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Show a board: who has access, and its columns.
    Show(Named),
    /// Print a board with everything on it, as JSON. The audit log has an event of it.
    Export {
        /// The board's id or name.
        board: String,
        /// Print the tasks that are not in the trash as CSV instead.
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        /// Which database.
        #[command(flatten)]
        common: Common,
    },
    /// Delete a board with everything on it. It can be restored for some time.
    Delete(Named),
    /// Restore a deleted board with everything on it.
    Restore(Named),
    /// Archive a board: it can be read and not edited, and lists of boards leave it out.
    Archive(Named),
    /// Bring an archived board back.
    Unarchive(Named),
    /// List the members of a board, or change who they are.
    Members(Members),
}

/// The arguments that name a board.
#[derive(Clone, Debug, Args)]
pub struct Named {
    /// The board's id or name.
    board: String,
    #[command(flatten)]
    common: Common,
}

/// See [`BoardCommand::Members`].
#[derive(Clone, Debug, Args)]
pub struct Members {
    /// The board's id or name.
    board: String,
    /// Make a person a member, or change their role: `viewer`, `editor` or `manager`. Repeatable.
    #[arg(long, value_name = "EMAIL=ROLE", value_parser = membership)]
    set: Vec<(String, BoardRole)>,
    /// Remove a person from the board. Repeatable.
    #[arg(long, value_name = "EMAIL")]
    remove: Vec<String>,
    #[command(flatten)]
    common: Common,
}

fn membership(text: &str) -> Result<(String, BoardRole), String> {
    text.rsplit_once('=')
        .and_then(|(email, role)| Some((email.to_owned(), BoardRole::parse(role)?)))
        .ok_or_else(|| "expected `EMAIL=ROLE`, where the role is viewer, editor or manager".to_owned())
}

/// A board in a list, as it is printed.
#[derive(Serialize)]
struct Line {
    id: BoardId,
    key: Option<BoardKey>,
    name: String,
    created_at: Timestamp,
    archived_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
}

/// A board as it is printed.
#[derive(Serialize)]
struct Shown {
    id: BoardId,
    key: Option<BoardKey>,
    name: String,
    seq: u64,
    created_at: Timestamp,
    archived_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
    everyone: Option<BoardRole>,
    members: usize,
    columns: Vec<ShownColumn>,
}

#[derive(Serialize)]
struct ShownColumn {
    name: String,
    tasks: usize,
}

/// A member as they are printed.
#[derive(Serialize)]
struct Member {
    email: String,
    name: String,
    role: BoardRole,
}

impl BoardCommand {
    /// Runs the command. The error says in words why it could not be done.
    pub async fn run(self) -> Result<(), String> {
        match self {
            Self::List { search, archived, deleted, common } => list(search, archived, deleted, &common).await,
            Self::Show(Named { board, common }) => {
                let context = CommandContext::open(&common).await?;
                let board = context.board(&board).await?;
                context.print_board(&board)
            }
            Self::Export { board, csv, common } => export(&board, csv, &common).await,
            Self::Delete(Named { board, common }) => {
                let context = CommandContext::open(&common).await?;
                let board = context.board(&board).await?;
                let board = context.write(board.id(), Op::DeleteBoard(DeleteBoard::default())).await?;
                context.print_board(&board)
            }
            Self::Restore(Named { board, common }) => {
                let context = CommandContext::open(&common).await?;
                let board = context.deleted_board(&board).await?;
                let board = context.write(board, Op::RestoreBoard(RestoreBoard {})).await?;
                let board = adopt_restored(&context.store, &context.writer(), board).await;
                context.print_board(&board)
            }
            Self::Archive(named) => set_archived(named, true).await,
            Self::Unarchive(named) => set_archived(named, false).await,
            Self::Members(members) => members.run().await,
        }
    }
}

async fn set_archived(Named { board, common }: Named, archived: bool) -> Result<(), String> {
    let context = CommandContext::open(&common).await?;
    let board = context.board(&board).await?;
    let board = context.write(board.id(), Op::SetArchived(SetArchived::to(archived))).await?;
    context.print_board(&board)
}

async fn list(search: String, archived: bool, deleted: bool, common: &Common) -> Result<(), String> {
    let context = CommandContext::open(common).await?;
    let boards = match deleted {
        true => context.deleted_boards(&search).await?,
        false => context.boards(&search, archived).await?,
    };
    context.print(&boards, || {
        let row = |line: &Line| {
            let state = match (line.deleted_at, line.archived_at) {
                (Some(at), _) => format!("deleted {}", &at.to_string()[..10]),
                (None, Some(at)) => format!("archived {}", &at.to_string()[..10]),
                (None, None) => String::new(),
            };
            let key = line.key.as_ref().map(BoardKey::to_string).unwrap_or_default();
            vec![line.id.to_string(), key, line.name.clone(), state]
        };
        table(&boards.iter().map(row).collect::<Vec<_>>())
    })
}

async fn export(board: &str, csv: bool, common: &Common) -> Result<(), String> {
    let context = CommandContext::open(common).await?;
    let board = context.board(board).await?;
    let details = json!({ "what": "board", "format": if csv { "csv" } else { "json" }, "board": board.id(), "name": board.name() });
    context.accounts.record(&context.operator, Action::Exported, details).await.map_err(error_message)?;
    if !csv {
        let snapshot = board.snapshot();
        return super::print(&snapshot, true, Vec::new);
    }
    let directory = context.store.directory();
    let email = |id| directory.account(id).map(|account| account.email.clone()).unwrap_or_default();
    let mut file = csv::line(EXPORTED.map(str::to_owned));
    for task in board.tasks().filter(|task| !task.is_deleted()) {
        file.extend(csv::line([
            task.id.to_string(),
            board.task_ref(task).map(|name| name.to_string()).unwrap_or_default(),
            task.title.clone(),
            task.description().unwrap_or_default().to_owned(),
            board.column(task.column).map(|column| column.name.clone()).unwrap_or_default(),
            board.is_completed(task).to_string(),
            task.priority.as_str().to_owned(),
            task.start.map(|day| day.to_string()).unwrap_or_default(),
            task.due.map(|day| day.to_string()).unwrap_or_default(),
            task.assignees.iter().map(|person| email(*person)).collect::<Vec<_>>().join(" "),
            board.task_labels(task).iter().map(|label| label.in_words()).collect::<Vec<_>>().join("; "),
        ]));
    }
    write_out(&file).map(|_| ())
}

impl Members {
    async fn run(self) -> Result<(), String> {
        let context = CommandContext::open(&self.common).await?;
        let mut board = context.board(&self.board).await?;
        let set = self.set.into_iter().map(|(email, role)| (email, Some(role)));
        let changes: Vec<_> = set.chain(self.remove.into_iter().map(|email| (email, None))).collect();
        // All are looked up first, so that a wrong address changes nothing.
        let found = changes.iter().map(|(email, role)| Ok((context.account(email)?.id, *role)));
        for (person, role) in found.collect::<Result<Vec<_>, String>>()? {
            board = context.write(board.id(), Op::SetMember(SetMember { person, role })).await?;
        }
        let directory = context.store.directory();
        let member = |(person, role): (&app::id::ActorId, &BoardRole)| {
            let account = directory.account(*person);
            Member {
                email: account.map(|account| account.email.clone()).unwrap_or_default(),
                name: account.map(|account| account.name.clone()).unwrap_or_default(),
                role: *role,
            }
        };
        let members: Vec<Member> = board.access().members.iter().map(member).collect();
        context.print(&members, || {
            let row =
                |member: &Member| vec![member.email.clone(), member.name.clone(), member.role.as_str().to_owned()];
            table(&members.iter().map(row).collect::<Vec<_>>())
        })
    }
}

impl CommandContext {
    /// A board that is not deleted, by its id or its name.
    pub(super) async fn board(&self, named: &str) -> Result<Arc<BoardState>, String> {
        let found = match named.parse() {
            Ok(id) => vec![id],
            Err(_) => self.store.boards_named(named).await.map_err(|error| error.to_string())?,
        };
        let id = only(&found, named)?;
        let board = self.store.board(id).await.map_err(|error| error.to_string())?;
        board.filter(|board| board.exists()).ok_or_else(|| no_such_board(named))
    }

    async fn deleted_board(&self, named: &str) -> Result<BoardId, String> {
        match named.parse() {
            Ok(id) => Ok(id),
            Err(_) => {
                let deleted = self.deleted_boards(named).await?;
                let found: Vec<_> = deleted.iter().filter(|line| line.name == named).map(|line| line.id).collect();
                only(&found, named)
            }
        }
    }

    async fn boards(&self, search: &str, archived: bool) -> Result<Vec<Line>, String> {
        let mut lines: Vec<Line> = Vec::new();
        let mut wanted = BoardQuery { text: search.to_owned(), archived: Some(archived), ..BoardQuery::newest(PAGE) };
        loop {
            let page = self.store.boards_page(&self.operator, &wanted).await.map_err(|error| error.to_string())?;
            lines.extend(page.rows.into_iter().map(|board| Line::of(board, None)));
            match page.next {
                Some(next) => wanted.after = Some(next),
                None => return Ok(lines),
            }
        }
    }

    async fn deleted_boards(&self, search: &str) -> Result<Vec<Line>, String> {
        let mut lines: Vec<Line> = Vec::new();
        let mut wanted = BoardQuery { text: search.to_owned(), ..BoardQuery::newest(PAGE) };
        loop {
            let (boards, more) =
                self.store.deleted_boards(&self.operator, &wanted).await.map_err(|error| error.to_string())?;
            wanted.after = boards.last().map(|deleted| deleted.age().into());
            lines.extend(boards.into_iter().map(|deleted| Line::of(deleted.board, Some(deleted.deleted_at))));
            if !more {
                return Ok(lines);
            }
        }
    }

    fn print_board(&self, board: &BoardState) -> Result<(), String> {
        let columns =
            board.columns().map(|column| ShownColumn { name: column.name.clone(), tasks: board.column_len(column.id) });
        let shown = Shown {
            id: board.id(),
            key: board.key().cloned(),
            name: board.name().to_owned(),
            seq: board.seq(),
            created_at: board.created_at(),
            archived_at: board.archived_at(),
            deleted_at: board.deleted_at(),
            everyone: board.access().everyone,
            members: board.access().members.len(),
            columns: columns.collect(),
        };
        self.print(&shown, || {
            let state = match (shown.deleted_at, shown.archived_at) {
                (Some(_), _) => ", deleted",
                (None, Some(_)) => ", archived",
                (None, None) => "",
            };
            let access = match shown.everyone {
                Some(role) => format!("everyone: {}, ", role.as_str()),
                None => String::new(),
            };
            let mut lines = vec![
                format!(
                    "{} {}{}{state}",
                    shown.id,
                    shown.key.as_ref().map(|key| format!("{key} ")).unwrap_or_default(),
                    shown.name
                ),
                format!("{access}{} {}", shown.members, if shown.members == 1 { "member" } else { "members" }),
            ];
            lines.extend(shown.columns.iter().map(|column| {
                let tasks = if column.tasks == 1 { "task" } else { "tasks" };
                format!("{}: {} {tasks}", column.name, column.tasks)
            }));
            lines
        })
    }
}

impl Line {
    fn of(board: BoardSummary, deleted_at: Option<Timestamp>) -> Self {
        let BoardSummary { id, key, name, created_at, archived_at, .. } = board;
        Self { id, key, name, created_at, archived_at, deleted_at }
    }
}

fn only(found: &[BoardId], named: &str) -> Result<BoardId, String> {
    match found {
        [] => Err(no_such_board(named)),
        [id] => Ok(*id),
        _ => Err(format!("several boards are called {named}; give the id, which `taskwire board list` shows")),
    }
}

fn no_such_board(named: &str) -> String {
    format!("there is no board {named}; `taskwire board list` shows the boards")
}
