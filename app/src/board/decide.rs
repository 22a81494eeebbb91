//! What a mutation does to a board, or why it is refused.

use std::collections::BTreeSet;

use super::{order::Placement, state::BoardState};
use crate::{
    access::BoardRole,
    change::ChangeKind,
    id::{ActorId, ColumnId, TaskId},
    model::{Column, ColumnKind, Seq, Task},
    mutation::{
        CreateBoard, CreateColumn, CreateTask, NewColumn, Op, Place, Refusal, SetMember, TextField, Thing,
        UpdateColumn, UpdateTask,
    },
    rank::Rank,
};

/// The longest title of a task, in characters.
pub const MAX_TITLE_CHARS: usize = 500;
/// The longest name of a board or column, in characters.
pub const MAX_NAME_CHARS: usize = 100;
/// The longest description, in bytes of UTF-8: written as JSON it still fits into one message of the socket.
pub const MAX_DESCRIPTION_BYTES: usize = 30_000;
/// How many columns a board holds.
pub const MAX_COLUMNS: usize = 50;
/// How many members a board has at most.
pub const MAX_MEMBERS: usize = 1_000;
/// How many people a task may be assigned to.
pub const MAX_ASSIGNEES: usize = 20;

/// Says what `op` does to the board: one change, or a refusal. Text comes back trimmed.
///
/// A board that does not exist yet is [`BoardState::empty`].
pub fn decide(state: &BoardState, op: &Op) -> Result<ChangeKind, Refusal> {
    if let Op::CreateBoard(create) = op {
        return create_board(state, create);
    }
    if !state.exists() {
        return Err(Refusal::not_found(Thing::Board));
    }
    match op {
        Op::CreateBoard(create) => create_board(state, create),
        Op::UpdateBoard(update) => {
            require_unchanged(state.seq(), update.base)?;
            if update.name.is_some() {
                require_untouched(state.name_seq(), update.guard)?;
            }
            let name = update.name.as_deref().map(|text| name("name", text)).transpose()?;
            check_everyone(update.everyone.flatten())?;
            Ok(ChangeKind::BoardUpdated { name, everyone: update.everyone })
        }
        Op::DeleteBoard(delete) => {
            require_unchanged(state.seq(), delete.base)?;
            Ok(ChangeKind::BoardDeleted {})
        }
        Op::SetMember(set) => set_member(state, set),
        Op::CreateShareLink(create) => Ok(ChangeKind::ShareLinkCreated { link: create.link }),
        // Links are no part of the state: whether there is such a one is for whoever keeps them to say.
        Op::RevokeShareLink(revoke) => Ok(ChangeKind::ShareLinkRevoked { link: revoke.link }),
        Op::CreateColumn(create) => create_column(state, create),
        Op::UpdateColumn(update) => update_column(state, update),
        Op::DeleteColumn(delete) => {
            require_untouched(require_column(state, delete.column)?.seq, delete.guard)?;
            if state.lane_len(delete.column) > 0 {
                return Err(Refusal::NotEmpty);
            }
            if state.columns().count() == 1 {
                return Err(Refusal::invalid("column", "is the only one; a board needs at least one column"));
            }
            Ok(ChangeKind::ColumnDeleted { column: delete.column })
        }
        Op::CreateTask(create) => create_task(state, create),
        Op::UpdateTask(update) => update_task(state, update),
        Op::DeleteTask(delete) => {
            let task = require_task(state, delete.task)?;
            require_unchanged(task.seq, delete.base)?;
            Ok(ChangeKind::TaskDeleted { task: task.id, purged: state.room().purged_by(task) })
        }
        Op::RestoreTask(restore) => {
            let task = state.task(restore.task).ok_or(Refusal::not_found(Thing::Task))?;
            require_untouched(task.place_seq, restore.guard)?;
            if !task.is_deleted() {
                // Somebody was quicker; what was asked for is so.
                return Ok(unchanged(task));
            }
            state.room().require_task([&task.title, &task.description], task.assignees.len())?;
            let wanted = restore.column.into_iter().chain([task.column]).find_map(|id| state.column(id));
            let column = match wanted {
                Some(column) => column.id,
                None => first_column(state, |_| true)?,
            };
            let Placement { rank, ranks } = state.place_task(column, restore.place.unwrap_or_default(), task.id);
            Ok(ChangeKind::TaskRestored { task: task.id, column, rank, ranks })
        }
    }
}

