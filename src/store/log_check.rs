//! Compares what a board's rows say with what its log says.
//!
//! If the log reaches back to the board's first change, the board is replayed from nothing, and must come out as its rows have it. If
//! older changes were trimmed, the log is replayed on top of the rows: applying the newest changes to a state that already contains them
//! must not alter it. That finds every row that contradicts a change in the log, but not one that no change in the log is about.

use std::{collections::BTreeMap, sync::Arc};

use app::{
    id::BoardId,
    model::{Seq, Task},
    ops::Change,
    state::{BoardState, Contents, Snapshot},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;

use super::{
    LoggedChange, StoreError,
    connection::{Connection, read},
    inspection::Inspection,
    rows,
    sql::query,
};

/// How many changes are read at a time.
const CHANGES: usize = 1_000;
/// How many contradictions of one board are reported.
const REPORTED: usize = 10;

/// What was found on a board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardReport {
    /// The number of changes in the log.
    pub changes: u64,
    /// What is wrong with the log itself.
    pub log: Vec<String>,
    /// What the rows say that the log, or other rows, contradict.
    pub rows: Vec<String>,
    /// Why the rows were not compared with the log, if they were not.
    pub not_compared: Option<String>,
}

/// The board's own row, as far as it is about the log.
struct Head {
    seq: Seq,
    log_start: Seq,
    changed_at: Timestamp,
}

impl Inspection {
    /// Compares a board's rows with its log, as of one moment; `None` if there is no such board.
    pub async fn check_log(&self, board: BoardId) -> Result<Option<BoardReport>, StoreError> {
        read!(self.readers, |reader| check_log(reader, board).await)
    }
}

async fn check_log(reader: &mut Connection, board: BoardId) -> Result<Option<BoardReport>, StoreError> {
    reader.begin_here().await?;
    let report = check_log_here(reader, board).await?;
    reader.rollback().await?;
    Ok(report)
}

async fn check_log_here(reader: &mut Connection, board: BoardId) -> Result<Option<BoardReport>, StoreError> {
    let row = query("SELECT seq, log_start, changed_at FROM boards WHERE id = $1");
    let Some(row) = row.bind(board.to_string()).fetch_optional(&mut *reader).await? else { return Ok(None) };
    let (seq, log_start) = (rows::seq(row.try_get(0)?)?, rows::seq(row.try_get(1)?)?);
    let head = Head { seq, log_start, changed_at: Timestamp::from_millis(row.try_get(2)?) };
    if log_start > seq {
        // It was deleted and purged: see `deleted_boards`.
        return Ok(Some(BoardReport::default()));
    }
    let mut report = BoardReport::default();
    check_numbers(reader, board, &head, &mut report).await?;
    check_listing(reader, board, &mut report).await?;
    let state = match rows::load(reader, board).await {
        Ok(state) => state.unwrap_or_else(|| BoardState::empty(board)),
        Err(StoreError::Corrupt(why)) => {
            report.rows.push(why);
            return Ok(Some(report));
        }
        Err(error) => return Err(error),
    };
    check_state(&state, &mut report);
    if report.log.is_empty() {
        compare(reader, &state, &head, &mut report).await?;
    } else {
        report.not_compared = Some("the log is not whole".to_owned());
    }
    let found = report.rows.len();
    if found > REPORTED {
        report.rows.truncate(REPORTED);
        report.rows.push(format!("and {} more", found - REPORTED));
    }
    Ok(Some(report))
}

