//! The mutations that a client requests: mostly new titles, which name their sender and so are found again in the log.

use fastrand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::record::Record;

/// How many tasks of a board a client remembers by id.
const KNOWN: usize = 200;

/// The default percentage of mutations that delete a task.
pub const DELETES: u8 = 3;

/// A mutation to request, without its id.
pub struct Asked {
    pub board: usize,
    pub body: Value,
    /// Whether its title is the token.
    pub has_token: bool,
    pub changes_rights: bool,
}

/// What one client knows about its boards.
pub struct Edits {
    person: String,
    boards: Vec<Known>,
    /// Tasks that were edited before they existed, and are to be created now. The edit was refused, and must stay
    /// refused.
    promised: Vec<(usize, String)>,
    /// The percentage of mutations that delete a task.
    deletes: u8,
}

struct Known {
    board: usize,
    have: u64,
    tasks: Vec<String>,
    trash: Vec<String>,
    /// The number of tasks that were created, as far as the client knows.
    made: u64,
}

impl Edits {
    pub fn of(person: &str, boards: &[usize], deletes: u8) -> Self {
        let known = |board: &usize| Known { board: *board, have: 0, tasks: Vec::new(), trash: Vec::new(), made: 0 };
        let boards = boards.iter().map(known).collect();
        Self { person: person.to_owned(), boards, promised: Vec::new(), deletes }
    }

    /// The next mutation to request; for the given board, if one is given.
    pub fn next(&mut self, rng: &mut Rng, record: &Record, board: Option<usize>, token: &str) -> Option<Asked> {
        if let Some(at) = self.promised.iter().position(|(on, _)| board.is_none_or(|board| board == *on)) {
            let (board, task) = self.promised.remove(at);
            let body = json!({"op": "create_task", "task": task, "title": token});
            return Some(Asked { board, body, has_token: true, changes_rights: false });
        }
        let at = match board {
            Some(board) => self.boards.iter().position(|known| known.board == board)?,
            None => rng.usize(..self.boards.len()),
        };
        let known = &mut self.boards[at];
        let columns = &record.boards[known.board].columns;
        // The more tasks a board has, the fewer are added: deleted tasks remain a part of the board until the trash is
        // full.
        let create = match known.made {
            0..60 => 60,
            _ if self.deletes > DELETES => 60,
            60..300 => 10,
            _ => 1,
        };
        let any = |rng: &mut Rng, from: &[String]| from.get(rng.usize(..from.len().max(1))).cloned();
        let task = any(rng, &known.tasks);
        if let Some(task) = task.clone().filter(|_| rng.u8(..100) < self.deletes) {
            let body = json!({"op": "delete_task", "task": task});
            return Some(Asked { board: known.board, body, has_token: false, changes_rights: false });
        }
        let column = columns[rng.usize(..3)].clone();
        let (body, has_token) = match (rng.u8(..100), task) {
            (roll, _) if roll < create => {
                let mut body = json!({"op": "create_task", "task": Uuid::now_v7(), "title": token});
                if rng.bool() {
                    body["column"] = json!(column);
                }
                if rng.u8(..) < 60 {
                    body["place"] = json!("first");
                }
                if rng.u8(..) < 40 {
                    body["description"] = json!(format!("What *{token}* is about."));
                    body["priority"] = json!("high");
                    body["start"] = json!("2026-12-20");
                    body["due"] = json!("2026-12-24");
                    body["assignees"] = json!([self.person]);
                }
                (body, true)
            }
            (roll, Some(task)) if roll < 70 => {
                let mut body = json!({"op": "update_task", "task": task, "title": token});
                if rng.u8(..) < 100 {
                    // The base may be outdated, and then the mutation is a conflict.
                    body["base"] = json!(known.have.saturating_sub(rng.u64(..30)));
                }
                (body, true)
            }
            (roll, Some(task)) if roll < 73 => (
                json!({"op": "create_comment", "comment": Uuid::now_v7(), "task": task, "text": format!("By {token}")}),
                false,
            ),
            (roll, Some(task)) if roll < 76 => {
                (json!({"op": "update_task", "task": task, "completed": rng.bool()}), false)
            }
            (roll, Some(task)) if roll < 84 => {
                let place = match any(rng, &known.tasks) {
                    Some(other) if rng.bool() => json!({"after": other}),
                    Some(other) if rng.bool() => json!({"before": other}),
                    _ => json!("first"),
                };
                (json!({"op": "update_task", "task": task, "column": column, "place": place}), false)
            }
            (roll, Some(task)) if roll < 87 => {
                (json!({"op": "update_task", "task": task, "priority": "urgent", "start": null, "due": null}), false)
            }
            (roll, Some(task)) if roll < 90 => {
                let field = if rng.bool() { "assign" } else { "unassign" };
                (json!({"op": "update_task", "task": task, field: [self.person]}), false)
            }
            (roll, _) if roll < 92 => {
                let task = any(rng, &known.trash)?;
                (json!({"op": "restore_task", "task": task}), false)
            }
            (roll, _) if roll < 96 => (json!({"op": "create_task", "task": Uuid::now_v7(), "title": ""}), false),
            (roll, _) if roll < 97 => {
                let name = json!(format!("Column of {token}"));
                (json!({"op": "update_column", "column": column, "name": name}), false)
            }
            (roll, _) if roll < 98 => {
                let task = Uuid::now_v7();
                (json!({"op": "update_task", "task": task, "title": format!("too early: {token}")}), false)
            }
            (_, task) => (json!({"op": "update_task", "task": task?, "description": format!("By {token}")}), false),
        };
        Some(Asked { board: known.board, body, has_token, changes_rights: false })
    }

    /// Updates what the client knows from a `snapshot` or `changes` message.
    pub fn see(&mut self, board: usize, message: &Value) {
        let Some(known) = self.boards.iter_mut().find(|known| known.board == board) else { return };
        if let Some(state) = message.get("state") {
            let tasks = state["tasks"].as_array().map(Vec::as_slice).unwrap_or_default();
            let ids = |deleted: bool| {
                let of = tasks.iter().filter(move |task| task.get("deleted_at").is_some() == deleted);
                of.filter_map(|task| task["id"].as_str().map(str::to_owned)).take(KNOWN)
            };
            (known.tasks, known.trash) = (ids(false).collect(), ids(true).collect());
            known.made = tasks.len() as u64;
            known.have = message["seq"].as_u64().unwrap_or(0);
            return;
        }
        for change in message["changes"].as_array().map(Vec::as_slice).unwrap_or_default() {
            known.have = change["seq"].as_u64().unwrap_or(known.have);
            let Some(task) = change["task"].as_str() else { continue };
            match change["kind"].as_str() {
                Some("task_created") => {
                    known.made += 1;
                    keep(&mut known.tasks, task);
                }
                Some("task_restored") => {
                    known.trash.retain(|other| other != task);
                    keep(&mut known.tasks, task);
                }
                Some("task_deleted") => {
                    known.tasks.retain(|other| other != task);
                    keep(&mut known.trash, task);
                }
                _ => {}
            }
        }
    }

    /// Notes that a mutation was refused. If it edited a task that does not exist yet, that task is created next.
    pub fn refused(&mut self, body: &Value, board: usize) {
        if body["title"].as_str().is_some_and(|title| title.starts_with("too early"))
            && let Some(task) = body["task"].as_str()
        {
            self.promised.push((board, task.to_owned()));
        }
    }
}

fn keep(tasks: &mut Vec<String>, task: &str) {
    if tasks.len() >= KNOWN {
        tasks.remove(0);
    }
    tasks.push(task.to_owned());
}