fn create_board(state: &BoardState, create: &CreateBoard) -> Result<ChangeKind, Refusal> {
    if state.seq() > 0 {
        return Err(Refusal::Exists { what: Thing::Board });
    }
    if create.columns.is_empty() {
        return Err(Refusal::invalid("columns", "a board needs at least one column"));
    }
    if create.columns.len() > MAX_COLUMNS {
        return Err(Refusal::Full { what: Thing::Column, limit: MAX_COLUMNS as u32 });
    }
    let mut columns: Vec<Column> = Vec::with_capacity(create.columns.len());
    for (NewColumn { id, name: text, kind }, rank) in create.columns.iter().zip(Rank::spread(create.columns.len())) {
        if columns.iter().any(|column| column.id == *id) {
            return Err(Refusal::invalid("columns", "two columns have the same id"));
        }
        columns.push(Column { id: *id, name: name("columns.name", text)?, kind: *kind, rank, seq: 0 });
    }
    check_everyone(create.everyone)?;
    Ok(ChangeKind::BoardCreated { name: name("name", &create.name)?, columns, everyone: create.everyone })
}

fn check_everyone(role: Option<BoardRole>) -> Result<(), Refusal> {
    match role {
        Some(BoardRole::Manager) => {
            Err(Refusal::invalid("everyone", "cannot be managers; make single people managers"))
        }
        _ => Ok(()),
    }
}

fn set_member(state: &BoardState, set: &SetMember) -> Result<ChangeKind, Refusal> {
    let members = &state.access().members;
    if set.role.is_none() && !members.contains_key(&set.person) {
        return Err(Refusal::not_found(Thing::Person));
    }
    let is_manager = |person: &ActorId| members.get(person) == Some(&BoardRole::Manager);
    let others = members.keys().filter(|person| **person != set.person && is_manager(person)).count();
    if is_manager(&set.person) && set.role != Some(BoardRole::Manager) && others == 0 {
        return Err(Refusal::invalid("role", "a board needs a manager; make somebody else one first"));
    }
    if set.role.is_some() && !members.contains_key(&set.person) && members.len() >= MAX_MEMBERS {
        return Err(Refusal::Full { what: Thing::Person, limit: MAX_MEMBERS as u32 });
    }
    Ok(ChangeKind::MemberSet { person: set.person, role: set.role })
}

fn create_column(state: &BoardState, create: &CreateColumn) -> Result<ChangeKind, Refusal> {
    if state.column(create.column).is_some() {
        return Err(Refusal::Exists { what: Thing::Column });
    }
    if state.columns().count() >= MAX_COLUMNS {
        return Err(Refusal::Full { what: Thing::Column, limit: MAX_COLUMNS as u32 });
    }
    let name = name("name", &create.name)?;
    let Placement { rank, ranks } = state.place_column(create.place, create.column);
    Ok(ChangeKind::ColumnCreated { column: Column { id: create.column, name, kind: create.kind, rank, seq: 0 }, ranks })
}

fn update_column(state: &BoardState, update: &UpdateColumn) -> Result<ChangeKind, Refusal> {
    require_untouched(require_column(state, update.column)?.seq, update.guard)?;
    let name = update.name.as_deref().map(|text| name("name", text)).transpose()?;
    let (rank, ranks) = match update.place {
        // Next to itself is where it is.
        Some(Place::Before(id) | Place::After(id)) if id == update.column => (None, Vec::new()),
        Some(place) => {
            let Placement { rank, ranks } = state.place_column(place, update.column);
            (Some(rank), ranks)
        }
        None => (None, Vec::new()),
    };
    Ok(ChangeKind::ColumnUpdated { column: update.column, name, column_kind: update.kind, rank, ranks })
}

fn create_task(state: &BoardState, create: &CreateTask) -> Result<ChangeKind, Refusal> {
    if state.task(create.task).is_some() {
        return Err(Refusal::Exists { what: Thing::Task });
    }
    let title = title(&create.title)?;
    let description = description(&create.description)?;
    let column = match (create.column, create.completed) {
        (Some(column), completed) => {
            let kind = require_column(state, column)?.kind;
            check_completed(kind, completed)?;
            column
        }
        (None, Some(true)) => first_done_column(state)?,
        (None, Some(false)) => first_column(state, |kind| kind != ColumnKind::Done)?,
        (None, None) => first_column(state, |_| true)?,
    };
    let assignees: Vec<ActorId> = each_once(&create.assignees).collect();
    if assignees.len() > MAX_ASSIGNEES {
        return Err(too_many_assignees("assignees"));
    }
    state.room().require_task([&title, &description], assignees.len())?;
    let Placement { rank, ranks } = state.place_task(column, create.place, create.task);
    let (task, priority, due) = (create.task, create.priority, create.due);
    Ok(ChangeKind::TaskCreated { task, title, description, column, rank, priority, due, assignees, ranks })
}

