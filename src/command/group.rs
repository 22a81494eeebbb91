//! `taskwire group …`: groups of people that are put on boards.

use app::{access::BoardRole, id::BoardId, time::Timestamp};
use clap::{Args, Subcommand};
use serde::Serialize;
use uuid::Uuid;

use super::{CommandContext, Common, error_message, table};
use crate::{
    accounts::{groups::MembershipsSet, text_edit::TextEdit},
    store::{
        Group,
        tables::{Direction, GroupFilter, GroupOrder, Slice},
    },
};

/// How many groups are read at once.
const PAGE: usize = 500;

/// The commands about groups. A group is named by its id or its name; a board by its id, or by its name if no other board has the same.
#[derive(Clone, Debug, Subcommand)]
pub enum GroupCommand {
    /// List the groups by name.
    List {
        /// Only groups with this text in their names or descriptions.
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Show a group: the people in it, and its boards.
    Show(Named),
    /// Make a group.
    Add {
        /// The group's name.
        name: String,
        /// What the group is for.
        #[arg(long, value_name = "TEXT", default_value = "")]
        description: String,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Rename a group, or change its description.
    Change {
        /// The group's id or name.
        group: String,
        /// The new name.
        #[arg(long)]
        name: Option<String>,
        /// The new description.
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Delete a group. Its people lose the roles on boards that they had from it alone.
    Delete(Named),
    /// Add people to a group.
    Join {
        /// The group's id or name.
        group: String,
        /// The e-mail addresses of the people.
        #[arg(value_name = "EMAIL", required = true)]
        people: Vec<String>,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Remove a person from a group.
    Leave {
        /// The group's id or name.
        group: String,
        /// The e-mail address of the person.
        #[arg(value_name = "EMAIL")]
        person: String,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Put a group on a board, or change its role there.
    Put {
        /// The group's id or name.
        group: String,
        /// The board's id or name.
        board: String,
        /// The role of the group's people: `viewer`, `editor` or `manager`.
        #[arg(value_parser = role)]
        role: BoardRole,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
    /// Take a group off a board.
    Take {
        /// The group's id or name.
        group: String,
        /// The board's id or name.
        board: String,
        /// Which database, and how to print.
        #[command(flatten)]
        common: Common,
    },
}

/// The arguments that name a group.
#[derive(Clone, Debug, Args)]
pub struct Named {
    /// The group's id or name.
    group: String,
    #[command(flatten)]
    common: Common,
}

fn role(text: &str) -> Result<BoardRole, String> {
    BoardRole::parse(text).ok_or_else(|| "expected viewer, editor or manager".to_owned())
}

/// A group in a list, as it is printed.
#[derive(Serialize)]
struct Line {
    id: Uuid,
    name: String,
    description: String,
    people: u64,
    boards: u64,
    created_at: Timestamp,
}

impl From<Group> for Line {
    fn from(group: Group) -> Self {
        let Group { id, name, description, created_at, people, boards } = group;
        Self { id, name, description, people, boards, created_at }
    }
}

/// A group as it is printed.
#[derive(Serialize)]
struct Shown {
    id: Uuid,
    name: String,
    description: String,
    created_at: Timestamp,
    people: Vec<ShownPerson>,
    boards: Vec<ShownBoard>,
}

#[derive(Serialize)]
struct ShownPerson {
    email: String,
    name: String,
}

#[derive(Serialize)]
struct ShownBoard {
    id: BoardId,
    name: String,
    role: BoardRole,
}

impl GroupCommand {
    /// Runs the command. The error says in words why it could not be done.
    pub async fn run(self) -> Result<(), String> {
        match self {
            Self::List { search, common } => list(search, &common).await,
            Self::Show(Named { group, common }) => {
                let context = CommandContext::open(&common).await?;
                let id = context.group(&group).await?;
                context.print_group(id).await
            }
            Self::Add { name, description, common } => {
                let context = CommandContext::open(&common).await?;
                let group = context.accounts.create_group(&context.operator, &name, &description).await;
                let line = Line::from(group.map_err(error_message)?);
                context.print(&line, || vec![format!("made the group {} ({})", line.name, line.id)])
            }
            Self::Change { group, name, description, common } => {
                let context = CommandContext::open(&common).await?;
                let id = context.group(&group).await?;
                let (name, description) =
                    (name.as_deref().map(TextEdit::from), description.as_deref().map(TextEdit::from));
                let done = context.accounts.update_group(&context.operator, id, name, description).await;
                done.map_err(error_message)?;
                context.print_group(id).await
            }
            Self::Delete(Named { group, common }) => {
                let context = CommandContext::open(&common).await?;
                let id = context.group(&group).await?;
                let done = context.accounts.delete_group(&context.operator, &context.writer(), id).await;
                context.print_set(&done.map_err(error_message)?, format!("deleted {group}"))
            }
            Self::Join { group, people, common } => {
                let context = CommandContext::open(&common).await?;
                let id = context.group(&group).await?;
                // All are looked up first, so that a wrong address changes nothing.
                let found = people.iter().map(|email| Ok(context.account(email)?.id));
                let found = found.collect::<Result<Vec<_>, String>>()?;
                let done = context.accounts.join_group(&context.operator, &context.writer(), id, &found).await;
                context.print_set(&done.map_err(error_message)?, format!("{} joined {group}", people.join(", ")))
            }
            Self::Leave { group, person, common } => {
                let context = CommandContext::open(&common).await?;
                let id = context.group(&group).await?;
                let account = context.account(&person)?.id;
                let done = context.accounts.leave_group(&context.operator, &context.writer(), id, account).await;
                context.print_set(&done.map_err(error_message)?, format!("{person} left {group}"))
            }
            Self::Put { group, board, role, common } => {
                let context = CommandContext::open(&common).await?;
                let id = context.group(&group).await?;
                let on = context.board(&board).await?.id();
                let done = context.accounts.put_group(&context.operator, &context.writer(), id, on, role).await;
                let words = format!("put {group} on {board} as {}", role.as_str());
                context.print_set(&done.map_err(error_message)?, words)
            }
            Self::Take { group, board, common } => {
                let context = CommandContext::open(&common).await?;
                let id = context.group(&group).await?;
                let on = context.board(&board).await?.id();
                let done = context.accounts.take_group(&context.operator, &context.writer(), id, on).await;
                context.print_set(&done.map_err(error_message)?, format!("took {group} off {board}"))
            }
        }
    }
}

async fn list(search: String, common: &Common) -> Result<(), String> {
    let context = CommandContext::open(common).await?;
    let filter = GroupFilter { text: search, ..GroupFilter::default() };
    let mut lines: Vec<Line> = Vec::new();
    let mut after = None;
    loop {
        let slice = Slice { order: GroupOrder::Name, direction: Direction::Ascending, after, limit: PAGE };
        let rows = context.store.groups_table(&filter, slice).await.map_err(|error| error.to_string())?;
        lines.extend(rows.rows.into_iter().map(Line::from));
        after = rows.next;
        if after.is_none() {
            break;
        }
    }
    context.print(&lines, || {
        let row = |line: &Line| {
            let count = |count: u64, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
            vec![
                line.id.to_string(),
                line.name.clone(),
                count(line.people, "person", "people"),
                count(line.boards, "board", "boards"),
            ]
        };
        table(&lines.iter().map(row).collect::<Vec<_>>())
    })
}

impl CommandContext {
    /// The id of a group, by its id or its name.
    async fn group(&self, named: &str) -> Result<Uuid, String> {
        let found = match named.parse() {
            Ok(id) => self.store.group(id).await,
            Err(_) => self.store.group_named(named).await,
        };
        let group = found.map_err(|error| error.to_string())?;
        let missing = || format!("there is no group {named}; `taskwire group list` shows the groups");
        group.map(|group| group.id).ok_or_else(missing)
    }

    async fn print_group(&self, id: Uuid) -> Result<(), String> {
        let (group, people, boards) = self.accounts.group_contents(&self.operator, id).await.map_err(error_message)?;
        let directory = self.store.directory();
        let person = |id| {
            let account = directory.account(id)?;
            Some(ShownPerson { email: account.email.clone(), name: account.name.clone() })
        };
        let Group { id, name, description, created_at, .. } = group;
        let shown = Shown {
            id,
            name,
            description,
            created_at,
            people: people.into_iter().filter_map(person).collect(),
            boards: boards
                .into_iter()
                .map(|board| ShownBoard { id: board.board, name: board.name, role: board.role })
                .collect(),
        };
        self.print(&shown, || {
            let mut lines = vec![format!("{} {}", shown.id, shown.name)];
            lines.extend((!shown.description.is_empty()).then(|| shown.description.clone()));
            lines.extend(shown.people.iter().map(|person| format!("person: {} <{}>", person.name, person.email)));
            lines.extend(shown.boards.iter().map(|board| format!("board: {}, {}", board.name, board.role.as_str())));
            lines
        })
    }

    /// Prints what a change of a group did. That somebody may still have a board is a failure of the command.
    fn print_set(&self, set: &MembershipsSet, words: String) -> Result<(), String> {
        let changed = set.changed();
        self.print(set, || {
            let memberships = if changed == 1 { "membership" } else { "memberships" };
            vec![format!("{words}; {changed} {memberships} of boards changed")]
        })?;
        let failures = set.failures();
        match (failures.is_empty(), set.is_complete()) {
            (false, _) => Err(format!("not possible: {}", failures.join("; "))),
            (true, false) => Err("not every membership could be set yet; a running server does the rest".to_owned()),
            (true, true) => Ok(()),
        }
    }
}