/// The numbers in the log: each once, from the start up to the head.
async fn check_numbers(
    reader: &mut Connection,
    board: BoardId,
    head: &Head,
    report: &mut BoardReport,
) -> Result<(), StoreError> {
    let counted = query("SELECT COUNT(*), COALESCE(MIN(seq), 0), COALESCE(MAX(seq), 0) FROM changes WHERE board = $1");
    let counted = counted.bind(board.to_string()).fetch_one(&mut *reader).await?;
    let count: i64 = counted.try_get(0)?;
    let (first, last): (i64, i64) = (counted.try_get(1)?, counted.try_get(2)?);
    let (start, end) = (head.log_start as i64, head.seq as i64);
    report.changes = u64::try_from(count).unwrap_or_default();
    if count == 0 {
        report.log.push(format!("there are no changes, but the board is at change {end}"));
        return Ok(());
    }
    if first != start {
        report.log.push(format!("the log begins with change {first}, but the board says {start}"));
    }
    if last != end {
        report.log.push(format!("the log ends with change {last}, but the board says {end}"));
    }
    if count != last - first + 1 {
        let gap = query(
            "SELECT MIN(seq) + 1 FROM changes WHERE board = $1 AND seq < $2 AND NOT EXISTS \
             (SELECT 1 FROM changes AS next WHERE next.board = changes.board AND next.seq = changes.seq + 1)",
        );
        let gap: i64 = gap.bind(board.to_string()).bind(last).fetch_one(&mut *reader).await?.try_get(0)?;
        let missing = last - first + 1 - count;
        report.log.push(match missing {
            1 => format!("change {gap} is missing"),
            _ => format!("{missing} changes are missing, the first is {gap}"),
        });
    }
    let newest = query("SELECT at FROM changes WHERE board = $1 AND seq = $2");
    let newest = newest.bind(board.to_string()).bind(end).fetch_optional(&mut *reader).await?;
    if let Some(newest) = newest
        && newest.try_get::<i64, _>(0)? != head.changed_at.as_millis()
    {
        report.rows.push(format!("the board's time is not that of its newest change, {end}"));
    }
    Ok(())
}

/// What the lists of boards are made from, which is derived from the boards.
async fn check_listing(reader: &mut Connection, board: BoardId, report: &mut BoardReport) -> Result<(), StoreError> {
    let members = query(
        "SELECT COUNT(*) FROM board_members JOIN boards ON boards.id = board_members.board \
         WHERE boards.id = $1 AND board_members.board_created_at <> boards.created_at",
    );
    let members: i64 = members.bind(board.to_string()).fetch_one(&mut *reader).await?.try_get(0)?;
    if members > 0 {
        report.rows.push(format!("{members} memberships have another time of the board's creation than the board"));
    }
    let newer = query(
        "SELECT COUNT(*) FROM boards JOIN board_list ON boards.listed > board_list.revision WHERE boards.id = $1",
    );
    let newer: i64 = newer.bind(board.to_string()).fetch_one(&mut *reader).await?.try_get(0)?;
    if newer > 0 {
        report.rows.push("the board has a newer revision than the list of boards".to_owned());
    }
    Ok(())
}

/// What holds for the rows of any board.
fn check_state(state: &BoardState, report: &mut BoardReport) {
    let head = state.seq();
    let mut check = |what: String, numbers: &[Seq]| {
        if let Some(number) = numbers.iter().find(|number| **number > head) {
            report.rows.push(format!("{what} has the number {number}, but the board is at change {head}"));
        }
    };
    check("the name".to_owned(), &[state.name_seq()]);
    check("its colour or description".to_owned(), &[state.look_seq()]);
    check("whether it is archived".to_owned(), &[state.archived_seq()]);
    for column in state.columns() {
        check(format!("column {}", column.id), &[column.seq]);
    }
    for label in state.all_labels() {
        check(format!("label {}", label.id), &[label.seq]);
    }
    for task in state.tasks() {
        let Task { seq, title_seq, description_seq, priority_seq, start_seq, due_seq, .. } = **task;
        let others = [
            title_seq,
            description_seq,
            priority_seq,
            start_seq,
            due_seq,
            task.assignees_seq,
            task.labels_seq,
            task.checklists_seq,
            task.comments_seq,
            task.place_seq,
        ];
        check(format!("task {}", task.id), &[seq]);
        check(format!("a field of task {}", task.id), &others);
        if let Some(lists) = task.checklists() {
            let numbers = lists.all_lists().map(|list| list.seq).chain(lists.all_items().map(|item| item.seq));
            check(format!("a checklist of task {}", task.id), &numbers.collect::<Vec<_>>());
        }
    }
    let numbers = state.numbers();
    if let Some(task) = state.tasks().find(|task| task.number > numbers) {
        report
            .rows
            .push(format!("task {} has the number {}, but the board counted to {numbers}", task.id, task.number));
    }
    let homeless = state.tasks().filter(|task| !task.is_deleted() && state.column(task.column).is_none());
    report.rows.extend(homeless.map(|task| format!("task {} is in a column that is not there", task.id)));
}