fn update_task(state: &BoardState, update: &UpdateTask) -> Result<ChangeKind, Refusal> {
    let task = require_task(state, update.task)?;
    let moves = update.column.is_some() || update.completed.is_some() || update.place.is_some();
    for (sets, newest) in [
        (update.title.is_some(), task.title_seq),
        (update.description.is_some(), task.description_seq),
        (update.priority.is_some(), task.priority_seq),
        (update.due.is_some(), task.due_seq),
        (!update.assign.is_empty() || !update.unassign.is_empty(), task.assignees_seq),
        (moves, task.place_seq),
    ] {
        if sets {
            require_untouched(newest, update.guard)?;
        }
    }
    // What is so already is no change: two people who wrote the same agree, and nothing is newer for it.
    let title = update.title.as_deref().map(title).transpose()?.filter(|mine| *mine != task.title);
    let description = update.description.as_deref().map(description).transpose()?;
    let description = description.filter(|mine| *mine != task.description);
    if let Some(base) = update.base {
        if title.is_some() && task.title_seq > base {
            return Err(conflict(TextField::Title, task));
        }
        if description.is_some() && task.description_seq > base {
            return Err(conflict(TextField::Description, task));
        }
    }
    let (assigned, unassigned) = assignment(task, update)?;
    let (old, new) = [(&title, &task.title), (&description, &task.description)]
        .into_iter()
        .filter_map(|(new, old)| Some((old.len(), new.as_ref()?.len())))
        .fold((0, 0), |(old, new), (was, is)| (old + was, new + is));
    state.room().require_bytes(new.saturating_sub(old))?;
    let column = destination(state, task, update)?;
    let (rank, ranks) = match update.place {
        // Next to itself is where it is.
        Some(Place::Before(id) | Place::After(id)) if id == task.id && column.is_none() => (None, Vec::new()),
        None if column.is_none() => (None, Vec::new()),
        place => {
            let Placement { rank, ranks } =
                state.place_task(column.unwrap_or(task.column), place.unwrap_or_default(), task.id);
            (Some(rank), ranks)
        }
    };
    let priority = update.priority.filter(|priority| *priority != task.priority);
    let (task, due) = (task.id, update.due.filter(|due| *due != task.due));
    Ok(ChangeKind::TaskUpdated { task, title, description, priority, due, assigned, unassigned, column, rank, ranks })
}

/// Who comes to have the task, and who ceases to.
fn assignment(task: &Task, update: &UpdateTask) -> Result<(Vec<ActorId>, Vec<ActorId>), Refusal> {
    let has = |person: &ActorId| task.assignees.contains(person);
    if update.assign.iter().any(|person| update.unassign.contains(person)) {
        return Err(Refusal::invalid("unassign", "must not name somebody whom `assign` names"));
    }
    let assigned: Vec<ActorId> = each_once(&update.assign).filter(|person| !has(person)).collect();
    let unassigned: Vec<ActorId> = each_once(&update.unassign).filter(has).collect();
    if task.assignees.len() + assigned.len() - unassigned.len() > MAX_ASSIGNEES && !assigned.is_empty() {
        return Err(too_many_assignees("assign"));
    }
    Ok((assigned, unassigned))
}

fn each_once(people: &[ActorId]) -> impl Iterator<Item = ActorId> {
    BTreeSet::from_iter(people.iter().copied()).into_iter()
}

fn too_many_assignees(field: &str) -> Refusal {
    Refusal::invalid(field, format!("may be {MAX_ASSIGNEES} people at most"))
}

/// The column the task moves to, if it leaves its own.
fn destination(state: &BoardState, task: &Task, update: &UpdateTask) -> Result<Option<ColumnId>, Refusal> {
    let column = match (update.column, update.completed) {
        (Some(column), completed) => {
            let kind = require_column(state, column)?.kind;
            check_completed(kind, completed)?;
            column
        }
        (None, Some(completed)) if completed == state.is_completed(task) => task.column,
        (None, Some(true)) => first_done_column(state)?,
        (None, Some(false)) => {
            let back =
                task.reopen_column.and_then(|id| state.column(id)).filter(|column| column.kind != ColumnKind::Done);
            match back {
                Some(column) => column.id,
                None => first_column(state, |kind| kind != ColumnKind::Done)
                    .map_err(|_| Refusal::invalid("completed", "this board has only columns for done tasks"))?,
            }
        }
        (None, None) => task.column,
    };
    Ok((column != task.column).then_some(column))
}

fn check_completed(kind: ColumnKind, completed: Option<bool>) -> Result<(), Refusal> {
    match completed {
        Some(completed) if completed != (kind == ColumnKind::Done) => {
            Err(Refusal::invalid("completed", "says something else than the kind of the column"))
        }
        _ => Ok(()),
    }
}

fn conflict(field: TextField, task: &Task) -> Refusal {
    let (theirs, seq) = match field {
        TextField::Title => (&task.title, task.title_seq),
        TextField::Description => (&task.description, task.description_seq),
    };
    Refusal::Conflict { field, theirs: theirs.clone(), seq }
}

/// An update of no field.
fn unchanged(task: &Task) -> ChangeKind {
    ChangeKind::TaskUpdated {
        task: task.id,
        title: None,
        description: None,
        priority: None,
        due: None,
        assigned: Vec::new(),
        unassigned: Vec::new(),
        column: None,
        rank: None,
        ranks: Vec::new(),
    }
}

fn require_column(state: &BoardState, id: ColumnId) -> Result<&Column, Refusal> {
    state.column(id).map(|column| &**column).ok_or(Refusal::not_found(Thing::Column))
}

fn require_unchanged(seq: Seq, base: Option<Seq>) -> Result<(), Refusal> {
    match base {
        Some(base) if base != seq => Err(Refusal::Stale { seq }),
        _ => Ok(()),
    }
}

/// Whether nobody changed what has its newest change under this number after the guard.
fn require_untouched(newest: Seq, guard: Option<Seq>) -> Result<(), Refusal> {
    match guard {
        Some(guard) if newest > guard => Err(Refusal::Stale { seq: newest }),
        _ => Ok(()),
    }
}

fn require_task(state: &BoardState, id: TaskId) -> Result<&Task, Refusal> {
    state.live_task(id).map(|task| &**task).ok_or(Refusal::not_found(Thing::Task))
}

fn first_column(state: &BoardState, wanted: impl Fn(ColumnKind) -> bool) -> Result<ColumnId, Refusal> {
    state.columns().find(|column| wanted(column.kind)).map(|column| column.id).ok_or(Refusal::not_found(Thing::Column))
}

fn first_done_column(state: &BoardState) -> Result<ColumnId, Refusal> {
    first_column(state, |kind| kind == ColumnKind::Done)
        .map_err(|_| Refusal::invalid("completed", "this board has no column for done tasks"))
}

fn title(text: &str) -> Result<String, Refusal> {
    line("title", text, MAX_TITLE_CHARS)
}

fn name(field: &str, text: &str) -> Result<String, Refusal> {
    line(field, text, MAX_NAME_CHARS)
}

/// One line of text: something to be seen, not too long, no control characters.
pub fn line(field: &str, text: &str, max_chars: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().all(|char| char.is_whitespace() || is_invisible(char)) {
        return Err(Refusal::invalid(field, "must not be empty"));
    }
    let chars = text.chars().count();
    if chars > max_chars {
        return Err(Refusal::invalid(field, format!("is {chars} characters long; {max_chars} is the most")));
    }
    if text.chars().any(|char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')) {
        return Err(Refusal::invalid(field, "must be one line of text without control characters"));
    }
    Ok(text.to_owned())
}

/// Whether a character is there without being seen: joiners, marks of direction, fillers and the like. They have their use
/// between others.
pub fn is_invisible(char: char) -> bool {
    turns_text(char)
        || matches!(char, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character turns the direction of the text that follows it, also where that is somebody else's.
pub fn turns_text(char: char) -> bool {
    matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Several lines of text, with `\n` between them.
pub(super) fn description(text: &str) -> Result<String, Refusal> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end();
    if text.len() > MAX_DESCRIPTION_BYTES {
        let message = format!("is {} bytes long; {MAX_DESCRIPTION_BYTES} is the most", text.len());
        return Err(Refusal::invalid("description", message));
    }
    if text.chars().any(|char| char.is_control() && char != '\n' && char != '\t') {
        return Err(Refusal::invalid("description", "must not hold control characters"));
    }
    Ok(text.to_owned())
}