/// Replays the log, and compares the result with the rows.
async fn compare(
    reader: &mut Connection,
    state: &BoardState,
    head: &Head,
    report: &mut BoardReport,
) -> Result<(), StoreError> {
    let from_nothing = head.log_start == 1;
    let mut replayed = match from_nothing {
        true => BoardState::empty(state.id()),
        false => Snapshot { seq: head.log_start - 1, ..state.snapshot() }.into(),
    };
    while replayed.seq() < head.seq {
        let changes = query(
            "SELECT seq, at, mutation, task, json FROM changes WHERE board = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        )
        .bind(state.id().to_string())
        .bind(replayed.seq() as i64)
        .bind(CHANGES as i64)
        .fetch_all(&mut *reader)
        .await?;
        if changes.is_empty() {
            break;
        }
        for row in changes {
            let seq = rows::seq(row.try_get(0)?)?;
            let logged = LoggedChange { seq, json: row.try_get::<String, _>(4)?.into() };
            let change = match rows::change(&logged) {
                Ok(change) => change,
                Err(error) => {
                    report.log.push(error.to_string());
                    report.not_compared = Some(format!("change {seq} cannot be read"));
                    return Ok(());
                }
            };
            let (at, mutation): (i64, String) = (row.try_get(1)?, row.try_get(2)?);
            let task: Option<String> = row.try_get(3)?;
            if !is_filed_as(&change, seq, at, &mutation, task.as_deref()) {
                report.log.push(format!("change {seq} is filed under another number, time, request or task"));
            }
            if let Err(gap) = replayed.apply(&change) {
                report.log.push(gap.to_string());
                report.not_compared = Some("the log is not whole".to_owned());
                return Ok(());
            }
        }
        // Others want to run, too, and a limit of time is to be noticed.
        tokio::task::yield_now().await;
    }
    if !replayed.is_whole() {
        report.not_compared =
            Some("it has changes that this version does not know, or that lack what they need".to_owned());
        return Ok(());
    }
    report.rows.extend(numbered_by_age(state, &replayed, from_nothing));
    // What the log does not say was said when the database was updated.
    replayed.adopt_numbers(state);
    report.rows.extend(differences(state.snapshot(), replayed.snapshot(), from_nothing));
    Ok(())
}

/// What is wrong with the numbers of tasks that were there before tasks had numbers. The log does not have them: they follow the age of the
/// tasks, and come before those that the log has.
fn numbered_by_age(rows: &BoardState, log: &BoardState, from_nothing: bool) -> Vec<String> {
    let is_old = |task: &&Arc<Task>| log.task(task.id).is_some_and(|logged| logged.number == 0);
    let mut old: Vec<&Arc<Task>> = rows.tasks().filter(is_old).collect();
    old.sort_by_key(|task| (task.created_at, task.id));
    // If older changes were trimmed, the replay began with the numbers of the rows.
    let new = log.tasks().map(|task| task.number).filter(|number| *number > 0 && from_nothing);
    let first_new = new.min().unwrap_or(u32::MAX);
    let mut found = Vec::new();
    let mut before = 0;
    for task in old {
        if task.number <= before || task.number >= first_new {
            found.push(format!("task {} has the number {}, which is not that of its age", task.id, task.number));
        }
        before = before.max(task.number);
    }
    found
}

/// Whether a change's columns say the same as the change.
fn is_filed_as(change: &Change, seq: Seq, at: i64, mutation: &str, task: Option<&str>) -> bool {
    let is_unknown = matches!(change.kind, app::ops::ChangeKind::Unknown);
    change.seq == seq
        && change.at.as_millis() == at
        && change.mutation.to_string() == mutation
        && (is_unknown || change.kind.task().map(|task| task.to_string()).as_deref() == task)
}

/// What a board's rows say otherwise than a replay of its log.
fn differences(rows: Snapshot, log: Snapshot, from_nothing: bool) -> Vec<String> {
    let (rows, mut log) = (rows.state, log.state);
    if !from_nothing {
        keep_what_the_replay_cannot_know(&rows, &mut log);
    }
    let mut found = Vec::new();
    found.extend(compared(parts(&rows.columns, |column| column.id), parts(&log.columns, |column| column.id), |id| {
        format!("column {id}")
    }));
    found.extend(compared(parts(&rows.labels, |label| label.id), parts(&log.labels, |label| label.id), |id| {
        format!("label {id}")
    }));
    found.extend(compared(parts(&rows.tasks, |task| task.id), parts(&log.tasks, |task| task.id), |id| {
        format!("task {id}")
    }));
    let own = |contents: Contents| {
        let own = Contents { columns: Vec::new(), labels: Vec::new(), tasks: Vec::new(), ..contents };
        BTreeMap::from([(String::new(), json(&own))])
    };
    found.extend(compared(own(rows), own(log), |_| "the board".to_owned()));
    found
}

/// Makes equal what depends on the state before the log begins: where a task returns when it is reopened, and in which order people
/// were assigned to it.
fn keep_what_the_replay_cannot_know(rows: &Contents, log: &mut Contents) {
    let known: BTreeMap<_, _> = rows.tasks.iter().map(|task| (task.id, task)).collect();
    for task in &mut log.tasks {
        let Some(row) = known.get(&task.id) else { continue };
        let task = Arc::make_mut(task);
        task.reopen_column = row.reopen_column;
        let is_same = task.assignees.len() == row.assignees.len()
            && task.assignees.iter().all(|person| row.assignees.contains(person));
        if is_same {
            task.assignees.clone_from(&row.assignees);
        }
    }
}

fn parts<T: Serialize, Id: ToString>(parts: &[Arc<T>], id: impl Fn(&T) -> Id) -> BTreeMap<String, Value> {
    parts.iter().map(|part| (id(part).to_string(), json(&**part))).collect()
}

/// The part as it is sent: a field that is added to the model is compared, too.
fn json(part: &impl Serialize) -> Value {
    // Everything of a board is sent as JSON.
    serde_json::to_value(part).unwrap_or_default()
}

fn compared(
    rows: BTreeMap<String, Value>,
    mut log: BTreeMap<String, Value>,
    name: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut found = Vec::new();
    for (id, row) in &rows {
        match log.remove(id) {
            None => found.push(format!("{} is there, but not according to the log", name(id))),
            Some(logged) if logged != *row => {
                found.push(format!("{}: {} not as the log says", name(id), fields(row, &logged)));
            }
            Some(_) => {}
        }
    }
    found.extend(log.keys().map(|id| format!("{} is missing", name(id))));
    found
}

/// The names of the fields that differ.
fn fields(row: &Value, logged: &Value) -> String {
    let (Some(row), Some(logged)) = (row.as_object(), logged.as_object()) else { return "it is".to_owned() };
    let names = row.keys().chain(logged.keys().filter(|name| !row.contains_key(*name)));
    let names: Vec<&str> = names.filter(|name| row.get(*name) != logged.get(*name)).map(String::as_str).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}
